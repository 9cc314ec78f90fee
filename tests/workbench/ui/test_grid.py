"""The grid's pages, filters, search and export."""

import csv
import io

import pytest

from clientops.reports.lists.catalogue import listing
from clientops.workbench.session import Desk
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.widget import View
from tests.books import insert
from tests.workbench.screens import Hand


@pytest.fixture
def ask(book):
    grid = Grid(Desk(book), listing("clients"))
    hand = Hand(View(grid))
    return lambda prop="page", **asked: hand.ask(hand.node(tag="co-grid"), prop, {"offset": 0, "limit": 25, **asked})


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        pytest.param({}, [6, 5, 4, 3, 2, 1], id="everything, newest first"),
        pytest.param({"offset": 2, "limit": 2}, [4, 3], id="a page"),
        pytest.param({"search": "GRACE"}, [3, 2], id="search"),
        pytest.param({"search": "#4"}, [4], id="search for a number"),
        pytest.param({"filters": {"status": "inact"}}, [5], id="a text contains"),
        pytest.param({"filters": {"credit_balance": "> 20"}}, [4, 1], id="money is more than"),
        pytest.param({"filters": {"credit_balance": "20"}}, [2], id="money is"),
        pytest.param({"filters": {"credit_balance": "lots"}}, [], id="money is no number"),
        pytest.param({"filters": {"created_on": "2025-01"}}, [6, 5, 4, 3, 2, 1], id="a month"),
        pytest.param({"filters": {"created_on": "< 2025-01-01"}}, [], id="before a day"),
        pytest.param({"sort": ["credit_balance", "desc"], "limit": 3}, [4, 1, 2], id="sorted"),
        pytest.param({"sort": ["id; drop table clients", "asc"]}, [6, 5, 4, 3, 2, 1], id="a forged column"),
        pytest.param({"filters": {"x' or 1=1": "1"}}, [6, 5, 4, 3, 2, 1], id="a forged filter"),
        pytest.param({"offset": -5, "limit": 10**9}, [6, 5, 4, 3, 2, 1], id="forged numbers"),
    ],
)
def test_pages(ask, asked, ids):
    """A page has the rows asked for, in the order asked for; what is not a column is passed over."""
    assert [row["id"] for row in ask(**asked)["rows"]] == ids


def test_only_the_page_travels(ask, book):
    """However many rows there are, a page has as many as were asked for, and says how many there are."""
    insert(book, clients=[{"id": n, "created_on": None} for n in range(100, 400)])
    page = ask(limit=25)
    assert (len(page["rows"]), page["total"]) == (25, 306)
    assert len(ask(limit=100_000)["rows"]) == 306


def test_export_is_whole_and_harmless(ask, book):
    """The file has all rows that fit, in order, and no cell that a spreadsheet would run."""
    insert(
        book,
        clients=[
            {"id": 9, "first_name": "=cmd|' /C calc'!A0", "last_name": "", "company_name": None, "created_on": None}
        ],
    )
    rows = list(csv.reader(io.StringIO(ask("export", part=0, search="")["text"])))
    assert rows[0] == ["No.", "Client", "E-mail", "Country", "Status", "Credit", "Since", "Currency"]
    assert [row[0] for row in rows[1:]] == ["9", "6", "5", "4", "3", "2", "1"]
    assert rows[1][1].startswith("'=")
    assert rows[-1][5:] == ["50.0000", "2025-01-01", "EUR"]
