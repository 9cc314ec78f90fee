"""Survivorship: which value each field of a survivor has after a merge."""

from datetime import UTC, date, datetime

import pytest

from clientops.core.plan import read_problems
from clientops.rules.merge.merge import RULES
from clientops.rules.merge.survivorship import FIELDS
from clientops.schema.definition import table
from tests.builders import tables
from tests.rules.applying import apply_rule
from tests.rules.money_book import planned

(MERGE,) = RULES
NOBODY = {"first_name": None, "last_name": None, "email": None}
OAK = {"address1": "5 Oak Ave", "address2": "Flat 3", "city": "Oslo", "country": "NO"}
LONG = "ä" * 10_000


def merged_groups(groups, **options):
    """The survivors after merging into each of them its duplicates, in their order; only columns that say something."""
    clients, requests, number = [], [], 0
    for survivor, duplicates in groups:
        number += 1
        survivor_id = number
        clients.append({"id": number, **NOBODY, **survivor})
        for duplicate in duplicates:
            number += 1
            clients.append({"id": number, **NOBODY, **duplicate})
            requests.append({"replaced_id": number, "survivor_id": survivor_id, **options})
    book = tables(groups=[{"id": 1}, {"id": 2}], clients=clients)
    apply_rule(book, MERGE, requests)
    return [_spoken(row) for row in book.query("select * from clients order by id").fetchall()]


def merged(survivor, *duplicates, **options):
    """The one survivor of a group."""
    return merged_groups([(survivor, duplicates)], **options)[0]


def _spoken(values):
    usual = {"currency_id": 1, "auto_apply_credit": True, "overdue_notices": True, "late_fees": True}
    usual |= {"auto_status": True, "status": "Active", "credit_balance": 0}
    row = dict(zip(table("clients").column_names, values, strict=True))
    return {n: v for n, v in row.items() if v not in (None, False) and v != usual.get(n) and n != "id"}


