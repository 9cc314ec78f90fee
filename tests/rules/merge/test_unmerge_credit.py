"""Handing back credit and commission with a client that comes back."""

from datetime import date

from clientops.rules.credit.account_credit import RULES as CREDIT_RULES
from tests.builders import TODAY, USD, money, tables
from tests.rules.applying import apply_rule, change, change_all, plan_rule, select
from tests.rules.merging import UNMERGE, merge, two_clients, unmerge

ISSUE, REMOVE = CREDIT_RULES[:2]


def problems(book, *requests):
    found = plan_rule(book, UNMERGE, requests).problem_list()
    return [(p.row, p.field, p.code) for p in found]


def balances(book):
    """Credit of every client, beside the sum of its log."""
    return book.query(
        "select c.id, c.credit_balance, coalesce(sum(e.amount), 0)::decimal(18, 4) from clients c "
        "left join credit_entries e on e.client_id = c.id group by all order by all"
    ).fetchall()


def test_after_the_survivor_was_billed_paid_given_and_has_spent():
    """What came from the duplicate goes back as it is today, what is new stays, and the credit is handed back."""
    book = two_clients(
        services=[{"id": 5, "client_id": 2, "recurring_amount": 10}],
        invoices=[{"id": 7, "client_id": 2, "subtotal": 10, "total": 10}],
        invoice_items=[{"id": 7, "invoice_id": 7, "amount": 10, "service_id": 5}],
    )
    number = merge(book, (2, 1))
    apply_rule(book, ISSUE, [{"client_id": 1, "amount": 5, "description": "Downtime"}])
    apply_rule(book, REMOVE, [{"client_id": 1, "amount": 8, "description": "Paid out"}])
    change(book, "invoices", {"id": 8, "client_id": 1, "subtotal": 10, "total": 10})
    change(book, "invoice_items", {"id": 8, "invoice_id": 8, "amount": 10, "service_id": 5})
    change(book, "services", {"id": 5, "next_due_on": date(2027, 1, 1)})
    change(book, "transactions", {"id": 3, "client_id": 1, "currency_id": 1, "amount_in": 10})
    change(book, "allocations", {"id": 3, "transaction_id": 3, "invoice_id": 7, "amount": 10})
    change(book, "invoices", {"id": 7, "status": "Paid", "paid_on": TODAY})
    unmerge(book, number)
    assert balances(book) == [(1, money(17), money(17)), (2, money(10), money(10))]
    assert select(book, "invoices", "id", "client_id", "status", "paid_on") == [
        (7, 2, "Paid", TODAY),
        (8, 1, "Unpaid", None),
    ]
    assert select(book, "services", "id", "client_id", "next_due_on") == [(5, 2, date(2027, 1, 1))]
    assert select(book, "transactions", "id", "client_id") == [(3, 1)]


def test_an_invoice_that_the_survivor_settled_is_named():
    """Whose money settled an invoice that goes back is said in a warning: payments and credit."""
    book = two_clients(
        invoices=[{"id": 7, "client_id": 2, "subtotal": 10, "total": 10}],
        invoice_items=[{"id": 7, "invoice_id": 7, "amount": 10}],
    )
    number = merge(book, (2, 1))
    change(book, "transactions", {"id": 3, "client_id": 1, "currency_id": 1, "amount_in": 4})
    change(book, "allocations", {"id": 3, "transaction_id": 3, "invoice_id": 7, "amount": 4})
    change(book, "credit_entries", {"id": 3, "client_id": 1, "invoice_id": 7, "amount": -3})
    warnings = plan_rule(book, UNMERGE, [{"operation_id": number}]).warnings.fetchall()
    assert [w[2:] for w in warnings] == [
        ("settled_by_survivor", "invoice 7 goes back to client 2, settled with EUR 7.00 of client 1")
    ]


