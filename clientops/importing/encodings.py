"""Which encoding a text file is in, by its bytes; and the same text as UTF-8."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from clientops.core.errors import UsageError
from clientops.importing.non_latin import best_scripts

HEAD = 1 << 18
BLOCK = 1 << 20
ENOUGH = 1 << 16

# Scores of other scripts: text of theirs has more than the first, others less than half; one is told from the next by
# the second, or, from so many letters on, by less.
_LIKELY = 0.7
_APART = 0.1
_ENOUGH_LETTERS = 12
# Turkish is Western but for six letters, which are Icelandic there: Ayþe Yýlmaz is Ayşe Yılmaz.
_SHARED = set("ðýþ")
_TURKISH = set("ðýþçöüâîû")
_ICELANDIC = set("ðýþáéíóúæöøåä")
# Polish and Hungarian read as Western have these signs inside words.
_ODD_SIGNS = re.compile(r"[^\W\d_][¹³£¿¯¶¼¾»¥Ÿ]|[¹³£¿¯¶¼][^\W\d_]")
# Czech, Croatian and Hungarian have letters that no Western language has together: Dvoøák, Kovaèiæ, Gyõzõ with û.
_ODD_LETTERS = ({"ø", "ì"}, {"ø", "è"}, {"ø", "ù"}, {"è", "æ"}, {"õ", "û"})


def sniff_encoding(path: Path) -> str:
    """Python's name of a file's encoding: UTF-8 where every byte fits, else what the bytes look like.

    Short texts in Western encodings look like many others; Windows' own (cp1252) is taken where nothing tells.

    Raises:
        UsageError: There is too little text to tell two encodings apart; the sentence has both readings.
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
    found = _eight_bits(sample) if sample else ["utf-8"]
    if len(found) > 1:
        readings = " or ".join(f"{_first_word(sample, name)!r} ({name})" for name in found)
        raise UsageError(
            f"The encoding of {path} cannot be told: it may say {readings}; name the encoding, or save it as UTF-8"
        )
    return found[0]


def likely_encodings(sample: bytes) -> list[str]:
    """The encoding of lines with letters beyond ASCII that are no UTF-8, or those that it may be, the likeliest first."""
    return _eight_bits(sample)


def _first_word(sample: bytes, encoding: str) -> str:
    """The first word with letters beyond ASCII."""
    words = re.findall(r"[^\s;,|\"]+", sample.decode(encoding, "replace"))
    return next((word for word in words if not word.isascii()), "")[:30]


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


def _eight_bits(sample: bytes) -> list[str]:
    """The encoding, or those that it may be."""
    ranked = [(score, name) for score, name in best_scripts(sample) if score > _LIKELY]
    if ranked:
        best, name = ranked[0]
        text = sample.decode(name)
        if sum(1 for sign in text if not sign.isascii()) >= _ENOUGH_LETTERS:
            return [name]
        return [name, *[n for score, n in ranked[1:] if best - score < _APART and sample.decode(n) != text][:1]]
    try:
        western = sample.decode("cp1252")
    except UnicodeDecodeError:
        return ["cp1250"]  # its Ť, Ź, ť and ź stand where Western Windows has nothing
    return _of_europe(sample, western)


def _of_europe(sample: bytes, western: str) -> list[str]:
    letters = set(western.casefold())
    is_odd = bool(_ODD_SIGNS.search(western)) or (
        not letters & {"å", "ã", "ç"} and any(group <= letters for group in _ODD_LETTERS)
    )
    if not is_odd:
        beyond = {letter for letter in letters if letter.isalpha() and not letter.isascii()}
        if not beyond & _SHARED or not beyond <= _TURKISH:
            return ["cp1252"]
        if beyond - _ICELANDIC or re.search(r"[^\W\d_]þ", western):  # which is Þ in Iceland begins words
            return ["cp1254"]
        return ["cp1252", "cp1254"]
    # Of Central Europe's two, ISO's has controls where Windows has Š, Ť, Ž; and Windows has signs where ISO has letters.
    is_iso = bool(re.search(r"[^\W\d_][¶¼±¦¬©»®¡«]|[¶¼±¦¬©»®¡«][^\W\d_]", sample.decode("cp1250", "replace")))
    return ["iso8859_2" if is_iso else "cp1250"]


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
