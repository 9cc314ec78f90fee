"""Duplicates in any DataFrame of people or companies; no book is needed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from clientops.api.frames import Tables, arrow_of
from clientops.api.results import Result
from clientops.core.errors import UsageError
from clientops.schema.definition import table

# What columns are often called, by the column of ours that they hold.
ALSO = {
    "first_name": ("firstname", "given_name", "givenname", "forename", "given"),
    "last_name": ("lastname", "surname", "family_name", "familyname", "family"),
    "company_name": ("company", "companyname", "organisation", "organization", "business", "firm"),
    "email": ("e_mail", "mail", "email_address", "emailaddress"),
    "phone": ("phone_number", "phonenumber", "telephone", "tel", "mobile"),
    "address1": ("address", "street", "address_1", "street_address", "address_line_1"),
    "address2": ("address_2", "address_line_2"),
    "city": ("town", "suburb", "place"),
    "state": ("region", "province", "county"),
    "postcode": ("zip", "zipcode", "zip_code", "postal_code", "postalcode"),
    "country": ("country_code", "countrycode"),
    "tax_id": ("vat", "vat_id", "vat_number", "tax_number", "soc_sec_id", "ssn"),
}
NAME = ("name", "full_name", "fullname")


def find_duplicates(
    frame: Any, *, threshold: float | None = None, columns: dict[str, str] | None = None, key: str | None = None
) -> Result:
    """Pairs of rows that are probably one person or company.

    Args:
        frame: A DataFrame, Arrow table, list of mappings, or CSV or Excel file.
        threshold: Score in bits from which a pair is returned; 0 unless given: as likely as not.
        columns: Which column holds what, e.g. ``{"Kunde": "company_name"}``; columns with usual names are recognised.
        key: Column that names the rows in the answer; else ``id``, else the place of the row from 0.

    Returns:
        ``left, right`` (the rows' keys), ``score`` (bits) and the evidence, the most certain first; ``left`` is the row
        that comes first. Its ``title`` says which columns were compared.

    Raises:
        UsageError: No column is recognised, or one that was named does not exist.
    """
    from clientops.api.frames import requests_of
    from clientops.matching.search import find_duplicates as search

    given = requests_of(frame, {})
    rows = (
        given
        if isinstance(given, pa.Table)
        else pa.Table.from_pylist([dict(row) for row in given])
        if isinstance(given, list)
        else arrow_of(given)
    )
    used = _columns(rows.column_names, columns or {})
    name = next((column for column in rows.column_names if _plain(column) in NAME and column not in used), None)
    if not used and name is None:
        raise UsageError(
            f"None of the columns {', '.join(rows.column_names)} is recognised; name them: columns={{'Kunde': 'company_name'}}"
        )
    key = key or next((column for column in rows.column_names if _plain(column) in ("id", "rec_id", "unique_id")), None)
    keys = rows.column(key).to_pylist() if key else list(range(rows.num_rows))
    clients: dict[str, Any] = {"id": pa.array(range(1, rows.num_rows + 1), pa.int64())}
    known = {column.name: column.type for column in table("clients").columns}
    for theirs, ours in used.items():
        if ours in known:
            clients[ours] = pa.array(
                [None if v is None else str(v).strip() or None for v in rows.column(theirs).to_pylist()], pa.string()
            )
    if name is not None and not {"first_name", "last_name"} & set(clients):
        first, last = (
            zip(*(_split(value) for value in rows.column(name).to_pylist()), strict=True) if rows.num_rows else ((), ())
        )
        clients |= {"first_name": pa.array(first, pa.string()), "last_name": pa.array(last, pa.string())}
        used[name] = "first_name, last_name"
    tables = Tables.from_frames(clients=pa.table(clients))
    pairs = search(tables, threshold=threshold).pairs.to_arrow_table()
    left = pa.array([keys[number - 1] for number in pairs.column("left_id").to_pylist()])
    right = pa.array([keys[number - 1] for number in pairs.column("right_id").to_pylist()])
    found = {"left": left, "right": right}
    found |= {n: pairs.column(n) for n in pairs.column_names if n not in ("left_id", "right_id")}
    compared = ", ".join(f"{theirs} as {ours}" if theirs != ours else ours for theirs, ours in used.items())
    return Result(pa.table(found), f"likely duplicates, compared by {compared}")


def _plain(column: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in column.strip().lower()).strip("_")


def _columns(given: list[str], named: dict[str, str]) -> dict[str, str]:
    """Column of ours by column of theirs."""
    known = set(table("clients").column_names)
    wrong = [f"{theirs!r}: there is no such column" for theirs in named if theirs not in given]
    wrong += [f"{ours!r} is not one of {', '.join(ALSO)}" for ours in named.values() if ours not in known]
    if wrong:
        raise UsageError(f"columns: {'; '.join(wrong)}")
    found = dict(named)
    taken = set(named.values())
    for ours, names in ALSO.items():
        for theirs in given:
            if theirs not in found and ours not in taken and _plain(theirs) in (ours, *names):
                found[theirs] = ours
                taken.add(ours)
    return found


def _split(name: Any) -> tuple[str | None, str | None]:
    """Given name and surname of a whole name: ``Last, First`` or ``First Last``."""
    text = " ".join(str(name or "").split())
    if "," in text:
        last, _, first = text.partition(",")
        return first.strip() or None, last.strip() or None
    first, _, last = text.rpartition(" ")
    return first or None, last or None
