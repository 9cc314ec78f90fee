"""Deleting clients with everything that belongs to them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.book.write.undo import UNDO
from clientops.core.errors import UsageError
from clientops.rules.clients import delete
from clientops.rules.clients.delete import RULES, belonging_tables
from clientops.rules.merge.merge import RULES as MERGE_RULES
from clientops.schema.definition import table
from clientops.schema.references import REFERENCES, Reference
from tests.builders import money, tables
from tests.long_forms import examples
from tests.rules.applying import apply_rule, every_row, plan_rule, select
from tests.rules.random_books import CLIENTS, flaws, random_book

(DELETE,) = RULES
(MERGE,) = MERGE_RULES
ADA = "Ada Lovelace"


def asked(*numbers, name=ADA):
    return [{"client_id": number, "confirm_name": name} for number in numbers]


def names_of(book):
    """Every client's name as it is displayed."""
    return dict(book.query(f"select id, {delete.client_name_sql('clients')} from clients").fetchall())


def everything_of(client, first):
    """A row of each table that hangs on a client, all numbered alike."""
    n = {"id": first}
    own = {**n, "client_id": client}
    return {
        "contacts": own, "user_clients": {**own, "user_id": 1}, "orders": {**own, "contact_id": first, "invoice_id": first},
        "services": {**own, "order_id": first}, "service_options": {**n, "service_id": first, "name": "Disk"},
        "addons": {**n, "service_id": first, "order_id": first}, "domains": {**own, "order_id": first},
        "dns_records": {**n, "domain_id": first, "type": "A", "content": "192.0.2.1"},
        "order_items": {**n, "order_id": first, "kind": "product", "service_id": first},
        "invoices": {**own, "subtotal": 10, "total": 10}, "invoice_items": {**n, "invoice_id": first, "amount": 10},
        "transactions": {**own, "amount_in": 4}, "allocations": {**n, "transaction_id": first, "invoice_id": first, "amount": 4},
        "credit_entries": {**own, "amount": 1}, "notes": {**n, "subject_kind": "invoice", "subject_id": first},
        "custom_values": {**n, "field_id": 1, "subject_id": client}, "tickets": {**own, "service_id": first},
        "ticket_replies": {**n, "ticket_id": first}, "communications": own, "affiliates": own,
        "referrals": {**n, "affiliate_id": first, "service_id": first},
        "commissions": {**n, "affiliate_id": first, "invoice_id": first, "amount": 1},
        "service_changes": {**own, "service_id": first}, "quotes": own, "quote_items": {**n, "quote_id": first},
        "merged_clients": {**n, "replaced_id": 80 + first, "survivor_id": client},
        "credit_notes": {**own, "invoice_id": first},
    }  # fmt: skip


def two_full_clients(**others):
    """Clients 1 and 2 with a row of everything, 11 and 12, and further rows, 99."""
    one, two = everything_of(1, 11), everything_of(2, 12)
    rows = {name: [one[name], two[name]] for name in one}
    for name, row in others.items():
        rows[name].append({"id": 99, **row})
    return tables(clients=[{"id": 1}, {"id": 2}], users=[{"id": 1}], custom_fields=[{"id": 1}], **rows)


# -- what goes and what stays ----------------------------------------------------------------------------------------


def test_everything_of_the_client_goes_but_its_transactions_and_users():
    """Every table that hangs on a client, however far, loses its rows of this client and no other."""
    book = two_full_clients()
    assert {*everything_of(1, 1)} == {*belonging_tables("clients"), "transactions"}
    before = every_row(book)
    apply_rule(book, DELETE, asked(1))
    after = every_row(book)
    assert flaws(book) == []
    for name in belonging_tables("clients"):
        assert [row[0] for row in after[name]] == [12], name
    assert select(book, "clients", "id") == [(2,)]
    assert select(book, "transactions", "id", "client_id", "client_name") == [(11, 1, ADA), (12, 2, None)]
    assert (after["users"], after["custom_fields"]) == (before["users"], before["custom_fields"])


