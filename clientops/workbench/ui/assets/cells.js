// Editing in the cells of a grid. What is entered waits in Python, marked here, until all of it is previewed as one change.

/** The keys and the entry of a grid's cells; `grid` gives its state, draws anew, turns pages and knows its columns. */
function cells(body, context, grid) {
  let isOpen = false;

  const of = (cell) => {
    const line = grid.lines().find((one) => String(one.id) === cell.parentElement.dataset.id);
    return { line, name: cell.dataset.column };
  };
  const all = (row) => [...row.querySelectorAll("td[data-column]")];
  function reach(cell) {
    if (!cell) return;
    body.querySelectorAll("td[data-column]").forEach((other) => other.setAttribute("tabindex", other === cell ? "0" : "-1"));
    cell.focus();
  }
  async function enter(id, name, value) {
    const line = grid.lines().find((one) => one.id === id);
    const before = line.edits[name] !== undefined ? line.edits[name] : line.raw[name];
    if (value === before) return grid.draw();
    line.edits = { ...line.edits, [name]: value };
    grid.draw();
    const answer = await context.ask(grid.props().enter, { id, column: name, value, was: line.raw[name], same: value === line.raw[name] });
    const now = grid.lines().find((one) => one.id === id);
    if (answer.edits && now) { now.edits = answer.edits; now.wrong = answer.wrong; now.moved = { ...now.moved, [name]: undefined }; }
    if (answer.pending) grid.pending(answer.pending);
    grid.draw();
  }
  function open(cell, typed) {
    const { line, name } = of(cell);
    const column = grid.column(name);
    const how = grid.props().columns[name];
    const before = line.edits[name] !== undefined ? line.edits[name] : line.raw[name];
    const label = column.title + ", row " + line.id;
    const problem = line.wrong[name];
    const field = how.choices
      ? make("select", { class: "co-input", "aria-label": label }, ...how.choices.map((choice) => make("option", { value: choice }, choice || "empty")))
      : make("input", { class: "co-input", type: how.entry === "date" ? "date" : "text", inputmode: how.entry === "date" ? null : how.entry,
          "aria-label": label, "aria-invalid": problem ? "true" : null, autocomplete: "off" });
    field.value = typed && !how.choices && how.entry !== "date" ? typed : before;
    isOpen = true;
    cell.replaceChildren(field);
    cell.classList.add("co-entering");
    field.focus();
    if (!typed && field.select && how.entry !== "date") field.select();
    const close = (keep, then) => {
      if (!isOpen) return;
      isOpen = false;
      if (keep) enter(line.id, name, field.value);
      else grid.draw();
      if (then) then(body.querySelector(`tr[data-id="${line.id}"] td[data-column="${name}"]`));
    };
    field.onblur = () => close(true);
    field.onclick = (event) => event.stopPropagation();
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter") { event.preventDefault(); close(true, reach); }
      else if (event.key === "Escape") { event.preventDefault(); close(false, reach); }
      else if (event.key === "Tab") {
        event.preventDefault();
        close(true, (now) => {
          const every = [...body.querySelectorAll("td[data-column]")];
          reach(every[every.indexOf(now) + (event.shiftKey ? -1 : 1)] || now);
        });
      }
    };
  }
  function keys(event) {
    const cell = event.currentTarget;
    if (event.target !== cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = cell.parentElement;
    const across = all(row);
    const at = across.indexOf(cell);
    const sibling = (other) => other && all(other)[at];
    const go = {
      ArrowRight: across[at + 1], ArrowLeft: across[at - 1], Home: across[0], End: across[across.length - 1],
      ArrowDown: sibling(row.nextElementSibling), ArrowUp: sibling(row.previousElementSibling),
    };
    if (event.key in go) reach(go[event.key]);
    else if (event.key === "PageDown" || event.key === "PageUp") grid.turn(event.key === "PageDown" ? 1 : -1);
    else if (event.key === "Enter" || event.key === "F2") open(cell);
    else if (event.key.length === 1) open(cell, event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  /** Makes a drawn cell one that can be edited. */
  function prepare(cell, line, column, isFirst) {
    const edited = line.edits[column.name];
    const problem = line.wrong[column.name];
    cell.dataset.column = column.name;
    cell.classList.add("co-cell");
    cell.setAttribute("tabindex", isFirst ? "0" : "-1");
    if (edited !== undefined) {
      const was = line.raw[column.name] || "empty";
      cell.classList.add("co-edited");
      cell.title = "was " + was;
      cell.replaceChildren(make("span", { class: problem ? "co-before-wrong" : "co-after" }, edited || "empty"), make("span", { class: "co-hidden" }, ", was " + was));
    }
    const then = (line.moved || {})[column.name];
    if (then !== undefined && edited !== undefined) {
      cell.classList.add("co-moved");
      cell.append(make("span", { class: "co-moved-text" }, "was " + (then || "empty") + " when you edited it; changed to " + (line.raw[column.name] || "empty") + " since"));
    }
    if (problem) {
      cell.setAttribute("aria-invalid", "true");
      cell.append(make("span", { class: "co-problem", role: "alert" }, problem));
    }
    cell.onclick = (event) => { event.stopPropagation(); if (event.target === cell || event.target.tagName === "SPAN") open(cell); };
    cell.onkeydown = keys;
  }
  return { prepare, reach, isOpen: () => isOpen };
}

/** What waits in a grid's cells, in words. */
function pendingText(pending) {
  const values = pending.changes === 1 ? "1 value" : pending.changes + " values";
  const rows = pending.rows === 1 ? "1 row" : pending.rows + " rows";
  return `${values} in ${rows} entered, not applied yet` + (pending.wrong ? `; ${pending.wrong} wrong` : "");
}
