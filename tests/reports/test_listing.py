"""Listings: a page read the short way is the page read the long way."""

from dataclasses import replace

import pytest

from clientops.book.book import Book
from clientops.reports.home import TODO_LISTINGS
from clientops.reports.listing import Query, read_page
from clientops.reports.listings import _SELECTS, listing
from tests.books import insert

OWN = listing("invoices", "t.client_id = $client_id")


@pytest.mark.parametrize(
    ("listed", "values"),
    [
        *(pytest.param(listing(name), {}, id=name) for name in _SELECTS),
        *(pytest.param(found, {}, id=f"home {name}") for name, found in TODO_LISTINGS.items()),
        pytest.param(OWN, {"client_id": 1}, id="of one client"),
    ],
)
def test_numbers_first_makes_no_difference(book, listed, values):
    """Counting and paging by the rows alone gives the rows, order and total of the whole SELECT, on every page."""
    insert(
        book,
        lenient=True,
        clients=[{"id": 20 + n, "status": "Closed" if n % 3 else "Active"} for n in range(8)],
        invoices=[{"id": 30 + n, "client_id": 1 + n % 2, "status": "Unpaid"} for n in range(9)],
    )
    with book.tables() as tables:
        for query in (Query(limit=3), Query(limit=3, offset=3), Query(limit=50), Query(offset=10_000)):
            assert read_page(tables, listed, query, values) == read_page(
                tables, replace(listed, base=""), query, values
            )


def test_past_pages_are_of_the_past(book):
    """Seen from a past moment, the page and its total are those of then."""
    insert(book, clients=[{"id": 50}])
    with Book(book.path).past(1).tables() as tables:
        page = read_page(tables, listing("clients"), Query())
    assert (page.total, [number for number, _ in page.rows]) == (6, [6, 5, 4, 3, 2, 1])
