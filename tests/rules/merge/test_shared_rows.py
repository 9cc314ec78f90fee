"""What duplicates have in common becomes one row."""

import pytest

from clientops.rules.merge.merge import RULES
from clientops.rules.merge.shared_rows import SHARED
from clientops.schema.references import references_to
from tests.builders import TODAY, money, tables
from tests.rules.applying import apply_rule, plan_rule, select
from tests.rules.random_books import flaws

(MERGE,) = RULES
INTO_1 = [{"replaced_id": 2, "survivor_id": 1}, {"replaced_id": 3, "survivor_id": 1}]
EVE = {"first_name": "Eve", "last_name": "Ng", "email": "eve@example.com"}


def merged(requests=INTO_1, /, **rows):
    """A book with three clients, the second and third merged into the first."""
    rows.setdefault("clients", [{"id": 1}, {"id": 2}, {"id": 3}])
    book = tables(**rows)
    apply_rule(book, MERGE, requests)
    assert flaws(book) == []
    return book


# -- contacts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contacts", "left"),
    [
        pytest.param([(1, EVE), (2, EVE), (3, EVE)], [1], id="on all three"),
        pytest.param([(2, EVE), (3, EVE)], [1], id="not on the survivor"),
        pytest.param([(1, EVE), (2, {**EVE, "email": " EVE@Example.com", "first_name": "EVE"})], [1], id="written otherwise"),
        pytest.param([(1, EVE), (2, {**EVE, "first_name": "Adam"})], [1, 2], id="one address, two names"),
        pytest.param([(1, EVE), (2, {**EVE, "email": "eve@example.org"})], [1, 2], id="one name, two addresses"),
        pytest.param([(1, {**EVE, "email": None}), (2, {**EVE, "email": None})], [1, 2], id="without an address nobody is sure"),
        pytest.param([(1, EVE), (1, EVE)], [1, 2], id="two of one client stay two"),
        pytest.param([(1, EVE), (2, EVE), (2, EVE)], [1], id="two of a duplicate go into the survivor's"),
    ],
)  # fmt: skip
def test_the_same_contact_is_there_once(contacts, left):
    """Contacts with one e-mail address and name become one; the survivor's stays, else the first."""
    book = merged(contacts=[{"id": n, "client_id": c, **person} for n, (c, person) in enumerate(contacts, 1)])
    assert select(book, "contacts", "id", "client_id") == [(n, 1) for n in left]


def test_a_contact_that_goes_is_replaced_wherever_it_is_named():
    """Each column of the reference map that points at contacts names the one that stays, the client's default included."""
    rows = {
        "orders": {"client_id": 2}, "invoices": {"client_id": 2, "status": "Draft"}, "tickets": {"client_id": 2},
        "ticket_replies": {"ticket_id": 1}, "communications": {"client_id": 2},
    }  # fmt: skip
    columns = {r.table: r.column for r in references_to("contacts")}
    assert columns.keys() == {"clients", *rows}
    book = merged(
        clients=[{"id": 1}, {"id": 2, "default_billing_contact_id": 8}, {"id": 3}],
        contacts=[{"id": 7, "client_id": 1, **EVE}, {"id": 8, "client_id": 2, **EVE}],
        **{name: [{"id": 1, **row, columns[name]: 8}] for name, row in rows.items()},
    )
    assert {name: select(book, name, column) for name, column in columns.items()} == {name: [(7,)] for name in columns}


def test_a_contact_learns_from_its_twin():
    """The contact that stays gets what only the other had, its whole address too, and the e-mails that either wanted."""
    one = {"phone": "+1", "wants_invoice": True}
    two = {"phone": "+2", "tax_id": "T", "address1": "5 Oak Ave", "city": "Oslo", "wants_support": True}
    book = merged(contacts=[{"id": 1, "client_id": 1, **EVE, **one}, {"id": 2, "client_id": 2, **EVE, **two}])
    columns = ("phone", "tax_id", "address1", "city", "wants_invoice", "wants_support", "wants_domain")
    assert select(book, "contacts", *columns) == [("+1", "T", "5 Oak Ave", "Oslo", True, True, False)]


def test_a_billing_contact_comes_along():
    """The survivor without a billing contact of its own gets that of the first duplicate; one of its own stays."""
    contacts = [{"id": n, "client_id": n, **EVE, "email": f"{n}@example.com"} for n in (1, 2, 3)]
    with_own = [{"id": n, "default_billing_contact_id": n} for n in (1, 2, 3)]
    without = [{"id": 1}, *with_own[1:]]
    for clients, expected in ((with_own, 1), (without, 2)):
        assert select(merged(clients=clients, contacts=contacts), "clients", "default_billing_contact_id") == [
            (expected,)
        ]


@pytest.mark.parametrize(
    ("profile", "there", "kept"),
    [
        pytest.param(EVE, [], [(1, "Eve", TODAY)], id="kept"),
        pytest.param(
            EVE, [{"id": 5, "client_id": 3, **EVE}], [(5, "Eve", None)], id="somebody in the group has that contact"
        ),
        pytest.param({}, [], [], id="the survivor is the same person"),
        pytest.param({**EVE, "email": None}, [], [(1, "Eve", TODAY)], id="without an address"),
    ],
)
def test_the_replaced_profile_is_kept_as_a_contact(profile, there, kept):
    """On request the duplicate's person stays as a contact, unless the group knows that person already."""
    requests = [{**request, "keep_as_contact": request["replaced_id"] == 2} for request in INTO_1]
    book = merged(requests, clients=[{"id": 1}, {"id": 2, "phone": "+2", **profile}, {"id": 3}], contacts=there)
    assert select(book, "contacts", "id", "first_name", "created_on") == kept


