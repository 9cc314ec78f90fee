"""Quotes of a CSV file that are opened and never closed, which would swallow all rows behind them."""

from __future__ import annotations

import csv
from pathlib import Path

BLOCK = 1 << 20


def open_quote(path: Path, delimiter: str) -> int:
    """Line, from 1, of the quote that has no end; 0 if every quote has one.

    A value is quoted if a quote is its first sign, blanks apart; a quote within such a value stands twice.
    """
    with path.open("rb") as file:
        if not sum(block.count(b'"') for block in iter(lambda: file.read(BLOCK), b"")) % 2:
            return 0
    began = line = 0
    is_quoted = False
    with path.open(encoding="utf-8", errors="replace", newline="") as text:
        for line, content in enumerate(text, 1):
            parts = content.split('"')
            for place, part in enumerate(parts[:-1]):
                if is_quoted:
                    is_quoted = False
                elif not part.strip() or part.rstrip().endswith(delimiter) or (place and not part):
                    is_quoted, began = True, line
    return began if is_quoted else 0


def odd_quote(path: Path, delimiter: str) -> str:
    """A sentence on the first quote that stands neither at an end of a value nor twice; empty if there is none."""
    with path.open(encoding="utf-8", errors="replace", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            for _ in reader:
                pass
        except csv.Error:
            return f"a quote on line {reader.line_num} stands within a value; write it twice there, or close the value before"
    return ""
