// Draws the tree that Python sends and tells Python what people do. Text is only ever set as text, never parsed.

const TAGS = new Set(
  ("a abbr article aside b button caption code dd details div dl dt em fieldset footer form h1 h2 h3 h4 header hr " +
    "i img input label legend li main nav ol option p pre progress s section select small span strong summary table tbody " +
    "td textarea tfoot th thead time tr ul").split(" "),
);
const ATTRIBUTES = new Set(
  ("alt autocomplete checked class colspan datetime disabled for height hidden href id inputmode lang list max maxlength " +
    "min name novalidate open placeholder readonly role rows scope selected src step tabindex title type value width " +
    "aria-busy aria-checked aria-current aria-describedby aria-expanded aria-haspopup aria-hidden aria-invalid " +
    "aria-keyshortcuts aria-label aria-labelledby aria-live aria-pressed aria-required aria-selected aria-sort").split(" "),
);
const SAFE_ADDRESS = /^(#|data:image\/svg\+xml;base64,|[\w./?=&%-]+$)/;
const PROPERTIES = new Set(["value", "checked", "selected", "open"]);
const COMPONENTS = { "co-picker": picker, "co-grid": grid };
const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  home: "M3 11l9-8 9 8M5 9.5V20h5v-6h4v6h5V9.5",
  client: "M12 12a4 4 0 100-8 4 4 0 000 8zM4 21c0-4.5 3.5-7 8-7s8 2.5 8 7",
  entry: "M4 20h4L19 9l-4-4L4 16v4zM13 7l4 4",
  credit: "M3 6h18v12H3zM3 10h18M7 15h4",
  duplicates: "M8 8h12v12H8zM4 16V4h12",
  billing: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  operations: "M12 7v5l3 2M21 12a9 9 0 11-3-6.7M21 3v4h-4",
  audit: "M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM9 12l2 2 4-4",
  warning: "M12 4L2.5 20h19zM12 10v4M12 17v.5",
  error: "M12 21a9 9 0 100-18 9 9 0 000 18zM9 9l6 6M15 9l-6 6",
  done: "M12 21a9 9 0 100-18 9 9 0 000 18zM8 12l3 3 5-6",
  search: "M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l5 5",
  arrow: "M5 12h14M13 6l6 6-6 6",
  plus: "M12 5v14M5 12h14",
  undo: "M9 14L4 9l5-5M4 9h11a5 5 0 010 10h-3",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  info: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 11v5M12 8v.5",
  book: "M5 4h11a3 3 0 013 3v13H8a3 3 0 01-3-3zM5 17a3 3 0 013-3h11",
};

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "co-icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name] || ICONS.info);
  svg.append(path);
  return svg;
}

