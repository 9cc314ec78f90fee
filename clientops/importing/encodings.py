"""Which encoding a text file is in, by its bytes; and the same text as UTF-8."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from clientops.errors import UsageError

HEAD = 1 << 18
BLOCK = 1 << 20
ENOUGH = 1 << 16

_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
# In Western text letters beyond ASCII stand alone (Müller); in Cyrillic or Japanese they stand together.
_DENSE = 2.5
# Where Windows has rare signs, Japanese has the first bytes of many letters.
_NO_LETTERS = re.compile(rb"[\x81-\x84\x86-\x89\x8b\x90\x95\x98\x99\x9b]")
_MANY = 0.08
_ELSEWHERE = ["cp1251", "koi8_r", "iso8859_5", "iso8859_7", "cp1253", "cp932", "euc_jp", "big5", "gb18030", "euc_kr"]
# Polish and Hungarian read as Western have these signs inside words.
_ODD_SIGNS = re.compile(r"[^\W\d_][¹³£¿¯¶¼¾»¥Ÿ]|[¹³£¿¯¶¼][^\W\d_]")
# Czech, Croatian and Hungarian have letters that no Western language has together: Dvoøák, Kovaèiæ, Gyõzõ with û.
_ODD_LETTERS = ({"ø", "ì"}, {"ø", "è"}, {"ø", "ù"}, {"è", "æ"}, {"õ", "û"})


def sniff_encoding(path: Path) -> str:
    """Python's name of a file's encoding: UTF-8 where every byte fits, else what the bytes look like.

    Short texts in Western encodings look like many others; Windows' own (cp1252) is taken where nothing tells.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:  # Latin letters in UTF-16 have a zero in every other byte
        even, odd = head[::2].count(0), head[1::2].count(0)
        if max(even, odd) > len(head) / 8:
            return "utf-16-be" if even > odd else "utf-16-le"
    sample = _not_utf8(path)
    return _eight_bits(sample) if sample else "utf-8"


def _not_utf8(path: Path) -> bytes:
    """Lines with bytes beyond ASCII, from the whole file; none if the file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, lines = True, bytearray()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
            if len(lines) < ENOUGH:
                lines += b"\n".join(line for line in block.splitlines() if not line.isascii())[:ENOUGH] + b"\n"
            if not is_utf8 and len(lines) >= ENOUGH:
                break
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return b"" if is_utf8 else bytes(lines)


def _eight_bits(sample: bytes) -> str:
    runs = _NOT_ASCII.findall(sample)
    count = sum(map(len, runs))
    if count / len(runs) > _DENSE or len(_NO_LETTERS.findall(sample)) / count > _MANY:
        from charset_normalizer import from_bytes

        best = from_bytes(sample, cp_isolation=_ELSEWHERE).best()
        return best.encoding if best else "cp1252"
    try:
        western = sample.decode("cp1252")
    except UnicodeDecodeError:
        return "cp1250"  # its Ť, Ź, ť and ź stand where Western Windows has nothing
    letters = set(western.casefold())
    is_odd = bool(_ODD_SIGNS.search(western)) or (
        not letters & {"å", "ã", "ç"} and any(group <= letters for group in _ODD_LETTERS)
    )
    if not is_odd:
        return "cp1252"
    # Of Central Europe's two, ISO's has controls where Windows has Š, Ť, Ž; and Windows has signs where ISO has letters.
    is_iso = bool(re.search(r"[^\W\d_][¶¼±¦¬©»®¡«]|[¶¼±¦¬©»®¡«][^\W\d_]", sample.decode("cp1250", "replace")))
    return "iso8859_2" if is_iso else "cp1250"


def write_as_utf8(path: Path, encoding: str, target: Path) -> Path:
    """Copy a text file as UTF-8 without a byte order mark.

    Raises:
        UsageError: A byte does not fit the encoding.
    """
    try:
        with path.open(encoding=encoding, newline="") as source, target.open("w", encoding="utf-8", newline="") as copy:
            is_first = True
            while block := source.read(BLOCK):
                copy.write(block.removeprefix("\ufeff") if is_first else block)
                is_first = False
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not text in {encoding}: byte {error.start} does not fit; name the encoding"
        ) from error
    return target
