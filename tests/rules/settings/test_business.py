"""Rules of the business settings and the catalogue: what a book needs that nothing was imported into."""

from decimal import Decimal

from clientops.registry import rule
from clientops.rules.invoices.generate import GenerateInvoices, generate_invoices
from clientops.rules.services.add import AddService, add_service
from clientops.rules.settings.business import NAMES, SetBusiness, set_business
from clientops.rules.settings.catalogue import (
    AddGroup,
    AddProduct,
    SetProductPrice,
    SetTaxRate,
    add_group,
    add_product,
    set_product_price,
    set_tax_rate,
)
from tests.builders import TODAY, plan, tables
from tests.rules.money_book import warnings
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same, write


def kept(book):
    return dict(book.query("select name, value from settings order by name").fetchall())


def test_settings_are_added_and_changed():
    """Only what is given changes; of several rows the last that gives a field holds."""
    book = tables(settings=[{"id": 4, "name": "tax_mode", "value": "exclusive"}, {"id": 5, "name": "x", "value": "y"}])
    asked = [{"tax_mode": "inclusive", "company_name": "One"}, {"company_name": "O'Hara", "tax_domains": False}]
    write(book, plan(set_business, SetBusiness, book, asked))
    assert kept(book) == {"company_name": "O'Hara", "tax_domains": "no", "tax_mode": "inclusive", "x": "y"}
    assert book.query("select min(id), max(id), count(*) from settings").fetchone() == (4, 7, 4)


def test_settings_given_one_by_one_are_the_same():
    """Law: a table of n rows leaves the same settings as n tables of one."""
    asked = [{"tax_compound": True}, {"invoice_due_days": 30}, {"tax_compound": False, "retention_years": 12}]
    assert_one_by_one_is_same(set_business, SetBusiness, lambda: tables(settings=[]), asked)


def test_settings_refused():
    """What cannot be is refused by field; a row that gives nothing says what there is."""
    cases = [
        ({"tax_mode": "net"}, "tax_mode", "bad_value"),
        ({"invoice_due_days": -1}, "invoice_due_days", "bad_value"),
        ({"retention_years": 1000}, "retention_years", "bad_value"),
        ({"company_name": None}, "", "nothing_given"),
    ]
    assert_refused(tables(settings=[]), rule("set-business"), {"company_name": "Acme"}, cases)
    (nothing,) = problems_of(tables(settings=[]), rule("set-business"), [{}])
    assert all(name in nothing.message for name in NAMES)


def test_keeping_records_shorter_is_warned_of():
    """The law decides how long; 10 years hold where nothing was set."""

    def codes(years, of=()):
        return warnings(tables(settings=of), "set-business", {"retention_years": years})

    assert (codes(9), codes(10)) == ([(1, "kept_shorter")], [])
    assert codes(7, [{"id": 1, "name": "retention_years", "value": "6"}]) == []


def test_an_empty_book_bills_its_first_service():
    """Group, tax, product and price entered by hand are what an invoice is reckoned with."""
    book = tables(clients=[{"id": 1, "country": "DE", "currency_id": 1, "group_id": 1, "auto_apply_credit": False}])
    for function, model, asked in (
        (set_business, SetBusiness, {"tax_mode": "exclusive", "invoice_due_days": 7}),
        (add_group, AddGroup, {"name": "Partners", "discount_percent": "10"}),
        (set_tax_rate, SetTaxRate, {"name": "VAT", "rate": "19", "country": "Germany"}),
        (add_product, AddProduct, {"name": "Webspace M"}),
        (set_product_price, SetProductPrice, {"product_id": 1, "currency": "EUR", "amount": "12.50", "setup_fee": "5"}),
        (add_service, AddService, {"client_id": 1, "product_id": 1, "domain": "example.com"}),
    ):
        result = plan(function, model, book, [asked])
        assert result.problem_list() == [], result.problem_list()
        write(book, result)
    invoice = plan(generate_invoices, GenerateInvoices, book, [{"until_on": TODAY}]).rows("invoices", "insert")[0]
    # (12.50 + 5.00) less 10 %, and 19 % on it
    assert (invoice["subtotal"], invoice["tax1"], invoice["total"]) == (Decimal("15.75"), Decimal("2.99"), Decimal("18.74"))  # fmt: skip


