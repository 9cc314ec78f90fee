"""Fit the bits of the shipped matching model: ``python -m tests.benchmarks.fit_matching_model > clientops/matching/model.json``.

The sample is five made-up books of seed 1; accuracy is judged on books of other seeds, on the demo book and on public
sets, none of which is fitted to (bench_matching.py).
"""

from __future__ import annotations

import sys
from dataclasses import replace

import pyarrow as pa

from clientops.matching.candidates import candidate_pairs
from clientops.matching.fit import tuned
from clientops.matching.model import shipped
from clientops.matching.normalise import normalise
from clientops.matching.scoring import score_pairs
from tests.matching.builders import book_of, client_tables
from tests.matching.made_up_clients import WORLDS, make_clients

SEED = 1
SIZE = 30_000
UNSEEN = {
    "firm": {"near": -0.5},
    "person": {"given name only": 7.0},
    "someone_else": {"a household": -5.0},
}
"""Bits of levels that the made-up books may lack, by those of their neighbours."""

AT_MOST = {
    "person": {"swapped": ("same", 0.0), "misspelt": ("same", 0.4), "swapped and misspelt": ("same", 0.6)},
    "phone": {"misspelt": ("same", 0.1)},
    "address": {"misspelt": ("same", 0.0)},
    "organisation": {"misspelt": ("same", 0.0)},
}
"""Levels that say less than another, and by how many bits at least: in the made-up books only who was entered twice is
entered carelessly, so there nobody's names are swapped or misspelt who merely has a namesake."""

COUNTS = {"person": ("name", 1.0), "firm": ("company", 1.0), "email": ("email", 1.0), "phone": ("phone", 1.0), "address": ("address", 0.25)}  # fmt: skip


def main() -> None:
    """Print the fitted model as JSON."""
    start = replace(shipped(), bits={}, prior=0.0, counts=COUNTS)
    decided = pa.concat_tables([judged_pairs(world) for world in WORLDS])
    fitted = tuned(client_tables().given(decided), start, freedom=2, prior_freedom=100)
    bits = {name: {**UNSEEN.get(name, {}), **levels} for name, levels in fitted.bits.items()}
    for name, levels in AT_MOST.items():
        bits[name] |= {
            level: min(bits[name][level], bits[name][other] - less) for level, (other, less) in levels.items()
        }
    same = decided.column("decision").to_pylist().count("same")
    sys.stdout.write(replace(fitted, bits=bits, expected=same / decided.num_rows).as_json() + "\n")


def judged_pairs(world: str) -> pa.Table:
    """Every candidate pair of a made-up book with its evidence and the truth as ``decision``."""
    clients, truth = make_clients(SIZE, SEED, **WORLDS[world])
    book = book_of(clients)
    keys = book.steps().add("keys_of_world", normalise(book).sql_query())
    pairs = candidate_pairs(book, keys)
    scored = score_pairs(book, keys, pairs, at_least=-1e9)
    book.steps(judged=scored, truth=book.given(truth))
    return book.query("""
        select j.*, case when l.party_id = r.party_id then 'same' else 'different' end as decision
        from judged j join truth l on l.client_id = j.left_id join truth r on r.client_id = j.right_id
        order by left_id, right_id
    """).to_arrow_table()


if __name__ == "__main__":
    main()
