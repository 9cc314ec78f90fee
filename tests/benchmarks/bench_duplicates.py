"""What the work on duplicates costs in a demo book: the search as an operation, the review, warnings, the bulk merge.

``python -m tests.benchmarks --only duplicates --clients 1000000`` ends with the merge of everything that is at least
0.99 likely, and of as many more pairs as make a group of every twentieth client (50,000 of a million), as one
operation; afterwards the book must verify clean, with the same money per currency, and old numbers must find their
clients.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from clientops.book.book import Book
from clientops.matching.ready_groups import accepted_groups
from clientops.registry import rule
from clientops.reports.figures.duplicates import merge_requests, read_case, read_counts, read_queue
from tests.benchmarks.bench_book import _build
from tests.builders import NOW, TODAY

NEWCOMER = {
    "first_name": "Zofia",
    "last_name": "Szczepańska",
    "email": "zofia@posteo.de",
    "country": "PL",
    "phone": "+48601234567",
}
MONEY = """
    select k.code, (select sum(credit_balance) from clients c where c.currency_id = k.id),
        (select sum(i.total) from invoices i join clients c on c.id = i.client_id and c.currency_id = k.id),
        (select sum(amount_in - amount_out) from transactions t where t.currency_id = k.id)
    from currencies k order by k.code
"""


def run(*, clients: int, folder: str | None = None) -> None:
    """Print a line a task: seconds, and what came of it."""
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
        _timed("demo book", lambda: _build(origin, clients))
    work = place / "duplicates.duckdb"
    work.unlink(missing_ok=True)
    book = Book(Path(shutil.copy(origin, work)), operator="bench")
    search, add = rule("find-duplicates"), rule("add-client")

    def look(**request: Any) -> Any:
        return book.apply_now(search, request, reason="bench", today=TODAY, now=NOW).counts

    with book.session():
        _timed("warn of one client, no search yet", lambda: book.preview(add, NEWCOMER).warnings, times=5)
    _timed("search, kept as an operation", look)
    with book.session():
        _timed("warn of one client", lambda: book.preview(add, NEWCOMER).warnings, times=5)
        with book.tables() as tables:
            _timed("counts of the review", lambda: read_counts(tables), times=5)
            _timed("next case", lambda: read_case(tables, read_queue(tables)[0]) is not None, times=5)
    _timed("search among new clients (none)", lambda: look(scope="new"))
    _merge(book, clients)


def _merge(book: Book, clients: int) -> None:
    with book.tables() as tables:
        found = merge_requests(accepted_groups(tables, above=0.99))
        taken = set(found.column("replaced_id").to_pylist()) | set(found.column("survivor_id").to_pylist())
        rows = tables.query("select currency_id, id from clients order by currency_id, id").fetchall()
        money = tables.query(MONEY).fetchall()
    groups = len(set(found.column("survivor_id").to_pylist()))
    by_currency: dict[int, list[int]] = {}
    for currency, number in rows:
        if number not in taken:
            by_currency.setdefault(currency, []).append(number)
    more = [
        {"replaced_id": numbers[n + 1], "survivor_id": numbers[n]}
        for numbers in by_currency.values() for n in range(0, len(numbers) - 1, 2)
    ][: max(0, clients // 20 - groups)]  # fmt: skip
    requests = pa.concat_tables(
        [
            found.select(["replaced_id", "survivor_id"]),
            pa.Table.from_pylist(more, schema=found.select(["replaced_id", "survivor_id"]).schema),
        ]
    )
    total = groups + len(more)
    receipt = _timed(
        f"merge {total:,} groups",
        lambda: book.apply_now(rule("merge-clients"), requests, reason="bench", only_good=True, today=TODAY, now=NOW),
    )
    report = _timed("verify", book.verify)
    lost = book.query("select count(*) from merged_clients m anti join clients c on c.id = m.survivor_id")[1][0][0]
    print(
        f"clean: {report.is_clean}; money per currency unchanged: {book.query(MONEY)[1] == money};"
        f" old numbers without a client: {lost}; refused: {len(receipt.refused)}"
    )


def _timed(label: str, work: Callable[[], Any], *, times: int = 1) -> Any:
    """Do it, and print the best of some times."""
    best, result = float("inf"), None
    for _ in range(times):
        started = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - started)
    said = result if isinstance(result, (tuple, int)) and len(str(result)) < 120 else ""
    print(f"{label:40}{best:10.3f} s  {said}", flush=True)
    return result
