"""Texts as people read them: domain names of IDNA in both forms, and nothing that cannot be seen."""

from __future__ import annotations

import re

UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202d\u202e]")
"""Control characters but for tabs and line breaks, and those of direction that make a text look like another one."""

NOUNS = {
    "clients": ("client", "clients"),
    "services": ("service", "services"),
    "addons": ("add-on", "add-ons"),
    "dns_records": ("DNS record", "DNS records"),
    "credit_entries": ("credit entry", "credit entries"),
    "user_clients": ("permission of a user", "permissions of users"),
    "ticket_replies": ("reply", "replies"),
    "communications": ("communication", "communications"),
    "merged_clients": ("old client number", "old client numbers"),
    "matches": ("match", "matches"),
    "statement_repeats": ("repeated statement line", "repeated statement lines"),
    "sign_offs": ("sign-off", "sign-offs"),
    "sign_off_figures": ("figure of a sign-off", "figures of a sign-off"),
    "addresses": ("address", "addresses"),
}
"""What rows of tables are called, where that is not the table's name."""


def counted(count: int, one: str, several: str = "") -> str:
    """A count with its noun, ``several`` where that is not just ``one`` with an s.

    >>> counted(1, "invoice"), counted(1200, "invoice"), counted(0, "entry", "entries")
    ('1 invoice', '1,200 invoices', '0 entries')
    """
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def noun(table: str, count: int = 1) -> str:
    """What one row, or several, of a table are called."""
    many = table.replace("_", " ")
    one = f"{many[:-3]}y" if many.endswith("ies") else many.removesuffix("s")
    one, many = NOUNS.get(table) or (one, many)
    return one if count == 1 else many


def counted_sql(count: str, one: str, several: str = "") -> str:
    """SQL of the same, from SQL of the count."""
    return f"({count} || case when {count} = 1 then ' {one}' else ' {several or f'{one}s'}' end)"


WAYS_OF_PAYING = {
    "banktransfer": "Bank transfer", "directdebit": "Direct debit", "creditcard": "Credit card", "paypal": "PayPal", "stripe": "Stripe",
}  # fmt: skip
"""What gateways and payment methods are called, where the book has them as programs write them."""


def way_of_paying(kept: str | None) -> str:
    """A gateway or payment method as people read it; what is not known by another name stays as it is.

    >>> way_of_paying("banktransfer"), way_of_paying("Klarna"), way_of_paying(None)
    ('Bank transfer', 'Klarna', '')
    """
    return WAYS_OF_PAYING.get((kept or "").lower(), kept or "")


def kept_way_of_paying(written: str) -> str:
    """A gateway or payment method as the book has it; what is not known stays as it was written.

    >>> kept_way_of_paying("Bank transfer"), kept_way_of_paying("PAYPAL"), kept_way_of_paying("Klarna Pay")
    ('banktransfer', 'paypal', 'Klarna Pay')
    """
    letters = re.sub(r"[\s_-]", "", written).lower()
    return letters if letters in WAYS_OF_PAYING else written


def way_of_paying_sql(column: str) -> str:
    """SQL of the same; null stays null."""
    known = " ".join(f"when '{kept}' then '{name}'" for kept, name in WAYS_OF_PAYING.items())
    return f"(case lower({column}) {known} else {column} end)"


def visible(text: str) -> str:
    """A text without characters that cannot be seen: what others wrote, which is taken as it is."""
    return UNSEEN.sub("", text)


def unicode_name(name: str) -> str:
    """A kept name as people read it; a name that is not IDNA stays as it is."""
    import idna

    try:
        return ".".join(idna.decode(label) if label.startswith("xn--") else label for label in name.split("."))
    except idna.IDNAError:
        return name


def both_forms(name: str) -> str:
    """A kept name as people read it, and behind it the kept form where that differs."""
    readable = unicode_name(name)
    return name if readable == name else f"{readable} ({name})"


_KEPT_NAME = re.compile(r"(?:[a-z0-9_-]+\.)*xn--[a-z0-9-]+(?:\.[a-z0-9-]+)*")


def with_readable_names(text: str) -> str:
    """A text in which each kept name that differs from what people write stands in both forms."""
    if "xn--" not in text or " (xn--" in text:
        return text
    return _KEPT_NAME.sub(lambda found: both_forms(found[0]), text)
