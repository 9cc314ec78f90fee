"""Generate invoices: everything that falls due up to a date, one invoice a client and due date."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import JPY, KWD, TODAY, money, tables
from tests.long_forms import examples
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    broken_laws,
    days,
    planned,
    problems,
    rows,
    tried_out,
    warnings,
    write,
)

UNTIL = {"until_on": days(10)}


def service(row_id, **more):
    """A monthly service of client 1 that runs and costs 10."""
    return {"id": row_id, "client_id": 1, "status": "Active", "recurring_amount": 10, "next_due_on": TODAY, **more}


def due_dates(book):
    """Client, due date and total of all invoices, in order of their numbers."""
    return rows(book, "select client_id, due_on, total from invoices order by id")


def test_one_invoice_a_client_and_due_date():
    """Services, add-ons and domains due on one day come together, with what they cost and the days they cover."""
    book = tables(
        clients=[{"id": 1, "payment_method": "card"}, {"id": 2}],
        products=[{"id": 5, "name": "Basic"}],
        services=[
            service(1, product_id=5, domain="example.com", quantity=2),
            service(2, client_id=2, recurring_amount=20, next_due_on=days(3)),
        ],
        addons=[{"id": 1, "service_id": 1, "name": "Backup", "status": "Active", "recurring_amount": 2, "next_due_on": TODAY}],
        domains=[{"id": 1, "client_id": 1, "name": "example.com", "status": "Active", "recurring_amount": 12, "next_due_on": TODAY}],
    )  # fmt: skip
    apply(book, "generate-invoices", UNTIL)
    assert due_dates(book) == [(1, TODAY, money("24")), (2, days(3), money("20"))]
    assert rows(
        book, "select status, issued_on, payment_method, bill_to, number from invoices where client_id = 1"
    ) == [("Unpaid", TODAY, "card", "Ada Lovelace", None)]
    assert rows(book, """
        select kind, coalesce(service_id, addon_id, domain_id), description, amount, period_from, period_to
        from invoice_items order by id
    """) == [
        ("service", 1, "2 x Basic - example.com (2026-11-20 - 2026-12-19)", money("10"), TODAY, date(2026, 12, 19)),
        ("addon", 1, "Backup - example.com (2026-11-20 - 2026-12-19)", money("2"), TODAY, date(2026, 12, 19)),
        ("domain", 1, "Domain renewal - example.com - 1 year (2026-11-20 - 2027-11-19)", money("12"), TODAY, date(2027, 11, 19)),
        ("service", 2, "Service 2 (2026-11-23 - 2026-12-22)", money("20"), days(3), date(2026, 12, 22)),
    ]  # fmt: skip
    assert rows(book, "select next_due_on from services order by id") == [(date(2026, 12, 20),), (date(2026, 12, 23),)]
    assert rows(book, "select next_due_on from addons") == [(date(2026, 12, 20),)]
    assert rows(book, "select next_due_on from domains") == [(date(2027, 11, 20),)]


@pytest.mark.parametrize(
    ("kind", "more", "count"),
    [
        pytest.param("services", {}, 1, id="Active"),
        pytest.param("services", {"status": "Suspended"}, 1, id="Suspended"),
        pytest.param("services", {"status": "Pending"}, 0, id="Pending"),
        pytest.param("services", {"status": "Terminated"}, 0, id="Terminated"),
        pytest.param("services", {"status": "Cancelled"}, 0, id="Cancelled"),
        pytest.param("services", {"billing_cycle": "free"}, 0, id="free"),
        pytest.param("services", {"billing_cycle": "one time"}, 1, id="one time"),
        pytest.param("services", {"next_due_on": None}, 0, id="nothing more to invoice"),
        pytest.param("services", {"next_due_on": days(10)}, 1, id="due on the last day"),
        pytest.param("services", {"next_due_on": days(11)}, 0, id="due a day later"),
        pytest.param("services", {"recurring_amount": 0}, 1, id="costs nothing"),
        pytest.param("services", {"recurring_amount": -1}, 0, id="costs less than nothing"),
        pytest.param("domains", {}, 1, id="domain"),
        pytest.param("domains", {"status": "Grace"}, 1, id="domain in grace"),
        pytest.param("domains", {"status": "Expired"}, 0, id="expired domain"),
        pytest.param("domains", {"auto_renew": False}, 0, id="domain that is not renewed"),
        pytest.param("addons", {}, 1, id="add-on"),
        pytest.param("addons", {"status": "Terminated"}, 0, id="terminated add-on"),
    ],
)
def test_what_is_invoiced(kind, more, count):
    """Status, cycle and due date decide what is invoiced."""
    row = service(1, **more)
    if kind == "addons":
        row = {name: value for name, value in row.items() if name != "client_id"} | {"service_id": 7}
    if kind == "domains":
        row |= {"name": "example.com"}
    others = {"services": [service(7, next_due_on=None)]} if kind == "addons" else {}
    book = tables(clients=[{"id": 1}], **{kind: [row]}, **others)
    apply(book, "generate-invoices", UNTIL)
    assert len(due_dates(book)) == count


@pytest.mark.parametrize("status", ["Active", "Inactive", "Closed"])
def test_status_of_the_client_never_stops_invoicing(status):
    """What runs is invoiced whatever the client's status; for a closed client the preview says so."""
    book = tables(clients=[{"id": 1, "status": status}], services=[service(1)])
    assert warnings(book, "generate-invoices", UNTIL) == ([(1, "closed_client")] if status == "Closed" else [])
    apply(book, "generate-invoices", UNTIL)
    assert len(due_dates(book)) == 1


