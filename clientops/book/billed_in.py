"""The currency of the client that a text names, for amounts that are written with a currency beside them."""

from __future__ import annotations

from clientops.book.book import Book
from clientops.book.write.resolve_names import find_client
from clientops.core.errors import UsageError

CURRENCY = "select k.code from clients c join currencies k on k.id = c.currency_id where c.id = $id"


def billed_in(book: Book, client: str) -> str | None:
    """Code of the currency of the client that a text names; nothing if it names none, or several."""
    with book.tables() as tables:
        try:
            number, _ = find_client(tables, client)
        except UsageError:
            return None
        found = tables.query(CURRENCY, id=number).fetchone()
        return str(found[0]) if found else None
