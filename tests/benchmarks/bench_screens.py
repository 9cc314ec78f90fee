"""What people wait for at the screens: from command to usable form, click to preview, confirm to receipt, picker, grid."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from clientops.book.book import Book
from clientops.importing.demo.build import BUILD_DEMO
from clientops.reports.lists.catalogue import listing
from clientops.reports.lists.search import search_rows
from clientops.workbench.frame import screen
from clientops.workbench.launch import notebook_folder, serving
from clientops.workbench.session import Desk
from clientops.workbench.ui.grid import Grid
from tests.browser.conftest import CHROMIUM, OPTIONS, READY
from tests.browser.notebooks import open_notebook
from tests.builders import NOW, TODAY
from tests.server.running import running

SIZES = (1_000, 1_000_000)
TIMES = 5
SEARCHES = (
    ("name", "select last_name from clients order by hash(id) limit 1"),
    ("two parts of a name", "select left(last_name, 4) || ' ' || left(first_name, 3) from clients order by hash(id) limit 1"),
    ("company", "select company_name from clients where company_name <> '' order by hash(id) limit 1"),
    ("e-mail", "select email from clients where email <> '' order by hash(id) limit 1"),
    ("phone", "select phone from clients where phone <> '' order by hash(id) limit 1"),
    ("number", "select id::varchar from clients order by hash(id) limit 1"),
    ("nothing that is there", "select 'qqxxzz'"),
)  # fmt: skip
PAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("first page", {}),
    ("last page", {"last": True}),
    ("sorted by a text", {"sort": ["client", "asc"]}),
    ("filtered by a text", {"filters": {"email": "mar"}}),
    ("searched", {"search": "berlin"}),
    ("first page, cells edited", {"editing": True}),
)


def run(*, clients: int, folder: str | None = None) -> None:
    """Print the seconds at 1,000 clients and at so many."""
    place = Path(folder or tempfile.mkdtemp(prefix="clientops-bench-"))
    place.mkdir(parents=True, exist_ok=True)
    os.environ["CLIENTOPS_STATE"] = str(place / "state")
    os.environ["CLIENTOPS_OPERATOR"] = "bench"
    try:
        for size in sorted({min(SIZES[0], clients), clients}):
            print(f"\n{size:,} clients, seconds")
            origin = place / f"origin-{size}.duckdb"
            if not origin.exists():
                book = Book.create(origin, operator="bench")
                book.apply_now(BUILD_DEMO, {"clients": size, "seed": 7}, reason="benchmark", today=TODAY, now=NOW)
            file = place / f"screens-{size}.duckdb"
            shutil.copy(origin, file)
            _in_python(Book(file, operator="bench"))
            _in_browser(file)
            file.unlink()
    finally:
        if folder is None:
            shutil.rmtree(place)


def _in_python(book: Book) -> None:
    """What Python needs to answer what the browser asks."""
    with book.tables() as tables:
        wanted = [(name, str(tables.query(sql).fetchall()[0][0])) for name, sql in SEARCHES]
        old = tables.query("select min(replaced_id) from merged_clients").fetchall()[0][0]

    def find(text: str) -> None:
        with book.tables() as tables:
            search_rows(tables, "clients", text)

    _say("picker: first search, which reads all clients", [_timed(lambda: find("a"))])
    for name, text in [*wanted, *([("old number of a merged client", str(old))] if old else [])]:
        _say(f"picker: {name}", [_timed(lambda text=text: find(text)) for _ in range(TIMES)])
    grid = Grid(Desk(book), listing("clients"), edits="clients")
    total = grid.page({"limit": 25})["total"]
    for name, asked in PAGES:
        page = {"offset": (total - 1) // 25 * 25 if asked.get("last") else 0, "limit": 25, **asked}
        _say(f"grid: {name}", [_timed(lambda page=page: grid.page(page)) for _ in range(TIMES)])
    assert grid.cells
    _say("grid: a value entered into a cell, checked", [_timed(lambda n=n: grid.cells.enter({"id": 10 + n, "column": "city", "value": f"Ulm {n}"})) for n in range(TIMES)])  # fmt: skip
    grid.cells.discard()
    for route in ("home", "client/10", "credits", "billing", "operations"):
        _say(f"screen: {route}", [_timed(lambda route=route: screen(route, book=book).wait()) for _ in range(2)])


@contextmanager
def _served(kind: str, file: Path, notebooks: Path, context: BrowserContext) -> Iterator[str]:
    """Address of the workbench: on the server, with somebody signed in, or in JupyterLab."""
    if kind == "lab":
        with serving(file, notebooks=notebooks) as (address, _):
            yield address
        return
    with running(file, file.parent) as server:
        context.add_cookies([server.cookie])
        yield server.address


def _in_browser(file: Path) -> None:
    """What a person waits for, in Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        for kind in ("app", "lab"):
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            page = context.new_page()
            page.set_default_timeout(READY)
            began = time.perf_counter()
            notebooks = Path(shutil.copytree(notebook_folder(), file.with_suffix(f".{kind}"), dirs_exist_ok=True))
            with _served(kind, file, notebooks, context) as address:
                open_notebook(page, address, kind, "client/10/issue-credit", notebooks)
                page.get_by_label("Amount").wait_for()
                _say(f"{kind}: from command to usable form", [time.perf_counter() - began])
                previews, receipts = [], []
                for number in range(TIMES):
                    page.get_by_label("Amount").fill("5")
                    page.get_by_label("Description").fill(f"Benchmark {number}")
                    previews.append(_timed(partial(_click, page, "Preview", "Confirm: Issue credit")))
                    receipts.append(_timed(partial(_click, page, "Confirm: Issue credit", "Another one")))
                    page.get_by_role("button", name="Another one").click()
                _say(f"{kind}: click to preview", previews)
                _say(f"{kind}: confirm to receipt", receipts)
                page.close()
        chromium.close()


def _click(page: Page, button: str, then: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("button", name=then, exact=True).wait_for()


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _say(what: str, seconds: list[float]) -> None:
    """A line: the median, and the slowest where there were several."""
    slowest = f"   slowest {max(seconds):6.3f}" if len(seconds) > 1 else ""
    print(f"  {what:<52} {statistics.median(seconds):7.3f}{slowest}", flush=True)
