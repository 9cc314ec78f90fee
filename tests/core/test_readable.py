"""Texts as people read them."""

import pytest

from clientops.core.readable import counted, kept_way_of_paying, noun, way_of_paying
from clientops.registry import rules
from clientops.schema.definition import all_tables
from clientops.schema.requests import read_requests


def test_every_table_has_a_noun_for_one_row():
    """One currency, one category: no table's rows are called by a word cut short."""
    assert (noun("currencies"), noun("article_categories"), noun("currencies", 2)) == ("currency", "article category", "currencies")  # fmt: skip
    assert [name for name in all_tables() if noun(name).endswith(("ie", "ss", "_"))] == []


def test_one_is_counted_in_the_singular():
    """A count of one has a noun without its s; thousands are grouped."""
    assert [counted(n, "day") for n in (0, 1, 2, 1200)] == ["0 days", "1 day", "2 days", "1,200 days"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param("Bank transfer", "banktransfer", id="as people read it"),
        pytest.param("bank-transfer", "banktransfer", id="with a hyphen"),
        pytest.param("PayPal", "paypal", id="in capitals"),
        pytest.param("Klarna Pay", "Klarna Pay", id="not known"),
    ],
)
def test_a_way_of_paying_is_kept_once(written, kept):
    """Whoever writes what the screens say means what the book has: not two ways of paying for one."""
    assert kept_way_of_paying(written) == kept
    assert kept_way_of_paying(way_of_paying(kept)) == kept


def test_every_rule_keeps_ways_of_paying_alike():
    """No rule takes a gateway or payment method as it is written."""
    asking = [(r, n) for r in rules().values() for n in r.request.model_fields if n in ("gateway", "payment_method")]
    kept = [(r.name, read_requests(r.request, {n: "Bank transfer"}).rows.column(n)[0].as_py()) for r, n in asking]
    assert len(kept) > 10
    assert [name for name, value in kept if value != "banktransfer"] == []
