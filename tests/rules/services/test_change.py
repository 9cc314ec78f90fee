"""Rules that change services, with what the rest of the cycle comes to."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.services.billing_cycles import CYCLES
from clientops.rules.services.change import ChangeService, change_service
from clientops.rules.services.scheduled_changes import CarryOutChanges, carry_out_changes
from tests.builders import EUR, JPY, KWD, TODAY, money, plan, tables
from tests.long_forms import examples
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import apply, assert_one_table_is_one_by_one, figures, problems, rows, warnings

BEGAN = date(2026, 1, 31)


def service(number, client=1, **more):
    return {"id": number, "client_id": client, "product_id": 1, "status": "Active", "registered_on": BEGAN, "billing_day": 31,
            "next_due_on": date(2026, 11, 30), "recurring_amount": 10, **more}  # fmt: skip


def book(*services, **more):
    """Clients in EUR with VAT, JPY, KWD, and a reseller; two products; services of theirs."""
    return tables(**{
        "tax_rates": [{"id": 1, "level": 1, "name": "VAT", "country": "DE", "rate": 19}],
        "groups": [{"id": 1, "name": "Resellers", "discount_percent": 10}],
        "clients": [{"id": 1, "country": "DE"}, {"id": 2, "currency_id": JPY}, {"id": 3, "currency_id": KWD},
                    {"id": 4, "group_id": 1, "status": "Closed"}],
        "products": [{"id": 1}, {"id": 2, "name": "Pro"}, {"id": 3, "name": "Old", "is_retired": True}],
        "product_prices": [
            {"id": 1, "product_id": 1, "currency_id": EUR, "billing_cycle": "monthly", "amount": 10},
            {"id": 2, "product_id": 2, "currency_id": EUR, "billing_cycle": "monthly", "amount": 25},
            {"id": 3, "product_id": 2, "currency_id": EUR, "billing_cycle": "annually", "amount": 250},
            {"id": 4, "product_id": 2, "currency_id": JPY, "billing_cycle": "monthly", "amount": 4001},
        ],
        "services": services or [
            service(1), service(2, 2, recurring_amount=1601), service(3, 3, recurring_amount="3.125"), service(4, 4),
            service(5, next_due_on=TODAY, registered_on=TODAY, first_amount=12, billing_day=None),
            service(6, status="Terminated"), service(7, billing_cycle="one time", next_due_on=None, recurring_amount=0),
            service(8, recurring_amount=13), service(9, billing_cycle="free", recurring_amount=0, next_due_on=None),
        ],
        "service_options": [] if services else [
            {"id": 1, "service_id": 8, "name": "Backup", "value": "daily", "recurring_amount": 2},
            {"id": 2, "service_id": 8, "name": "IP", "value": "v4", "recurring_amount": 1},
        ],
        **more,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "days", "charge", "credit", "total", "given", "recurring", "due"),
    [
        # 10 of 30 days: (25 - 10) x 10/30
        pytest.param({"service_id": 1, "product_id": 2}, (10, 30), "5", "0", "5.95", "0", "25", date(2026, 11, 30), id="upgrade, with tax"),
        pytest.param({"service_id": 1, "recurring_amount": 4}, (10, 30), "0", "2", None, "2.38", "4", date(2026, 11, 30), id="downgrade, with tax"),
        pytest.param({"service_id": 2, "product_id": 2}, (10, 30), "800", "0", "800", "0", "4001", date(2026, 11, 30), id="whole yen"),
        pytest.param({"service_id": 3, "recurring_amount": "1.001"}, (10, 30), "0", "0.708", None, "0.708", "1.001", date(2026, 11, 30), id="fils"),
        pytest.param({"service_id": 4, "product_id": 2}, (10, 30), "5", "0", "4.50", "0", "25", date(2026, 11, 30), id="the group's discount"),
        pytest.param({"service_id": 1, "quantity": 3}, (10, 30), "6.67", "0", "7.94", "0", "30", date(2026, 11, 30), id="more of it"),
        pytest.param({"service_id": 1, "product_id": 2, "billing_cycle": "annually"}, (10, 30), "246.67", "0", "293.54", "0", "250", date(2027, 11, 20), id="another cycle begins"),
        pytest.param({"service_id": 1, "billing_cycle": "free"}, (10, 30), "0", "3.33", None, "3.96", "0", None, id="free from now on"),
        pytest.param({"service_id": 9, "billing_cycle": "monthly", "product_id": 2}, (0, 0), "25", "0", "29.75", "0", "25", date(2026, 12, 20), id="no longer free"),
        pytest.param({"service_id": 7, "billing_cycle": "monthly", "recurring_amount": 5}, (0, 0), "5", "0", "5.95", "0", "5", date(2026, 12, 20), id="no longer one time"),
        pytest.param({"service_id": 8, "remove_options": "backup"}, (10, 30), "0", "0.67", None, "0.80", "11", date(2026, 11, 30), id="a feature removed"),
        pytest.param({"service_id": 8, "add_options": "Disk=50 GB @ 3"}, (10, 30), "1", "0", "1.19", "0", "16", date(2026, 11, 30), id="a feature added"),
        pytest.param({"service_id": 8, "product_id": 2}, (10, 30), "5", "0", "5.95", "0", "28", date(2026, 11, 30), id="options are kept"),
        pytest.param({"service_id": 5, "product_id": 2}, (0, 0), "0", "0", None, "0", "25", TODAY, id="never invoiced yet"),
    ],
)  # fmt: skip
def test_what_the_rest_of_the_cycle_comes_to(asked, days, charge, credit, total, given, recurring, due):
    """Charged or credited is the difference for the days that are left, in the client's currency, with tax."""
    here = book()
    result = apply(here, "change-service", asked)
    [change] = result.rows("service_changes", "insert")
    assert (change["days_remaining"], change["days_in_cycle"]) == days
    assert (change["amount"], change["credit_amount"], change["status"]) == (money(charge), money(credit), "Completed")
    assert [row["total"] for row in result.rows("invoices", "insert")] == ([money(total)] if total else [])
    assert change["invoice_id"] == (1 if total else None)
    assert change["is_paid"] == (total is None)
    assert [row["amount"] for row in result.rows("credit_entries", "insert")] == (
        [money(given)] if given != "0" else []
    )
    assert figures(here)["credit"] == figures(here)["log"] == money(given)
    assert rows(here, f"select recurring_amount, next_due_on from services where id = {asked['service_id']}") == [
        (money(recurring), due)
    ]


