"""Warnings about clients who are probably in the book already."""

from __future__ import annotations

import pytest

from clientops.matching.search_rule import RULES as FIND_RULES
from clientops.rules.clients.clients import RULES
from tests.builders import tables
from tests.rules.applying import apply_rule, plan_rule

ADD = next(rule for rule in RULES if rule.name == "add-client")
(FIND,) = FIND_RULES
ADA = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "address1": "7 High Street",
    "postcode": "SW1A 1AA",
    "country": "GB",
}
NEW = {
    "first_name": "Adda",
    "last_name": "Lovelace",
    "email": "lovelace@posteo.de",
    "address1": "7 High St.",
    "postcode": "SW1A 1AA",
    "country": "GB",
}


def warned(book, *requests):
    plan = plan_rule(book, ADD, requests)
    assert plan.problem_list() == []
    return [(row, field, message) for row, field, _, message in plan.warnings.order('"row", field, message').fetchall()]


@pytest.mark.parametrize("is_searched", [False, True], ids=["never searched", "searched"])
def test_evidence_is_told(is_searched):
    """Somebody with another e-mail, but nearly the same name and address, is told with how likely and why; a stranger is not."""
    book = tables(
        clients=[{"id": 3, **ADA}, {"id": 4, "first_name": "Kurt", "last_name": "Gödel", "email": "kurt@example.com"}]
    )
    if is_searched:
        apply_rule(book, FIND, [{}])
    [(row, field, message)] = warned(
        book, NEW, {"first_name": "Emmy", "last_name": "Noether", "email": "emmy@example.com"}
    )
    assert (row, field) == (1, "")
    assert message.startswith("client 3 (Ada Lovelace) is probably the same, ")
    assert message.endswith("%: name differs by a letter or two, same address; but other e-mail")


@pytest.mark.parametrize("is_searched", [False, True], ids=["never searched", "searched"])
def test_an_equal_field_is_told_once(is_searched):
    """A client with the same e-mail is told by that field, not by the evidence again; also one whose name is another."""
    book = tables(
        clients=[{"id": 3, **ADA}, {"id": 4, "first_name": "Kurt", "last_name": "Gödel", "email": "ADA@example.com"}]
    )
    if is_searched:
        apply_rule(book, FIND, [{}])
    [(row, field, message)] = warned(book, {**NEW, "email": "ada@example.com"})
    assert (row, field) == (1, "email")
    assert (
        message == "email ada@example.com is also that of client 3, client 4; use the existing client if it is the same"
    )


def test_many_at_once():
    """Of many clients of a file those are told that are likely in the book; without a search before, equal fields only."""
    crowd = [{"first_name": f"Name{n}", "last_name": f"Family{n}", "email": f"p{n}@example.com"} for n in range(30)]
    book = tables(clients=[{"id": 3, **ADA}])
    assert warned(book, *crowd, NEW, {**crowd[0], "email": "ada@example.com"}) == [
        (32, "email", "email ada@example.com is also that of client 3; use the existing client if it is the same")
    ]
    apply_rule(book, FIND, [{}])
    assert [(row, field) for row, field, _ in warned(book, *crowd, NEW)] == [(31, "")]
