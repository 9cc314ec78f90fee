"""Unmerge: replaced clients come back with what came from them, and with their credit."""

from datetime import date

import pytest

from clientops.book.undo import UNDO
from clientops.rules.credit import RULES as CREDIT_RULES
from clientops.rules.merge import RULES as MERGE_RULES
from clientops.rules.unmerge import RULES
from tests.builders import TODAY, USD, money, tables
from tests.rules.applying import apply_rule, change, change_all, every_row, plan_rule, select
from tests.rules.random_books import flaws, money_per_currency

(UNMERGE,) = RULES
(MERGE,) = MERGE_RULES
ISSUE, REMOVE = CREDIT_RULES[:2]
EVE = {"first_name": "Eve", "last_name": "Ng", "email": "eve@example.com"}


def merge(book, *pairs, **options):
    """Merge (replaced, survivor) pairs; the number of the operation."""
    return apply_rule(book, MERGE, [{"replaced_id": r, "survivor_id": s, **options} for r, s in pairs])


def unmerge(book, number, *replaced, **options):
    """Take back a merge, whole or for the clients given; what it did is sound and keeps all money."""
    before = money_per_currency(book)
    asked = [{"operation_id": number, "replaced_id": client, **options} for client in replaced or [None]]
    operation = apply_rule(book, UNMERGE, asked)
    assert flaws(book) == []
    assert money_per_currency(book) == before
    return operation


def problems(book, *requests):
    found = plan_rule(book, UNMERGE, requests).problem_list()
    return [(p.row, p.field, p.code) for p in found]


def two_clients(**rows):
    """Client 2 with a credit of 10 is to be merged into client 1 with a credit of 20."""
    return tables(
        clients=[{"id": 1, "credit_balance": 20}, {"id": 2, "credit_balance": 10}],
        credit_entries=[{"id": 1, "client_id": 1, "amount": 20}, {"id": 2, "client_id": 2, "amount": 10}],
        **rows,
    )


def balances(book):
    """Credit of every client, beside the sum of its log."""
    return book.query(
        "select c.id, c.credit_balance, coalesce(sum(e.amount), 0)::decimal(18, 4) from clients c "
        "left join credit_entries e on e.client_id = c.id group by all order by all"
    ).fetchall()


# -- straight after the merge ----------------------------------------------------------------------------------------


def test_everything_is_as_before():
    """Taken back at once, every table is as it was: chains, contacts, users, fields, affiliates, old numbers."""
    book = tables(
        groups=[{"id": 1}],
        clients=[
            {"id": 1, "credit_balance": 5, "created_on": date(2024, 1, 1), "status": "Inactive"},
            {"id": 2, "credit_balance": 7, "phone": "+2", "group_id": 1, "default_billing_contact_id": 2},
            {"id": 3, "created_on": date(2020, 1, 1), "admin_notes": "VIP", "first_name": "Bob", "email_opt_out": True},
        ],
        contacts=[{"id": n, "client_id": n, **EVE, "phone": f"+{n}"} for n in (1, 2, 3)],
        tickets=[{"id": n, "client_id": n, "contact_id": n} for n in (1, 2, 3)],
        users=[{"id": 1}],
        user_clients=[{"id": n, "user_id": 1, "client_id": n, "is_owner": n == 3} for n in (1, 2, 3)],
        custom_fields=[{"id": 1}],
        custom_values=[{"id": n, "field_id": 1, "subject_id": n, "value": f"{n}"} for n in (2, 3)],
        affiliates=[{"id": n, "client_id": n, "balance": n, "withdrawn": 1, "visitors": n} for n in (1, 2, 3)],
        referrals=[{"id": 1, "affiliate_id": 3, "service_id": 1}],
        services=[{"id": 1, "client_id": 2}],
        merged_clients=[{"id": 1, "replaced_id": 9, "survivor_id": 3}],
    )
    before = every_row(book)
    number = merge(book, (3, 2), (2, 1), keep_as_contact=True)
    assert every_row(book) != before
    unmerge(book, number)
    assert every_row(book) == before


