"""The same search on Spark, for books that one machine cannot hold: the same keys, pairs and scores.

Spark joins and counts; what is said about a client or a pair is worked out by the very SQL that the book runs, in an
engine of its own on each worker (``mapInArrow``), so that both say the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.matching.candidates import BLOCKS, members_sql
from clientops.matching.comparisons import COUNTED
from clientops.matching.fit_on_book import Chance, chance_sql, own_weights, sample_sql
from clientops.matching.lookup_candidates import CLIENT_COLUMNS
from clientops.matching.model import FIELDS_OF_BLOCKS, Model, shipped
from clientops.matching.normalise import KEY_COLUMNS, dialling_rows_sql, keys_sql
from clientops.matching.scoring import SIDE_COLUMNS, evidence_of_sides_sql, scored_sql
from clientops.schema.tables import Tables


def start_spark(**settings: str) -> Any:
    """A Spark session: the one there is, else one on this machine.

    Raises:
        UsageError: pyspark or Java is missing.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError("Spark is not installed here: pip install 'clientops[spark]', and a Java runtime") from error
    builder = SparkSession.builder.appName("clientops").config("spark.ui.showConsoleProgress", "false")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers of this machine run the same Python
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise UsageError("Spark did not start; it needs a Java runtime, e.g. Debian's default-jre-headless") from error


def spark_pairs(
    session: Any, clients: Path | str, model: Model | None, at_least: float | None = None
) -> tuple[Any, Model]:
    """Scored pairs of the clients in a Parquet file or folder, and the model that scored them.

    Args:
        session: Spark session, see :func:`start_spark`.
        clients: Parquet with ``id`` and the columns of ``clients`` that are compared.
        model: Weights and limits; by default the shipped ones or, where the clients show them, their own, see
            :func:`~clientops.matching.fit_on_book.own_weights`.
        at_least: Leave out pairs with a lower score; by default the model's limit for review.

    Returns:
        Spark data frame with the columns of :func:`~clientops.matching.scoring.score_pairs`, not worked out yet.
    """
    is_given = model is not None
    keys = _keys(session, clients)
    model = model or _for_fields(keys)
    pairs = _pairs(session, keys, model)
    counted = _counted(keys)
    sides = _sides(pairs, counted)
    if not is_given:
        sides = sides.persist()
        model = _own_weights(sides, pairs, counted, keys.count(), model) or model
    lowest = model.review if at_least is None else at_least
    scored = f"{scored_sql(model, evidence_of_sides_sql('from batch'))} where score >= {float(lowest)!r}"
    return _answered(sides, scored), model


def _for_fields(keys: Any) -> Model:
    """The shipped model with the blocks that fit what the clients have."""
    from pyspark.sql import functions as f

    [counts] = keys.agg(f.count("*").alias("all"), *(f.count(name).alias(name) for name in FIELDS_OF_BLOCKS)).collect()
    return shipped().for_fields({name: counts[name] / max(1, counts["all"]) for name in FIELDS_OF_BLOCKS})


def _own_weights(sides: Any, pairs: Any, counted: Any, clients: int, model: Model) -> Model | None:
    """The weights that the clients' own pairs show, if any."""
    from pyspark.sql import functions as f

    sample, parts = sample_sql("batch", sides.count(), "id_l", "id_r")
    drawn = counted.mapInArrow(
        _worker(f"from batch where id in ({chance_sql('batch', clients)})"), counted.schema
    ).persist()
    left, right = (drawn.select(f.col("id").alias(name)) for name in ("left_id", "right_id"))
    chosen = left.crossJoin(right).where("left_id < right_id").join(pairs, ["left_id", "right_id"], "left_anti")
    told, by_chance = (
        _answered(those, f"select * from ({evidence_of_sides_sql(f'from {source}')})").toArrow()
        for those, source in ((sides, sample), (_sides(chosen, drawn), "batch"))
    )
    with duckdb.connect() as connection:
        tables = Tables(connection)
        chance = Chance(tables.given(by_chance), drawn.count(), clients, parts)
        return own_weights(tables, tables.given(told), chance, model)


