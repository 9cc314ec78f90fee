"""Suggestions: what statement lines may be, the likeliest first, with the reasons; the demo book's files find their payments."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from clientops.core.plan import as_dicts
from clientops.importing.demo.statements import write_demo_statements
from clientops.importing.statements.read import read_statement_file
from clientops.reconciliation.suggest import suggestions
from tests.builders import EUR, USD, tables
from tests.importing.demo_books import fresh_book
from tests.rules.money_book import invoice, planned, write

DAY = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def book(line, **more):
    """Ada owes two invoices of 10 and 15, Acme GmbH one of 20; a line of a statement in EUR."""
    return tables(**{
        "clients": [{"id": 1}, {"id": 2, "company_name": "Acme GmbH", "first_name": "Bob", "last_name": "Smith"}, {"id": 3, "currency_id": USD, "last_name": "Doe"}],
        "invoices": [invoice(1, total="10", number="R-101"), invoice(2, total="15", number="R-102"), invoice(3, client_id=2, total="20", number="R-103"),
                     invoice(4, client_id=3, total="11", number="R-104")],
        "statements": [{"id": 1, "source": "bank", "file_sha256": "x", "currency_id": EUR}],
        "statement_lines": [{"id": 1, "statement_id": 1, "line_number": 1, "booked_on": DAY, **line}],
        **more,
    })  # fmt: skip


PAID = {"id": 7, "client_id": 1, "amount_in": 10, "occurred_at": NOON, "reference": "T1"}
CASES = [
    pytest.param({"amount": 10, "reference": "T1"}, {"transactions": [PAID]}, ([7], 1, []), 100, "same reference T1, same amount, same day", id="exact reference"),
    pytest.param({"amount": "9.70", "reference": "T1"}, {"transactions": [{**PAID, "fee": "0.30"}]}, ([7], 1, []), 100, "same amount after the fee", id="reference, less the fee"),
    pytest.param({"amount": 10, "payer_name": "LOVELACE, ADA"}, {"transactions": [PAID]}, ([7], 1, []), 85, "same amount, same day, same name", id="amount, day and name"),
    pytest.param({"amount": 10, "payer_name": "Ada Lovelacy"}, {"transactions": [{**PAID, "occurred_at": datetime(2026, 10, 31, 12, tzinfo=UTC)}]}, ([7], 1, []), 70,
                 "2 days apart, name alike", id="amount, near day and near name"),
    pytest.param({"amount": 18}, {"transactions": [PAID, {**PAID, "id": 8, "amount_in": 8, "reference": "T2"}]}, ([7, 8], 1, []), 60, "2 transactions of one day", id="several transactions"),
    pytest.param({"amount": 10, "description": "Invoice R-101", "payer_name": "Ada Lovelace"}, {}, ([], 1, [1]), 99, "names invoice R-101, pays it in full, same name", id="number and amount"),
    pytest.param({"amount": 25, "description": "R-101 und R 102"}, {}, ([], 1, [1, 2]), 90, "names invoices R-101, R-102, pays them in full", id="several invoices in one payment"),
    pytest.param({"amount": "9.50", "description": "R-101 CHRG SHA"}, {}, ([], 1, [1]), 80, "charges of 0.5", id="charges taken off"),
    pytest.param({"amount": 4, "description": "R-101"}, {}, ([], 1, [1]), 62, "pays a part", id="a part of an invoice"),
    pytest.param({"amount": 30, "description": "R-101"}, {}, ([], 1, [1]), 66, "pays more than is owed", id="too much"),
    pytest.param({"amount": 10, "description": "R-104"}, {}, ([], 3, [4]), 70, "paid in another currency", id="another currency"),
    pytest.param({"amount": 20, "payer_name": "ACME"}, {}, ([], 2, [3]), 66, "same name, owes just this on one invoice", id="name and amount"),
    pytest.param({"amount": 25, "payer_name": "Lovelace Ada"}, {}, ([], 1, [1, 2]), 66, "owes just this on 2 invoices", id="name and sum"),
    pytest.param({"amount": 7, "payer_name": "Acme GmbH"}, {}, ([], 2, [3]), 40, "same name, pays a part", id="name only"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "more", "expected", "least", "reason"), CASES)
def test_likeliest(line, more, expected, least, reason):
    """The best suggestion is the right one, with its strength and the reason in words."""
    best = as_dicts(suggestions(book(line, **more)))[0]
    assert (best["transaction_ids"], best["client_id"], best["invoice_ids"]) == expected
    assert best["score"] >= least
    assert reason in best["reasons"], best["reasons"]


NOTHING = [
    pytest.param({"amount": -850, "payer_name": "Landlord"}, {}, id="money that went out"),
    pytest.param({"amount": 12, "payer_name": "Nobody", "description": "invoice 999"}, {}, id="unknown payer and number"),
    pytest.param({"amount": 10, "reference": "T1"}, {"transactions": [PAID], "matches": [{"id": 1, "statement_line_id": 1, "transaction_id": 7}]}, id="matched already"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "more"), NOTHING)
def test_nothing_is_suggested(line, more):
    """Where nothing fits, nothing is said."""
    assert as_dicts(suggestions(book(line, **more))) == []


def test_a_taken_transaction_is_not_suggested():
    """A transaction that is another line's is no candidate."""
    lines = [
        {"id": n, "statement_id": 1, "line_number": n, "booked_on": DAY, "amount": 10, "reference": "T1"}
        for n in (1, 2)
    ]
    found = book(
        {"amount": 0},
        statement_lines=lines,
        transactions=[PAID],
        matches=[{"id": 1, "statement_line_id": 2, "transaction_id": 7}],
    )
    assert 7 not in {number for row in as_dicts(suggestions(found)) for number in row["transaction_ids"]}