def test_old_numbers_find_nobody_else_any_more():
    """After taking back, the number is its client's again, and older redirects lead to that client."""
    book = tables(clients=[{"id": 1}, {"id": 2}, {"id": 3}])
    first = merge(book, (3, 2))
    second = merge(book, (2, 1))
    assert select(book, "merged_clients", "replaced_id", "survivor_id") == [(2, 1), (3, 1)]
    unmerge(book, second)
    assert select(book, "merged_clients", "replaced_id", "survivor_id") == [(3, 2)]
    unmerge(book, first)
    assert select(book, "merged_clients", "replaced_id") == []


def test_taken_back_undone_and_taken_back_again():
    """Undo of an unmerge restores the merge, which can then be taken back once more."""
    book = two_clients(invoices=[{"id": 1, "client_id": 2, "status": "Draft"}])
    before = every_row(book)
    number = merge(book, (2, 1))
    merged = every_row(book)
    apply_rule(book, UNDO, [{"operation_id": unmerge(book, number)}])
    assert every_row(book) == merged
    unmerge(book, number)
    assert every_row(book) == before


# -- after life went on ----------------------------------------------------------------------------------------------


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
    """An affiliate gets its part of the balance as far as it is there, and the rest as withdrawn."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}],
        affiliates=[{"id": n, "client_id": n, "balance": 10 * n, "withdrawn": n, "visitors": n} for n in (1, 2)],
    )
    number = merge(book, (2, 1))
    change(book, "affiliates", {"id": 1, "balance": 5, "withdrawn": 28, "visitors": 9})
    unmerge(book, number)
    columns = ("id", "client_id", "balance", "withdrawn", "visitors")
    assert select(book, "affiliates", *columns) == [(1, 1, money(0), money(11), 7), (2, 2, money(5), money(17), 2)]


@pytest.mark.parametrize(
    ("table", "row", "since", "expected"),
    [
        pytest.param("tickets", {"id": 1}, {"id": 1, "status": "Closed"}, [(1, 2)], id="changed since"),
        pytest.param("tickets", {"id": 1}, {"id": 1, "client_id": 3}, [(1, 3)], id="given to another client since"),
        pytest.param(
            "tickets", {"id": 1}, {"id": 4, "client_id": 1, "subject": "New"}, [(1, 2), (4, 1)], id="new since"
        ),
    ],
)
def test_rows_since(table, row, since, expected):
    """Only what is still the survivor's goes back, with its values of today."""
    book = tables(clients=[{"id": 1}, {"id": 2}, {"id": 3}], **{table: [{**row, "client_id": 2}]})
    number = merge(book, (2, 1))
    change(book, table, since)
    unmerge(book, number)
    assert select(book, table, "id", "client_id") == expected


