"""Unmerge: replaced clients come back with what came from them, and with their credit."""

from datetime import date

import pytest

from clientops.book.write.undo import UNDO
from clientops.rules.credit.account_credit import RULES as CREDIT_RULES
from tests.builders import money, tables
from tests.rules.applying import apply_rule, change, every_row, plan_rule, select
from tests.rules.merging import EVE, UNMERGE, merge, two_clients, unmerge

ISSUE, REMOVE = CREDIT_RULES[:2]


def problems(book, *requests):
    found = plan_rule(book, UNMERGE, requests).problem_list()
    return [(p.row, p.field, p.code) for p in found]


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


def test_summary_says_what_comes_back():
    """The preview counts clients, rows a table and credit a currency."""
    book = two_clients(tickets=[{"id": 1, "client_id": 2}])
    number = merge(book, (2, 1))
    assert plan_rule(book, UNMERGE, [{"operation_id": number}]).summary == (
        ("Clients that come back", "1"), ("Credit entries repointed", "1"), ("Tickets repointed", "1"),
        ("Old client numbers removed", "1"), ("Credit handed back", "EUR 10.00"),
    )  # fmt: skip
