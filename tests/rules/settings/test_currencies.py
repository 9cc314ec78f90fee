"""Rule of currencies."""

from decimal import Decimal

import pytest

from clientops.core.money import minor_digits
from clientops.registry import rule
from clientops.rules.clients.clients import AddClient, add_client
from clientops.rules.settings.currencies import AddCurrency, add_currency
from tests.builders import plan, tables
from tests.rules.refusals import problems_of
from tests.rules.sequences import assert_one_by_one_is_same

COLUMNS = ("id", "code", "rate", "is_default", "minor_digits")


def test_the_first_currency_of_a_book_is_its_default():
    """Minor units are those of ISO 4217; the others have a rate to the first."""
    asked = [{"code": "eur"}, {"code": "JPY", "rate": "164.5"}, {"code": "KWD", "rate": "0.33"}]
    result = plan(add_currency, AddCurrency, tables(currencies=[]), asked)
    assert [tuple(row[name] for name in COLUMNS) for row in result.rows("currencies", "insert")] == [
        (1, "EUR", 1, True, minor_digits("EUR")), (2, "JPY", Decimal("164.5"), False, 0), (3, "KWD", Decimal("0.33"), False, 3),
    ]  # fmt: skip
    more = plan(add_currency, AddCurrency, tables(currencies=[{"id": 4, "code": "EUR", "is_default": True}]), asked[1:])
    assert [(row["id"], row["is_default"]) for row in more.rows("currencies", "insert")] == [(5, False), (6, False)]


@pytest.mark.parametrize(
    ("has", "asked", "problem"),
    [
        pytest.param(["EUR"], [{"code": "EUR", "rate": 2}], (1, "code", "code_taken"), id="there already"),
        pytest.param([], [{"code": "EUR"}, {"code": "EUR"}], (2, "code", "code_taken"), id="twice"),
        pytest.param(["EUR"], [{"code": "USD"}], (1, "rate", "no_rate"), id="no rate"),
        pytest.param([], [{"code": "USD", "rate": 2}], (1, "rate", "rate_of_default"), id="a rate of the default"),
        pytest.param(["EUR"], [{"code": "XXQ", "rate": 2}], (1, "code", "bad_value"), id="no currency"),
    ],
)
def test_refused(has, asked, problem):
    """What cannot be done is named by row, field and code."""
    book = tables(currencies=[{"id": n, "code": code, "is_default": n == 1} for n, code in enumerate(has, 1)])
    found = problems_of(book, rule("add-currency"), asked)
    assert [(p.row, p.field) for p in found] == [problem[:2]]
    assert found[0].code == problem[2]


def test_many_are_one_by_one():
    """Law: a table of n currencies leaves the same tables as n tables of one."""
    asked = [{"code": "USD"}, {"code": "EUR", "rate": "0.9"}, {"code": "SEK", "rate": "11"}]
    assert_one_by_one_is_same(add_currency, AddCurrency, lambda: tables(currencies=[]), asked)


@pytest.mark.parametrize(
    ("more", "says"), [({"currency": "EUR"}, "none yet; add it first"), ({}, "add-currency adds one")]
)
def test_without_a_currency_no_client_is_added(more, says):
    """In a book without currencies a client is refused with the way out."""
    result = plan(
        add_client,
        AddClient,
        tables(currencies=[]),
        [{"first_name": "Ada", "last_name": "L", "email": "a@example.com", **more}],
    )
    assert [says in problem.message for problem in result.problem_list()] == [True]
