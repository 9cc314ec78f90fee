"""What history, hashes and checks cost: each operation beside the same change as plain, unjournaled SQL."""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clientops.book.book import Book
from clientops.book.file.connection import configure
from clientops.core.plan import Rule
from clientops.importing.demo.build import BUILD_DEMO
from clientops.registry import rule
from clientops.schema.definition import all_tables, quote_name
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.builders import NOW, TODAY

SINGLE = 30


def run(*, clients: int, folder: str | None = None) -> None:
    """Print a table of seconds, ratios and peak memory for a demo book of so many clients."""
    place = Path(folder or tempfile.mkdtemp(prefix="clientops-bench-"))
    place.mkdir(parents=True, exist_ok=True)
    try:
        _run(clients, place)
    finally:
        if folder is None:
            shutil.rmtree(place)


def _run(clients: int, place: Path) -> None:
    origin = place / f"origin-{clients}.duckdb"
    if not origin.exists():
        started = time.perf_counter()
        # A process of its own, so that its memory is not counted as that of the operations.
        builder = multiprocessing.get_context("spawn").Process(target=_build, args=(origin, clients))
        builder.start()
        builder.join()
        print(f"demo book: {time.perf_counter() - started:.1f} s, {origin.stat().st_size / 1e6:.0f} MB", flush=True)
    work, plain = place / "work.duckdb", place / "plain.duckdb"
    for path in (work, plain):
        path.unlink(missing_ok=True)
    shutil.copy(origin, work)  # nobody has it open
    with duckdb.connect(str(plain)) as connection:
        connection.execute(f"attach '{origin}' as origin (read_only)")
        for name in all_tables():
            connection.execute(f"create table {quote_name(name)} as from origin.main.{quote_name(name)}")
        connection.execute("create schema history")
        for name in all_tables():  # next_id looks there; empty costs nothing
            connection.execute(
                f"create table history.{quote_name(name)} as from origin.history.{quote_name(name)} limit 0"
            )
    book = Book(work, operator="bench")
    sizes = {
        n: book.query(f"select count(*) from {n}")[1][0][0]
        for n in ("clients", "invoices", "invoice_items", "credit_entries")
    }
    print("rows: " + ", ".join(f"{count:,} {name}" for name, count in sizes.items()))
    print(f"{'operation':34}{'rows':>12}{'clientops':>11}{'plain SQL':>11}{'ratio':>8}   peak memory so far")
    for label, name, requests in _operations(book, clients):
        _compare(label, rule(name), requests, book, plain)
    _undo_last_merge(book)
    _line("verify", 0, _timed(book.verify))
    _single(book, plain)


def _build(origin: Path, clients: int) -> None:
    """Make the demo book, and tell what memory it took."""
    Book.create(origin, operator="bench").apply_now(BUILD_DEMO, {"clients": clients, "seed": 7}, today=TODAY, now=NOW)
    print(f"building it: {_memory()}", flush=True)


def _operations(book: Book, clients: int) -> list[tuple[str, str, pa.Table]]:
    """(label, rule, requests) of the bulk operations; a tenth of the clients, a twentieth as groups to merge."""
    with book.tables() as tables:
        to_credit = tables.query(
            "select id as client_id, case when minor_digits = 0 then 100 else 10.5 end::decimal(18, 4) as amount, "
            "'Downtime 3 Nov' as description from clients c join (select id as currency_id, minor_digits from currencies) "
            f"using (currency_id) where id % 10 = 0 order by id limit {clients // 10}"
        ).to_arrow_table()
        unpaid = tables.query(
            "select i.id as invoice_id from invoices i join clients c on c.id = i.client_id "
            "where i.status = 'Unpaid' and c.id % 10 = 0 and c.credit_balance >= 0 "
            "qualify row_number() over (partition by c.id order by i.id) = 1 order by i.id"
        ).to_arrow_table()
        pairs = tables.query(
            "with c as (select id, currency_id, row_number() over (partition by currency_id order by id) as n from clients) "
            "select b.id as replaced_id, a.id as survivor_id from c a join c b on b.currency_id = a.currency_id and b.n = a.n + 1 "
            f"where a.n % 2 = 1 order by a.id limit {clients // 20}"
        ).to_arrow_table()
    until = pa.table({"until_on": pa.array([date(2026, 12, 20)], pa.date32())})
    return [
        (f"issue credit to {to_credit.num_rows:,}", "issue-credit", to_credit),
        ("generate invoices, apply credit", "generate-invoices", until),
        (f"apply credit to {unpaid.num_rows:,}", "apply-credit", unpaid),
        (f"merge {pairs.num_rows:,} groups", "merge-clients", pairs),
    ]


