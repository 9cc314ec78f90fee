"""Text of WHMCS put right: bytes to text, HTML codes resolved, double-encoded text repaired, passwords blotted out."""

from __future__ import annotations

import codecs
import html
import re

import ftfy
import pyarrow as pa
import pyarrow.compute as pc
from ftfy.badness import is_bad

from clientops.importing.whmcs.sources import TextKind

MYSQL_CHARSETS = {
    "utf8": "utf-8",
    "utf8mb3": "utf-8",
    "utf8mb4": "utf-8",
    "binary": "utf-8",
    "latin1": "cp1252",
    "latin2": "iso8859-2",
    "latin5": "iso8859-9",
    "latin7": "iso8859-13",
    "ascii": "utf-8",
    "greek": "iso8859-7",
    "hebrew": "iso8859-8",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "sjis": "shift_jis",
    "cp932": "cp932",
    "ujis": "euc_jp",
    "gbk": "gbk",
    "gb2312": "gb2312",
    "big5": "big5",
    "euckr": "euc_kr",
}

PASSWORD = re.compile(
    r"""(?P<word>\b(?:password|passwort|kennwort|passcode|passphrase|mot\ de\ passe|contraseña|senha|wachtwoord
        |parola|hasło|adgangskode|lösenord|パスワード|пароль)\b)
        (?P<gap>(?:\s|<[^<>]{0,200}>|&nbsp;|[:=*_]){0,20}?(?:[:=]|</t[dh]>)(?:\s|<[^<>]{0,200}>|&nbsp;|[:=*_]){0,20})
        (?P<secret>[^\s<]+)""",
    re.IGNORECASE | re.VERBOSE,
)
BLOTTED = "[removed]"

_SUSPECT: dict[TextKind, str] = {
    "plain": r"[^\x00-\x7f]",
    "name": r"[^\x00-\x7f]|&",
    "text": r"[^\x00-\x7f]|&",
    "html": r"[^\x00-\x7f]",
    "mail": r"(?i)[^\x00-\x7f]|pass|kennwort|contras|senha|wachtwoord|parola|adgangskode",
}


def decode_bytes(value: bytes, charset: str = "utf-8") -> str:
    """Text from bytes; in text that should be UTF-8, bytes that are not are read as Windows-1252, one by one."""
    return value.decode(charset, "as_windows_1252" if charset == "utf-8" else "replace")


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """What to read for bytes that are not UTF-8: the letters that Windows-1252 (MySQL's latin1) has for them."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_windows_1252(byte) for byte in wrong), error.end


def _windows_1252(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error("as_windows_1252", _as_windows_1252)


def decode_array(values: pa.Array, charset: str = "utf-8") -> pa.Array:
    """A column of bytes as a column of text."""
    if charset == "utf-8":
        try:
            return values.cast(pa.string())
        except pa.ArrowInvalid:
            pass
    return pa.array([None if v is None else decode_bytes(v, charset) for v in values.to_pylist()], pa.string())


def clean_array(values: pa.Array, kind: TextKind) -> tuple[pa.Array, int]:
    """A column of text put right, and how many of its values had to be."""
    suspect = pc.fill_null(pc.match_substring_regex(values, _SUSPECT[kind]), False)
    if not pc.any(suspect).as_py():
        return values, 0
    before = values.filter(suspect).to_pylist()
    after = [clean_text(value, kind) for value in before]
    changed = sum(old != new for old, new in zip(before, after, strict=True))
    return (pc.replace_with_mask(values, suspect, pa.array(after, pa.string())), changed) if changed else (values, 0)


def clean_text(value: str, kind: TextKind) -> str:
    """Text put right: ``M&amp;uuml;ller`` and ``MÃ¼ller`` are both Müller.

    HTML codes are resolved once in long text, where a person may have written about HTML, and until none is left in
    names, which WHMCS is known to escape twice. Passwords in e-mails are replaced by ``[removed]``.
    """
    if kind in ("name", "text") and "&" in value:
        value = unescape(value, 3 if kind == "name" else 1)
    if not value.isascii() and is_bad(value):
        value = ftfy.fix_encoding(value)
    if kind == "mail":
        value = PASSWORD.sub(lambda found: found["word"] + found["gap"] + BLOTTED, value)
    return value


def unescape(value: str, times: int) -> str:
    """Text with its HTML codes resolved, at most so many times."""
    for _ in range(times):
        plain = html.unescape(value)
        if plain == value:
            break
        value = plain
    return value