def test_an_addon_of_an_ended_service_is_not_invoiced():
    """An add-on that runs on though its service ended is named instead."""
    book = tables(
        clients=[{"id": 1}],
        services=[service(1, status="Terminated")],
        addons=[{"id": 3, "service_id": 1, "status": "Active", "recurring_amount": 2, "next_due_on": TODAY}],
    )
    assert warnings(book, "generate-invoices", UNTIL) == [(1, "ended_service")]
    apply(book, "generate-invoices", UNTIL)
    assert due_dates(book) == []


def test_generating_twice_bills_once():
    """The second time nothing is due any more; what a later date brings is only the rest."""
    book = tables(clients=[{"id": 1}], services=[service(1)])
    apply(book, "generate-invoices", UNTIL)
    again = apply(book, "generate-invoices", UNTIL)
    assert again.rows("invoices", "insert") == []
    apply(book, "generate-invoices", {"until_on": date(2026, 12, 20)})
    assert due_dates(book) == [(1, TODAY, money("10")), (1, date(2026, 12, 20), money("10"))]


def test_the_same_date_twice_in_one_table_bills_once():
    """Two rows of one date, or of a client and of all, bill what one row does."""
    book = tables(clients=[{"id": 1}], services=[service(1)])
    plan = apply(book, "generate-invoices", UNTIL, UNTIL | {"client_id": 1}, UNTIL)
    assert len(plan.rows("invoices", "insert")) == 1


