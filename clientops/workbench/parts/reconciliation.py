"""What does not agree: by kind, filtered, with rows and history, mended together; and periods signed off."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from clientops.core.plan import Rule
from clientops.core.readable import noun
from clientops.reconciliation.kinds import KINDS
from clientops.registry import rules
from clientops.reports.figures.reconciliation import (
    Found,
    KindSum,
    find_differences,
    of_kind,
    read_sign_offs,
    sum_kinds,
)
from clientops.reports.lists.engine import Listing
from clientops.reports.lists.row_names import amount_text, read_labels
from clientops.schema.tables import Tables
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from clientops.workbench.ui.charts import shares
from clientops.workbench.ui.components import badge, button, card, facts, figure, link, notice, table
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.labels import counted, in_titles
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.widget import Work

SHOWN_ROWS = 40
STATES = {
    "holds": ("holds", "good"),
    "mended": ("holds, less is open", "good"),
    "broken": ("broken by later changes", "bad"),
}


class FoundGrid(Grid):
    """A grid over rows that were worked out and are kept in memory."""

    def __init__(self, desk: Desk, found: Found, listing: Listing, **more: Any) -> None:
        super().__init__(desk, listing, **more)
        self.found = found

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        """The rows in memory."""
        yield self.found.tables


class Differences(Part):
    """Differences of some families, to be looked through and mended.

    Args:
        desk: The book.
        families: Which families of differences.
        on_applied: Called after something was mended.
    """

    def __init__(self, desk: Desk, families: tuple[str, ...], on_applied: Callable[..., Any]) -> None:
        super().__init__()
        self.desk, self.families, self.on_applied = desk, families, on_applied
        self.found: Found | None = None
        self.sums: list[KindSum] = []
        self.kind = ""
        self.grid: Grid | None = None
        self.opened: dict[str, Any] | None = None
        self.change: Change | None = None
        self.by_hand = ""

    def look(self, _value: Any = None) -> Work:
        """Reconcile anew."""

        def work() -> Found:
            with self.desk.book.tables() as tables:
                return find_differences(tables, self.families)

        return Work("Reconciling", work, self._looked)

    def _looked(self, found: Found) -> None:
        self.found, self.sums = found, sum_kinds(found)
        if self.kind not in {entry.kind for entry in self.sums}:
            self.kind = ""
        self._list()

    def _list(self) -> None:
        assert self.found is not None
        self.opened, self.by_hand = None, ""
        self.grid = FoundGrid(
            self.desk, self.found, of_kind(self.kind), on_open=self.open_, actions=(("Mend selected…", self.mend),)
        )  # fmt: skip

    def choose(self, kind: str, _value: Any = None) -> None:
        """Only one kind, or all again."""
        self.kind = "" if kind == self.kind else kind
        self.change = None
        self._list()

    def open_(self, number: int) -> None:
        """One difference with its rows and history."""
        self.opened = self.found.row(number) if self.found else None
        self.change = None

    def mend(self, numbers: list[int], _value: Any = None) -> Any:
        """Preview mending these differences as one operation."""
        assert self.found is not None
        chosen = self.found.rows(numbers)
        rows = [row for row in chosen if row["mend_rule"]]
        self.by_hand = _left_to_people(len(chosen), len(rows))
        if not rows:
            self.change = None
            return None
        requests: list[Mapping[str, Any]] = [{"rule": row["mend_rule"], "request": row["mend_request"]} for row in rows]
        self.change = Change(self.desk, "mend", requests=requests, on_close=self.close, on_applied=self._mended)
        return self.change.asked(None)

    def close(self, _value: Any = None) -> Work:
        """Leave the change, and look anew at what is still there."""
        self.change, self.by_hand = None, ""
        return self.look()

    def _mended(self, receipt: object) -> None:
        self.on_applied(receipt)

    def tree(self) -> Content:
        """Kinds, the list, what is opened or being mended."""
        if self.found is None or self.grid is None:
            return card(
                h("p", "Compares every stored figure with what it is made of.", class_="co-faint"),
                h("div", button("Reconcile", self.look, look="primary"), class_="co-buttons"), key="not yet",
            )  # fmt: skip
        told = h("div", notice("warning", self.by_hand), role="alert", key="by hand") if self.by_hand else None
        if self.change is not None:
            return [None if self.change.receipt else told, self.change.tree()]
        if not self.sums:
            return h(
                "div",
                notice("done", "Everything agrees."),
                button("Reconcile again", self.look, look="quiet"),
                key="agrees",
            )
        shown = [
            figure(entry.title, f"{entry.count:,}", detail=entry.amounts or None, tone="warn" if entry.kind == self.kind else "",
                   on_click=call(self.choose, entry.kind))
            for entry in self.sums
        ]  # fmt: skip
        chosen = next((entry for entry in self.sums if entry.kind == self.kind), None)
        mendable = self._mendable()
        tools = [
            button(f"Mend all {len(mendable):,}…", call(self.mend, mendable)) if mendable else None,
            button("Reconcile again", self.look, look="quiet"),
        ]
        return [
            told,
            h("div", shown, class_="co-figures", key="kinds"),
            self._opened_node(),
            card(
                h("p", chosen.meaning, class_="co-faint") if chosen else None,
                self.grid.tree(), title=chosen.title if chosen else counted(len(self.found), "differences"), tools=tools, key=f"list {self.kind}",
            ),
            self._charts() if len(self.sums) > 1 and not chosen else None,
        ]  # fmt: skip

    def _charts(self) -> Node:
        assert self.found is not None
        origins = self.found.query("select explained_by, count(*) from found group by 1 order by 2 desc, 1")
        kinds = [(entry.title, entry.count) for entry in self.sums]
        return h(
            "div",
            card(shares("Differences by kind", kinds), title="By kind"),
            card(shares("Where they come from", [(name, count) for name, count in origins]), title="Where they come from"),
            class_="co-columns", key="charts",
        )  # fmt: skip

    def _mendable(self) -> list[int]:
        assert self.found is not None
        where = f"and kind = '{KINDS[self.kind].name}'" if self.kind else ""
        return [number for (number,) in self.found.query(f"select id from found where mend_rule is not null {where}")]

    def _opened_node(self) -> Node | None:
        row = self.opened
        if row is None:
            return None
        kind = KINDS[row["kind"]]
        amount = (
            amount_text(row["amount"], row["currency_code"])
            if row["amount"] is not None and row["currency_code"]
            else ""
        )
        known = rules()
        mended = (
            f"{known[row['mend_rule']].title}: {_in_words(known[row['mend_rule']], row)}"
            if row["mend_rule"]
            else in_titles(f"A person must decide: {row['choices']}")
        )
        operation = row["operation_id"]
        return card(
            h("p", h("strong", f"{row['message'][:1].upper()}{row['message'][1:]}.")),
            facts([
                ("What it means", kind.meaning), ("Amount", amount), ("Where it comes from", row["explanation"] or "history does not say"),
                ("Operation", link(f"#{operation}", call(self.desk.go, f"operations/{operation}")) if operation else ""),
                ("Mending", mended),
            ]),
            h("h3", "Rows it rests on"), self._rows(row),
            h("div", button("Mend this…", call(self.mend, [row["id"]]), look="primary") if row["mend_rule"] else None,
              button("Close", self._close_row, look="quiet"), class_="co-buttons"),
            title=kind.title, key=f"difference {row['id']}",
        )  # fmt: skip

    def _rows(self, row: dict[str, Any]) -> Content:
        """Links to the rows that the difference rests on."""
        listed = json.loads(row["row_list"])
        if row["client_id"] and not any(entry["table"] == "clients" for entry in listed):
            listed.append({"table": "clients", "id": row["client_id"]})
        shown = listed[:SHOWN_ROWS]
        named: dict[str, dict[int, str]] = {}
        with self.desk.book.tables() as tables:
            for name in dict.fromkeys(entry["table"] for entry in shown):
                named[name] = read_labels(tables, name, [entry["id"] for entry in shown if entry["table"] == name])
        lines = []
        for entry in shown:
            name, number = entry["table"], entry["id"]
            route = f"client/{number}" if name == "clients" else f"record/{name}/{number}"
            is_there = number in named[name]
            said = named[name].get(number, "is not there")
            text = f"{noun(name)} {number}"
            lines.append(
                h("li", link(text, call(self.desk.go, route)) if is_there else text, f" {said}", key=f"{name} {number}")
            )
        more = len(listed) - len(shown)
        return [
            h("ul", lines, class_="co-rows"),
            h("p", f"and {more:,} more; clientops reconcile {row['kind']} --json lists them all", class_="co-faint")
            if more
            else None,
        ]

    def _close_row(self, _value: Any = None) -> None:
        self.opened = None


def _in_words(rule: Rule, row: Mapping[str, Any]) -> str:
    """What a rule would be asked, with the names that its form has, e.g. ``client 7, amount EUR 4.20``."""
    fields = rule.request.model_fields
    told = []
    for name, value in json.loads(row["mend_request"]).items():
        if name == "description":
            continue
        shown = (
            amount_text(Decimal(value), row["currency_code"]) if name == "amount" and row["currency_code"] else value
        )
        title = (fields[name].title or name).lower()
        told.append(title if value is True else f"{title} {shown}")
    return ", ".join(told)


def _left_to_people(chosen: int, mended: int) -> str:
    """That some of the differences chosen are not among those to be mended, and why."""
    left = chosen - mended
    if not left:
        return ""
    which = (
        f"{left:,} of the {chosen:,} selected cannot be mended by a rule alone, and are left out"
        if mended
        else "None of the selected differences can be mended by a rule alone"
    )
    return f"{which}: a person must decide. Open such a difference to see between what."


class SignOffs(Part):
    """Periods that were signed off, whether they still hold, and the form to sign off another one.

    Args:
        desk: The book.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.rows: list[dict[str, Any]] | None = None
        self.change: Change | None = None

    def look(self, _value: Any = None) -> Work:
        """Compare the signed figures with those of today."""

        def work() -> list[dict[str, Any]]:
            with self.desk.book.tables() as tables:
                return read_sign_offs(tables)

        return Work("Comparing", work, self._looked)

    def _looked(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        if self.change is None:
            self.change = self._form()

    def _form(self) -> Change:
        last = self.desk.book.today().replace(day=1) - timedelta(days=1)
        filled = {"period_from": last.replace(day=1), "period_to": last}
        return Change(self.desk, "sign-off-period", filled=filled, on_close=self.close)

    def close(self, _value: Any = None) -> Work:
        """Back to the list, looked at anew."""
        self.change = None
        return self.look()

    def tree(self) -> Content:
        """The list and the form."""
        if self.rows is None or self.change is None:
            return h("div", button("Look at the sign-offs", self.look), class_="co-buttons", key="not yet")
        lines = []
        for row in self.rows:
            text, tone = STATES[row["state"]]
            opened = counted(row["open_count"], "differences") if row["open_count"] else "none"
            signed = f"{row['period_from']} to {row['period_to']} reconciled by {row['operator'] or 'nobody known'} on {row['signed_on']}"
            lines.append((
                [
                    h("strong", signed), h("p", row["note"], class_="co-faint") if row["note"] else None,
                    h("p", f"Operation {row['operation_id']}, hash {row['head_sha256']}", class_="co-faint") if row["operation_id"] else None,
                ],
                f"{opened}{', ' + row['open_amounts'] if row['open_amounts'] else ''}", badge(text, tone), row["changes"] or "",
            ))  # fmt: skip
        return [
            card(table(("Period", "Open then", "State", "What changed since"), lines, empty="No period was signed off yet."), title="Signed off", key="signed"),
            self.change.tree(),
        ]  # fmt: skip
