"""A server in a process of its own, as ``clientops app`` starts it, and whoever is signed in there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass
class Running:
    """A server that runs: where it is, and the cookie of the one person who is signed in."""

    address: str
    area: str
    cookie: dict[str, Any]
    process: subprocess.Popen[str]


@contextmanager
def started(
    file: Path, folder: Path, *options: str, command: str = "app"
) -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """The lines that a server says when it is up, and its process; ended by a signal, as a terminal does."""
    log = (folder / "server.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "clientops.cli", "--book", str(file), command, *options],
        stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "CLIENTOPS_STRICT": "", "COLUMNS": "200"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said: list[str] = []
        while "Ctrl+C" not in "".join(said):
            line = process.stdout.readline()
            assert line, (folder / "server.log").read_text()
            said.append(line)
        yield said, process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()
        log.close()


@contextmanager
def running(file: Path, folder: Path) -> Iterator[Running]:
    """The workbench and the client area, with somebody signed in by the link that works once."""
    options = ("--no-browser", "--port", "0", "--client-area-port", "0")
    with started(file, folder, *options) as (said, process):
        text = "".join(said)
        area = re.search(r"client area is at (\S+)", text)
        link = re.search(r"clientops is at ((\S+)/once/\S+)", text)
        assert area, text
        assert link, text
        answer = httpx.get(link[1], timeout=60)
        name, value = next(iter(answer.cookies.items()))
        cookie = {"name": name, "value": value, "url": link[2], "httpOnly": True, "sameSite": "Lax"}
        yield Running(f"{link[2]}/", f"{area[1]}/", cookie, process)