@pytest.mark.parametrize(
    ("cycle", "first", "until", "expected"),
    [
        pytest.param("monthly", date(2026, 8, 31), date(2026, 11, 30), ["2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30"], id="month ends"),
        pytest.param("monthly", date(2026, 1, 31), date(2026, 4, 1), ["2026-01-31", "2026-02-28", "2026-03-31"], id="31 Jan, 28 Feb, 31 Mar"),
        pytest.param("monthly", date(2028, 1, 30), date(2028, 4, 1), ["2028-01-30", "2028-02-29", "2028-03-30"], id="30 Jan, 29 Feb, 30 Mar"),
        pytest.param("quarterly", date(2026, 1, 31), date(2026, 12, 1), ["2026-01-31", "2026-04-30", "2026-07-31", "2026-10-31"], id="quarters"),
        pytest.param("annually", date(2024, 2, 29), date(2027, 1, 1), ["2024-02-29", "2025-02-28", "2026-02-28"], id="29 Feb each year"),
        pytest.param("biennially", date(2022, 5, 1), date(2026, 5, 1), ["2022-05-01", "2024-05-01", "2026-05-01"], id="two years"),
        pytest.param("triennially", date(2020, 5, 1), date(2026, 5, 1), ["2020-05-01", "2023-05-01", "2026-05-01"], id="three years"),
        pytest.param("semi-annually", date(2026, 8, 31), date(2027, 3, 1), ["2026-08-31", "2027-02-28"], id="half years"),
        pytest.param("one time", date(2026, 8, 31), date(2027, 3, 1), ["2026-08-31"], id="one time"),
    ],
)  # fmt: skip
def test_every_cycle_that_is_due(cycle, first, until, expected):
    """All cycles up to the date are invoiced, each on its own day."""
    today = date(2028, 3, 20) if until.year == 2028 else TODAY
    book = tables(clients=[{"id": 1}], services=[service(1, billing_cycle=cycle, next_due_on=first)])
    apply(book, "generate-invoices", {"until_on": until}, today=today)
    assert [str(due_on) for _, due_on, _ in due_dates(book)] == expected


@pytest.mark.parametrize("kind", ["services", "addons"])
def test_month_ends_come_back_run_after_run(kind):
    """31 Jan, 28 Feb, 31 Mar, also when each is generated on its own."""
    row = service(1, next_due_on=date(2026, 1, 31))
    others = {}
    if kind == "addons":
        row = {name: value for name, value in row.items() if name != "client_id"} | {"service_id": 7}
        others = {"services": [service(7, next_due_on=None)]}
    book = tables(clients=[{"id": 1}], **{kind: [row]}, **others)
    for until in (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)):
        apply(book, "generate-invoices", {"until_on": until})
    assert [str(due_on) for _, due_on, _ in due_dates(book)] == ["2026-01-31", "2026-02-28", "2026-03-31"]


def test_a_domain_of_29_february_comes_back_to_it():
    """A domain registered on 29 Feb is due on the 28th in common years and on the 29th in leap years."""
    domain = {"id": 1, "client_id": 1, "status": "Active", "registered_on": date(2024, 2, 29), "recurring_amount": 9}
    book = tables(clients=[{"id": 1}], domains=[domain | {"next_due_on": date(2026, 2, 28)}])
    for until, today in ((date(2026, 3, 1), TODAY), (date(2027, 3, 1), TODAY), (date(2028, 3, 1), date(2028, 1, 1))):
        apply(book, "generate-invoices", {"until_on": until}, today=today)
    assert [str(due_on) for _, due_on, _ in due_dates(book)] == ["2026-02-28", "2027-02-28", "2028-02-29"]


def test_a_first_cycle_costs_the_first_amount():
    """What is due on the day of its registration costs the first amount, later cycles the recurring one."""
    book = tables(
        clients=[{"id": 1}],
        services=[
            service(1, registered_on=TODAY, first_amount=25),
            service(2, registered_on=days(-30), first_amount=25),
        ],
    )
    apply(book, "generate-invoices", {"until_on": date(2026, 12, 20)})
    assert due_dates(book) == [(1, TODAY, money("35")), (1, date(2026, 12, 20), money("20"))]


@pytest.mark.parametrize(
    "where", [pytest.param("client", id="the client's wish"), pytest.param("group", id="the group's")]
)
def test_separate_invoices(where):
    """Each service gets an invoice of its own with its add-ons, and each domain one."""
    book = tables(
        clients=[{"id": 1, "separate_invoices": where == "client", "group_id": 3}],
        groups=[{"id": 3, "separate_invoices": where == "group"}],
        services=[service(1), service(2)],
        addons=[{"id": 1, "service_id": 2, "status": "Active", "recurring_amount": 1, "next_due_on": TODAY}],
        domains=[{"id": 2, "client_id": 1, "status": "Active", "recurring_amount": 5, "next_due_on": TODAY}],
    )
    apply(book, "generate-invoices", UNTIL)
    assert [total for *_, total in due_dates(book)] == [money("10"), money("11"), money("5")]


