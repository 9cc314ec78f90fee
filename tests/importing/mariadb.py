"""A MariaDB server of one's own, on a free port, with its own data folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
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

    def load(self, folder: Path, database: str) -> None:
        """Put the files of an export into a database, with the statements that came with them."""
        code, said = self.try_load(folder, database)
        assert code == 0, said

    def try_load(self, folder: Path, database: str, *options: str) -> tuple[int, str]:
        """The same, which may fail: the exit code and all that the client says."""
        sql = (folder / "load.sql").read_text("utf-8")
        done = self._run("mariadb", "--local-infile", *options, database, given=sql, at=folder)
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")

    def dump(self, *options: str) -> bytes:
        """A dump of the database."""
        return self._client("mariadb-dump", *options, "whmcs")

    def _client(self, program: str, *options: str, given: str = "") -> bytes:
        done = self._run(program, *options, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _run(
        self, program: str, *options: str, given: str = "", at: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [program, "--no-defaults", "--default-character-set=utf8mb4", f"--socket={self.folder / 's'}", "-uroot", *options],
            input=given.encode("utf-8", "surrogateescape"), cwd=at, capture_output=True, check=False,
        )  # fmt: skip


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def missing_programs() -> list[str]:
    """What would have to be installed before."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def running_server() -> Iterator[Server]:
    """A server with the tables of a WHMCS in the database ``whmcs``, which ``reader`` may read."""
    folder = Path(tempfile.mkdtemp(prefix="whmcs-"))  # short: the path of a socket has at most 107 characters
    running, port = _start(folder), _free_port()
    process = subprocess.Popen(running(port), stdout=subprocess.DEVNULL, stderr=(folder / "log").open("wb"))
    found = Server(folder, port)
    try:
        _wait(found, process)
        found.run("create database whmcs character set utf8mb4", "mysql")
        found.run((HERE / "whmcs_schema.sql").read_text("utf-8"))
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
            raise AssertionError((server.folder / "log").read_text("utf-8", "replace")[-2000:])
        try:
            server.run("select 1", "mysql")
        except AssertionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the MariaDB server did not answer within 30 seconds")
