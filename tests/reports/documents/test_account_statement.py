"""Statements of account: they add up, agree with what the book says is owed, and show what clients typed as text."""

import os
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from clientops.cli import app
from clientops.core.errors import UsageError
from clientops.reports.documents.account_statement import ROWS_AT_ONCE, account_html, read_accounts, write_accounts
from clientops.reports.documents.printing import css_text, find_browser, print_pdf
from tests.books import SHOP, insert
from tests.builders import EUR, JPY, KWD, NOW, TODAY, USD, money, tables
from tests.long_forms import examples
from tests.rules.money_book import planned, write
from tests.rules.test_money_together import steps

FOREVER = date(2100, 1, 1)
HOSTILE = "<script>alert(1)</script>"


SMALL = {name: rows for name, rows in SHOP.items() if name != "currencies"}


def accounts(book, client_id, first=date(2026, 1, 1), last=FOREVER):
    return {account.code: account for account in read_accounts(book, first, last, client_id)}


def lines(account):
    return [(line.day, line.kind, line.text, line.amount) for line in account.lines]


def test_everything_that_moves_an_account_is_on_it():
    """Invoices charge; payments, credit, cancellations, write-offs settle; refunds give back; drafts and fees are not there."""
    day = date(2026, 3, 1)
    book = tables(
        clients=[{"id": 1, "credit_balance": 2}],
        invoices=[
            {"id": 1, "number": "R-1", "client_id": 1, "total": 10, "status": "Unpaid", "issued_on": day, "due_on": day},
            {"id": 2, "client_id": 1, "total": 20, "status": "Cancelled", "issued_on": day, "due_on": None, "cancelled_on": day + timedelta(2)},
            {"id": 3, "client_id": 1, "total": 30, "status": "Written off", "written_off": 30, "issued_on": day, "due_on": day + timedelta(9)},
            {"id": 4, "client_id": 1, "total": 40, "status": "Refunded", "issued_on": day, "due_on": day, "refunded_on": day + timedelta(4)},
            {"id": 5, "client_id": 1, "total": 50, "status": "Draft", "issued_on": None, "due_on": None},
        ],
        transactions=[
            {"id": 1, "client_id": 1, "amount_in": 7, "fee": 1, "gateway": "stripe", "reference": "ch_1", "occurred_at": "2026-03-02 10:00:00+00"},
            {"id": 2, "client_id": 1, "amount_out": 3, "kind": "refund", "occurred_at": "2026-03-03 23:30:00+00"},
            {"id": 3, "client_id": 1, "fee": 9, "kind": "fee", "occurred_at": "2026-03-03 10:00:00+00"},
            {"id": 4, "client_id": 1, "currency_id": USD, "amount_in": 5, "occurred_at": "2026-03-03 10:00:00+00"},
        ],
        credit_entries=[
            {"id": 1, "client_id": 1, "amount": 6, "entry_on": day, "description": "Sorry"},
            {"id": 2, "client_id": 1, "amount": -1, "entry_on": day + timedelta(5), "description": "Mistake"},
            {"id": 3, "client_id": 1, "amount": -3, "entry_on": day + timedelta(5), "invoice_id": 1},
        ],
    )  # fmt: skip
    found = accounts(book, 1)
    assert lines(found["EUR"]) == [
        (day, "invoice", "Invoice R-1, due 2026-03-01", money(10)),
        (day, "invoice", "Invoice 2", money(20)),
        (day, "invoice", "Invoice 3, due 2026-03-10", money(30)),
        (day, "invoice", "Invoice 4, due 2026-03-01", money(40)),
        (day, "credit", "Credit, Sorry", money(-6)),
        (date(2026, 3, 2), "payment", "Payment, Stripe, ch_1", money(-7)),
        (date(2026, 3, 3), "cancellation", "Invoice 2 cancelled", money(-20)),
        (date(2026, 3, 3), "refund", "Paid back", money(3)),
        (date(2026, 3, 5), "cancellation", "Invoice 4 refunded", money(-40)),
        (date(2026, 3, 6), "credit", "Credit taken, Mistake", money(1)),
        (date(2026, 3, 6), "note", "Credit applied to an invoice: EUR 3.00", money(0)),
        (date(2026, 3, 10), "write-off", "Invoice 3 written off", money(-30)),
    ]
    assert (found["EUR"].opening, found["EUR"].closing) == (0, 1)
    assert lines(found["USD"]) == [(date(2026, 3, 3), "payment", "Payment", money(-5))]


def test_a_balance_set_by_hand_is_a_line_of_its_day(book):
    """An adjustment without an entry counts on the day of its operation, and an undo takes it back."""
    from clientops.registry import rule

    request = {"client_id": 1, "credit_balance": "80"}
    done = book.apply_now(rule("adjust-credit"), request, reason="Mistake", today=TODAY, now=NOW)
    with book.tables() as now:
        account = accounts(now, 1, TODAY)["EUR"]
    assert lines(account)[-1] == (
        TODAY,
        "credit",
        f"Credit balance set without an entry, operation {done.operation_id}",
        money(-30),
    )
    assert account.closing == money(-50)
    with book.tables(as_of=1) as then:
        assert accounts(then, 1)["EUR"].closing == money(-20)