def test_group_discount_comes_off_before_tax():
    """A group's discount is rounded per item and taken off before tax is reckoned."""
    book = tables(
        clients=[{"id": 1, "country": "DE", "group_id": 3}],
        groups=[{"id": 3, "discount_percent": Decimal("12.5")}],
        tax_rates=[{"id": 1, "name": "VAT", "country": "DE", "rate": 19}],
        services=[service(1, recurring_amount=Decimal("9.99"))],
    )
    apply(book, "generate-invoices", UNTIL)
    assert rows(book, "select unit_price, discount, amount, tax1 from invoice_items") == [
        (money("9.99"), money("1.25"), money("8.74"), money("1.66"))
    ]


def test_tax_follows_product_addon_and_settings():
    """Products and add-ons say whether they are taxed, for domains the settings do."""
    book = tables(
        clients=[{"id": 1}],
        tax_rates=[{"id": 1, "name": "VAT", "rate": 10}],
        settings=[{"id": 1, "name": "tax_domains", "value": "no"}],
        products=[{"id": 1, "is_taxed": False}, {"id": 2}],
        services=[service(1, product_id=1), service(2, product_id=2)],
        addons=[{"id": 1, "service_id": 1, "status": "Active", "recurring_amount": 10, "next_due_on": TODAY, "is_taxed": False}],
        domains=[{"id": 2, "client_id": 1, "status": "Active", "recurring_amount": 10, "next_due_on": TODAY}],
    )  # fmt: skip
    apply(book, "generate-invoices", UNTIL)
    assert rows(book, "select kind, sum(tax1) from invoice_items group by kind order by kind") == [
        ("addon", money("0")), ("domain", money("0")), ("service", money("1")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "price", "expected"),
    [
        pytest.param(JPY, Decimal("1980.4"), "1980", id="JPY is whole"),
        pytest.param(KWD, Decimal("1.2345"), "1.235", id="KWD has three decimals"),
        pytest.param(1, Decimal("9.995"), "10", id="EUR has two"),
    ],
)
def test_prices_are_rounded_to_the_minor_unit(currency, price, expected):
    """A recurring amount that is finer than its currency is rounded when it is billed."""
    book = tables(clients=[{"id": 1, "currency_id": currency}], services=[service(1, recurring_amount=price)])
    apply(book, "generate-invoices", UNTIL)
    assert [total for *_, total in due_dates(book)] == [money(expected)]


def test_credit_is_offered_oldest_due_first():
    """New invoices are paid from the credit in order of their due dates, as far as it goes."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 15}, {"id": 2, "credit_balance": 15, "auto_apply_credit": False}],
        services=[service(1, next_due_on=days(5)), service(2, next_due_on=days(2)), service(3, client_id=2)],
    )
    plan = apply(book, "generate-invoices", UNTIL)
    assert rows(book, "select due_on, credit_applied, status, paid_on from invoices order by id") == [
        (days(2), money("10"), "Paid", TODAY),
        (days(5), money("5"), "Unpaid", None),
        (TODAY, money("0"), "Unpaid", None),
    ]
    assert plan.rows("credit_entries", "insert") == [
        {"id": n, "client_id": 1, "entry_on": TODAY, "description": f"Credit applied to invoice {n}", "amount": money(amount), "invoice_id": n}
        for n, amount in ((1, "-10"), (2, "-5"))
    ]  # fmt: skip
    assert rows(book, "select credit_balance from clients order by id") == [(money("0"),), (money("15"),)]


def test_an_invoice_of_nothing_is_paid_at_once():
    """A total of 0 is Paid on the day it is generated."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}], services=[service(1, recurring_amount=0)])
    apply(book, "generate-invoices", UNTIL)
    assert rows(book, "select total, status, paid_on, credit_applied from invoices") == [
        (money("0"), "Paid", TODAY, money("0"))
    ]


