"""One engine for all threads of a process, and each process in its turn."""

import os
import signal
import subprocess
import threading
import time

import duckdb
import pytest

from clientops.book.book import Book
from clientops.book.file import lease as leases
from clientops.book.file import lock
from clientops.book.file import network_files as network
from clientops.book.file.connection import book_lease, connected
from clientops.book.file.lease import close_books, hold_open
from clientops.book.file.lock import Ticket, lock_folder, locked
from clientops.core.errors import BookError, LockedError
from tests.books import OPERATOR, insert
from tests.processes import hold_book, start


def tickets(path):
    return sorted(entry.name for entry in lock_folder(path).iterdir() if entry.name != "counter")


@pytest.fixture
def held(book):
    """The book, kept open by this process as a server does."""
    hold_open(60, for_writing=True)
    yield book
    hold_open(0)
    close_books()


def in_threads(*functions):
    failures = []

    def run(function):
        try:
            function()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_a_write_does_not_wait_for_a_long_read(held):
    """In one process a clerk writes beside a report, which goes on seeing the book as it was when it began."""
    with held.tables() as tables:
        before = tables.query("select count(*) from groups").fetchone()
        in_threads(lambda: insert(held, groups=[{"id": 77, "name": "x"}]))
        assert tables.query("select count(*) from groups").fetchone() == before
    assert held.query("select count(*) from groups where id = 77")[1] == [(1,)]


def test_writes_of_threads_take_turns_in_order(held):
    """Nobody is overtaken, and nothing is lost."""
    order = []

    def write(number):
        with connected(held.path, write=True, who=f"w{number}", wait=30) as connection:
            order.append(number)
            connection.execute("insert into settings (id, name) values ($id, 'x')", {"id": 100 + number})

    with connected(held.path, write=True, who="first", wait=1):
        threads = []
        for number in range(6):
            threads.append(threading.Thread(target=write, args=(number,)))
            threads[-1].start()
            while len(book_lease(held.path)._queue) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(6))
    assert held.query("select count(*) from settings where id >= 100")[1] == [(6,)]


def test_who_writes_is_named_to_a_thread_that_waits(held):
    """A thread that gives up says who writes in this process, for how long, and what."""
    lease = book_lease(held.path)
    with connected(held.path, write=True, who="nora", wait=1):
        lease.note("Planning", 0.4)

        def fail():
            with (
                pytest.raises(
                    LockedError, match=r"by nora \(this process, for \d s: Planning, 40%\); gave up after 0.2 s"
                ),
                connected(held.path, write=True, who="maria", wait=0.2),
            ):
                pass

        in_threads(fail)


def test_progress_is_seen_by_other_processes(book):
    """Who waits for another process is told what it does, and how far it is."""
    with connected(book.path, write=True, who="nora", wait=1):
        book_lease(book.path).note("Writing 100,000 rows", 0.5)
        process = start(
            """
            import sys
            from clientops.book.book import Book
            try:
                Book(sys.argv[1], wait=0.3)
            except Exception as error:
                print(error)
            """,
            book.path,
        )
        said = process.communicate(timeout=60)[0]
    assert f"in use by nora (process {os.getpid()}): Writing 100,000 rows, 50%; gave up after 0.3 s" in said


def test_reading_inside_reading_needs_no_turn(held):
    """A thread that reads may read again, also when others wait for the file."""
    with held.tables() as tables, hold_waiting(held.path):
        assert held.head()[0] == 1
        assert tables.query("select 1").fetchone() == (1,)


def hold_waiting(path):
    """A ticket of somebody outside who waits to write."""

    class Waiting:
        def __enter__(self):
            self.ticket = Ticket(path, write=True, who="outside")
            self.ticket.take()

        def __exit__(self, *_):
            self.ticket.drop()

    return Waiting()


@pytest.mark.parametrize("write", [True, False])
def test_the_file_is_given_up_when_somebody_waits(held, write):
    """A process that keeps the file open closes it at once when another one waits, and opens it again behind that one."""
    held.head()
    assert book_lease(held.path).is_open_for_writing
    start_at = time.monotonic()
    with locked(held.path, write=write, who="outside", wait=5):
        assert time.monotonic() - start_at < 2
        assert not book_lease(held.path).is_open_for_writing
        held.wait = 0.1
        with pytest.raises(LockedError, match="outside"):
            held.head()
    held.wait = 5
    assert held.head()[0] == 1


