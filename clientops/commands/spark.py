"""The search for duplicates on Spark: clients out, scored pairs back in as the staging of the operation."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from math import log2
from pathlib import Path
from typing import Any

import duckdb

from clientops.book.book import Book
from clientops.book.preview import Preview, Receipt
from clientops.errors import UsageError
from clientops.exporting.files import export_relation
from clientops.matching.find import PRESENT
from clientops.matching.model import Model, shipped
from clientops.matching.near import CLIENT_COLUMNS
from clientops.matching.spark import spark_pairs, start_spark
from clientops.operations import rule
from clientops.tables.schema import column_list, quote_text


def on_spark(
    book: Book, request: Mapping[str, Any], *, reason: str, dry_run: bool, report: Callable[[str, float], None]
) -> Preview | Receipt:
    """Compare all clients of a book on Spark, and keep the pairs as a search on this machine does.

    Args:
        book: The book.
        request: Request of ``find-duplicates`` with the engine ``spark``.
        reason: Why.
        dry_run: Only plan what would be kept.
        report: Told what is going on.

    Raises:
        UsageError: Spark is not there, or the threshold is no likelihood.
    """
    model = Model.of(json.loads(request["model"])) if request.get("model") else shipped()
    lowest = min(model.review, _score(request.get("threshold"), model))
    search = rule("find-duplicates")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report("Handing the clients to Spark", 0.1)
        with book.tables() as tables:
            export_relation(
                tables.query(f"select {column_list(('id', *CLIENT_COLUMNS))} from {PRESENT} c"),
                folder / "clients.parquet",
            )
        report("Comparing on Spark", 0.2)
        session = start_spark()
        try:
            spark_pairs(session, folder / "clients.parquet", model, lowest).write.parquet(str(folder / "pairs"))
        finally:
            session.stop()
        staging = folder / "staging.duckdb"
        with duckdb.connect(str(staging)) as connection:
            pairs = quote_text(str(folder / "pairs" / "*.parquet"))
            connection.execute(f"create table found_pairs as from read_parquet({pairs}) order by left_id, right_id")
        if dry_run:
            return book.preview(search, request, staging=staging)
        return book.apply_now(search, request, reason=reason, staging=staging)


def _score(threshold: str | None, model: Model) -> float:
    if not threshold:
        return model.threshold
    try:
        likely = float(threshold)
        return log2(likely / (1 - likely))
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(f"--threshold is a likelihood between 0 and 1, e.g. 0.9; {threshold} is not") from error