def test_the_billing_contact_is_kept_on_the_invoice():
    """Name and address are the billing contact's; where it has no address, the client's."""
    client = {
        "company_name": "Engines Ltd",
        "address1": "1 High St",
        "postcode": "N1",
        "city": "London",
        "country": "GB",
    }
    book = tables(
        clients=[
            {"id": 1, **client, "default_billing_contact_id": 4}, {"id": 2, **client, "default_billing_contact_id": 5},
            {"id": 3, **client},
        ],
        contacts=[
            {"id": 4, "client_id": 1, "address1": "2 Low St", "city": "Leeds", "country": "GB"},
            {"id": 5, "client_id": 2, "company_name": "Books 'n' 帳簿"},
        ],
        services=[service(1), service(2, client_id=2), service(3, client_id=3)],
    )  # fmt: skip
    apply(book, "generate-invoices", UNTIL)
    assert rows(book, "select billing_contact_id, bill_to from invoices order by id") == [
        (4, "Eve Example\n2 Low St\nLeeds\nGB"),
        (5, "Books 'n' 帳簿\nEve Example\n1 High St\nN1 London\nGB"),
        (None, "Engines Ltd\nAda Lovelace\n1 High St\nN1 London\nGB"),
    ]


def test_a_billing_contact_of_somebody_else_is_not_used():
    """An imported client may name another client's contact: its invoices carry its own name."""
    book = tables(
        clients=[{"id": 1, "default_billing_contact_id": 4}, {"id": 2}],
        contacts=[{"id": 4, "client_id": 2}],
        services=[service(1)],
    )
    [row] = planned(book, "generate-invoices", [UNTIL]).rows("invoices", "insert")
    assert (row["billing_contact_id"], row["bill_to"]) == (None, "Ada Lovelace")


def test_numbers_follow_on_without_gaps():
    """Where a format and a next number are set, invoices are numbered in order and the next number moves on."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}],
        settings=[
            {"id": 1, "name": "invoice_number_format", "value": "R{YEAR}{MONTH}-{NUMBER}"},
            {"id": 2, "name": "invoice_next_number", "value": "099"},
        ],
        services=[service(1), service(2, client_id=2)],
    )
    apply(book, "generate-invoices", UNTIL)
    assert rows(book, "select number from invoices order by id") == [("R202611-099",), ("R202611-100",)]
    assert rows(book, "select value from settings where id = 2") == [("101",)]


def test_only_one_client():
    """With a client given, nobody else is invoiced."""
    book = tables(clients=[{"id": 1}, {"id": 2}], services=[service(1), service(2, client_id=2)])
    apply(book, "generate-invoices", UNTIL | {"client_id": 2})
    assert due_dates(book) == [(2, TODAY, money("10"))]


def test_clients_are_told_if_asked():
    """Each client that somebody reads e-mail for is told of its invoice."""
    book = tables(clients=[{"id": 1}, {"id": 2, "email": None}], services=[service(1), service(2, client_id=2)])
    apply(book, "generate-invoices", UNTIL | {"send_email": True})
    assert rows(book, "select template, client_id, subject_kind, subject_id, status from communications") == [
        ("invoice-created", 1, "invoice", 1, "queued")
    ]


@pytest.mark.parametrize(
    ("request_row", "field", "code"),
    [
        pytest.param({"client_id": 9}, "client_id", "unknown_client", id="no such client"),
        pytest.param({"until_on": days(367)}, "until_on", "too_far_ahead", id="more than a year ahead"),
        pytest.param({"until_on": date(2100, 12, 31)}, "until_on", "too_far_ahead", id="the end of the century"),
    ],
)
def test_refused(request_row, field, code):
    """A request that cannot be done is named by its row, field and code."""
    book = tables(clients=[{"id": 1}], services=[service(1)])
    assert problems(book, "generate-invoices", UNTIL | request_row) == [(1, field, code)]


def test_an_invoice_too_large_is_refused():
    """More than the column holds is a problem, not a crash."""
    book = tables(clients=[{"id": 1}], services=[service(1, recurring_amount=Decimal("99999999999999.99"))])
    assert problems(book, "generate-invoices", UNTIL) == [(1, "until_on", "too_large")]


def test_many_cycles_are_pointed_out():
    """More than a dozen cycles of one thing at once are worth a look."""
    book = tables(clients=[{"id": 1}], services=[service(4, next_due_on=date(2025, 10, 20))])
    assert warnings(book, "generate-invoices", UNTIL) == [(1, "many_cycles")]


def test_nothing_to_invoice():
    """A book without clients, or a client without anything, gets no invoice."""
    assert planned(tables(), "generate-invoices", [UNTIL]).rows("invoices", "insert") == []
    assert planned(tables(clients=[{"id": 1}]), "generate-invoices", [UNTIL]).rows("invoices", "insert") == []


def test_preview_says_how_much():
    """The summary has the number of invoices and their sum per currency."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 3}, {"id": 2, "currency_id": JPY}],
        services=[service(1), service(2, client_id=2)],
    )
    assert planned(book, "generate-invoices", [UNTIL]).summary == (
        ("Invoices", "2"),
        ("Invoiced", "EUR 10.00, of which paid by credit EUR 3.00"),
        ("Invoiced", "JPY 10, of which paid by credit JPY 0"),
        ("Credit of client 1", "EUR 3.00 credit will be applied, EUR 7.00 left to pay"),
    )


