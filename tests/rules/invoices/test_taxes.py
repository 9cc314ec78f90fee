"""Tax of invoice items: which rates apply to a client, and how much they come to."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import EUR, JPY, KWD, TODAY, money, tables
from tests.long_forms import examples
from tests.rules.money_book import apply, broken_laws, planned, problems, rows, tried_out, warnings, write

DIGITS = {EUR: 2, JPY: 0, KWD: 3}


def book_of(mode="exclusive", compound="no", rates=(), client=None):
    """A client in Germany, the business's tax settings, and tax rates."""
    return tables(
        clients=[{"id": 1, "country": "DE", "state": "Bayern", **(client or {})}],
        settings=[
            {"id": 1, "name": "tax_mode", "value": mode},
            {"id": 2, "name": "tax_compound", "value": compound},
        ],
        tax_rates=[{"id": n, "name": "Tax", "rate": Decimal(str(rate)), "level": level, **more} for n, (level, rate, more) in enumerate(rates, 1)],
    )  # fmt: skip


def invoiced(book, *items):
    """An invoice of items (unit price, more) of client 1: its row, and its items' amounts and taxes."""
    requests = [
        {"client_id": 1, "invoice": "a", "description": "Item", "unit_price": price, **more} for price, more in items
    ]
    plan = planned(book, "create-invoice", requests)
    assert plan.problem_list() == []
    with tried_out(book):
        write(book, plan)
        assert broken_laws(book) == []
        [invoice] = rows(book, "select subtotal, tax1, tax2, total, tax_rate1, tax_rate2 from invoices")
        items = rows(book, "select amount, tax1, tax2 from invoice_items order by id")
    return invoice, items


VAT = (1, 19, {})
SECOND = (2, 5, {})


@pytest.mark.parametrize(
    ("mode", "compound", "rates", "item", "expected"),
    [
        pytest.param("exclusive", "no", [VAT], ("100", {}), ("100", "19", "0", "119"), id="exclusive"),
        pytest.param("exclusive", "no", [VAT, SECOND], ("100", {}), ("100", "19", "5", "124"), id="two levels"),
        pytest.param("exclusive", "yes", [VAT, SECOND], ("100", {}), ("100", "19", "5.95", "124.95"), id="two levels, compound"),
        pytest.param("inclusive", "no", [VAT], ("119", {}), ("100", "19", "0", "119"), id="inclusive"),
        pytest.param("inclusive", "no", [VAT, SECOND], ("124", {}), ("100", "19", "5", "124"), id="inclusive, two levels"),
        pytest.param("inclusive", "yes", [VAT, SECOND], ("124.95", {}), ("100", "19", "5.95", "124.95"), id="inclusive, two levels, compound"),
        pytest.param("inclusive", "no", [SECOND], ("105", {}), ("100", "0", "5", "105"), id="inclusive, second level alone"),
        pytest.param("exclusive", "no", [VAT], ("0.03", {}), ("0.03", "0.01", "0", "0.04"), id="0.0057 rounds to 0.01"),
        pytest.param("exclusive", "no", [(1, 50, {})], ("0.01", {}), ("0.01", "0.01", "0", "0.02"), id="half a cent rounds up"),
        pytest.param("exclusive", "no", [(1, "7.7", {})], ("9.99", {}), ("9.99", "0.77", "0", "10.76"), id="a rate with decimals"),
        pytest.param("exclusive", "no", [VAT], ("100", {"is_taxed": False}), ("100", "0", "0", "100"), id="not taxed"),
        pytest.param("inclusive", "no", [VAT], ("100", {"is_taxed": False}), ("100", "0", "0", "100"), id="inclusive, not taxed"),
        pytest.param("inclusive", "no", [], ("100", {}), ("100", "0", "0", "100"), id="inclusive, no rate"),
        pytest.param("exclusive", "no", [(1, 100, {}), (2, 100, {})], ("1", {}), ("1", "1", "1", "3"), id="rates of 100 percent"),
    ],
)  # fmt: skip
def test_tax_of_an_item(mode, compound, rates, item, expected):
    """Net, both taxes and total of one item."""
    invoice, items = invoiced(book_of(mode, compound, rates), item)
    assert invoice[:4] == tuple(money(amount) for amount in expected)
    assert items[0][1:] == invoice[1:3]


