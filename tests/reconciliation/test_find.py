"""Differences: the planted flaws are found and nothing else; each kind on a book of its own; where they come from."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from clientops import registry as operations
from clientops.book.book import Book
from clientops.core.errors import UsageError
from clientops.core.plan import as_dicts
from clientops.reconciliation.find import COLUMNS, FINDERS, differences
from clientops.reconciliation.kinds import FAMILIES, KINDS, kinds_of
from tests.books import OPERATOR, apply_by_hand, tamper
from tests.builders import EUR, JPY, NOW, TODAY, USD, money, tables
from tests.importing.demo_books import SIZES, demo_book
from tests.loading import load_book

NOT_RECONCILED = {"duplicate", "different"}


@SIZES
def test_planted_flaws_are_found_and_nothing_else(clients):
    """Every planted flaw is found on its row with its amount, and there is no other difference."""
    book = demo_book(clients)
    found = differences(book).project("kind, table_name, row_id, amount, currency_code").fetchall()
    planted = book.query(
        "select kind, table_name, row_id, amount, currency_code from planted_truth where kind not in (select unnest($no))",
        no=list(NOT_RECONCILED),
    ).fetchall()
    assert sorted(row[:3] for row in found) == sorted(row[:3] for row in planted)
    told = {row[:3]: row[3:] for row in found}
    with_amount = [row for row in planted if row[3] is not None and row[4] is not None]
    assert len(with_amount) > len(planted) / 4
    wrong = [(row, told[row[:3]]) for row in with_amount if told[row[:3]] != row[3:]]
    assert wrong == []


def test_a_shop_without_flaws_has_no_differences(book):
    """Where every figure agrees, nothing is found."""
    with book.tables() as found:
        assert as_dicts(differences(found)) == []


CLIENT = {"id": 1}
BASE = {"clients": [CLIENT, {"id": 2}]}
BILL = {"id": 1, "client_id": 1, "subtotal": 10, "total": 10, "number": "R-7"}
ITEM = {"id": 1, "invoice_id": 1, "amount": 10}
PAID = {"id": 1, "client_id": 1, "amount_in": 10, "gateway": "stripe", "reference": "a"}
SETTLED = {"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": 10}
STATEMENT = {"id": 1, "source": "bank", "file_sha256": "x", "currency_id": EUR, "file_name": "b.csv"}
LINE = {"id": 1, "statement_id": 1, "line_number": 3, "amount": 10, "booked_on": date(2026, 11, 2)}
MATCH = {"id": 1, "statement_line_id": 1, "transaction_id": 1}


def settled(**changes):
    """A client whose one invoice is paid, with some rows otherwise."""
    return {
        **BASE,
        "invoices": [{**BILL, "status": "Paid"}],
        "invoice_items": [ITEM],
        "transactions": [PAID],
        "allocations": [SETTLED],
        **changes,
    }


TWO_PAYMENTS = {
    "transactions": [PAID, {**PAID, "id": 2, "amount_in": 4, "reference": "b"}],
    "allocations": [SETTLED, {"id": 2, "transaction_id": 2, "invoice_id": 1, "amount": 4}],
}

CASES = [
    pytest.param({"clients": [{"id": 1, "credit_balance": 5}]}, [("drifted_balance", 1, "5", "enter-credit-difference")], id="balance without log"),
    pytest.param({"clients": [{"id": 1}], "credit_entries": [{"id": 1, "client_id": 1, "amount": 3}]}, [("drifted_balance", 1, "-3", "enter-credit-difference")], id="log without balance"),
    pytest.param({**BASE, "invoices": [{**BILL, "credit_applied": 4}], "invoice_items": [ITEM]}, [("credit_not_logged", 1, "4", None)], id="applied credit not logged"),
    pytest.param({"clients": [{"id": 1}], "invoices": [{**BILL, "status": "Cancelled", "credit_applied": 4}], "invoice_items": [ITEM],
                  "credit_entries": [{"id": 1, "client_id": 1, "amount": 4}, {"id": 2, "client_id": 1, "amount": -4, "invoice_id": 1}]},
                 [("credit_on_cancelled", 1, "4", "take-back-credit")], id="credit on a cancelled invoice"),
    pytest.param({**BASE, "invoices": [BILL], "invoice_items": [{**ITEM, "amount": 8}]}, [("total_not_items", 1, "2", "enter-invoice-difference")], id="total above items"),
    pytest.param({**BASE, "invoices": [{**BILL, "subtotal": 10, "tax1": 2, "total": 12}], "invoice_items": [{**ITEM, "tax1": 2}]}, [], id="tax on top fits"),
    pytest.param({**BASE, "invoices": [{**BILL, "tax_mode": "inclusive", "subtotal": 8, "tax1": 2}], "invoice_items": [{**ITEM, "tax1": 2}]}, [], id="tax within fits"),
    pytest.param({**BASE, "invoices": [{**BILL, "subtotal": 9}], "invoice_items": [ITEM]}, [("parts_not_total", 1, "1", "enter-invoice-difference")], id="subtotal wrong"),
    pytest.param(settled(allocations=[{**SETTLED, "amount": 6}]),
                 [("overpaid_without_credit", 1, "4", "settle-payment"), ("paid_but_owed", 1, "4", "mark-invoice-unpaid")], id="paid in part only"),
    pytest.param(settled(invoices=[{**BILL, "status": "Paid", "written_off": 3}]), [("paid_too_much", 1, "3", None)], id="paid and written off"),
    pytest.param(settled(invoices=[BILL]), [("unpaid_but_settled", 1, "0", "mark-invoice-paid")], id="unpaid but settled"),
    pytest.param(settled(invoices=[{**BILL, "status": "Cancelled"}]), [("paid_but_cancelled", 1, "10", "refund-payment")], id="cancelled but paid"),
    pytest.param(settled(**TWO_PAYMENTS), [("paid_too_much", 1, "4", "refund-payment")], id="paid with too much"),
    pytest.param(settled(**TWO_PAYMENTS, invoices=[BILL]), [("unpaid_but_settled", 1, "4", "refund-payment")], id="unpaid with too much"),
    pytest.param(settled(**TWO_PAYMENTS, invoices=[{**BILL, "status": "Cancelled"}]), [("paid_but_cancelled", 1, "14", None)], id="cancelled but paid by two"),
    pytest.param({**BASE, "invoices": [BILL, {**BILL, "id": 2, "number": "R-10"}], "invoice_items": [ITEM, {**ITEM, "id": 2, "invoice_id": 2}]},
                 [("number_gap", 2, None, None)], id="numbers left out"),
    pytest.param({**BASE, "invoices": [BILL, {**BILL, "id": 2, "number": "S-9"}, {**BILL, "id": 3, "number": "R-8"}],
                  "invoice_items": [{**ITEM, "id": n, "invoice_id": n} for n in (1, 2, 3)]}, [], id="two series without gaps"),
    pytest.param({**BASE, "invoices": [BILL, {**BILL, "id": 2}], "invoice_items": [ITEM, {**ITEM, "id": 2, "invoice_id": 2}]},
                 [("number_twice", 2, "10", "renumber-invoice")], id="number twice"),
    pytest.param(settled(transactions=[{**PAID, "amount_in": 12}]), [("overpaid_without_credit", 1, "2", "settle-payment")], id="overpaid"),
    pytest.param(settled(transactions=[{**PAID, "amount_in": 12}, {"id": 2, "kind": "refund", "client_id": 1, "amount_out": 2, "refunds_id": 1}]), [], id="surplus given back"),
    pytest.param({**BASE, "transactions": [PAID]}, [("unapplied_payment", 1, "10", "settle-payment")], id="on no invoice"),
    pytest.param({**BASE, "transactions": [{**PAID, "client_id": None}]}, [("unapplied_payment", 1, "10", None)], id="of nobody known"),
    pytest.param(settled(transactions=[{**PAID, "amount_in": 9}]), [("settles_too_much", 1, "1", None)], id="settles more than it brought"),
    pytest.param({**BASE, "clients": [{"id": 1, "credit_balance": 20}, {"id": 2}], "transactions": [PAID, {**PAID, "id": 2}],
                  "credit_entries": [{"id": n, "client_id": 1, "amount": 10, "transaction_id": n} for n in (1, 2)]},
                 [("reference_twice", 2, "10", "delete-transaction")], id="reference twice"),
    pytest.param({**BASE, "clients": [{"id": 1, "credit_balance": 20}, {"id": 2}], "transactions": [PAID, {**PAID, "id": 2, "gateway": "paypal"}],
                  "credit_entries": [{"id": n, "client_id": 1, "amount": 10, "transaction_id": n} for n in (1, 2)]}, [], id="same reference of another gateway"),
    pytest.param(settled(transactions=[{**PAID, "client_id": 2}]), [("wrong_client", 1, "10", "correct-payment")], id="another client's invoice"),
    pytest.param(settled(transactions=[{**PAID, "currency_id": USD}]), [("wrong_currency", 1, "10", "correct-payment")], id="another currency"),
    pytest.param(settled(transactions=[PAID, {"id": 2, "kind": "refund", "client_id": 1, "amount_out": 7, "refunds_id": 1, "reference": "r1"},
                                       {"id": 3, "kind": "refund", "client_id": 1, "amount_out": 5, "refunds_id": 1, "reference": "r2"}],
                         allocations=[SETTLED, {"id": 2, "transaction_id": 2, "invoice_id": 1, "amount": -7}, {"id": 3, "transaction_id": 3, "invoice_id": 1, "amount": -3}],
                         invoices=[{**BILL, "status": "Refunded"}]),
                 [("refund_above_payment", 3, "2", None)], id="refunds together above the payment"),
    pytest.param({"clients": [{"id": 1, "status": "Closed", "credit_balance": 5}], "credit_entries": [{"id": 1, "client_id": 1, "amount": 5}]},
                 [("closed_with_credit", 1, "5", "set-status")], id="closed with credit"),
    pytest.param({"clients": [{"id": 1, "status": "Closed"}], "services": [{"id": n, "client_id": 1, "status": "Active", "recurring_amount": 4} for n in (1, 2)]},
                 [("closed_with_services", 1, "8", "set-status")], id="closed with services"),
    pytest.param({"clients": [{"id": 1}], "credit_entries": [{"id": 4, "client_id": 9, "amount": 5}], "merged_clients": [{"id": 1, "replaced_id": 9, "survivor_id": 1}]},
                 [("credit_of_gone_client", 4, "5", None)], id="credit of a merged client"),
    pytest.param({"services": [{"id": 6, "client_id": 9, "status": "Active"}]}, [("orphan", 6, None, None)], id="service of nobody"),
    pytest.param({**BASE, "statements": [STATEMENT], "statement_lines": [LINE]}, [("unmatched_line", 1, "10", None)], id="line the book does not know"),
    pytest.param(settled(statements=[STATEMENT], statement_lines=[LINE], matches=[MATCH]), [], id="line that is matched"),
    pytest.param(settled(statements=[STATEMENT], statement_lines=[LINE], matches=[{**MATCH, "transaction_id": None}]), [], id="line that is explained"),
    pytest.param(settled(statements=[STATEMENT], statement_lines=[LINE], matches=[{**MATCH, "status": "suggested"}]), [("unmatched_line", 1, "10", None)], id="line only suggested"),
    pytest.param(settled(statements=[STATEMENT], statement_lines=[{**LINE, "amount": 9}], matches=[MATCH]), [("line_amount", 1, "-1", None)], id="line of another amount"),
    pytest.param({"statements": [{**STATEMENT, "account": "A", "from_on": date(2026, 9, 1), "to_on": date(2026, 9, 30), "opening_balance": 0, "closing_balance": 0},
                                 {**STATEMENT, "id": 2, "account": "A", "from_on": date(2026, 10, 1), "to_on": date(2026, 10, 31), "opening_balance": 2, "closing_balance": 2}]},
                 [("statement_gap", 2, "2", None)], id="statements that do not follow"),
    pytest.param(settled(statements=[{**STATEMENT, "opening_balance": 5, "closing_balance": 16}], statement_lines=[LINE], matches=[MATCH]),
                 [("statement_sum", 1, "1", None)], id="lines that do not come to the balances"),
    pytest.param(settled(statements=[{**STATEMENT, "opening_balance": 5, "closing_balance": 15}], statement_lines=[LINE], matches=[MATCH]),
                 [], id="lines that come to the balances"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), CASES)
def test_kind(rows, expected):
    """A small book with one flaw shows just that, with its amount and the rule that mends it."""
    found = as_dicts(differences(tables(**rows)))
    assert [(row["kind"], row["row_id"], row["amount"], row["mend_rule"]) for row in found] == [
        (kind, row, None if amount is None else money(amount), rule) for kind, row, amount, rule in expected
    ]


@pytest.mark.parametrize(
    "clients", [(1, 2, 3), (1, 3), (2, 3, 5), (1, 2, 2, 4)], ids=["no gaps", "a gap", "not from 1", "twice and a gap"]
)
def test_orphans_with_and_without_gaps(clients):
    """A row that points beside or between the numbers that are there is found, whether these have gaps or not."""
    book = tables(clients=[{"id": n} for n in clients], contacts=[{"id": n, "client_id": n} for n in range(1, 7)])
    found = {row["row_id"] for row in as_dicts(differences(book, ["orphan"]))}
    assert found == set(range(1, 7)) - set(clients)


def test_every_kind_is_tried():
    """No kind is left out above, each has a finder, and every family has kinds."""
    assert {kind for case in CASES for kind, *_ in case.values[1]} == set(KINDS)
    assert {kind for kinds, _ in FINDERS for kind in kinds} == set(KINDS)
    assert {kind.family for kind in KINDS.values()} == set(FAMILIES)


def test_difference_says_everything():
    """A difference has a number, its rows, a sentence in the currency, and a request that is filled in."""
    (row,) = as_dicts(differences(tables(clients=[{"id": 7, "currency_id": JPY, "credit_balance": 500}])))
    assert tuple(row) == COLUMNS
    assert row["message"] == "client 7 has a credit of JPY 500, the credit log says JPY 0"
    assert json.loads(row["row_list"]) == [{"table": "clients", "id": 7}]
    assert (row["currency_code"], row["client_id"], row["explained_by"]) == ("JPY", 7, "unexplained")
    assert json.loads(row["mend_request"]) == {
        "client_id": 7,
        "amount": "500.0000",
        "description": "Difference found in reconciliation",
    }


def test_only_some_kinds_or_one_client():
    """Kinds, families and a client narrow what is found; the numbers stay the same."""
    book = demo_book(1000)
    every = {row["id"]: row for row in as_dicts(differences(book))}
    some = as_dicts(differences(book, ["credit", "number-gap"]))
    assert {row["kind"] for row in some} == {"drifted_balance", "credit_on_cancelled", "number_gap"}
    assert all(every[row["id"]] == row for row in some)
    client = some[0]["client_id"]
    own = as_dicts(differences(book, client_id=client))
    assert own == [row for row in every.values() if row["client_id"] == client]


def test_numbers_are_each_difference_own():
    """No two differences have one number, and a browser can hold them."""
    numbers = [number for (number,) in differences(demo_book(1000)).project("id").fetchall()]
    assert len(set(numbers)) == len(numbers)
    assert all(0 < number < 2**53 for number in numbers)


def test_unknown_kind_is_refused():
    """A kind that does not exist is refused with those that do."""
    with pytest.raises(UsageError, match="no kind of difference 'credits'; there are credit, invoices"):
        kinds_of(("credits",))


@pytest.fixture
def drifting(tmp_path) -> Book:
    """A book with four clients without credit."""
    return load_book(
        tmp_path / "book.duckdb", clients=[{"id": n} for n in (1, 2, 3, 4, 5)] + [{"id": 6, "credit_balance": 9}]
    )


def explained(book: Book) -> dict[int, tuple[str, str, int | None]]:
    with book.tables() as found:
        rows = as_dicts(differences(found, ["drifted_balance"]))
    return {row["client_id"]: (row["explained_by"], row["explanation"], row["operation_id"]) for row in rows}


def test_drift_is_explained_from_history(drifting):
    """Adjustments with who, when and why; imports; direct SQL, adopted or not; an undone adjustment explains nothing."""
    adjust = operations.rule("adjust-credit")
    book = Book(drifting.path, operator=OPERATOR)
    book.apply_now(adjust, {"client_id": 1, "credit_balance": 5}, reason="promised on the phone", now=NOW, today=TODAY)
    wrong = [{"client_id": 1, "credit_balance": 9}, {"client_id": 2, "credit_balance": 5}]
    undone = book.apply_now(adjust, wrong, reason="wrong client", now=NOW, today=TODAY)
    book.undo(undone.operation_id, reason="wrong client")
    book.apply_now(adjust, {"client_id": 3, "credit_balance": 5}, reason="first", now=NOW, today=TODAY)
    tamper(book.path, "update clients set credit_balance = 2 where id = 4")
    book.adopt_direct_changes(reason="seen")
    tamper(book.path, "update clients set credit_balance = 8 where id in (3, 5)")
    today = datetime.now(UTC).date()
    assert explained(book) == {
        1: ("adjustment", f"+5 adjusted by hand by maria on {today} (operation 2: promised on the phone)", 2),
        3: (
            "direct SQL",
            f"+5 adjusted by hand by maria on {today} (operation 5: first); +3 direct SQL that is in no operation",
            5,
        ),
        4: ("direct SQL", f"+2 direct SQL, recorded by maria on {today} (operation 6: seen)", 6),
        5: ("direct SQL", "+8 direct SQL that is in no operation", None),
        6: ("import", f"+9 came in with load-rows by test on {today} (operation 1: Rows of a test)", 1),
    }


def test_as_of_looks_at_the_past(drifting):
    """At an earlier moment the differences and their explanations are those of then."""
    book = Book(drifting.path, operator=OPERATOR)
    book.apply_now(operations.rule("adjust-credit"), {"client_id": 1, "credit_balance": 5}, reason="x")
    with book.tables(1) as found:
        assert [(row["client_id"], row["operation_id"]) for row in as_dicts(differences(found))] == [(6, 1)]


def test_any_row_says_what_touched_it_last(drifting):
    """Other differences name the operation that touched the row last."""
    book = Book(drifting.path, operator=OPERATOR)
    apply_by_hand(book, ("clients", "update", [{"id": 6, "status": "Closed"}]), lenient=True, reason="by mistake")
    with book.tables() as found:
        (row,) = as_dicts(differences(found, ["closed_with_credit"]))
    assert (row["operation_id"], row["operator"]) == (2, OPERATOR)
    assert row["explanation"].startswith("last touched by by-hand of maria on ")
    assert row["amount"] == Decimal(9)


def test_rows_changed_by_direct_sql_are_said_to_be(drifting):
    """A row that is not as the history left it was changed past clientops, whoever touched it before."""
    tamper(drifting.path, "update clients set status = 'Closed' where id = 6")
    with drifting.tables() as found:
        (row,) = as_dicts(differences(found, ["closed_with_credit"]))
    assert (row["explained_by"], row["operation_id"]) == ("direct SQL", 1)
    assert row["explanation"].startswith(
        "direct SQL that is in no operation; before that last touched by load-rows of test on "
    )


def test_what_was_undone_explains_nothing(drifting):
    """An operation and its undo are passed over, unless the undo was undone too."""
    book = Book(drifting.path, operator=OPERATOR)

    def told():
        with book.tables() as found:
            return [row["operation_id"] for row in as_dicts(differences(found, ["closed_with_credit"]))]

    closed = apply_by_hand(
        book, ("clients", "update", [{"id": 6, "status": "Closed"}]), lenient=True, reason="by mistake"
    )
    opened = book.undo(closed.operation_id)
    assert told() == []
    book.undo(opened.operation_id)
    assert told() == [2]
    mended = apply_by_hand(book, ("clients", "update", [{"id": 6, "status": "Inactive"}]), lenient=True, reason="mend")
    book.undo(mended.operation_id)
    assert told() == [2]


GONE = {
    "clients": [{"id": 1}, {"id": 2, "currency_id": JPY}],
    "credit_entries": [{"id": 1, "client_id": 2, "amount": 500}, {"id": 2, "client_id": 2, "amount": 40}],
    "invoices": [{**BILL, "client_id": 2}], "invoice_items": [ITEM], "services": [{"id": 6, "client_id": 9, "recurring_amount": 3}],
}  # fmt: skip


@pytest.mark.parametrize("way", ["operation", "direct SQL"])
def test_rows_of_who_is_gone_say_who_removed_them(tmp_path, way):
    """Rows that point at nothing name what removed it, and their money has the currency that it had."""
    book = load_book(tmp_path / "book.duckdb", **GONE)
    if way == "operation":
        apply_by_hand(book, ("clients", "delete", [{"id": 2}]), lenient=True, reason="by mistake")
    else:
        tamper(book.path, "delete from clients where id = 2")
    with book.tables() as found:
        rows = {row["table_name"]: row for row in as_dicts(differences(found, ["orphan", "credit_of_gone_client"]))}
    said = (
        "clients 2 was removed by by-hand of test on "
        if way == "operation"
        else "clients 2 was removed by direct SQL that is in no operation"
    )
    for name, amount in (("credit_entries", 540), ("invoices", 10)):
        row = rows[name]
        assert (row["currency_code"], row["amount"], row["client_id"], row["explained_by"]) == ("JPY", amount, 2, way)
        assert row["explanation"].startswith(said)
    assert json.loads(rows["credit_entries"]["row_list"]) == [{"table": "credit_entries", "id": n} for n in (1, 2)]
    assert rows["services"]["explanation"].startswith(
        "clients 9 never was in this book; last touched by load-rows of test"
    )


def number_flaws(numbers: list[str]) -> tuple[set[int], set[int]]:
    """Invoices after a gap in their series, and invoices with the number of an earlier one, by looking at each number."""
    series: dict[str, list[tuple[int, int]]] = {}
    for invoice_id, number in enumerate(numbers, 1):
        prefix = number.rstrip("0123456789")
        if 0 < len(number) - len(prefix) < 19:
            series.setdefault(prefix, []).append((int(number[len(prefix) :]), invoice_id))
    gaps = set()
    for places in map(sorted, series.values()):
        gaps |= {after[1] for before, after in itertools.pairwise(places) if after[0] > before[0] + 1}
    return gaps, {n for n, number in enumerate(numbers, 1) if number in numbers[: n - 1]}


RUN = [f"INV-{n}" for n in range(1, 45)]


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param(RUN, id="no gap"),
        pytest.param(RUN[::-1], id="in any order"),
        pytest.param([*RUN[:19], *RUN[29:]], id="ten left out, full tens on both sides"),
        pytest.param([*RUN[:20], *RUN[25:]], id="some left out"),
        pytest.param([*RUN, "INV-30", "INV-7"], id="used twice within full tens"),
        pytest.param([*RUN[:9], "INV-1x", *RUN[10:], "INV-11x", "INV-11x"], id="letters at the end"),
        pytest.param([*RUN, *(f"INV-{n:04}" for n in range(1, 45)), "INV-0050"], id="leading zeros beside plain ones"),
        pytest.param([*(f"{n}" for n in range(8, 35) if n != 20), "2026/8", "2026/10"], id="digits alone, and several series"),
        pytest.param(["A-99999999999999999990", "A-1", "A-3"], id="longer than a number can be"),
    ],
)  # fmt: skip
def test_numbers_are_those_of_a_plain_look(numbers):
    """Gaps and doubles are those that looking at one number after the other finds, however the numbers are written."""
    bills = [{**BILL, "id": n, "number": number} for n, number in enumerate(numbers, 1)]
    found = as_dicts(differences(tables(**BASE, invoices=bills), ["number_gap", "number_twice"]))
    gaps, doubles = number_flaws(numbers)
    told = {kind: {row["row_id"] for row in found if row["kind"] == kind} for kind in ("number_gap", "number_twice")}
    assert told == {"number_gap": gaps, "number_twice": doubles}


@pytest.mark.parametrize(
    ("numbers", "sides", "message"),
    [
        pytest.param(["R-1", "R-3"], [2, 1], "invoice number R-2 is left out between invoices R-1 and R-3", id="one"),
        pytest.param(["R-12", "R-9"], [1, 2], "2 invoice numbers, R-10 to R-11, are left out between invoices R-9 and R-12", id="two"),
        pytest.param(["R-0098", "R-0101", "R-0098"], [2, 1], "2 invoice numbers, R-0099 to R-0100, are left out between invoices R-0098 and R-0101", id="with zeros in front, the one before used twice"),
        pytest.param([*(f"1{n}" for n in range(10)), *(f"3{n}" for n in range(10))], [11, 10], "10 invoice numbers, 20 to 29, are left out between invoices 19 and 30", id="between full tens"),
    ],
)  # fmt: skip
def test_a_gap_names_both_sides(numbers, sides, message):
    """A gap says which numbers are left out, how many, and between which two invoices."""
    bills = [{**BILL, "id": n, "number": number} for n, number in enumerate(numbers, 1)]
    (found,) = as_dicts(differences(tables(**BASE, invoices=bills), ["number_gap"]))
    assert found["message"] == message
    assert [row["id"] for row in json.loads(found["row_list"])] == sides


@pytest.mark.parametrize("status", ["Paid", "Unpaid", "Cancelled"])
def test_money_beyond_an_invoice_goes_to_credit(tmp_path, status):
    """The mending that is proposed for money that an invoice should not hold leaves no difference, and no money is lost."""
    rows = settled(invoices=[{**BILL, "status": status}]) if status == "Cancelled" else settled(**TWO_PAYMENTS, invoices=[{**BILL, "status": status}])  # fmt: skip
    book = load_book(tmp_path / "book.duckdb", **rows)
    with book.tables() as found:
        (row,) = as_dicts(differences(found))
    asked = {"rule": row["mend_rule"], "request": row["mend_request"]}
    book.apply_now(operations.rule("mend"), asked, reason="surplus", now=NOW, today=TODAY)
    with book.tables() as found:
        assert as_dicts(differences(found)) == []
        balance = found.query("select credit_balance from clients where id = 1").fetchone()
    assert balance == (Decimal(10 if status == "Cancelled" else 4),)


def test_what_only_a_person_can_tell_says_why():
    """A difference either has a mending, or says why a person must decide and names rules that there are."""
    for row in as_dicts(differences(demo_book(1000))):
        assert (row["mend_rule"] is None) == (row["choices"] is not None), row
    known = {rule.name for rule in operations.rules().values()}
    for kind in {kind for case in CASES for kind, *_, rule in case.values[1] if rule is None}:
        named = set(re.findall(r"[a-z]+(?:-[a-z]+)+", KINDS[kind].choices))
        assert named, kind
        assert named <= known, named - known