def stored(book, client_id):
    """What the client owes by the figures that the tables keep: open invoices, less payments unallocated, less credit."""
    row = book.query(
        """
        select coalesce((select sum(i.total - i.credit_applied - i.written_off - coalesce((select sum(amount) from allocations a where a.invoice_id = i.id), 0))
                from invoices i where i.client_id = $id and i.status not in ('Draft', 'Cancelled', 'Refunded')), 0)
            - (select credit_balance from clients where id = $id)
            - coalesce((select sum(t.amount_in - t.amount_out) from transactions t where t.client_id = $id and t.kind <> 'fee'), 0)
            + coalesce((select sum(a.amount) from allocations a join transactions t on t.id = a.transaction_id where t.client_id = $id), 0)
            + coalesce((select sum(e.amount) from credit_entries e where e.client_id = $id and e.transaction_id is not null), 0)
        """,
        id=client_id,
    ).fetchone()  # fmt: skip
    return Decimal(row[0])


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(steps, min_size=6, max_size=14), st.integers(-20, 90), st.integers(0, 60))
def test_opening_and_movements_make_the_closing(sequence, start, length):
    """Whatever rules did: each period's closing is the next one's opening, lines add up, and in the end it is what is owed."""
    book = tables(
        clients=[{"id": 1, "country": "DE"}, {"id": 2}, {"id": 3, "currency_id": JPY}],
        services=[{"id": n, "client_id": n, "status": "Active", "recurring_amount": 10 * n, "next_due_on": TODAY} for n in (1, 2, 3)],
    )  # fmt: skip
    for name, fields in sequence:
        plan = planned(book, name, [fields])
        if not plan.problem_list():
            write(book, plan)
    first, last = TODAY + timedelta(start), TODAY + timedelta(start + length)
    for number in (1, 2, 3):
        whole = next(iter(accounts(book, number, date(1900, 1, 1)).values()))
        part = accounts(book, number, first, last)[whole.code]
        before = accounts(book, number, date(1900, 1, 1), first - timedelta(1))[whole.code]
        after = accounts(book, number, last + timedelta(1))[whole.code]
        assert part.opening + sum(line.amount for line in part.lines) == part.closing == after.opening
        assert part.opening == before.closing
        assert part.closing == part.opening + part.charged - part.settled
        assert [*before.lines, *part.lines, *after.lines] == list(whole.lines)
        assert after.closing == whole.closing == stored(book, number)


def test_amounts_have_their_currencys_minor_units():
    """JPY 0, EUR 2, KWD 3."""
    book = tables(
        clients=[{"id": n, "currency_id": code} for n, code in ((1, EUR), (2, JPY), (3, KWD))],
        invoices=[{"id": n, "client_id": n, "total": 1200, "issued_on": TODAY} for n in (1, 2, 3)],
    )
    shown = {n: account_html(book, list(read_accounts(book, TODAY, TODAY, n))) for n in (1, 2, 3)}
    assert ">EUR 1,200.00<" in shown[1]
    assert ">JPY 1,200<" in shown[2]
    assert ">KWD 1,200.000<" in shown[3]


def test_what_was_typed_is_text():
    """Names, addresses, numbers and descriptions are escaped, and the page allows no script."""
    book = tables(
        settings=[{"id": 1, "name": "company_name", "value": HOSTILE}],
        clients=[{"id": 1, "first_name": HOSTILE, "city": HOSTILE, "credit_balance": 1}],
        invoices=[{"id": 1, "number": HOSTILE, "client_id": 1, "total": 1}],
        credit_entries=[{"id": 1, "client_id": 1, "amount": 1, "description": HOSTILE, "entry_on": TODAY}],
    )
    html = account_html(book, list(read_accounts(book, date(2026, 1, 1), FOREVER, 1)))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 5
    assert "default-src 'none'" in html


def test_printed_pages_are_told_apart():
    """Countries are named, and each printed page says whose statement it is and which page, whatever a title holds."""
    book = tables(clients=[{"id": 1, "first_name": "Taro", "city": "Tokyo", "country": "JP", "credit_balance": 1}])
    accounts = list(read_accounts(book, date(2026, 1, 1), FOREVER, 1))
    assert accounts[0].address == ("Tokyo", "Japan")
    page = account_html(book, accounts)
    assert '"Page " counter(page) " of " counter(pages)' in page
    assert '@bottom-left { content: "Statement of account of client 1\\2c  2026\\2d 01' in page
    assert css_text('&#39;a"};b\\ 山田') == "\\27 a\\22 \\7d \\3b b\\5c  山田"


def test_one_file_for_each_client(tmp_path):
    """--all writes a private file for each client; an old number of a merged client finds the survivor."""
    book = tables(**SMALL, merged_clients=[{"id": 1, "replaced_id": 77, "survivor_id": 2}])
    written = write_accounts(book, tmp_path / "new", date(2026, 1, 1), TODAY)
    assert [path.name for path in written] == [f"statement-{n}-2026-01-01-2026-11-20.html" for n in range(1, 7)]
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    assert write_accounts(book, tmp_path / "old", date(2026, 1, 1), TODAY, client_id=77)[0].name.startswith(
        "statement-2-"
    )
    assert write_accounts(book, tmp_path / "new", date(2026, 1, 1), TODAY)[0].read_bytes() == written[0].read_bytes()


