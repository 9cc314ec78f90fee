"""A made-up client base with known truth: duplicates of every kind, and people who only look like one.

Colleagues of one company, members of one household, fathers and sons, namesakes, customers of one agency and companies
in one building are different clients. A duplicate is the same person, or the same company without a person, entered
again with typos, swapped names, another address, another e-mail …
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pyarrow as pa

from tests.matching.made_up_duplicates import duplicate, leave_gaps
from tests.matching.made_up_world import FIELDS, MAILS, ROLES, Record, World

WORLDS: dict[str, dict[str, Any]] = {
    "mixed": {},
    "common surnames": {"rare": 0.03},
    "few names": {"rare": 0.0, "names": 40},
    "gaps": {"gaps": 0.35},
    "gaps and many duplicates": {"rare": 0.03, "gaps": 0.35, "share": 0.2},
}
"""Kinds of books: what :func:`make_clients` is told beside size and seed."""


def make_parties(world: World, count: int) -> list[Record]:
    """At least ``count`` different clients, as clean records."""
    parties: list[Record] = []
    kinds = ((460, _lone), (120, _household), (240, _staff), (140, _firm), (3, _agency), (30, _namesakes))
    weights = list(accumulate(weight for weight, _ in kinds))
    while len(parties) < count:
        _, kind = world.random.choices(kinds, cum_weights=weights)[0]
        parties += kind(world)
    return parties[:count]


def _lone(world: World) -> list[Record]:
    return [world.person(world.place()[1])]


def _household(world: World) -> list[Record]:
    """Two to four people of one surname and address; sometimes father and son, or twins with near names."""
    country = world.place()[1]
    head = world.person(country)
    shared = {key: head[key] for key in ("last_name", "address1", "address2", "city", "postcode")}
    people = [head]
    for _ in range(world.random.choice((1, 1, 2, 3))):
        line = head["phone"] if world.random.random() < 0.5 else None
        mail = head["email"] if world.random.random() < 0.12 else None
        person = world.person(country, **shared, phone=line, email=mail)
        if person["first_name"] not in {other["first_name"] for other in people}:
            people.append(person)
    dice = world.random.random()
    if len(people) == 1:
        return people
    if dice < 0.12:
        people[1]["first_name"] = head["first_name"]
        people[1]["last_name"] += " Jr."
        people[1]["email"] = world.mail(people[1] | {"last_name": head["last_name"]}, world.random.choice(MAILS))
    elif dice < 0.2:
        people[1]["first_name"] = world.near(country, head["first_name"]) or people[1]["first_name"]
    return people


def _staff(world: World) -> list[Record]:
    """People of one company: its name, tax id, address and often its line, each with a name of their own."""
    company = world.company(world.place()[1])
    people = []
    for _ in range(world.random.choice((1, 1, 1, 1, 2, 2, 3, 4, 6))):
        person = world.person(company["country"])
        person |= {key: company[key] for key in FIELDS if company[key] and key != "phone"}
        person["phone"] = company["phone"] if world.random.random() < 0.6 else world.phone(company["country"])
        role = world.random.random() < 0.15
        person["email"] = f"{ROLES[0]}@{company['domain']}" if role else world.mail(person, company["domain"])
        people.append(person)
    return people


def _firm(world: World) -> list[Record]:
    """A company without a person."""
    company = world.company(world.place()[1])
    company["email"] = f"{world.random.choice(ROLES)}@{company.pop('domain')}"
    return [company]


def _agency(world: World) -> list[Record]:
    """Customers that an agency entered with its own e-mail and phone."""
    agency = world.company(world.place()[1])
    mail, people = f"{ROLES[0]}@{agency['domain']}", []
    for _ in range(min(world.random.choice((3, 6, 12, 40)), max(3, world.size // 50))):
        firm = world.company(agency["country"]) if world.random.random() < 0.5 else world.person(agency["country"])
        firm.pop("domain", None)
        people.append(
            firm | {"email": mail, "phone": agency["phone"] if world.random.random() < 0.7 else firm["phone"]}
        )
    return people


def _namesakes(world: World) -> list[Record]:
    """Two people of one name, often in one town."""
    one = world.person(world.place()[1])
    two = world.person(one["country"], first_name=one["first_name"], last_name=one["last_name"])
    if world.random.random() < 0.5:
        two |= {"city": one["city"], "postcode": one["postcode"]}
    return [one, two]


def make_clients(
    size: int, seed: int, *, share: float = 0.08, rare: float = 0.4, gaps: float = 0.0, names: int = 5000
) -> tuple[pa.Table, pa.Table]:
    """Clients and their truth.

    Args:
        size: Number of clients; a few less if the dice made few duplicates.
        seed: Anything; the same seed gives the same clients.
        share: Share of parties that were entered more than once, in groups of two to five.
        rare: Share of people whose surname is rare.
        gaps: Share of e-mails, phones, addresses and postcodes that were never asked for.
        names: Number of given names and of surnames in use in a country, beside the rare ones.

    Returns:
        ``id`` and the twelve columns of ``clients`` that identify a party; and ``client_id, party_id``.
    """
    world = World(seed, size, rare, gaps, names)
    parties = make_parties(world, int(size / (1 + share * 1.6)) + 1)
    records: list[tuple[Record, int]] = []
    for number, party in enumerate(parties):
        copies = world.random.choice((1, 1, 1, 2, 4)) if world.random.random() < share else 0
        records.append((leave_gaps(world, dict(party)), number))
        records += [(leave_gaps(world, duplicate(world, party)), number) for _ in range(copies)]
    world.random.shuffle(records)
    records = records[:size]
    columns = {name: pa.array([record[name] for record, _ in records], pa.string()) for name in FIELDS}
    ids = pa.array(range(1, len(records) + 1), pa.int64())
    truth = pa.table({"client_id": ids, "party_id": pa.array([party for _, party in records], pa.int64())})
    return pa.table({"id": ids, **columns}), truth
