"""Finding clients as one types."""

from decimal import Decimal

import pytest

from clientops.reports.lists.diff import describe
from clientops.reports.lists.row_names import read_label
from clientops.reports.lists.search import search_rows
from tests.books import apply_by_hand, insert
from tests.builders import TODAY


@pytest.fixture
def find(book):
    insert(book, merged_clients=[{"id": 1, "replaced_id": 88, "survivor_id": 2, "merged_on": TODAY}])

    def find(text, table="clients", **more):
        with book.tables() as tables:
            return [found.id for found in search_rows(tables, table, text, **more)]

    return find


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param("love", [1], id="begin of a name"),
        pytest.param("LOVELACE ada", [1], id="words in any order and case"),
        pytest.param("godel", [4], id="without accents"),
        pytest.param("gödel", [4], id="with accents"),
        pytest.param("cobol", [2], id="company"),
        pytest.param("grace.ho", [2, 3], id="e-mail"),
        pytest.param("(312) 555-0100", [3], id="phone as people write it"),
        pytest.param("#3", [3], id="number"),
        pytest.param("88", [2], id="old number"),
        pytest.param("zzz", [], id="nobody"),
        pytest.param("%", [], id="no wildcard"),
        pytest.param("", [6, 5, 4, 3, 2, 1], id="nothing yet: the newest"),
    ],
)
def test_clients(find, text, ids):
    """A client is found by name, company, e-mail, phone, number or old number."""
    assert find(text) == ids


def test_what_changed_is_found(find, book):
    """A search sees what operations changed since the last one."""
    assert find("byron") == []
    apply_by_hand(book, ("clients", "update", [{"id": 1, "last_name": "Byron"}]))
    assert (find("byron"), find("lovelace ada")) == ([1], [1])
    insert(book, clients=[{"id": 7, "last_name": "Byron", "email": "new@example.com", "created_on": TODAY}])
    assert find("byron") == [1, 7]
    apply_by_hand(book, ("clients", "delete", [{"id": 7}]))
    assert find("byron") == [1]


def test_other_rows_by_label(find):
    """Invoices, contacts and others are found by what they are called; only those of a client where one is given."""
    assert find("invoice 2", "invoices") == [2]
    assert find("mary", "contacts") == [2]
    assert find("", "contacts", client=3) == [3]
    assert find("mary", "contacts", client=3) == []


def test_payments_are_called_by_how_people_pay(book, find):
    """A payment's label, and what finds it, has the name of the way of paying that screens show."""
    assert find("bank transfer", "transactions") == [2]
    with book.tables() as tables:
        assert "payment · Bank transfer · " in read_label(tables, "transactions", 2)


def test_a_price_that_is_finer_than_its_currency_is_shown_whole(book):
    """Two at 12.345 are 24.69: a preview that said 12.35 would look wrong."""
    item = {"id": 1, "invoice_id": 1, "unit_price": Decimal("12.3450"), "amount": Decimal("24.6900")}
    with book.tables() as tables:
        (table,) = describe(tables, [("invoice_items", "insert", 1, [(None, item)])])
    shown = {value.column: value.after for value in table.rows[0].values}
    assert (shown["unit_price"], shown["amount"]) == ("EUR 12.345", "EUR 24.69")
