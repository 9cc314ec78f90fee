"""Text in the cells of a spreadsheet: written so that it does not run as a formula, and read back as it was."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from clientops.schema.definition import quote_name

# A spreadsheet takes a text that begins so for a formula, and runs it; the wide ones are those of Japanese keyboards.
FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


def safe_text(text: str) -> str:
    """Text with a ``'`` in front if a spreadsheet would run it.

    >>> safe_text("=1+1")
    "'=1+1"
    """
    return "'" + text if text[:1] and text[0] in FORMULA_STARTS else text


def safe_text_sql(name: str) -> str:
    """SQL of a column of text with a ``'`` in front of what a spreadsheet would run."""
    column, starts = quote_name(name), ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
    return f"case when left({column}, 1) in ({starts}) then chr(39) || {column} else {column} end"


def written_texts(table: pa.Table) -> pa.Table:
    """A table of texts without the ``'`` that was put in front of them when they were written."""
    pattern = rf"^'([{FORMULA_STARTS.replace('-', '')}-])"
    columns = [pc.replace_substring_regex(column, pattern, r"\1") for column in table.columns]
    return pa.table(columns, names=table.column_names)