def test_what_was_deleted_since_stays_deleted():
    """A row that somebody deleted after the merge does not come back."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}], tickets=[{"id": 1, "client_id": 2}], contacts=[{"id": 1, "client_id": 2}]
    )
    number = merge(book, (2, 1))
    change(book, "tickets", {"id": 1}, delete=True)
    change(book, "contacts", {"id": 1}, delete=True)
    unmerge(book, number)
    assert (select(book, "tickets", "id"), select(book, "contacts", "id")) == ([], [])


def test_what_no_longer_exists_is_not_named():
    """Rows come back without what was deleted since: group, billing contact, user, custom field."""
    book = tables(
        groups=[{"id": 1}],
        clients=[{"id": 1}, {"id": 2, "group_id": 1, "default_billing_contact_id": 2}],
        contacts=[{"id": 2, "client_id": 2}],
        users=[{"id": 1}],
        user_clients=[{"id": n, "user_id": 1, "client_id": n} for n in (1, 2)],
        custom_fields=[{"id": 1}],
        custom_values=[{"id": n, "field_id": 1, "subject_id": n} for n in (1, 2)],
    )
    number = merge(book, (2, 1), survivorship="survivor wins")
    change(book, "contacts", {"id": 2}, delete=True)
    for name in ("groups", "users", "custom_fields"):
        change(book, name, {"id": 1}, delete=True)
    change(book, "user_clients", {"id": 1}, delete=True)
    change(book, "custom_values", {"id": 1}, delete=True)
    unmerge(book, number)
    assert select(book, "clients", "id", "group_id", "default_billing_contact_id") == [(1, None, None), (2, None, None)]
    assert (select(book, "user_clients", "id"), select(book, "custom_values", "id")) == ([], [])


def test_fields_go_back_where_nobody_changed_them():
    """The survivor forgets what it had from the duplicate, except what was changed since."""
    book = tables(clients=[{"id": 1}, {"id": 2, "phone": "+2", "city": "Rome", "created_on": date(2020, 1, 1)}])
    number = merge(book, (2, 1))
    change(book, "clients", {"id": 1, "phone": "+3", "company_name": "New Ltd"})
    unmerge(book, number)
    columns = ("id", "phone", "city", "company_name", "created_on")
    assert select(book, "clients", *columns) == [
        (1, "+3", None, "New Ltd", None),
        (2, "+2", "Rome", None, date(2020, 1, 1)),
    ]


def test_shared_rows_forget_where_nobody_changed_them():
    """A contact that learned from its twin forgets it, except what was changed since; the twin comes back."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}],
        contacts=[
            {"id": 1, "client_id": 1, **EVE},
            {"id": 2, "client_id": 2, **EVE, "phone": "+2", "tax_id": "T", "wants_invoice": True},
        ],
        tickets=[{"id": 1, "client_id": 2, "contact_id": 2}],
    )
    number = merge(book, (2, 1))
    change(book, "contacts", {"id": 1, "tax_id": "U"})
    change(book, "tickets", {"id": 2, "client_id": 1, "contact_id": 1, "subject": "New"})
    unmerge(book, number)
    columns = ("id", "client_id", "phone", "tax_id", "wants_invoice")
    assert select(book, "contacts", *columns) == [(1, 1, None, "U", False), (2, 2, "+2", "T", True)]
    assert select(book, "tickets", "id", "client_id", "contact_id") == [(1, 2, 2), (2, 1, 1)]


def test_a_billing_contact_that_goes_is_not_the_survivors_any_more():
    """A duplicate's contact that was made the survivor's billing contact goes back and is no longer named."""
    book = tables(clients=[{"id": 1}, {"id": 2}], contacts=[{"id": 2, "client_id": 2}])
    number = merge(book, (2, 1))
    change(book, "clients", {"id": 1, "default_billing_contact_id": 2})
    unmerge(book, number)
    assert select(book, "clients", "id", "default_billing_contact_id") == [(1, None), (2, None)]


@pytest.mark.parametrize(
    ("since", "left"),
    [
        pytest.param([], [], id="unused"),
        pytest.param([("contacts", {"id": 1, "phone": "+9"})], [(1, 1)], id="changed"),
        pytest.param([("tickets", {"id": 1, "client_id": 1, "contact_id": 1, "subject": "x"})], [(1, 1)], id="used"),
        pytest.param(
            [("clients", {"id": 1, "default_billing_contact_id": 1})], [(1, 1)], id="made the billing contact"
        ),
    ],
)
def test_the_contact_that_a_client_was_kept_as(since, left):
    """It goes when its client comes back, unless somebody has worked with it."""
    book = tables(clients=[{"id": 1}, {"id": 2, **EVE}])
    number = merge(book, (2, 1), keep_as_contact=True)
    for name, row in since:
        change(book, name, row)
    unmerge(book, number)
    assert select(book, "contacts", "id", "client_id") == left


# -- part of a merge -------------------------------------------------------------------------------------------------


def three_into_one(**rows):
    clients = [{"id": n, "credit_balance": n, "phone": None if n == 1 else f"+{n}"} for n in range(1, 6)]
    book = tables(clients=clients, tickets=[{"id": n, "client_id": n} for n in range(1, 6)], **rows)
    return book, merge(book, (2, 1), (3, 1), (5, 4))