def test_the_summary_counts_what_goes_table_by_table():
    """The preview says how many rows of each table go, and how many transactions stay."""
    summary = dict(plan_rule(two_full_clients(), DELETE, asked(1, 2)).summary)
    counted = dict.fromkeys(belonging_tables("clients"), "2")
    assert summary == {"clients": "2", **counted, "transactions that stay": "2"}
    assert next(iter(summary)) == "clients"


def test_a_client_without_anything():
    """Only the client itself goes, and nothing else is looked for."""
    planned = plan_rule(tables(clients=[{"id": 1}]), DELETE, asked(1))
    assert planned.summary == (("clients", "1"), ("transactions that stay", "0"))
    assert [(c.table, c.kind) for c in planned.changes if c.rows.fetchall()] == [("clients", "delete")]


def test_what_others_have_stays_and_forgets_it():
    """Rows of others that name something of the client stay, with that column empty."""
    book = two_full_clients(
        tickets={"client_id": 2, "merged_ticket_id": 11, "subject": "Merged into one of it"},
        ticket_replies={"ticket_id": 12, "client_id": 1, "message": "Its reply to another"},
        invoice_items={"invoice_id": 12, "paid_invoice_id": 11, "service_id": 11},
        credit_entries={"client_id": 2, "invoice_id": 11, "amount": 0},
        commissions={"affiliate_id": 12, "referral_id": 11, "invoice_id": 11, "amount": 1},
        communications={"client_id": 2, "subject_kind": "invoice", "subject_id": 11, "contact_id": 12},
    )
    apply_rule(book, DELETE, asked(1))
    assert book.query("select client_id, merged_ticket_id from tickets where id = 99").fetchall() == [(2, None)]
    assert book.query("select ticket_id, client_id from ticket_replies where id = 99").fetchall() == [(12, None)]
    items = "select invoice_id, paid_invoice_id, service_id from invoice_items where id = 99"
    assert book.query(items).fetchall() == [(12, None, None)]
    assert book.query("select client_id, invoice_id from credit_entries where id = 99").fetchall() == [(2, None)]
    commissions = "select affiliate_id, referral_id, invoice_id from commissions where id = 99"
    assert book.query(commissions).fetchall() == [(12, None, None)]
    mails = "select client_id, contact_id, subject_id from communications where id = 99"
    assert book.query(mails).fetchall() == [(2, 12, None)]


def test_a_mail_about_a_transaction_keeps_naming_it():
    """The transaction stays, so what others say about it stays too, also where they say nothing else."""
    book = two_full_clients(
        communications={"client_id": 2, "subject_kind": "transaction", "subject_id": 11, "contact_id": 11}
    )
    apply_rule(book, DELETE, asked(1))
    mails = "select contact_id, subject_kind, subject_id from communications where id = 99"
    assert book.query(mails).fetchall() == [(None, "transaction", 11)]


def test_a_number_of_no_kind_is_left_alone():
    """A column that the map does not say what it points at stays, also in a row that forgets another."""
    book = two_full_clients(communications={"client_id": 2, "subject_id": 11, "contact_id": 11})
    apply_rule(book, DELETE, asked(1))
    assert book.query("select contact_id, subject_id from communications where id = 99").fetchall() == [(None, 11)]


def test_money_of_others_is_freed():
    """A transaction of another client that paid its invoice stays, unallocated; its own keep what they paid."""
    book = two_full_clients()
    for allocation in ("(21, 12, 11, 0)", "(22, 11, 12, 0)"):
        book._connection.execute(
            f"insert into allocations (id, transaction_id, invoice_id, amount) values {allocation}"
        )
    apply_rule(book, DELETE, asked(1))
    assert select(book, "allocations", "id", "transaction_id", "invoice_id") == [(12, 12, 12), (22, 11, 12)]


