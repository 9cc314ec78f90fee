"""Likely duplicates of a client who is being entered: fast enough to be told while somebody types."""

from __future__ import annotations

import json
from functools import lru_cache
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clientops.core.errors import UsageError
from clientops.core.plan import Relation, as_dicts
from clientops.matching.fingerprints import Marked, marked_clients, marks_sql
from clientops.matching.fit_on_book import model_of_book
from clientops.matching.lookup_candidates import CLIENT_COLUMNS, near_clients_sql
from clientops.matching.model import Model, shipped
from clientops.matching.normalise import dialling, keys_sql
from clientops.matching.scoring import compared_sql, evidence_sql, scored_sql
from clientops.schema.definition import quote_name
from clientops.schema.tables import Tables

MOST_ROWS = 20
"""Clients that are looked up at a time; for more there is ``find_duplicates(only=…)``."""

FEW = 10
"""Clients that are read one by one."""


def likely_duplicates(
    tables: Tables,
    requests: Relation,
    *,
    threshold: float | None = None,
    model: Model | None = None,
    marked: Marked | None = None,
) -> Relation:
    """Clients in the book who are probably the ones that are being entered.

    With the marks of the last search for duplicates this takes a look at a few clients. Without them, and of those who
    came since, only clients who share an e-mail, phone, tax number, address, company, or one name and the initial of the other are
    read. How many clients share a value is counted among those, so where a value is common a score can be a few bits
    higher than in :func:`~clientops.matching.search.find_duplicates`; a client whose shared name stands behind a title,
    or differs in its first letters, is found by the other fields only.

    Args:
        tables: Read-only tables; reads ``clients`` and ``merged_clients``.
        requests: ``row`` and any of the columns of ``clients``, up to twenty rows; other columns are ignored.
        threshold: Lowest score; by default the model's.
        model: Weights and limits; by default those of the last search.
        marked: Who shares marks with the requests, where that was looked up already.

    Returns:
        ``row, client_id`` and the columns of :func:`~clientops.matching.scoring.score_pairs` without ``left_id`` and
        ``right_id``, the likeliest first in each row.

    Raises:
        UsageError: More than twenty rows.
    """
    model = model or model_of_book(tables)
    lowest = model.threshold if threshold is None else threshold
    entered = _entered(requests)
    desk = _desk(model.as_json())
    near = _near_clients(tables, *desk.keys(entered), marked)
    scored = desk.scored(entered, near, lowest)
    replaced = "anti join merged_clients m on m.replaced_id = f.client_id"
    tables.steps(likely_found=tables.given(scored))
    found = tables.query(f'select f.* from likely_found f {replaced} order by "row", score desc, client_id')
    return tables.given(found.to_arrow_table())


def marks_of(requests: Relation) -> list[dict[str, Any]]:
    """Marks of a few who are being entered, see :mod:`~clientops.matching.fingerprints`; requests as for likely duplicates."""
    return _desk(shipped().as_json()).keys(_entered(requests))[1]


def _entered(requests: Relation) -> pa.Table:
    """Those who are being entered, as rows of clients whose numbers are those of the requests, less than zero.

    Raises:
        UsageError: More than twenty rows.
    """
    columns = ", ".join(
        f"{quote_name(name)}::varchar as {name}" if name in requests.columns else f"null::varchar as {name}"
        for name in CLIENT_COLUMNS
    )
    entered = requests.project(f'-"row"::bigint as id, {columns}').to_arrow_table()
    if entered.num_rows > MOST_ROWS:
        raise UsageError(
            f"{entered.num_rows} clients are too many to look up one by one: find duplicates after the import"
        )
    return entered


