"""Domain and host names: checked and brought into the one form that the tables keep.

Kept is the form that DNS, registries and certificates use: lower case, ASCII (IDNA 2008 A-labels), without the final
dot. Screens show both forms, ``müller.de (xn--mller-kva.de)``.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")


def parse_domain_name(text: str) -> str:
    """A domain name that can be registered or delegated, e.g. ``example.com``, in the form that is kept.

    Source:
        IDNA 2008 with the mapping of UTS 46, through idna; RFC 1035 for the lengths.
    """
    name = _parse_name(text)
    if "_" in name:
        raise ValueError("contains an underscore; a domain name has letters, digits and hyphens")
    return name


def parse_host_name(text: str) -> str:
    """The name of a host, e.g. of a name server; at least two labels, as for domain names."""
    return parse_domain_name(text)


def _parse_name(text: str) -> str:
    written = text.strip().rstrip(".")
    if "/" in written or "://" in written:
        raise ValueError("is an address of a page; write the name alone, like example.com")
    if "@" in written:
        raise ValueError("is an e-mail address; write the name alone, like example.com")
    if re.search(r"\s", written):
        raise ValueError("contains a blank; write it like example.com")
    if re.fullmatch(r"[\d.]+", written) or ":" in written:
        raise ValueError("is an IP address; write a name, like example.com")
    name = ascii_name(written)
    labels = name.split(".")
    if len(labels) < 2:
        raise ValueError("has no ending; write it like example.com")
    if labels[-1].isdigit():
        raise ValueError(f"ends in .{labels[-1]}, which is no top-level domain; write it like example.com")
    return name


def ascii_name(text: str) -> str:
    """A name of any number of labels in lower-case ASCII; raises ValueError saying which label is wrong."""
    import idna

    labels = []
    for label in re.split(r"[.\u3002\uff0e\uff61]", text.strip()):
        if not label:
            raise ValueError("has an empty part between dots; write it like example.com")
        try:
            plain = (
                label.lower()
                if label.isascii() and not label.lower().startswith("xn--")
                else idna.encode(label, uts46=True).decode()
            )
            if plain.startswith("xn--"):
                idna.decode(plain)
        except idna.IDNAError as error:
            raise ValueError(f"{label!r} cannot be part of a name: {_reason(error)}") from None
        if len(plain) > 63:
            raise ValueError(f"{label[:20] + '…'!r} is too long: at most 63 characters between dots")
        if not _LABEL.fullmatch(plain):
            raise ValueError(f"{label!r} cannot be part of a name: letters, digits, and hyphens between them")
        if plain[2:4] == "--" and not plain.startswith("xn--"):
            raise ValueError(f"{label!r} cannot be part of a name: hyphens in third and fourth place are reserved")
        labels.append(plain)
    name = ".".join(labels)
    if len(name) > 253:
        raise ValueError("is too long: at most 253 characters")
    return name


def _reason(error: Exception) -> str:
    text = str(error).rstrip(".")
    return text[:1].lower() + text[1:]


DomainName = Annotated[str, Field(max_length=300), AfterValidator(parse_domain_name)]
HostName = Annotated[str, Field(max_length=300), AfterValidator(parse_host_name)]
