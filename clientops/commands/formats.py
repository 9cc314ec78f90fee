"""How rows are written: tables for people on a terminal, CSV, TSV or JSON lines for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Literal, TextIO

Format = Literal["table", "csv", "tsv", "nl"]

FLAGS: dict[str, Format] = {"--table": "table", "--csv": "csv", "--tsv": "tsv", "--nl": "nl"}

_chosen: ContextVar[Format | None] = ContextVar("_chosen", default=None)


def take_format(arguments: Sequence[str]) -> list[str]:
    """The arguments without the flags of a format, which is chosen for the whole run; flags may stand anywhere."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    given = [word for word in words[:end] if word in FLAGS]
    _chosen.set(FLAGS[given[-1]] if given else None)
    return [word for place, word in enumerate(words) if place >= end or word not in FLAGS]


def chosen_format(*, is_terminal: bool) -> Format:
    """The format that was asked for; else a table on a terminal, and TSV into a file or a pipe."""
    return _chosen.get() or ("table" if is_terminal else "tsv")


def write_rows(
    kind: Format,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    show: Callable[[Any], str],
    plain: Callable[[Any], Any],
    out: TextIO | None = None,
) -> None:
    r"""Write rows for programs, one a line, whole and unwrapped.

    Args:
        kind: ``csv``, ``tsv`` (tabs, line breaks and backslashes of values as ``\t``, ``\n``, ``\\``) or ``nl`` (a JSON
            object a line).
        columns: Headings.
        rows: The rows.
        show: A value as text.
        plain: A value that JSON knows.
        out: Where to; else standard output.
    """
    out = out or sys.stdout
    if kind == "nl":
        for row in rows:
            record = {name: plain(value) for name, value in zip(columns, row, strict=True)}
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    elif kind == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([show(value) for value in row] for row in rows)
    else:
        out.write("\t".join(map(_cell, columns)) + "\n")
        for row in rows:
            out.write("\t".join(_cell(show(value)) for value in row) + "\n")


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _cell(text: str) -> str:
    return text.translate(_ESCAPES)
