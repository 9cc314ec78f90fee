"""Merging what was accepted, in bulk: what would happen, what is refused, and the merge itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from clientops.reports.figures.likelihood import likelihood_text
from clientops.reports.figures.merge_plan import MergePlan, plan_merges
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, figure, notice, table
from clientops.workbench.ui.nodes import Content, Node, Part, h
from clientops.workbench.ui.widget import Work

SHOWN = 5
"""Clients that remain whose changes are shown in full."""


class Merging(Part):
    """One merge of everything that was accepted: previewed as numbers and a sample, with what is refused listed.

    Args:
        desk: The book.
        on_applied: Called after it was merged or undone.
    """

    def __init__(self, desk: Desk, on_applied: Callable[[object], Any]) -> None:
        super().__init__()
        self.desk, self.on_applied = desk, on_applied
        self.plan: MergePlan | None = None
        self.change: Change | None = None

    def forget(self) -> None:
        """Show the beginning again."""
        self.plan = self.change = None

    def look(self, _value: Any = None) -> Work:
        """Plan the merge."""
        return Work("Planning the merge", lambda: plan_merges(self.desk.book), self._planned)

    def _planned(self, plan: MergePlan) -> None:
        self.plan, self.change = plan, None
        if plan.preview is not None:
            self.change = Change(
                self.desk, plan.preview.rule, requests=[], on_close=self.closed, on_applied=self.on_applied
            )
            self.change.show_preview(plan.preview)
            # Thousands of rows move: the figures say how many, and the clients that remain stand for all of them.
            self.change.described = tuple(
                replace(shown, rows=shown.rows[:SHOWN])
                for shown in self.change.described
                if (shown.table, shown.kind) == ("clients", "update")
            )

    def closed(self, _value: Any = None) -> None:
        """Leave it."""
        self.forget()

    def tree(self) -> Content:
        """What would be merged."""
        if self.plan is None:
            return card(
                h("p", "Everything that was decided to be the same becomes one merge. It is shown first, and can be taken back whole or group by group."),
                h("div", button("Preview the merge", self.look, look="primary"), class_="co-buttons"),
                title="Merge what was accepted", key="merging",
            )  # fmt: skip
        plan = self.plan
        if self.change and self.change.receipt:
            return self.change.tree()
        figures = [
            figure("Groups", f"{plan.groups:,}"),
            figure("Left out", f"{len(plan.refused):,}", tone="warn" if plan.refused else ""),
        ]
        return [
            h("div", figures, class_="co-figures", key="merge figures") if plan.preview or plan.refused else None,
            self._refused() if plan.refused else None,
            card(self._sample(), title="The first of them", key="sample") if plan.sample else None,
            self.change.tree() if self.change else card(
                notice("info", "Nothing is ready to be merged." if not plan.refused else "Nothing is left to be merged."),
                h("div", button("Close", self.closed), class_="co-buttons"), key="no merge"),
        ]  # fmt: skip

    def _refused(self) -> Node:
        plan = self.plan
        assert plan is not None
        rows = [(f"#{r.replaced_id}", f"#{r.survivor_id}", r.message) for r in plan.refused[:100]]
        more = len(plan.refused) - len(rows)
        return card(
            table(("Client", "Into", "Why it cannot be merged"), rows),
            h("p", f"and {more:,} more", class_="co-faint") if more > 0 else None,
            title=f"Left out: {len(plan.refused):,}", key="refused",
        )  # fmt: skip

    def _sample(self) -> Node:
        plan = self.plan
        assert plan is not None
        rows = [
            (f"#{r['replaced_id']} {r['replaced']}", f"#{r['survivor_id']} {r['survivor']}",
             likelihood_text(float(r["score"])) if r["score"] is not None else "",
             r["why"] or "", r["decided_by"] or "")
            for r in plan.sample
        ]  # fmt: skip
        return table(("Replaced", "Remains", "Likely", "Why", "Decided by"), rows, kinds="ttmtt")
