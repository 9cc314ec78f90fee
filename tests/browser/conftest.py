"""A real browser on a real server: skipped with a reason where there is no Chromium, failed where there must be one."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from clientops.book.book import Book
from clientops.workbench.launch import notebook_folder, serving
from tests.books import OPERATOR, apply_by_hand, insert
from tests.browser.notebooks import READY, open_notebook
from tests.builders import NOW
from tests.server.running import running

HOSTILE = "<img src=x onerror=\"document.title='owned';window.owned=1\">"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"]  # fmt: skip
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PASSWORD = "correct horse"
COOKIES = []  # of those who are signed in at the servers of this run


def pytest_collection_modifyitems(config, items):
    if CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER"):
        for item in items:
            if "browser" in Path(item.fspath).parts:
                item.add_marker(
                    pytest.mark.skip(reason="no Chromium here; install it, or set REQUIRE_BROWSER=1 to fail instead")
                )


def fill(book: Book) -> None:
    """What the tests of the browser are about, on top of the small shop."""
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    insert(
        book, lenient=True,
        clients=[{"id": 7, "first_name": HOSTILE, "last_name": "Mallory", "company_name": HOSTILE, "email": HOSTILE, "credit_balance": 3},
                 {"id": 8, "first_name": "Clara", "last_name": "Closed", "status": "Closed"}],
        contacts=[{"id": 7, "client_id": 7, "first_name": HOSTILE, "email": HOSTILE}],
        services=[{"id": 7, "client_id": 7, "status": "Active", "domain": HOSTILE, "recurring_amount": 3}],
        invoices=[{"id": 7, "client_id": 7, "number": HOSTILE, "total": 9, "subtotal": 9, "status": "Unpaid"}],
        notes=[{"id": 7, "client_id": 7, "body": HOSTILE, "author": HOSTILE, "is_sticky": True, "created_at": NOW}],
        users=[{"id": 7, "email": "clara@example.com", "password_hash": hashed}],
        user_clients=[{"id": 7, "user_id": 7, "client_id": 8, "is_owner": True}],
    )  # fmt: skip
    apply_by_hand(book, ("users", "update", [{"id": 1, "password_hash": hashed}]))


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "REQUIRE_BROWSER is set, and there is no Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield chromium
        chromium.close()


class Served:
    """A book and a server on it; ``folder`` has the notebooks, where they are others than those that come along."""

    def __init__(self, book: Book, address: str, kind: str = "app", folder: Path | None = None) -> None:
        self.book, self.address, self.kind, self.folder = book, address, kind, folder

    def at(self, route: str) -> str:
        """Address of a screen."""
        return f"{self.address}#{route}"


@contextmanager
def serve(kind, file, folder, notebooks=None):
    patch = pytest.MonkeyPatch()
    patch.setenv("CLIENTOPS_OPERATOR", OPERATOR)
    patch.setenv("CLIENTOPS_STATE", str(folder / "state"))
    patch.delenv("CLIENTOPS_STRICT", raising=False)
    try:
        if kind == "lab":
            with serving(file, log=folder / "lab.log", notebooks=notebooks) as (address, _):
                yield Served(Book(file, operator=OPERATOR), address, kind, notebooks)
        else:
            with running(file, folder) as server:
                COOKIES.append(server.cookie)
                address = server.area if kind == "client-area" else server.address
                yield Served(Book(file, operator=OPERATOR), address, kind, notebooks)
    finally:
        patch.undo()


@pytest.fixture(scope="session")
def browser_book(shop_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    file = Path(shutil.copy(shop_file, folder / "shop.duckdb"))
    fill(Book(file, operator=OPERATOR))
    return file


@pytest.fixture(scope="session")
def app(browser_book, tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    with serve("app", Path(shutil.copy(browser_book, folder / "shop.duckdb")), folder) as served:
        yield served


@pytest.fixture(scope="session")
def lab(browser_book, tmp_path_factory):
    """JupyterLab on a book of its own, and on a copy of the notebooks, so that they can begin anywhere."""
    folder = tmp_path_factory.mktemp("lab")
    file = Path(shutil.copy(browser_book, folder / "shop.duckdb"))
    notebooks = Path(shutil.copytree(notebook_folder(), folder / "notebooks"))
    with serve("lab", file, folder, notebooks) as served:
        yield served


@pytest.fixture(scope="session")
def client_area(browser_book):
    with serve("client-area", browser_book, browser_book.parent) as served:
        yield served


def is_wrong(message, may_fail):
    """Whether a page logged an error other than an answer with a status that the test is about."""
    return message.type == "error" and not any(f"status of {status}" in message.text for status in may_fail)


@pytest.fixture
def new_page(browser):
    """Makes pages; none may have logged an error, asked anything outside this machine, or run a client's text."""
    contexts, wrong = [], []

    def make(*, may_fail=(), **more):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **more})
        contexts.append(context)
        context.add_cookies(COOKIES)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: wrong.append(message.text) if is_wrong(message, may_fail) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                wrong.append(asked.url) if not asked.url.startswith(("http://127.0.0.1:", "data:", "blob:")) else None
            ),
        )
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            assert not page.evaluate("window.owned")
        context.close()
    assert wrong == []


@pytest.fixture(params=["app", "lab"])
def served(request):
    """The workbench as a web app, and in JupyterLab: what is tested with it holds in both."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def open_screen(new_page, served):
    """Opens a screen of the workbench that is served."""

    def go(route, **more):
        page = new_page(**more)
        open_notebook(page, served.address, served.kind, route, served.folder)
        page.locator(".co-main").wait_for(timeout=READY)
        return page

    return go


@pytest.fixture
def open_app(new_page, app):
    """Opens a screen of the app."""

    def go(route, **more):
        page = new_page(**more)
        page.goto(app.at(route))
        page.locator(".co-main").wait_for(timeout=READY)
        return page

    return go
