"""Days of moments, in the business's time zone."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from clientops.book.book import Book
from clientops.registry import rule
from clientops.reports.documents.account_statement import read_accounts
from clientops.schema.days import day_of, known_zones, machine_zone

LOS_ANGELES = datetime(2026, 12, 1, 7, 30, tzinfo=UTC)  # 30 November, 23:30
KIRITIMATI = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)  # 1 December, 00:30
CASES = [
    pytest.param("America/Los_Angeles", LOS_ANGELES, date(2026, 11, 30), id="late in Los Angeles"),
    pytest.param("Pacific/Kiritimati", KIRITIMATI, date(2026, 12, 1), id="early in Kiritimati"),
    pytest.param("UTC", LOS_ANGELES, date(2026, 12, 1), id="UTC"),
]


def make_book(tmp_path, zone):
    """A book of a business in a time zone, with one client who is billed 10."""
    book = Book.create(tmp_path / "days.duckdb", operator="maria")
    book.apply_now(rule("set-business"), {"time_zone": zone})
    book.apply_now(rule("add-currency"), {"code": "USD"})
    book.apply_now(
        rule("add-client"),
        {"first_name": "Ada", "last_name": "Ek", "email": "ada@example.com", "currency": "USD", "country": "US"},
    )
    return book


@pytest.mark.parametrize(("zone", "now", "day"), CASES)
def test_everything_agrees_on_the_day_of_a_payment(tmp_path, zone, now, day):
    """Invoice, payment, overpayment, statement of account and refund of one evening stand on one day."""
    book = make_book(tmp_path, zone)
    book.apply_now(rule("create-invoice"), {"client_id": 1, "description": "Hosting", "unit_price": "10"}, now=now)
    book.apply_now(rule("record-payment"), {"client_id": 1, "amount": "15", "reference": "in-1"}, now=now)
    assert book.query("select issued_on, paid_on from invoices")[1] == [(day, day)]
    assert book.query("select entry_on from credit_entries")[1] == [(day,)]
    with book.tables() as tables:
        [account] = read_accounts(tables, day, day)
    kinds = {movement.kind for movement in account.lines}
    assert {"invoice", "payment"} <= kinds
    assert account.closing == Decimal(-5)
    refund = {"transaction_id": 1, "amount": "5", "destination": "gateway", "refunded_on": str(day)}
    preview = book.preview(rule("refund-payment"), refund, now=now)
    assert "before_payment" not in [problem.code for problem in preview.problems]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_a_payment_that_is_known_by_its_day_stays_on_it(tmp_path, zone):
    """Whatever the time zone is, and becomes."""
    book = make_book(tmp_path, "UTC")
    book.apply_now(
        rule("record-payment"), {"client_id": 1, "amount": "5", "paid_on": "2026-10-31"}, today=date(2026, 11, 30)
    )
    preview = book.preview(rule("set-business"), {"time_zone": zone})
    assert not preview.warnings
    book.apply(preview)
    with book.tables() as tables:
        [account] = read_accounts(tables, date(2026, 10, 31), date(2026, 10, 31))
    assert [movement.day for movement in account.lines if movement.kind == "payment"] == [date(2026, 10, 31)]


def test_a_change_of_the_zone_warns_of_days_that_move(tmp_path):
    """Payments near midnight count for another day afterwards."""
    book = make_book(tmp_path, "UTC")
    book.apply_now(rule("record-payment"), {"client_id": 1, "amount": "5"}, now=LOS_ANGELES)
    [warning] = book.preview(rule("set-business"), {"time_zone": "america/los angeles"}).warnings
    assert warning.code == "days_move"
    assert "1 transaction counts for another day" in warning.message
    wrong = book.preview(rule("set-business"), {"time_zone": "Europe/Berlinn"}).problems
    assert "did you mean Europe/Berlin" in wrong[0].message


def test_today_is_the_day_of_the_business(tmp_path, monkeypatch):
    """What is applied without a day counts for the business's day, wherever the machine is."""
    book = make_book(tmp_path, "Pacific/Kiritimati")
    preview = book.preview(rule("issue-credit"), {"client_id": 1, "amount": "5", "description": "x"}, now=KIRITIMATI)
    assert preview.today == date(2026, 12, 1)
    assert book.today() == day_of(datetime.now(UTC), ZoneInfo("Pacific/Kiritimati"))


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_end_of_a_day_is_that_of_the_business(tmp_path, zone):
    """The book as of a day holds what was applied until midnight there."""
    book = make_book(tmp_path, zone)
    applied = book.operations(limit=1)[0].applied_at
    day = day_of(applied, ZoneInfo(zone))
    assert book.past(day).head()[0] == book.head()[0]
    assert [line.id for line in book.operations(since=day, until=day)]


def test_a_new_book_takes_the_zone_of_the_machine(tmp_path, monkeypatch):
    """Which is read from the environment or the system; UTC where it cannot be told."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert machine_zone() == "Asia/Tokyo"
    assert Book.create(tmp_path / "tokyo.duckdb", operator="maria").zone.key == "Asia/Tokyo"
    monkeypatch.setenv("TZ", "Nowhere/Land")
    assert machine_zone() == "UTC"
    assert "Europe/Berlin" in known_zones()


def test_what_is_dated_back_stands_on_its_day(tmp_path):
    """Credit, overpayments, refunds and credit notes of a past day are in the log and the statement of that day."""
    book = make_book(tmp_path, "UTC")
    today, then = date(2026, 11, 30), date(2026, 10, 15)

    def do(name, **fields):
        book.apply_now(rule(name), fields, today=today)

    do("create-invoice", client_id=1, description="Hosting", unit_price="100", issued_on="2026-09-01")
    do("record-payment", client_id=1, amount="120", reference="in-1", paid_on="2026-09-20")
    do("issue-credit-note", invoice_id=1, amount="10", reason="Downtime", issued_on=str(then))
    do("issue-credit", client_id=1, amount="7", description="Outage", entry_on=str(then))
    do("remove-credit", client_id=1, amount="3", description="Too much", entry_on=str(then))
    do("refund-payment", transaction_id=1, amount="20", destination="gateway", refunded_on="2026-10-20")
    log = book.query("select entry_on, amount from credit_entries order by id")[1]
    assert {day for day, amount in log if amount == Decimal(20)} == {date(2026, 9, 20)}
    assert today not in {day for day, _ in log}
    with book.tables() as tables:
        [account] = read_accounts(tables, date(2026, 10, 1), date(2026, 10, 31))
        [later] = read_accounts(tables, date(2026, 11, 1), date(2026, 11, 30))
    assert account.closing == later.opening == later.closing
    assert account.closing == -book.query("select credit_balance from clients")[1][0][0]
    preview = book.preview(
        rule("issue-credit"), {"client_id": 1, "amount": "1", "description": "x", "entry_on": "2026-12-01"}, today=today
    )
    assert [problem.code for problem in preview.problems] == ["in_future"]
    do("set-business", backdate_days="10")
    preview = book.preview(
        rule("remove-credit"),
        {"client_id": 1, "amount": "1", "description": "x", "entry_on": "2026-11-19"},
        today=today,
    )
    assert [(problem.field, problem.code) for problem in preview.problems] == [("entry_on", "too_far_back")]
