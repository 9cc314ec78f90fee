"""Opening a screen in the app or in JupyterLab, so that the same steps go on in either."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from clientops.workbench.launch import notebook_folder

READY = 90_000
_serial = itertools.count(1)


def notebook_at(route: str, folder: Path) -> str:
    """Make the notebook of a route's screen that begins at the route; its name.

    In the app the address says where one is; in JupyterLab a notebook is a screen, and begins where its cell says.
    Each has a kernel of its own, as the notebooks of two people have.
    """
    name = route.partition("/")[0] or "home"
    text = (notebook_folder() / f"{name}.ipynb").read_text(encoding="utf-8")
    made = folder / f"{name}-{next(_serial)}.ipynb"
    made.write_text(text.replace(f'screen(\\"{name}\\"', f'screen(\\"{route}\\"'), encoding="utf-8")
    return made.name


def open_notebook(page, address: str, kind: str, route: str, folder: Path | None = None) -> None:
    """Open a route in the app (``kind`` "app") or, with Run All, in JupyterLab, and wait until the screen is there."""
    if kind == "app":
        page.goto(f"{address}#{route}")
        page.locator(".co-main").wait_for(timeout=READY)
        return
    assert folder, "JupyterLab serves a folder"
    made = notebook_at(route, folder)
    # A workspace of its own: else JupyterLab opens again what an earlier page had open.
    page.goto(address.replace("/lab/tree/home.ipynb", f"/lab/workspaces/{Path(made).stem}/tree/{made}"))
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=READY)
    page.get_by_text(re.compile(r"\| Idle")).first.wait_for(timeout=READY)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator(".co-root .co-top > *").first.wait_for(timeout=READY)