def test_equal_lines_find_a_transaction_each():
    """Of two lines and two transactions that are alike, the first finds the first and the second the second."""
    lines = [
        {"id": n, "statement_id": 1, "line_number": n, "booked_on": DAY, "amount": 10, "reference": "T1"}
        for n in (1, 2)
    ]
    found = book({"amount": 0}, statement_lines=lines, transactions=[PAID, {**PAID, "id": 8}])
    assert [row["transaction_ids"] for row in as_dicts(suggestions(found)) if row["rank"] == 1] == [[7], [8]]


def test_ranks_are_in_order():
    """Ranks count from 1 down the scores, at most five a line."""
    payments = [{"id": n, "client_id": 1, "amount_in": 10, "occurred_at": NOON} for n in range(1, 9)]
    found = as_dicts(suggestions(book({"amount": 10, "payer_name": "Ada Lovelace"}, transactions=payments)))
    assert [row["rank"] for row in found] == [1, 2, 3, 4, 5]
    assert [row["score"] for row in found] == sorted((row["score"] for row in found), reverse=True)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """A demo book with its statements of every format brought in, and the truth about their lines."""
    folder = tmp_path_factory.mktemp("statements")
    demo = fresh_book(300)
    truth = write_demo_statements(demo, folder)
    for name in dict.fromkeys(entry.file_name for entry in truth):
        write(demo, planned(demo, "import-statement", read_statement_file(Path(folder) / name).requests))
    return demo, truth


def test_demo_lines_find_what_they_are(imported):
    """Lines of the book's payments find them, lines that pay open invoices find these, the others find nothing."""
    demo, truth = imported
    best = {row["line_id"]: row for row in as_dicts(suggestions(demo)) if row["rank"] == 1}
    numbers = dict(demo.query("select number, id from invoices where number is not null").fetchall())
    lines = dict(
        demo.query(
            "select (s.file_name, l.line_number), l.id from statement_lines l join statements s on s.id = l.statement_id"
        ).fetchall()
    )
    # A payment that is in the book twice, as a planted flaw, may be either.
    same = dict(demo.query("select id, (gateway, reference, amount_in) from transactions").fetchall())
    places: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for entry in truth:
        places[entry.file_name] += 1
        found = best.get(lines[(entry.file_name, places[entry.file_name])])
        if entry.transaction_id is not None:
            tried["known"] += 1
            assert found, entry
            assert same[found["transaction_ids"][0]] == same[entry.transaction_id], entry
        elif entry.invoice_numbers:
            tried["invoices"] += 1
            assert found, entry
            assert sorted(found["invoice_ids"]) == sorted(
                numbers[name.strip()] for name in entry.invoice_numbers.split(",")
            ), entry
        else:
            tried["nothing"] += 1
            assert found is None, (entry, found)
    assert min(tried["known"], tried["invoices"], tried["nothing"]) >= 3


def scored(line, clients, invoices, **more):
    """Client, invoices and score of the likeliest, or None; amounts owed are 10 where nothing is said."""
    found = tables(
        clients=clients,
        invoices=[
            invoice(n, **{"total": "10", "number": f"INV-{1000 + n}", **row}) for n, row in enumerate(invoices, 1)
        ],
        statements=[{"id": 1, "source": "bank", "file_sha256": "x", "currency_id": EUR}],
        statement_lines=[{"id": 1, "statement_id": 1, "line_number": 1, "booked_on": DAY, "amount": 10, **line}],
        **more,
    )
    rows = as_dicts(suggestions(found))
    return (rows[0]["client_id"], rows[0]["invoice_ids"], rows[0]["score"]) if rows else None


