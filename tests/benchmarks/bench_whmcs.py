"""How fast a WHMCS comes in, beside a plain copy of the same columns: from a live MariaDB server."""

from __future__ import annotations

import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from clientops.book.book import Book
from clientops.importing.whmcs.mysql import connect_mysql, parse_mysql_url, query_mysql, read_mysql
from clientops.importing.whmcs.rule import IMPORT_WHMCS
from clientops.importing.whmcs.sources import SOURCE_TABLES
from tests.benchmarks.whmcs_rows import TABLES, fill_sql
from tests.importing.mariadb import missing_programs, running_server


def run(*, clients: int, folder: str | None = None) -> None:
    """Print seconds, rows a second and peak memory for a WHMCS of so many clients with ten child rows each."""
    if missing_programs():
        print(f"MariaDB is not installed: there is no {', '.join(missing_programs())}")
        return
    place = Path(folder or tempfile.mkdtemp(prefix="clientops-bench-"))
    place.mkdir(parents=True, exist_ok=True)
    try:
        with running_server() as server:
            started = time.perf_counter()
            for statement in fill_sql(clients):
                server.run(statement)
            print(f"filled MariaDB in {time.perf_counter() - started:.0f} s", flush=True)
            _measure(server.url, place)
    finally:
        if folder is None:
            shutil.rmtree(place)


def _measure(url: str, place: Path) -> None:
    staging, path = place / "staging.duckdb", place / "whmcs.duckdb"
    for file in (staging, path, place / "plain.duckdb"):
        file.unlink(missing_ok=True)
    rows = _line("plain copy of the same columns", 0, lambda: _copy(url, place / "plain.duckdb"))
    _line("read into a staging file", rows, lambda: read_mysql(url, staging))
    book = Book.create(path, operator="bench")
    preview = _line("preview", rows, lambda: book.preview(IMPORT_WHMCS, {"source": "whmcs"}, staging=staging))
    receipt = _line("apply", rows, lambda: book.apply(preview, reason="bench"))
    print(f"taken: {sum(count for _, _, count in receipt.counts):,} rows")
    again = _line(
        "preview of the same again", rows, lambda: book.preview(IMPORT_WHMCS, {"source": "whmcs"}, staging=staging)
    )
    assert not again.changes
    report = _line("verify", rows, book.verify)
    assert report.is_clean


def _copy(url: str, path: Path) -> int:
    """What a person would type to have the tables in DuckDB; the number of their rows."""
    source = parse_mysql_url(url)
    count = 0
    with duckdb.connect(str(path)) as target, connect_mysql(source) as connection:
        for name in TABLES:
            columns = ", ".join(f"cast(`{column}` as char) as `{column}`" for column in SOURCE_TABLES[name].columns)
            target.register(
                "batches", query_mysql(connection, f"select {columns} from `{name}`").to_arrow_reader(50_000)
            )
            target.execute(f"create table {name} as select * from batches")
            target.unregister("batches")
            row = target.execute(f"select count(*) from {name}").fetchone()
            count += row[0] if row else 0
    return count


def _line(label: str, rows: int, work: Callable[[], Any]) -> Any:
    """Do something, and print how long it took and the most memory the process had meanwhile."""
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.05):
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
            peak = max(peak, pages * resource.getpagesize() / 1e9)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    try:
        result = work()
    finally:
        seconds = time.perf_counter() - started
        done.set()
        watcher.join()
    rows = rows or int(result)
    print(f"{label:34}{seconds:>9.1f} s{rows / seconds:>12,.0f} rows/s   peak {peak:.2f} GB", flush=True)
    return result
