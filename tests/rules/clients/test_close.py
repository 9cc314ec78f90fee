"""Closing an account."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.clients.close import CloseAccount, close_account
from clientops.schema.invariants import INVARIANTS
from tests.builders import TODAY, money, plan, tables
from tests.long_forms import examples
from tests.rules.sequences import assert_one_by_one_is_same, write


def account(**more):
    """Client 1 with one of everything, client 2 with the like."""
    rows = {
        "clients": [{"id": 1, "credit_balance": 5}, {"id": 2}],
        "services": [
            {"id": number, "client_id": 1, "status": status}
            for number, status in enumerate(["Pending", "Active", "Suspended", "Terminated", "Fraud", "Completed"], 1)
        ] + [{"id": 7, "client_id": 2, "status": "Active"}],
        "addons": [{"id": 1, "service_id": 2, "status": "Active"}, {"id": 2, "service_id": 4, "status": "Pending"},
                   {"id": 3, "service_id": 7, "status": "Active"}],
        "domains": [
            {"id": number, "client_id": 1, "status": status}
            for number, status in enumerate(["Active", "Pending Transfer", "Redemption", "Expired", "Transferred Away"], 1)
        ] + [{"id": 6, "client_id": 2, "status": "Active"}],
        "invoices": [
            {"id": number, "client_id": 1, "status": status, "total": 10, "subtotal": 10, "credit_applied": applied}
            for number, (status, applied) in enumerate(
                [("Draft", 0), ("Unpaid", 0), ("Unpaid", 4), ("Paid", 10), ("Cancelled", 0), ("Collections", 2)], 1)
        ] + [{"id": 7, "client_id": 2, "status": "Unpaid", "total": 10, "subtotal": 10}],
        "invoice_items": [{"id": number, "invoice_id": number, "amount": 10} for number in range(1, 8)],
        "credit_entries": [
            {"id": 1, "client_id": 1, "amount": 21},
            {"id": 2, "client_id": 1, "amount": -4, "invoice_id": 3},
            {"id": 3, "client_id": 1, "amount": -10, "invoice_id": 4},
            {"id": 4, "client_id": 1, "amount": -2, "invoice_id": 6},
        ],
        **more,
    }  # fmt: skip
    return tables(**rows)


def test_close_account_ends_everything_that_would_be_invoiced():
    """Services, add-ons and domains end, unpaid invoices are cancelled, applied credit comes back; others stay."""
    result = plan(close_account, CloseAccount, account(), [{"client_id": 1}])
    assert result.problem_list() == []
    assert result.rows("clients", "update") == [{"id": 1, "status": "Closed", "credit_balance": money(9)}]
    assert [(r["id"], r["status"]) for r in result.rows("services", "update")] == [
        (1, "Cancelled"), (2, "Terminated"), (3, "Terminated"),
    ]  # fmt: skip
    assert {r["terminated_on"] for r in result.rows("services", "update")} == {TODAY}
    assert [(r["id"], r["status"]) for r in result.rows("addons", "update")] == [(1, "Terminated"), (2, "Cancelled")]
    assert [(r["id"], r["status"], r["auto_renew"]) for r in result.rows("domains", "update")] == [
        (number, "Cancelled", False) for number in (1, 2, 3)
    ]
    assert result.rows("invoices", "update") == [
        {
            "id": number,
            "status": "Cancelled",
            "cancelled_on": TODAY,
            "credit_applied": money(0),
            "written_off": money(0),
        }
        for number in (1, 2, 3)
    ]
    assert result.rows("credit_entries", "insert") == [
        {"id": 5, "client_id": 1, "entry_on": TODAY, "description": "Credit back from cancelled invoice 3", "amount": money(4),
         "invoice_id": 3, "gives_back_id": None},
    ]  # fmt: skip
    assert dict(result.summary) == {
        "services ended": "3", "add-ons ended": "2", "domains cancelled": "3", "invoices cancelled": "3",
    }  # fmt: skip


def test_what_is_left_is_told():
    """Credit that is left and invoices in collections are warned of."""
    warnings = plan(close_account, CloseAccount, account(), [{"client_id": 1}]).warnings.order("code").fetchall()
    assert [(row, code, message) for row, _, code, message in warnings] == [
        (1, "credit_left", "client 1 keeps an account credit of EUR 9.00"),
        (1, "in_collections", "invoice 6 of client 1 stays in collections"),
    ]


def test_partly_paid_invoices_are_refused():
    """An invoice with payments is not cancelled, here as elsewhere; a payment taken back in full does not count."""

    def paid(*amounts):
        return account(
            transactions=[{"id": 1, "client_id": 1, "amount_in": 3}],
            allocations=[
                {"id": n, "transaction_id": 1, "invoice_id": 2, "amount": a} for n, a in enumerate(amounts, 1)
            ],
        )

    problems = plan(close_account, CloseAccount, paid(3), [{"client_id": 2}, {"client_id": 1}]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(2, "client_id", "has_payments")]
    assert "invoice 2 of client 1 is partly paid, with EUR 3.00" in problems[0].message
    assert plan(close_account, CloseAccount, paid(3, -3), [{"client_id": 1}]).problem_list() == []


def test_a_client_with_nothing_is_just_closed():
    """Closing needs nothing to be there, and unknown clients are refused."""
    book = tables(clients=[{"id": 1}])
    result = plan(close_account, CloseAccount, book, [{"client_id": 1}])
    assert result.rows("clients", "update") == [{"id": 1, "status": "Closed", "credit_balance": money(0)}]
    assert result.warnings.fetchall() == []
    problems = plan(close_account, CloseAccount, book, [{"client_id": 8}]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, "client_id", "unknown_client")]


def test_closing_many_is_closing_one_by_one():
    """Law: a table of n clients, one of them twice, leaves the same as n tables of one."""
    rows = [{"client_id": 2}, {"client_id": 1}, {"client_id": 2}]
    assert_one_by_one_is_same(close_account, CloseAccount, account, rows)


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Draft", "Unpaid", "Paid", "Collections"]), st.integers(0, 9)), max_size=6))
def test_credit_comes_back_exactly(invoices):
    """Law: balance and log rise by what was applied to the cancelled invoices, and every invariant holds after."""
    rows, entries = [], []
    for number, (status, part) in enumerate(invoices, 1):
        applied = 0 if status == "Draft" else 10 if status == "Paid" else part
        rows.append(
            {"id": number, "client_id": 1, "status": status, "total": 10, "subtotal": 10, "credit_applied": applied}
        )
        if applied:
            entries.append({"id": number, "client_id": 1, "amount": -applied, "invoice_id": number})
    items = [{"id": row["id"], "invoice_id": row["id"], "amount": 10} for row in rows]
    book = tables(clients=[{"id": 1, "credit_balance": 1}], invoices=rows, invoice_items=items, credit_entries=entries)
    write(book, plan(close_account, CloseAccount, book, [{"client_id": 1}]))
    back = sum(row["credit_applied"] for row in rows if row["status"] == "Unpaid")
    balance, log = book.query(
        "select credit_balance, (select coalesce(sum(amount), 0) from credit_entries where amount > 0) from clients"
    ).fetchone()
    assert balance - 1 == back
    assert log == back
    for invariant in INVARIANTS:
        book._connection.execute(f"create or replace temp table touched as select id from {invariant.table}")
        assert book._connection.execute(invariant.sql).fetchall() == [], invariant.code