def test_all_are_written_though_the_book_is_asked_in_between():
    """No account is missing or cut short, however many rows there are and whatever else is asked meanwhile."""
    book = tables(clients=[{"id": n, "credit_balance": ROWS_AT_ONCE} for n in (1, 2, 3)])
    book._connection.execute(
        "insert into credit_entries (id, client_id, amount, entry_on) "
        f"select n, 1 + n % 3, 1, date '2026-01-01' from range({3 * ROWS_AT_ONCE}) t (n)"
    )
    found = []
    for account in read_accounts(book, date(2026, 1, 1), FOREVER):
        book.query("select count(*) from clients").fetchall()
        found.append((account.client_id, account.closing, len(account.lines)))
    assert found == [(n, -ROWS_AT_ONCE, ROWS_AT_ONCE) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        pytest.param({"client_id": 99}, "There is no client 99", id="nobody"),
        pytest.param(
            {"first": date(2027, 1, 1)}, "begins on 2027-01-01, after its end on 2026-11-20", id="the wrong way round"
        ),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, more, message):
    """A sentence, and no file."""
    given = {"first": date(2026, 1, 1), **more}
    with pytest.raises(UsageError, match=message):
        write_accounts(tables(**SMALL), tmp_path, given.pop("first"), TODAY, **given)
    assert list(tmp_path.iterdir()) == []


def test_without_a_browser_a_pdf_is_refused(tmp_path, monkeypatch):
    """The sentence says what is missing and what to do, before any file is written or a book is looked for."""
    monkeypatch.setenv("CLIENTOPS_CHROMIUM", "no-such-browser")
    words = ["--book", "none.duckdb", "statement-of-account", "--from", "2026-01-01", "--all", "--pdf", "-o"]
    result = CliRunner().invoke(app, [*words, str(tmp_path / "new")])
    assert result.exit_code == 2
    assert "A PDF needs Chromium or Chrome" in result.output
    assert "write .html" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("does", ["exit 0", "exec cat <&3 >&4", "printf 'x\\0' >&4; sleep 9"])
def test_a_browser_that_fails_is_said(tmp_path, monkeypatch, does):
    """One that ends, or says what nobody understands, is a sentence; it is not left running."""
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\n{does}\n")
    browser.chmod(0o700)
    monkeypatch.setenv("CLIENTOPS_CHROMIUM", str(browser))
    with pytest.raises(UsageError, match=r"browser could not print the PDF: .*; write .html instead"):
        print_pdf("<p>x</p>")


@pytest.mark.skipif(
    find_browser() is None and not os.environ.get("REQUIRE_BROWSER"), reason="no Chromium here; install it"
)
def test_pdfs_are_printed_one_after_another(book, tmp_path):
    """Chromium prints a private file for each client, and each its own; again, they are replaced."""
    folder = tmp_path / "statements"
    folder.mkdir()
    (folder / "statement-2-2026-01-01-2026-12-31.pdf").write_text("old")
    words = ["--book", str(book.path), "statement-of-account", "--from", "2026-01-01", "--to", "2026-12-31", "--all"]
    result = CliRunner().invoke(app, [*words, "--pdf", "-o", str(folder)])
    assert result.exit_code == 0, result.output
    found = sorted(folder.iterdir())
    assert [path.name for path in found] == [f"statement-{n}-2026-01-01-2026-12-31.pdf" for n in range(1, 7)]
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    for number, path in enumerate(found, 1):
        title = f"Statement of account of client {number}, 2026-01-01 to 2026-12-31"
        content = path.read_bytes()
        assert content.startswith(b"%PDF-")
        assert title.encode() in content or title.encode("utf-16-be") in content


def test_on_the_command_line(book, tmp_path):
    """One client or all; as of an earlier operation; one of them must be said."""
    insert(book, invoices=[{"id": 90, "number": "LATE", "client_id": 1, "total": 5, "subtotal": 5, "issued_on": TODAY}],
           invoice_items=[{"id": 90, "invoice_id": 90, "amount": 5}])  # fmt: skip

    def run(*words):
        result = CliRunner().invoke(
            app,
            ["--book", str(book.path), "statement-of-account", "--from", "2026-01-01", "--to", "2026-12-31", *words],
        )
        return result.exit_code, result.output

    assert run("1", "-o", str(tmp_path / "now"))[0] == 0
    assert run("1", "-o", str(tmp_path / "then"), "--as-of", "1")[0] == 0
    name = "statement-1-2026-01-01-2026-12-31.html"
    assert "LATE" in (tmp_path / "now" / name).read_text()
    assert "LATE" not in (tmp_path / "then" / name).read_text()
    assert "Wrote 6 statements" in run("--all", "-o", str(tmp_path / "all"))[1]
    assert run("-o", str(tmp_path / "none"))[0] == 2