def test_the_calculation_is_shown():
    """Preview and invoice say how the amount came about."""
    result = plan(
        change_service, ChangeService, book(), [{"service_id": 1, "product_id": 2, "description": "Asked by phone"}]
    )
    assert result.summary == (
        ("Service 1", "Basic hosting, monthly, EUR 10.00 → Pro, monthly, EUR 25.00"),
        ("Rest of the cycle", "(EUR 25.00 - EUR 10.00) x 10/30 days = EUR 5.00"),
        ("Invoice", "EUR 5.95, of which tax EUR 0.95"),
    )
    [item] = result.rows("invoice_items", "insert")
    assert item["description"] == (
        "Change of Basic hosting to Pro - Asked by phone - (EUR 25.00 - EUR 10.00) x 10/30 days = EUR 5.00"
    )
    assert (item["kind"], item["service_id"], item["period_from"], item["period_to"]) == (
        "change",
        1,
        TODAY,
        date(2026, 11, 29),
    )


def test_options_are_added_and_removed():
    """Features are rows of their own; one that is replaced is removed and added."""
    here = book()
    apply(here, "change-service", {"service_id": 8, "remove_options": "Backup", "add_options": "Backup=hourly @ 5"})
    assert rows(here, "select id, name, value, recurring_amount from service_options order by id") == [
        (2, "IP", "v4", money(1)), (3, "Backup", "hourly", money(5)),
    ]  # fmt: skip
    assert rows(here, "select kind, recurring_difference, added_options, removed_options from service_changes") == [
        ("feature", money(3), "Backup=hourly x 1 @ 5", "Backup"),
    ]  # fmt: skip


def test_at_renewal_waits_until_it_is_carried_out():
    """Nothing moves but a waiting change; carried out before generation, the renewal is billed at the new price, once."""
    here = book(service(1), service(2))
    asked = [{"service_id": n, "product_id": 2, "add_options": "IP=v4 @ 1", "effective": "at renewal"} for n in (1, 2)]
    result = apply(here, "change-service", *asked)
    assert [change.table for change in result.changes if change.rows.fetchall()] == ["service_changes"]
    assert (
        rows(here, "select status, changed_on, amount from service_changes")
        == [("Pending", date(2026, 11, 30), money(0))] * 2
    )
    assert warnings(here, "generate-invoices", {"until_on": "2026-11-30"}) == [(1, "waiting_change")] * 2
    assert problems(here, "change-service", {"service_id": 1, "quantity": 2}) == [(1, "service_id", "is_waiting")]
    apply(here, "cancel-service-change", {"service_change_id": 2})
    apply(here, "carry-out-changes", {"until_on": "2026-11-29"})
    assert rows(here, "select recurring_amount from services where id = 1") == [(money(10),)]
    apply(here, "carry-out-changes", {"until_on": "2026-11-30"})
    assert rows(here, "select recurring_amount, product_id from services order by id") == [
        (money(26), 2),
        (money(10), 1),
    ]
    assert rows(here, "select name from service_options where service_id = 1") == [("IP",)]
    apply(here, "carry-out-changes", {"until_on": "2026-12-31"})
    apply(here, "generate-invoices", {"until_on": "2026-11-30"})
    assert rows(here, "select amount from invoice_items order by id") == [(money(26),), (money(10),)]
    assert rows(here, "select id, status from service_changes order by id") == [(1, "Completed"), (2, "Cancelled")]


