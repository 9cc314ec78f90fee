// Type-ahead: an input that looks a row up while one types (WAI-ARIA combobox with a list).

function picker(host, props, context) {
  let options = [];
  let active = -1;
  let asked = 0;
  let timer = null;
  const listId = props.id + "-list";
  const hidden = make("input", { type: "hidden", name: props.name });
  const input = make("input", {
    type: "text",
    id: props.id,
    class: "co-input",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": listId,
  });
  const clear = make("button", { type: "button", class: "co-picker-clear", "aria-label": "Choose another", title: "Choose another" }, "×");
  const list = make("ul", { id: listId, role: "listbox", class: "co-picker-list", popover: "manual", "aria-label": props.label || "Found" });
  const status = make("span", { class: "co-hidden", role: "status", "aria-live": "polite" });
  host.append(icon("search"), input, clear, hidden, list, status);

  function show() {
    if (!list.matches(":popover-open")) list.showPopover();
    const box = input.getBoundingClientRect();
    list.style.left = box.left + "px";
    list.style.width = Math.max(box.width, 280) + "px";
    const below = window.innerHeight - box.bottom;
    list.style.maxHeight = Math.max(160, Math.min(360, Math.max(below, box.top) - 16)) + "px";
    if (below < 200 && box.top > below) {
      list.style.top = "auto";
      list.style.bottom = window.innerHeight - box.top + 4 + "px";
    } else {
      list.style.bottom = "auto";
      list.style.top = box.bottom + 4 + "px";
    }
    input.setAttribute("aria-expanded", "true");
  }
  function hide() {
    if (list.matches(":popover-open")) list.hidePopover();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }
  function mark(place) {
    active = place;
    [...list.children].forEach((row, at) => row.setAttribute("aria-selected", at === active ? "true" : "false"));
    const row = list.children[active];
    if (row && row.id) {
      input.setAttribute("aria-activedescendant", row.id);
      row.scrollIntoView({ block: "nearest" });
    }
  }
  function choose(option) {
    hidden.value = option ? String(option.id) : "";
    input.value = option ? option.label : "";
    host.classList.toggle("co-picked", Boolean(option));
    hide();
    hidden.dispatchEvent(new Event("input", { bubbles: true }));
    if (props.chosen) context.send(props.chosen, option ? String(option.id) : "");
    else hidden.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  }
  async function search() {
    asked += 1;
    const mine = asked;
    const answer = await context.ask(props.search, input.value);
    if (mine !== asked || document.activeElement !== input) return;
    options = answer.options;
    list.classList.remove("co-stale");
    list.replaceChildren(
      ...options.map((option, place) =>
        make(
          "li",
          { role: "option", id: listId + place, onmousedown: (event) => { event.preventDefault(); choose(option); } },
          make("span", { class: "co-option-main" },
            make("span", { class: "co-option-label" }, option.label),
            option.badge ? make("span", { class: "co-badge co-badge-" + option.tone }, option.badge) : null,
          ),
          option.detail ? make("span", { class: "co-option-detail" }, option.detail) : null,
        ),
      ),
    );
    if (!options.length) list.append(make("li", { class: "co-option-none" }, answer.message || "Nothing found"));
    status.textContent = options.length ? options.length + " found" : "Nothing found";
    show();
    mark(options.length ? 0 : -1);
  }
  input.oninput = (event) => {
    event.stopPropagation();
    if (hidden.value) {
      hidden.value = "";
      host.classList.remove("co-picked");
    }
    // What is listed was found for another text: Enter no longer chooses it, only a click on the very row.
    options = [];
    mark(-1);
    list.classList.add("co-stale");
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  };
  input.onfocus = () => { if (!hidden.value && props.eager) search(); };
  input.onclick = () => { if (!hidden.value && !list.matches(":popover-open")) search(); };
  input.onblur = () => {
    clearTimeout(timer);
    setTimeout(hide, 120);
    if (!hidden.value && input.value.trim()) {
      // A number or an e-mail address typed in full needs no choosing.
      host.settling = context.ask(props.search, input.value).then((answer) => {
        if (hidden.value || !input.value.trim()) return;
        if (answer.options.length === 1) choose(answer.options[0]);
        else {
          hidden.value = input.value;
          hidden.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
        }
      });
    } else if (!props.chosen) hidden.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  };
  input.onkeydown = (event) => {
    const open = list.matches(":popover-open");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) search();
      else if (options.length) mark((active + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      if (options[active]) choose(options[active]);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      hide();
    }
  };
  clear.onclick = () => {
    choose(null);
    input.focus();
  };
  function update(fresh, first = false) {
    if (first || (fresh.value || "") !== hidden.value) {
      // Unless Python means another row, what is typed stays.
      if (first || fresh.value !== props.value) {
        hidden.value = fresh.value || "";
        input.value = fresh.text || fresh.value || "";
      }
    } else if (fresh.text) input.value = fresh.text;
    if (first || fresh.text) host.classList.toggle("co-picked", Boolean(hidden.value) && Boolean(fresh.text));
    if (!hidden.value) host.classList.remove("co-picked");
    for (const [name, value] of [["aria-invalid", fresh.invalid], ["aria-required", fresh.required], ["aria-describedby", fresh.describedby]]) {
      if (value) input.setAttribute(name, value === true ? "true" : value);
      else input.removeAttribute(name);
    }
    input.placeholder = fresh.placeholder || "";
    if (fresh.label && !fresh.labelled) input.setAttribute("aria-label", fresh.label);
    props = fresh;
  }
  update(props, true);
  return { update };
}