@pytest.mark.parametrize(
    ("named", "clients"),
    [
        pytest.param(
            2, [(1, "+3", 4), (2, "+2", 2), (4, None, 9)], id="one client: the next one's value fills the gap"
        ),
        pytest.param(3, [(1, "+2", 3), (3, "+3", 3), (4, None, 9)], id="one client that gave nothing"),
        pytest.param(1, [(1, None, 1), (2, "+2", 2), (3, "+3", 3), (4, None, 9)], id="the survivor: its whole group"),
    ],
)
def test_part_of_a_merge(named, clients):
    """One replaced client or one group comes back; the others stay merged as if it had never been there."""
    book, number = three_into_one()
    unmerge(book, number, named)
    found = [(i, p if i != 4 else None, c) for i, p, c in select(book, "clients", "id", "phone", "credit_balance")]
    assert found == [(i, p, money(c)) for i, p, c in clients]
    back = {i for i, _, _ in clients}
    home = {2: 1, 3: 1, 5: 4}
    assert select(book, "tickets", "id", "client_id") == [(n, n if n in back else home[n]) for n in range(1, 6)]


def test_the_rest_comes_back_when_the_whole_is_asked_for():
    """What was taken back before is left alone; the parts add up to the tables as they were."""
    book, _ = three_into_one()
    apply_rule(book, UNDO, [{"operation_id": 1}])
    before = every_row(book)
    number = merge(book, (2, 1), (3, 1), (5, 4), keep_as_contact=True)
    unmerge(book, number, 3)
    unmerge(book, number)
    assert every_row(book) == before


def test_many_parts_of_many_merges_in_one_table():
    """One request table may name clients of several merges, as long as each survivor gives back for one of them."""
    book = tables(clients=[{"id": n} for n in range(1, 7)], tickets=[{"id": n, "client_id": n} for n in range(1, 7)])
    before = every_row(book)
    first, second = merge(book, (2, 1)), merge(book, (4, 3), (6, 5))
    apply_rule(
        book,
        UNMERGE,
        [
            {"operation_id": first},
            {"operation_id": second, "replaced_id": 6},
            {"operation_id": second, "replaced_id": 4},
        ],
    )
    assert every_row(book) == before


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        pytest.param({"contacts": [{"id": n, "client_id": n, **EVE} for n in (2, 3)]}, "a contact", id="contact"),
        pytest.param({"users": [{"id": 1}], "user_clients": [{"id": n, "user_id": 1, "client_id": n} for n in (2, 3)]}, "a user", id="user"),
        pytest.param({"custom_fields": [{"id": 1}], "custom_values": [{"id": n, "field_id": 1, "subject_id": n} for n in (2, 3)]}, "a custom field", id="custom field"),
        pytest.param({"affiliates": [{"id": n, "client_id": n} for n in (2, 3)]}, "an affiliate", id="affiliate"),
    ],
)  # fmt: skip
def test_a_row_that_stands_for_others_cannot_leave_alone(rows, what):
    """Where a duplicate's row stands for that of another one who stays, the whole group is to be taken back."""
    book, number = three_into_one(**rows)
    assert problems(book, {"operation_id": number, "replaced_id": 2}) == [(1, "replaced_id", "shared_with_others")]
    (problem,) = plan_rule(book, UNMERGE, [{"operation_id": number, "replaced_id": 2}]).problem_list()
    assert what in problem.message
    assert problems(book, {"operation_id": number, "replaced_id": 3}) == []
    unmerge(book, number, 1)
    assert [
        c
        for _, c in select(
            book, *[(name, "id", "subject_id" if name == "custom_values" else "client_id") for name in rows][-1]
        )
    ] == [2, 3]


# -- refusals --------------------------------------------------------------------------------------------------------


def test_refused():
    """What cannot be taken back is named by its row, field and code."""
    book, number = three_into_one()
    credit = apply_rule(book, ISSUE, [{"client_id": 1, "amount": 1, "description": "x"}])
    unmerge(book, number, 3)
    assert problems(
        book,
        {"operation_id": 99},
        {"operation_id": credit},
        {"operation_id": number, "replaced_id": 77},
        {"operation_id": number, "replaced_id": 3},
    ) == [
        (1, "operation_id", "unknown_operation"),
        (2, "operation_id", "not_a_merge"),
        (3, "replaced_id", "not_replaced_then"),
        (4, "replaced_id", "already_unmerged"),
    ]
    twice = [{"operation_id": number, "replaced_id": 2}] * 2
    assert problems(book, *twice) == [(1, "replaced_id", "given_twice"), (2, "replaced_id", "given_twice")]
    unmerge(book, number)
    assert problems(book, {"operation_id": number})[0] == (1, "replaced_id", "already_unmerged")


