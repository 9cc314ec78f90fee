"""Rules of domain names: add, edit, renew."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.readable import both_forms, unicode_name
from clientops.registry import rule
from clientops.rules.domains.add import AddDomain, RenewDomain, add_domain, renew_domain
from clientops.rules.domains.edit import EditDomain, edit_domain
from clientops.rules.domains.names import parse_domain_name
from tests.builders import JPY, TODAY, plan, tables
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import apply, rows, warnings
from tests.rules.refusals import problems_of
from tests.rules.sequences import assert_one_by_one_is_same

GOOD = {"client_id": 1, "name": "new.example", "recurring_amount": 12}
LEAP = date(2024, 2, 29)


def book():
    return tables(
        clients=[{"id": 1}, {"id": 2, "currency_id": JPY, "status": "Closed"}],
        domains=[
            {"id": 1, "client_id": 1, "name": "Ada.example", "status": "Active", "registered_on": LEAP, "expires_on": date(2027, 2, 28),
             "nameserver1": "ns1.example.net", "nameserver2": "ns2.example.net"},
            {"id": 2, "client_id": 2, "name": "old.example", "status": "Expired", "registered_on": date(2020, 1, 1),
             "expires_on": date(2026, 1, 1)},
            {"id": 3, "client_id": 2, "name": "cut.example", "status": "Cancelled"},
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept", "shown"),
    [
        pytest.param("Example.COM.", "example.com", "example.com", id="lower case, no final dot"),
        pytest.param("Müller.de", "xn--mller-kva.de", "müller.de (xn--mller-kva.de)", id="umlaut"),
        pytest.param("xn--mller-kva.de", "xn--mller-kva.de", "müller.de (xn--mller-kva.de)", id="ASCII form"),
        pytest.param("faß.de", "xn--fa-hia.de", "faß.de (xn--fa-hia.de)", id="ß of its own, as IDNA 2008 has it"),
        pytest.param("例え。テスト", "xn--r8jz45g.xn--zckzah", "例え.テスト (xn--r8jz45g.xn--zckzah)", id="Japanese dot"),
        pytest.param("mu\u0308ller.de", "xn--mller-kva.de", "müller.de (xn--mller-kva.de)", id="composed"),
    ],
)  # fmt: skip
def test_names_have_one_form(text, kept, shown):
    """However a name is written, it is kept in one form, and shown in both; that form is read as itself."""
    assert parse_domain_name(text) == kept
    assert parse_domain_name(kept) == parse_domain_name(unicode_name(kept)) == kept
    assert both_forms(kept) == shown


@pytest.mark.parametrize(
    ("asked", "expires", "due"),
    [
        pytest.param({}, date(2027, 11, 20), TODAY, id="a year from today, due today"),
        pytest.param({"registration_period": 10}, date(2036, 11, 20), TODAY, id="ten years"),
        pytest.param({"registered_on": "2024-02-29", "registration_period": 3}, date(2027, 2, 28), date(2027, 2, 28), id="29 February"),
        pytest.param({"registered_on": "2024-02-29", "registration_period": 4}, date(2028, 2, 29), date(2028, 2, 29), id="29 February, leap year"),
        pytest.param({"registered_on": "2026-02-28"}, date(2027, 2, 28), date(2027, 2, 28), id="28 February"),
        pytest.param({"registered_on": "2015-03-01", "expires_on": "2027-03-01"}, date(2027, 3, 1), date(2027, 3, 1), id="renewed before"),
        pytest.param({"registered_on": "2027-01-01"}, date(2028, 1, 1), date(2027, 1, 1), id="begins later"),
        pytest.param({"registered_on": "2026-05-01", "next_due_on": "2027-04-01"}, date(2027, 5, 1), date(2027, 4, 1), id="due as given"),
        pytest.param({"registered_on": "2020-05-01", "status": "Expired"}, date(2021, 5, 1), None, id="expired, never due"),
    ],
)  # fmt: skip
def test_the_expiry_follows(asked, expires, due):
    """Expiry is registration plus years, by the calendar; what is new is due today, what runs when it expires."""
    [added] = plan(add_domain, AddDomain, book(), [{**GOOD, **asked}]).rows("domains", "insert")
    assert (added["expires_on"], added["next_due_on"]) == (expires, due)


def test_generation_bills_registration_and_renewal():
    """What is new is invoiced for its first payment at once, and for its renewal when it expires."""
    here = book()
    apply(here, "add-domain", {**GOOD, "first_amount": 5})
    apply(here, "generate-invoices", {"until_on": "2026-11-20", "client_id": 1})
    apply(here, "generate-invoices", {"until_on": "2027-11-20", "client_id": 1})
    assert rows(here, "select description, amount from invoice_items order by id") == [
        ("Domain registration - new.example - 1 year (2026-11-20 - 2027-11-19)", Decimal(5)),
        ("Domain renewal - new.example - 1 year (2027-11-20 - 2028-11-19)", Decimal(12)),
    ]


BAD = [
    ({"client_id": None}, "client_id", "missing", "is missing"),
    ({"client_id": 9}, "client_id", "unknown_client", "there is no client 9"),
    ({"name": None}, "name", "missing", "is missing"),
    ({"name": "example"}, "name", "bad_value", "has no ending"),
    ({"name": "a b.example"}, "name", "bad_value", "contains a blank"),
    ({"name": "https://a.example/"}, "name", "bad_value", "address of a page"),
    ({"name": "ada@b.example"}, "name", "bad_value", "e-mail address"),
    ({"name": "192.0.2.1"}, "name", "bad_value", "IP address"),
    ({"name": "a..example"}, "name", "bad_value", "empty part"),
    ({"name": "-a.example"}, "name", "bad_value", "hyphens between them"),
    ({"name": "a_b.example"}, "name", "bad_value", "underscore"),
    ({"name": "💩.example"}, "name", "bad_value", "not allowed"),
    ({"name": "x" * 64 + ".example"}, "name", "bad_value", "at most 63 characters"),
    ({"name": "ab--c.example"}, "name", "bad_value", "reserved"),
    ({"name": "a.123"}, "name", "bad_value", "no top-level domain"),
    ({"name": "ADA.example"}, "name", "name_taken", "domain 1 of client 1 already"),
    ({"name": "NEW.example"}, "name", "name_taken", "row 1 already"),
    ({"kind": "Steal"}, "kind", "bad_value", "must be one of"),
    ({"registration_period": 0}, "registration_period", "bad_value", "must be at least 1"),
    ({"registration_period": 11}, "registration_period", "bad_value", "must be at most 10"),
    ({"recurring_amount": None}, "recurring_amount", "missing", "is missing"),
    ({"recurring_amount": "1.005"}, "recurring_amount", "not_minor_unit", "finer than EUR"),
    ({"client_id": 2, "first_amount": "0.5"}, "first_amount", "not_minor_unit", "finer than JPY"),
    ({"recurring_amount": -1}, "recurring_amount", "bad_value", "must be at least 0"),
    ({"registered_on": "2023-02-29"}, "registered_on", "bad_value", "is not a date"),
    ({"registered_on": "2020-01-01"}, "expires_on", "has_expired", "would have expired on 2021-01-01"),
    ({"expires_on": "2026-11-20"}, "expires_on", "expires_before_start", "is not after the registration"),
    ({"registered_on": "1980-01-01", "expires_on": "2027-01-01"}, "registered_on", "implausible_date", "from 1985-01-01"),
    ({"registered_on": "2031-01-01", "status": "Active"}, "registered_on", "not_registered_yet", "up to 2026-11-21, or the status Pending Registration"),
    ({"registered_on": "2026-11-22", "status": "Grace"}, "registered_on", "not_registered_yet", "that of a registered domain"),
    ({"next_due_on": "2026-11-19"}, "next_due_on", "due_before_start", "before the registration"),
    ({"nameserver2": "ns1.example.net"}, "nameserver1", "nameserver_gap", "leave no gap"),
    ({"nameserver1": "a.b.net", "nameserver2": "A.b.net."}, "nameserver2", "nameserver_twice", "is nameserver1 already"),
    ({"nameserver1": "ns1"}, "nameserver1", "bad_value", "has no ending"),
    ({"status": "Sold"}, "status", "bad_value", "must be one of"),
]  # fmt: skip


def test_what_is_wrong_is_named_all_at_once():
    """Each wrong request of a table is refused for its reason; the good one among them is not."""
    cases = [
        ({"name": f"case{place}.example", **wrong}, field, code, words)
        for place, (wrong, field, code, words) in enumerate(BAD)
    ]
    assert_each_is_named(book(), "add-domain", GOOD, cases)


def test_problems_name_domains_as_people_write_them():
    """A name of IDNA that is taken stands in both forms, with the name that was typed first."""
    of = tables(
        clients=[{"id": 1}],
        domains=[{"id": 1, "client_id": 1, "name": parse_domain_name("grün.example"), "status": "Active"}],
    )
    (problem,) = problems_of(of, rule("add-domain"), [{"client_id": 1, "name": "Grün.example", "recurring_amount": 1}])
    assert problem.message.startswith(f"name grün.example ({parse_domain_name('grün.example')}) is that of domain 1")


def test_a_domain_to_be_registered_later_is_pending():
    """What is registered in years is Pending Registration until then; an edit may not make it Active before."""
    of = book()
    assert (
        plan(
            add_domain, AddDomain, of, [{**GOOD, "registered_on": "2031-01-01", "status": "Pending Registration"}]
        ).problem_list()
        == []
    )
    found = problems_of(
        of,
        rule("edit-domain"),
        [{"domain_id": 1, "registered_on": "2031-01-01", "expires_on": "2032-01-01", "status": "Active"}],
    )
    assert [(p.field, p.code) for p in found] == [("registered_on", "not_registered_yet")]


def test_warnings():
    """A closed client, and a single name server, are told."""
    assert warnings(book(), "add-domain", {**GOOD, "client_id": 2}) == [(1, "closed_client")]
    assert warnings(book(), "add-domain", {**GOOD, "nameserver1": "ns1.example.net"}) == [(1, "one_nameserver")]
    assert warnings(book(), "add-domain", {**GOOD, "name": "cut.example"}) == []


def test_edit_changes_what_is_given():
    """What is gone is not renewed, unless it is said so; the rest stays."""
    asked = [
        {"domain_id": 1, "status": "Transferred Away", "clear": "nameserver1 nameserver2"},
        {"domain_id": 2, "status": "Cancelled", "auto_renew": True},
    ]
    changed = plan(edit_domain, EditDomain, book(), asked).rows("domains", "update")
    assert [(row["status"], row["auto_renew"], row["nameserver1"], row["name"]) for row in changed] == [
        ("Transferred Away", False, None, "Ada.example"), ("Cancelled", True, None, "old.example"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        pytest.param({"domain_id": 9, "notes": "x"}, "domain_id", "unknown_domain", id="no domain"),
        pytest.param({"domain_id": 1}, "", "nothing_given", id="nothing given"),
        pytest.param({"domain_id": 1, "clear": "name"}, "clear", "not_clearable", id="a name stays"),
        pytest.param({"domain_id": 2, "name": "ada.example", "status": "Active"}, "name", "name_taken", id="a name of another"),
        pytest.param({"domain_id": 2, "recurring_amount": "0.5"}, "recurring_amount", "not_minor_unit", id="too fine"),
        pytest.param({"domain_id": 1, "expires_on": "2024-02-29"}, "expires_on", "expires_before_start", id="expires as it begins"),
        pytest.param({"domain_id": 1, "next_due_on": "2024-01-01"}, "next_due_on", "due_before_start", id="due before it begins"),
        pytest.param({"domain_id": 1, "nameserver4": "ns4.example.net"}, "nameserver3", "nameserver_gap", id="a gap"),
        pytest.param({"domain_id": 1, "nameserver2": "ns1.example.net"}, "nameserver2", "nameserver_twice", id="a name server twice"),
        pytest.param({"domain_id": 1, "expires_on": "2099-01-01"}, "expires_on", "implausible_date", id="a date that cannot be"),
    ],
)  # fmt: skip
def test_edits_that_are_refused(asked, field, code):
    """A request that cannot be done is named by its row, field and code."""
    found = plan(edit_domain, EditDomain, book(), [asked]).problem_list()
    assert [(p.row, p.field, p.code) for p in found] == [(1, field, code)]


def test_renew():
    """Years count from the expiry, the 29th comes back in a leap year, and what had lapsed is Active."""
    asked = [{"domain_id": 1}, {"domain_id": 2, "years": 2}]
    assert plan(renew_domain, RenewDomain, book(), asked).rows("domains", "update") == [
        {"id": 1, "expires_on": LEAP.replace(year=2028), "status": "Active"},
        {"id": 2, "expires_on": date(2028, 1, 1), "status": "Active"},
    ]


def test_what_cannot_be_renewed():
    """Unknown, cancelled, and too far ahead, are named together."""
    asked = [{"domain_id": 9}, {"domain_id": 3}, {"domain_id": 1, "years": 10}]
    found = plan(renew_domain, RenewDomain, book(), asked).problem_list()
    assert [(p.row, p.code) for p in found] == [
        (1, "unknown_domain"),
        (2, "no_expiry"),
        (2, "not_renewable"),
        (3, "too_far_ahead"),
    ]


@settings(max_examples=2, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"domain_id": st.sampled_from([1, 2]), "years": st.integers(1, 2)}), min_size=1, max_size=4),
    st.lists(
        st.fixed_dictionaries({"domain_id": st.sampled_from([1, 2]), "status": st.sampled_from(["Grace", "Cancelled", "Active"]),
                               "name": st.sampled_from(["p.example", "q.example"])}),
        min_size=1, max_size=1,
    ),
)  # fmt: skip
def test_many_are_one_by_one(renewed, edited):
    """Law: a table of n requests leaves what n tables of one leave."""
    assert_one_by_one_is_same(renew_domain, RenewDomain, book, renewed)
    assert_one_by_one_is_same(edit_domain, EditDomain, book, [*edited, {"domain_id": 1, "notes": "x"}])
    added = [{**GOOD, "name": f"{n}.example", "registration_period": row["years"]} for n, row in enumerate(renewed)]
    assert_one_by_one_is_same(add_domain, AddDomain, book, added)
