"""What the processes of the crash, disk and concurrency tests do; imported by them, so it imports little."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import time
from itertools import count
from pathlib import Path

from clientops.book.book import Book
from clientops.core.errors import ClientopsError, RefusedError
from clientops.registry import rule

DESCRIPTION = "Ünterbrochen 🦆"


def note(path: Path, *words: object) -> None:
    """Add a line to a file at once; a killed process loses nothing of it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, (" ".join(map(str, words)) + "\n").encode())
    os.close(descriptor)


def one_operation(book: Book, choice: random.Random, clients: int, key: str):
    """Apply one operation of a random kind and size; its receipt."""
    kind = choice.choice(["one", "one", "many", "transfer", "edit", "undo"])
    who = choice.randint(1, clients)
    if kind == "one":
        asked = {"client_id": who, "amount": choice.randint(1, 500), "description": DESCRIPTION}
        return book.apply_now(rule("issue-credit"), asked, key=key)
    if kind == "many":
        asked = [
            {"client_id": 1 + n % clients, "amount": 1, "description": key} for n in range(choice.choice([50, 3000]))
        ]
        return book.apply_now(rule("issue-credit"), asked, key=key)
    if kind == "transfer":
        asked = {"client_id": who, "to_client_id": 1 + who % clients, "amount": 1}
        return book.apply_now(rule("transfer-credit"), asked, key=key)
    if kind == "edit":
        asked = {"client_id": who, "city": f"Town {choice.random()}", "admin_notes": "x" * choice.choice([5, 5000])}
        return book.apply_now(rule("edit-client"), asked, key=key)
    return book.undo(book.head()[0])


def work_until_killed(path: Path, acknowledged: Path, seed: int, clients: int) -> None:
    """Apply operations, noting each after its receipt, until somebody kills this process."""
    choice = random.Random(seed)
    book = Book(path, operator=f"worker {seed}")
    note(acknowledged, "begin")
    for number in count():
        parent = multiprocessing.parent_process()
        if parent is None or not parent.is_alive():
            return
        try:
            receipt = one_operation(book, choice, clients, f"{seed}-{number}")
        except RefusedError:  # an undo that cannot be, a transfer without credit
            continue
        else:
            note(acknowledged, "done", receipt.operation_id, receipt.sha256)


def work_with_a_small_disk(path: Path, notes: Path, clients: int, limit: int) -> None:
    """Apply operations while no file may be written beyond a size; note how each ended."""
    choice = random.Random(limit)
    book = Book(path, operator="maria")
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for number in range(10):
        key = f"small-{number}"
        try:
            receipt = one_operation(book, choice, clients, key)
        except RefusedError:
            continue
        except ClientopsError as error:
            note(notes, "refused", key, str(error).replace("\n", "\\n"))
        else:
            note(notes, "done", key, receipt.operation_id, receipt.sha256)
    note(notes, "end")


def pay_in(path: Path, notes: Path, worker: int, operations: int, start_at: float) -> None:
    """Give client 1 and one's own client credit, again and again; note how long each took."""
    book = Book(path, operator=f"worker {worker}", wait=300)
    time.sleep(max(0, start_at - time.time()))
    for number in range(operations):
        start = time.monotonic()
        asked = [{"client_id": n, "amount": 1, "description": f"{worker}-{number}"} for n in (1, worker + 2)]
        receipt = book.apply_now(rule("issue-credit"), asked)
        note(notes, worker, number, receipt.operation_id, time.monotonic() - start, time.time())