/** A new element with attributes and children; children that are text stay text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function setAttribute(element, name, value, before) {
  if (!ATTRIBUTES.has(name)) return;
  if ((name === "href" || name === "src") && value && !SAFE_ADDRESS.test(value)) return;
  const gone = value === null || value === undefined || value === false;
  if (PROPERTIES.has(name)) {
    // What a person is typing stays, unless Python means something new.
    if (value !== before) element[name] = gone ? (name === "value" ? "" : false) : value;
    if (name !== "value") return;
    if (element.tagName !== "OPTION" && element.tagName !== "BUTTON") return;
  }
  if (gone) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}

function formValues(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") values[field.name] = field.checked;
    else if (field.type === "radio") {
      if (field.checked) values[field.name] = field.value;
    } else values[field.name] = field.value;
  }
  return values;
}

function listen(element, events, context) {
  element.onclick = element.onchange = element.oninput = element.onsubmit = null;
  if (element.coLeave) element.removeEventListener("focusout", element.coLeave);
  const send = context.send;
  if (events.click)
    element.onclick = (event) => {
      // A link that leads somewhere opens in another tab as links do.
      if (element.tagName === "A" && (event.ctrlKey || event.metaKey || event.shiftKey) && (element.getAttribute("href") || "").length > 1) return;
      if (element.tagName === "A") event.preventDefault();
      if (element.getAttribute("aria-disabled") === "true") return;
      element.setAttribute("aria-busy", "true");
      send(events.click, null);
    };
  if (events.change)
    element.onchange = (event) => {
      const field = event.target;
      if (field.type === "file") return upload(field.files[0], (value) => send(events.change, value));
      const value = field.type === "checkbox" ? field.checked : field.value;
      send(events.change, element === field ? value : { name: field.name, value });
    };
  if (events.typing)
    element.oninput = (event) => {
      const field = event.target;
      clearTimeout(element.timer);
      element.timer = setTimeout(
        () => send(events.typing, element.tagName === "FORM" ? formValues(element) : field.value, { quiet: true }),
        350,
      );
    };
  if (events.leave) {
    element.coLeave = (event) => {
      const field = event.target;
      const going = event.relatedTarget;
      if (!field.name || !["INPUT", "SELECT", "TEXTAREA"].includes(field.tagName)) return;
      if (going && going.type === "submit") return; // submitting checks everything anyway
      clearTimeout(element.timer);
      send(events.leave, { name: field.name, values: formValues(element) }, { quiet: true });
    };
    element.addEventListener("focusout", element.coLeave);
  }
  if (events.submit) {
    // JupyterLab takes Enter for itself before the browser would submit the form.
    element.onkeydown = (event) => {
      const field = event.target;
      if (event.key !== "Enter" || event.defaultPrevented || event.isComposing || field.tagName !== "INPUT" || field.type === "file") return;
      event.preventDefault();
      event.stopPropagation();
      element.requestSubmit(element.querySelector("button[type=submit]"));
    };
    element.onsubmit = (event) => {
      event.preventDefault();
      clearTimeout(element.timer);
      const how = event.submitter && event.submitter.value ? event.submitter.value : "";
      if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
      // A picker that was just left may still be looking up what was typed there.
      const settling = [...element.querySelectorAll(".co-picker")].map((picker) => picker.settling);
      const submit = () => send(events.submit, { how, values: formValues(element) });
      if (settling.some(Boolean)) Promise.all(settling).then(submit);
      else submit();
    };
  }
}

function create(node, context) {
  if (typeof node === "string") return document.createTextNode(node);
  if (node.t === "co-icon") return icon(node.a.name);
  if (COMPONENTS[node.t]) {
    const host = make("div", { class: node.t });
    host.component = COMPONENTS[node.t](host, node.p, context);
    return host;
  }
  return document.createElement(TAGS.has(node.t) ? node.t : "span");
}

function update(element, node, context) {
  const before = element.coNode;
  element.coNode = node;
  if (typeof node === "string") {
    if (element.data !== node) element.data = node;
    return;
  }
  if (node.t === "co-icon") return;
  if (element.component) {
    if (before) element.component.update(node.p);
    return;
  }
  const old = (before && before.a) || {};
  const attributes = node.a || {};
  patch(element, node.c || [], context);
  for (const name of Object.keys(old)) if (!(name in attributes)) setAttribute(element, name, null, old[name]);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value, old[name]);
  element.removeAttribute("aria-busy");
  if (attributes["aria-busy"]) element.setAttribute("aria-busy", "true");
  listen(element, node.e || {}, context);
  if (node.f && node.f !== (before && before.f)) context.focus = element;
}

function patch(parent, nodes, context) {
  const keyed = new Map();
  const loose = [];
  for (const child of [...parent.childNodes]) {
    const key = child.coNode && child.coNode.k;
    if (key) keyed.set(key, child);
    else loose.push(child);
  }
  let next = 0;
  nodes.forEach((node, place) => {
    let child;
    if (node.k) {
      child = keyed.get(node.k);
      if (child && child.coNode.t !== node.t) child = undefined;
      if (child) keyed.delete(node.k);
    } else {
      const candidate = loose[next];
      const same = candidate && candidate.coNode !== undefined &&
        (typeof node === "string" ? typeof candidate.coNode === "string" : candidate.coNode.t === node.t) &&
        !(node.t === "co-icon" && candidate.coNode.a.name !== node.a.name);
      if (candidate) next += 1;
      if (same) child = candidate;
      else if (candidate) candidate.remove();
    }
    if (!child) child = create(node, context);
    if (parent.childNodes[place] !== child) parent.insertBefore(child, parent.childNodes[place] || null);
    update(child, node, context);
  });
  for (const child of [...keyed.values(), ...loose.slice(next)]) child.remove();
}

function render({ model, el, isResumed }) {
  el.classList.add("co-root");
  el.dataset.lmSuppressShortcuts = "true"; // keys typed here are not JupyterLab's
  const inApp = document.body.classList.contains("co-app");
  el.classList.toggle("co-in-app", inApp);
  const top = make("div", { class: "co-top" });
  el.append(top);
  const waiting = new Map();
  let number = 0;
  let slow = null;
  // A kernel that is gone answers nothing, and nobody else says so.
  const lost = make("div", { class: "co-notice co-notice-error co-lost", role: "alert" });
  lost.hidden = true;
  el.append(lost);
  let silent = null;
  const expect = () => {
    if (model.isServed) return; // the page of the server watches its own connection
    silent = silent || setTimeout(() => {
      const how = inApp ? "reload the page." : "choose Kernel ▸ Restart Kernel and Run All Cells.";
      lost.replaceChildren(make("p", {}, "There has been no answer for 15 seconds: the Python behind this page may be gone. What you typed is kept as a draft, " +
        "except for the last words since then: copy those, and " + how), inApp ? make("button", { type: "button", class: "co-button", onclick: () => location.reload() }, "Reload") : null);
      lost.hidden = false;
    }, 15000);
  };
  const answered = () => {
    clearTimeout(silent);
    silent = null;
    lost.hidden = true;
  };
  const context = {
    send(handler, value, { quiet = false } = {}) {
      if (!quiet) {
        clearTimeout(slow);
        slow = setTimeout(() => el.classList.add("co-slow"), 180);
      }
      model.send({ h: handler, v: value });
      expect();
    },
    /** Ask Python something and get its answer, without drawing anything anew. */
    ask(handler, value) {
      number += 1;
      const id = number;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        model.send({ h: handler, v: value, ask: id });
        expect();
      });
    },
  };
  const settle = () => {
    answered();
    clearTimeout(slow);
    el.classList.remove("co-slow");
    el.querySelectorAll("button[aria-busy],a[aria-busy]").forEach((busy) => busy.removeAttribute("aria-busy"));
  };
  const draw = () => {
    context.focus = null;
    patch(top, [model.get("tree")], context);
    settle();
    // Where the navigation is one line that scrolls, the screen one is at is in sight.
    const here = top.querySelector(".co-nav a[aria-current]");
    const line = here && here.closest("ul");
    if (line && line.scrollWidth > line.clientWidth) {
      const gap = here.getBoundingClientRect().left - line.getBoundingClientRect().left;
      if (gap < 0 || gap + here.offsetWidth > line.clientWidth) line.scrollLeft += gap - 20;
    }
    if (context.focus) {
      const target = context.focus;
      requestAnimationFrame(() => {
        const field = target.matches("input,select,textarea,button,a,[tabindex]")
          ? target
          : target.querySelector("input:not([type=hidden]),select,textarea,button,a,[tabindex]");
        if (field) field.focus();
        if (target.dataset.top || /^H[1-4]$/.test(target.tagName)) target.scrollIntoView({ block: "nearest" });
      });
    }
  };
  const heard = (message) => {
    if (message.reply) {
      const resolve = waiting.get(message.reply);
      waiting.delete(message.reply);
      if (resolve) resolve(message.v);
    } else if (message.done) settle();
    else if (message.download) save(message.download, message.base64 ? bytes(message.base64) : message.text, message.type);
  };
  model.on("change:tree", draw);
  model.on("msg:custom", heard);
  draw();
  // In the app, the address says where one is, so that reloading, bookmarks and the back button work.
  const routed = () => context.send("route", location.hash.slice(1));
  const moved = () => {
    const route = model.get("route");
    // What was used up, such as a link that is valid once, is not to be come back to.
    const how = /^#(invitation|password)\//.test(location.hash) ? "replaceState" : "pushState";
    if (inApp && route && location.hash.slice(1) !== route) history[how](null, "", "#" + route);
    if (inApp && model.get("title")) document.title = model.get("title");
  };
  model.on("change:route", moved);
  model.on("change:title", moved);
  if (inApp) {
    window.addEventListener("popstate", routed);
    if (!isResumed) routed();
  } else model.send({ h: "drawn" });
  // A key that a button names (aria-keyshortcuts) clicks it, unless one is typing or the focus has its own use for Enter.
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    const at = event.target;
    if (at !== document.body && !el.contains(at)) return;
    if (at.matches("input:not([type=checkbox]):not([type=radio]),textarea,[contenteditable=true]")) return;
    if (at.matches("select") && event.key.length === 1) return;
    if (event.key === "Enter" && at.matches("button,a,summary,select")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const button = el.querySelector(`[aria-keyshortcuts="${CSS.escape(key)}"]`);
    if (!button || button.getAttribute("aria-busy")) return;
    event.preventDefault();
    event.stopPropagation();
    button.click();
  };
  document.addEventListener("keydown", pressed);
  const size = new ResizeObserver(([entry]) => {
    el.classList.toggle("co-narrow", entry.contentRect.width < 720);
    el.classList.toggle("co-phone", entry.contentRect.width < 520);
    el.classList.toggle("co-wide", entry.contentRect.width >= 1000);
  });
  size.observe(el);
  return () => {
    size.disconnect();
    document.removeEventListener("keydown", pressed);
    window.removeEventListener("popstate", routed);
    model.off("change:tree", draw);
    model.off("change:route", moved);
    model.off("change:title", moved);
    model.off("msg:custom", heard);
  };
}

/** The bytes that base64 stands for. */
function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Send a file that the person chose, as base64; one that is too large for a message only with its name. */
function upload(file, send) {
  if (!file) return;
  if (file.size > 7000000) return send({ name: file.name, content: "" });
  const reader = new FileReader();
  reader.onload = () => send({ name: file.name, content: String(reader.result).split(",")[1] || "" });
  reader.readAsDataURL(file);
}

/** Hand the person a file. */
function save(name, text, type = "text/csv") {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

export default { render };