def _near_clients(
    tables: Tables, keys: list[dict[str, Any]], marks: list[dict[str, Any]], marked: Marked | None
) -> pa.Table:
    """Clients who are worth comparing: those who share a mark, and of those without known marks who share a field."""
    names = ", ".join(f"c.{name}" for name in ("id", *CLIENT_COLUMNS))
    marked = marked or marked_clients(tables, marks)
    if marked is None:
        # Numbers first: with the columns that are compared the engine would read all of them of every client.
        condition, values = near_clients_sql(keys)
        ids = tables.query(f"select c.id from clients c where {condition} order by c.id", **values).fetchall()
        return tables.query(of_clients_sql(names, [number for (number,) in ids])).to_arrow_table()
    sql = of_clients_sql(names, marked.telling())
    if tables.query(f"select count(*) from ({marked.unknown})").fetchone() == (0,):
        return tables.query(sql).to_arrow_table()
    condition, values = near_clients_sql(keys)
    recent = f"select {names} from clients c where c.id in ({marked.unknown}) and ({condition})"
    return tables.query(f"{sql} union {recent}", **values).to_arrow_table()


def of_clients_sql(names: str, ids: list[int]) -> str:
    """SELECT of some clients; a few one by one, since the engine reads whole columns for a list of numbers."""
    if 0 < len(ids) <= FEW:
        return " union all ".join(f"select {names} from clients c where c.id = {number}" for number in ids)
    return f"select {names} from clients c where c.id in ({', '.join(map(str, ids)) or '-1'})"


class _Desk:
    """A connection of its own in memory where a few clients are compared, with its statements made ready once."""

    def __init__(self, model: Model) -> None:
        self._connection = duckdb.connect(config={"threads": 1})
        self._lock = Lock()
        self._countries: set[str] = set()
        self._no_pairs: pa.Table | None = None
        self._last: tuple[pa.Table, list[dict[str, Any]], list[dict[str, Any]]] | None = None
        columns = ", ".join(f"{name} varchar" for name in CLIENT_COLUMNS)
        self._connection.execute(f"create table few_clients (id bigint, {columns})")
        self._connection.execute("create table dialling (country varchar, code varchar, trunk varchar)")
        keys = keys_sql("few_clients", "from dialling")
        self._connection.execute(f"create table kept_keys as select * from ({keys}) limit 0")
        self._connection.execute(f"prepare keep_keys as insert into kept_keys {keys}")
        self._connection.execute(f"prepare few_marks as {marks_sql('kept_keys')}")
        scored = scored_sql(model, evidence_sql("found_pairs"))
        compared = compared_sql("client_keys", "found_pairs")
        self._connection.execute(f"prepare few_pairs as {SCORED.format(keys=keys, compared=compared, scored=scored)}")

    def keys(self, clients: pa.Table) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Keys of a few clients, and their marks."""
        with self._lock:
            if self._last is not None and self._last[0].equals(clients):
                return self._last[1], self._last[2]
            self._put(clients)
            self._connection.execute("delete from kept_keys")
            self._connection.execute("execute keep_keys")
            keys, marks = (as_dicts(self._connection.sql(sql)) for sql in ("from kept_keys", "execute few_marks"))
            self._last = (clients, keys, marks)
            return keys, marks

    def scored(self, entered: pa.Table, others: pa.Table, lowest: float) -> pa.Table:
        """Scored pairs of the entered clients (negative numbers) with the others.

        The statement has no parameter: the engine plans one that has anew each time, which takes longer than its work.
        """
        with self._lock:
            if others.num_rows == 0 and self._no_pairs is not None:
                return self._no_pairs
            self._put(pa.concat_tables([entered, others]))
            found = self._connection.execute("execute few_pairs").to_arrow_table()
            self._no_pairs = found.slice(0, 0)
            return found.filter(pc.greater_equal(found.column("score"), lowest))

    def _put(self, clients: pa.Table) -> None:
        for country in {
            (name or "").strip().upper() for name in clients.column("country").to_pylist()
        } - self._countries:
            self._connection.execute("insert into dialling values (?, ?, ?)", [country, *dialling(country)])
            self._countries.add(country)
        self._connection.execute("delete from few_clients")
        self._connection.from_arrow(clients).insert_into("few_clients")


SCORED = """
    with client_keys as materialized ({keys}),
    found_pairs as materialized (
        select e.id as left_id, k.id as right_id from client_keys e join client_keys k on e.id < 0 and k.id > 0
    ),
    compared_keys as materialized ({compared})
    select -left_id as "row", right_id as client_id, * exclude (left_id, right_id) from ({scored})
"""


@lru_cache(maxsize=4)
def _desk(model: str) -> _Desk:
    return _Desk(Model.of(json.loads(model)))
