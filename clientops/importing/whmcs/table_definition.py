"""The columns of ``create table``, whatever its layout: in lines of their own, all in one, indented or not."""

from __future__ import annotations

import re

from clientops.importing.whmcs.sql_text import STRING

_PART = re.compile(
    rb"(?:[^'\"`(),/#-]++|" + STRING + rb"|`[^`]*+`|/\*.*?\*/|--[ \t\r\n][^\n]*+\n?|#[^\n]*+\n?|[/-]|"
    rb"(?P<open>\()|(?P<close>\))|(?P<comma>,))",
    re.DOTALL,
)
_COLUMN = re.compile(rb"""\s*(?:/\*.*?\*/\s*|--[ \t][^\n]*\n\s*)*(?:`([^`]+)`|"([^"]+)"|(\w+))\s+(.*)""", re.DOTALL)
_CHARSET = re.compile(rb"(?:default\s+)?(?:charset|character\s+set|collate)\s*=?\s*['\"]?([a-z0-9]+)", re.IGNORECASE)
_NO_COLUMN = {
    b"primary", b"unique", b"key", b"index", b"constraint", b"fulltext", b"spatial", b"foreign", b"check", b"period",
    b"like",
}  # fmt: skip


def column_definitions(text: bytes) -> list[tuple[str, bytes]]:
    """Name and definition of each column, in their order.

    Args:
        text: What follows the table's name: ``(`id` int NOT NULL, …) ENGINE=…``.

    Returns:
        Nothing if there is no list of columns.
    """
    found: list[tuple[str, bytes]] = []
    depth, began = 0, 0
    for part in _PART.finditer(text):
        if part["open"]:
            depth += 1
            if depth == 1:
                began = part.end()
        elif part["close"] or (part["comma"] and depth == 1):
            if depth == 1 and (column := _column(text[began : part.start()])):
                found.append(column)
            if part["close"]:
                depth -= 1
                if not depth:
                    return found
            else:
                began = part.end()
    return []


def _column(definition: bytes) -> tuple[str, bytes] | None:
    match = _COLUMN.match(definition)
    if match is None or (match[3] and match[3].lower() in _NO_COLUMN):
        return None
    name = match[1] or match[2] or match[3]
    return name.decode("utf-8", "replace").lower(), match[4]


def table_charset(definition: bytes) -> str:
    """MySQL's name of the character set that the options behind the columns name; empty if they name none."""
    options = definition[definition.rfind(b")") :]
    found = _CHARSET.search(options)
    return found[1].decode().lower() if found else ""
