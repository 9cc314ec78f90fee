"""Lines of a statement out of the rows of a table, by the fields of their columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from clientops.importing.formats import DateOrder, DecimalMark, plain_amount
from clientops.importing.statements.exports import Export
from clientops.importing.statements.headings import IN_WORDS, OUT_WORDS, UNMOVED, family, fold
from clientops.importing.statements.lines import Line, StatementError
from clientops.importing.statements.marks import read_day
from clientops.matching.placeholders import first_reference

_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")
_NAMES = {"givenname": "familyname", "firstname": "lastname"}
_LONGEST = 60


@dataclass
class RowReader:
    """How the rows of a table are read.

    Attributes:
        name: Name of the file.
        headings: Of the table.
        places: Field to the columns that may hold it, the likeliest first.
        mark: Decimal mark.
        order: Order of dates.
        export: The export that the table is, if it is one.
        numbers: Per column, texts that a spreadsheet keeps as numbers: their mark is a point, whatever else is typed.
        signed: Columns ``credit`` and ``debit`` whose own signs count, with what to multiply them by.
        is_directed: Whether the column ``direction`` says the sign.
    """

    name: str
    headings: Sequence[str]
    places: Mapping[str, Sequence[int]]
    mark: DecimalMark
    order: DateOrder
    export: Export | None = None
    numbers: Sequence[set[str]] = ()
    signed: dict[str, int] = field(default_factory=dict)
    is_directed: bool = True

    def value(self, row: Sequence[str], name: str) -> str:
        """Text of a field: of the first of its columns with anything in it; empty if there is none."""
        for place in self.places.get(name, ()):
            if place < len(row) and (text := row[place].strip()):
                return text
        return ""

    def text(self, row: Sequence[str], name: str) -> str:
        """Text of a field that several columns may hold together: numbered ones, or all of an export's."""
        filled = [(self.headings[place], row[place].strip()) for place in self.places.get(name, ()) if place < len(row) and row[place].strip()]  # fmt: skip
        if not filled:
            return ""
        if self.export and name in self.export.joined:
            return " ".join(dict.fromkeys(text for _, text in filled))
        first = family(filled[0][0])
        behind = next((first.removesuffix(one) + other for one, other in _NAMES.items() if first.endswith(one)), first)
        return " ".join(dict.fromkeys(text for heading, text in filled if family(heading) in (first, behind)))

    def state(self, row: Sequence[str]) -> str:
        """The state of a row in which no money moved; empty if some did."""
        status, impact, mode = (self.value(row, name) for name in ("status", "impact", "mode"))
        if fold(impact) == "memo" or fold(mode) == "test":
            return impact or mode
        unmoved = self.export.unmoved if self.export else UNMOVED
        return status if fold(status) in unmoved else ""

    def lines(self, place: int, row: Sequence[str]) -> list[Line]:
        """The line of a row, and of an export that lists refunds beside payments the refund, too."""
        amount = self._amount(place, row)
        sign = self.export.fee_sign if self.export else 1
        fee = sign * self.money(place, row, "fee")
        if self.value(row, "net") and self.money(place, row, "net") != amount - fee:
            raise StatementError(
                self.name, place, f"the amount {amount} less the fee {fee} is {amount - fee}, but net is {self.money(place, row, 'net')}"
            )  # fmt: skip
        booked = self.day(place, row, "booked_on")
        valued = self.day(place, row, "valued_on") if self.value(row, "valued_on") else None
        line = Line(
            place, booked, amount, fee, valued, self.text(row, "payer_name"), self.value(row, "payer_account"),
            first_reference(*(row[at] for at in self.places.get("reference", ()) if at < len(row))), self.text(row, "description"),
            self.money(place, row, "balance") if self.value(row, "balance") else None,
        )  # fmt: skip
        back = amount if self.export and fold(self.value(row, "status")) in self.export.reversed_ else self.money(place, row, "refunded")  # fmt: skip
        if not back:
            return [line]
        day = self.day(place, row, "refunded_on") if self.value(row, "refunded_on") else booked
        refund = Line(place, day, -abs(back), payer_name=line.payer_name, payer_account=line.payer_account, description=f"Refund of {line.reference} {line.description}".strip())  # fmt: skip
        return [line, refund]

    def _amount(self, place: int, row: Sequence[str]) -> Decimal:
        if self.value(row, "amount"):
            return self._directed(place, row, self.money(place, row, "amount"))
        if not self.value(row, "credit") and not self.value(row, "debit"):
            raise StatementError(self.name, place, "the amount is missing")
        credit, debit = self.money(place, row, "credit"), self.money(place, row, "debit")
        credit = credit if "credit" in self.signed else abs(credit)
        debit = debit * self.signed["debit"] if "debit" in self.signed else -abs(debit)
        return credit + debit

    def _directed(self, place: int, row: Sequence[str], amount: Decimal) -> Decimal:
        """The amount with the sign that a column of its own says (S or H, D or C, Af or Bij)."""
        if not self.places.get("direction") or not self.is_directed or amount == 0:
            return amount
        word = self.value(row, "direction")
        way = direction_of(word, self.export)
        if way < 0:
            return -abs(amount)
        if way > 0:
            if amount > 0:
                return amount
            raise StatementError(self.name, place, f"direction {word!r} says received, but the amount is {amount}")
        raise StatementError(self.name, place, f"direction {word!r} is none of S, H, D, C, debit, credit, Af, Bij")

    def money(self, place: int, row: Sequence[str], name: str) -> Decimal:
        """An amount; 0 where nothing stands."""
        at = next((at for at in self.places.get(name, ()) if at < len(row) and row[at].strip()), None)
        if at is None:
            return Decimal(0)
        text = row[at].strip()
        is_number = at < len(self.numbers) and text in self.numbers[at]
        plain = text if is_number else plain_amount(text, self.mark)
        if not _NUMBER.fullmatch(plain):
            example = "12,50" if self.mark == "comma" else "12.50"
            raise StatementError(self.name, place, f"{name} {clipped(text)!r} is not a number like {example}")
        return Decimal(plain)

    def day(self, place: int, row: Sequence[str], name: str) -> date:
        """A date."""
        text = self.value(row, name)
        try:
            return read_day(text, self.order)
        except ValueError as error:
            raise StatementError(self.name, place, f"{name} {clipped(text)!r} is not a date ({self.order})") from error


def direction_of(word: str, export: Export | None = None) -> int:
    """1 for received, -1 for paid, 0 where the word is neither."""
    plain = word.strip(". ").casefold()
    if export and plain in export.directions:
        return export.directions[plain]
    return -1 if plain in OUT_WORDS else 1 if plain in IN_WORDS else 0


def clipped(text: str) -> str:
    """A value for a message, not longer than a person reads."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
