"""Killed and out of disk at random moments: never half an operation, never a lost confirmed one, verified after each."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time

import pytest

from clientops.book.book import Book
from clientops.core.errors import BookError
from clientops.registry import MODULES
from tests.books import CURRENCIES, OPERATOR, insert
from tests.crashing import work_until_killed, work_with_a_small_disk
from tests.processes import start

CLIENTS = 40
FRESH_BOOK_EVERY = 50


@pytest.fixture(scope="module")
def processes():
    """Processes that start fast, from one that has imported everything and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crashing", *MODULES])  # every process of ours looks at all rules
    return context


@pytest.fixture(scope="module")
def clients_file(tmp_path_factory):
    """A book made as users' are, with nothing but clients, so that verifying it is quick."""
    path = tmp_path_factory.mktemp("clients") / "clients.duckdb"
    book = Book.create(path, operator=OPERATOR)
    insert(book, currencies=CURRENCIES, clients=[{"id": n + 1} for n in range(CLIENTS)])
    return path


def check_whole(book: Book, acknowledged: list[tuple[int, str]]) -> int:
    """Everything that must hold whatever happened; the number of the last operation."""
    report = book.verify()
    assert report.findings == ()
    operations = dict(book.query("select id, sha256 from history.operations")[1])
    assert sorted(operations) == list(range(1, len(operations) + 1))
    for number, sha256 in acknowledged:
        assert operations.get(number) == sha256, f"the confirmed operation {number} is lost"
    wrong = book.query(
        "select id, credit_balance, amount from clients join "
        "(select client_id as id, sum(amount) as amount from credit_entries group by all) using (id) "
        "where credit_balance <> amount"
    )[1]
    assert wrong == []
    return report.operations


def kill_again_and_again(processes, clients_file, folder, kills, seed):
    choice = random.Random(seed)
    confirmed = unconfirmed = 0
    for number in range(kills):
        if number % FRESH_BOOK_EVERY == 0:
            path = folder / f"book{number}.duckdb"
            shutil.copy(clients_file, path)
            acknowledged: list[tuple[int, str]] = []
        notes = folder / f"notes{number}"
        process = processes.Process(target=work_until_killed, args=(path, notes, seed * 10**6 + number, CLIENTS))
        process.start()
        enough = choice.randrange(5)  # lines: one when it begins, one for each operation
        while not notes.exists() or len(notes.read_bytes().splitlines()) < enough:
            assert process.is_alive()
            time.sleep(0.002)
        time.sleep(choice.random() ** 2 * 0.4)
        assert process.is_alive()
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        fresh = [line.split()[1:] for line in notes.read_text().splitlines() if line.startswith("done ")]
        acknowledged += [(int(operation), sha256) for operation, sha256 in fresh]
        last = check_whole(Book(path, operator="checker", wait=5), acknowledged)
        known = max((operation for operation, _ in acknowledged), default=1)
        assert last - known <= number % FRESH_BOOK_EVERY + 1
        confirmed += len(fresh)
        unconfirmed += last > known
    print(f"\n{kills} kills, {confirmed} confirmed operations, all there; {unconfirmed} in without their receipt")
    assert confirmed > kills / 5


def test_killed_at_random_moments(processes, clients_file, tmp_path):
    """After kill -9 every confirmed operation is in, whole, and nothing else but perhaps the one under way."""
    kill_again_and_again(processes, clients_file, tmp_path, 10, random.SystemRandom().randrange(10**6))


@pytest.mark.slow
def test_killed_a_thousand_times(processes, clients_file, tmp_path):
    """The same, long form."""
    kill_again_and_again(processes, clients_file, tmp_path, 1000, random.SystemRandom().randrange(10**6))


MAKE = """
    import sys
    from clientops.book.book import Book
    print("ready", flush=True)
    Book.create(sys.argv[1], operator="maria")
    print("done", flush=True)
"""

