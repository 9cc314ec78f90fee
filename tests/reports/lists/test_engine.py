"""Listings: a page read the short way is the page read the long way."""

from dataclasses import replace

import pytest

from clientops.book.book import Book
from clientops.reports.figures.home import TODO_LISTINGS
from clientops.reports.lists.catalogue import _SELECTS, listing
from clientops.reports.lists.engine import Query, read_page
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


NAMES = [
    {"first_name": "Ada", "last_name": "Lovelace", "company_name": "Engines, Ltd"}, {"first_name": "Ada Maria"}, {"last_name": "LOVE"},
    {"company_name": "  ", "email": "love@example.com"}, {}, {"first_name": "Ada", "email": "ltd@example.com"},
]  # fmt: skip
NAMELESS = {"first_name": None, "last_name": None, "email": None}
SEARCHED = (
    "love",
    "a l",
    "Ada Lov",
    "ltd, ada",
    ", a",
    "client",
    "client 4",
    "41",
    "ent 4",
    "example",
    "#41",
    "44",  # without a name or address, a client is called by its number
    "ADA",
    "_",
    "",
    "  ",
    "zz",
)


@pytest.mark.parametrize("name", [name for name in _SELECTS if name not in ("operations", "notes", "contacts")])
def test_the_quick_way_to_find_a_client_finds_the_same(book, name):
    """A text is found in what clients are called as if each row's text had been looked at, sorted or not, page by page."""
    insert(
        book,
        lenient=True,
        clients=[{"id": 40 + n, **NAMELESS, **names} for n, names in enumerate(NAMES)],
        invoices=[{"id": 40 + n, "client_id": 46 - n % 7, "status": "Unpaid"} for n in range(9)],
        orders=[{"id": 40 + n, "client_id": 40 + n % 7} for n in range(9)],
    )
    quick = listing(name)
    slow = replace(quick, base="", columns=tuple(replace(column, found_by="") for column in quick.columns))
    asked = [Query(search=text, limit=3, offset=at) for text in SEARCHED for at in (0, 3, 60)]
    asked += [
        Query(filters=(("client", text),), sort=("client", True))
        for text in (*SEARCHED, "= ada")
        if "client" in [c.name for c in quick.columns]
    ]
    with book.tables() as tables:
        for query in asked:
            assert read_page(tables, quick, query) == read_page(tables, slow, query), query


def test_past_pages_are_of_the_past(book):
    """Seen from a past moment, the page and its total are those of then."""
    insert(book, clients=[{"id": 50}])
    with Book(book.path).past(1).tables() as tables:
        page = read_page(tables, listing("clients"), Query())
    assert (page.total, [number for number, _ in page.rows]) == (6, [6, 5, 4, 3, 2, 1])
