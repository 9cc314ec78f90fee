"""The waiting list: changes that need a second person, looked at, approved or rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clientops.book.approval.proposals import Review, approve, reject, review, waiting
from clientops.book.write.preview import Receipt
from clientops.core.errors import NotAllowedError, RefusedError, StaleError, UsageError
from clientops.registry import rule as rule_named
from clientops.registry import title_of
from clientops.reports.lists.diff import describe
from clientops.workbench.change.diff_view import changes_node, in_words
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import badge, button, card, facts, link, notice, table
from clientops.workbench.ui.labels import moment
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.widget import Work


class WaitingList(Part):
    """What waits; one of them can be opened, and is planned anew on the book as it is.

    Args:
        desk: The book.
        on_applied: Called after one was applied or rejected.
    """

    def __init__(self, desk: Desk, on_applied: Callable[[Receipt], Any] = lambda _receipt: None) -> None:
        super().__init__()
        self.desk, self.on_applied = desk, on_applied
        self.opened: Review | None = None
        self.described: Any = None
        self.said: tuple[str, str] | None = None

    def close(self, _value: Any = None) -> None:
        """Back to the list."""
        self.opened = None

    def look(self, number: int, _value: Any = None) -> Work:
        """Plan one anew and show what it would do now."""
        self.said = None

        def work() -> tuple[Review, Any]:
            found = review(self.desk.book, number, rule_named)
            given = [(c.table, c.kind, c.count, c.sample) for c in found.preview.changes]
            with self.desk.book.tables() as tables:
                return found, describe(tables, given)

        return Work("Planning", work, self._looked, self._failed)

    def _looked(self, found: tuple[Review, Any]) -> None:
        self.opened, self.described = found

    def decided(self, value: Any) -> Work | None:
        """Approve or reject the one that is open."""
        found = self.opened
        if found is None:
            return None
        given = value if isinstance(value, Mapping) else {}
        how, reason = given.get("how"), str((given.get("values") or {}).get("reason", "")).strip()
        number = found.proposal.id
        if how == "reject" and not reason:
            self.said = ("warning", "A reason is needed to reject it; it is kept.")
            return None
        if how == "approve" and found.preview.problems:
            self.said = ("warning", "It can no longer be applied; reject it.")
            return None
        if how == "approve":
            return Work(
                "Applying", lambda: approve(self.desk.book, found, reason=reason or None), self._applied, self._failed
            )
        if how == "reject":
            return Work(
                "Rejecting", lambda: reject(self.desk.book, number, reason=reason), self._rejected, self._failed
            )
        return None

    def _applied(self, receipt: Receipt) -> None:
        self.said = ("done", f"Approved and applied as operation {receipt.operation_id}: {in_words(receipt.counts)}.")
        self.opened = None
        self.on_applied(receipt)

    def _rejected(self, receipt: Receipt) -> None:
        self.said = ("done", f"Rejected, as operation {receipt.operation_id}.")
        self.opened = None
        self.on_applied(receipt)

    def _failed(self, error: Exception) -> bool:
        if isinstance(error, (NotAllowedError, RefusedError, StaleError, UsageError)):
            self.said = ("warning", str(error))
            return True
        return False

    def tree(self) -> Content:
        """The list, or the one that is open; nothing where nothing waits."""
        said = h("div", notice(*self.said), role="status", key="waiting said") if self.said else None
        if self.opened:
            return [said, self._review_node(self.opened)]
        found = waiting(self.desk.book)
        if not found:
            return said
        rows = [
            (link(f"No. {p.id}", call(self.look, p.id)), title_of(p.rule), p.proposed_by, moment(p.proposed_at),
             p.reason or "", p.needed_because, badge("book moved on", "warn") if p.moved_on else "")
            for p in found
        ]  # fmt: skip
        return [
            said,
            card(
                table(
                    ("Proposal", "What", "Asked by", "When", "Reason", "A second person is needed because", ""),
                    rows,
                    caption="Waiting",
                ),
                title="Waiting for a second person",
                key="waiting",
            ),
        ]

    def _review_node(self, found: Review) -> Node:
        proposal, own = found.proposal, f"w{self.serial}"
        mine = proposal.proposed_by.casefold() == self.desk.operator.casefold()
        pairs: list[tuple[str, Content]] = [
            ("Asked by", proposal.proposed_by), ("When", moment(proposal.proposed_at)), ("Reason", proposal.reason or "none given"),
            ("A second person is needed because", proposal.needed_because),
        ]  # fmt: skip
        problems = [notice("error", p.message[:1].upper() + p.message[1:]) for p in found.preview.problems[:10]]
        stale = (
            None
            if found.is_as_shown or problems
            else notice("warning", "The book moved on since it was asked for: this is what it would do now.")
        )
        approving = (
            None
            if mine
            else h("button", "Approve and apply", type="submit", value="approve", class_="co-button co-primary")
        )
        return card(
            facts(pairs), problems, stale, changes_node(self.desk, self.described),
            notice("info", "You asked for it yourself: another person has to approve it.") if mine else None,
            h("form",
              h("div", h("label", "Reason", for_=own), h("input", type="text", id=own, name="reason", value="", class_="co-input", autocomplete="off"),
                h("p", "Needed to reject it", class_="co-help"), class_="co-field co-wide-field"),
              h("div", approving, h("button", "Withdraw" if mine else "Reject", type="submit", value="reject", class_="co-button"),
                button("Back", self.close, look="quiet"), class_="co-buttons"),
              class_="co-form", novalidate=True, on={"submit": self.decided}),
            title=f"Proposal {proposal.id}: {found.preview.rule.title}", key=f"review {proposal.id}",
        )  # fmt: skip