def _compare(label: str, chosen: Rule, requests: pa.Table, book: Book, plain: Path) -> None:
    seconds = _timed(lambda: book.apply_now(chosen, requests, reason="bench", today=TODAY, now=NOW, only_good=True))
    rows = book.operations(limit=1)[0].change_count
    _line(label, rows, seconds, _timed(lambda: _plain(chosen, requests, plain)))


def _plain(chosen: Rule, requests: pa.Table, path: Path) -> None:
    """The rule's SELECTs and the writes of rows, and nothing else: what a careful person would type."""
    with duckdb.connect(str(path)) as connection:
        configure(connection)
        given = read_requests(chosen.request, requests)
        connection.begin()
        plan = chosen.function(Tables(connection), given.relation(connection), today=TODAY, now=NOW)
        for change in sorted(plan.changes, key=lambda c: ("insert", "update", "delete").index(c.kind)):
            name, columns = quote_name(change.table), change.rows.columns
            rows = f"({change.rows.sql_query()})"
            if change.kind == "insert":
                connection.execute(f"insert into {name} by name select * from {rows}")
            elif change.kind == "update":
                sets = ", ".join(f"{quote_name(c)} = r.{quote_name(c)}" for c in columns if c != "id")
                connection.execute(f"update {name} set {sets} from {rows} r where r.id = {name}.id")
            else:
                connection.execute(f"delete from {name} where id in (select id from {rows})")
        connection.commit()


def _undo_last_merge(book: Book) -> None:
    merge = book.operations(rule="merge-clients", limit=1)[0]
    seconds = _timed(lambda: book.undo(merge.id, reason="bench"))
    _line("undo the merge", merge.change_count, seconds)


def _single(book: Book, plain: Path) -> None:
    issue = rule("issue-credit")
    number = book.query("select min(id) from clients")[1][0][0]
    request = {"client_id": number, "amount": "100", "description": "One"}

    def hand_written() -> None:
        with duckdb.connect(str(plain)) as connection:
            connection.begin()
            connection.execute(
                "insert into credit_entries by name select (select max(id) + 1 from credit_entries) as id, "
                "$client as client_id, 100 as amount, 'One' as description, $today as entry_on",
                {"client": number, "today": TODAY},
            )
            connection.execute(
                "update clients set credit_balance = credit_balance + 100 where id = $id", {"id": number}
            )
            connection.commit()

    typed = _median(hand_written)
    _line("one credit, opening and closing", 2, _median(lambda: book.apply_now(issue, request, reason="b")), typed)
    _line("one credit, previewed", 2, _median(lambda: book.apply(book.preview(issue, request), reason="b")), typed)
    with book.session():
        _line("one credit, in a session", 2, _median(lambda: book.apply_now(issue, request, reason="b")))
    _line("one preview", 0, _median(lambda: book.preview(issue, request)))


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median(work: Callable[[], Any]) -> float:
    work()
    return statistics.median(_timed(work) for _ in range(SINGLE))


def _line(label: str, rows: int, seconds: float, plain: float | None = None) -> None:
    compared = f"{plain:>11.3f}{seconds / plain:>8.1f}" if plain is not None else f"{'':>19}"
    print(f"{label:34}{rows:>12,}{seconds:>11.3f}{compared}   {_memory()}", flush=True)


def _memory() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
