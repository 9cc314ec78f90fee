"""Several processes on one book: no lost update, no error, waits that are bounded and fair; prints a latency table."""

from __future__ import annotations

import multiprocessing
import shutil
import statistics
import time
from collections import Counter
from itertools import pairwise

import pytest

from clientops.book.book import Book
from clientops.core.errors import LockedError
from clientops.registry import MODULES, rule
from tests.books import CURRENCIES, OPERATOR, insert
from tests.crashing import pay_in
from tests.processes import hold_book, hold_file


@pytest.fixture(scope="module")
def clients_file(empty_book_file, tmp_path_factory):
    """A book with nothing but clients."""
    path = tmp_path_factory.mktemp("clients") / "clients.duckdb"
    book = Book(shutil.copy(empty_book_file, path), operator=OPERATOR)
    insert(book, currencies=CURRENCIES, clients=[{"id": n + 1} for n in range(40)])
    return path


def work_together(clients_file, folder, workers, operations):
    """Let processes give credit at once, and check that all of it is there."""
    path, notes = folder / "book.duckdb", folder / "notes"
    shutil.copy(clients_file, path)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crashing", *MODULES])  # every process of ours looks at all rules
    start_at = time.time() + 2
    processes = [
        context.Process(target=pay_in, args=(path, notes, worker, operations, start_at)) for worker in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * workers

    book = Book(path, operator="checker", wait=5)
    total = workers * operations
    assert book.head()[0] == 1 + total
    balances = dict(book.query("select id, credit_balance from clients where credit_balance <> 0")[1])
    assert balances == {1: total, **{worker + 2: operations for worker in range(workers)}}
    assert book.query("select count(*), count(distinct id), min(id), max(id) from credit_entries")[1] == [
        (2 * total, 2 * total, 1, 2 * total)
    ]
    assert book.verify().findings == ()
    rows = [line.split() for line in notes.read_text().splitlines()]
    assert sorted(int(row[2]) for row in rows) == list(range(2, total + 2))
    return [(int(row[0]), int(row[2]), float(row[3]), float(row[4])) for row in rows]


def show_latency(rows, workers, operations):
    waits = sorted(seconds for *_, seconds, _ in rows)
    span = max(row[3] for row in rows) - min(row[3] - row[2] for row in rows)

    def at(share):
        return waits[min(len(waits) - 1, int(share * len(waits)))]

    print(
        f"\n{workers} processes x {operations} operations: {len(rows) / span:.1f} operations/s, seconds an operation:"
    )
    print("  worker   median     p90     p99     max")
    for worker in range(workers):
        own = sorted(seconds for number, _, seconds, _ in rows if number == worker)
        print(
            f"  {worker:>6} {statistics.median(own):8.3f} {own[int(0.9 * len(own))]:7.3f} {own[int(0.99 * len(own))]:7.3f} {own[-1]:7.3f}"
        )
    print(f"     all {at(0.5):8.3f} {at(0.9):7.3f} {at(0.99):7.3f} {waits[-1]:7.3f}")


def check_fair(rows, workers, operations):
    """While all are at it, nobody is served twice as often as another, or left out of a round for long."""
    order = [worker for worker, *_ in sorted(rows, key=lambda row: row[1])]
    shared = order[: min(len(order) - 1 - order[::-1].index(worker) for worker in range(workers))]
    shared = shared[workers:]  # the first round is the starting up
    if len(shared) >= 4 * workers:
        served = Counter(shared)
        assert max(served.values()) <= 2 * min(served[worker] for worker in range(workers)), served
    for worker in range(workers):
        places = [place for place, other in enumerate(order) if other == worker]
        gaps = [b - a for a, b in pairwise(places)]
        assert max(gaps) <= 6 * workers, f"worker {worker} waited while {max(gaps)} others were served"


def test_nothing_is_lost(clients_file, tmp_path):
    """Four processes write to the same rows at once: every operation counts once, and each gets its turn."""
    rows = work_together(clients_file, tmp_path, 4, 10)
    show_latency(rows, 4, 10)
    check_fair(rows, 4, 10)


@pytest.mark.slow
def test_nothing_is_lost_long(clients_file, tmp_path):
    """Eight processes, 250 operations each."""
    rows = work_together(clients_file, tmp_path, 8, 250)
    show_latency(rows, 8, 250)
    check_fair(rows, 8, 250)


def test_readers_and_writers_share(clients_file, tmp_path):
    """Who reads meanwhile sees whole operations only: the shared client has what all the others have together."""
    path, notes = tmp_path / "book.duckdb", tmp_path / "notes"
    shutil.copy(clients_file, path)
    context = multiprocessing.get_context("forkserver")
    processes = [context.Process(target=pay_in, args=(path, notes, worker, 8, 0)) for worker in range(2)]
    for process in processes:
        process.start()
    book, seen = Book(path, operator="reader", wait=60), set()
    while any(process.is_alive() for process in processes):
        sums = book.query(
            "select sum(credit_balance) filter (id = 1), sum(credit_balance) filter (id > 1) from clients"
        )
        ((shared, others),) = sums[1]
        assert shared == others
        seen.add(shared)
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(seen) > 2
    assert book.verify().findings == ()


@pytest.mark.parametrize(
    ("hold", "named"),
    [
        pytest.param(lambda path: hold_book(path, who="nora"), "nora (process {pid})", id="another clientops"),
        pytest.param(hold_file, "(process {pid})", id="the duckdb shell"),
    ],
)
def test_locked_out(clients_file, tmp_path, hold, named):
    """Who cannot get in within the time set is told who holds the book, and nothing is changed or left behind."""
    path = tmp_path / "book.duckdb"
    shutil.copy(clients_file, path)
    book = Book(path, operator="maria", wait=0.5)
    issue = rule("issue-credit")
    preview = book.preview(issue, {"client_id": 1, "amount": 5, "description": "x"})
    with hold(path) as process:
        for act in (
            lambda: book.apply(preview),
            lambda: book.preview(issue, {"client_id": 1, "amount": 5, "description": "x"}),
            lambda: book.undo(1),
            lambda: book.query("select 1"),
            lambda: book.adopt_direct_changes(reason="x"),
            lambda: book.backup(tmp_path / "copy.duckdb"),
        ):
            start = time.monotonic()
            with pytest.raises(Exception, match=f"process {process.pid}|PID {process.pid}") as error:
                act()
            assert isinstance(error.value, LockedError), error.value
            assert named.format(pid=process.pid) in str(error.value)
            assert time.monotonic() - start < 5
    assert book.apply(preview).operation_id == 2
    assert book.verify().is_clean