def test_old_numbers_go_with_their_survivor():
    """A client with merged-in history is deleted whole, and its old numbers find nothing; undo restores all of it."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}, {"id": 3}],
        tickets=[{"id": 2, "client_id": 2}],
        contacts=[{"id": n, "client_id": n} for n in (1, 2, 3)],
    )
    apply_rule(book, MERGE, [{"replaced_id": 2, "survivor_id": 1}])
    merged = every_row(book)
    planned = plan_rule(book, DELETE, asked(1))
    assert [w[2:] for w in planned.warnings.fetchall()] == [
        ("old_numbers", "old numbers that find client 1 will find nothing: 2")
    ]
    number = apply_rule(book, DELETE, asked(1))
    assert (select(book, "clients", "id"), select(book, "merged_clients", "id"), select(book, "tickets", "id")) == (
        [(3,)],
        [],
        [],
    )
    apply_rule(book, UNDO, [{"operation_id": number}])
    assert every_row(book) == merged


# -- the name --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        pytest.param({}, "Ada Lovelace", id="a person"),
        pytest.param({"first_name": None}, "Lovelace", id="half a name"),
        pytest.param({"company_name": "Acme"}, "Acme, Ada Lovelace", id="a company with a person"),
        pytest.param({"company_name": "Acme", "first_name": None, "last_name": ""}, "Acme", id="a company"),
        pytest.param({"first_name": None, "last_name": None}, "ada@example.com", id="only an address"),
        pytest.param({"first_name": " ", "last_name": None, "email": ""}, "client 1", id="nothing"),
        pytest.param({"first_name": "李", "last_name": "O'Brien 😀 \"x\""}, "李 O'Brien 😀 \"x\"", id="any script"),
        pytest.param({"first_name": "Ada ", "last_name": "  Lovelace"}, " Ada  Lovelace", id="however many spaces"),
        pytest.param({"first_name": "Zoë"}, "Zoe\u0308 Lovelace", id="one letter written two ways"),
    ],
)  # fmt: skip
def test_the_name_is_typed_as_it_is_displayed(profile, name):
    """The name confirms; spaces and ways to write a letter do not matter."""
    book = tables(clients=[{"id": 1, **profile}])
    assert plan_rule(book, DELETE, asked(1, name=name)).problem_list() == []


@pytest.mark.parametrize("name", ["ada lovelace", "Ada", "Lovelace Ada", "yes", "1"])
def test_another_name_is_refused(name):
    """Anything else is refused, saying what to type."""
    (problem,) = plan_rule(tables(clients=[{"id": 1}]), DELETE, asked(1, name=name)).problem_list()
    assert (problem.field, problem.code) == ("confirm_name", "wrong_name")
    assert problem.message == f"confirm_name {name} is not the name of client 1: type Ada Lovelace"


# -- refusals and warnings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        pytest.param([9], [(1, "client_id", "unknown_client")], id="no such client"),
        pytest.param([90], [(1, "client_id", "already_merged")], id="an old number"),
        pytest.param([1, 1], [(1, "client_id", "given_twice"), (2, "client_id", "given_twice")], id="twice"),
        pytest.param([1, 9], [(2, "client_id", "unknown_client")], id="one of two"),
        pytest.param([1, 2], [], id="two"),
    ],
)
def test_refused(numbers, expected):
    """Who cannot be deleted is named by row, field and code."""
    book = tables(clients=[{"id": 1}, {"id": 2}], merged_clients=[{"id": 1, "replaced_id": 90, "survivor_id": 1}])
    assert [(p.row, p.field, p.code) for p in plan_rule(book, DELETE, asked(*numbers)).problem_list()] == expected


def test_credit_applied_to_an_invoice_of_another_stays_applied():
    """After a merge was taken back one client's credit may have paid another's invoice: that client gets the entry."""
    book = tables(
        clients=[{"id": 1}, {"id": 2, "credit_balance": 3}],
        invoices=[
            {
                "id": n,
                "client_id": 2,
                "number": "A-7" if n == 7 else None,
                "subtotal": 9,
                "total": 9,
                "credit_applied": 5,
            }
            for n in (7, 8)
        ],
        invoice_items=[{"id": n, "invoice_id": n, "amount": 9} for n in (7, 8)],
        credit_entries=[
            {"id": 1, "client_id": 1, "invoice_id": 7, "amount": -5},
            {"id": 2, "client_id": 2, "invoice_id": 8, "amount": -5},
            {"id": 3, "client_id": 2, "amount": 8},
            {"id": 4, "client_id": 1, "amount": 5},
        ],
    )
    planned = plan_rule(book, DELETE, asked(1))
    assert [w[3] for w in planned.warnings.fetchall()] == [
        "credit of client 1 stays applied to invoice A-7 of client 2: EUR 5.00"
    ]
    apply_rule(book, DELETE, asked(1))
    assert flaws(book) == []
    assert select(book, "credit_entries", "id", "client_id", "invoice_id", "amount", "description") == [
        (1, 2, 7, money(-5), None),
        (2, 2, 8, money(-5), None),
        (3, 2, None, money(8), None),
        (5, 2, None, money(5), "Applied to invoice A-7 from the credit of client 1, Ada Lovelace, deleted since"),
    ]
    apply_rule(book, DELETE, asked(2))
    assert select(book, "credit_entries", "id") == []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param({"clients": [{"id": 1, "credit_balance": 3}]}, "client 1 has a credit of EUR 3.00, which goes too", id="credit"),
        pytest.param({"services": [{"id": 1, "client_id": 1, "status": "Active"}]}, "client 1 has 1 active services or domains", id="active service"),
        pytest.param({"invoices": [{"id": 1, "client_id": 1}]}, "client 1 has 1 unpaid invoices", id="unpaid invoice"),
        pytest.param({"users": [{"id": 4}], "user_clients": [{"id": 1, "user_id": 4, "client_id": 1}]}, "user 4 (ada@example.com) stays and serves no client any more", id="user without clients"),
        pytest.param({"users": [{"id": 4}], "user_clients": [{"id": n, "user_id": 4, "client_id": n} for n in (1, 2)], "clients": [{"id": 1}, {"id": 2}]}, None, id="user with another client"),
    ],
)  # fmt: skip
def test_warned(rows, expected):
    """What a person may not have thought of is said before."""
    book = tables(**{"clients": [{"id": 1}], **rows})
    warnings = [w[3] for w in plan_rule(book, DELETE, asked(1)).warnings.fetchall()]
    assert warnings == ([expected] if expected else [])


# -- the reference map -----------------------------------------------------------------------------------------------


def test_what_is_emptied_may_be_empty():
    """Each column that the reference map empties can be empty."""
    cleared = [r for r in REFERENCES if r.on_delete == "clear"]
    assert [f"{r.table}.{r.column}" for r in cleared if table(r.table).column(r.column).is_required] == []


def test_tables_come_after_those_they_belong_to():
    """The order of deletion follows the map; a circle in it is found."""
    order = ["clients", *belonging_tables("clients")]
    for reference in REFERENCES:
        if reference.on_delete == "remove" and {reference.table, reference.target} <= set(order):
            assert order.index(reference.table) > order.index(reference.target)


def test_a_circle_in_the_map_is_found(monkeypatch):
    """Tables that belong to each other have no order."""
    circle = (
        Reference("contacts", "client_id", "clients"),
        Reference("contacts", "x", "notes"),
        Reference("notes", "y", "contacts"),
    )
    monkeypatch.setattr(delete, "REFERENCES", circle)
    monkeypatch.setattr(delete, "references_from", lambda name: tuple(r for r in circle if r.table == name))
    with pytest.raises(UsageError, match="contacts, notes belong to each other in a circle"):
        belonging_tables("clients")


# -- laws ------------------------------------------------------------------------------------------------------------


@settings(max_examples=examples(6), deadline=None)
@given(st.integers(0, 10**6), st.lists(st.sampled_from(list(CLIENTS)), min_size=1, max_size=3, unique=True))
def test_deleting_leaves_no_orphan_and_can_be_undone(seed, numbers):
    """Law: nothing points at nothing, other clients keep all they had, one table equals one by one, undo restores all."""
    book, one_by_one = random_book(seed), random_book(seed)
    requests = [{"client_id": n, "confirm_name": names_of(book)[n]} for n in numbers]
    before = every_row(book)
    number = apply_rule(book, DELETE, requests)
    assert flaws(book) == []
    assert {n for (n,) in select(book, "clients", "id")} == set(CLIENTS) - set(numbers)
    assert len(select(book, "transactions", "id")) == len(before["transactions"])
    for request in requests:
        apply_rule(one_by_one, DELETE, [request])
    assert every_row(one_by_one) == every_row(book)
    apply_rule(book, UNDO, [{"operation_id": number}])
    assert every_row(book) == before
