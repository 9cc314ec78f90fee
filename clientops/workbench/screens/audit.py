"""Audit: do book and history agree, was anything changed by other means, and what does the chain end in?"""

from __future__ import annotations

from typing import Any

from clientops.book.proof.verify import Report
from clientops.core.readable import counted, noun
from clientops.workbench.frame import Screen
from clientops.workbench.parts.audit_report import AuditReport
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, facts, notice, table
from clientops.workbench.ui.labels import humanised
from clientops.workbench.ui.nodes import Content, Node, call, h
from clientops.workbench.ui.widget import Work

SHOWN = 50


class Main(Screen):
    """Proof that nothing changed unseen."""

    title = "Audit"
    lead = "Proof that nothing changed unseen: tables, history and the chain of operations must agree."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.report: Report | None = None
        self.flaws: list[tuple[str, str, int, str]] | None = None
        self.direct: list[Any] | None = None
        self.said: tuple[str, str] | None = None
        self.wrong = ""
        self.period = AuditReport(desk)

    def show(self, _arguments: list[str]) -> Work:
        """What was changed by other means is looked for at once."""
        self.said, self.wrong = None, ""
        return self.look()

    def look(self, _value: Any = None) -> Work:
        """Look for what was changed by other means."""
        return Work("Comparing tables and history", self.desk.book.direct_changes, self._looked)

    def _looked(self, found: list[Any]) -> None:
        self.direct = found
        self.desk.looked(len(found))

    def verify(self, value: Any = None) -> Work:
        """Recompute the chain and replay the history."""
        values = value.get("values", {}) if isinstance(value, dict) else {}
        head = str(values.get("head", "")).strip() or None

        def work() -> tuple[Report, list[tuple[str, str, int, str]]]:
            return self.desk.book.verify(head), self.desk.book.check()

        return Work("Verifying the book", work, self._verified)

    def _verified(self, found: tuple[Report, list[tuple[str, str, int, str]]]) -> None:
        self.report, self.flaws = found

    def decide(self, value: Any) -> Work | None:
        """Adopt or revert what was changed by other means."""
        values = value.get("values", {}) if isinstance(value, dict) else {}
        how, reason = (value.get("how") if isinstance(value, dict) else ""), str(values.get("reason", "")).strip()
        self.wrong = "" if reason else "A reason is needed; it is kept with the operation"
        if self.wrong or how not in ("adopt", "revert"):
            return None
        book = self.desk.book
        act = book.adopt_direct_changes if how == "adopt" else book.revert_direct_changes
        word = "adopted" if how == "adopt" else "reverted"
        return Work("Recording", lambda: act(reason=reason), lambda receipt: self._decided(word, receipt.operation_id))

    def _decided(self, word: str, number: int) -> None:
        self.said = ("done", f"The changes were {word}, as operation {number}.")
        self._looked(self.desk.book.direct_changes())

    def tree(self) -> Content:
        """Head, verification, direct changes."""
        number, sha256 = self.desk.book.head()
        own = f"a{self.serial}"
        return [
            h("div", notice(*self.said), role="status", key="said") if self.said else None,
            card(
                facts([("Last operation", str(number)), ("Its hash: write it down elsewhere", sha256)]),
                h("form",
                  h("div", h("label", "A hash you wrote down earlier", for_=own),
                    h("input", type="text", id=own, name="head", value="", class_="co-input", aria_describedby=f"{own}-help"),
                    h("p", "Proves that nothing before it was taken away; may be left empty", id=f"{own}-help", class_="co-help"), class_="co-field co-wide-field"),
                  h("div", h("button", "Verify the book", type="submit", class_="co-button co-primary"), class_="co-buttons"),
                  class_="co-form", novalidate=True, on={"submit": self.verify}),
                self._report_node(), title="Integrity", key="integrity",
            ),
            card(self._direct_node(own), title="Changed by other means than clientops", key="direct"),
            self._flaws_node(),
            self.period.tree(),
        ]  # fmt: skip

    def _report_node(self) -> Content:
        if self.report is None:
            return None
        if self.report.is_clean:
            return h(
                "div", notice("done", "Everything agrees: tables, history and chain."), role="status", key="report"
            )
        return h(
            "div",
            [notice("error", finding.message) for finding in self.report.findings[:SHOWN]],
            _more(len(self.report.findings), "finding"),
            role="alert",
            class_="co-stack",
            key="report",
        )

    def _flaws_node(self) -> Node | None:
        if self.flaws is None:
            return None
        rows = [(noun(name), h("a", f"#{number}", href="#", on={"click": call(self.desk.go, f"client/{number}" if name == "clients" else f"record/{name}/{number}")}), message)
                for _, name, number, message in self.flaws[:SHOWN]]  # fmt: skip
        return card(
            table(("What", "Number", "Flaw"), rows, empty="No flaws: every reference and every figure fits."),
            _more(len(self.flaws), "flaw"),
            title=f"Flaws in the data: {len(self.flaws):,}",
            key="flaws",
        )

    def _direct_node(self, own: str) -> Content:
        if self.direct is None:
            return h("div", button("Look for them", self.look), class_="co-buttons")
        if not self.direct:
            return h("p", "Nothing was changed by other means.", class_="co-empty")
        rows = []
        for change in self.direct[:SHOWN]:
            before, after = change.expected or {}, change.found or {}
            names = [n for n in {**before, **after} if before.get(n) != after.get(n)][:4]
            rows.append(
                (
                    noun(change.table),
                    f"#{change.id}",
                    ", ".join(f"{humanised(n)}: {before.get(n)} → {after.get(n)}" for n in names),
                )
            )
        return [
            table(("What", "Number", "Before → now"), rows),
            _more(len(self.direct), "row"),
            h("form",
              h("div", h("label", "Reason", h("span", " *", class_="co-required", aria_hidden="true"), for_=f"{own}-reason"),
                h("input", type="text", id=f"{own}-reason", name="reason", value="", class_="co-input", aria_invalid="true" if self.wrong else None),
                h("p", self.wrong, class_="co-problem") if self.wrong else None, class_="co-field co-wide-field"),
              h("div", h("button", "Adopt: record them as they are", type="submit", value="adopt", class_="co-button"),
                h("button", "Revert: put back what was", type="submit", value="revert", class_="co-button"), class_="co-buttons"),
              class_="co-form", novalidate=True, on={"submit": self.decide}),
        ]  # fmt: skip


def _more(count: int, what: str) -> Node | None:
    """How many there are beside those that are shown; a part is never taken for the whole."""
    rest = count - SHOWN
    return h("p", f"and {counted(rest, f'more {what}')}, not shown here", class_="co-faint") if rest > 0 else None
