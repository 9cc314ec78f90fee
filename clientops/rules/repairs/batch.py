"""Mending many differences at once: requests of several rules as one preview, one operation and one undo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime

import pyarrow as pa
from pydantic import Field

from clientops.book.write.combine import Composition
from clientops.core.plan import Plan, Problem, Relation, Rule, read_problems
from clientops.rules.clients import close as closing
from clientops.rules.clients import contacts, status
from clientops.rules.credit import account_credit as credit
from clientops.rules.credit import apply as invoice_credit
from clientops.rules.invoices import issue as issuing
from clientops.rules.invoices import status as invoice_status
from clientops.rules.payments import delete as transaction_deletion
from clientops.rules.payments import refund as refunds
from clientops.rules.repairs import books as mending
from clientops.rules.repairs import payments as payment_mending
from clientops.schema.request_fields import arrow_type
from clientops.schema.requests import Request, RequestTable, Text, read_requests
from clientops.schema.tables import Tables

MENDING_MODULES = (closing, contacts, credit, invoice_credit, invoice_status, issuing, mending, payment_mending, refunds, status, transaction_deletion)  # fmt: skip
MENDERS: dict[str, Rule] = {rule.name: rule for module in MENDING_MODULES for rule in module.RULES}
SHAPE = {"row": pa.int64(), "field": pa.string(), "code": pa.string(), "message": pa.string()}


class Mend(Request):
    """Carry out requests of several rules together."""

    rule: Text = Field(title="Rule", description="Name of the rule that mends it, e.g. take-back-credit")
    request: Text = Field(
        title="Request", description='Its fields as JSON, e.g. {"invoice_id": 12}', json_schema_extra={"multiline": True}
    )  # fmt: skip


def mend(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Plan requests of several rules one after another, as one change.

    Args:
        tables: Read-only tables; reads what the rules read.
        requests: One row per request: ``rule``, ``request`` (a JSON object of the rule's fields). Rows that follow one
            another with the same rule are planned together. See ``Mend``.
        today: Given to the rules.
        now: Given to the rules.

    Returns:
        What the rules would change one after another, each on the tables as those before leave them; a row that two of
        them change is changed once.

    Problems:
        ``unknown_rule``, ``bad_request`` (no JSON object), and those of the rules.

    Warnings:
        Those of the rules.
    """
    steps = tables.steps(requests=requests)
    asked = steps.add("asked_mends", RUNS).to_arrow_table()
    problems, warnings, summary = _unreadable(asked), list[Problem](), list[tuple[str, str]]()
    wrong = {problem.row for problem in problems}
    composition = Composition(tables._connection)  # noqa: SLF001  the composition is part of the same connection
    try:
        for rule, rows in _runs(asked, wrong):
            with composition.tidy():
                read = _read(tables, rule, rows)
                plan = rule.function(tables, tables.given(read.rows), today=today, now=now)
                unread_texts = [*read.problems, *_named_by_text(read)]
                unread = {(problem.row, problem.field) for problem in unread_texts}
                own = [p for p in read_problems(plan.problems) if (p.row, p.field) not in unread]
                found = [*unread_texts, *own]
                problems += found
                warnings += read_problems(plan.warnings) if plan.warnings is not None else []
                summary.append((rule.title, f"{len(read):,}"))
                if not found:
                    composition.add(plan)
        changes = composition.changes()
    finally:
        composition.close()
    return Plan(changes, _relation(tables, problems), _relation(tables, warnings), _counted(summary))


RUNS = """
    select "row", rule, request, case when json_valid(request) then json_type(request) = 'OBJECT' else false end as is_object
    from requests order by "row"
"""


def _unreadable(asked: pa.Table) -> list[Problem]:
    problems = []
    for row, name, request, is_object in zip(*(asked.column(n).to_pylist() for n in asked.column_names), strict=True):
        if name not in MENDERS:
            problems.append(Problem(row, "rule", "unknown_rule", f"rule {name!r} mends nothing; there are {', '.join(MENDERS)}"))  # fmt: skip
        elif not is_object:
            problems.append(Problem(row, "request", "bad_request", f"request {request[:60]!r} is not a JSON object"))
    return problems


def _runs(asked: pa.Table, wrong: set[int]) -> Iterator[tuple[Rule, list[tuple[int, str]]]]:
    """Rows that follow one another with the same rule, without those that cannot be read."""
    name, rows = "", list[tuple[int, str]]()
    for row, rule, request in zip(*(asked.column(n).to_pylist() for n in ("row", "rule", "request")), strict=True):
        if row in wrong:
            continue
        if rule != name and rows:
            yield MENDERS[name], rows
            rows = []
        name = rule
        rows.append((row, request))
    if rows:
        yield MENDERS[name], rows


def _read(tables: Tables, rule: Rule, rows: list[tuple[int, str]]) -> RequestTable:
    """The requests of one rule, read against its model under the numbers of their rows."""
    records = [json.loads(request) for _, request in rows]
    names = list(dict.fromkeys(name for record in records for name in record))
    fields = rule.request.model_fields
    columns: dict[str, pa.Array] = {"row": pa.array([row for row, _ in rows], pa.int64())}
    for name in names:
        is_list = name in fields and pa.types.is_list(arrow_type(fields[name]))
        columns[name] = pa.array([_text(record.get(name), is_list=is_list) for record in records], pa.string())
    return read_requests(rule.request, pa.table(columns))


def _named_by_text(read: RequestTable) -> list[Problem]:
    """Rows of the book are named by number here: nobody looks over what a text in such a request finds."""
    return [
        Problem(row, named.field, "bad_value", f"{named.field} {named.text!r} is not a whole number: give the number")
        for named in read.named
        for row in named.rows
    ]


def _text(value: object, *, is_list: bool) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return (" " if is_list else ", ").join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _relation(tables: Tables, found: list[Problem]) -> Relation:
    columns = {name: pa.array([getattr(problem, name) for problem in found], kind) for name, kind in SHAPE.items()}
    return tables.given(pa.table(columns))


def _counted(summary: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    counts: dict[str, int] = {}
    for title, count in summary:
        counts[title] = counts.get(title, 0) + int(count.replace(",", ""))
    return tuple((title, f"{count:,}") for title, count in counts.items())


RULES: tuple[Rule, ...] = (
    Rule("mend", "Mend differences", mend, Mend, risk="medium", group="reconciliation", acts_by="rule"),
)
