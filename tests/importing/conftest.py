"""A MariaDB server with a made-up WHMCS in it, and the same WHMCS as a dump and as CSV files."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from clientops.importing.whmcs.dump import read_dump
from clientops.importing.whmcs.sources import SOURCE_TABLES

HERE = Path(__file__).parent
SMALL_DUMP = HERE.parent.parent / "data" / "whmcs_small.sql"
PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump")


@dataclass(frozen=True)
class Server:
    """A running MariaDB with the database ``whmcs`` in it."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"mysql://reader:s%40crt-word@127.0.0.1:{self.port}/whmcs"

    def run(self, sql: str, database: str = "whmcs") -> str:
        """What the client prints for statements."""
        return self._client("mariadb", "--batch", "--skip-column-names", database, given=sql).decode()

    def dump(self, *options: str) -> bytes:
        """A dump of the database."""
        return self._client("mariadb-dump", *options, "whmcs")

    def _client(self, program: str, *options: str, given: str = "") -> bytes:
        done = subprocess.run(
            [program, "--no-defaults", "--default-character-set=utf8mb4", f"--socket={self.folder / 's'}", "-uroot", *options],
            input=given.encode(), capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A MariaDB server of the tests' own, on a free port, with its own data folder."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        reason = f"MariaDB is not installed (apt-get install mariadb-server): there is no {', '.join(missing)}"
        if os.environ.get("REQUIRE_MARIADB") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="whmcs-"))  # short: the path of a socket has at most 107 characters
    running, port = _start(folder), _free_port()
    process = subprocess.Popen(running(port), stdout=subprocess.DEVNULL, stderr=(folder / "log").open("wb"))
    found = Server(folder, port)
    try:
        _wait(found, process)
        found.run("create database whmcs character set utf8mb4", "mysql")
        found.run((HERE / "whmcs_schema.sql").read_text("utf-8") + (HERE / "whmcs_rows.sql").read_text("utf-8"))
        found.run("create user reader identified by 's@crt-word'; grant select on whmcs.* to reader", "mysql")
        yield found
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path):
    """Make the data folder; what starts the server on a port."""
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    made = subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={folder / 'data'}", "--auth-root-authentication-method=normal",
         "--skip-test-db", *as_root],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return lambda port: [
        "mariadbd", "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={folder / 's'}", f"--port={port}",
        "--bind-address=127.0.0.1", "--sql-mode=", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", *as_root,
    ]  # fmt: skip


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail((server.folder / "log").read_text("utf-8", "replace")[-2000:])
        try:
            server.run("select 1", "mysql")
        except AssertionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the MariaDB server did not answer within 30 seconds")


@pytest.fixture(scope="session")
def small_staging(tmp_path_factory) -> Path:
    """The small WHMCS of ``data/``, read into a staging file."""
    path = tmp_path_factory.mktemp("whmcs") / "small.duckdb"
    read_dump(SMALL_DUMP, path)
    return path


@pytest.fixture(scope="session")
def csv_folder(server, tmp_path_factory) -> Path:
    """The tables of the server as CSV files."""
    from clientops.importing.whmcs.mysql import connect_mysql, parse_mysql_url, query_mysql

    folder = tmp_path_factory.mktemp("csv")
    with connect_mysql(parse_mysql_url(server.url)) as connection:
        for name in SOURCE_TABLES:
            columns = [c for (c,) in query_mysql(connection, f"select column_name from information_schema.columns where "
                       f"table_schema = database() and table_name = '{name}' order by ordinal_position").fetchall()]  # fmt: skip
            texts = ", ".join(f"cast(`{column}` as char) as `{column}`" for column in columns)
            rows = query_mysql(connection, f"select {texts} from `{name}`").fetchall()
            lines = [",".join(columns), *(",".join(map(_csv_value, row)) for row in rows)]
            (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def _csv_value(value: str | None) -> str:
    return "NULL" if value is None else '"' + value.replace('"', '""') + '"'
