"""How well duplicates are found in sets with known truth: ``python -m tests.benchmarks --only sets --folder FOLDER``.

The folder, or the one that the environment variable ``CLIENTOPS_SETS`` names, has ``NAME.parquet`` with the columns of
clients that a search reads, and ``NAME.truth.parquet`` with ``client_id, party_id``. No set is trained on. For each, two
lines: precision, recall and F1 of pairs at the default threshold, the best F1 at any, F1 of the pairs that are brought
together in groups, and CPU seconds; and what a bulk merge above .99 would do. After the last, the share of right pairs
by likelihood: a search that says .9 should be right nine times of ten.
"""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from clientops.matching.ready_groups import bulk_pairs
from clientops.matching.search import find_duplicates
from clientops.schema.definition import table
from clientops.schema.tables import Tables
from tests.matching.builders import client_tables

BANDS = (0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Likelihoods between which the share of right pairs is reported."""


def run(*, clients: int, folder: str | None = None) -> None:
    """Print the figures of every set in the folder."""
    place = folder or os.environ.get("CLIENTOPS_SETS")
    if not place:
        print("sets: name their folder with --folder or CLIENTOPS_SETS")
        return
    names = sorted(path.name.removesuffix(".truth.parquet") for path in Path(place).glob("*.truth.parquet"))
    print(f"{'set':24}{'clients':>8}{'true':>7}{'P / R / F1 of pairs':>23}{'best':>6}{'grouped':>9}{'CPU':>6}"
          f"{'bulk':>8}{'wrong':>6}{'right':>8}  weights")  # fmt: skip
    curves = {name: _judge(Path(place), name) for name in names}
    bands = [f"{low:g}-{high:g}" for low, high in itertools.pairwise(BANDS)]
    print(f"\n{'right (pairs)':24}" + "".join(f"{band:>15}" for band in bands))
    for name, curve in curves.items():
        print(f"{name:24}" + "".join(f"{f'{r / n:.3f} ({n})' if n else '-':>15}" for r, n in curve))


def _judge(place: Path, name: str) -> list[tuple[int, int]]:
    """Print the figures of a set; returned are right and all pairs of each band."""
    tables = tables_of(place / f"{name}.parquet")
    truth = pq.read_table(place / f"{name}.truth.parquet")
    started = time.process_time()
    found = find_duplicates(tables)
    spent = time.process_time() - started
    judged = Judged(tables, found, truth)
    precision, recall, f1 = judged.at_default
    bulk, wrong = judged.bulk
    right = f"{1 - wrong / bulk:.2%}" if bulk else "-"
    print(f"{name:24}{judged.clients:8,}{judged.true:7,}   {precision:.3f} / {recall:.3f} / {f1:.3f}"
          f"{judged.best:6.3f}{judged.grouped:9.3f}{spent:6.1f}{bulk:8,}{wrong:6}{right:>8}  {judged.weights}", flush=True)  # fmt: skip
    return judged.curve


class Judged:
    """What a search found, against the truth.

    Attributes:
        clients: Clients of the set.
        true: Pairs of one party.
        at_default: Precision, recall and F1 of the pairs from a score of 0 on.
        best: F1 at the threshold that suits the set best.
        grouped: F1 of the pairs that the groups bring together.
        bulk: Clients that a merge above .99 would bring together, in pairs, and how many of these are two parties.
        curve: By band of likelihood, right pairs and all.
        weights: What the search says about its weights.
    """

    def __init__(self, tables: Tables, found: Any, truth: Any) -> None:
        party = dict(zip(truth.column("client_id").to_pylist(), truth.column("party_id").to_pylist(), strict=True))
        sizes = Counter(party.values())
        self.clients = len(party)
        self.true = sum(n * (n - 1) // 2 for n in sizes.values())
        rows = found.pairs.project("score, left_id, right_id").fetchall()
        scored = sorted(((score, party[left] == party[right]) for score, left, right in rows), reverse=True)
        self.at_default = self._rates(
            sum(s >= 0 for s, _ in scored), sum(right for s, right in scored if s >= 0), self.true
        )
        self.best = 0.0
        right = 0
        for place, (score, is_right) in enumerate(scored, start=1):
            right += is_right
            if place == len(scored) or scored[place][0] < score:
                self.best = max(self.best, self._rates(place, right, self.true)[2])
        groups: dict[int, list[int]] = {}
        for group, client in found.groups.project("group_id, client_id").fetchall():
            groups.setdefault(group, []).append(client)
        together, both = self._brought_together(groups.values(), party)
        self.grouped = self._rates(together, both, self.true)[2]
        self.bulk = self._bulk(tables, found, party)
        likely = [1 / (1 + 2.0 ** -min(60.0, score)) for score, _ in scored]
        self.curve = []
        for low, high in itertools.pairwise(BANDS):
            among = [r for (_, r), chance in zip(scored, likely, strict=True) if low <= chance < high or chance == high == 1]  # fmt: skip
            self.curve.append((sum(among), len(among)))
        self.weights = getattr(found, "used", "")

    @staticmethod
    def _rates(found: int, right: int, true: int) -> tuple[float, float, float]:
        precision, recall = right / max(1, found), right / max(1, true)
        return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)

    @staticmethod
    def _brought_together(groups: Any, party: dict[int, Any]) -> tuple[int, int]:
        together = both = 0
        for members in groups:
            together += len(members) * (len(members) - 1) // 2
            both += sum(n * (n - 1) // 2 for n in Counter(party[client] for client in members).values())
        return together, both

    def _bulk(self, tables: Tables, found: Any, party: dict[int, Any]) -> tuple[int, int]:
        """Clients brought together by a bulk merge: pairs, and wrong ones."""
        kept_pairs = found.pairs.project("row_number() over () as id, left_id, right_id, score").to_arrow_table()
        tables._connection.register("kept_pairs", kept_pairs)
        tables._connection.execute("insert into duplicate_pairs by name from kept_pairs")
        kept = bulk_pairs(tables, above=0.99).filter("is_link and reason is null").project("left_id, right_id")
        root: dict[int, int] = {}

        def top(client: int) -> int:
            while root.setdefault(client, client) != client:
                client = root[client]
            return client

        for left, right in kept.fetchall():
            root[max(top(left), top(right))] = min(top(left), top(right))
        groups: dict[int, list[int]] = {}
        for client in list(root):
            groups.setdefault(top(client), []).append(client)
        together, both = self._brought_together(groups.values(), party)
        return together, together - both


def tables_of(clients: Path) -> Tables:
    """Tables in memory with the clients of a Parquet file, and room for pairs and decisions."""
    connection = duckdb.connect()
    tables = client_tables(connection)
    for name in ("duplicate_pairs", "duplicate_decisions"):
        columns = ", ".join(f"{column.name} {column.type}" for column in table(name).columns)
        connection.execute(f"create table {name} ({columns})")
    names = ", ".join(pq.read_schema(clients).names)
    connection.execute(f"insert into clients ({names}, currency_id) select {names}, 1 from '{clients}' order by id")
    return tables