def test_a_stream_of_readers_lets_others_in(held):
    """However many threads read one after another, who waits outside gets the file at the next pause."""
    stop = threading.Event()

    def read():
        while not stop.is_set():
            held.head()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        with locked(held.path, write=True, who="outside", wait=10):
            pass
    finally:
        stop.set()
        for reader in readers:
            reader.join()


def test_the_file_is_closed_after_a_while(book):
    """A process that does nothing with the book any more closes it, with everything written into the file."""
    hold_open(0.15)
    try:
        insert(book, groups=[{"id": 8, "name": "x"}])
        assert len(tickets(book.path)) == 1
        until = time.monotonic() + 5
        while tickets(book.path) and time.monotonic() < until:
            time.sleep(0.02)
        assert tickets(book.path) == []
        assert not book.path.with_name("shop.duckdb.wal").exists()
    finally:
        hold_open(0)
        close_books()


def test_without_holding_the_file_is_closed_at_once(book):
    """A script may open or copy the file by other means as soon as a call of a book has returned."""
    insert(book, groups=[{"id": 8, "name": "x"}])
    assert tickets(book.path) == []
    with duckdb.connect(str(book.path), read_only=True) as connection:
        assert connection.execute("select count(*) from groups where id = 8").fetchone() == (1,)


def test_reading_cannot_write_where_the_file_is_open_for_writing(held):
    """What reads is refused to write by the engine itself, also after a statement that ended in an error."""
    insert(held, groups=[{"id": 8, "name": "x"}])
    with connected(held.path, write=False, who="maria", wait=1) as connection:
        with pytest.raises(duckdb.TransactionException, match="read-only mode"):
            connection.execute("delete from main.groups")
        with pytest.raises(duckdb.TransactionException):
            connection.execute("delete from main.groups")
    assert held.query("select count(*) from groups where id = 8")[1] == [(1,)]