def test_tax_is_rounded_per_item():
    """Three items of 0.03 have a tax of 0.01 each, though 19 percent of 0.09 would be 0.02."""
    invoice, items = invoiced(book_of(rates=[VAT]), ("0.03", {}), ("0.03", {}), ("0.03", {}))
    assert items == [(money("0.03"), money("0.01"), money("0"))] * 3
    assert invoice[:4] == (money("0.09"), money("0.03"), money("0"), money("0.12"))


def test_items_with_and_without_tax_on_one_invoice():
    """Tax is charged on the items that carry it; a negative item (a reduction) carries negative tax."""
    invoice, items = invoiced(
        book_of(rates=[VAT]), ("100", {}), ("50", {"is_taxed": False}), ("-10", {}), ("9.99", {"quantity": "3", "discount": "0.97"})
    )  # fmt: skip
    assert [item[0] for item in items] == [money("100"), money("50"), money("-10"), money("29")]
    assert [item[1] for item in items] == [money("19"), money("0"), money("-1.90"), money("5.51")]
    assert invoice[3] == money("191.61")


@pytest.mark.parametrize(
    ("client", "rates", "expected"),
    [
        pytest.param({}, [(1, 19, {"country": "DE"}), (1, 20, {"country": "AT"}), (1, 5, {})], 19, id="the country's before any"),
        pytest.param({}, [(1, 19, {"country": "DE"}), (1, 7, {"country": "DE", "state": "bayern"})], 7, id="the state's before the country's"),
        pytest.param({"state": "Hessen"}, [(1, 19, {"country": "DE"}), (1, 7, {"country": "DE", "state": "Bayern"})], 19, id="another state"),
        pytest.param({"country": "FR"}, [(1, 19, {"country": "DE"}), (1, 5, {})], 5, id="any country"),
        pytest.param({"country": "FR"}, [(1, 19, {"country": "DE"})], 0, id="no rate for the country"),
        pytest.param({"country": None, "state": None}, [(1, 19, {"country": "DE"}), (1, 5, {"country": ""})], 5, id="a client without country"),
        pytest.param({"is_tax_exempt": True}, [(1, 19, {"country": "DE"}), (2, 5, {})], 0, id="exempt"),
        pytest.param({"country": "de"}, [(1, 19, {"country": "DE"})], 19, id="country in lower case"),
        pytest.param({}, [(1, 3, {"country": "DE"}), (1, 4, {"country": "DE"})], 3, id="two alike: the first"),
    ],
)  # fmt: skip
def test_rate_of_a_client(client, rates, expected):
    """The most specific rate of a level applies; exempt clients pay none."""
    invoice, _ = invoiced(book_of(rates=rates, client=client), ("100", {}))
    assert invoice[1] == money(expected)
    assert invoice[4] == money(expected)


def test_exempt_clients_pay_none_beside_others_who_do():
    """Two clients of one country, one of them exempt, in one table."""
    book = tables(
        clients=[{"id": 1, "country": "DE"}, {"id": 2, "country": "DE", "is_tax_exempt": True}],
        tax_rates=[{"id": 1, "name": "VAT", "country": "DE", "rate": 19}],
    )
    plan = planned(book, "create-invoice", [{"client_id": n, "description": "x", "unit_price": 100} for n in (1, 2)])
    assert [row["tax1"] for row in plan.rows("invoices", "insert")] == [money("19"), money("0")]


