"""Who is probably in the book already, told before a new client is saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clientops.book.write.preview import Preview
from clientops.core.plan import Problem, as_dicts
from clientops.matching.lookup import MOST_ROWS, likely_duplicates
from clientops.reports.lists.row_names import read_labels
from clientops.schema.tables import Tables

COMPARED = {
    "person": "name", "organisation": "company", "email": "e-mail", "phone": "phone number", "tax_id": "tax number",
    "address": "address",
}  # fmt: skip
ALIKE = ("misspelt", "near", "nickname", "swapped", "initial", "part")
MOST = 5
CODE = "likely_duplicate"


@dataclass(frozen=True)
class Likely:
    """A client who is probably the one that a request adds.

    Attributes:
        row: Row of the request.
        client_id: The client in the book.
        label: What the client is called.
        sentence: Why, without full stop.
    """

    row: int
    client_id: int
    label: str
    sentence: str


def find_likely(tables: Tables, preview: Preview) -> tuple[Likely, ...]:
    """Clients who are probably those that a preview adds: by e-mail, phone and tax number, and by similar name and address.

    Args:
        tables: Read-only tables of the book.
        preview: Of ``add-client``; others have none. Of more than twenty requests only the exact ones are told, by the
            rule's own warnings.
    """
    if preview.rule.name != "add-client" or not 0 < len(preview.requests) <= MOST_ROWS:
        return _told(tables, preview.warnings) if preview.rule.name == "add-client" else ()
    rows = as_dicts(likely_duplicates(tables, tables.given(preview.requests.rows)))
    told = _told(tables, preview.warnings)
    names = read_labels(tables, "clients", [row["client_id"] for row in rows])
    found = {}
    for row in rows:
        same = [words for column, words in COMPARED.items() if row.get(column) == "same"]
        alike = [words for column, words in COMPARED.items() if row.get(column) in ALIKE]
        why = " and ".join(part for part in (f"the same {', '.join(same)}" if same else "", f"a similar {', '.join(alike)}" if alike else "") if part)  # fmt: skip
        number = row["client_id"]
        sentence = f"client {number}, {names.get(number, '')}, is probably the same: {why or 'much is alike'}"
        found[row["row"], number] = Likely(row["row"], number, names.get(number, ""), sentence)
    for one in told:
        found.setdefault((one.row, one.client_id), one)
    return tuple(found.values())[: MOST * max(1, len(preview.requests))]


def other_warnings(preview: Preview, likely: Sequence[Likely]) -> tuple[Problem, ...]:
    """The warnings of a preview that say something else than that these clients are there already."""
    rows = {one.row for one in likely}
    return tuple(w for w in preview.warnings if not (w.code == CODE and w.row in rows and re.search(r"client \d", w.message)))  # fmt: skip


def _told(tables: Tables, warnings: Sequence[Problem]) -> tuple[Likely, ...]:
    """The clients that the rule's own warnings name."""
    named = [
        (w.row, int(number), w.message)
        for w in warnings if w.code == CODE
        for number in re.findall(r"client (\d+)", w.message)
    ][: 4 * MOST]  # fmt: skip
    names = read_labels(tables, "clients", [number for _, number, _ in named])
    return tuple(
        Likely(row, number, name, message.replace(f"client {number}", f"client {number} ({name})", 1))
        for row, number, message in named
        for name in [names.get(number, "")]
    )
