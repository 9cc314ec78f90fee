"""The audit notebook: run for a period by a kernel of its own, and exported as one page."""

from __future__ import annotations

import html
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from clientops.core.errors import ClientopsError
from clientops.reports.audit.report import Audit, page

TEMPLATES = Path(__file__).parents[1] / "documents" / "templates" / "nbconvert"
_SECTION = re.compile(r'<section id="([^"]+)">\n<h2>(.*?)</h2>')


def run_notebook(notebook: Path, audit: Audit) -> Any:
    """The notebook with its outputs, run for the book and period of an audit.

    The cell tagged ``parameters`` is followed by one that names the book and the days.

    Raises:
        ClientopsError: A cell failed; the sentence is its error.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from traitlets.config import Config

    node = nbformat.read(notebook, as_version=4)
    days = f"{audit.first.isoformat()!r}, {audit.last.isoformat()!r}"
    given = f"book, first, last, as_of = {str(audit.book.path)!r}, {days}, {audit.book.moment!r}"
    place = next(n for n, cell in enumerate(node.cells) if "parameters" in cell.metadata.get("tags", [])) + 1
    node.cells.insert(place, nbformat.v4.new_code_cell(given, id="injected-parameters"))
    environment = {**os.environ, "CLIENTOPS_BOOK": str(audit.book.path), "CLIENTOPS_OPERATOR": audit.book.operator}
    where = {"metadata": {"path": str(notebook.parent)}}
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        # Sockets that only this user reaches, where there are such; beside a port any user of the machine could knock.
        private = {"transport": "ipc", "ip": f"{folder}/kernel"} if sys.platform.startswith("linux") else {}
        client = NotebookClient(
            node, timeout=None, kernel_name="python3", resources=where, config=Config({"KernelManager": private})
        )
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise ClientopsError(f"The audit notebook {notebook.name} failed: {error.ename}: {error.evalue}") from error
        except (DeadKernelError, RuntimeError) as error:
            raise ClientopsError(f"The audit notebook {notebook.name} could not be run: {error}") from error
    return node


def notebook_html(node: Any, audit: Audit) -> str:
    """The outputs of a notebook that was run, as the report's page."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="audit", extra_template_basedirs=[str(TEMPLATES)])
    body, _ = exporter.from_notebook_node(node)
    found = list(_SECTION.finditer(body))
    ends = [match.start() for match in found[1:]] + [len(body)]
    parts = [(m[1], html.unescape(m[2]), body[m.start() : end]) for m, end in zip(found, ends, strict=True)]
    return page(audit, parts)
