"""Rules of DNS records."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.reports.documents.zone_file import find_domain, zone_text
from clientops.rules.domains.dns_records import (
    AddDnsRecord,
    EditDnsRecord,
    ImportZone,
    RemoveDnsRecord,
    add_dns_record,
    edit_dns_record,
    import_zone,
    remove_dns_record,
)
from tests.builders import plan, tables
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import rows, warnings
from tests.rules.sequences import assert_one_by_one_is_same, write

GOOD = {"domain_id": 1, "type": "A", "name": "new", "content": "192.0.2.7"}


def book(*more):
    return tables(
        clients=[{"id": 1}],
        domains=[
            {"id": 1, "client_id": 1, "name": "Ada.example", "has_dns_management": True, "status": "Active"},
            {"id": 2, "client_id": 1, "name": "xn--mller-kva.example", "status": "Active"},
        ],
        dns_records=[
            {"id": 1, "domain_id": 1, "type": "A", "content": "192.0.2.1"},
            {"id": 2, "domain_id": 1, "name": "www", "type": "CNAME", "content": "ada.example."},
            {"id": 3, "domain_id": 1, "name": "mail", "type": "A", "content": "192.0.2.2", "ttl": 60},
            {"id": 4, "domain_id": 1, "type": "TXT", "content": '"v=spf1 -all"'},
            *more,
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "name", "content"),
    [
        pytest.param({}, "new", "192.0.2.7", id="as written"),
        pytest.param({"name": None}, "@", "192.0.2.7", id="the domain itself"),
        pytest.param({"name": "New.ADA.example"}, "new", "192.0.2.7", id="a name that ends in the domain"),
        pytest.param({"name": "new.ada.example."}, "new", "192.0.2.7", id="a complete name"),
        pytest.param({"name": "ada.example."}, "@", "192.0.2.7", id="the domain's own name"),
        pytest.param({"name": "a.b"}, "a.b", "192.0.2.7", id="a host with a dot"),
        pytest.param({"type": "MX", "content": "10 mail"}, "new", "10 mail.ada.example.", id="a target in the domain"),
        pytest.param({"type": "MX", "content": "10 @"}, "new", "10 ada.example.", id="the domain as a target"),
        pytest.param({"type": "CNAME", "content": "x.example.net"}, "new", "x.example.net.", id="a target elsewhere"),
    ],
)
def test_add(asked, name, content):
    """Hosts are kept relative to their domain, targets complete."""
    result = plan(add_dns_record, AddDnsRecord, book(), [{k: v for k, v in {**GOOD, **asked}.items() if v is not None}])
    assert result.problem_list() == []
    [added] = result.rows("dns_records", "insert")
    assert (added["id"], added["name"], added["content"], added["ttl"]) == (5, name, content, 3600)


BAD = [
    ({"domain_id": None}, "domain_id", "missing", "is missing"),
    ({"domain_id": 9}, "domain_id", "unknown_domain", "there is no domain 9"),
    ({"type": None}, "type", "missing", "is missing"),
    ({"type": "PTR"}, "type", "bad_value", "must be one of"),
    ({"content": None}, "content", "missing", "is missing"),
    ({"content": "192.0.2.300"}, "content", "bad_value", "write it like 192.0.2.1"),
    ({"content": "2001:db8::1"}, "content", "bad_value", "of type A"),
    ({"type": "AAAA", "content": "192.0.2.1"}, "content", "bad_value", "write it like 2001:db8::1"),
    ({"type": "MX", "content": "mail"}, "content", "bad_value", "write it like 10 mail.example.net."),
    ({"type": "MX", "content": "-1 mail"}, "content", "bad_value", "of type MX"),
    ({"type": "CNAME", "content": "a b"}, "content", "bad_value", "of type CNAME"),
    ({"type": "CNAME", "content": "a..b"}, "content", "bad_value", "empty part"),
    ({"type": "SRV", "name": "_sip._tcp", "content": "1 2 sip"}, "content", "bad_value", "of type SRV"),
    ({"type": "CAA", "content": "0 no-tag x"}, "content", "bad_value", "of type CAA"),
    ({"type": "TXT", "content": '"open'}, "content", "bad_value", "of type TXT"),
    ({"type": "TXT", "content": '"v=DMARC1"; p=none'}, "content", "bad_value", "put the whole text in quotes"),
    ({"type": "CAA", "content": "0 issue ca.example; account=7"}, "content", "bad_value", "put the whole text in quotes"),
    ({"content": "192.0.2.1; the web"}, "content", "bad_value", "outside of quotes"),
    ({"type": "MX", "content": "10 192.0.2.1"}, "content", "bad_value", "must name a host"),
    ({"type": "NS", "content": "192.0.2.1"}, "content", "bad_value", "write it like ns1.example.net."),
    ({"type": "CNAME", "content": "192.0.2.1."}, "content", "bad_value", "not with the address 192.0.2.1"),
    ({"type": "SRV", "name": "_sip._tcp", "content": "1 2 5060 192.0.2.1"}, "content", "bad_value", "not with the address 192.0.2.1"),
    ({"name": "loop", "type": "CNAME", "content": "loop"}, "name", "cname_of_itself", "name another host"),
    ({"ttl": -1}, "ttl", "bad_value", "must be at least 0"),
    ({"ttl": "1h"}, "ttl", "bad_value", "is not a whole number"),
    ({"ttl": 2147483648}, "ttl", "bad_value", "must be at most 2147483647"),
    ({"name": "a b"}, "name", "bad_value", "contains a blank"),
    ({"name": "x" * 64}, "name", "bad_value", "at most 63 characters"),
    ({"name": "www.other.net."}, "name", "outside_domain", "is not in the domain ada.example"),
    ({"name": "www"}, "name", "cname_beside_others", "beside CNAME ada.example."),
    ({"name": "mail", "content": "192.0.2.2"}, "name", "twice", "has A 192.0.2.2 already"),
    ({"name": "mail", "type": "CNAME", "content": "x"}, "name", "cname_beside_others", "beside A 192.0.2.2"),
    ({"name": "new"}, "name", "twice", "has A 192.0.2.7 already"),
    ({"name": "new", "type": "CNAME", "content": "y"}, "name", "cname_beside_others", "of row 1"),
    ({"domain_id": 2, "name": "@", "type": "CNAME", "content": "y"}, "name", "cname_at_domain", "use A and AAAA"),
    ({"name": "@", "type": "CNAME", "content": "y"}, "name", "cname_at_domain", "use A and AAAA"),
    ({"name": "sip", "type": "SRV", "content": "1 1 1 x"}, "name", "bad_srv_name", "like _sip._tcp"),
    ({"name": ".".join(["x" * 60] * 4), "type": "TXT", "content": "x"}, "name", "name_too_long", "at most 253 characters"),
]  # fmt: skip


def test_what_is_wrong_is_named_all_at_once():
    """Each wrong request of a table is refused for its reason; the good one among them is not."""
    cases = [({"name": f"h{n}", **wrong}, field, code, words) for n, (wrong, field, code, words) in enumerate(BAD)]
    assert_each_is_named(book(), "add-dns-record", GOOD, cases)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"name": "mail"}, [(1, "ttl_differs")], id="times differ"),
        pytest.param({"name": "@", "type": "TXT", "content": "v=spf1 mx ~all"}, [(1, "two_spf")], id="two SPF records"),
        pytest.param(
            {"name": "@", "type": "MX", "content": "10 www"}, [(1, "target_is_cname")], id="a target that is a CNAME"
        ),
        pytest.param(
            {"name": "@", "type": "CAA", "content": "0 isue x"}, [(1, "unknown_caa_tag")], id="a CAA tag nobody reads"
        ),
        pytest.param({"name": "@", "type": "CAA", "content": "0 issue x"}, [], id="a CAA tag"),
        pytest.param({"domain_id": 2}, [(1, "not_managed")], id="a domain whose DNS is elsewhere"),
    ],
)
def test_warnings(asked, codes):
    """What would not work as meant is told."""
    assert warnings(book(), "add-dns-record", {**GOOD, **asked}) == codes


def test_what_a_delegation_hides_is_told():
    """Hosts at and below one that has name servers of its own are answered for by these, not by this zone."""
    asked = [
        {"domain_id": 1, "name": "sub", "type": "NS", "content": "ns1.example.net"},
        {"domain_id": 1, "name": "sub", "type": "NS", "content": "ns2.example.net"},
        {"domain_id": 1, "name": "a.sub", "type": "A", "content": "192.0.2.1"},
        {"domain_id": 1, "name": "sub", "type": "TXT", "content": "x"},
        {"domain_id": 1, "name": "other", "type": "A", "content": "192.0.2.1"},
        {"domain_id": 1, "name": "@", "type": "NS", "content": "ns1.example.net"},
    ]
    assert warnings(book(), "add-dns-record", *asked) == [(3, "hidden_by_delegation"), (4, "hidden_by_delegation")]


def test_edit():
    """What is given changes; data without its type is read as what the record is."""
    asked = [{"dns_record_id": 3, "content": "192.0.2.9"}, {"dns_record_id": 2, "content": "web", "name": "www2"},
             {"dns_record_id": 4, "type": "A", "content": "192.0.2.4", "ttl": 60}]  # fmt: skip
    result = plan(edit_dns_record, EditDnsRecord, book(), asked)
    assert result.problem_list() == []
    assert [tuple(row.values()) for row in result.rows("dns_records", "update")] == [
        (2, "www2", "CNAME", 3600, "web.ada.example."), (3, "mail", "A", 60, "192.0.2.9"), (4, "@", "A", 60, "192.0.2.4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "model", "asked", "codes"),
    [
        pytest.param(edit_dns_record, EditDnsRecord, [{"dns_record_id": 9, "ttl": 1}], [(1, "unknown_dns_record")], id="edit: none"),
        pytest.param(edit_dns_record, EditDnsRecord, [{"dns_record_id": 1}], [(1, "nothing_given")], id="edit: nothing given"),
        pytest.param(edit_dns_record, EditDnsRecord, [{"dns_record_id": 1, "ttl": 1}, {"dns_record_id": 1, "ttl": 2}], [(2, "record_twice")], id="edit: twice"),
        pytest.param(edit_dns_record, EditDnsRecord, [{"dns_record_id": 1, "content": "2001:db8::1"}], [(1, "wrong_for_type")], id="edit: data of another type"),
        pytest.param(edit_dns_record, EditDnsRecord, [{"dns_record_id": 1, "type": "AAAA"}], [(1, "wrong_for_type")], id="edit: type without data"),
        pytest.param(edit_dns_record, EditDnsRecord, [{"dns_record_id": 1, "name": "www"}], [(1, "cname_beside_others")], id="edit: beside a CNAME"),
        pytest.param(edit_dns_record, EditDnsRecord, [{"dns_record_id": 1, "name": "mail", "content": "192.0.2.2"}], [(1, "twice")], id="edit: as another"),
        pytest.param(edit_dns_record, EditDnsRecord, [{"dns_record_id": 1, "name": "x.net."}], [(1, "outside_domain")], id="edit: outside"),
        pytest.param(remove_dns_record, RemoveDnsRecord, [{"dns_record_id": 9}, {"dns_record_id": 1}, {"dns_record_id": 1}], [(1, "unknown_dns_record"), (3, "unknown_dns_record")], id="remove: none, and twice"),
        pytest.param(import_zone, ImportZone, [{"domain_id": 9, "zone": "a A 192.0.2.1"}], [(1, "unknown_domain")], id="zone: no domain"),
        pytest.param(import_zone, ImportZone, [{"domain_id": 1, "zone": "a A 192.0.2.1"}, {"domain_id": 1, "zone": "b A 192.0.2.1"}], [(2, "domain_twice")], id="zone: twice"),
        pytest.param(import_zone, ImportZone, [{"domain_id": 1, "zone": "www A 192.0.2.1\na A 192.0.2.1\na CNAME b"}], [(1, "cname_beside_others")] * 2, id="zone: conflicts with the book, and in itself"),
        pytest.param(import_zone, ImportZone, [{"domain_id": 1, "zone": "$ORIGIN other.net.\na A 192.0.2.1"}], [(1, "outside_domain")], id="zone: of another domain"),
    ],
)  # fmt: skip
def test_refused(rule, model, asked, codes):
    """A request that cannot be done is named by its row and code."""
    assert [(p.row, p.code) for p in plan(rule, model, book(), asked).problem_list()] == codes


def test_edits_may_swap_and_make_room():
    """Records are judged as they stand together after the edits."""
    asked = [{"dns_record_id": 2, "name": "mail"}, {"dns_record_id": 3, "name": "www"}]
    assert plan(edit_dns_record, EditDnsRecord, book(), asked).problem_list() == []


ZONE = "$TTL 60\n@ A 192.0.2.1\n@ MX 10 mail\nmail A 192.0.2.2\nmail A 192.0.2.2\n"


@pytest.mark.parametrize(
    ("replace", "gone"),
    [pytest.param(False, [], id="added to what is there"), pytest.param(True, [2, 4], id="in place of what was there")],
)
def test_import_zone(replace, gone):
    """What is there stays, with its time brought up to date; what is new comes in; the rest goes only if that is asked."""
    result = plan(import_zone, ImportZone, book(), [{"domain_id": 1, "zone": ZONE, "replace": replace}])
    assert result.problem_list() == []
    assert [tuple(row.values()) for row in result.rows("dns_records", "insert")] == [
        (5, 1, "@", "MX", 60, "10 mail.ada.example.")
    ]
    assert result.rows("dns_records", "update") == [{"id": 1, "ttl": 60}, {"id": 3, "ttl": 60}]
    assert [row["id"] for row in result.rows("dns_records", "delete")] == gone


HOSTS = st.sampled_from(["@", "a", "b.c", "*", "_x"])
# A text that begins with a quote is taken as quoted already.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=300
).filter(lambda text: not text.startswith('"'))
RECORDS = st.one_of(
    st.tuples(st.just("A"), HOSTS, st.sampled_from(["192.0.2.1", "192.0.2.2"])),
    st.tuples(st.just("TXT"), HOSTS, TEXTS),
    st.tuples(st.just("MX"), HOSTS, st.sampled_from(["10 mail", "0 .", "5 x.example.net"])),
    st.tuples(st.just("CAA"), HOSTS, st.just("0 issue ca.example")),
)  # fmt: skip


@settings(max_examples=4, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=5, unique_by=lambda r: (r[0], r[1], r[2])))
def test_a_zone_file_that_was_written_is_read_as_the_same_records(records):
    """Law: what a domain's zone file says, another domain of the same content says; a table of n is n tables of one."""

    def empty():
        return tables(clients=[{"id": 1}], domains=[{"id": n, "client_id": 1, "name": "z.example"} for n in (1, 2)])

    asked = [{"domain_id": 1, "type": kind, "name": name, "content": content} for kind, name, content in records]
    here = empty()
    result = plan(add_dns_record, AddDnsRecord, here, asked)
    if result.problem_list():  # texts that are one in their plain form
        return
    write(here, result)
    text = zone_text(here, 1)
    write(here, plan(import_zone, ImportZone, here, [{"domain_id": 2, "zone": text}]))
    same = "select name, type, ttl, content from dns_records where domain_id = {} order by all"
    assert rows(here, same.format(1)) == rows(here, same.format(2))
    assert len(rows(here, same.format(1))) == len(records)
    assert zone_text(here, 2).splitlines()[1:] == text.splitlines()[1:]
    assert_one_by_one_is_same(add_dns_record, AddDnsRecord, empty, asked)


def test_the_zone_file_shows_both_forms_of_the_name():
    """Who reads it sees the name as people write it; a domain is found by either form."""
    here = book({"id": 5, "domain_id": 2, "name": "a", "type": "A", "content": "192.0.2.1"})
    assert zone_text(here, 2).splitlines()[:2] == [
        "; müller.example (xn--mller-kva.example), domain 2",
        "$ORIGIN xn--mller-kva.example.",
    ]
    assert [find_domain(here, text) for text in ("Müller.example", "xn--mller-kva.example", "2", "ADA.example")] == [
        2,
        2,
        2,
        1,
    ]