NAMES = [
    ("Иван", "Петров", None, "Иван Петров"),
    ("Иван", "Петров", None, "PETROV IVAN"),
    ("太郎", "山田", None, "山田太郎"),
    ("太郎", "山田", None, "山田 太郎"),
    ("Γιώργος", "Παππάς", None, "ΠΑΠΠΑΣ ΓΙΩΡΓΟΣ"),
    ("Søren", "Ødegård", None, "ODEGARD SOEREN"),
    ("Anna", "Weiß", None, "Dr. Anna Weiss"),
    ("x", "y", "Straße GmbH", "STRASSE GMBH"),
    ("x", "y", "Voorbeeld B.V.", "Voorbeeld BV"),
    ("x", "y", "Café Lumière S.à r.l.", "CAFE LUMIERE SARL"),
    ("x", "y", "Nowak Sp. z o.o.", "NOWAK SP Z O O"),
    ("x", "y", "Müller & Söhne GmbH & Co. KG", "Mueller und Soehne GmbH"),
]


@pytest.mark.parametrize(("first", "last", "company", "payer"), NAMES)
def test_same_name_and_amount_owed_are_certain(first, last, company, payer):
    """A name is the same in every script, order, transliteration and legal form; with the amount owed that is enough."""
    clients = [{"id": 1, "first_name": first, "last_name": last, "company_name": company}, {"id": 2}]
    assert scored({"payer_name": payer}, clients, [{"client_id": 1}, {"client_id": 2}]) == (1, [1], 92)


OTHER_NUMBERS = (
    "Zahlung vom 17.10.2026", "Erstattung St-Nr 32/131/017", "Kundennr 12017, Danke", "Betrag 17,00 EUR", "DE02120300000000000017", "Hosting 17/10/26",
)  # fmt: skip


@pytest.mark.parametrize("text", OTHER_NUMBERS)
def test_other_numbers_name_no_invoice(text):
    """Dates, tax numbers, client numbers, amounts and accounts are no invoice numbers."""
    clients = [{"id": 1}, {"id": 2, "first_name": "Dora", "last_name": "Delta"}]
    invoices = [{"number": "RE-2026-0017"}, {"client_id": 2, "number": "RE-2026-0044"}]
    assert scored({"description": text, "payer_name": "Dora Delta"}, clients, invoices)[:2] == (2, [2])
    assert scored({"description": text, "payer_name": "Finanzamt Kiel"}, clients, invoices) is None


UNSURE = [
    pytest.param({"description": "Rechnung 17", "payer_name": "Finanzamt"}, [{"number": "17"}], {}, id="short number, another name"),
    pytest.param({"description": "Rechnung 17"}, [{"number": "17"}], {}, id="short number, no name"),
    pytest.param({"payer_name": "Ada Lovelace"}, [{}, {}], {}, id="two invoices of the amount"),
    pytest.param({"payer_name": "Ada Lovelace", "amount": 9}, [{}], {}, id="another amount"),
    pytest.param({"payer_name": "Ada Lovelace", "reference": "BANK-77"}, [{}], {"transactions": [{**PAID, "gateway": "stripe", "reference": "ch_9"}]},
                 id="a card payment of the day"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "invoices", "more"), UNSURE)
def test_weak_evidence_is_not_sure(line, invoices, more):
    """What could well be something else stays below 85."""
    assert scored(line, [{"id": 1}], invoices, **more)[2] < 85


def test_name_and_amount_outweigh_a_mistyped_number():
    """A number of another client says little where the payer's own client owes the amount."""
    clients = [{"id": 1}, {"id": 2, "first_name": "Petra", "last_name": "Möller"}]
    line = {"payer_name": "MOELLER PETRA", "description": "INV-1001"}
    assert scored(line, clients, [{}, {"client_id": 2}])[:2] == (2, [2])


def test_short_payment_without_charges_stays_owed():
    """A discount is no bank charge: what is missing is owed still."""
    found = book({"amount": "9.50", "description": "R-101 abzgl. 5 % Skonto", "payer_name": "Ada Lovelace"})
    best = as_dicts(suggestions(found))[0]
    assert (best["invoice_ids"], best["amount"], best["fee"]) == ([1], Decimal("9.5"), 0)