@st.composite
def books(draw):
    """Two clients with credit, and services and domains of theirs due at any time."""
    dates = st.dates(date(2026, 1, 1), date(2027, 3, 1))
    cycles = st.sampled_from(["monthly", "quarterly", "annually", "one time", "free"])
    services = [
        service(n, client_id=draw(st.integers(1, 2)), next_due_on=draw(dates), billing_cycle=draw(cycles))
        for n in range(1, draw(st.integers(1, 5)))
    ]
    clients = [
        {"id": n, "credit_balance": draw(st.integers(0, 40)), "separate_invoices": draw(st.booleans())} for n in (1, 2)
    ]
    domains = [{"id": 1, "client_id": 1, "status": "Active", "recurring_amount": 7, "next_due_on": draw(dates)}]
    numbering = [
        {"id": 1, "name": "invoice_number_format", "value": "{NUMBER}"},
        {"id": 2, "name": "invoice_next_number", "value": "1"},
    ]
    return tables(clients=clients, services=services, domains=domains, settings=numbering)


asked_rows = st.lists(
    st.tuples(st.dates(date(2026, 6, 1), date(2027, 6, 1)), st.none() | st.integers(1, 2)), min_size=1, max_size=4
)


@settings(max_examples=examples(10), deadline=None)
@given(books(), asked_rows)
def test_many_rows_are_one_row_after_another(book, asked):
    """Law: any dates in one table bill what they bill one by one; and once more they bill nothing."""
    requests = [{"until_on": until, "client_id": client} for until, client in asked]
    assert assert_one_table_is_one_by_one(book, "generate-invoices", requests) == len(requests)
    with tried_out(book):
        credit = rows(book, "select sum(credit_balance) from clients")[0][0]
        write(book, planned(book, "generate-invoices", requests))
        assert broken_laws(book) == []
        applied = rows(book, "select coalesce(sum(credit_applied), 0) from invoices")[0][0]
        assert rows(book, "select sum(credit_balance) from clients")[0][0] + applied == credit
        again = planned(book, "generate-invoices", requests)
        assert all(change.rows.aggregate("count(*)").fetchone() == (0,) for change in again.changes)
