"""What reconciling a whole book costs, beside the plain sums over the same rows."""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from clientops.book.book import Book
from clientops.importing.demo.build import BUILD_DEMO
from clientops.reconciliation.find import FINDERS, differences
from clientops.reconciliation.suggest import suggestions
from tests.builders import NOW, TODAY

# Each row that reconciliation reads, summed once: what no reconciliation can be faster than.
PLAIN_SUMS = (
    "select count(*), sum(credit_balance) from clients",
    "select client_id, sum(amount) from credit_entries group by client_id",
    "select invoice_id, sum(amount), sum(tax1), sum(tax2) from invoice_items group by invoice_id",
    "select invoice_id, sum(amount) from allocations group by invoice_id",
    "select transaction_id, sum(amount) from allocations group by transaction_id",
    "select client_id, sum(total) from invoices group by client_id",
    "select client_id, sum(amount_in - amount_out) from transactions group by client_id",
)


def run(*, clients: int, folder: str | None = None) -> None:
    """Print seconds, family by family, and the ratio to plain sums, for a demo book of so many clients."""
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
        book = Book.create(origin, operator="bench")
        book.apply_now(BUILD_DEMO, {"clients": clients, "seed": 7}, reason="benchmark", today=TODAY, now=NOW)
    book = Book(origin, operator="bench")
    with book.tables() as tables:
        counts = tables.query(
            "select (select count(*) from invoices), (select count(*) from invoice_items), (select count(*) from transactions)"
        ).fetchone()
        print(f"{clients:,} clients, {counts[0]:,} invoices, {counts[1]:,} items, {counts[2]:,} transactions")
        for _ in ("cold", "warm"):
            plain = sum(
                _timed(lambda sql=sql: tables.query(sql).fetchall()[:1] or None)[0] for sql in map(_counted, PLAIN_SUMS)
            )
        steps = tables.steps()
        for names, finder in FINDERS:
            before = _busy()
            seconds, _ = _timed(lambda finder=finder: finder(steps))
            print(f"  {seconds:6.2f} s, {_busy() - before:6.2f} s of processors: {', '.join(names)}")
    with book.tables() as tables:
        before = _busy()
        seconds, found = _timed(lambda: differences(tables).fetchall())
        busy = _busy() - before
        bare, _ = _timed(lambda: differences(tables, explained=False).fetchall())
        print(
            f"plain sums {plain:.2f} s; reconciled {seconds:.2f} s ({seconds / plain:.1f} times; {busy:.2f} s of processors), {bare:.2f} s without explanations; {len(found):,} differences"
        )
        matched, _ = _timed(lambda: suggestions(tables).fetchall())
        print(f"suggestions {matched:.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _counted(sql: str) -> str:
    """The same work without sending the rows to Python."""
    return f"select count(*), sum(hash(t)) from ({sql}) t"


def _timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _busy() -> float:
    """Seconds of processor time so far; on a machine that others use, they tell more than the clock."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