def test_rates_and_prices_are_set_again_in_their_place():
    """What is there for a place, or for a currency and cycle, is changed, and nothing is there twice."""
    book = tables(
        products=[{"id": 1}], tax_rates=[{"id": 3, "level": 1, "name": "VAT", "country": "de", "state": "", "rate": 16}]
    )
    write(book, plan(set_tax_rate, SetTaxRate, book, [{"name": "MwSt", "rate": 19, "country": "DE"}, {"name": "x", "rate": 1, "country": "DE", "level": "2"}]))  # fmt: skip
    assert book.query("select id, level, name, rate from tax_rates order by id").fetchall() == [(3, 1, "MwSt", 19), (4, 2, "x", 1)]  # fmt: skip
    for amount in ("10", "12.5"):
        write(book, plan(set_product_price, SetProductPrice, book, [{"product_id": 1, "amount": amount}]))
    assert book.query("select id, currency_id, amount from product_prices").fetchall() == [(1, 1, Decimal("12.5"))]


def test_catalogue_refused():
    """Each fault is named by row, field and code."""
    book = tables(
        groups=[{"id": 1, "name": "Resellers"}],
        products=[{"id": 1, "name": "Basic"}, {"id": 2, "name": "Gift", "pay_kind": "free"}, {"id": 3, "name": "Move", "pay_kind": "one time"}],
    )  # fmt: skip
    assert_refused(book, rule("add-group"), {"name": "A"}, [
        ({"name": "resellers"}, "name", "name_taken"), ({"name": "a"}, "name", "name_taken"), ({"name": None}, "name", "missing"),
        ({"name": "B", "discount_percent": 101}, "discount_percent", "bad_value"), ({"name": "C", "colour": "red"}, "colour", "bad_value"),
    ])  # fmt: skip
    assert_refused(book, rule("set-tax-rate"), {"name": "VAT", "rate": 19, "country": "DE"}, [
        ({}, "rate", "twice"), ({"country": None, "state": "Texas"}, "country", "state_without_country"),
        ({"country": "Atlantis"}, "country", "bad_value"), ({"country": "FR", "rate": 100.5}, "rate", "bad_value"),
        ({"country": "NL", "level": "3"}, "level", "bad_value"), ({"country": "AT", "name": None}, "name", "missing"),
    ])  # fmt: skip
    assert_refused(book, rule("add-product"), {"name": "New"}, [
        ({"name": "BASIC"}, "name", "name_taken"), ({"name": "new"}, "name", "name_taken"),
        ({"name": "B", "kind": "boat"}, "kind", "bad_value"), ({"name": "C", "pay_kind": "never"}, "pay_kind", "bad_value"),
    ])  # fmt: skip
    assert_refused(book, rule("set-product-price"), {"product_id": 1, "amount": 5}, [
        ({}, "billing_cycle", "twice"), ({"product_id": 9}, "product_id", "unknown_product"), ({"currency": "CHF"}, "currency", "unknown_currency"),
        ({"billing_cycle": "one time"}, "billing_cycle", "wrong_cycle"), ({"product_id": 3}, "billing_cycle", "wrong_cycle"),
        ({"product_id": 2, "billing_cycle": "free"}, "amount", "free_costs"), ({"currency": "JPY", "amount": "5.5"}, "amount", "not_minor_unit"),
        ({"currency": "KWD", "setup_fee": "0.0001"}, "setup_fee", "not_minor_unit"), ({"currency": "USD", "amount": -1}, "amount", "bad_value"),
    ])  # fmt: skip
