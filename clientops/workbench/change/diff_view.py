"""How a set of changes is shown: table by table, each row by its name, each value before and after."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clientops.core.plan import Problem
from clientops.core.readable import noun
from clientops.reports.lists.diff import RowDiff, TableDiff
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import badge
from clientops.workbench.ui.labels import counted, humanised
from clientops.workbench.ui.nodes import Content, Node, call, h

TONES = {"insert": "good", "update": "warn", "delete": "bad"}
SHOWN = 20
NAMING = "may_name_them"
MOST_NAMING = 200


def in_words(counts: Sequence[tuple[str, str, int]]) -> str:
    """Counts of changed rows in words, e.g. ``1 credit entry added, 1 client changed``."""
    return ", ".join(counted(count, table, kind) for table, kind, count in counts) or "nothing changes"


def changes_node(desk: Desk, tables: Sequence[TableDiff]) -> Content:
    """All changes; of long ones the first rows, and it is said how many more there are."""
    return [_table_node(desk, table) for table in tables]


def naming_node(desk: Desk, warnings: Sequence[Problem]) -> Content:
    """Links to rows about others that may name a person who is erased, each to be looked at."""
    named = [(w, found) for w in warnings if w.code == NAMING and (found := re.match(r"(\w+) (\d+) ", w.message))]
    if not named:
        return None
    named.sort(key=lambda pair: (pair[1][1], int(pair[1][2])))
    lines = []
    for warning, found in named[:MOST_NAMING]:
        table, number = found.groups()
        route = f"operations/{number}" if table == "operations" else f"record/{table}/{number}"
        link = h("a", f"{table} {number}", href=f"#{route}", on={"click": call(desk.go, route)})
        lines.append(h("li", link, warning.message[found.end() - 1 :], key=f"{table} {number}"))
    more = len(named) - len(lines)
    return h(
        "section", h("h3", "May name them, too: look at these"), h("ul", lines, class_="co-rows"),
        h("p", f"and {more:,} more", class_="co-faint") if more else None, class_="co-change", key="may name them",
    )  # fmt: skip


def _table_node(desk: Desk, table: TableDiff) -> Node:
    shown = table.rows[:SHOWN]
    rest = table.count - len(shown)
    return h(
        "section",
        h("h3", badge({"insert": "Added", "update": "Changed", "delete": "Removed"}[table.kind], TONES[table.kind]),
          f" {counted(table.count, table.table)}"),
        [_row_node(desk, table, row) for row in shown],
        h("p", f"and {rest:,} more {noun(table.table, rest)}, not shown here", class_="co-faint") if rest else None,
        class_="co-change",
        key=f"{table.kind} {table.table}",
    )  # fmt: skip


def _row_node(desk: Desk, table: TableDiff, row: RowDiff) -> Node:
    name: Content = row.label
    if table.table == "clients" and table.kind != "insert" and desk.is_staff:
        name = h("a", row.label, href=f"#client/{row.id}", on={"click": call(desk.go, f"client/{row.id}")})
    lines = [
        h("tr", h("th", humanised(value.column), scope="row"), _cells(table.kind, value.before, value.after))
        for value in row.values
    ]
    body = h("table", h("tbody", lines), class_="co-diff") if lines else None
    inside = [h("div", name, class_="co-change-name"), body]
    if table.count > 3 and table.kind != "update":
        return h("details", h("summary", name), body, class_="co-change-row", key=str(row.id))
    return h("div", inside, class_="co-change-row", key=str(row.id))


def _cells(kind: str, before: str, after: str) -> Content:
    if kind == "insert":
        return h("td", after, class_="co-after")
    if kind == "delete":
        return h("td", h("s", before), class_="co-before")
    empty = h("span", "empty", class_="co-faint")
    return h(
        "td",
        h("span", before or empty, class_="co-before"),
        h("span", " → ", class_="co-arrow", aria_label="becomes"),
        h("span", after or empty, class_="co-after"),
    )
