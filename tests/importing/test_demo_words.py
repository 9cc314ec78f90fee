"""Word lists of the demo book."""

import json
from decimal import Decimal

import pytest

from clientops.core.money import minor_digits, round_money
from clientops.importing.demo.catalogue import RATES, prices
from clientops.importing.demo.countries import COUNTRIES
from clientops.importing.demo.vocabulary import slug, word_lists

WORDS, ROWS = (json.loads(text) for text in word_lists())
KINDS = ("given_m", "given_f", "family_m", "family_f", "street", "city", "trade", "form")


def test_words_are_numbered_from_0():
    """A word's number is its place: the book looks words up by it."""
    assert [word["id"] for word in WORDS] == list(range(len(WORDS)))
    assert all(word["word"].strip() for word in WORDS)


@pytest.mark.parametrize("country", range(len(COUNTRIES)), ids=[f"{c.code} {c.language}" for c in COUNTRIES])
def test_country_has_everything(country):
    """Each country has names, streets, cities with postcodes, trades, and companies in two spellings."""
    row = ROWS[country]
    found = {kind: WORDS[row[f"{kind}_from"] : row[f"{kind}_from"] + row[f"{kind}_count"]] for kind in KINDS}
    assert all(found.values())
    assert len(found["family_m"]) >= 40
    assert len(found["given_f"]) >= 20
    assert all(city["postcode"] for city in found["city"])
    assert all(form["variant"] and form["variant"] != form["word"] for form in found["form"])
    assert all(name["latin"].isascii() for name in found["given_m"] + found["family_f"])
    assert row["currency_code"] in RATES


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("Jürgen Groß", "de", "juergengross", id="German letters are written out"),
        pytest.param("Björk", "sv", "bjork", id="elsewhere the dots are dropped"),
        pytest.param("Іваненко", "uk", "ivanenko", id="Cyrillic"),
        pytest.param("Παπαδόπουλος", "el", "papadopoulos", id="Greek"),
        pytest.param("O'Neill-Smith", "en", "oneillsmith", id="signs"),
    ],
)
def test_slug(text, language, expected):
    """Names become the Latin letters of an e-mail address."""
    assert slug(text, language) == expected


def test_prices_suit_their_currency():
    """Prices are in minor units, more for longer cycles, and never 0 for what costs something."""
    codes = list(RATES)
    by_cycle = {}
    for price in prices():
        code = codes[price["currency_id"] - 1]
        amount = Decimal(price["amount"])
        assert amount == round_money(amount, minor_digits(code))
        assert (amount > 0) == (price["billing_cycle"] != "free")
        by_cycle[price["product_id"], code, price["billing_cycle"]] = amount
    for (product, code, cycle), amount in by_cycle.items():
        if cycle == "annually":
            assert by_cycle[product, code, "monthly"] < amount <= 12 * by_cycle[product, code, "monthly"]
