"""Finding rows as one types: clients by name, company, e-mail, phone, number or old number, others by their labels.

Reading a million clients' texts off the disk takes a quarter of a second, reading them in memory 20 ms. So a process that
searches keeps the texts it looks through in memory, and brings them up to date from the history at each search.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from clientops.reports.lists.row_names import label_sql, party_sql, read_labels
from clientops.schema.definition import quote_name
from clientops.schema.definition import table as schema_of
from clientops.schema.tables import Tables

LIMIT = 12


@dataclass(frozen=True)
class Found:
    """A row that was found: its number, what it is called, more about it, and its status if it has one."""

    id: int
    label: str
    detail: str = ""
    status: str = ""

    def as_option(self) -> dict[str, Any]:
        """As a picker shows it."""
        tone = {"Active": "good", "Closed": "bad"}.get(self.status, "plain")
        return {
            "id": self.id,
            "label": f"#{self.id} {self.label}",
            "detail": self.detail,
            "badge": self.status,
            "tone": tone,
        }


def search_rows(tables: Tables, table: str, text: str, limit: int = LIMIT, *, client: int | None = None) -> list[Found]:
    """Rows of a table that a text finds, the likeliest first; only those of a client, if one is given."""
    if table == "clients":
        return search_clients(tables, text, limit)
    is_owned = client is not None and "client_id" in schema_of(table).column_names
    where = f"where client_id = {int(client or 0)}" if is_owned else ""
    number = int(text) if text.strip().isdigit() and len(text) < 18 else -1
    wanted = text.strip().lower()
    sql = f"""
        with labelled as (select id, {label_sql(table)} as label from {quote_name(table)} {where})
        select id, label from labelled
        where id = $number or $wanted = '' or contains(lower(strip_accents(coalesce(label, ''))), strip_accents($wanted))
        order by id = $number desc, starts_with(lower(label), $wanted) desc, id desc limit {int(limit)}
    """
    found = tables.query(sql, number=number, wanted=wanted).fetchall()
    names = read_labels(tables, table, [number for number, _ in found])
    return [Found(number, names[number]) for number, _ in found]


def search_clients(tables: Tables, text: str, limit: int = LIMIT) -> list[Found]:
    """Clients that a text finds: all of its words, wherever they stand; a number finds its client, merged ones too."""
    words = tuple(_plain(text).split())
    if not words:
        return _read_found(tables, [row[0] for row in tables.query(NEWEST, n=limit).fetchall()], {})
    number = (
        int(words[0].lstrip("#")) if len(words) == 1 and words[0].lstrip("#").isdigit() and len(words[0]) < 18 else -1
    )
    old = dict(tables.query(OLD_NUMBERS, number=number).fetchall()) if number > 0 else {}
    ids = [number] if number > 0 else []
    ids += list(old)
    ids += _index(tables).find(words, _phone_digits(text), limit)
    return _read_found(tables, list(dict.fromkeys(ids)), old)[:limit]


NEWEST = "select id from clients order by id desc limit $n"
OLD_NUMBERS = "select survivor_id, replaced_id from merged_clients where replaced_id = $number"
SEARCHED = "lower(strip_accents(concat_ws(' ', first_name, last_name, company_name, email, phone)))"
FOUND = f"""
    select id, {party_sql("clients")} as label, concat_ws(' · ', email, phone, city, country) as detail, status
    from clients
"""


def _plain(text: str) -> str:
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _phone_digits(text: str) -> str:
    """Digits of a text that looks like a phone number, without the zeros in front; else nothing."""
    if not re.fullmatch(r"[\d\s()+./-]{4,}", text.strip()):
        return ""
    digits = re.sub(r"\D", "", text).lstrip("0")
    return digits if len(digits) >= 4 else ""


def _read_found(tables: Tables, ids: list[int], old: dict[int, int]) -> list[Found]:
    if not ids:
        return []
    listed = ", ".join(str(int(number)) for number in ids)
    rows = tables.query(f"{FOUND} where id in ({listed})").fetchall()
    known = {row[0]: row for row in rows}
    found = []
    for number in ids:
        if number in known:
            _, label, detail, status = known[number]
            was = f"was #{old[number]}, merged" if number in old else ""
            found.append(Found(number, label, " · ".join(part for part in (was, detail) if part), status))
    return found


class _Index:
    """The texts of a book's clients, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection = duckdb.connect()
        self._connection.execute("create table texts (id bigint, text varchar)")
        self._operation = -1

    def update(self, tables: Tables) -> None:
        """Take in what operations changed since, or everything where that does not add up."""
        with self._lock:
            row = tables.query(STATE).fetchone()
            operation, count = (row[0], row[1]) if row else (0, 0)
            if operation == self._operation and count == self._count():
                return
            if 0 <= self._operation <= operation:
                self._refresh(tables)
            if self._count() != count:
                self._connection.execute("delete from texts")
                self._take(tables.query(f"select id, {SEARCHED} as text from clients order by id"))
            self._operation = operation

    def _refresh(self, tables: Tables) -> None:
        changed = [row[0] for row in tables.query(CHANGED, last=self._operation).fetchall()]
        if not changed or len(changed) > 100_000:
            if changed:
                self._connection.execute("delete from texts")
            return
        listed = ", ".join(map(str, changed))
        self._connection.execute(f"delete from texts where id in ({listed})")
        self._take(tables.query(f"select id, {SEARCHED} as text from clients where id in ({listed})"))

    def _take(self, rows: Any) -> None:
        self._connection.register("given", rows.to_arrow_table())
        self._connection.execute("insert into texts select id, text from given")
        self._connection.unregister("given")

    def _count(self) -> int:
        row = self._connection.execute("select count(*) from texts").fetchone()
        return int(row[0]) if row else 0

    def find(self, words: tuple[str, ...], digits: str, limit: int) -> list[int]:
        """Numbers of clients whose texts have all the words, those where they begin a word first."""
        values: dict[str, Any] = {f"w{n}": word for n, word in enumerate(words)}
        wheres = " and ".join(f"contains(text, $w{n})" for n in range(len(words)))
        if digits:
            values["digits"] = digits
            wheres = f"({wheres}) or contains(text, $digits)"
        begins = " + ".join(f"contains(' ' || text, ' ' || $w{n})::integer" for n in range(len(words)))
        sql = f"select id from texts where {wheres} order by {begins} desc, starts_with(text, $w0) desc, id limit {int(limit)}"
        with self._lock:
            return [row[0] for row in self._connection.execute(sql, values).fetchall()]


STATE = "select (select coalesce(max(id), 0) from history.operations), (select count(*) from clients)"
CHANGED = "select distinct id from history.clients where operation_id > $last"

_indexes: dict[Path, _Index] = {}


def _index(tables: Tables) -> _Index:
    path = tables.file
    index = _indexes.setdefault(path, _Index()) if path else _Index()
    index.update(tables)
    return index
