"""One writer or many readers, in the order they came, across processes."""

import json
import os
import stat
import threading
import time

import pytest

from clientops.book.file import lock
from clientops.book.file.lock import lock_folder, locked
from clientops.core.errors import LockedError
from tests.processes import hold_book


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.duckdb"


def tickets(path):
    return sorted(entry.name for entry in lock_folder(path).iterdir() if entry.name != "counter")


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        pytest.param(True, True, True, id="a writer waits for a writer"),
        pytest.param(True, False, True, id="a reader waits for a writer"),
        pytest.param(False, True, True, id="a writer waits for a reader"),
        pytest.param(False, False, False, id="readers read together"),
    ],
)
def test_who_waits_for_whom(path, first, second, waits):
    """Writers are alone; readers share."""
    with hold_book(path, write=first, who="nora") as process:
        start = time.monotonic()
        if waits:
            with pytest.raises(LockedError) as error, locked(path, write=second, who="maria", wait=0.2):
                pass
            assert time.monotonic() - start >= 0.2
            assert f"in use by nora (process {process.pid}); gave up after 0.2 s" in str(error.value)
        else:
            with locked(path, write=second, who="maria", wait=0.2):
                assert len(tickets(path)) == 2


def test_waiting_ends_when_the_holder_is_done(path):
    """Whoever waits goes on as soon as the holder lets go."""
    with hold_book(path) as process:
        threading.Timer(0.3, lambda: process.stdin.write("go on\n") and process.stdin.flush()).start()
        start = time.monotonic()
        with locked(path, write=True, who="maria", wait=20):
            assert 0.1 < time.monotonic() - start < 10
    assert tickets(path) == []


def test_a_killed_holder_is_passed_over(path):
    """The lock of a process that was killed is gone at once, and its ticket is cleared away."""
    with hold_book(path) as process:
        process.kill()
        process.wait()
        assert len(tickets(path)) == 1
        start = time.monotonic()
        with locked(path, write=True, who="maria", wait=5):
            assert time.monotonic() - start < 1
    assert tickets(path) == []


def test_first_come_first_served(path):
    """Those who wait get the book in the order they came, so nobody is overtaken for ever."""
    order, threads = [], []

    def take(number, *, write):
        with locked(path, write=write, who=f"w{number}", wait=20):
            order.append(number)
            time.sleep(0.002)

    with locked(path, write=True, who="first", wait=1):
        for number in range(12):
            threads.append(threading.Thread(target=take, args=(number,), kwargs={"write": number % 3 != 1}))
            threads[-1].start()
            while len(tickets(path)) < number + 2:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    writers = [number for number in range(12) if number % 3 != 1]
    assert [number for number in order if number in writers] == writers
    assert all(order.index(w) < order.index(r) for w in writers for r in (1, 4, 7, 10) if w < r)


def test_a_reader_does_not_overtake_a_waiting_writer(path):
    """A stream of readers cannot keep a writer out: those who come after it wait for it."""
    with hold_book(path, write=False):
        waiting = threading.Thread(target=lambda: _try(path, write=True, wait=1.0))
        waiting.start()
        while len(tickets(path)) < 2:
            time.sleep(0.001)
        with pytest.raises(LockedError), locked(path, write=False, who="late", wait=0.1):
            pass
        waiting.join()
        with locked(path, write=False, who="late", wait=1):
            pass


def _try(path, *, write, wait):
    try:
        with locked(path, write=write, who="nora", wait=wait):
            pass
    except LockedError:
        pass


def test_a_ticket_goes_when_its_holder_gives_up_or_fails(path):
    """No ticket is left behind by an error, a time-out or the normal end."""
    with hold_book(path), pytest.raises(LockedError), locked(path, write=True, who="maria", wait=0):
        pass
    with pytest.raises(RuntimeError), locked(path, write=True, who="maria", wait=1):
        raise RuntimeError
    assert tickets(path) == []
    with locked(path, write=True, who="maria", wait=1):
        (name,) = tickets(path)
        assert json.loads((lock_folder(path) / name).read_text()) == {"pid": os.getpid(), "who": "maria"}
    assert tickets(path) == []


def test_tickets_are_private(path):
    """Who works on the book is for its owner's eyes only."""
    with locked(path, write=True, who="maria", wait=1):
        folder = lock_folder(path)
        modes = {stat.S_IMODE(entry.stat().st_mode) for entry in folder.iterdir()}
        assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o600})


def test_strange_files_in_the_folder_do_no_harm(path):
    """A file that a desktop or a backup program left there is not taken for a ticket."""
    with locked(path, write=True, who="maria", wait=1):
        pass
    (lock_folder(path) / ".DS_Store").write_text("x")
    (lock_folder(path) / "000.writing").write_text("x")
    with locked(path, write=True, who="maria", wait=1):
        pass


def test_a_holder_that_cannot_be_read_is_still_waited_for(path, monkeypatch):
    """A ticket whose text is not there yet holds all the same; it is called another process."""
    with hold_book(path):
        (name,) = tickets(path)
        (lock_folder(path) / name).write_text("")
        with pytest.raises(LockedError, match="by another process"), locked(path, write=True, who="maria", wait=0):
            pass


def test_numbers_are_never_used_twice(path):
    """Each ticket stands behind all that were ever taken, also after the counter's digits grow."""
    folder = lock_folder(path)
    with locked(path, write=False, who="maria", wait=1):
        (folder / "counter").write_text("9")
    with locked(path, write=False, who="maria", wait=1):
        assert tickets(path) == ["000000000000010.read"]
    assert (folder / "counter").read_text() == "10"
    assert lock.FIRST_PAUSE < lock.LONGEST_PAUSE
