"""Listings: named SELECTs that a grid pages through, sorted, filtered and searched by the engine."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from clientops.core.readable import with_readable_names
from clientops.reports.lists.row_names import amount_text
from clientops.schema.cells import safe_text
from clientops.schema.days import day_sql, local_sql
from clientops.schema.definition import quote_name
from clientops.schema.tables import Tables

ColumnKind = Literal["text", "long", "number", "money", "date", "moment", "badge"]
MOST = 500


@dataclass(frozen=True)
class Shown:
    """A column of a listing: its name in the SELECT, heading and kind; money stands beside a column ``code``, long text is never cut short.

    ``found_by`` is a condition on the listing's columns (of the row ``listed``) that holds where the column contains ``{text}`` (SQL), and that is
    quicker to see: who is called so is looked up among clients once, not at each of their invoices.
    """

    name: str
    title: str
    kind: ColumnKind = "text"
    is_hidden: bool = False
    found_by: str = ""

    def contains(self, text: str) -> str:
        """SQL of whether it contains a text (SQL), in whatever case."""
        return (
            self.found_by.format(text=text)
            if self.found_by
            else f"contains(lower({quote_name(self.name)}), lower({text}))"
        )

    @property
    def hint(self) -> str:
        """What a filter of it may be, in short."""
        return {"money": "> 100", "number": "> 5", "date": "2026-11", "moment": "2026-11"}.get(self.kind, "contains")


@dataclass(frozen=True)
class Listing:
    """What is listed.

    Attributes:
        name: Name of files it is exported to.
        title: Heading.
        sql: SELECT with a column ``id``, those shown, and ``code`` (currency) if there is money; parameters ``$name``.
        columns: Columns shown.
        order: Order where none is asked for.
        empty: What to say where there is nothing.
        more: Columns that are shown as well while cells are edited.
        base: Table and condition of the rows alone (``invoices t where …``), without what is looked up for them; where it
            is known, counting and paging through all of them reads no more than it must.
    """

    name: str
    title: str
    sql: str
    columns: tuple[Shown, ...]
    order: str = "id desc"
    empty: str = "Nothing here that fits"
    more: tuple[Shown, ...] = ()
    base: str = ""

    @property
    def count_sql(self) -> str:
        """SELECT of how many rows there are."""
        return f"select count(*) from {self.base}" if self.base else f"select count(*) from ({self.sql})"


@dataclass(frozen=True)
class Query:
    """A page of a listing: where, how many, and what is searched, sorted and filtered."""

    offset: int = 0
    limit: int = 25
    search: str = ""
    sort: tuple[str, bool] | None = None
    filters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, asked: Any, listing: Listing) -> Query:
        """A query as a browser sends it; whatever is not one of the listing's columns is left out."""
        if not isinstance(asked, Mapping):
            return cls()
        names = {column.name for column in listing.columns}
        sort = asked.get("sort")
        order = (
            (str(sort[0]), sort[1] == "desc")
            if isinstance(sort, list) and len(sort) == 2 and sort[0] in names
            else None
        )
        filters = asked.get("filters")
        kept = tuple((n, str(v).strip()) for n, v in filters.items() if n in names and str(v).strip()) if isinstance(filters, Mapping) else ()  # fmt: skip
        offset, limit = _whole(asked.get("offset"), 0), _whole(asked.get("limit"), 25)
        return cls(offset, max(1, min(limit, MOST)), str(asked.get("search") or "").strip(), order, kept)


@dataclass(frozen=True)
class Page:
    """Rows of a page, (number, texts by column) each, how many there are in all, and the rows' values."""

    rows: tuple[tuple[int, dict[str, str | None]], ...]
    total: int
    values: tuple[dict[str, Any], ...]


def read_page(tables: Tables, listing: Listing, query: Query, values: Mapping[str, Any] | None = None) -> Page:
    """A page of a listing."""
    where, given = _where(listing, query)
    parameters = {**(values or {}), **given}
    rows_of = _sql(tables, listing)
    order, span = _order(listing, query), f"limit {query.limit} offset {query.offset}"
    if not listing.base:
        total = _first(tables.query(f"select count(*) from ({rows_of}) listed {where}", **parameters))
        page = f"{where} order by {order} {span}"
    else:
        # The page's numbers first: what else is shown is then looked up for a page, not for a million rows.
        if where:
            found = f"with found as materialized (select {_columns_of(listing, query)} from ({rows_of}) listed {where})"
            total = 0
            sql = f"{found} select id, (select count(*) from found) from found order by {order} {span}"
        else:
            total = _first(tables.query(listing.count_sql, **parameters))
            sql = (
                f"select t.id, {total} from {listing.base} order by t.id desc {span}"
                if order.startswith("id desc")
                else f"select id, {total} from ({rows_of}) order by {order} {span}"
            )
        numbers = tables.query(sql, **parameters).fetchall()
        if numbers:
            total = numbers[0][1]
        elif where and query.offset:
            total = _first(tables.query(f"select count(*) from ({rows_of}) listed {where}", **parameters))
        page = f"where id in ({', '.join(str(int(n)) for n, _ in numbers) or 'null'}) order by {order}"
        parameters = dict(values or {})
    relation = tables.query(f"select * from ({rows_of}) {page}", **parameters)
    names = relation.columns
    rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
    return Page(tuple((row["id"], _texts(listing, row)) for row in rows), total, tuple(rows))


