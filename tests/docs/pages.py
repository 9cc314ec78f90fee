"""Runs the blocks of a page as a reader pastes them: in order, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """(language, text) of the blocks that a reader runs; other languages are only read."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def run_page(page: Path, folder: Path) -> str:
    """Run a page's blocks in a folder; Python blocks of a page share their names. Returns what they printed.

    Shell blocks run one after another; a page has its Python blocks behind its shell blocks.
    """
    commands = Path(sys.executable).parent
    environment = {
        **os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "CLIENTOPS_OPERATOR": "maria", "COLUMNS": "100",
        "PYTHONWARNINGS": "default",
    }  # fmt: skip
    environment.pop("CLIENTOPS_BOOK", None)
    blocks = blocks_of(page)
    shell = "".join(text for language, text in blocks if language == "sh")
    python = "".join(text for language, text in blocks if language == "python")
    printed = ""
    for command in (["bash", "-euo", "pipefail", "-c", shell], [sys.executable, "-c", python]):
        if not command[-1]:
            continue
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{page.name}\n{done.stdout}\n{done.stderr}"
        printed += done.stdout
    return printed
