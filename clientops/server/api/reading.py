"""Reading over HTTP: the log as a feed of changes, history, queries, search, what does not agree, and duplicates."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response

from clientops.book.read.one_select import check_one_select
from clientops.core.errors import UsageError
from clientops.reconciliation.find import differences
from clientops.registry import rules
from clientops.reports.lists.search import search_clients
from clientops.schema.definition import all_tables, distinct_names, table
from clientops.server.api.answers import ApiError, answer
from clientops.server.api.caller import body_of, caller_of, number_of, text_of

MOST_ROWS = 100_000
PAGE = 100
ARROW, CSV, JSON = "application/vnd.apache.arrow.stream", "text/csv", "application/json"


async def list_rules(request: Request) -> Response:
    """Every rule, with the schema of its requests."""
    caller_of(request)
    found = [
        {"name": r.name, "title": r.title, "group": r.group, "risk": r.risk, "schema": r.request.model_json_schema()}
        for r in rules().values()
    ]
    return answer({"rules": found})


async def list_operations(request: Request) -> Response:
    """Operations after a number, the oldest first: the history as a feed."""
    caller = caller_of(request)
    after = number_of(request, "after", 0, 10**12)
    limit = max(1, number_of(request, "limit", PAGE, 1000))

    def read() -> list[dict[str, Any]]:
        with caller.book().tables() as tables:
            relation = tables.query(OPERATIONS, after=after, most=limit + 1)
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    rows = await caller.state.run(read)
    shown = rows[:limit]
    following = f"/api/operations?after={shown[-1]['operation']}&limit={limit}" if len(rows) > limit else None
    return answer({"operations": shown, "next": following, "last": shown[-1]["operation"] if shown else after})


OPERATIONS = """
    select o.id as operation, o.rule, o.operator, o.reason, o.applied_at, o.today, o.request_count, o.change_count, o.undoes_id as undoes, o.sha256,
        o.details ->> 'signed_in' as signed_in,
        (select list({'table': c.table_name, 'kind': c.kind, 'count': c.row_count} order by c.table_name, c.kind) from history.changes c where c.operation_id = o.id) as changes
    from history.operations o where o.id > $after order by o.id limit $most
