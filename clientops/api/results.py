"""Rows for people who live in notebooks: results that are complete, and tables that are read when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clientops.api.display import MOST_ROWS, heading, html, html_table, text_table
from clientops.core.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from clientops.book.read.as_of import Moment


class Result:
    """Rows that were read, complete and independent of the book; money is exact, days are days.

    Args:
        table: The rows.
        title: What they are.
    """

    def __init__(self, table: pa.Table, title: str = "") -> None:
        self._table = table
        self.title = title

    @property
    def columns(self) -> list[str]:
        """Names of the columns in order."""
        return list(self._table.column_names)

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return self._table

    def df(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame with Arrow types: money stays ``decimal``, days stay ``date32``."""
        import pandas as pd

        return self._table.to_pandas(types_mapper=pd.ArrowDtype)

    def pl(self) -> Any:
        """The rows as a Polars DataFrame.

        Raises:
            UsageError: Polars is not installed.
        """
        try:
            import polars as pl
        except ImportError:
            raise UsageError("Polars is not installed here; install it with: pip install polars") from None
        return pl.from_arrow(self._table)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows as tuples."""
        return list(zip(*(column.to_pylist() for column in self._table.columns), strict=True)) if self.columns else []

    def dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries."""
        rows: list[dict[str, Any]] = self._table.to_pylist()
        return rows

    def one(self) -> Any:
        """The only value.

        Raises:
            UsageError: There are more or fewer than one.
        """
        if self._table.num_rows != 1 or self._table.num_columns != 1:
            raise UsageError(
                f"one() needs one value; the result has {self._table.num_rows} rows of {self._table.num_columns}"
            )
        return self._table.column(0)[0].as_py()

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.dicts())

    def __getitem__(self, place: int) -> dict[str, Any]:
        row: dict[str, Any] = self._table.slice(range(len(self))[place], 1).to_pylist()[0]
        return row

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The rows for any library that reads Arrow's C interface."""
        return self._table.__arrow_c_stream__(requested_schema)

    def _first(self) -> list[tuple[Any, ...]]:
        return Result(self._table.slice(0, MOST_ROWS)).fetchall()

    def __repr__(self) -> str:
        name = f"{self.title}: " if self.title else ""
        return f"{name}{len(self):,} rows\n{text_table(self.columns, self._first(), len(self))}"

    def _repr_html_(self) -> str:
        head = heading(self.title or "Result", f"{len(self):,} rows")
        return html(head, html_table(self.columns, self._first(), len(self)))


class TableView:
    """A table of a book, read when its rows are asked for; shows its first rows.

    Args:
        read: Reads SQL over the book as of a moment.
        name: The table.
        where: Condition (SQL) on its rows.
        moment: The table as it was then; None: as it is.
    """

    def __init__(
        self, read: Callable[[str, Moment | None], Result], name: str, where: str = "", moment: Moment | None = None
    ) -> None:
        self._read = read
        self.name = name
        self._where = where
        self._moment = moment

    def filter(self, condition: str) -> TableView:
        """Only the rows that meet a condition (SQL), e.g. ``status = 'Active' and country = 'DE'``."""
        both = f"({self._where}) and ({condition})" if self._where else condition
        return TableView(self._read, self.name, both, self._moment)

    def as_of(self, moment: str | Moment) -> TableView:
        """The rows as they were after an operation, at the end of a day (``2026-06-30``), or at a time."""
        return TableView(self._read, self.name, self._where, moment_of(moment))

    def sql(self, *, columns: str = "*", end: str = "") -> str:
        """The SELECT behind it."""
        return f'select {columns} from "{self.name}"' + (f" where {self._where}" if self._where else "") + end

    def result(self) -> Result:
        """All rows in the order of their numbers."""
        found = self._read(self.sql(end=" order by id"), self._moment)
        found.title = self.name
        return found

    def head(self, rows: int = 5) -> Result:
        """The first rows in the order of their numbers."""
        return self._read(self.sql(end=f" order by id limit {int(rows)}"), self._moment)

    def df(self) -> pd.DataFrame:
        """All rows as a pandas DataFrame; see :meth:`Result.df`."""
        return self.result().df()

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        return self.result().arrow()

    def pl(self) -> Any:
        """All rows as a Polars DataFrame."""
        return self.result().pl()

    @property
    def columns(self) -> list[str]:
        """Names of the columns in order."""
        return self.head(0).columns

    def __len__(self) -> int:
        return int(self._read(self.sql(columns="count(*)"), self._moment).one())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.result())

    def __repr__(self) -> str:
        first = self.head(MOST_ROWS)
        return (
            f"{self.name}: {len(self):,} rows{self._when()}\n{text_table(first.columns, first.fetchall(), len(self))}"
        )

    def _repr_html_(self) -> str:
        first, count = self.head(MOST_ROWS), len(self)
        return html(
            heading(self.name, f"{count:,} rows{self._when()}"), html_table(first.columns, first.fetchall(), count)
        )

    def _when(self) -> str:
        return "" if self._moment is None else f", as of {self._moment}"


def moment_of(moment: str | Moment) -> Moment:
    """A moment as people write it: a day, a time with or without zone (UTC), or the number of an operation.

    Raises:
        UsageError: It is none of these.
    """
    if not isinstance(moment, str):
        return moment
    text = moment.strip()
    if text.isdigit():
        return int(text)
    try:
        if len(text) <= len("2026-06-30"):
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"as_of {moment!r} is not a moment; write a day like 2026-06-30, a time like 2026-06-30 12:00+00:00, "
            "or the number of an operation"
        ) from None
    from datetime import UTC

    return found if found.tzinfo else found.replace(tzinfo=UTC)
