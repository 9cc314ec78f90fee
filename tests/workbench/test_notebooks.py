"""Every notebook runs, on a fresh book, with errors raised instead of shown."""

import os
import subprocess
import sys
from pathlib import Path

from tests.books import OPERATOR

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_every_notebook_runs(book, tmp_path):
    """nbval executes each of them in a kernel of its own."""
    environment = {**os.environ, "CLIENTOPS_BOOK": str(book.path), "CLIENTOPS_OPERATOR": OPERATOR, "CLIENTOPS_STRICT": "1",
                   "CLIENTOPS_STATE": str(tmp_path / "state"), "PYTHONWARNINGS": "ignore"}  # fmt: skip
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
               "-o", "addopts=", "--rootdir", str(NOTEBOOKS), str(NOTEBOOKS)]  # fmt: skip
    ran = subprocess.run(
        command, env=environment, cwd=NOTEBOOKS, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
    count = len(list(NOTEBOOKS.glob("*.ipynb")))
    assert f"{2 * count} passed" in ran.stdout
