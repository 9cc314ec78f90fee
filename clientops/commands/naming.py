"""Clients as people name them on the command line."""

from __future__ import annotations

from rich.text import Text

from clientops.book.write.resolve_names import find_client
from clientops.commands.output import errors
from clientops.schema.tables import Tables

HELP = "number, old number, e-mail address, full name or company"


def client_named(tables: Tables, given: str) -> int:
    """The client that a text names; a note says where it is another one than was written.

    Raises:
        UsageError: It finds no client, or several.
    """
    number, note = find_client(tables, given)
    if note:
        errors.print(Text(f"Note: {note}."), style="yellow")
    return number
