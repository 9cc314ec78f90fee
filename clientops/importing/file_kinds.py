"""What a file is by its first bytes, whatever its name says; so that what is no table is told what it is."""

from __future__ import annotations

import re
from pathlib import Path

from clientops.core.errors import UsageError

_SIGNS = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel file of before 2007 (or another old Office file)"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "compressed (7z)"),
    (b"Rar!", "compressed (RAR)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3\0", "a database (SQLite)"),
    (b"PAR1", "a Parquet file"),
)
_ZIP = b"PK\x03\x04"
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|table|head|body|\?xml|workbook)", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*[\"}]")
EXCEL_ENDINGS = (".xlsx", ".xlsm")


def refuse_other_kinds(path: Path) -> None:
    """Refuse a file that is no table of text and no Excel file, or has the other's ending.

    Raises:
        UsageError: The sentence says what it is, and what to do.
    """
    with path.open("rb") as file:
        head = file.read(2048)
    if not head.strip():
        raise UsageError(f"{path} is empty")
    is_excel, ending = path.suffix.lower() in EXCEL_ENDINGS, path.suffix.lower()
    for sign, kind in _SIGNS:
        if head.startswith(sign):
            raise UsageError(f"{path} is {kind}, which is not read here; save its table as .xlsx or .csv first")
    if head.startswith(_ZIP):
        if not is_excel:
            raise UsageError(
                f"{path} is no text: it is an Excel file, which needs the ending .xlsx, or another packed file"
                f" ({ending or 'without an ending'}), whose table is to be saved as .xlsx or .csv first"
            )
        return
    if is_excel:
        raise UsageError(
            f"{path} is no Excel file, though it ends in {ending}; if it is text, let its name end in .csv"
        )
    if _MARKUP.match(head):
        raise UsageError(
            f"{path} is a web page or XML, and no table; open it in Excel or LibreOffice and save it as .xlsx"
        )
    if _JSON.match(head):
        raise UsageError(f"{path} is JSON, and no table; save it as .csv or .xlsx first")