def test_backup_beside_writers(held, tmp_path):
    """A backup of a book that is open for writing is of one moment, while others go on writing."""
    stop, written = threading.Event(), []

    def write():
        while not stop.is_set():
            insert(held, groups=[{"id": 1000 + len(written), "name": "x"}])
            written.append(1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(3):
            held.backup(tmp_path / f"copy{number}.duckdb")
    finally:
        stop.set()
        thread.join()
    for number in range(3):
        assert Book(tmp_path / f"copy{number}.duckdb", operator=OPERATOR).verify().is_clean
    assert held.verify().is_clean


def test_compacting_waits_for_everybody(held):
    """The file is replaced while nobody of this process has it open, and all go on with the new one."""
    insert(held, groups=[{"id": 8, "name": "x"}])
    inode = held.path.stat().st_ino
    with held.tables():
        thread = threading.Thread(target=held.compact)
        thread.start()
        time.sleep(0.2)
        assert held.path.stat().st_ino == inode
    thread.join()
    assert held.path.stat().st_ino != inode
    assert held.query("select count(*) from groups where id = 8")[1] == [(1,)]


def test_a_session_is_of_its_thread(held):
    """Another thread that uses the same book during a session reads beside it and does not write into it."""
    seen = []
    with held.session():
        insert(held, groups=[{"id": 8, "name": "x"}])
        in_threads(lambda: seen.append(held.query("select count(*) from groups where id = 8")[1]))
    assert seen == [[(1,)]]


@pytest.mark.parametrize("step", ["flock", "mkdir", "open", "pwrite"])
def test_a_ticket_that_cannot_be_taken_leaves_nothing(book, monkeypatch, step):
    """Whatever fails while a ticket is taken, it is said in a sentence, and the next one gets in."""

    def fail(*_args, **_kwargs):
        raise OSError(13, "Permission denied")

    with monkeypatch.context() as patch:
        target = {"flock": lock.fcntl, "mkdir": lock.Path, "open": lock.os, "pwrite": lock.os}[step]
        patch.setattr(target, step, fail)
        with pytest.raises(BookError, match=r"cannot be used \(Permission denied\); everyone who works on the book"):
            Ticket(book.path, write=True, who="maria").take()
    book.wait = 0.5
    assert book.head()[0] == 1
    assert tickets(book.path) == []


@pytest.mark.parametrize("step", ["pwrite", "ftruncate"])
def test_a_full_disk_does_not_lock_the_book(book, monkeypatch, step):
    """Reading goes on where there is no room to write a name into a ticket; nothing is left locked."""

    def fail(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lock.os, step, fail)
        assert book.head()[0] == 1
        with locked(book.path, write=True, who="maria", wait=1):
            (name,) = tickets(book.path)
            assert f"process {os.getpid()}" in lock._describe(lock_folder(book.path) / name)
    assert insert(book, groups=[{"id": 8, "name": "x"}]).operation_id == 2
    assert tickets(book.path) == []


def test_an_interrupt_leaves_nothing(book, monkeypatch):
    """Ctrl-C while a ticket is taken or waited for leaves no ticket."""
    for step in ("flock", "pwrite"):
        real = getattr(lock.fcntl if step == "flock" else lock.os, step)

        def interrupt(*args, _real=real, **kwargs):
            os.kill(os.getpid(), signal.SIGINT)
            return _real(*args, **kwargs)

        close_books()  # else the file may still be held, and no ticket is taken
        with monkeypatch.context() as patch:
            patch.setattr(lock.fcntl if step == "flock" else lock.os, step, interrupt)
            with pytest.raises(KeyboardInterrupt):
                book.head()
        assert tickets(book.path) == []
    close_books()
    with hold_book(book.path):
        threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            book.head()
    assert tickets(book.path) == []
    assert book.head()[0] == 1


@pytest.mark.parametrize(
    "content",
    [pytest.param(b"garbage", id="text"), pytest.param(b"", id="empty"), pytest.param(b"\xff\x00" * 50, id="bytes")],
)
def test_a_damaged_counter_is_of_no_consequence(book, content):
    """Whatever stands in the counter, the next ticket is behind those that exist."""
    (lock_folder(book.path) / "counter").write_bytes(content)
    assert book.head()[0] == 1
    with locked(book.path, write=False, who="maria", wait=1):
        (lock_folder(book.path) / "counter").write_bytes(content)
        first = tickets(book.path)
        with locked(book.path, write=False, who="nora", wait=1):
            assert tickets(book.path)[0] == first[0]
            assert len(tickets(book.path)) == 2


def test_a_file_in_place_of_the_folder_is_said_so(tmp_path, shop_file):
    """A file with the name of the lock folder is named, with what to do."""
    path = tmp_path / "a.duckdb"
    path.write_bytes(shop_file.read_bytes())
    lock_folder(path).write_text("x")
    with pytest.raises(BookError, match=r"a\.duckdb\.lock is a file, and a folder is needed there; rename or remove"):
        Book(path)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_network_file_systems_are_refused(book, monkeypatch, tmp_path, kind):
    """A book where locks cannot be relied on is not opened, and the sentence says what to do instead."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/a / ext4 rw 0 0\nserver:/x {str(book.path.parent).replace(' ', chr(92) + '040')} {kind} rw 0 0\n"
    )
    monkeypatch.setattr(network, "MOUNTS", mounts)
    network.network_kind.cache_clear()
    try:
        with pytest.raises(BookError, match=rf"network file system \({kind}\).*clientops serve"):
            book.head()
    finally:
        network.network_kind.cache_clear()


def test_a_forked_child_leaves_the_parents_file_alone(held):
    """A child made by fork opens nothing of its parent's, and keeps no lock of it."""
    held.head()
    child = os.fork()
    if child == 0:
        os._exit(0 if not leases._leases and not lock._inherited else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert insert(held, groups=[{"id": 8, "name": "x"}]).operation_id == 2


def test_ctrl_c_of_a_command_leaves_no_trace(book):
    """A command that waits ends at Ctrl-C without a traceback and without a ticket."""
    with hold_book(book.path):
        process = subprocess.Popen(
            [os.sys.executable, "-m", "clientops.cli", "--book", str(book.path), "log"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while len(tickets(book.path)) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)
        assert "Traceback" not in said[1]
        assert process.returncode != 0
        assert len(tickets(book.path)) == 1


def test_processes_that_all_wait_get_on(book):
    """Whose turn has come works, however many wait behind: processes that all write one after another do not stand still."""
    code = """
        import sys
        from clientops.book.book import Book
        from tests.books import insert
        book = Book(sys.argv[1], operator="maria", wait=60)
        for number in range(3):
            insert(book, groups=[{"id": int(sys.argv[2]) + number, "name": "x"}])
    """
    processes = [start(code, book.path, 100 * number) for number in range(1, 5)]
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0] * 4
    assert book.query("select count(*) from groups where id >= 100")[1] == [(12,)]
    assert tickets(book.path) == []