def test_two_profiles_of_one_person_are_kept_once():
    """Both duplicates are the same person: one contact, with the survivor's number and no e-mails unless asked for."""
    requests = [{**request, "keep_as_contact": True} for request in INTO_1]
    book = merged(requests, clients=[{"id": 1}, {"id": 2, **EVE, "city": "Rome"}, {"id": 3, **EVE, "city": "Oslo"}])
    columns = ("client_id", "first_name", "last_name", "email", "city", "wants_general", "wants_invoice")
    assert select(book, "contacts", *columns) == [(1, "Eve", "Ng", "eve@example.com", "Rome", False, False)]


# -- users -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        pytest.param([(7, 1, False, "a"), (7, 2, True, "a")], [(7, True, "a")], id="owner of one is owner"),
        pytest.param(
            [(7, 2, False, "b, a"), (7, 3, False, "a,c")], [(7, False, "a,b,c")], id="may what it might anywhere"
        ),
        pytest.param([(7, 1, False, "a"), (7, 2, False, None)], [(7, False, None)], id="might everything somewhere"),
        pytest.param([(7, 1, False, "b, a"), (7, 2, False, "b, a")], [(7, False, "b, a")], id="nothing to add"),
        pytest.param([(7, 1, True, None), (8, 2, True, None)], [(7, True, None), (8, True, None)], id="two users"),
    ],
)
def test_a_user_in_common_serves_the_survivor_once(rows, left):
    """One user has one permission for the survivor, with all that it had before."""
    given = [
        {"id": n, "user_id": u, "client_id": c, "is_owner": o, "permissions": p}
        for n, (u, c, o, p) in enumerate(rows, 1)
    ]
    book = merged(users=[{"id": 7}, {"id": 8, "email": "b@example.com"}], user_clients=given)
    assert select(book, "user_clients", "user_id", "client_id", "is_owner", "permissions") == [
        (u, 1, o, p) for u, o, p in left
    ]


# -- custom fields ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "options", "left"),
    [
        pytest.param({1: "a", 2: "b", 3: "c"}, {}, (1, "a"), id="the survivor's value"),
        pytest.param({1: "", 2: None, 3: "c"}, {}, (1, "c"), id="a gap is filled"),
        pytest.param({2: "b", 3: "c"}, {}, (2, "b"), id="the survivor has none"),
        pytest.param({2: None, 3: "c"}, {}, (2, "c"), id="the first that has something"),
        pytest.param({1: "", 2: "b"}, {"survivorship": "survivor wins"}, (1, ""), id="the survivor wins, empty as it is"),
        pytest.param({2: "b"}, {"survivorship": "survivor wins"}, (2, "b"), id="nothing of it is lost"),
        pytest.param({1: "a", 2: "", 3: "c"}, {"survivorship": "replaced wins"}, (1, "c"), id="the duplicate wins with what it has"),
        pytest.param({1: "a", 2: "b"}, {"survivorship": "survivor wins", "take_from_replaced": "field:4"}, (1, "b"), id="taken by name"),
    ],
)  # fmt: skip
def test_a_custom_field_on_both(values, options, left):
    """One value a field is left, by the same survivorship as the client's own fields."""
    requests = [{**INTO_1[0], **options}, {**INTO_1[1], **{k: v for k, v in options.items() if k == "survivorship"}}]
    given = [{"id": n, "field_id": 4, "subject_id": n, "value": value} for n, value in values.items()]
    book = merged(requests, custom_fields=[{"id": 4}], custom_values=given)
    assert select(book, "custom_values", "id", "subject_id", "value") == [(left[0], 1, left[1])]


# -- affiliates ------------------------------------------------------------------------------------------------------


def test_two_affiliates_become_one():
    """Balances, payouts and visitors add up; referrals and commissions of both are the one's."""
    affiliates = [
        {"id": 5, "client_id": 2, "balance": money("10.10"), "withdrawn": 1, "visitors": 3},
        {"id": 6, "client_id": 3, "balance": money("0.90"), "withdrawn": 2, "visitors": 4, "pay_kind": "fixed"},
    ]
    book = merged(
        affiliates=affiliates,
        services=[{"id": 1, "client_id": 1}, {"id": 2, "client_id": 1}],
        referrals=[{"id": 1, "affiliate_id": 5, "service_id": 1}, {"id": 2, "affiliate_id": 6, "service_id": 2}],
        commissions=[{"id": 1, "affiliate_id": 6, "referral_id": 2, "amount": 3}],
    )
    columns = ("id", "client_id", "pay_kind", "balance", "withdrawn", "visitors")
    assert select(book, "affiliates", *columns) == [(5, 1, "percent", money(11), money(3), 7)]
    assert select(book, "referrals", "id", "affiliate_id") == [(1, 5), (2, 5)]
    assert select(book, "commissions", "id", "affiliate_id", "referral_id") == [(1, 5, 2)]


def test_rows_that_go_are_deleted_and_nothing_else_is():
    """Where nothing is in common no row is deleted but the client's own."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}, {"id": 3}],
        contacts=[{"id": 1, "client_id": 2}],
        affiliates=[{"id": 1, "client_id": 3}],
    )
    planned = plan_rule(book, MERGE, INTO_1)
    assert [change.table for change in planned.changes if change.kind == "delete"] == ["clients"]


def test_every_table_that_has_a_client_once_is_handled():
    """The tables whose rows must stay unique a client are those that the invariants name."""
    from clientops.schema.invariants import INVARIANTS

    unique = {i.table for i in INVARIANTS if i.code.endswith("_twice")}
    about_clients = {r.table for r in references_to("clients")} & unique - {"invoices", "merged_clients"}
    assert {shared.table for shared in SHARED} == {*about_clients, "contacts"}
