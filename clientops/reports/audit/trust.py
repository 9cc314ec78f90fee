"""Can the book be trusted? The chain, the history and the tables, direct SQL, backups and what was erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clientops.book.proof.anchors import Anchor
from clientops.book.proof.direct_sql import DirectChange
from clientops.book.proof.verify import Report
from clientops.reports.audit.period import Period
from clientops.reports.audit.section import Figure, Listed, Section, count_figure, listed, one_value
from clientops.schema.days import day_sql


@dataclass(frozen=True)
class Trust:
    """What the book says of itself: the verification, and rows that were changed by other means than operations."""

    report: Report
    direct_changes: tuple[DirectChange, ...] = ()


def integrity_section(period: Period, trust: Trust) -> Section:
    """The proof that tables, history and chain agree, what does not fit, backups, and what was erased."""
    report, tables = trust.report, period.tables
    findings, agreed = _findings(trust)
    head = one_value(tables, f"select sha256 from history.operations where id = {period.until}")
    backups = listed(
        "backups", "Backups made", (("Made", "moment"), ("By", "text"), ("File", "text"), ("Up to operation", "operation"), ("Hash of that operation", "text")),
        tables.query(f"select made_at, made_by, file_name, last_operation, head_sha256 from backups where {day_sql('made_at')} between $first and $last order by id", first=period.first, last=period.last),
    )  # fmt: skip
    erased = listed(
        "erased", "Erased persons: how much of what, not what it was",
        (("Day", "day"), ("Client", "number"), ("Table", "text"), ("Rows", "number"), ("Rows of history", "number")),
        tables.query("select erased_on, client_number, table_name, row_count, image_count from erasures where erased_on between $first and $last order by id", first=period.first, last=period.last),
    )  # fmt: skip
    naming = listed(
        "may-name-them", "Rows that may still name an erased person: left by whoever erased",
        (("Operation", "operation"), ("Applied (UTC)", "moment"), ("By", "text"), ("Record", "record")),
        tables.query(
            f"""
            select o.id, o.applied_at, o.operator, ((r.pair ->> 0), (r.pair ->> 1)::bigint)
            from {period.operations()} o, unnest(from_json(o.details -> '$.may_name_them', '["json"]')) as r(pair)
            where o.rule = 'erase-person' order by o.id, 4
            """
        ),
    )  # fmt: skip
    return Section(
        "integrity", "Integrity",
        "Every operation is chained to the one before by SHA-256. The chain is recalculated, the history replayed against it, and "
        "the tables compared with the history. A hash kept outside the book proves that nothing was rewritten or cut off: keep this report, "
        "and check the book against it with clientops verify --anchor.",
        (
            agreed,
            Figure("Operations in the book", f"{report.operations:,}"),
            Figure("Rows of history hashed", f"{report.rows:,}"),
            Figure("Operations of the period", f"{period.before + 1:,} to {period.until:,}" if period.until > period.before else "none", "operations"),
            Figure(f"Hash of operation {period.until}, the last of the period" if period.until else "Hash of the last operation of the period", head or "none: there was no operation yet", f"operation-{period.until}" if period.until > period.before else ""),
            Figure("Hash of the newest operation", report.head),
            *([Figure("Anchor: clientops verify --anchor reads it in this file", Anchor(report.operations, report.head).line())] if report.operations else []),
            count_figure("Backups recorded in the period", backups), count_figure("Erasures in the period", erased),
            count_figure("Rows that may still name an erased person", naming),
        ),
        (findings, backups, erased, naming),
    )  # fmt: skip


def damaged_section(trust: Trust) -> Section:
    """The findings alone, of a book of which nothing else can be read."""
    findings, agreed = _findings(trust)
    return Section(
        "integrity", "Integrity", "The book is damaged so that nothing more can be told of it.", (agreed,), (findings,)
    )


def _findings(trust: Trust) -> tuple[Listed, Figure]:
    report = trust.report
    findings = listed(
        "findings", "What does not fit",
        (("What", "bad"), ("Where", "text"), ("Operation", "operation"), ("Table", "text"), ("Row", "number")),
        [(f.code.replace("_", " "), f.message, f.operation_id, f.table, f.row_id) for f in report.findings],
    )  # fmt: skip
    agreed = Figure(
        "Tables, history and chain",
        "agree" if report.is_clean else f"do not agree: {len(report.findings):,} findings",
        "findings",
        "good" if report.is_clean else "bad",
    )
    return findings, agreed


def direct_section(period: Period, trust: Trust) -> Section:
    """Rows that were changed by direct SQL: found now, and adopted or reverted in the period."""
    now = listed(
        "direct-now", "Rows changed by direct SQL that nobody has decided about",
        (("Record", "record"), ("What was done", "text"), ("As the history has it", "text"), ("As it is", "text")),
        [((c.table, c.id), c.kind, _differing(c, c.expected), _differing(c, c.found)) for c in trust.direct_changes],
    )  # fmt: skip
    adopted = listed(
        "direct-adopted", "Direct SQL that was recorded in the period",
        (("Operation", "operation"), ("Recorded (UTC)", "moment"), ("By", "text"), ("Reason", "text"), ("Table", "text"), ("What was done", "text"), ("Rows", "number"), ("Undone by", "operation")),
        period.tables.query(
            f"""
            select o.id, o.applied_at, o.operator, o.reason, c.table_name, c.kind, c.row_count, u.undone_by_id
            from {period.operations()} o left join history.changes c on c.operation_id = o.id left join {period.undone()} u on u.id = o.id
            where o.rule = 'direct-sql' order by o.id, c.table_name, c.kind
            """
        ),
    )  # fmt: skip
    return Section(
        "direct-sql", "Direct SQL",
        "Rows that were changed by other means than an operation. The tables are compared with the signed sum of their history.",
        (count_figure("Found now", now, is_bad=True), count_figure("Recorded in the period", adopted)), (now, adopted),
    )  # fmt: skip


def _differing(change: DirectChange, side: dict[str, Any] | None) -> str:
    """The columns in which two rows differ, of one of them."""
    if side is None:
        return "not there"
    other = (change.found if side is change.expected else change.expected) or {}
    return ", ".join(
        f"{name}: {value}" for name, value in side.items() if value != other.get(name) and value not in (None, "")
    )
