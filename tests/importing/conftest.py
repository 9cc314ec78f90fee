"""A MariaDB server with a made-up WHMCS in it, and the same WHMCS as a dump and as CSV files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clientops.importing.whmcs.dump import read_dump
from clientops.importing.whmcs.sources import SOURCE_TABLES
from tests.importing.mariadb import Server, missing_programs, running_server

HERE = Path(__file__).parent
SMALL_DUMP = HERE.parent.parent / "data" / "whmcs_small.sql"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A MariaDB server with the made-up WHMCS in it."""
    missing = missing_programs()
    if missing:
        reason = f"MariaDB is not installed (apt-get install mariadb-server): there is no {', '.join(missing)}"
        if os.environ.get("REQUIRE_MARIADB") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with running_server() as found:
        found.run((HERE / "whmcs_rows.sql").read_text("utf-8"))
        yield found


@pytest.fixture(scope="session")
def small_staging(tmp_path_factory) -> Path:
    """The small WHMCS of ``data/``, read into a staging file."""
    path = tmp_path_factory.mktemp("whmcs") / "small.duckdb"
    read_dump(SMALL_DUMP, path)
    return path


@pytest.fixture(scope="session")
def csv_folder(server, tmp_path_factory) -> Path:
    """The tables of the server as CSV files."""
    from clientops.importing.whmcs.mysql import connect_mysql, parse_mysql_url, query_mysql

    folder = tmp_path_factory.mktemp("csv")
    with connect_mysql(parse_mysql_url(server.url)) as connection:
        for name in SOURCE_TABLES:
            columns = [c for (c,) in query_mysql(connection, f"select column_name from information_schema.columns where "
                       f"table_schema = database() and table_name = '{name}' order by ordinal_position").fetchall()]  # fmt: skip
            if not columns:  # not every WHMCS has every table
                continue
            texts = ", ".join(f"cast(`{column}` as char) as `{column}`" for column in columns)
            rows = query_mysql(connection, f"select {texts} from `{name}`").fetchall()
            lines = [",".join(columns), *(",".join(map(_csv_value, row)) for row in rows)]
            (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def _csv_value(value: str | None) -> str:
    return "NULL" if value is None else '"' + value.replace('"', '""') + '"'
