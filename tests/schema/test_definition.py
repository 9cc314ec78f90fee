"""Names and meanings of the tables."""

from __future__ import annotations

import pytest

from clientops.core.errors import UsageError
from clientops.schema.definition import (
    all_tables,
    migrations,
    quote_name,
    quote_text,
    read_schema,
    schema_version,
    table,
)
from tests.loading import load_book

HISTORY = ("operations", "changes", "requests", "migrations")


def test_every_table_and_column_has_a_meaning():
    """No table and no column goes without a comment."""
    for known in all_tables().values():
        assert known.comment, known.name
        assert [column.name for column in known.columns if not column.comment] == [], known.name


def test_the_meanings_are_in_the_database_too(tmp_path):
    """Whoever opens the file with another program reads the same meanings (COMMENT ON), of the history's tables too."""
    import duckdb

    book = load_book(tmp_path / "b.duckdb")
    with duckdb.connect(str(book.path), read_only=True) as connection:
        found = read_schema(connection)
        history = read_schema(connection, "history")
    assert {name: t.comment for name, t in found.items()} == {name: t.comment for name, t in all_tables().items()}
    assert found["clients"].columns == all_tables()["clients"].columns
    for name in HISTORY:
        assert history[name].comment, name
        assert all(column.comment for column in history[name].columns), name


def test_every_table_has_a_twin_in_the_history(tmp_path):
    """history.t has operation and sign, then t's own columns with their types."""
    import duckdb

    book = load_book(tmp_path / "b.duckdb")
    with duckdb.connect(str(book.path), read_only=True) as connection:
        history = read_schema(connection, "history")
    for known in all_tables().values():
        twin = [(c.name, c.type) for c in history[known.name].columns]
        assert twin == [("operation_id", "BIGINT"), ("sign", "TINYINT"), *((c.name, c.type) for c in known.columns)]


def test_money_is_decimal_and_every_row_has_a_number():
    """No column is a floating-point number, none a list, and each table begins with its id."""
    for known in all_tables().values():
        assert known.columns[0].name == "id"
        assert {c.name for c in known.columns if c.type in {"DOUBLE", "FLOAT", "REAL"} or c.type.endswith("]")} == set()


def test_migrations_are_numbered_without_gaps():
    """The newest migration's number is the version of the tables."""
    assert [version for version, _, _ in migrations()] == list(range(1, schema_version() + 1))


def test_what_does_not_exist_is_named_with_what_is_near():
    """A wrong name is answered with the names it may have meant."""
    with pytest.raises(UsageError, match="did you mean clients"):
        table("client")
    with pytest.raises(UsageError, match="has no column 'nme'; it has id"):
        table("groups").column("nme")


def test_quoting():
    """A name or text with quotes in it stays one name or text."""
    assert quote_name('a"b') == '"a""b"'
    assert quote_text("O'Brien") == "'O''Brien'"
