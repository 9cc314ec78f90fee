"""Literals of SQL and what they stand for: strings of every kind, numbers, hexadecimal and bits."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from clientops.importing.whmcs.charsets import MYSQL_CHARSETS
from clientops.importing.whmcs.sql_text import GAP, PLAIN_STRING, ROW_END, STRING

_ESCAPE = re.compile(rb"\\(.)|''|\"\"", re.DOTALL)
_ESCAPED = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}
_BARE = re.compile(rb"(?i)null|true|false|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?")
_HEX = re.compile(rb"(?i)(?:_\w+\s*)?(?:0x([0-9a-f]*)|x['\"]([0-9a-f]*)['\"])")
_BITS = re.compile(rb"(?i)(?:0b([01]+)|b['\"]([01]*)['\"])")
_WORD = re.compile(rb"(?i)^(?:_\w+\s*|n(?=['\"]))")
_ODD = r"""^[_nNxXbB"]|^0[xb]|^'(?s:.*)['"]\s+['"]"""
_NUMBERS = (b"int", b"tinyint", b"smallint", b"mediumint", b"bigint", b"integer", b"bit", b"bool", b"boolean", b"decimal",
            b"numeric", b"float", b"double", b"year", b"dec", b"fixed")  # fmt: skip


@dataclass(frozen=True)
class ColumnKind:
    """What a column of a dump holds.

    Attributes:
        is_number: Whether hexadecimal and bits are numbers in it.
        charset: Of its text, as Python calls it; empty if the dump does not say.
    """

    is_number: bool = False
    charset: str = ""


def column_kind(definition: bytes, table_charset: str) -> ColumnKind:
    """What the words behind a column's name say about it."""
    words = definition.lower().split(None, 1)
    kind = re.split(rb"[^a-z]", words[0])[0] if words else b""
    found = re.search(rb"(?:character\s+set|charset|collate)\s*=?\s*['\"]?([a-z0-9]+)", definition.lower())
    charset = MYSQL_CHARSETS.get(found[1].decode(), "") if found else table_charset
    return ColumnKind(kind in _NUMBERS, charset)


def row_pattern(columns: Sequence[str], wanted: Collection[str], *, has_escapes: bool = True) -> re.Pattern[bytes]:
    """What a row of these columns looks like; only the wanted ones are captured, and what follows the row."""
    string = STRING if has_escapes else PLAIN_STRING
    value = (
        rb"(?:(?:_\w++\s*+|[NnXxBb](?=['\"]))?" + string + rb"(?:\s*+" + string + rb")*+|(?:_\w++\s++)?[^\s,()'\"]++)"
    )
    values = [b"(" + value + b")" if name in wanted else b"(?:" + value + b")" for name in columns]
    between = rb"\s*+,\s*+"
    return re.compile(GAP + rb"\(\s*+" + between.join(values) + rb"\s*+\)" + GAP + ROW_END, re.DOTALL)


def any_row_pattern(*, has_escapes: bool = True) -> re.Pattern[bytes]:
    """What a row of any columns looks like; nothing is captured but what follows it."""
    string = STRING if has_escapes else PLAIN_STRING
    part = rb"(?:[^'\"()]++|" + string + rb"|\((?:[^'\"()]++|" + string + rb")*+\))*+"
    return re.compile(GAP + rb"\(" + part + rb"\)" + GAP + ROW_END, re.DOTALL)


def assignment_pattern(*, has_escapes: bool = True) -> re.Pattern[bytes]:
    """One ``name = value`` of ``insert … set``, and what follows it."""
    string = STRING if has_escapes else PLAIN_STRING
    value = rb"((?:_\w++\s*+|[NnXxBb](?=['\"]))?" + string + rb"(?:\s*+" + string + rb")*+|[^\s,()'\";]++)"
    return re.compile(GAP + rb"[`\"]?(\w++)[`\"]?" + GAP + rb"=" + GAP + value + GAP + ROW_END, re.DOTALL)


def plain_values(
    tokens: Sequence[bytes], kind: ColumnKind | None = None, charset: str = "utf-8", *, has_escapes: bool = True
) -> pa.Array:
    r"""What literals of SQL stand for: ``'it\'s'`` is ``it's``, ``0x5A`` is ``Z``, ``NULL`` is nothing.

    >>> plain_values([rb"'it\'s'", b"12.50", b"NULL", b"0x5A6F", b"'a' 'b'"]).to_pylist()
    [b"it's", b'12.50', None, b'Zo', b'ab']

    Args:
        tokens: Literals, as they are written.
        kind: What their column holds.
        charset: Of the strings of the dump, in which hexadecimal text is given too.
        has_escapes: Whether a backslash changes the sign behind it.

    Raises:
        ValueError: One is neither a string nor a number, e.g. a function; the error has it.
    """
    literals = pa.array(tokens, pa.binary())
    is_odd = pc.fill_null(pc.match_substring_regex(literals, _ODD), False)
    is_null = pc.match_substring_regex(literals, "^(?i:null)$")
    is_text = pc.starts_with(literals, "'")
    bare = literals.filter(pc.invert(pc.or_(is_text, pc.or_(is_odd, is_null))))
    if len(bare):
        checked = bare.unique().to_pylist() if len(bare) > 1 else bare.to_pylist()
        for value in checked:
            if not _BARE.fullmatch(value):
                raise ValueError(value.decode("utf-8", "replace"))
    values = pc.if_else(is_text, pc.binary_slice(literals, 1, -1), literals)
    for word, number in (("true", b"1"), ("false", b"0")):
        values = pc.if_else(
            pc.match_substring_regex(literals, f"^(?i:{word})$"), pa.scalar(number, pa.binary()), values
        )
    values = pc.if_else(is_null, pa.scalar(None, pa.binary()), values)
    pattern = r"\\|''|\"\"" if has_escapes else r"''|\"\""
    is_escaped = pc.and_(is_text, pc.fill_null(pc.match_substring_regex(values, pattern), False))
    is_escaped = pc.and_(is_escaped, pc.invert(is_odd))
    if pc.any(is_escaped).as_py():
        plain = [
            _unquoted(b"'" + value + b"'", has_escapes=has_escapes) for value in values.filter(is_escaped).to_pylist()
        ]
        values = pc.replace_with_mask(values, is_escaped, pa.array(plain, pa.binary()))
    if pc.any(is_odd).as_py():
        found = [_odd_value(token, kind or ColumnKind(), charset, has_escapes=has_escapes)
                 for token in literals.filter(is_odd).to_pylist()]  # fmt: skip
        values = pc.replace_with_mask(values, is_odd, pa.array(found, pa.binary()))
    return values


def _odd_value(token: bytes, kind: ColumnKind, charset: str, *, has_escapes: bool) -> bytes | None:
    """The value of a literal that is not simply a string in single quotes, a number or nothing."""
    if found := _BITS.fullmatch(token):
        digits = found[1] or found[2] or b"0"
        number = int(digits, 2)
        return b"%d" % number if kind.is_number else number.to_bytes((len(digits) + 7) // 8, "big")
    if found := _HEX.fullmatch(token):
        digits = found[1] or found[2] or b""
        if kind.is_number:
            return b"%d" % int(digits or b"0", 16)
        raw = bytes.fromhex((b"0" * (len(digits) % 2) + digits).decode())
        if kind.charset and kind.charset != charset:
            return raw.decode(kind.charset, "replace").encode(charset, "replace")
        return raw
    string = _WORD.sub(b"", token)
    if not string.startswith((b"'", b'"')):
        if _BARE.fullmatch(token):
            return None if token.lower() == b"null" else token
        raise ValueError(token.decode("utf-8", "replace"))
    parts = re.findall(STRING if has_escapes else PLAIN_STRING, string, re.DOTALL)
    return b"".join(_unquoted(part, has_escapes=has_escapes) for part in parts)


def _unquoted(string: bytes, *, has_escapes: bool) -> bytes:
    """A string without its quotes and what they escape."""
    quote, inside = string[:1], string[1:-1]
    if not has_escapes:
        return inside.replace(quote * 2, quote)

    def plain(found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            return quote if found[0] == quote * 2 else found[0]
        return _ESCAPED.get(found[1], found[1])

    return _ESCAPE.sub(plain, inside)