"""


async def show_operation(request: Request) -> Response:
    """One operation with its requests and the exact rows before and after."""
    caller = caller_of(request)
    limit = number_of(request, "limit", 1000, 10_000)
    return answer(await caller.state.run(lambda: caller.book().operation(request.path_params["number"], limit)))


async def row_history(request: Request) -> Response:
    """Everything that happened to a row, the oldest first."""
    caller = caller_of(request)
    name = table(request.path_params["table"]).name
    rows = await caller.state.run(lambda: caller.book().row_history(name, request.path_params["number"]))
    return answer({"table": name, "id": request.path_params["number"], "changes": rows})


async def list_tables(request: Request) -> Response:
    """The tables and their columns."""
    caller_of(request)
    found = {
        name: [{"name": c.name, "type": c.type, "comment": c.comment} for c in known.columns]
        for name, known in all_tables().items()
    }
    return answer({"tables": found})


async def query(request: Request) -> Response:
    """The rows of one SELECT over the book, as JSON, CSV or Arrow (by ``Accept``, or ``format``)."""
    caller = caller_of(request)
    given = await body_of(request, ("sql", "as_of", "format", "limit"))
    sql = text_of(given, "sql", most=100_000)
    if sql is None:
        raise ApiError(422, "field", "No query", "sql: a SELECT over the tables is needed")
    kind = _format(request, text_of(given, "format", most=20))
    as_of, limit = given.get("as_of"), given.get("limit", MOST_ROWS)
    if as_of is not None and (isinstance(as_of, bool) or not isinstance(as_of, int)):
        raise ApiError(422, "field", "Not an operation", "as_of: the number of an operation is needed")
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_ROWS:
        raise ApiError(422, "field", "Not a number", f"limit: a number from 1 to {MOST_ROWS:,} is needed")

    def read() -> pa.Table:
        try:
            check_one_select(sql)
        except UsageError as error:
            raise ApiError(422, "query", "The query is not allowed", str(error)) from error
        with caller.book().tables(as_of) as tables:
            relation = tables.query(sql)
            hidden = [name for name in relation.columns if name in HIDDEN]
            found = relation.limit(limit + 1).to_arrow_table()
        if hidden:
            raise ApiError(
                403, "secret", "Secrets are not read here", f"{hidden[0]} is not shown to anybody; leave it out"
            )
        return found

    found = await caller.state.run(read)
    is_whole = found.num_rows <= limit
    return _rows(found.slice(0, limit), kind, is_whole=is_whole)


HIDDEN = ("password_hash", "token_sha256")


def _format(request: Request, named: str | None) -> str:
    kinds = {"json": JSON, "csv": CSV, "arrow": ARROW}
    if named is not None:
        if named not in kinds:
            raise ApiError(422, "field", "Unknown format", f"format: {named!r} is not one of {', '.join(kinds)}")
        return kinds[named]
    accepted = request.headers.get("accept", "")
    return next((kind for kind in (ARROW, CSV) if kind in accepted), JSON)


def _rows(found: pa.Table, kind: str, *, is_whole: bool) -> Response:
    names = distinct_names(found.column_names)
    found = found.rename_columns(names)
    headers = {"x-complete": "true" if is_whole else "false"}
    if kind == ARROW:
        out = pa.BufferOutputStream()
        with pa.ipc.new_stream(out, found.schema) as writer:
            writer.write_table(found)
        return Response(out.getvalue().to_pybytes(), headers=headers, media_type=ARROW)
    rows = found.to_pylist()
    if kind == CSV:
        text = io.StringIO()
        writer_ = csv.writer(text, lineterminator="\r\n")
        writer_.writerow(names)
        writer_.writerows([_cell(row[name]) for name in names] for row in rows)
        return Response(text.getvalue(), headers=headers, media_type=f"{CSV}; charset=utf-8")
    return answer({"columns": names, "rows": rows, "is_complete": is_whole}, headers=headers)


def _cell(value: Any) -> Any:
    """A value in a CSV file; texts that a spreadsheet would take for a formula begin with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


async def find_clients(request: Request) -> Response:
    """Clients by name, company, e-mail address, phone or number."""
    caller = caller_of(request)
    text = request.query_params.get("q", "")[:200]
    limit = max(1, number_of(request, "limit", 20, 200))

    def read() -> list[Any]:
        with caller.book().tables() as tables:
            return [found.as_option() for found in search_clients(tables, text, limit)]

    return answer({"clients": await caller.state.run(read)})


async def reconcile(request: Request) -> Response:
    """What does not agree, with its explanation and the repair that would put it in order."""
    caller = caller_of(request)
    kinds = tuple(request.query_params.getlist("kind")) or None
    client = number_of(request, "client", 0, 2**62) or None
    after, limit = number_of(request, "after", 0, 10**12), max(1, number_of(request, "limit", PAGE, 10_000))

    def read() -> list[dict[str, Any]]:
        with caller.book().tables() as tables:
            relation = differences(tables, kinds, client_id=client).filter(f"id > {after}").order("id").limit(limit + 1)
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    rows = await caller.state.run(read)
    following = rows[limit - 1]["id"] if len(rows) > limit else None
    return answer({"differences": rows[:limit], "next_after": following})


async def duplicates(request: Request) -> Response:
    """Duplicates that were found and wait for a decision, the surest first."""
    caller = caller_of(request)
    limit = max(1, number_of(request, "limit", PAGE, 1000))

    def read() -> dict[str, Any]:
        from clientops.reports.figures.duplicates import read_case, read_counts, read_queue

        with caller.book().tables() as tables:
            cases = [read_case(tables, item) for item in read_queue(tables, most=limit)]
            return {"counts": read_counts(tables), "cases": [case for case in cases if case is not None]}

    return answer(await caller.state.run(read))