def nearest(amount: Fraction, digits: int) -> Decimal:
    """A fraction rounded half away from zero, exactly."""
    scaled = amount * 10**digits
    whole = abs(scaled.numerator) * 2 + scaled.denominator
    units = whole // (2 * scaled.denominator)
    return (Decimal(units if scaled >= 0 else -units).scaleb(-digits)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def taxes(amount, rate1, rate2, digits, *, inclusive, compound):
    """Both taxes of an item, from the definition, in exact fractions."""
    gross, first, second = Fraction(amount), Fraction(rate1) / 100, Fraction(rate2) / 100
    if not inclusive:
        tax1 = nearest(gross * first, digits)
        return tax1, nearest((gross + (Fraction(tax1) if compound else 0)) * second, digits)
    if compound:
        without_second = nearest(gross / (1 + second), digits)
        return without_second - nearest(gross / ((1 + first) * (1 + second)), digits), amount - without_second
    tax = amount - nearest(gross / (1 + first + second), digits)
    tax1 = nearest(Fraction(tax) * first / (first + second), digits) if first + second else Decimal(0)
    return tax1, tax - tax1


rates = st.integers(0, 400_000).map(lambda rate: Decimal(rate).scaleb(-4))
items = st.lists(st.tuples(st.integers(-(10**4), 10**9), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=examples(30), deadline=None)
@given(st.sampled_from([EUR, JPY, KWD]), st.tuples(st.booleans(), st.booleans()), st.tuples(rates, rates), items)
def test_no_minor_unit_is_lost(currency, mode, both_rates, given_items):
    """Law: each item's taxes are the exact ones rounded once, and items, taxes and subtotal sum to the total."""
    (inclusive, compound), (rate1, rate2) = mode, both_rates
    digits = DIGITS[currency]
    amounts = [Decimal(units).scaleb(-digits) for units, _ in given_items]
    if sum(amounts) < 0:
        amounts[0] -= sum(amounts)
    book = book_of(
        "inclusive" if inclusive else "exclusive", "yes" if compound else "no", [(1, rate1, {}), (2, rate2, {})],
        {"currency_id": currency},
    )  # fmt: skip
    taxed = [is_taxed for _, is_taxed in given_items]
    asked = [(str(amount), {"is_taxed": is_taxed}) for amount, is_taxed in zip(amounts, taxed, strict=True)]
    plan = planned(
        book,
        "create-invoice",
        [{"client_id": 1, "invoice": "a", "description": "x", "unit_price": p, **m} for p, m in asked],
    )
    if plan.problem_list():
        assert {p.code for p in plan.problem_list()} == {"negative_total"}
        return
    (subtotal, tax1, tax2, total, *_), found = invoiced(book, *asked)
    for (amount, *found_taxes), is_taxed in zip(found, taxed, strict=True):
        rates_of_item = (rate1, rate2) if is_taxed else (0, 0)
        expected = taxes(amount, *rates_of_item, digits, inclusive=inclusive, compound=compound)
        assert tuple(found_taxes) == expected
    assert (tax1, tax2) == (sum(f[1] for f in found), sum(f[2] for f in found))
    assert total == sum(f[0] for f in found) + (0 if inclusive else tax1 + tax2)
    assert subtotal + tax1 + tax2 == total


@pytest.mark.parametrize(
    ("mode", "compound", "rates", "prices", "expected"),
    [
        pytest.param("exclusive", "no", [(1, 23, {})], ("55.55", "11.11"), ("66.66", "15.33", "0", "81.99"), id="on the sum"),
        pytest.param("exclusive", "no", [VAT], ("0.03",) * 3, ("0.09", "0.02", "0", "0.11"), id="three small ones"),
        pytest.param("inclusive", "no", [VAT], ("0.10",) * 3, ("0.25", "0.05", "0", "0.30"), id="inclusive"),
        pytest.param("exclusive", "yes", [VAT, SECOND], ("0.33",) * 3, ("0.99", "0.19", "0.06", "1.24"), id="compound"),
        pytest.param("inclusive", "yes", [VAT, SECOND], ("0.41",) * 3, ("0.98", "0.19", "0.06", "1.23"), id="inclusive, compound"),
        pytest.param("exclusive", "no", [VAT], ("10", "-10.03", "1"), ("0.97", "0.18", "0", "1.15"), id="a reduction among them"),
    ],
)  # fmt: skip
def test_tax_is_rounded_on_the_sum(mode, compound, rates, prices, expected):
    """With tax_rounding invoice the tax is that of the sum of the items of a rate, and the items' taxes sum to it."""
    here = book_of(mode, compound, rates)
    apply(here, "set-business", {"tax_rounding": "invoice"})
    invoice, items = invoiced(here, *((price, {}) for price in prices))
    assert invoice[:4] == tuple(money(amount) for amount in expected)
    assert (sum(i[1] for i in items), sum(i[2] for i in items)) == invoice[1:3]


@pytest.mark.parametrize(
    ("currency", "prices", "tax"), [(JPY, ("105", "105"), "21"), (KWD, ("0.005", "0.005"), "0.001")]
)
def test_tax_on_the_sum_in_other_currencies(currency, prices, tax):
    """Yen have no decimals, dinars three: 10.5 + 10.5 yen of tax are 21, not 22."""
    here = book_of(rates=[(1, 10, {})], client={"currency_id": currency})
    apply(here, "set-business", {"tax_rounding": "invoice"})
    assert invoiced(here, *((price, {}) for price in prices))[0][1] == money(tax)


def test_rates_by_item():
    """7 and 19 percent on one invoice: given, or by the class of goods; each item carries its rate."""
    here = book_of(rates=[VAT, (1, 7, {"tax_class": "Reduced"}), (1, "5.5", {"tax_class": "reduced", "country": "FR"})])
    invoice, items = invoiced(
        here, ("100", {}), ("100", {"tax_rate": "7"}), ("100", {"tax_class": "reduced"}), ("100", {"tax_rate": "0"})
    )
    assert [item[1] for item in items] == [money("19"), money("7"), money("7"), money("0")]
    assert invoice[1:5] == (money("33"), money("0"), money("433"), money("19"))
    apply(
        here,
        "create-invoice",
        *({"client_id": 1, "invoice": "b", "description": "x", "unit_price": "10", "tax_rate": r} for r in ("7", "7")),
    )
    assert rows(here, "select tax_rate1 from invoices where id = (select max(id) from invoices)") == [(money("7"),)]
    assert rows(here, "select distinct tax_rate1 from invoice_items order by all") == [(money("7"),)]


def test_rates_by_item_are_rounded_by_rate_on_the_sum():
    """On the sum means on the sum of the items of one rate: 2 x 0.03 at 19 percent, 2 x 0.07 at 7 percent."""
    here = book_of(rates=[VAT])
    apply(here, "set-business", {"tax_rounding": "invoice"})
    low = {"tax_rate": "7"}
    invoice, _ = invoiced(here, ("0.03", {}), ("0.07", low), ("0.03", {}), ("0.07", low))
    assert invoice[1] == money("0.02")


def test_rates_of_products_and_addons_are_used_by_generation_orders_and_changes():
    """What is billed by rule has the rate of its class."""
    here = tables(
        clients=[{"id": 1}], products=[{"id": 1, "tax_class": "reduced"}, {"id": 2}],
        tax_rates=[{"id": 1, "name": "VAT", "rate": 19}, {"id": 2, "name": "VAT", "rate": 7, "tax_class": "reduced"}],
        services=[{"id": n, "client_id": 1, "product_id": n, "status": "Active", "next_due_on": TODAY, "recurring_amount": 100} for n in (1, 2)],
        addons=[{"id": 1, "service_id": 2, "status": "Active", "next_due_on": TODAY, "recurring_amount": 100, "is_taxed": True, "tax_class": "reduced"}],
        orders=[{"id": 1, "client_id": 1, "status": "Pending", "amount": 100}],
        order_items=[{"id": 1, "order_id": 1, "kind": "product", "product_id": 1, "billing_cycle": "monthly", "amount": 100, "discount": 0}],
    )  # fmt: skip
    apply(here, "generate-invoices", {"until_on": TODAY})
    assert rows(here, "select kind, service_id, tax_rate1, tax1 from invoice_items order by id") == [
        ("service", 1, money("7"), money("7")), ("service", 2, money("19"), money("19")), ("addon", None, money("7"), money("7")),
    ]  # fmt: skip
    apply(here, "accept-order", {"order_id": 1})
    apply(here, "change-service", {"service_id": 1, "recurring_amount": 200})
    assert rows(here, "select tax_rate1 from invoice_items where invoice_id > 1 order by id") == [(money("7"),)] * 2


@pytest.mark.parametrize(
    ("currency", "quantity", "price", "discount", "amount"),
    [
        pytest.param(EUR, "2.25", "64.22", "144.50", "0", id="wholly: half a cent"),
        pytest.param(EUR, "2.25", "64.22", "144.49", "0.01", id="but for a cent"),
        pytest.param(EUR, "2.25", "64.22", "0", "144.50", id="no discount"),
        pytest.param(JPY, "2.5", "1001", "2503", "0", id="yen"),
        pytest.param(KWD, "0.5", "0.003", "0.002", "0", id="dinars"),
    ],
)
def test_the_discount_is_taken_off_the_rounded_amount(currency, quantity, price, discount, amount):
    """An item can be discounted by exactly what it costs without discount."""
    here = book_of(client={"currency_id": currency})
    invoice, items = invoiced(here, (price, {"quantity": quantity, "discount": discount}), ("10", {}))
    assert items[0][0] == money(amount)
    assert invoice[3] == money(amount) + 10


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        pytest.param({"tax_rate": "7", "is_taxed": False}, "tax_rate", "not_taxed", id="a rate without tax"),
        pytest.param({"tax_class": "luxury"}, "tax_class", "unknown_tax_class", id="no rate of that class"),
    ],
)
def test_rates_that_cannot_be(more, field, code):
    """A rate that cannot be used is refused, in a new invoice and in an item of a draft."""
    here = book_of(rates=[VAT])
    item = {"description": "x", "unit_price": "1", **more}
    assert problems(here, "create-invoice", {"client_id": 1, **item}) == [(1, field, code)]
    apply(here, "create-invoice", {"client_id": 1, "description": "x", "unit_price": "1", "draft": True})
    assert problems(here, "add-invoice-item", {"invoice_id": 1, **item}) == [(1, field, code)]


