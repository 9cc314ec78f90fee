"""DNS records as people write them: checked by dnspython and brought into one form.

Kept are the host relative to its domain (``@`` for the domain itself, lower case, ASCII) and the data as in a zone file,
with every name complete and ending in a dot. Data that names a host of the domain itself without the domain, like
``10 mail``, is completed in SQL, where the domain is known: until then it ends in ``HERE``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from clientops.rules.domains.names import ascii_name

RecordType = Literal["A", "AAAA", "CNAME", "MX", "TXT", "SRV", "CAA", "NS"]
TYPES = ("A", "AAAA", "CNAME", "MX", "TXT", "SRV", "CAA", "NS")
NAME_PLACES = {"CNAME": 0, "NS": 0, "MX": 1, "SRV": 3}
EXAMPLES = {
    "A": "192.0.2.1", "AAAA": "2001:db8::1", "CNAME": "www.example.net.", "MX": "10 mail.example.net.", "TXT": "v=spf1 mx -all",
    "SRV": "10 5 5060 sip.example.net.", "CAA": '0 issue "letsencrypt.org"', "NS": "ns1.example.net.",
}  # fmt: skip
HERE = "domain-it-stands-in.invalid."
MOST_RECORDS = 100_000


def parse_host(text: str) -> str:
    """The host of a record: ``@``, a name relative to the domain, or a complete one (checked against it in SQL)."""
    written = text.strip()
    if written in ("@", ""):
        return "@"
    if re.search(r"\s", written):
        raise ValueError("contains a blank; write it like www, *.dev or @ for the domain itself")
    wild = written.startswith("*.") or written == "*"
    rest = written[2:] if wild else written
    if not rest:
        return "*"
    ends = "." if rest.endswith(".") else ""
    name = ascii_name(rest.rstrip(".")) + ends
    return f"*.{name}" if wild else name


def parse_content(kind: str, text: str, *, is_zone_file: bool = False) -> str:
    """The data of a record in its one form.

    Args:
        kind: Type of the record.
        text: What was written. A text for TXT needs no quotes.
        is_zone_file: Whether names without a final dot are always relative, as in a zone file. Else only those
            without any dot are: who types ``mail.example.net`` means that host.

    Source:
        RFC 1035 and those of the types, through dnspython.
    """
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    written = text.strip()
    if not is_zone_file:
        written = _quoted(written) if kind == "TXT" else _complete(kind, written)
        if ";" in re.sub(r'"(?:[^"\\]|\\.)*"|\\.', "", written):
            raise ValueError("has a ; outside of quotes, behind which nothing is read; put the whole text in quotes")
    try:
        data = dns.rdata.from_text(
            dns.rdataclass.IN, dns.rdatatype.from_text(kind), written, origin=dns.name.from_text(HERE), relativize=False
        )
    except (dns.exception.DNSException, ValueError, UnicodeError, IndexError) as error:
        reason = str(error).rstrip(".").split("\n")[0]
        said = f" ({reason[:1].lower() + reason[1:]})" if reason and len(reason) < 100 else " (it is not understood)"
        raise ValueError(
            f"cannot be the data of a record of type {kind}; write it like {EXAMPLES[kind]}{said}"
        ) from None
    plain = str(data.to_text())
    if kind not in NAME_PLACES:
        return plain
    target = plain.split()[NAME_PLACES[kind]].removesuffix("." + HERE).rstrip(".")
    if _is_address(target):
        raise ValueError(f"must name a host; write it like {EXAMPLES[kind]}, not with the address {target}")
    return plain.lower()


def _is_address(name: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+){3}", name) is not None


def _quoted(text: str) -> str:
    """A text as a zone file has it: in quotes, in pieces of at most 255 bytes; what is in quotes stays as it is."""
    if text.startswith('"'):
        return text
    data = text.encode()
    pieces = [data[place : place + 255] for place in range(0, len(data), 255)]
    return " ".join('"' + "".join(_escaped(byte) for byte in piece) + '"' for piece in pieces)


def _escaped(byte: int) -> str:
    character = chr(byte)
    if character in '"\\':
        return "\\" + character
    return character if 32 <= byte < 127 else f"\\{byte:03d}"


def _complete(kind: str, text: str) -> str:
    """Data with its host name in ASCII, and with a final dot where it has dots already."""
    parts = text.split()
    place = NAME_PLACES.get(kind)
    if place is None or len(parts) <= place:
        return text
    name = parts[place]
    if name not in (".", "@"):
        plain = ascii_name(name.rstrip("."))
        parts[place] = plain + "." if "." in name else plain
    return " ".join(parts)


def relative_name(name: str, origin: str) -> str | None:
    """A complete name (with its final dot) relative to a domain (without one); None for one outside of it."""
    plain = name.rstrip(".").lower()
    if plain == origin:
        return "@"
    return plain.removesuffix("." + origin) if plain.endswith("." + origin) else None


@dataclass(frozen=True)
class ZoneRecord:
    """A record of a zone file: host as written (relative to HERE, or complete), type, seconds and data in its one form."""

    line: int
    name: str
    type: str
    ttl: int
    content: str


@dataclass(frozen=True)
class ZoneProblem:
    """A line of a zone file that cannot be taken, and why."""

    line: int
    message: str


def read_zone(text: str, default_ttl: int = 3600) -> tuple[list[ZoneRecord], list[ZoneProblem]]:
    """Records of a zone file, and everything in it that cannot be taken.

    Each entry is read by itself, so that all problems are found at once. SOA records are left out: they are the name
    server's. ``$INCLUDE`` and ``$GENERATE`` are refused: a file must not read others, or make many of one.
    """
    records: list[ZoneRecord] = []
    problems: list[ZoneProblem] = []
    place = _Place(default_ttl)
    for line, entry in _entries(text):
        try:
            records += place.read(line, entry)
        except IndexError:
            problems.append(ZoneProblem(line, f"line {line} ends too early"))
        except ValueError as error:
            problems.append(ZoneProblem(line, f"line {line}: {error}"))
        if len(records) > MOST_RECORDS:
            problems.append(ZoneProblem(line, f"line {line}: more than {MOST_RECORDS} records; split the file"))
            break
    if not records and not problems:
        problems.append(ZoneProblem(1, "there is no record in it; write one a line, like www 3600 IN A 192.0.2.1"))
    return records, problems


class _Place:
    """What entries of a zone file take over from those before: origin, time to live, and host."""

    def __init__(self, ttl: int) -> None:
        self.origin, self.ttl, self.owner = HERE, ttl, ""

    def read(self, line: int, entry: str) -> list[ZoneRecord]:
        """The record of an entry; none for a directive and for SOA."""
        words = entry.split()
        directive = words[0].upper()
        if directive == "$ORIGIN":
            self.origin = _absolute(words[1], self.origin)
            return []
        if directive == "$TTL":
            self.ttl = _seconds(words[1])
            return []
        if directive.startswith("$"):
            raise ValueError(f"{words[0]} is not taken; write the records out")
        if not entry[0].isspace():
            self.owner = _absolute(words.pop(0), self.origin)
        if not self.owner:
            raise ValueError("has no host, and there is no record before it")
        seconds = self._take_ttl(words)
        kind = words[0].upper()
        if kind == "SOA":
            return []
        if kind not in TYPES:
            raise ValueError(f"type {kind} is not kept here; these are: {', '.join(TYPES)}")
        rest = entry[_end_of(entry, words[0]) :].strip()
        if kind in NAME_PLACES:
            rest = _with_origin(kind, rest, self.origin)
        return [ZoneRecord(line, self.owner, kind, seconds, parse_content(kind, rest, is_zone_file=True))]

    def _take_ttl(self, words: list[str]) -> int:
        """Take class and time to live, in either order, off the words before the type."""
        seconds = self.ttl
        while words and (words[0].upper() in ("IN", "CH", "HS") or words[0][0].isdigit()):
            word = words.pop(0)
            if word.upper() in ("CH", "HS"):
                raise ValueError(f"class {word} is not taken; only IN is")
            if word.upper() != "IN":
                seconds = _seconds(word)
        return seconds


def _end_of(entry: str, word: str) -> int:
    """Where the type of an entry ends: its first mention as a word of its own that is not the host."""
    start = 0 if entry[0].isspace() else len(entry.split(maxsplit=1)[0])
    found = re.compile(rf"(?<=\s){re.escape(word)}(?=\s|$)").search(entry, start)
    if found is None:
        raise ValueError(f"there is nothing behind {word}")
    return found.end()


def _with_origin(kind: str, rest: str, origin: str) -> str:
    parts = rest.split()
    place = NAME_PLACES[kind]
    if len(parts) > place:
        parts[place] = _absolute(parts[place], origin)
    return " ".join(parts)


def _absolute(name: str, origin: str) -> str:
    """A name of a zone file with its final dot."""
    if name == "@":
        return origin
    if name == ".":
        return name
    if name.endswith("."):
        return f"{parse_host(name[:-1])}."
    return f"{parse_host(name)}.{origin}"


def _seconds(text: str) -> int:
    import dns.ttl

    try:
        return int(dns.ttl.from_text(text))
    except dns.ttl.BadTTL:
        raise ValueError(f"{text!r} is no time to live; write seconds, like 3600, or 1h") from None


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """Entries of a zone file with the number of their first line: comments taken off, brackets joined."""
    held, began, depth = "", 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        plain, depth = _uncommented(line, depth)
        if not held:
            began = number
        held += plain if not held else " " + plain
        if depth == 0:
            if held.strip():
                yield began, held.rstrip()
            held = ""
    if held.strip():
        yield began, held.rstrip()


def _uncommented(line: str, depth: int) -> tuple[str, int]:
    """A line without its comment and brackets, and how many brackets are open behind it."""
    kept, is_quoted, is_escaped = [], False, False
    for character in line:
        if is_escaped or character == "\\":
            is_escaped = not is_escaped
        elif character == '"':
            is_quoted = not is_quoted
        elif not is_quoted and character == ";":
            break
        elif not is_quoted and character in "()":
            depth = depth + 1 if character == "(" else max(0, depth - 1)
            character = " "  # noqa: PLW2901  # a bracket stands for a blank
        kept.append(character)
    return "".join(kept), depth
