"""The search on Spark: the same pairs and scores. Skipped where pyspark or Java is missing, unless REQUIRE_SPARK is set."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pyarrow.parquet as pq
import pytest

from clientops.matching.lookup_candidates import CLIENT_COLUMNS
from clientops.matching.model import shipped
from clientops.matching.search import find_duplicates
from clientops.matching.spark import spark_pairs, start_spark
from tests.matching.builders import book_of
from tests.matching.made_up_clients import make_clients
from tests.matching.made_up_lone import lone_people

MISSING = next(
    (
        reason
        for reason, is_missing in (
            ("pyspark is not installed: pip install 'clientops[spark]'", importlib.util.find_spec("pyspark") is None),
            ("there is no Java runtime: apt-get install default-jre-headless", shutil.which("java") is None),
        )
        if is_missing
    ),
    "",
)


@pytest.mark.skipif(bool(MISSING) and not os.environ.get("REQUIRE_SPARK"), reason=MISSING)
def test_same_pairs_and_scores(tmp_path):
    """On Spark every pair, level of evidence, count and score is that of the search in the book, with weights of its own too."""
    assert not MISSING, MISSING
    clients, _ = make_clients(400, 11, share=0.3)
    lone, _ = lone_people(320)
    for name, people in (("clients", clients), ("lone", lone)):
        pq.write_table(people.select(["id", *CLIENT_COLUMNS]), tmp_path / f"{name}.parquet")
    settings = {
        "spark.master": "local[1]", "spark.sql.shuffle.partitions": "1", "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.sql.adaptive.enabled": "false",
        "spark.default.parallelism": "1",
    }  # fmt: skip
    session = start_spark(**settings)
    try:
        for name, people in (("clients", clients), ("lone", lone)):
            found, model = spark_pairs(session, tmp_path / f"{name}.parquet", None)
            rows = sorted((row.asDict() for row in found.collect()), key=lambda row: (row["left_id"], row["right_id"]))
            ours = find_duplicates(book_of(people)).pairs.order("left_id, right_id").to_arrow_table()
            assert ours.num_rows > 50
            assert rows == ours.to_pylist()
            assert (model == shipped()) is (name == "clients")
    finally:
        session.stop()