def test_a_change_of_what_ended_meanwhile_is_cancelled():
    """What waits for a renewal that never comes is not carried out; a renewal that was billed before is told."""
    here = book(service(1), service(2))
    apply(here, "change-service", *({"service_id": n, "quantity": 2, "effective": "at renewal"} for n in (1, 2)))
    apply(
        here, "edit-service", {"service_id": 1, "status": "Cancelled"}, {"service_id": 2, "next_due_on": "2026-12-31"}
    )
    assert warnings(here, "carry-out-changes", {"until_on": "2026-12-31"}) == [(1, "billed_already")]
    apply(here, "carry-out-changes", {"until_on": "2026-12-31", "client_id": 1})
    assert rows(here, "select status from service_changes order by id") == [("Cancelled",), ("Completed",)]
    assert rows(here, "select quantity from services order by id") == [(1,), (2,)]
    found = plan(carry_out_changes, CarryOutChanges, here, [{"until_on": TODAY, "client_id": 99}]).problem_list()
    assert [(p.field, p.code) for p in found] == [("client_id", "unknown_client")]
    assert problems(here, "cancel-service-change", {"service_change_id": 9}, {"service_change_id": 1}, {"service_change_id": 1}) == [
        (1, "service_change_id", "unknown_service_change"), (2, "service_change_id", "not_waiting"),
        (3, "service_change_id", "not_waiting"), (3, "service_change_id", "twice"),
    ]  # fmt: skip


BAD = [
    ({"service_id": None}, "service_id", "missing", "is missing"),
    ({"service_id": 99}, "service_id", "unknown_service", "there is no service 99"),
    ({"service_id": 6}, "service_id", "not_running", "is Terminated"),
    ({"service_id": 11, "recurring_amount": None}, "", "nothing_given", "nothing is given"),
    ({"service_id": 12, "recurring_amount": 10}, "", "no_change", "is like that already: Basic hosting, monthly, EUR 10.00"),
    ({"service_id": 13, "product_id": 9}, "product_id", "unknown_product", "there is no product 9"),
    ({"service_id": 14, "product_id": 3, "recurring_amount": None}, "recurring_amount", "no_price", "has no monthly price in EUR"),
    ({"service_id": 15, "billing_cycle": "quarterly", "recurring_amount": None}, "recurring_amount", "no_price", "has no quarterly price"),
    ({"service_id": 8, "billing_cycle": "annually", "product_id": 2, "recurring_amount": None}, "recurring_amount", "price_needed", "give the amount of the new cycle"),
    ({"service_id": 7}, "billing_cycle", "not_recurring", "give the new billing cycle"),
    ({"service_id": 16, "billing_cycle": "one time"}, "billing_cycle", "bad_value", "must be one of"),
    ({"service_id": 17, "billing_cycle": "free", "recurring_amount": 1}, "recurring_amount", "free_costs", "choose another one"),
    ({"service_id": 18, "recurring_amount": "1.001"}, "recurring_amount", "not_minor_unit", "finer than EUR"),
    ({"service_id": 2, "recurring_amount": "0.5"}, "recurring_amount", "not_minor_unit", "finer than JPY"),
    ({"service_id": 3, "recurring_amount": "0.0005"}, "recurring_amount", "not_minor_unit", "finer than KWD"),
    ({"service_id": 19, "quantity": 2, "recurring_amount": "x"}, "recurring_amount", "bad_value", "write it like 12.50"),
    ({"service_id": 20, "quantity": 0}, "quantity", "bad_value", "must be more than 0"),
    ({"service_id": 21, "add_options": "nonsense"}, "add_options", "bad_value", "write it like Disk space"),
    ({"service_id": 22, "add_options": "A=b @ 0.001"}, "add_options", "not_minor_unit", "option A costs 0.001"),
    ({"service_id": 10, "add_options": "backup=x"}, "add_options", "option_exists", "remove that, too"),
    ({"service_id": 23, "remove_options": "Backup"}, "remove_options", "unknown_option", "has no option Backup"),
    ({"service_id": 24, "remove_options": "Backup=daily"}, "remove_options", "bad_value", "write the names alone"),
    ({"service_id": 9, "effective": "at renewal", "recurring_amount": None, "add_options": "A=b"}, "effective", "no_renewal", "make the change now"),
    ({"service_id": 25, "effective": "tomorrow"}, "effective", "bad_value", "must be one of 'now' or 'at renewal'"),
    ({"service_id": 1}, "service_id", "twice", "in an earlier row already"),
    ({"service_id": 26, "product_id": 2, "recurring_amount": None, "quantity": 1_000_000, "add_options": "A=b @ 99999999999999"},
     "recurring_amount", "too_large", "more than can be kept"),
]  # fmt: skip


