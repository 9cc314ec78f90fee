"""Made-up people who share nothing: a list in which fields agree or differ independently of one another."""

from __future__ import annotations

import pyarrow as pa

from tests.matching.made_up_duplicates import typo
from tests.matching.made_up_world import FIELDS, World

SPOILT = ("first_name", "last_name", "address1", "city", "postcode", "tax_id")


def lone_people(parties: int, seed: int = 1) -> tuple[pa.Table, pa.Table]:
    """People with name, address and number, each entered twice: the second time any field may be misspelt, missing or another's.

    Returns:
        Clients and ``client_id, party_id``, as of :func:`~tests.matching.made_up_clients.make_clients`.
    """
    world = World(seed, parties * 2)
    dice = world.random
    records = []
    for party in range(parties):
        person = world.person("DE") | {"email": None, "phone": None}
        person["tax_id"] = "".join(dice.choices("0123456789", k=10))
        again, other = dict(person), world.person("DE")
        for name in SPOILT:
            chance = dice.random()
            if chance < 0.25:
                again[name] = typo(world, person[name])
            elif chance < 0.4:
                again[name] = other[name] or None
        records += [(person, party), (again, party)]
    dice.shuffle(records)
    ids = pa.array(range(1, len(records) + 1), pa.int64())
    columns = {name: pa.array([record[name] for record, _ in records], pa.string()) for name in FIELDS}
    truth = pa.table({"client_id": ids, "party_id": pa.array([party for _, party in records], pa.int64())})
    return pa.table({"id": ids, **columns}), truth
