"""Runs the blocks of a page as a reader pastes them: in order, in an empty folder."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(<!-- not run: (?P<why>[^\n]+) -->\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
RUN = {"sh": ("bash", "-euo", "pipefail", "-c"), "python": (sys.executable, "-c")}
READ = {"", "text", "toml", "json", "csv", "ini", "sql", "Caddyfile", "dockerfile", "nginx"}


def pages() -> list[Path]:
    """The pages that a reader follows: README, CONTRIBUTING and everything in docs that is written by hand."""
    written = [
        page for page in (ROOT / "docs").rglob("*.md") if "reference" not in page.relative_to(ROOT / "docs").parts
    ]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(written)]


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """(language, text) of the blocks that a reader runs, in order.

    A block of another language is only read. One that cannot run here has ``<!-- not run: reason -->`` above it.
    """
    found = [match.groupdict() for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]
    unknown = {block["language"] for block in found} - RUN.keys() - READ
    assert not unknown, f"{page.name}: blocks in {sorted(unknown)}; sh and python are run, {sorted(READ)} are read"
    return [(block["language"], block["text"]) for block in found if block["language"] in RUN and not block["why"]]


def run_page(page: Path, folder: Path) -> str:
    """Run a page's blocks in a folder and return what they printed.

    Blocks of one language that follow one another share their variables.
    """
    commands = Path(sys.executable).parent
    environment = {
        **os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "CLIENTOPS_OPERATOR": "maria", "COLUMNS": "100",
        "PYTHONWARNINGS": "default",
    }  # fmt: skip
    environment.pop("CLIENTOPS_BOOK", None)
    printed = ""
    for language, blocks in itertools.groupby(blocks_of(page), key=lambda block: block[0]):
        command = [*RUN[language], "".join(text for _, text in blocks)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{page.name}\n{command[-1]}\n{done.stdout}\n{done.stderr}"
        printed += done.stdout
    return printed
