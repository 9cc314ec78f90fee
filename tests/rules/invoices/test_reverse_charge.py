"""Reverse charge: businesses of other EU countries with a valid VAT number are billed without tax, and the invoice says why."""

import pytest

from clientops.rules.invoices.reverse_charge import NOTE, is_vat_number
from tests.builders import TODAY, money, tables
from tests.rules.money_book import apply, planned, problems, rows, warnings

GERMAN, FRENCH = "DE136695976", "FR40303265045"


def book(client=None, settings=None, **more):
    """A business in Germany, a client in France with a VAT number, and VAT of both countries."""
    kept = {"company_tax_id": GERMAN} if settings is None else settings
    return tables(**{
        "settings": [{"id": n, "name": name, "value": value} for n, (name, value) in enumerate(kept.items(), 1)],
        "clients": [{"id": 1, "country": "FR", "tax_id": FRENCH, **(client or {})}],
        "tax_rates": [{"id": 1, "name": "VAT", "rate": 19}, {"id": 2, "name": "TVA", "rate": 20, "country": "FR"}],
        "products": [{"id": 1}],
        **more,
    })  # fmt: skip


def item(**more):
    return {"client_id": 1, "description": "Hosting", "unit_price": "100", **more}


@pytest.mark.parametrize(
    ("client", "settings", "tax"),
    [
        pytest.param({}, None, "0", id="another EU country, valid number"),
        pytest.param({"tax_id": "40 303 265 045"}, None, "0", id="without its prefix, with blanks"),
        pytest.param({}, {"company_country": "DE"}, "0", id="our country is set"),
        pytest.param({}, {"company_country": "FR"}, "20", id="our own country"),
        pytest.param({"tax_id": "FR00303265045"}, None, "20", id="check digits are wrong"),
        pytest.param({"tax_id": None}, None, "20", id="no number: a consumer"),
        pytest.param({"tax_id": GERMAN}, None, "20", id="a number of another country than the address"),
        pytest.param({"country": "DE", "tax_id": GERMAN}, None, "19", id="a business of our country"),
        pytest.param({"country": "US", "tax_id": "12-3456789"}, None, "19", id="outside the EU"),
        pytest.param({"country": "GR", "tax_id": "EL094259216"}, None, "0", id="Greece begins with EL"),
        pytest.param({}, {"company_tax_id": GERMAN, "reverse_charge": "no"}, "20", id="switched off"),
        pytest.param({"reverse_charge": True}, {"company_tax_id": GERMAN, "reverse_charge": "no"}, "0", id="on for this client"),
        pytest.param({"reverse_charge": False}, None, "20", id="off for this client"),
        pytest.param({}, {}, "20", id="our country is not known"),
        pytest.param({}, {"company_country": "US"}, "20", id="we are not in the EU"),
    ],
)  # fmt: skip
def test_who_is_billed_without_tax(client, settings, tax):
    """Our country and a valid number of the client's country decide; setting and client can switch it."""
    here = book(client, settings)
    apply(here, "create-invoice", item(notes="Thank you"))
    [(tax1, rate, is_reverse, notes)] = rows(
        here, "select tax1, tax_rate1, coalesce(is_reverse_charge, false), notes from invoices"
    )
    assert (tax1, rate, is_reverse) == (money(tax), money(tax), tax == "0")
    assert notes == (f"Thank you\n{NOTE}" if tax == "0" else "Thank you")


def test_it_is_proposed_in_the_preview():
    """The preview says that no tax is charged, and why; where we do not know our own country it says what to set."""
    assert planned(book(), "create-invoice", [item()]).summary == (
        ("Reverse charge", f"no tax for client 1, whose VAT number {FRENCH} is of another EU country"),
    )
    assert warnings(book(settings={}), "create-invoice", item()) == [(1, "own_country_unknown")]
    assert warnings(book({"tax_id": None}, {}), "create-invoice", item()) == []


