"""What was merged and why: old number, survivor, evidence, who decided; as a table and as a page to print."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment

from clientops.core.errors import UsageError
from clientops.core.plan import Relation, as_dicts
from clientops.exporting.files import FORMATS, check_place, export_relation
from clientops.matching.ready_groups import likelihood_sql
from clientops.schema.tables import Tables

MOST_ON_A_PAGE = 20_000
PAGES = (".html", ".htm")


def merged_report(tables: Tables, operation_id: int | None = None) -> Relation:
    """Every client that was replaced, with the evidence and the decision as they stood when it was merged.

    Args:
        tables: Read-only tables; reads the history of ``merged_clients``, ``clients``, ``duplicate_pairs`` and
            ``duplicate_decisions``.
        operation_id: Only the clients of this merge.

    Returns:
        ``operation, merged_at, replaced_id, replaced, survivor_id, survivor, likely_percent, why, why_not, decided_by,
        reason, state``, the newest merge first. ``decided_by`` is the decision's, else who merged; ``state`` says
        whether the merge still stands.
    """
    chosen = "" if operation_id is None else f"and o.id = {int(operation_id)}"
    sql = MERGES.format(
        chosen=chosen,
        likely=likelihood_sql("p.score"),
        **{
            name: tables.history(name)
            for name in ("merged_clients", "clients", "duplicate_pairs", "duplicate_decisions")
        },
    )
    return tables.query(sql)


_NAME = "nullif(concat_ws(', ', nullif({row}.company_name, ''), nullif(trim(concat_ws(' ', {row}.first_name, {row}.last_name)), '')), '')"
MERGES = f"""
    with merges as (
        select o.id as operation_id, o.applied_at, o.operator, o.reason, h.id as entry_id, h.replaced_id, h.survivor_id,
            h.merged_on
        from history.operations o join {{merged_clients}} h on h.operation_id = o.id and h.sign = 1
        where o.rule = 'merge-clients' {{chosen}}
            -- Entries of earlier merges that follow their survivor into this one are not its own.
            and not exists (select 1 from {{merged_clients}} b where b.operation_id = o.id and b.id = h.id and b.sign = -1)
    ),
    then_clients as (
        select h.operation_id, h.id, {_NAME.format(row="h")} as name, h.email
        from {{clients}} h where h.sign = -1 and h.operation_id in (select operation_id from merges)
    ),
    links as (
        select left_id as one, right_id as other, operation_id, score, why, why_not from {{duplicate_pairs}} where sign = 1
        union all
        select right_id, left_id, operation_id, score, why, why_not from {{duplicate_pairs}} where sign = 1
    ),
    -- The evidence about client and survivor; in a chain, that about another client of the group.
    pairs as (
        select m.entry_id, m.operation_id, p.score, p.why, p.why_not
        from merges m
        join links p on p.one = m.replaced_id and p.operation_id < m.operation_id
        left join merges o on o.replaced_id = p.other and o.operation_id = m.operation_id and o.survivor_id = m.survivor_id
        where p.other = m.survivor_id or o.replaced_id is not null
        qualify row_number() over (
            partition by m.entry_id, m.operation_id order by p.other = m.survivor_id desc, p.operation_id desc, p.score desc
        ) = 1
    ),
    decisions as (
        select m.entry_id, m.operation_id, d.decided_by, d.note, w.operator
        from merges m
        join {{duplicate_decisions}} d on d.left_id = least(m.replaced_id, m.survivor_id)
            and d.right_id = greatest(m.replaced_id, m.survivor_id) and d.sign = 1 and d.operation_id < m.operation_id
        join history.operations w on w.id = d.operation_id
        qualify row_number() over (partition by m.entry_id, m.operation_id order by d.operation_id desc) = 1
    )
    select m.operation_id as operation, m.applied_at as merged_at, m.replaced_id,
        coalesce(t.name, t.email, '') as replaced, m.survivor_id, coalesce(s.name, s.email, '') as survivor,
        least(round(100 * {{likely}}, 2), 99.99)::decimal(5, 2) as likely_percent, p.why, p.why_not,
        coalesce(d.decided_by, d.operator, m.operator || case when p.score is null then ' (by hand)' else ' (in bulk)' end)
            as decided_by,
        concat_ws('; ', m.reason, d.note) as reason,
        case when n.id is null then 'taken back' when n.survivor_id <> m.survivor_id then 'survivor is ' || n.survivor_id || ' now'
            else 'stands' end as state
    from merges m
    left join then_clients t on t.operation_id = m.operation_id and t.id = m.replaced_id
    left join then_clients s on s.operation_id = m.operation_id and s.id = m.survivor_id
    left join pairs p on p.entry_id = m.entry_id and p.operation_id = m.operation_id
    left join decisions d on d.entry_id = m.entry_id and d.operation_id = m.operation_id
    left join main.merged_clients n on n.id = m.entry_id
    order by m.operation_id desc, m.survivor_id, m.replaced_id
