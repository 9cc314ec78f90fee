"""The audit report on the screen: a period, its figures, the rows behind each, and the report as a file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from clientops.core.errors import UsageError
from clientops.reports.audit.report import Audit, open_audit
from clientops.reports.audit.section import Listed, Section, image_of, show_cell, shown_count
from clientops.reports.audit.workbook import workbook
from clientops.reports.documents.printing import find_browser, print_pdf
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, link, notice, table
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.widget import Work

SHOWN = 200
LETTERS = {"money": "m", "number": "m", "moment": "d", "day": "d"}
FILES = {
    "html": ("Save as HTML", "text/html"), "pdf": ("Save as PDF", "application/pdf"),
    "xlsx": ("Save as Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}  # fmt: skip


class AuditReport(Part):
    """Makes the report of a period and shows it; a figure opens the rows that it counts."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.last = datetime.now(UTC).date()
        self.first = self.last.replace(day=1)
        self.audit: Audit | None = None
        self.opened: set[str] = set()
        self.wrong = ""

    def asked(self, value: Any) -> Work | None:
        """Make the report of the days that were given."""
        values = value.get("values", {}) if isinstance(value, Mapping) else {}
        try:
            self.first, self.last = (
                date.fromisoformat(str(values.get(name, "")).strip()) for name in ("first", "last")
            )
            audit = open_audit(self.desk.book, self.first, self.last)
        except ValueError:
            self.wrong = "Give both days as year-month-day, e.g. 2026-06-30"
            return None
        except UsageError as error:
            self.wrong = str(error)
            return None
        self.wrong, self.opened = "", set()

        def work() -> Audit:
            _ = audit.sections  # worked out here, beside the screen
            return audit

        return Work("Auditing", work, self._made)

    def _made(self, audit: Audit) -> None:
        self.audit = audit

    def turn(self, key: str, _value: Any = None) -> None:
        """Show the rows behind a figure, or hide them."""
        self.opened ^= {key}

    def save(self, kind: str, _value: Any = None) -> Work | None:
        """Hand over the report as a file."""
        audit = self.audit
        if audit is None:
            return None

        def work() -> str:
            content = (
                workbook(audit)
                if kind == "xlsx"
                else print_pdf(audit.html())
                if kind == "pdf"
                else audit.html().encode()
            )
            return base64.b64encode(content).decode()

        name = f"audit-{audit.first}-{audit.last}.{kind}"
        return Work("Writing the report", work, lambda text: self.desk.hand_over(name, text, FILES[kind][1]))

    def tree(self) -> Content:
        """Days, then the sections."""
        own = f"r{self.serial}"

        def entry(name: str, label: str, value: date) -> Node:
            return h("div", h("label", label, for_=f"{own}-{name}"),
                     h("input", type="date", id=f"{own}-{name}", name=name, value=value.isoformat(), class_="co-input"), class_="co-field", key=name)  # fmt: skip

        saving = [
            button(FILES[kind][0], call(self.save, kind), picture="download")
            for kind in FILES
            if kind != "pdf" or find_browser()
        ]
        form = h(
            "form", h("div", entry("first", "From", self.first), entry("last", "To", self.last), class_="co-fields"),
            h("div", h("button", "Make the report", type="submit", class_="co-button co-primary"), saving if self.audit else None, class_="co-buttons"),
            class_="co-form", novalidate=True, on={"submit": self.asked},
        )  # fmt: skip
        wrong = h("div", notice("warning", self.wrong), role="alert", key="wrong") if self.wrong else None
        sections = [self._section(section) for section in self.audit.sections] if self.audit else None
        return [card(form, wrong, title="Report of a period", key="period"), sections]

    def _section(self, section: Section) -> Node:
        figures = []
        for figure in section.figures:
            text = link(figure.text, call(self.turn, figure.rows)) if figure.rows else figure.text
            figures.append((figure.label, h("span", text, class_=f"co-{figure.tone}-text") if figure.tone else text))
        opened = [self._list(found) for found in section.lists if found.key in self.opened]
        charts = [h("img", src=image_of(svg), alt=title, class_="co-chart") for title, svg in section.charts]
        return card(
            h("p", section.lead, class_="co-faint"),
            h("dl", [h("div", h("dt", label), h("dd", text), key=label) for label, text in figures], class_="co-facts"),
            charts, opened, title=section.title, key=f"section {section.key}",
        )  # fmt: skip

    def _list(self, found: Listed) -> Node:
        rows = [
            tuple(self._cell(value, kind) for value, (_, kind) in zip(row, found.columns, strict=True))
            for row in found.rows[:SHOWN]
        ]
        more = (
            shown_count(found)
            if found.total <= SHOWN
            else f"The first {SHOWN:,} of {found.total:,} rows; the file has more."
        )
        kinds = "".join(LETTERS.get(kind, "t") for _, kind in found.columns)
        return h("div", h("h3", found.title), h("p", more, class_="co-faint") if more else None,
                 table([title for title, _ in found.columns], rows, kinds=kinds, caption=found.title, empty="None"), key=f"list {found.key}")  # fmt: skip

    def _cell(self, value: Any, kind: str) -> Content:
        text = show_cell(value, kind)  # type: ignore[arg-type]
        if not text:
            return ""
        if kind == "operation":
            return link(text, call(self.desk.go, f"operations/{value}"))
        if kind == "client":
            return link(f"#{text}", call(self.desk.go, f"client/{value}"))
        if kind == "record":
            name, number = value.values() if isinstance(value, dict) else value
            return link(
                text, call(self.desk.go, f"client/{number}" if name == "clients" else f"record/{name}/{number}")
            )
        return text