def test_what_is_wrong_is_named_all_at_once():
    """Each wrong request of a table is refused for its reason; the good one among them is not."""
    standard = book()
    services = [
        dict(zip(r.columns, row, strict=True))
        for r in [standard.query("from services where id < 10")]
        for row in r.fetchall()
    ]
    more = [service(n) for n in range(10, 27)]
    options = [
        {"id": 1, "service_id": 8, "name": "Backup", "recurring_amount": 2},
        {"id": 2, "service_id": 10, "name": "Backup"},
    ]
    assert_each_is_named(
        book(*services, *more, service_options=options), "change-service", {"service_id": 1, "recurring_amount": 5}, BAD
    )


def test_below_zero():
    """Options that cost more than the service does cannot simply be taken off."""
    here = book(
        service(8, recurring_amount=1),
        service_options=[{"id": 1, "service_id": 8, "name": "Backup", "recurring_amount": 2}],
    )
    assert problems(here, "change-service", {"service_id": 8, "remove_options": "Backup"}) == [
        (1, "remove_options", "below_zero")
    ]


def test_warnings():
    """A closed client, a cycle that was not invoiced, and a product that is not sold are told."""
    assert warnings(book(), "change-service", {"service_id": 4, "quantity": 2}) == [(1, "closed_client")]
    assert warnings(book(), "change-service", {"service_id": 5, "recurring_amount": 5}) == [(1, "not_billed_yet")]
    assert warnings(book(), "change-service", {"service_id": 1, "product_id": 3, "recurring_amount": 5}) == [
        (1, "retired_product")
    ]
    assert warnings(book(), "change-service", {"service_id": 1, "recurring_amount": 5}) == []


def share(amount, days, days_in_all, digits):
    exact = amount * days / Decimal(days_in_all) if days_in_all else Decimal(0)
    return (
        (Decimal(amount) * days / days_in_all).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        if days_in_all
        else exact
    )


def months_before(day, months, aim):
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(1)).day
    return date(year, month + 1, min(aim, last))


CURRENCIES = st.sampled_from([(1, 2), (2, 0), (3, 3)])


@settings(max_examples=examples(8), deadline=None)
@given(
    CURRENCIES, st.sampled_from(list(CYCLES)), st.integers(0, 10**7), st.lists(st.integers(0, 10**7), min_size=1, max_size=3),
    st.dates(date(2027, 1, 1), date(2028, 12, 31)), st.integers(1, 1100), st.integers(0, 3),
)  # fmt: skip
def test_laws_of_pro_rata(currency, cycle, old, prices, due_on, back, aim_more):
    """Exact: each change is the price difference by the day, rounded once; there and back comes to nothing.

    Days of the cycle are those of the calendar, month ends and leap years as they are: an oracle in plain Python says
    the same. A chain of changes of one day differs from a single one by at most half a minor unit each.
    """
    client, digits = currency
    unit = Decimal(1).scaleb(-digits)
    aim = due_on.day if (due_on + timedelta(1)).day != 1 else min(31, due_on.day + aim_more)
    began = months_before(due_on, CYCLES[cycle], aim)
    today = max(began, due_on - timedelta(back))
    if today == due_on:
        return
    here = book(
        service(1, client, billing_cycle=cycle, next_due_on=due_on, recurring_amount=old * unit, billing_day=aim, registered_on=None),
        clients=[{"id": 1, "auto_apply_credit": False}, {"id": 2, "currency_id": JPY, "auto_apply_credit": False},
                 {"id": 3, "currency_id": KWD, "auto_apply_credit": False}], tax_rates=[],
    )  # fmt: skip
    remaining, days = (due_on - today).days, (due_on - began).days
    net, before, steps = Decimal(0), old * unit, 0
    for price in [*(p * unit for p in prices), old * unit]:
        if price == before:
            continue
        apply(here, "change-service", {"service_id": 1, "recurring_amount": str(price)}, today=today)
        amount, credit, left, in_all = rows(
            here, "select amount, credit_amount, days_remaining, days_in_cycle from service_changes order by id desc"
        )[0]
        assert (left, in_all) == (remaining, days)
        difference = share(abs(price - before), remaining, days, digits)
        assert (amount, credit) == ((difference, 0) if price > before else (0, difference))
        net, before, steps = net + amount - credit, price, steps + 1
        owed = figures(here)
        if owed["total"] > owed["received"]:  # what was never paid is not given back
            apply(
                here,
                "record-payment",
                {"client_id": client, "amount": str(owed["total"] - owed["received"])},
                today=today,
            )
    moved = figures(here)
    # Rounded steps may come to more than was paid for them; no more than that is given back.
    assert net <= moved["total"] - moved["credit"]
    if old == 0:  # nothing of the cycle was paid outside the book
        assert moved["total"] - moved["credit"] <= net + steps * unit
    assert abs(net) <= steps * unit / 2
    assert net == 0 or steps > 2