def test_it_can_be_chosen_for_one_invoice():
    """By hand it is left out, or asked for; asked for without a valid number it is refused."""
    here = book({"reverse_charge": False})
    apply(here, "create-invoice", item(reverse_charge=True))
    assert rows(here, "select tax1 from invoices") == [(money("0"),)]
    here = book()
    apply(here, "create-invoice", item(reverse_charge=False))
    assert rows(here, "select tax1, notes from invoices") == [(money("20"), None)]
    assert problems(book({"tax_id": None}), "create-invoice", item(reverse_charge=True)) == [
        (1, "reverse_charge", "no_foreign_vat")
    ]


def test_every_way_of_billing_has_it():
    """Generated invoices, accepted orders and changes of services."""
    here = book(
        services=[
            {"id": 1, "client_id": 1, "product_id": 1, "status": "Active", "next_due_on": TODAY, "recurring_amount": 10},
        ],
        orders=[{"id": 1, "client_id": 1, "status": "Pending", "amount": 10}],
        order_items=[{"id": 1, "order_id": 1, "kind": "product", "product_id": 1, "billing_cycle": "monthly", "amount": 10, "discount": 0}],
    )  # fmt: skip
    apply(here, "generate-invoices", {"until_on": TODAY})
    apply(here, "accept-order", {"order_id": 1})
    apply(here, "change-service", {"service_id": 1, "recurring_amount": 40})
    found = rows(here, "select tax1, is_reverse_charge, notes, client_tax_id, company_tax_id from invoices")
    assert found == [(money("0"), True, NOTE, FRENCH, GERMAN)] * 3


def test_tax_numbers_are_those_of_the_day_of_issue():
    """Both numbers stay as they were when the invoice was issued; a draft has none yet."""
    here = book()
    apply(here, "create-invoice", item(), item(draft=True))
    apply(here, "edit-client", {"client_id": 1, "tax_id": "FR83404833048"})
    apply(here, "set-business", {"company_tax_id": "DE129273398"})
    numbers = "select client_tax_id, company_tax_id from invoices order by id"
    assert rows(here, numbers) == [(FRENCH, GERMAN), (None, None)]
    apply(here, "issue-invoice", {"invoice_id": 2})
    assert rows(here, numbers) == [(FRENCH, GERMAN), ("FR83404833048", "DE129273398")]
    assert rows(here, "select notes from invoices where id = 2") == [(NOTE,)]


def test_a_draft_whose_client_changed_is_warned_of():
    """A draft keeps its tax until it is calculated again; issuing it warns where the client would be billed otherwise."""
    here = book({"tax_id": None})
    apply(here, "create-invoice", item(draft=True))
    apply(here, "edit-client", {"client_id": 1, "tax_id": FRENCH})
    assert warnings(here, "issue-invoice", {"invoice_id": 1}) == [(1, "reverse_charge")]
    apply(here, "edit-invoice", {"invoice_id": 1, "reckon_tax": True, "notes": "Thanks"})
    assert rows(here, "select tax1, is_reverse_charge, notes from invoices") == [(money("0"), True, f"Thanks\n{NOTE}")]
    apply(here, "edit-client", {"client_id": 1, "clear": "tax_id"})
    assert warnings(here, "issue-invoice", {"invoice_id": 1}) == [(1, "no_foreign_vat")]
    apply(here, "edit-invoice", {"invoice_id": 1, "reckon_tax": True})
    assert rows(here, "select tax1, is_reverse_charge, notes from invoices") == [(money("20"), False, "Thanks")]


@pytest.mark.parametrize(
    ("text", "country", "valid"),
    [(GERMAN, "DE", True), ("de 136 695 976", "DE", True), ("EL094259216", "GR", True), ("094259216", "GR", True), (FRENCH, "DE", False),
     ("", "DE", False), ("GB980780684", "GB", False)],
)  # fmt: skip
def test_vat_numbers(text, country, valid):
    """A number counts for the country that it is of, by its check digits; British ones are no longer of the EU."""
    assert is_vat_number(text, country) is valid
