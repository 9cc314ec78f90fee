"""Run the benchmarks: ``python -m tests.benchmarks [--clients 1000000] [--only book]``."""

from __future__ import annotations

import argparse
import importlib

BENCHMARKS = ("book", "whmcs", "matching", "sets", "reconciliation", "duplicates", "screens")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1_000_000, help="size of the demo book")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="just this one (may be repeated)")
    parser.add_argument("--folder", default=None, help="keep the books here, and use those that are there")
    given = parser.parse_args()
    for name in given.only or BENCHMARKS:
        importlib.import_module(f"tests.benchmarks.bench_{name}").run(clients=given.clients, folder=given.folder)


if __name__ == "__main__":
    main()
