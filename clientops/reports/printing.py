"""Reports as files: HTML that stands on its own, and PDF where a Chromium is at hand."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from clientops.errors import UsageError
from clientops.reports.labels import amount_text

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
        loader=PackageLoader("clientops.reports", "templates"), autoescape=True, undefined=StrictUndefined,
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
    browser = find_browser()
    if browser is None:
        raise UsageError(
            "A PDF needs Chromium or Chrome, and none is installed (CLIENTOPS_CHROMIUM may name one); "
            "write .html instead, and print that from any browser"
        )
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        page, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
        page.write_text(page_html, encoding="utf-8")
        command = [
            browser, "--headless=new", "--disable-gpu", "--no-pdf-header-footer", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}",
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []), page.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(f"{browser} could not print the PDF: {error}; write .html instead") from error
        if not printed.exists():
            raise UsageError(f"{browser} did not print the PDF; write .html instead")
        return printed.read_bytes()