FILLED = [
    pytest.param({"phone": "+1"}, {"phone": "+2"}, {"phone": "+1"}, id="what is there stays"),
    pytest.param({}, {"phone": "+2"}, {"phone": "+2"}, id="a gap is filled"),
    pytest.param({"phone": "  "}, {"phone": "+2"}, {"phone": "+2"}, id="spaces are a gap"),
    pytest.param({"group_id": 1}, {"group_id": 2}, {"group_id": 1}, id="group stays"),
    pytest.param({}, {"group_id": 2}, {"group_id": 2}, id="group is filled"),
    pytest.param({"last_name": "Ng"}, {"first_name": "Li", "last_name": "NG"}, {"first_name": "Li", "last_name": "Ng"}, id="first name of the same person"),
    pytest.param({"last_name": "Ng"}, {"first_name": "Al", "last_name": "Oz"}, {"last_name": "Ng"}, id="not the first name of another"),
    pytest.param({}, OAK, OAK, id="a whole address"),
    pytest.param({"address1": "5 oak ave"}, OAK, {**OAK, "address1": "5 oak ave"}, id="the rest of the same address"),
    pytest.param({"address1": "1 Main St"}, OAK, {"address1": "1 Main St"}, id="not half of another address"),
    pytest.param({"city": "Rome"}, OAK, {"city": "Rome"}, id="not the street of another city"),
    pytest.param({}, {"email": "a@example.com", "email_verified": True}, {"email": "a@example.com", "email_verified": True}, id="an address that was confirmed"),
    pytest.param({"email": "b@example.com"}, {"email": "a@example.com", "email_verified": True}, {"email": "b@example.com"}, id="another address was confirmed"),
    pytest.param({"created_on": date(2024, 5, 1)}, {"created_on": date(2021, 2, 3)}, {"created_on": date(2021, 2, 3)}, id="added when the first was"),
    pytest.param({}, {"created_on": date(2021, 2, 3)}, {"created_on": date(2021, 2, 3)}, id="added on the only day known"),
    pytest.param({"last_login_at": datetime(2025, 1, 1, tzinfo=UTC)}, {"last_login_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"last_login_at": datetime(2026, 1, 1, tzinfo=UTC)}, id="logged in when the last did"),
    pytest.param({}, {"email_opt_out": True}, {"email_opt_out": True}, id="a refusal of marketing counts for all"),
    pytest.param({"admin_notes": "Pays late"}, {"admin_notes": "VIP"}, {"admin_notes": "Pays late\n\nVIP"}, id="remarks about both"),
    pytest.param({"admin_notes": "VIP"}, {"admin_notes": "VIP "}, {"admin_notes": "VIP"}, id="the same remark once"),
    pytest.param({}, {"admin_notes": LONG}, {"admin_notes": LONG}, id="ten thousand characters"),
    pytest.param({"status": "Inactive"}, {"status": "Active"}, {}, id="becomes active with an active one"),
    pytest.param({"status": "Inactive", "auto_status": False}, {"status": "Active"}, {"status": "Inactive"}, id="whose status a person sets"),
    pytest.param({"status": "Inactive"}, {"status": "Closed"}, {"status": "Inactive"}, id="a closed one changes nothing"),
    pytest.param({"status": "Closed"}, {"status": "Active"}, {"status": "Closed"}, id="closed stays closed"),
    pytest.param({"is_tax_exempt": True}, {}, {"is_tax_exempt": True}, id="tax exempt as the survivor is"),
    pytest.param({}, {"is_tax_exempt": True}, {}, id="not as the other is"),
    pytest.param({"company_name": "Ça & Søn 'A/S'"}, {"first_name": "李", "last_name": "😀"}, {"company_name": "Ça & Søn 'A/S'", "first_name": "李", "last_name": "😀"}, id="any script"),
]  # fmt: skip


@pytest.fixture(scope="module")
def filled():
    """The survivors of all cases, merged in one operation."""
    return merged_groups([(case.values[0], [case.values[1]]) for case in FILLED])


@pytest.mark.parametrize(
    ("number", "expected"),
    [pytest.param(number, case.values[2], id=case.id) for number, case in enumerate(FILLED)],
)
def test_gaps_are_filled(filled, number, expected):
    """By default the survivor's value wins and its gaps are filled, from one client where fields belong together."""
    assert filled[number] == expected


@pytest.mark.parametrize(
    ("survivorship", "expected"),
    [
        pytest.param("survivor wins", {"phone": "+1"}, id="survivor wins"),
        pytest.param("fill gaps", {"phone": "+1", "tax_id": "T", "admin_notes": "N"}, id="fill gaps"),
        pytest.param("replaced wins", {"phone": "+2", "tax_id": "T", "admin_notes": "N"}, id="replaced wins"),
    ],
)
def test_three_ways(survivorship, expected):
    """Whose value wins is chosen per duplicate; nothing wins with an empty value."""
    replaced = {"phone": "+2", "tax_id": "T", "admin_notes": "N", "company_name": ""}
    assert merged({"phone": "+1"}, replaced, survivorship=survivorship) == expected


def test_an_address_that_wins_wins_whole():
    """Where the duplicate's address is preferred, nothing of the old one is left in it."""
    old = {"address1": "1 Main St", "address2": "Flat 9", "state": "NY"}
    new = {"address1": "5 Oak Ave", "city": "Oslo"}
    assert merged(old, new, survivorship="replaced wins") == new


def test_the_first_duplicate_that_has_a_value_gives_it():
    """Several duplicates are asked in the order of their requests; an address comes from one of them."""
    found = merged({}, {"phone": ""}, {"phone": "+3", "city": "Rome"}, {"phone": "+4", "address1": "1 Main St"})
    assert found == {"phone": "+3", "city": "Rome"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("phone", "+2", id="a value"),
        pytest.param("company_name", None, id="an empty value too"),
        pytest.param("is_tax_exempt", True, id="yes or no"),
        pytest.param("status", "Inactive", id="status"),
        pytest.param("email", "x@example.com", id="e-mail"),
        pytest.param("admin_notes", "B", id="remarks"),
        pytest.param("group_id", 2, id="group"),
    ],
)
def test_a_field_that_is_taken_by_name(field, value):
    """What a person takes from the duplicate is the survivor's, whatever else is said; the rest is as usual."""
    survivor = {"phone": "+1", "company_name": "Acme", "admin_notes": "A", "group_id": 1, "email": "y@example.com"}
    replaced = {
        "phone": "+2",
        "is_tax_exempt": True,
        "status": "Inactive",
        "email": "x@example.com",
        "admin_notes": "B",
        "group_id": 2,
    }
    found = merged(survivor, replaced, survivorship="survivor wins", take_from_replaced=field)
    assert found == {name: v for name, v in {**survivor, field: value}.items() if v is not None}


def test_every_column_of_a_client_is_decided():
    """Each column is decided by survivorship, or is the number, the currency or the credit."""
    assert {*FIELDS, "id", "currency_id", "credit_balance"} == set(table("clients").column_names)
    assert len(FIELDS) == len(set(FIELDS))


def warned(*clients):
    """Codes and sentences of the warnings of merging clients into the first of them, and the survivor's tax number."""
    book = tables(clients=[{"id": n, **client} for n, client in enumerate(clients, 1)])
    plan = planned(book, "merge-clients", [{"survivor_id": 1, "replaced_id": n} for n in range(2, len(clients) + 1)])
    assert plan.problem_list() == []
    [survivor] = [row for row in plan.rows("clients", "update") if row["id"] == 1]
    return {w.code: w.message for w in read_problems(plan.warnings)}, survivor["tax_id"]


@pytest.mark.parametrize(
    ("column", "theirs", "words"),
    [
        ("overdue_notices", False, "overdue notices no (survivor: yes)"), ("late_fees", False, "late fees no (survivor: yes)"),
        ("auto_apply_credit", False, "apply credit no (survivor: yes)"), ("separate_invoices", True, "separate invoices yes (survivor: no)"),
        ("auto_status", False, "suggested status no (survivor: yes)"), ("reverse_charge", False, "reverse charge no (survivor: not set)"),
    ],
)  # fmt: skip
def test_a_setting_that_is_dropped_is_warned_of(column, theirs, words):
    """The survivor's settings stay; those of a duplicate that differ are named."""
    found, _ = warned({}, {column: theirs})
    assert words in found["setting_dropped"]
    assert warned({column: theirs}, {column: theirs})[0] == {}


def test_values_that_are_dropped_are_warned_of():
    """Group, payment method and language of the survivor stay; a gap that is filled drops nothing."""
    own = {"payment_method": "card", "language": "de", "group_id": 1}
    found, _ = warned(own, {"payment_method": "bank", "language": "en", "group_id": 2})
    assert found["setting_dropped"].endswith(
        "group 2 (survivor: 1), payment method bank (survivor: card), language en (survivor: de)"
    )
    assert warned({}, own)[0] == {}


@pytest.mark.parametrize(
    ("own", "theirs", "kept", "is_warned"),
    [
        pytest.param({"country": "FR"}, {"country": "DE", "tax_id": "DE136695976"}, None, True, id="of another country"),
        pytest.param({"country": "DE"}, {"country": "DE", "tax_id": "DE136695976"}, "DE136695976", False, id="of the same country"),
        pytest.param({"country": "de"}, {"country": "DE", "tax_id": "DE136695976"}, "DE136695976", False, id="in lower case"),
        pytest.param({}, {"country": "DE", "tax_id": "DE136695976"}, "DE136695976", False, id="with the address"),
        pytest.param({"country": "FR"}, {"tax_id": "DE136695976"}, None, True, id="by its own beginning"),
        pytest.param({"country": "GR"}, {"tax_id": "EL094259216"}, "EL094259216", False, id="Greek"),
        pytest.param({"country": "US"}, {"tax_id": "12-3456789"}, "12-3456789", False, id="of no known country"),
        pytest.param({"tax_id": "DE129273398"}, {"tax_id": "DE136695976"}, "DE129273398", True, id="another number"),
        pytest.param({"tax_id": "DE 129273398"}, {"tax_id": "DE129273398"}, "DE 129273398", False, id="written otherwise"),
    ],
)  # fmt: skip
def test_a_tax_number_goes_with_its_country(own, theirs, kept, is_warned):
    """A gap is filled with a tax number only where the survivor is in that country; a number that is dropped is named."""
    found, tax_id = warned(own, theirs)
    assert tax_id == kept
    assert ("tax_id_dropped" in found) is is_warned


def test_the_address_and_the_tax_number_of_two_duplicates_are_not_mixed():
    """The address of one duplicate fills the gap, so that the number of another, in another country, does not."""
    found, tax_id = warned({}, {"country": "AT", "city": "Wien"}, {"country": "DE", "tax_id": "DE136695976"})
    assert tax_id is None
    assert "is in AT, client 3 in DE" in found["tax_id_dropped"]
