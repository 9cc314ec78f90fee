"""Options and fixtures of all tests: ``--long`` runs the long forms; ``book`` is a small book of one's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pytest
from argon2 import PasswordHasher

from clientops.book.book import Book
from tests.books import OPERATOR, create_small, fill_shop
from tests.long_forms import choose


def pytest_configure(config):
    """Tables of the command line are as wide in every process; its console reads this when it is made."""
    os.environ["COLUMNS"] = "200"
    choose(long=config.getoption("--long"))


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="run the long forms: crash, concurrency, engine, all examples of properties"
    )


# Files that take long, or wait for browsers and servers, begin first; else one of them runs alone at the end.
FIRST = (
    "tests/browser/test_workbench.py",
    "tests/test_promises.py",
    "tests/browser/test_accessibility.py",
    "tests/workbench/test_notebooks.py",
    "tests/test_any_sequence.py",
    "tests/workbench/test_every_entry.py",
    "tests/matching/test_spark.py",
    "tests/test_crash.py",
)


def pytest_collection_modifyitems(config, items):
    place = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(FIRST)))
    if not config.getoption("--long"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="long form: run with --long"))


@pytest.fixture(scope="session", autouse=True)
def quick_passwords():
    """Hashing a password takes long on purpose, and tests do it hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PasswordHasher.__init__, "__defaults__", (1, 8, 1, *PasswordHasher.__init__.__defaults__[3:]))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_thread(request):
    """The engine has one thread in the process of the tests: a sixth less time, since their tables are small.

    Processes that tests start have as many as the machine, and so has everything with ``--long``.
    """
    if request.config.getoption("--long"):
        yield
        return
    real = duckdb.connect

    def connect(*args, **named):
        connection = real(*args, **named)
        connection.execute("set threads = 1")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", connect)
        yield


@pytest.fixture(scope="session")
def empty_book_file(tmp_path_factory) -> Path:
    """A closed, empty book to copy; making one takes a second."""
    path = tmp_path_factory.mktemp("template") / "empty.duckdb"
    create_small(path)
    return path


@pytest.fixture(scope="session")
def shop_file(empty_book_file) -> Path:
    """A closed book with the content of a small shop, to copy."""
    path = empty_book_file.with_name("shop.duckdb")
    shutil.copy(empty_book_file, path)
    fill_shop(Book(path, operator=OPERATOR))
    return path


@pytest.fixture
def empty_book(empty_book_file, tmp_path) -> Book:
    """An empty book of one's own."""
    return Book(shutil.copy(empty_book_file, tmp_path / "empty.duckdb"), operator=OPERATOR)


@pytest.fixture
def book(shop_file, tmp_path) -> Book:
    """The book of a small shop, of one's own; its first operation is its content."""
    return Book(shutil.copy(shop_file, tmp_path / "shop.duckdb"), operator=OPERATOR)
