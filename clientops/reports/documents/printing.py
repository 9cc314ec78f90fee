"""Reports as files: HTML that stands on its own, and PDF where a Chromium is at hand."""

from __future__ import annotations

import base64
import html
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from jinja2 import Environment, PackageLoader, StrictUndefined

from clientops.core.errors import UsageError
from clientops.reports.lists.row_names import amount_text

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "chrome")
SECONDS = 120


def find_browser() -> str | None:
    """Path of a Chromium: ``CLIENTOPS_CHROMIUM``, else the first one that is installed; None if there is none."""
    named = os.environ.get("CLIENTOPS_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The templates of reports; whatever a value holds is escaped."""
    environment = Environment(
        loader=PackageLoader("clientops.reports.documents", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["money"] = amount_text
    environment.filters["css_text"] = css_text
    return environment


def css_text(text: str) -> str:
    """A text inside the quotes of a style sheet: whatever is neither letter, digit nor blank is written by its number."""
    plain = html.unescape(text)
    return "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in plain)


def render_html(name: str, **values: Any) -> str:
    """A report's HTML: the template and its values, with its style inside, without a script or anything from elsewhere."""
    return templates().get_template(name).render(**values)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = path.with_name(path.name + ".unfinished")
    before = os.umask(0o077)
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{path} could not be written: {error.strerror}") from error
    finally:
        os.umask(before)
        unfinished.unlink(missing_ok=True)


def print_pdf(page_html: str) -> bytes:
    """HTML printed as PDF by a headless Chromium.

    Raises:
        UsageError: There is none, or it failed; the sentence says what to do.
    """
    with Printer() as printer:
        return printer.print(page_html)


class Printer:
    """A headless Chromium that prints one page after another, from ``with`` to its end; starting it is what takes long.

    It is spoken to through two pipes of its own, so that nobody else on the machine reaches it.

    Raises:
        UsageError: There is none, or it failed; the sentence says what to do.
    """

    def __init__(self) -> None:
        found = find_browser()
        if found is None:
            raise UsageError(
                "A PDF needs Chromium or Chrome, and none is installed (CLIENTOPS_CHROMIUM may name one); "
                "write .html instead, and print that from any browser"
            )
        self._browser = found
        self._unread = b""
        self._asked = 0
        self._session: dict[str, str] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="clientops-", ignore_cleanup_errors=True)
            )
            self._start(stack)
            target = self._ask("Target.createTarget", url="about:blank")["targetId"]
            session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self._session = {"sessionId": session}
            self._ask("Page.enable")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def print(self, page_html: str) -> bytes:
        """A page as PDF.

        Raises:
            UsageError: Chromium failed.
        """
        page = Path(self._folder) / "page.html"
        page.write_text(page_html, encoding="utf-8")
        self._ask("Page.navigate", url=page.as_uri())
        while self._read().get("method") != "Page.loadEventFired":
            pass
        printed = self._ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True, generateTaggedPDF=True)
        return base64.b64decode(printed["data"])

    def _start(self, stack: ExitStack) -> None:
        command = [
            self._browser, "--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", f"--user-data-dir={self._folder}/profile", "--remote-debugging-pipe",
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []), "about:blank",
        ]  # fmt: skip
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        stack.callback(os.close, self._from)
        stack.callback(os.close, self._to)
        try:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", "-c", AT_THREE_AND_FOUR, str(theirs_in), str(theirs_out), *command],
                pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            raise self._failed(str(error)) from error
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        stack.callback(process.wait)
        stack.callback(process.kill)

    def _ask(self, method: str, **params: object) -> dict[str, Any]:
        """Ask for something and wait for the answer; what happens meanwhile is not looked at."""
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": params, **self._session}
        try:
            os.write(self._to, json.dumps(asked).encode() + b"\0")
        except OSError as error:
            raise self._failed("it ended") from error
        while (answer := self._read()).get("id") != self._asked:
            pass
        if "result" not in answer:
            raise self._failed(str(answer.get("error", {}).get("message", "it does not say why")))
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> dict[str, Any]:
        """What Chromium says next."""
        parts = [self._unread]
        while b"\0" not in parts[-1]:
            if not select.select([self._from], [], [], SECONDS)[0]:
                raise self._failed(f"it said nothing for {SECONDS} seconds")
            parts.append(os.read(self._from, 1 << 20))
            if not parts[-1]:
                raise self._failed("it ended")
        said, _, self._unread = b"".join(parts).partition(b"\0")
        try:
            message: dict[str, Any] = json.loads(said)
        except ValueError as error:
            raise self._failed("it says what nobody understands") from error
        return message

    def _failed(self, why: str) -> UsageError:
        return UsageError(f"{self._browser} could not print the PDF: {why}; write .html instead")


# Chromium wants its pipes there.
AT_THREE_AND_FOUR = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for place, pipe in enumerate(pipes, 3):
    os.dup2(pipe, place)
    os.close(pipe)
os.execv(sys.argv[3], sys.argv[3:])
"""


def print_files(printer: Printer, pages: Iterable[Path], folder: Path) -> Iterator[Path]:
    """Print HTML files as PDF files of the same names in a folder, made if it is missing; each is given as it is done.

    Raises:
        UsageError: Chromium failed, or a file cannot be written; those before are there.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for page in pages:
        path = folder / f"{page.stem}.pdf"
        write_private(path, printer.print(page.read_text(encoding="utf-8")))
        yield path