def _keys(session: Any, clients: Path | str) -> Any:
    """Keys of the clients."""
    from pyspark.sql import functions as f

    frame = session.read.parquet(str(clients)).select("id", *CLIENT_COLUMNS)
    countries = [row[0] for row in frame.select(f.upper(f.trim("country"))).distinct().collect() if row[0]]
    keys = frame.mapInArrow(_worker(keys_sql("batch", dialling_rows_sql(countries))), _schema(_keys_schema(countries)))
    return keys.persist()


def _pairs(session: Any, keys: Any, model: Model) -> Any:
    """The candidate pairs: ``left_id, right_id``."""
    from pyspark.sql import functions as f

    members = keys.mapInArrow(_worker(f"select id, (block % {BLOCKS})::int as rule, to_hex(block) as block from ({members_sql(model, 'batch')})"), "id bigint, rule int, block string")  # fmt: skip
    limits = session.createDataFrame([(n, most) for n, (_, most) in enumerate(model.blocks)], "rule int, most int")
    sized = members.groupBy("block", "rule").count()
    kept = sized.join(f.broadcast(limits), "rule").where("count >= 2 and count <= most").select("block")
    members = members.join(kept, "block")
    left, right = members.alias("l"), members.alias("r")
    return (
        left.join(right, (f.col("l.block") == f.col("r.block")) & (f.col("l.id") < f.col("r.id")))
        .select(f.col("l.id").alias("left_id"), f.col("r.id").alias("right_id"))
        .distinct()
    )


def _counted(keys: Any) -> Any:
    """Keys with how many clients share each."""
    from pyspark.sql import functions as f

    counted = keys
    for key in COUNTED:
        many = keys.where(f"{key} is not null").groupBy(key).agg(f.count("*").alias(f"n_{key}"))
        counted = counted.join(many, key, "left").fillna(1, [f"n_{key}"])
    return counted


def _sides(pairs: Any, counted: Any) -> Any:
    """Pairs with what is known of both clients."""
    from pyspark.sql import functions as f

    sides = pairs
    for side, number in (("l", "left_id"), ("r", "right_id")):
        beside = counted.select(*(f.col(name).alias(f"{name}_{side}") for name in SIDE_COLUMNS))
        sides = sides.join(beside, f.col(number) == f.col(f"id_{side}"))
    return sides.drop("left_id", "right_id")


def _answered(rows: Any, sql: str) -> Any:
    """What a SELECT over ``batch`` says of the rows of a data frame."""
    return rows.mapInArrow(_worker(sql), _schema(_answer_schema(sql, rows.schema)))


def _worker(sql: str) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function that answers each batch of rows, seen as ``batch``, with a SELECT; sent to the workers by value."""

    def answer(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import duckdb as engine
        import pyarrow as arrow  # noqa: ICN001, the worker has no other

        with engine.connect(config={"threads": 1}) as connection:
            for rows in batches:
                connection.register("batch", arrow.Table.from_batches([rows]))
                yield from connection.sql(sql).to_arrow_table().to_batches()

    return answer


def _keys_schema(countries: list[str]) -> pa.Schema:
    empty = pa.table({"id": pa.array([], pa.int64()), **{name: pa.array([], pa.string()) for name in CLIENT_COLUMNS}})
    with duckdb.connect() as connection:
        connection.register("batch", empty)
        schema: pa.Schema = connection.sql(keys_sql("batch", dialling_rows_sql(countries))).to_arrow_table().schema
    assert schema.names == list(KEY_COLUMNS)
    return schema


def _answer_schema(sql: str, sides: Any) -> pa.Schema:
    from pyspark.sql.pandas.types import to_arrow_schema

    with duckdb.connect() as connection:
        connection.register("batch", to_arrow_schema(sides).empty_table())
        schema: pa.Schema = connection.sql(sql).to_arrow_table().schema
    return schema


def _schema(schema: pa.Schema) -> Any:
    """The same schema as Spark names it."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)