"""


def write_merged_report(tables: Tables, path: Path, operation_id: int | None = None, *, overwrite: bool = False) -> int:
    """Write the report as ``.html``, or as a table: ``.csv``, ``.xlsx`` or ``.parquet``; the number of clients in it.

    Raises:
        UsageError: The file exists, its folder does not, the ending is another, or a page would be too long.
    """
    check_report(path, overwrite=overwrite)
    report = merged_report(tables, operation_id)
    if path.suffix.lower() not in PAGES:
        return export_relation(report, path, overwrite=overwrite)
    rows = as_dicts(report)
    check_report(path, clients=len(rows), overwrite=overwrite)
    path.touch(mode=0o600)
    path.write_text(merged_page(rows), encoding="utf-8")
    return len(rows)


def check_report(path: Path, *, clients: int = 0, overwrite: bool = False) -> None:
    """Check that a report of so many clients can be written, before they are merged.

    Raises:
        UsageError: As :func:`write_merged_report`.
    """
    check_place(path, endings=(*PAGES, *FORMATS), overwrite=overwrite)
    if path.suffix.lower() in PAGES and clients > MOST_ON_A_PAGE:
        raise UsageError(
            f"{clients} merged clients are too many for a page; write a .csv, or one merge with --operation"
        )


def merged_page(rows: list[dict[str, object]]) -> str:
    """The page of a report's rows; what clients typed is shown as text."""
    operations = list(dict.fromkeys(row["operation"] for row in rows))
    template = Environment(autoescape=True).from_string(PAGE)
    return template.render(rows=rows, operations=operations)


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Merged clients</title>
<style>
body { font: 14px/1.45 system-ui, sans-serif; margin: 32px; color: #1b2530; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px; border-bottom: 1px solid #dbe1e7; }
th { background: #f5f7f9; position: sticky; top: 0; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.against, .faint { color: #66737f; }
@media print { body { margin: 0; font-size: 11px; } th { position: static; } }
</style>
</head>
<body>
<h1>Merged clients</h1>
<p>{{ "{:,}".format(rows | length) }} client{{ "" if rows | length == 1 else "s" }} replaced by
{{ "{:,}".format(operations | length) }} operation{{ "" if operations | length == 1 else "s" }}.
An old number still finds its client; <code>clientops duplicates take-back OPERATION</code> takes a merge back.</p>
<table>
<thead><tr><th>Merge</th><th>Old number</th><th>Replaced</th><th>Survivor</th><th>Likely</th><th>Evidence</th>
<th>Decided by</th><th>Reason</th><th>State</th></tr></thead>
<tbody>
{% for row in rows %}<tr>
<td class="number">{{ row.operation }}<br><span class="faint">{{ row.merged_at.strftime("%Y-%m-%d %H:%M") }}</span></td>
<td class="number">{{ row.replaced_id }}</td><td>{{ row.replaced }}</td>
<td>{{ row.survivor }} <span class="faint">#{{ row.survivor_id }}</span></td>
<td class="number">{{ row.likely_percent ~ " %" if row.likely_percent is not none else "" }}</td>
<td>{{ row.why or "" }}{% if row.why_not %}<br><span class="against">but {{ row.why_not }}</span>{% endif %}</td>
<td>{{ row.decided_by }}</td><td>{{ row.reason }}</td><td>{{ row.state }}</td>
</tr>
{% endfor %}</tbody>
</table>
</body>
</html>
"""