COPY = """
    import sys
    from clientops.book.book import Book
    book = Book(sys.argv[1])
    print("ready", flush=True)
    book.backup(sys.argv[2])
    print("done", flush=True)
"""


@pytest.mark.parametrize("pause", [0.02, 0.15, 0.4])
def test_killed_while_a_book_is_made_or_copied(clients_file, tmp_path, pause):
    """A book or backup whose making was killed is not there, or whole; the next attempt succeeds."""
    for code, arguments in ((MAKE, ("new.duckdb",)), (COPY, ("clients.duckdb", "copy.duckdb"))):
        source = tmp_path / arguments[0]
        if code == COPY:
            shutil.copy(clients_file, source)
        process = start(code, *(tmp_path / name for name in arguments))
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(pause)
        process.kill()
        process.communicate()
        target = tmp_path / arguments[-1]
        if not target.exists():
            if code == MAKE:
                Book.create(target, operator="maria")
            else:
                Book(source, wait=5).backup(target)
        assert Book(target, wait=5).verify().is_clean
        if code == COPY:
            assert Book(source).verify().is_clean


@pytest.mark.parametrize(
    ("limit", "outcomes"),
    [
        pytest.param(2_000, {"refused"}, id="no room for a log"),
        pytest.param(30_000, {"refused", "done"}, id="room for the log of small operations"),
        pytest.param(100_000, {"refused", "done"}, id="room for some"),
        pytest.param(1_500_000, {"done"}, id="room for the log, not for the file"),
    ],
)
def test_out_of_disk(processes, clients_file, tmp_path, limit, outcomes):
    """With the disk full, each operation is in whole or refused with a clear error; the book verifies, and goes on."""
    path, notes = tmp_path / "book.duckdb", tmp_path / "notes"
    shutil.copy(clients_file, path)
    process = processes.Process(target=work_with_a_small_disk, args=(path, notes, CLIENTS, limit))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    lines = [line.split(maxsplit=2) for line in notes.read_text().splitlines()]
    assert {line[0] for line in lines} == {*outcomes, "end"}
    book = Book(path, operator="checker", wait=5)
    check_whole(book, [(int(line[2].split()[0]), line[2].split()[1]) for line in lines if line[0] == "done"])
    keys = {key for (key,) in book.query("select key from history.operations")[1]}
    for line in lines:
        if line[0] == "refused":
            assert line[2].startswith("Nothing was changed: "), line
            assert "File too large" in line[2], line
            assert line[1] not in keys
    insert(book, groups=[{"id": 1, "name": "goes on"}])


@pytest.mark.parametrize("limit", [5_000, 100_000, 600_000])
def test_out_of_disk_for_a_new_book(tmp_path, limit):
    """A book for which there is no room is not made, and nothing is left of it."""
    process = start(
        """
        import resource, sys
        from clientops.book.book import Book
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
        try:
            Book.create(sys.argv[1], operator="maria")
        except Exception as error:
            print(type(error).__name__, error)
        """,
        tmp_path / "new.duckdb",
        limit,
    )
    said = process.communicate(timeout=60)
    assert said[0].startswith(f"{BookError.__name__} The "), said
    assert [file.name for file in tmp_path.iterdir()] == ["new.duckdb.lock"]


def test_out_of_disk_for_a_backup(clients_file, tmp_path):
    """A backup for which there is no room is refused, and nothing is left of it."""
    source = tmp_path / "clients.duckdb"
    shutil.copy(clients_file, source)
    process = start(
        """
        import resource, sys
        from pathlib import Path
        from clientops.book.book import Book
        book = Book(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        try:
            book.backup(Path(sys.argv[1]).with_name("copy.duckdb"))
        except Exception as error:
            print(type(error).__name__, error)
        """,
        source,
    )
    said = process.communicate(timeout=60)
    assert said[0].startswith(f"{BookError.__name__} The copy "), said
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clients.duckdb", "clients.duckdb.lock"]
