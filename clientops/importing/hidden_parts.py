"""Rows and columns of a sheet that Excel does not show: hidden, or filtered away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from clientops.core.readable import counted

BLOCK = 1 << 20
MOST_TOLD = 5
_HIDDEN = re.compile(rb"<(?:\w+:)?(row|col)\s[^>]*?hidden=\"(?:1|true)\"[^>]*>")
_NUMBER = {name: re.compile(rb"\s" + name + rb"=\"(\d+)\"") for name in (b"r", b"min", b"max")}


@dataclass(frozen=True)
class Hidden:
    """Numbers of hidden rows and columns, from 1."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.rows or self.columns)

    @property
    def said(self) -> str:
        """How many, and which, for a sentence: ``2 rows (4, 7) and 1 column (3) are``."""
        parts = [
            f"{counted(len(numbers), name)} ({', '.join(map(str, sorted(numbers)[:MOST_TOLD]))}"
            f"{' …' if len(numbers) > MOST_TOLD else ''})"
            for name, numbers in (("row", self.rows), ("column", self.columns))
            if numbers
        ]
        return f"{' and '.join(parts)} {'is' if len(self.rows) + len(self.columns) == 1 else 'are'}"


NOTHING_HIDDEN = Hidden()


def hidden_parts(path: Path, sheet: Any) -> Hidden:
    """What a sheet, opened for reading only, hides within the part that has cells."""
    rows: set[int] = set()
    columns: set[int] = set()
    with ZipFile(path) as archive, archive.open(sheet._worksheet_path) as file:  # noqa: SLF001 - openpyxl names the part nowhere else
        rest = b""
        while block := file.read(BLOCK):
            rest += block
            for found in _HIDDEN.finditer(rest):
                if found[1] == b"row":
                    rows |= {int(n) for n in _NUMBER[b"r"].findall(found[0])}
                else:
                    low, high = (int(_NUMBER[name].findall(found[0])[0]) for name in (b"min", b"max"))
                    columns |= set(range(low, min(high, sheet.max_column or low) + 1))
            rest = rest[rest.rfind(b"<") :]
    most = sheet.max_row or max(rows, default=0)
    return Hidden(frozenset(n for n in rows if n <= most), frozenset(columns))