def why_nothing(listing: Listing, query: Query) -> str:
    """What to say where no row is found: that there is none, that none fits, or what is wrong with a filter."""
    shown = {column.name: column for column in listing.columns}
    for name, text in query.filters:
        column = shown[name]
        if column.kind in ("money", "number") and _condition(column, text, "asked")[0] == "false":
            return f"{column.title}: {text!r} is no number; a filter is like {column.hint}"
        sign, rest = _signed(text)
        if column.kind in ("date", "moment") and sign and not _is_day(rest):
            return f"{column.title}: {rest!r} is no day; a filter is like {sign} 2026-11-30"
    return "Nothing fits the search and the filters" if query.search or query.filters else listing.empty


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _first(relation: Any) -> int:
    row = relation.fetchone()
    return int(row[0]) if row else 0


def _columns_of(listing: Listing, query: Query) -> str:
    """What the order needs, and the number."""
    if query.sort:
        return f"id, {quote_name(query.sort[0])}" if query.sort[0] != "id" else "id"
    return "id" if listing.order == "id desc" else "*"


def export_csv(tables: Tables, listing: Listing, query: Query, values: Mapping[str, Any] | None = None) -> str:
    """All rows of a listing that fit a query, as CSV that a spreadsheet opens without running anything in it."""
    where, given = _where(listing, query)
    relation = tables.query(
        f"select * from ({_sql(tables, listing)}) listed {where} order by {_order(listing, query)}",
        **{**(values or {}), **given},
    )
    names = relation.columns
    has_code = "code" in names
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.title for column in listing.columns] + (["Currency"] if has_code else []))
    while rows := relation.fetchmany(20_000):
        for values_of_row in rows:
            row = dict(zip(names, values_of_row, strict=True))
            cells = [_cell(row[column.name]) for column in listing.columns]
            writer.writerow(cells + ([row["code"]] if has_code else []))
    return out.getvalue()


def _sql(tables: Tables, listing: Listing) -> str:
    """The listing's SQL; seen from a past moment, the log ends there."""
    return listing.sql.replace("history.operations", tables.operations())


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and value >= 0 else otherwise


def _order(listing: Listing, query: Query) -> str:
    if query.sort is None:
        return f"{listing.order}, id"
    name, descending = query.sort
    return f"{quote_name(name)} {'desc' if descending else 'asc'} nulls last, id"


def _where(listing: Listing, query: Query) -> tuple[str, dict[str, Any]]:
    """Conditions of a query, and the values of their parameters."""
    conditions: list[str] = []
    given: dict[str, Any] = {}
    shown = {column.name: column for column in listing.columns}
    if query.search:
        given["searched"] = query.search
        texts = [c.contains("$searched") for c in listing.columns if c.kind in ("text", "long", "badge")]
        texts += ["id::varchar = ltrim($searched, '#')"]
        conditions.append(f"({' or '.join(f'coalesce({text}, false)' for text in texts)})")
    for place, (name, text) in enumerate(query.filters):
        condition, value = _condition(shown[name], text, f"filter{place}")
        conditions.append(condition)
        if value is not None:
            given[f"filter{place}"] = value
    return (f"where {' and '.join(conditions)}" if conditions else "", given)


def _signed(text: str) -> tuple[str, str]:
    """A filter's sign, empty if it has none, and what stands behind it."""
    sign = next((s for s in (">=", "<=", ">", "<", "=") if text.startswith(s)), "")
    return sign, text[len(sign) :].strip().replace(" ", "")


def _condition(shown: Shown, text: str, parameter: str) -> tuple[str, Any]:
    """A filter as SQL and its value: ``> 100``, ``2026-11``, ``= Paid``, or a text that is contained."""
    column, kind = quote_name(shown.name), shown.kind
    sign, rest = _signed(text)
    if kind in ("money", "number"):
        try:
            return f"{column} {sign or '='} ${parameter}", Decimal(rest.replace(",", ""))
        except ArithmeticError:
            return "false", None
    if kind in ("date", "moment") and not sign:
        local = local_sql(column) if kind == "moment" else column
        return f"starts_with({local}::varchar, ${parameter})", text
    if kind in ("date", "moment"):
        day = day_sql(column) if kind == "moment" else column
        return f"{day} {sign} try_cast(${parameter} as date)", rest
    if sign == "=":
        return f"lower({column}) = lower(${parameter})", text[1:].strip()
    return shown.contains(f"${parameter}"), text


def _texts(listing: Listing, row: Mapping[str, Any]) -> dict[str, str | None]:
    return {column.name: _text(row[column.name], column.kind, row.get("code")) for column in listing.columns}


def _text(value: Any, kind: str, code: str | None) -> str | None:
    if value is None:
        return None
    if kind == "money" and isinstance(value, Decimal):
        return amount_text(value, code) if code else f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else with_readable_names(str(value))
