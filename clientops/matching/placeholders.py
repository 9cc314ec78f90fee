"""References that banks write where there is none: they name nothing, and two payments that have them are not one."""

from __future__ import annotations

import re

PLACEHOLDERS = frozenset({
    "NOTPROVIDED", "NOTPROVID", "NOTGIVEN", "NOTAVAILABLE", "NOTAPPLICABLE", "NONREF", "NOREF", "NOREFERENCE", "NONE", "NULL", "NIL", "NAN", "NA",
    "UNKNOWN", "EREF", "KREF", "MREF", "CREF", "REF", "EREFNOTPROVIDED", "KREFNONREF", "EREFNONREF", "KREFNOTPROVIDED", "ENDTOENDID",
    "ENDTOENDIDNOTPROVIDED", "NICHTANGEGEBEN", "KEINEREFERENZ", "OHNE", "GEEN", "AUCUNE", "NESSUNA",
})  # fmt: skip
_KEY = re.compile(r"^(?:EREF|KREF|MREF)\s*[+:]\s*", re.IGNORECASE)
_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]")


def real_reference(text: str) -> str:
    """The reference, or an empty text where it is a placeholder such as ``NOTPROVIDED``, ``NONREF``, ``KREF+`` or ``0000``."""
    plain = _KEY.sub("", " ".join(text.split()))
    bare = _NOT_ALNUM.sub("", plain).upper()
    if bare in PLACEHOLDERS or len(bare) < 2 or len(set(bare)) == 1:
        # A single sign, or one sign repeated (0000, XXXX), names nothing. Letters beyond A to Z are no sign of that.
        return "" if plain.isascii() else plain
    return plain


def first_reference(*texts: str) -> str:
    """The first text that is a reference; empty if none is."""
    return next((found for text in texts if (found := real_reference(text))), "")


def real_reference_sql(column: str) -> str:
    """SQL of the reference, null where it is a placeholder: for lines that were imported before these were recognised."""
    bare = f"upper(regexp_replace({column}, '[^0-9A-Za-z]', '', 'g'))"
    listed = ", ".join(f"'{word}'" for word in sorted(PLACEHOLDERS))
    return (
        f"case when {bare} in ({listed}) or length({bare}) < 2 or replace({bare}, left({bare}, 1), '') = '' "
        f"then null else {column} end"
    )
