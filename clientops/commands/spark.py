"""The search for duplicates on Spark: clients out, scored pairs back in as the staging of the operation."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from clientops.book.book import Book
from clientops.book.write.preview import Preview, Receipt
from clientops.core.errors import RefusedError, UsageError
from clientops.exporting.files import export_relation
from clientops.matching.fingerprints import PRESENT
from clientops.matching.lookup_candidates import CLIENT_COLUMNS
from clientops.matching.model import Model, shipped
from clientops.matching.ready_groups import score_of
from clientops.matching.spark import spark_pairs, start_spark
from clientops.registry import rule
from clientops.schema.definition import column_list, quote_text
from clientops.schema.requests import read_requests


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
        RefusedError: Threshold or model are not what they should be, before Spark is troubled.
        UsageError: Spark is not there, or only new clients were asked for.
    """
    search = rule("find-duplicates")
    asked = read_requests(search.request, request)
    if asked.problems:
        raise RefusedError(asked.problems)
    [typed] = asked.rows.to_pylist()
    if typed["scope"] == "new" or typed["since_operation"] is not None:
        raise UsageError("--engine spark looks at all clients; leave --new and --since away")
    model = Model.of(json.loads(typed["model"])) if typed["model"] else None
    likely, limits = typed["threshold"], model or shipped()
    lowest = min(limits.review, limits.threshold if likely is None else score_of(float(likely)))
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
            found, model = spark_pairs(session, folder / "clients.parquet", model, lowest)
            found.write.parquet(str(folder / "pairs"))
        finally:
            session.stop()
        if model != shipped():
            request = {**request, "model": model.as_json()}
        staging = folder / "staging.duckdb"
        with duckdb.connect(str(staging)) as connection:
            pairs = quote_text(str(folder / "pairs" / "*.parquet"))
            connection.execute(f"create table found_pairs as from read_parquet({pairs}) order by left_id, right_id")
        if dry_run:
            return book.preview(search, request, staging=staging)
        return book.apply_now(search, request, reason=reason, staging=staging)