def test_credit_that_is_spent_is_refused_with_where_it_went():
    """Too little is left: the sentence names the operations and invoices that took it."""
    book = two_clients()
    number = merge(book, (2, 1))
    change(book, "credit_entries", {"id": 3, "client_id": 1, "invoice_id": 7, "amount": -21})
    spent = change(book, "clients", {"id": 1, "credit_balance": money(9)})
    removed = apply_rule(book, REMOVE, [{"client_id": 1, "amount": 2, "description": "Paid out"}])
    (problem,) = plan_rule(book, UNMERGE, [{"operation_id": number}]).problem_list()
    assert (problem.field, problem.code) == ("take_what_is_left", "credit_spent")
    assert problem.message == (
        "client 1 has EUR 7.00 left, of which EUR 7.00 can go back with client 2, who brought EUR 10.00; spent by "
        f"operation {spent} (by-hand by maria): EUR 21.00; operation {removed} (remove-credit by maria): EUR 2.00; "
        "say take_what_is_left to hand back what there is"
    )


def test_an_application_names_its_invoice():
    """Credit that one operation applied is named with the invoice."""
    book = two_clients()
    number = merge(book, (2, 1))
    change_all(
        book,
        ("credit_entries", {"id": 3, "client_id": 1, "invoice_id": 7, "amount": -25}),
        ("clients", {"id": 1, "credit_balance": money(5)}),
    )
    (problem,) = plan_rule(book, UNMERGE, [{"operation_id": number}]).problem_list()
    assert "(by-hand by maria): EUR 25.00 on invoice 7;" in problem.message


def test_what_is_left_is_handed_back_and_the_rest_explained():
    """On request the duplicate gets what there is; both logs say what is missing, and agree with the balances."""
    book = two_clients()
    number = merge(book, (2, 1))
    removed = apply_rule(book, REMOVE, [{"client_id": 1, "amount": 23, "description": "Paid out"}])
    planned = plan_rule(book, UNMERGE, [{"operation_id": number, "take_what_is_left": True}])
    assert [w[2] for w in planned.warnings.fetchall()] == ["credit_spent"]
    unmerge(book, number, take_what_is_left=True)
    assert balances(book) == [(1, money(0), money(0)), (2, money(7), money(7))]
    why = (
        "Merge of client 2 into 1 taken back: credit spent before by "
        f"operation {removed} (remove-credit by maria): EUR 23.00"
    )
    columns = ("client_id", "amount", "description", "entry_on")
    assert set(select(book, "credit_entries", *columns)) >= {(2, money(-3), why, TODAY), (1, money(3), why, TODAY)}


def test_what_is_left_goes_to_the_first():
    """Where it does not suffice for all, the lower number gets its credit first."""
    book = tables(clients=[{"id": n, "credit_balance": 10} for n in (1, 2, 3)])
    number = merge(book, (3, 1), (2, 1))
    apply_rule(book, REMOVE, [{"client_id": 1, "amount": 14, "description": "Paid out"}])
    assert problems(book, {"operation_id": number}) == [(1, "take_what_is_left", "credit_spent")]
    unmerge(book, number, take_what_is_left=True)
    assert select(book, "clients", "id", "credit_balance") == [(1, money(0)), (2, money(10)), (3, money(6))]


def test_commission_that_was_paid_out_comes_back_as_paid_out():
    """Affiliates get their part of the balance as far as it is there, one after the other, and the rest as withdrawn."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}, {"id": 3}],
        affiliates=[{"id": n, "client_id": n, "balance": 10 * n, "withdrawn": n, "visitors": n} for n in (1, 2, 3)],
    )
    number = merge(book, (2, 1), (3, 1))
    change(book, "affiliates", {"id": 1, "balance": 15, "withdrawn": 51, "visitors": 9})
    unmerge(book, number)
    assert select(book, "affiliates", "id", "client_id", "balance", "withdrawn", "visitors") == [
        (1, 1, money(0), money(11), 4),
        (2, 2, money(15), money(7), 2),
        (3, 3, money(0), money(33), 3),
    ]


def test_credit_goes_back_in_its_own_currency():
    """If the survivor's currency was changed since, its credit is not the duplicate's."""
    book = two_clients()
    number = merge(book, (2, 1))
    change(book, "clients", {"id": 1, "currency_id": USD})
    assert problems(book, {"operation_id": number}) == [(1, "operation_id", "different_currency")]
