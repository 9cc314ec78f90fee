"""How a statement file was read, and the form that says how to read a CSV otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from clientops.importing.statements.delimited import Reading
from clientops.importing.statements.read import FORMATS, StatementFile
from clientops.reports.lists.row_names import amount_text
from clientops.workbench.ui.components import button, card, facts, notice, table
from clientops.workbench.ui.nodes import Content, Node, h

TITLES = {
    "booked_on": "Booking date", "amount": "Amount", "credit": "Amount received", "debit": "Amount paid", "payer_name": "Payer",
    "payer_account": "Payer's account", "reference": "Reference", "description": "Text", "currency": "Currency", "balance": "Balance",
}  # fmt: skip
ORDERS = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
MOST_NOTES = 20
MARKS = {"comma": "decimal comma", "point": "decimal point"}


def read_node(
    read: StatementFile, ask: Callable[..., Any] | None, mapping: str = "", headings: Sequence[str] = ()
) -> Node:
    """What a file holds, and of a CSV how it was understood.

    Args:
        read: The file.
        ask: Begins to say how to read it otherwise; none: that cannot be said any more.
        mapping: The saved mapping that it was read with, if there is one.
        headings: All headings of the file; those that mean nothing are told.
    """
    rows = [
        (s.source, s.account or "", f"{s.lines[0].booked_on} to {s.lines[-1].booked_on}", f"{len(s.lines):,}",
         *(amount_text(sum((x.amount for x in s.lines if (x.amount > 0) == way), Decimal(0)), s.currency) for way in (True, False)),
         amount_text(s.opening, s.currency) if s.opening is not None else "", amount_text(s.closing, s.currency) if s.closing is not None else "")
        for s in read.statements
    ]  # fmt: skip
    again = button("Read it otherwise…", ask) if ask and read.reading else None
    return card(
        table(("Source", "Account", "Days", "Lines", "Received", "Paid", "Opening", "Closing"), rows, kinds="tttmmmmm"),
        _noted(read),
        _understood(read.reading, mapping, headings) if read.reading else None,
        title=f"{read.name}: {FORMATS[read.format]}", tools=again, key="read",
    )  # fmt: skip


def _noted(read: StatementFile) -> Content:
    """What was left out or taken with a doubt, one sentence each."""
    shown = [note for note in read.notes if note.message not in (read.reading.doubts if read.reading else ())]
    said = [f"Line {note.place}: {note.message}." if note.place else f"{note.message[:1].upper()}{note.message[1:]}." for note in shown]  # fmt: skip
    more = len(said) - MOST_NOTES
    return [
        *(notice("warning" if note.code != "text" else "info", sentence) for note, sentence in zip(shown[:MOST_NOTES], said, strict=False)),
        h("p", f"and {more:,} more") if more > 0 else None,
    ]  # fmt: skip


def _understood(reading: Reading, mapping: str, headings: Sequence[str]) -> Content:
    taken = ", ".join(f"{heading} → {TITLES.get(field, field)}" for heading, field in reading.columns.items())
    unclear = (
        "The file alone does not tell the order of its dates or its decimal mark for certain: compare with the bank."
    )
    return [
        notice("warning", f"{unclear} {' '.join(f'{doubt}.' for doubt in reading.doubts)}") if reading.doubts else None,
        facts([
            ("Dates", f"{ORDERS[reading.date_order]}{_for_example(reading.date_example)}"),
            ("Amounts", f"{MARKS[reading.decimal_mark]}{_for_example(reading.amount_example)}"),
            ("Columns", taken), ("Not used", ", ".join(name for name in headings if name and name not in reading.columns)), ("Saved mapping", mapping),
        ]),
    ]  # fmt: skip


def _for_example(pair: tuple[str, str]) -> str:
    return f": {pair[0]} is {pair[1]}" if pair[0] else ""


def reading_form(
    own: str, name: str, headings: Sequence[str], reading: Reading | None,
    *, given: Mapping[str, str], on_submit: Callable[..., Any], on_cancel: Callable[..., Any],
) -> Node:  # fmt: skip
    """The form that asks what the headings of a CSV mean and how its dates and amounts are written.

    Args:
        own: Beginning of the fields' ids.
        name: Name of the file.
        headings: Its headings.
        reading: How it was understood so far, if it was.
        given: Currency (``code``) and ``account`` that were said before.
        on_submit: Told the values by the fields' names, see ``asked_options``.
        on_cancel: Told when nothing is to be said.
    """
    heading_of = {field: heading for heading, field in reading.columns.items()} if reading else {}

    def field(key: str, label: str, inside: Node) -> Node:
        return h("div", h("label", label, for_=f"{own}-{key}"), inside, class_="co-field", key=key)

    def choice(key: str, label: str, options: Mapping[str, str], chosen: str, none: str = "–") -> Node:
        shown = [(("", none)), *options.items()]
        lines = [h("option", text, value=value, selected=value == chosen) for value, text in shown]
        return field(key, label, h("select", lines, id=f"{own}-{key}", name=key, value=chosen, class_="co-input"))

    def entry(key: str, label: str, value: str = "") -> Node:
        inside = h(
            "input", type="text", id=f"{own}-{key}", name=key, value=value, class_="co-input", autocomplete="off"
        )
        return field(key, label, inside)

    every = {heading: heading for heading in headings}
    looks = "as it looks"
    return card(
        h("form",
          h("div", [choice(key, title, every, heading_of.get(key, "")) for key, title in TITLES.items()],
            choice("dates", "Order of dates", ORDERS, reading.date_order if reading else "", looks),
            choice("mark", "Amounts have a", MARKS, reading.decimal_mark if reading else "", looks),
            entry("code", "Currency of all lines", given.get("currency", "")), entry("account", "Account", given.get("account", "")),
            entry("mapping", "Keep this as a mapping named"), class_="co-fields"),
          h("div", h("button", "Read it so", type="submit", class_="co-button co-primary"), button("Cancel", on_cancel), class_="co-buttons"),
          class_="co-form", novalidate=True, on={"submit": on_submit}),
        title=f"What do the headings of {name} mean?", key="headings",
    )  # fmt: skip


def asked_options(values: Mapping[str, Any], headings: Sequence[str], reading: Reading | None) -> dict[str, Any]:
    """Options of ``read_statement`` that the form's values say; a column that was understood before and is not chosen is left out."""
    columns = dict.fromkeys((*reading.columns, *reading.left_out) if reading else (), "")
    columns |= {values[field]: field for field in TITLES if values.get(field) in headings}
    said = {
        "currency": str(values.get("code", "")).strip().upper(), "account": str(values.get("account", "")).strip(),
        "date_order": values.get("dates"), "decimal_mark": values.get("mark"),
    }  # fmt: skip
    allowed = {"date_order": ORDERS, "decimal_mark": MARKS}
    return {"columns": columns, **{name: value for name, value in said.items() if value and (name not in allowed or value in allowed[name])}}  # fmt: skip
