"""Whom and what requests name: texts become numbers, and the old number of a merged client becomes its survivor's.

Done once, where requests meet the book, for all rules: no rule needs to know that a client was merged.
"""

from __future__ import annotations

import json

import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.core.plan import Problem
from clientops.schema.lookup import Candidate, find_named, find_one, one_of
from clientops.schema.request_fields import picked_table
from clientops.schema.requests import RequestTable
from clientops.schema.tables import Tables

MERGED = "merged_client"
"""Code of the note that a client was merged into the one that is meant."""

MOST_DIGITS = 18
AS_WRITTEN = "as_written"
"""Mark of a field (``json_schema_extra``) whose old numbers mean the merged client itself, e.g. the one to be merged."""


def find_rows(tables: Tables, requests: RequestTable) -> RequestTable:
    """The requests with a number in every place where a row of the book is named.

    Args:
        tables: Read-only tables; reads ``clients``, ``merged_clients`` and their history, and what the texts name.
        requests: Requests that were read.

    Returns:
        The same requests: texts replaced by the numbers that they find, old client numbers by their survivors'. Each
        replacement of a client that was not exactly named is among the notes.

    Problems:
        ``unknown_name`` (it finds nothing) and ``ambiguous_name`` (several rows; the candidates are named).
    """
    if requests.named:
        requests = _named_found(tables, requests)
    return _followed(tables, requests)


def find_client(tables: Tables, given: str) -> tuple[int, str]:
    """Number of the one client that a text names, and a note where it is not named by just that; for commands.

    A number that is nobody's stays what it is: what becomes of it is for the command to say.

    Raises:
        UsageError: It finds no client, or several; the sentence names them.
    """
    text = given.strip()
    note = ""
    if any(sign.isalpha() for sign in text):
        one = find_one(tables, "clients", text)
        if isinstance(one, str):
            raise UsageError(f"Client {text!r} {one}")
        number, note = one.id, "" if one.how == "exact" else f"{text!r} {_how(one)}"
    elif text.lstrip("#").isdecimal() and len(text) < MOST_DIGITS:
        number = int(text.lstrip("#"))
    else:
        raise UsageError(f"Client {text!r} is not a number, an e-mail address, a name or a company")
    ends, told = _ends(tables, [number])
    return (ends[number], f"{told[number]}; shown is client {ends[number]}") if number in ends else (number, note)


def _named_found(tables: Tables, requests: RequestTable) -> RequestTable:
    texts: dict[str, list[str]] = {}
    for named in requests.named:
        texts.setdefault(named.table, []).append(named.text)
    found = {table: find_named(tables, table, wanted) for table, wanted in texts.items()}
    numbers: dict[tuple[str, str], int] = {}
    problems: list[Problem] = []
    notes: list[Problem] = []
    for named in requests.named:
        candidates = found[named.table].get(named.text, [])
        one = one_of(named.table, candidates)
        given = f"{named.field} {named.text!r}"
        if isinstance(one, str):
            code = "ambiguous_name" if candidates else "unknown_name"
            problems += [Problem(row, named.field, code, f"{given} {one}") for row in named.rows]
            continue
        numbers[named.field, named.text] = one.id
        if one.how != "exact":
            notes += [Problem(row, named.field, "found_by_name", f"{given} {_how(one)}") for row in named.rows]
    done = requests.found(numbers, problems)
    return _with_notes(done, notes)


def _how(one: Candidate) -> str:
    if one.how == "old address":
        return (
            f"is the address of a client who was merged into client {one.id}; applied to client {one.id} ({one.label})"
        )
    return f"was found among the words of one client only; applied to client {one.id} ({one.label})"


def _followed(tables: Tables, requests: RequestTable) -> RequestTable:
    """The requests with the survivors in place of merged clients, and a note for each."""
    fields = [
        name
        for name, info in requests.model.model_fields.items()
        if picked_table(info) == "clients" and not _is_as_written(info.json_schema_extra)
        and pa.types.is_int64(requests.rows.schema.field(name).type)
    ]  # fmt: skip
    if not fields or tables.query("select 1 from merged_clients limit 1").fetchone() is None:
        return requests
    rows, notes = requests.rows, []
    for field in fields:
        given = [number for number in rows.column(field).unique().to_pylist() if number is not None]
        ends, told = _ends(tables, given)
        if not ends:
            continue
        old = rows.column(field).to_pylist()
        for row, number in zip(rows.column("row").to_pylist(), old, strict=True):
            if number in ends:
                message = f"{told[number]}; applied to client {ends[number]}"
                notes.append(Problem(row, field, MERGED, message))
        column = pa.array([ends.get(number, number) for number in old], pa.int64())
        rows = rows.set_column(rows.schema.get_field_index(field), field, column)
    return _with_notes(requests.with_rows(rows), notes)


def _ends(tables: Tables, numbers: list[int]) -> tuple[dict[int, int], dict[int, str]]:
    """The survivor of each number that is a merged client's, and how it came to that."""
    given = json.dumps(numbers)
    ends = dict(tables.query(ENDS, numbers=given).fetchall())
    if not ends:
        return {}, {}
    rows = tables.query(MOVES.format(history=tables.history("merged_clients")), numbers=json.dumps([*ends])).fetchall()
    moves = {replaced: (survivor, operation) for replaced, survivor, operation in rows}
    told: dict[int, str] = {}
    for number, end in ends.items():
        here, path = number, list[str]()
        while here in moves and here != end and len(path) < len(moves):
            survivor, operation = moves[here]
            path.append(f"client {here} was merged into client {survivor} by operation {operation}")
            here = survivor
        told[number] = ", ".join(path) if here == end and path else f"client {number} was merged into client {end}"
    return ends, told


ENDS = """
    with recursive led(first_id, survivor_id) as (
        select replaced_id, survivor_id from merged_clients
        where replaced_id in (select unnest(from_json($numbers, '["BIGINT"]'))) and replaced_id not in (select id from clients)
        union
        select led.first_id, m.survivor_id from led join merged_clients m on m.replaced_id = led.survivor_id
        where led.survivor_id not in (select id from clients)
    )
    select first_id, max(survivor_id) from led where survivor_id in (select id from clients) group by first_id
"""
# Later merges repoint earlier entries: whom a client was merged into at first stands in the history.
MOVES = """
    with recursive entries as (
        select m.replaced_id, arg_min(h.survivor_id, h.operation_id) as survivor_id, min(h.operation_id) as operation_id
        from merged_clients m join {history} h on h.id = m.id and h.sign = 1 group by m.replaced_id
    ),
    led as (
        select * from entries where replaced_id in (select unnest(from_json($numbers, '["BIGINT"]')))
        union
        select e.* from led join entries e on e.replaced_id = led.survivor_id
    )
    select * from led
"""


def _is_as_written(extra: object) -> bool:
    return isinstance(extra, dict) and bool(extra.get(AS_WRITTEN))


def _with_notes(requests: RequestTable, notes: list[Problem]) -> RequestTable:
    return requests.noted(notes) if notes else requests
