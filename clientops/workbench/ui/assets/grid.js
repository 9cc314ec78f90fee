// A table of any length: only the visible page travels. Sort by its headings, filter under them, move with the arrows.

function grid(host, props, context) {
  let state;
  const fresh = () => ({ offset: 0, search: "", sort: props.sort || null, filters: {}, selected: new Set(), page: null, key: 0, editing: state ? state.editing : false });
  state = fresh();
  let asked = 0;
  let timer = null;
  const size = () => props.size || 25;

  const search = make("input", { type: "search", class: "co-input", placeholder: "Search " + props.title, "aria-label": "Search " + props.title });
  const count = make("span", { class: "co-grid-count", role: "status", "aria-live": "polite" });
  const filtering = make("button", { type: "button", class: "co-button co-quiet", "aria-pressed": "false" }, "Filter");
  const exporting = make("button", { type: "button", class: "co-button co-quiet" }, icon("download"), "Export");
  const editing = make("button", { type: "button", class: "co-button co-quiet", "aria-pressed": "false", title: "Change values in their cells: Enter or F2 begins, Esc leaves" }, "Edit cells");
  const actions = make("span", { class: "co-grid-actions" });
  const bar = make("div", { class: "co-grid-bar" }, make("span", { class: "co-search" }, icon("search"), search), count, actions,
    make("span", { class: "co-grid-tools" }, props.cells ? editing : null, filtering, props.export ? exporting : null));
  const table = make("table", { role: "grid", "aria-label": props.title, class: "co-grid-table" });
  const head = make("thead", { role: "rowgroup" }); // roles are said, since on a phone rows are laid out as paragraphs
  const body = make("tbody", { role: "rowgroup" });
  table.append(head, body);
  const box = make("div", { class: "co-grid-box" }, table);
  const first = make("button", { type: "button", class: "co-button co-quiet", "aria-label": "First page" }, "«");
  const back = make("button", { type: "button", class: "co-button co-quiet" }, "‹ Previous");
  const place = make("span", { class: "co-grid-place" });
  const forth = make("button", { type: "button", class: "co-button co-quiet" }, "Next ›");
  const last = make("button", { type: "button", class: "co-button co-quiet", "aria-label": "Last page" }, "»");
  const foot = make("div", { class: "co-grid-foot" }, first, back, place, forth, last);
  const said = make("span", { role: "status" });
  const previewing = make("button", { type: "button", class: "co-button co-primary" }, "Preview");
  const discarding = make("button", { type: "button", class: "co-button" }, "Discard");
  const waiting = make("div", { class: "co-grid-pending" }, said, previewing, discarding);
  waiting.hidden = true;
  host.append(bar, waiting, box, foot);
  const columns = () => (state.page && state.page.editing ? props.columns.concat(props.cells.more) : props.columns);
  const entry = cells(body, context, {
    props: () => props.cells, column: (name) => columns().find((one) => one.name === name), lines: () => (state.page ? state.page.rows : []),
    pending: (now) => { state.page.pending = now; }, draw: () => draw(), turn: (by) => turn(state.offset + by * size()),
  });

  const query = () => ({ offset: state.offset, limit: size(), search: state.search, sort: state.sort, filters: state.filters, editing: state.editing });
  async function load() {
    asked += 1;
    const mine = asked;
    const waiting = setTimeout(() => host.classList.add("co-grid-waiting"), 150);
    const page = await context.ask(props.page, query());
    clearTimeout(waiting);
    if (mine !== asked) return;
    host.classList.remove("co-grid-waiting");
    state.page = page;
    if (page.rows) draw();
  }
  function turn(offset) {
    const total = state.page ? state.page.total : 0;
    state.offset = Math.max(0, Math.min(offset, Math.floor(Math.max(0, total - 1) / size()) * size()));
    load();
  }
  function sort(name) {
    const now = state.sort;
    state.sort = now && now[0] === name ? (now[1] === "asc" ? [name, "desc"] : null) : [name, "asc"];
    state.offset = 0;
    load();
  }
  function heading() {
    const row = make("tr", { role: "row" });
    if (props.select) {
      const all = make("input", { type: "checkbox", "aria-label": "Select this page" });
      all.onchange = () => {
        for (const line of state.page ? state.page.rows : []) all.checked ? state.selected.add(line.id) : state.selected.delete(line.id);
        draw();
      };
      row.append(make("th", { scope: "col", role: "columnheader", class: "co-check" }, all));
    }
    for (const column of columns()) {
      const sorted = state.sort && state.sort[0] === column.name ? state.sort[1] : null;
      row.append(
        make("th", { scope: "col", role: "columnheader", class: "co-" + (column.kind === "badge" ? "state" : column.kind), "aria-sort": sorted ? (sorted === "asc" ? "ascending" : "descending") : "none" },
          make("button", { type: "button", class: "co-sort", onclick: () => sort(column.name) },
            column.title, make("span", { class: "co-sort-mark", "aria-hidden": "true" }, sorted ? (sorted === "asc" ? " ▲" : " ▼") : ""))),
      );
    }
    const rows = [row];
    if (host.classList.contains("co-filtering")) {
      const filters = make("tr", { role: "row", class: "co-filters" });
      if (props.select) filters.append(make("td", { role: "gridcell" }));
      for (const column of columns()) {
        const field = make("input", { class: "co-input", "aria-label": "Filter " + column.title, placeholder: column.hint || "contains", value: state.filters[column.name] || "" });
        field.oninput = () => {
          state.filters = { ...state.filters, [column.name]: field.value };
          state.offset = 0;
          clearTimeout(timer);
          timer = setTimeout(load, 250);
        };
        filters.append(make("td", { role: "gridcell", "data-title": column.title }, field));
      }
      rows.push(filters);
    }
    return rows;
  }
  function draw() {
    const page = state.page;
    if (entry.isOpen()) return; // drawn when the cell is left
    host.classList.toggle("co-many", columns().length > 6); // texts are shortened where the columns are many
    const sig = JSON.stringify([state.sort, page.editing, host.classList.contains("co-filtering")]);
    if (state.headed !== sig) {
      const focused = document.activeElement && head.contains(document.activeElement) ? [...head.querySelectorAll("button,input")].indexOf(document.activeElement) : -1;
      head.replaceChildren(...heading());
      state.headed = sig;
      if (focused >= 0) { const target = head.querySelectorAll("button,input")[focused]; if (target) target.focus(); }
    }
    const heldCell = body.contains(document.activeElement) && document.activeElement.closest("td[data-column]");
    const heldColumn = heldCell ? heldCell.dataset.column : "";
    let isFirst = true;
    const held = body.contains(document.activeElement) ? [...body.children].indexOf(document.activeElement.closest("tr")) : -1;
    body.replaceChildren(...page.rows.map((line, at) => {
      const row = make("tr", { role: "row", "data-id": line.id, tabindex: page.editing ? null : at === 0 ? "0" : "-1", "aria-selected": props.select ? String(state.selected.has(line.id)) : null, class: props.open && !page.editing ? "co-opens" : "" });
      if (props.select) {
        const tick = make("input", { type: "checkbox", tabindex: "-1", "aria-label": "Select row " + line.id });
        tick.checked = state.selected.has(line.id);
        tick.onclick = (event) => event.stopPropagation();
        tick.onchange = () => { tick.checked ? state.selected.add(line.id) : state.selected.delete(line.id); draw(); };
        row.append(make("td", { role: "gridcell", class: "co-check" }, tick));
      }
      line.cells.forEach((text, n) => {
        const column = columns()[n];
        const shown = text === null ? "" : text;
        const cell = make("td", { role: "gridcell", "data-title": column.title, class: "co-" + (column.kind === "badge" ? "state" : column.kind) + (n < 2 && ["text", "number"].includes(column.kind) ? " co-first" : ""), title: shown.length > 28 && column.kind !== "long" ? shown : null },
          column.kind === "badge" && shown ? make("span", { class: "co-badge co-badge-" + (line.tones || {})[column.name] }, shown) : shown);
        if (page.editing && column.name in props.cells.columns) {
          entry.prepare(cell, line, column, isFirst);
          isFirst = false;
        }
        row.append(cell);
      });
      row.onclick = () => { if (props.open && !page.editing) context.send(props.open, line.id); };
      row.onkeydown = (event) => keys(event, row, line);
      return row;
    }));
    if (held >= 0) {
      const row = body.children[Math.min(held, body.children.length - 1)];
      if (row && page.editing) entry.reach(row.querySelector(`td[data-column="${heldColumn}"]`) || row.querySelector("td[data-column]"));
      else if (row) reach(row);
    }
    if (!page.rows.length) {
      const wide = columns().length + (props.select ? 1 : 0);
      body.append(make("tr", { role: "row", class: "co-grid-none" }, make("td", { role: "gridcell", colspan: wide }, page.message || "Nothing here that fits")));
    }
    const format = new Intl.NumberFormat("en");
    const from = page.total ? state.offset + 1 : 0;
    count.textContent = format.format(page.total) + (page.total === 1 ? " row" : " rows") + (state.selected.size ? ", " + format.format(state.selected.size) + " selected" : "");
    place.textContent = format.format(from) + "–" + format.format(Math.min(state.offset + size(), page.total)) + " of " + format.format(page.total);
    first.disabled = back.disabled = state.offset === 0;
    forth.disabled = last.disabled = state.offset + size() >= page.total;
    foot.hidden = page.total <= size();
    waiting.hidden = !page.pending || !page.pending.changes;
    if (!waiting.hidden) said.textContent = pendingText(page.pending);
    actions.replaceChildren(...(state.selected.size ? (props.actions || []).map((action) =>
      make("button", { type: "button", class: "co-button", onclick: () => context.send(action.handler, [...state.selected]) }, action.title)) : []));
  }
  function reach(row) {
    [...body.children].forEach((other) => other.setAttribute("tabindex", other === row ? "0" : "-1"));
    row.focus();
  }
  function keys(event, row, line) {
    if (event.target !== row) return;
    const rows = [...body.children];
    const at = rows.indexOf(row);
    const go = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (go !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      if (rows[go]) reach(rows[go]);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      event.preventDefault();
      event.stopPropagation();
      turn(state.offset + (event.key === "PageDown" ? size() : -size()));
    } else if (event.key === " " && props.select) {
      event.preventDefault();
      state.selected.has(line.id) ? state.selected.delete(line.id) : state.selected.add(line.id);
      draw();
    } else if (event.key === "Enter" && props.open) {
      event.preventDefault();
      context.send(props.open, line.id);
    }
  }
  search.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { state.search = search.value; state.offset = 0; load(); }, 250);
  };
  filtering.onclick = () => {
    const on = host.classList.toggle("co-filtering");
    filtering.setAttribute("aria-pressed", String(on));
    if (!on && Object.keys(state.filters).length) { state.filters = {}; state.offset = 0; load(); } else if (state.page) draw();
    if (on) { const field = head.querySelector("input.co-input"); if (field) field.focus(); }
  };
  editing.onclick = () => {
    state.editing = !state.editing;
    editing.setAttribute("aria-pressed", String(state.editing));
    host.classList.toggle("co-editing", state.editing);
    load();
  };
  previewing.onclick = () => context.send(props.cells.preview, null);
  discarding.onclick = async () => { await context.ask(props.cells.discard, null); load(); };
  exporting.onclick = async () => {
    exporting.disabled = true;
    const parts = [];
    let at = 0;
    for (;;) {
      const part = await context.ask(props.export, { ...query(), part: at });
      if (part.error) break;
      parts.push(part.text);
      at = part.next;
      if (!at) { save(part.name, parts.join("")); break; }
    }
    exporting.disabled = false;
  };
  first.onclick = () => turn(0);
  back.onclick = () => turn(state.offset - size());
  forth.onclick = () => turn(state.offset + size());
  last.onclick = () => turn(state.page ? state.page.total : 0);
  // A column of a narrow screen can be reached by scrolling with the keyboard.
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", props.title);
  function update(now) {
    const other = now.key !== props.key;
    const version = now.version !== props.version;
    props = now;
    if (other) { state = fresh(); search.value = ""; }
    if (other || version) load();
  }
  load();
  return { update };
}
