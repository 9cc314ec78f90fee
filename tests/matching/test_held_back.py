"""What a bulk merge leaves for review, however certain it looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from clientops.matching.held_back import CONDITIONS, REASONS
from clientops.matching.ready_groups import bulk_pairs, held_back_counts
from clientops.schema.tables import Tables
from tests.builders import CURRENCIES

CASES = json.loads((Path(__file__).parent / "held_back_cases.json").read_text(encoding="utf-8"))


def certain(*clients: Mapping[str, Any]) -> Tables:
    """A book in which a search found every pair of these clients to be as certain as can be."""
    numbers = range(1, len(clients) + 1)
    pairs = [(left, right) for left in numbers for right in numbers if left < right]
    return Tables.of(
        currencies=CURRENCIES,
        clients=[{"id": number, "currency_id": 1, **client} for number, client in enumerate(clients, start=1)],
        duplicate_pairs=[
            {"id": number, "left_id": left, "right_id": right, "score": 20}
            for number, (left, right) in enumerate(pairs, start=1)
        ],
    )


def reasons(tables: Tables) -> list[str | None]:
    """Why each pair is held back."""
    return [reason for (reason,) in bulk_pairs(tables, above=0.99).project("reason").fetchall()]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["kind"]) for case in CASES])
def test_cases(case: dict[str, Any]) -> None:
    """Two people, or two legal persons, are never merged unseen; one client entered twice is."""
    [reason] = reasons(certain(*case["clients"]))
    assert (reason is None) == case["is_bulk"], reason


ADA = {"first_name": "Ada", "last_name": "Byron", "country": "GB"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maria", "Mario"), ("Jan", "Jana"), ("Julia", "Julian"), ("Simon", "Simone"), ("Rene", "Renee"), ("Jean", "Joan"),
        ("Kim", "Tim"), ("Gabriel", "Gabriele"), ("Ivan", "Ivana"), ("Petr", "Petra"), ("Frances", "Francis"),
        ("Ali", "Alia"), ("Omar", "Amar"), ("Michael", "Michal"), ("Alexander", "Alexandra"), ("Chris", "Christine"),
        ("Sam", "Samantha"), ("Nicole", "Nico"), ("Hans", "Hannes"), ("Andrea", "Andreas"), ("Daniel", "Daniela"),
        ("Stefan", "Stefanie"), ("Patrick", "Patricia"), ("Anna", "Annabelle"), ("J.", "Jane"), ("Pat", "Patrick"),
    ],
)  # fmt: skip
def test_given_names_that_differ(one: str, other: str) -> None:
    """Couples, brothers and sisters with similar given names are left for review, whatever else they share."""
    shared = {"last_name": "Hargreaves", "email": "us@hargreaves.example", "phone": "+44 113 496 0123", "country": "GB"}
    assert None not in reasons(certain({"first_name": one, **shared}, {"first_name": other, **shared}))


def test_what_many_share_is_nobody_s_own() -> None:
    """Namesakes who share no more than an agency's mailbox, or a virtual office, are left for review."""
    shared = {
        "email": "domains@agency.example",
        "address1": "71 Shelton Street",
        "city": "London",
        "postcode": "WC2H 9JQ",
    }
    others = [{"first_name": name, "last_name": "Other", **shared} for name in ("Eve", "Bob", "Carol", "Dan")]
    tables = certain({**ADA, **shared}, {**ADA, **shared}, *others)
    assert reasons(tables)[0] == "shared mailbox"
    assert reasons(certain({**ADA, **shared}, {**ADA, **shared})) == [None]


def test_many_copies_are_merged() -> None:
    """Sixty identical sign-ups are no crowd: they are one client."""
    copy = {**ADA, "email": "ada@byron.example", "phone": "+44 20 7946 0000"}
    assert set(reasons(certain(*[copy] * 60))) == {None}


def test_nobody_glues_two_people_together() -> None:
    """A third who looks like both does not bring two people into one group; the pair that gives way is reported."""
    shared = {"last_name": "Khan", "email": "k@khan.example", "country": "US"}
    tables = certain(
        {"first_name": "Christopher", **shared},
        {"first_name": "Chrsitopher", **shared},
        {"first_name": "Christophe", **shared},
    )
    found = bulk_pairs(tables, above=0.99)
    assert reasons(tables) == [None, "other given name", "other given name"]
    assert sum(held_back_counts(found).values()) == 2


def test_decisions_of_people_count() -> None:
    """What people decided to be the same is merged, whatever it looks like."""
    tables = certain({**ADA, "email": "a@b.example"}, {**ADA, "first_name": "Adam", "email": "a@b.example"})
    assert reasons(tables) == ["other given name"]
    tables._connection.execute(
        "insert into duplicate_decisions (id, left_id, right_id, decision, decided_at) values (1, 1, 2, 'same', now())"
    )
    assert reasons(tables) == [None]


def test_every_reason_has_words() -> None:
    """Each condition has its words, in the same order."""
    assert list(REASONS) == [*CONDITIONS, "two in a group"]
