"""Duplicates: clients that are there twice; look for them, review them, merge them, take a merge back."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clientops.book.write.preview import Receipt
from clientops.core.plan import as_dicts
from clientops.core.readable import counted
from clientops.exporting.files import export_relation
from clientops.importing.tabular import read_named_columns
from clientops.registry import rules
from clientops.reports.documents.duplicate_merges import MOST_ON_A_PAGE, merged_page, merged_report, write_merged_report
from clientops.reports.figures.duplicates import (
    MERGED,
    WAITING,
    Counts,
    acceptance_sample,
    acceptances,
    brought_back,
    cases_held_back,
    merges_of,
    read_counts,
    review_sheet,
    sheet_decisions,
)
from clientops.workbench.change.workflow import Change
from clientops.workbench.frame import Screen
from clientops.workbench.parts.duplicate_merging import Merging
from clientops.workbench.parts.duplicate_review import Review
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, figure, notice, table
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.labels import moment
from clientops.workbench.ui.nodes import Content, Node, call, h
from clientops.workbench.ui.tabs import tabs

CERTAIN = 0.99
TABS = (("review", "Review"), ("all", "All cases"), ("later", "Put off"), ("merge", "Accepted"), ("merged", "Merged"))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Main(Screen):
    """The review queue, and everything around it."""

    title = "Duplicates"
    lead = "Clients that are there twice: compare them, decide, merge them in bulk, take a merge back."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.tab = "review"
        self.change: Change | None = None
        self.is_pasting = False
        self.sample: list[dict[str, Any]] = []
        self.back: list[tuple[int, int]] = []
        self.counts: Counts | None = None
        self.message: tuple[str, str] | None = None
        self.review = Review(desk, self.refreshed)
        self.merging = Merging(desk, self.changed)
        self.waiting = Grid(desk, WAITING, on_open=lambda item: desk.go(f"duplicates/case/{item}"))
        self.merged = Grid(
            desk, MERGED, on_open=lambda number: desk.go(f"record/merged_clients/{number}"),
            actions=(("Take back…", self.take_back),),
        )  # fmt: skip

    def show(self, arguments: list[str]) -> None:
        """``duplicates/case/12`` shows a case, ``duplicates/merge`` a tab, ``duplicates/merge-clients`` begins a merge."""
        self.close()
        self.message, self.counts = None, None
        first, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
        if first in rules():
            survivor = int(rest[0]) if rest and rest[0].isdigit() else None
            self.change = self._change(first, {"survivor_id": survivor} if survivor else None)
            return
        if first == "case" and rest and rest[0].lstrip("-").isdigit():
            self.tab = "review"
            self.review.begin(item=int(rest[0]))
            return
        self.tab = first if first in dict(TABS) else "review"
        self.merging.forget()
        self.refreshed()
        if self.tab in ("review", "later"):
            self.review.begin(later=self.tab == "later")
        else:
            self.review.claims.release()

    def refreshed(self) -> None:
        """Something was decided."""
        self.counts = None
        self.waiting.refresh()
        self.merged.refresh()

    def changed(self, receipt: Receipt | object) -> None:
        """Something was changed: read anew what is shown."""
        self.back = []
        if isinstance(receipt, Receipt) and self.change and self.change.rule.name == "unmerge-clients":
            with self.desk.book.tables() as tables:
                self.back = brought_back(tables, receipt.operation_id)
        self.refreshed()
        if self.tab in ("review", "later"):
            self.review.begin(later=self.tab == "later")

    # -- what can be begun -----------------------------------------------------------------------------------------

    def search(self, scope: str, _value: Any = None) -> Any:
        """Look for duplicates, among all clients or among the new ones."""
        self.change = Change(
            self.desk, "find-duplicates", requests={"scope": scope}, on_close=self.close, on_applied=self.changed
        )
        return self.change.asked(None)

    def accept(self, _value: Any = None) -> Any:
        """Decide that every case that is certain enough is the same; shown first, row by row."""
        others = self.review.claims.others()
        with self.desk.book.tables() as tables:
            found = acceptances(tables, above=CERTAIN, others=list(others), operator=self.desk.operator)
            self.sample = acceptance_sample(tables, found)
            held = cases_held_back(tables, above=CERTAIN, others=list(others))
        requests: list[Mapping[str, Any]] = list(found)
        if held:
            why = "; ".join(f"{text}: {count:,}" for text, count in held.items())
            cases = counted(
                sum(held.values()), "case is left for review, for it", "cases are left for review, for they"
            )
            self.message = ("warning", f"{cases} may be two people or two companies ({why}).")
        if not requests:
            if not held:
                self.message = ("info", f"No case that waits is at least {CERTAIN:.0%} likely.")
            return None
        self.change = Change(
            self.desk, "decide-duplicates", requests=requests, on_close=self.close, on_applied=self.changed
        )
        return self.change.asked(None)

    def take_back(self, numbers: list[int]) -> Any:
        """Bring the selected replaced clients back."""
        with self.desk.book.tables() as tables:
            requests: list[Mapping[str, Any]] = list(merges_of(tables, numbers))
        if not requests:
            return None
        self.change = Change(
            self.desk, "unmerge-clients", requests=requests, on_close=self.close, on_applied=self.changed
        )
        return self.change.asked(None)

    def keep_apart(self, _value: Any = None) -> Any:
        """Decide that those who came back are other parties than their survivors; shown first."""
        requests: list[Mapping[str, Any]] = [
            {"left_id": old, "right_id": survivor, "decision": "different", "decided_by": self.desk.operator}
            for old, survivor in self.back
        ]
        if not requests:
            return None
        self.back = []
        self.change = Change(
            self.desk, "decide-duplicates", requests=requests, on_close=self.close, on_applied=self.changed
        )
        return self.change.asked(None)

    def _change(self, name: str, filled: Mapping[str, Any] | None) -> Change:
        return Change(self.desk, name, filled=filled, on_close=self.close, on_applied=self.changed)

    def begin(self, name: str, _value: Any = None) -> None:
        """The form of a rule."""
        self.change = self._change(name, None)

    def close(self, _value: Any = None) -> None:
        """Leave what was begun."""
        self.change, self.is_pasting, self.sample, self.back = None, False, [], []

    # -- spreadsheets ----------------------------------------------------------------------------------------------

    def download(self, _value: Any = None) -> None:
        """Hand over what waits as a spreadsheet with a column for decisions."""
        with tempfile.TemporaryDirectory() as folder, self.desk.book.tables() as tables:
            file = Path(folder) / "duplicates.xlsx"
            export_relation(review_sheet(tables), file)
            self.desk.hand_over(file.name, base64.b64encode(file.read_bytes()).decode(), XLSX)

    def report(self, _value: Any = None) -> None:
        """Hand over the report of all merges as a page, or, where that would be too long, as a table."""
        with self.desk.book.tables() as tables:
            rows = as_dicts(merged_report(tables).limit(MOST_ON_A_PAGE + 1))
            if len(rows) <= MOST_ON_A_PAGE:
                page = merged_page(rows).encode()
                self.desk.hand_over("merged-clients.html", base64.b64encode(page).decode(), "text/html")
                return
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "merged-clients.csv"
                write_merged_report(tables, file)
                self.desk.hand_over(file.name, base64.b64encode(file.read_bytes()).decode(), "text/csv")

    def paste(self, _value: Any = None) -> None:
        """Ask for the rows of a spreadsheet."""
        self.is_pasting = True

    def pasted(self, value: Any) -> Any:
        """Decisions from rows that were copied out of a spreadsheet, with their headings."""
        values = value.get("values", {}) if isinstance(value, Mapping) else {}
        text = str(values.get("rows", ""))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "pasted.csv"
            file.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")
            decisions = sheet_decisions(read_named_columns(file)) if text.strip() else None
        if decisions is None or not decisions.num_rows:
            self.message = (
                "warning",
                "There is no decision in these rows: copy the headings too, and fill in the column decision.",
            )
            return None
        self.is_pasting, self.message = False, None
        rows = decisions.drop_columns(["row"]).to_pylist()
        self.change = Change(
            self.desk, "decide-duplicates", requests=rows, on_close=self.close, on_applied=self.changed
        )
        return self.change.asked(None)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def tree(self) -> Content:
        """Figures, what can be begun, and the tab."""
        counts = self._counts()
        said = h("div", notice(*self.message), role="status", key="said") if self.message else None
        if self.change:
            return [
                said,
                self._sample_node() if self.sample and not self.change.receipt else None,
                self.change.tree(),
                self._back_node(),
            ]
        if self.is_pasting:
            return [said, self._paste_node()]
        titles = {"later": f"Put off ({counts.later:,})", "merge": f"Accepted ({counts.accepted:,})"}
        chosen = [(name, titles.get(name, title)) for name, title in TABS]
        return [
            self._figures(counts),
            tabs("Duplicates", chosen, self.tab, lambda name: call(self.desk.go, f"duplicates/{name}")),
            said,
            self._content(),
            self._begin(counts),
        ]

    def _counts(self) -> Counts:
        """How far the review is, as it was when somebody last decided or came here."""
        if self.counts is None:
            with self.desk.book.tables() as tables:
                self.counts = read_counts(tables, self.desk.operator)
        return self.counts

    def _content(self) -> Content:
        if self.tab in ("review", "later"):
            return self.review.tree()
        if self.tab == "merge":
            return self.merging.tree()
        if self.tab == "merged":
            tools = button("Report", self.report, look="quiet", picture="download")
            return card(self.merged.tree(), title="Merged before", tools=tools, key="merged")
        return card(self.waiting.tree(), title="What waits for a decision", key="waiting")

    def _figures(self, counts: Counts) -> Node:
        total = counts.waiting_pairs + counts.decided
        share = counts.decided / total if total else 0.0
        searched = moment(counts.searched_at) if counts.searched_at else "never"
        return h(
            "div",
            figure("Waiting", f"{counts.waiting:,}", detail=f"{'case' if counts.waiting == 1 else 'cases'}, {counted(counts.waiting_pairs, 'pair')}"),
            figure("Decided", f"{counts.decided:,}", detail=f"{'pair' if counts.decided == 1 else 'pairs'}, {counts.decided_by_me:,} by you"),
            figure("Accepted", f"{counts.accepted:,}", detail=f"{'pair' if counts.accepted == 1 else 'pairs'}, to be merged"),
            figure("Progress", f"{share:.0%}", detail=h("progress", value=f"{share:.4f}", max="1", aria_label="Share decided")),
            figure("Looked for", searched),
            class_="co-figures", key="figures",
        )  # fmt: skip

    def _begin(self, counts: Counts) -> Node:
        return card(
            h("div",
              button("Look for duplicates", call(self.search, "all"), look="" if counts.waiting else "primary", picture="search"),
              button("Among new clients only", call(self.search, "new")) if counts.searched_at else None,
              button(f"Accept all above {CERTAIN}…", self.accept) if counts.waiting else None,
              class_="co-buttons"),
            h("div",
              button("Download for a spreadsheet", self.download, picture="download"),
              button("Paste decisions…", self.paste),
              [button(rules()[name].title, call(self.begin, name), look="quiet") for name in ("merge-clients", "unmerge-clients")],
              class_="co-buttons"),
            title="More", key="begin",
        )  # fmt: skip

    def _sample_node(self) -> Node:
        rows = [(row["left"], row["right"], row["survivor"]) for row in self.sample]
        lead = "These are decided to be the same; they are merged later, together."
        return card(
            h("p", lead), table(("Client", "Other client", "Remains"), rows), title="The first of them", key="accepting"
        )

    def _back_node(self) -> Node | None:
        """What may become of those who came back: the next bulk merge takes no notice that they were taken back."""
        if not self.back or self.change is None or self.change.receipt is None:
            return None
        pairs = ", ".join(f"#{old} and #{survivor}" for old, survivor in self.back[:5])
        more = f" and {counted(len(self.back) - 5, 'more pair')}" if len(self.back) > 5 else ""
        return card(
            h("p", f"What was decided to be the same, or is certain enough, is merged again by the next bulk merge: {pairs}{more}."),
            h("div", button("They are different: keep them apart…", self.keep_apart), class_="co-buttons"),
            title="Were they different all along?", key="back",
        )  # fmt: skip

    def _paste_node(self) -> Node:
        own = f"p{self.serial}"
        return card(
            h("form",
              h("div", h("label", "Rows with their headings, copied from the spreadsheet", for_=own),
                h("textarea", name="rows", id=own, rows="10", class_="co-input"),
                h("p", "Rows without a decision are left alone. Nothing is recorded before you have seen it.", class_="co-help"),
                class_="co-field co-wide-field"),
              h("div", h("button", "Preview", type="submit", class_="co-button co-primary"), button("Cancel", self.close), class_="co-buttons"),
              class_="co-form", on={"submit": self.pasted}),
            title="Decisions from a spreadsheet", key="paste",
        )  # fmt: skip