def test_a_rate_for_a_client_who_pays_no_tax_is_warned_of():
    """An exempt client pays none, whatever rate the item is given."""
    here = book_of(rates=[VAT], client={"is_tax_exempt": True})
    asked = {"client_id": 1, "description": "x", "unit_price": "1", "tax_rate": "7"}
    assert warnings(here, "create-invoice", asked) == [(1, "not_charged")]
    assert invoiced(here, ("1", {"tax_rate": "7"}))[0][1] == money("0")


def test_items_of_drafts_keep_their_rates():
    """A draft that is calculated again keeps the rates that items were given, and follows the classes of the others."""
    here = book_of(rates=[VAT, (1, 7, {"tax_class": "reduced"})])
    item = {"client_id": 1, "invoice": "a", "description": "x", "unit_price": "100", "draft": True}
    apply(here, "create-invoice", {**item, "tax_rate": "10"}, {**item, "tax_class": "reduced"})
    apply(here, "set-tax-rate", {"name": "VAT", "rate": "8", "tax_class": "reduced"})
    apply(here, "edit-invoice", {"invoice_id": 1, "reckon_tax": True})
    assert rows(here, "select tax_rate1, tax1 from invoice_items order by id") == [
        (money("10"), money("10")),
        (money("8"), money("8")),
    ]
    apply(
        here, "edit-invoice-item", {"invoice_item_id": 2, "tax_rate": "5"}, {"invoice_item_id": 1, "clear": "tax_rate"}
    )
    assert rows(here, "select tax_rate1 from invoice_items order by id") == [(money("19"),), (money("5"),)]
    assert rows(here, "select tax1 from invoices") == [(money("24"),)]
