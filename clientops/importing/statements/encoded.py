"""Text of statement files, in whatever encoding the bank writes: what is not certain is noted."""

from __future__ import annotations

import codecs
import re

from clientops.core.errors import UsageError
from clientops.importing.encodings import likely_encodings
from clientops.importing.statements.lines import Note

# Letters beyond ASCII of languages that were written on DOS, in cp850 or cp852.
_WESTERN = set("äöüßÄÖÜéèêëáàâãåæøñçíìîïóòôõúùûÿÉÅÆØÑÇ")
_CENTRAL = set("ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůúýžáéíŠČŘŽőűäöüßÄÖÜôľĺ")
# Where DOS has letters, Windows has signs that do not stand within words (an apostrophe and dashes do).
_DOS = re.compile(rb"(?<=[A-Za-z])[\x81-\x85\x87-\x89\x8b\x93-\x95\x98\x99\xa2\xa4\xa5\xab\xbe\xe1](?=[a-z])")
_WINDOWS = re.compile(rb"(?<=[A-Za-z])[\xc0-\xe0\xe2-\xff](?=[a-z])")
_BYTES = "clientops-western-bytes"
NAMES = {"cp1252": "Windows-1252", "cp1250": "Windows-1250", "iso8859_2": "ISO-8859-2", "cp850": "DOS 850", "cp852": "DOS 852"}  # fmt: skip


def _western(error: UnicodeError) -> tuple[str, int]:
    """Bytes among UTF-8 that are none, as Western Windows has them."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(_BYTES, _western)


def decoded(content: bytes, notes: list[Note] | None = None, encoding: str | None = None) -> str:
    """Text of a file: UTF-8 where every byte fits, UTF-16, else the encoding that its letters look like.

    Args:
        content: Its bytes.
        notes: Takes a doubt about the encoding.
        encoding: The encoding, if somebody said it.

    Raises:
        UsageError: There is no such encoding.
    """
    if encoding:
        try:
            return content.decode(encoding, errors="replace").removeprefix("\ufeff")
        except LookupError as error:
            raise UsageError(f"There is no encoding {encoding!r}; utf-8, cp1252, cp1250, cp850 and utf-16 are usual") from error  # fmt: skip
    if wide := _utf16(content):
        return content.decode(wide, errors="replace").removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        broken = error.start
    whole = content.decode("utf-8-sig", errors=_BYTES)
    lost = sum(1 for sign in content.decode("utf-8-sig", errors="replace") if sign == "\ufffd")
    beyond = sum(1 for sign in whole if not sign.isascii())
    if beyond >= 3 * lost:
        _note(notes, content, broken, f"{lost} letters are no UTF-8, as the others are, and are read as Windows-1252: compare the names")  # fmt: skip
        return whole
    chosen, others = _eight_bits(content)
    text = content.decode(chosen, errors="replace")
    if others:
        word = _first_word(content, chosen)
        other = ", ".join(f"{_first_word(content, name)!r} in {NAMES.get(name, name)}" for name in others)
        _note(notes, content, broken, f"letters are read as {NAMES.get(chosen, chosen)}: {word!r}; it may be {other}: then say --encoding {others[0]}")  # fmt: skip
    return text


def _note(notes: list[Note] | None, content: bytes, at: int, message: str) -> None:
    if notes is not None and not any(note.message == message for note in notes):
        notes.append(Note(content.count(b"\n", 0, at) + 1, "doubt", message))


def _utf16(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    head = content[:4000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 4 > max(even, odd):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _eight_bits(content: bytes) -> tuple[str, list[str]]:
    """The encoding, and others that it may be."""
    sample = b"\n".join(line for line in content.splitlines() if not line.isascii())[: 1 << 16]
    dos, windows = len(_DOS.findall(sample)), len(_WINDOWS.findall(sample))
    if dos > windows:
        western, central = (_share(sample.decode(name, "replace"), letters) for name, letters in (("cp850", _WESTERN), ("cp852", _CENTRAL)))  # fmt: skip
        chosen = "cp852" if central > western else "cp850"
        return chosen, [] if abs(western - central) > 0.2 or _same(sample, "cp850", "cp852") else ["cp850" if chosen == "cp852" else "cp852"]  # fmt: skip
    found = likely_encodings(sample)
    letters = set(sample.decode("cp1252", "replace").casefold())
    if found == ["cp1252"] and "ø" in letters and letters & {"á", "í", "è"} and not letters & {"å", "æ"}:
        return "cp1250", found  # Dvořák, as Western Windows reads it, is Dvoøák: Czech, unless it is Faroese
    return found[0], found[1:]


def _share(text: str, letters: set[str]) -> float:
    """How many of the signs beyond ASCII are letters of these languages."""
    beyond = [sign for sign in text if not sign.isascii()]
    return sum(1 for sign in beyond if sign in letters) / max(1, len(beyond))


def _same(sample: bytes, *names: str) -> bool:
    return len({sample.decode(name, "replace") for name in names}) == 1


def _first_word(content: bytes, encoding: str) -> str:
    line = next((line for line in content.splitlines() if not line.isascii()), b"").decode(encoding, "replace")
    return next((word for word in re.findall(r"[^\s;,|\"]+", line) if not word.isascii()), "")[:30]