@pytest.mark.parametrize(
    ("old", "new", "today", "net"),
    [
        pytest.param("31", "62", date(2026, 11, 16), "14.47", id="31 to 62, 14 of 30 days"),
        pytest.param("0", "31", date(2026, 11, 1), "29.97", id="29 of 30 days"),
        pytest.param("62", "31", date(2026, 11, 16), "-14.47", id="and back"),
        pytest.param("0.01", "0.02", date(2026, 11, 15), "0.01", id="half a cent, away from zero"),
    ],
)
def test_the_difference_is_rounded_once(old, new, today, net):
    """What is charged or credited is the difference of the prices by the day, not of two rounded parts."""
    here = book(service(1, recurring_amount=old), tax_rates=[])
    apply(here, "change-service", {"service_id": 1, "recurring_amount": new}, today=today)
    [(amount, credit)] = rows(here, "select amount, credit_amount from service_changes")
    assert amount - credit == money(net)


@pytest.mark.parametrize(("wants", "applied", "left"), [(True, "5.95", "4.05"), (False, "0", "10")])
def test_credit_is_applied_to_the_invoice_of_a_change(wants, applied, left):
    """The client's credit pays the invoice of an upgrade as its setting says, and the preview shows it."""
    clients = [{"id": 1, "country": "DE", "credit_balance": 10, "auto_apply_credit": wants}]
    here = book(service(1), clients=clients, credit_entries=[{"id": 1, "client_id": 1, "amount": 10}])
    result = plan(change_service, ChangeService, here, [{"service_id": 1, "product_id": 2}])
    expected = (
        "EUR 5.95 credit will be applied, EUR 0.00 left to pay"
        if wants
        else "EUR 10.00 stays: no credit is applied to this invoice"
    )
    assert ("Credit of client 1", expected) in result.summary
    apply(here, "change-service", {"service_id": 1, "product_id": 2})
    assert rows(here, "select credit_applied, status from invoices") == [
        (money(applied), "Paid" if wants else "Unpaid")
    ]
    assert rows(here, "select is_paid from service_changes") == [(wants,)]
    assert rows(here, "select credit_balance from clients") == [(money(left),)]
    assert figures(here)["log"] == money(left)


def test_credit_of_a_downgrade_pays_the_upgrade_of_a_later_row():
    """Down, then up again: the credit just given is applied, whether in one table or one after another."""
    asked = [{"service_id": 1, "recurring_amount": 4}, {"service_id": 8, "recurring_amount": 22}]
    here = book()
    assert assert_one_table_is_one_by_one(book(), "change-service", asked) == 2
    apply(here, "change-service", *asked)
    # given 2.00 + 19 %; asked 3.00 + 19 %
    assert rows(here, "select total, credit_applied from invoices") == [(money("3.57"), money("2.38"))]
    assert rows(here, "select amount, invoice_id from credit_entries order by id") == [
        (money("2.38"), None), (money("-2.38"), 1),
    ]  # fmt: skip


@settings(max_examples=3, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2, 3, 4, 5, 8]), st.integers(0, 60), st.sampled_from(["now", "at renewal"])),
        min_size=2,
        max_size=5,
        unique_by=lambda t: t[0],
    )
)
def test_many_are_one_by_one(changes):
    """Law: a table of n requests leaves what n tables of one leave, and every invariant holds."""
    asked = [{"service_id": n, "recurring_amount": amount, "effective": when} for n, amount, when in changes]
    assert_one_table_is_one_by_one(book(), "change-service", asked)