def test_a_merge_that_was_undone_cannot_be_taken_back():
    """Undo took it back already."""
    book = two_clients()
    number = merge(book, (2, 1))
    apply_rule(book, UNDO, [{"operation_id": number}])
    assert problems(book, {"operation_id": number}) == [(1, "replaced_id", "already_unmerged")]


def test_a_survivor_that_was_merged_itself_comes_first():
    """The later merge is named, and after taking that back this one goes; every table is as it was."""
    book = tables(clients=[{"id": n, "credit_balance": n} for n in (1, 2, 3)], tickets=[{"id": 1, "client_id": 3}])
    before = every_row(book)
    first = merge(book, (3, 2))
    second = merge(book, (2, 1))
    (problem,) = plan_rule(book, UNMERGE, [{"operation_id": first}]).problem_list()
    assert problem.code == "survivor_merged"
    assert (
        problem.message
        == f"survivor 2 of client 3 was itself merged into client 1 by operation {second}; take that back first"
    )
    unmerge(book, second)
    unmerge(book, first)
    assert every_row(book) == before


def test_several_merges_into_one_survivor_are_taken_back_one_by_one():
    """In one table they would get in each other's way; one after another, the newest first, restores everything."""
    book = tables(clients=[{"id": 1}, {"id": 2, "phone": "+2"}, {"id": 3, "city": "Rome"}])
    before = every_row(book)
    first, second = merge(book, (2, 1)), merge(book, (3, 1))
    asked = [{"operation_id": first}, {"operation_id": second}]
    assert problems(book, *asked) == [(1, "operation_id", "several_merges"), (2, "operation_id", "several_merges")]
    unmerge(book, second)
    unmerge(book, first)
    assert every_row(book) == before


def test_the_older_of_two_merges_can_go_first():
    """Taking back the older merge leaves what came with the newer one where it is."""
    book = tables(
        clients=[{"id": n, "credit_balance": n} for n in (1, 2, 3)],
        tickets=[{"id": n, "client_id": n} for n in (1, 2, 3)],
    )
    first = merge(book, (2, 1))
    merge(book, (3, 1))
    unmerge(book, first)
    assert select(book, "clients", "id", "credit_balance") == [(1, money(4)), (2, money(2))]
    assert select(book, "tickets", "id", "client_id") == [(1, 1), (2, 2), (3, 1)]


def test_a_survivor_that_was_deleted():
    """What came from the duplicate went with the survivor; undoing the deletion is the way."""
    book = tables(clients=[{"id": 1}, {"id": 2}])
    number = merge(book, (2, 1))
    change(book, "clients", {"id": 1}, delete=True)
    change(book, "merged_clients", {"id": 1}, delete=True)
    assert problems(book, {"operation_id": number}) == [(1, "replaced_id", "survivor_deleted")]


def test_credit_goes_back_in_its_own_currency():
    """If the survivor's currency was changed since, its credit is not the duplicate's."""
    book = two_clients()
    number = merge(book, (2, 1))
    change(book, "clients", {"id": 1, "currency_id": USD})
    assert problems(book, {"operation_id": number}) == [(1, "operation_id", "different_currency")]


def test_summary_says_what_comes_back():
    """The preview counts clients, rows a table and credit a currency."""
    book = two_clients(tickets=[{"id": 1, "client_id": 2}])
    number = merge(book, (2, 1))
    assert plan_rule(book, UNMERGE, [{"operation_id": number}]).summary == (
        ("Clients that come back", "1"), ("Rows repointed in credit_entries", "1"), ("Rows repointed in tickets", "1"),
        ("Rows removed from merged_clients", "1"), ("Credit handed back", "EUR 10.00"),
    )  # fmt: skip
