"""Everything that happened to a row, the newest first."""

from __future__ import annotations

from clientops.book.read.history import RowChange
from clientops.registry import title_of
from clientops.reports.lists.diff import describe
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import badge, link
from clientops.workbench.ui.labels import humanised, moment
from clientops.workbench.ui.nodes import Content, call, h

SHOWN = 30


def timeline(desk: Desk, changes: list[RowChange], table: str) -> Content:
    """Operations with what each of them changed in a row."""
    newest = list(reversed(changes))[:SHOWN]
    if not newest:
        return h("p", "Nothing is recorded about it.", class_="co-empty")
    numbers = {change.operation_id for change in newest}
    with desk.book.tables() as tables:
        described = [
            describe(tables, [(table, _kind(change), 1, [(change.before, change.after)])])[0].rows[0]
            for change in newest
        ]
        listed = ", ".join(map(str, numbers))
        relation = tables.query(OPERATIONS.format(numbers=listed))
        operations = {row[0]: row[1:] for row in relation.fetchall()}
    items = []
    for change, row in zip(newest, described, strict=True):
        rule, operator, reason, at = operations.get(change.operation_id, ("", "", None, None))
        kind = _kind(change)
        values = [
            h("tr", h("th", humanised(v.column), scope="row"),
              h("td", h("span", v.before or "empty", class_="co-before"), h("span", " → ", class_="co-arrow", aria_label="becomes"), h("span", v.after or "empty", class_="co-after")))
            for v in row.values
        ]  # fmt: skip
        items.append(
            h(
                "section",
                h("div",
                  badge({"insert": "Added", "update": "Changed", "delete": "Removed"}[kind], {"insert": "good", "update": "warn", "delete": "bad"}[kind]), " ",
                  link(f"Operation {change.operation_id}", call(desk.go, f"operations/{change.operation_id}")), f" · {title_of(rule)} · {operator} · {moment(at)}",
                  f" · {reason}" if reason else None, class_="co-change-name"),
                h("table", h("tbody", values), class_="co-diff") if kind == "update" else None,
                class_="co-change-row", key=f"{change.operation_id} {kind}",
            )
        )  # fmt: skip
    more = len(changes) - len(newest)
    return [items, h("p", f"and {more:,} older changes", class_="co-faint") if more > 0 else None]


OPERATIONS = "select id, rule, operator, reason, applied_at from history.operations where id in ({numbers})"


def _kind(change: RowChange) -> str:
    return "insert" if change.before is None else "delete" if change.after is None else "update"
