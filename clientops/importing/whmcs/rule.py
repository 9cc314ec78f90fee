"""The rule that imports a staged WHMCS, and its report."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.plan import Change, Plan, Relation, Rule, as_dicts
from clientops.importing.whmcs.compare import add_imported, filled_tables, judge_rows
from clientops.importing.whmcs.mapping import Mapping
from clientops.importing.whmcs.not_taken import NOTES, VERSION
from clientops.importing.whmcs.reading import MAPPINGS, faults_of, place_of, present_mappings, read_rows
from clientops.importing.whmcs.round_trip import seen_rows_sql
from clientops.importing.whmcs.tax_settings import FOUND_SETTINGS, NEW_SETTINGS, SETTING_WARNINGS
from clientops.schema.definition import quote_name, quote_text
from clientops.schema.requests import Request, Text
from clientops.schema.tables import Steps, Tables


class ImportWhmcs(Request):
    """Import a WHMCS that was read into a staging file."""

    source: Text = Field(
        default="whmcs", title="Source", description="Name of this WHMCS; the same for each import of it"
    )
    time_zone: Text = Field(
        default="UTC", title="Time zone", description="That WHMCS's clock shows, e.g. Europe/Berlin"
    )
    take_source: bool = Field(
        default=False,
        title="Take the source's values",
        description="Where a value was changed both here and there since the last import",
    )


def import_whmcs(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Bring what is new or changed in a WHMCS into the book.

    Args:
        tables: Read-only tables; reads those that are filled, their history, ``source_ids``, ``import_problems`` and
            ``merged_clients``. The staging file is attached as ``staging`` (see ``Staging``).
        requests: One row: ``source``, ``time_zone``, ``take_source``. See ``ImportWhmcs``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts of new rows, with WHMCS's numbers; updates of rows that changed in the source since the last import,
        column by column. Rows that were changed here and are in the source just as here, since an export was loaded
        there, are noted in ``source_ids``: what is known of the source from then on. Rows that cannot be taken become
        ``import_problems`` with their original values, and new rows step over their numbers; those that
        can be taken now leave it. Per table, read = new + changed + unchanged + problems. Nothing is deleted because
        it is gone from the source; what was deleted or merged here since stays so. A second import of the same
        source plans nothing.

    Problems:
        Of the request: ``no_staging``, ``one_at_a_time``, ``unknown_time_zone``. Rows that cannot be taken do not
        stop an import; their codes in ``import_problems``: ``bad_number``, ``bad_amount``, ``duplicate``, ``missing``,
        ``unknown_value``, ``unknown_currency``, ``missing_parent``, ``number_taken`` (by a row that did not come from
        this source), ``conflict`` (changed here and in the source since the last import).

    Source:
        The column lists of WHMCS 8; its manual on credit, overpayments, merging and deletion.
    """
    steps = tables.steps(requests=requests)
    steps.add("request_problems", REQUEST_PROBLEMS)
    if steps.count("request_problems"):
        return steps.plan(problems="request_problems")
    present, is_repeated = _judge(steps)
    steps.add("problem_rows", problems_sql(steps, present))
    steps.add("new_problems", NEW_PROBLEMS.format(next_id=tables.next_id("import_problems")))
    steps.add("old_problems", OLD_PROBLEMS)
    steps.add("seen_rows", seen_rows_sql(steps, present))
    steps.add("old_source_ids", OLD_SOURCE_IDS)
    steps.add("new_source_ids", new_source_ids_sql(steps, present, tables.next_id("source_ids")))
    steps.add("found_settings", FOUND_SETTINGS)
    steps.add("new_settings", NEW_SETTINGS.format(next_id=tables.next_id("settings")))
    steps.add("warnings", warnings_sql(present))
    changes: list[Change] = []
    for table in filled_tables(present):
        changes.append(steps.insert(table, f"new_{table}"))
        if is_repeated:
            changes.append(steps.update(table, f"changed_{table}"))
    return steps.plan(
        *changes,
        steps.insert("settings", "new_settings"),
        steps.insert("source_ids", "new_source_ids"),
        steps.delete("source_ids", "old_source_ids"),
        steps.insert("import_problems", "new_problems"),
        steps.delete("import_problems", "old_problems"),
        problems="request_problems",
        warnings="warnings",
        summary=summarise(steps),
    )


def import_report(tables: Tables, requests: Relation) -> Relation:
    """What an import would do, counted, and the money on both sides.

    Args:
        tables: As for :func:`import_whmcs`, with the staging file attached.
        requests: The same request.

    Returns:
        One row per table of WHMCS, table here and currency: ``source_table, table_name, currency, read, new, changed,
        unchanged, problems, money_read, money_taken, money_problems, difference``. Read = new + changed + unchanged +
        problems; difference = money read - taken - on problem rows, 0 unless amounts were changed here since.
    """
    steps = tables.steps(requests=requests)
    _judge(steps)
    return tables.query("select * exclude (place) from import_report order by place, currency")


def _judge(steps: Steps) -> tuple[tuple[Mapping, ...], bool]:
    """Read, compare and count; the mappings that have rows, and whether the source was imported before."""
    source, time_zone = steps.value("select source from requests"), steps.value("select time_zone from requests")
    takes_source = bool(steps.value("select coalesce(take_source, false) from requests"))
    present = present_mappings(steps)
    is_repeated = add_imported(steps, present, source=source, time_zone=time_zone)
    read_rows(steps, present, source=source, time_zone=time_zone)
    judge_rows(steps, present, is_repeated=is_repeated, takes_source=takes_source)
    filled = {mapping.key for mapping in present}
    steps.drop(*(f"read_{mapping.key}" for mapping in MAPPINGS if mapping.key not in filled))
    parts = [report_sql(place_of(mapping), mapping) for mapping in present]
    steps.add("import_report", " union all ".join(parts))
    return present, is_repeated


REQUEST_PROBLEMS = """
    select 0::bigint as "row", 'staging' as field, 'no_staging' as code,
        'there is no staging file: read the WHMCS into one first' as message
    where not exists (select 1 from duckdb_tables() where database_name = 'staging' and table_name = 'tblclients')
    union all
    select "row", 'source', 'one_at_a_time', 'only one WHMCS can be imported at a time'
    from requests where "row" <> (select min("row") from requests)
    union all
    select "row", 'time_zone', 'unknown_time_zone',
        'time_zone ' || time_zone || ' is not known; write it like Europe/Berlin'
    from requests where lower(time_zone) not in (select lower(name) from pg_timezone_names())
"""


def report_sql(place: int, mapping: Mapping) -> str:
    """SELECT of the rows of the report for one mapping."""
    taken = f"sum({mapping.money or 'null'})"
    return REPORT.format(
        place=place,
        source=quote_text(mapping.source),
        table=quote_text(mapping.table),
        key=mapping.key,
        taken=taken,
        is_money="true" if mapping.money else "false",
    )


REPORT = """
    select *, (money_read - money_taken - money_problems)::decimal(38, 4) as difference
    from (
        select {place} as place, {source} as source_table, {table} as table_name, money.code as currency,
            count(*) as "read",
            count(*) filter (where verdict = 'new') as "new",
            count(*) filter (where verdict = 'changed') as changed,
            count(*) filter (where verdict = 'unchanged') as unchanged,
            count(*) filter (where not is_taken) as problems,
            case when {is_money} then coalesce(sum(r.money_read), 0)::decimal(38, 4) end as money_read,
            case when {is_money} then coalesce({taken} filter (where is_taken), 0)::decimal(38, 4) end as money_taken,
            case when {is_money} then coalesce(sum(r.money_read) filter (where not is_taken), 0)::decimal(38, 4) end
                as money_problems
        from (select *, verdict in ('new', 'changed', 'unchanged') as is_taken from rows_{key}) r
        left join currency_codes money on money.id = r.money_currency_id
        group by money.code
    )
"""


def summarise(steps: Steps) -> tuple[tuple[str, str], ...]:
    """Figures for the preview: per table what was read and what becomes of it, per table and currency the money."""
    counted = as_dicts(steps.add("report_counts", REPORT_COUNTS).order("place"))
    lines = [("Version of WHMCS", str(steps.value(VERSION)))]
    lines += [(f"{row['source_table']} → {row['table_name']}", row["said"]) for row in counted]
    compared = as_dicts(steps.add("report_money", REPORT_MONEY).order("place, currency"))
    seen = steps.count("seen_rows")
    lines += (
        [("Changed here, and in WHMCS already as they are here", f"{seen:,} row{'s' if seen != 1 else ''}")]
        if seen
        else []
    )
    return (*lines, *((f"Money in {row['table_name']}, {row['currency']}", row["said"]) for row in compared))


REPORT_COUNTS = """
    select place, source_table, table_name, 'read ' || sum("read") || ': ' || sum("new") || ' new, ' || sum(changed)
        || ' changed, ' || sum(unchanged) || ' unchanged, ' || sum(problems) || ' problems' as said
    from import_report group by place, source_table, table_name having sum("read") > 0
"""


def _shown(money: str) -> str:
    cases = " ".join(f"when {n} then ({money})::decimal(38, {n})::varchar" for n in (0, 1, 2, 3))
    return f"(coalesce(currency, '?') || ' ' || case digits {cases} else ({money})::varchar end)"


REPORT_MONEY = f"""
    select place, source_table, table_name, coalesce(currency, 'currency unknown') as currency,
        'read ' || {_shown("money_read")} || ', taken ' || {_shown("money_taken")} || ', on problem rows '
            || {_shown("money_problems")} || ', difference ' || {_shown("difference")} as said
    from (
        select r.*, coalesce(c.minor_digits, 2) as digits
        from import_report r
        left join (select code, min(minor_digits) as minor_digits from currency_codes group by code) c
            on c.code = r.currency
    )
    where money_read <> 0 or money_taken <> 0 or money_problems <> 0
"""


def problems_sql(steps: Steps, present: tuple[Mapping, ...]) -> str:
    """SELECT of all rows that cannot be taken, shaped like ``import_problems`` without ``id``."""
    found = steps.add("mappings_with_problems", "select distinct place from import_report where problems > 0")
    places = {place for (place,) in found.fetchall()}
    parts = [NO_PROBLEM_ROWS]
    parts += [problem_rows_sql(mapping) for mapping in present if place_of(mapping) in places]
    return " union all ".join(parts)


NO_PROBLEM_ROWS = """
    select r.source, ''::varchar as source_table, ''::varchar as source_id, ''::varchar as field, ''::varchar as code,
        ''::varchar as message, ''::varchar as original, 0::decimal(18, 4) as amount, ''::varchar as currency_code,
        ''::varchar as table_name
    from requests r where false
"""


def problem_rows_sql(mapping: Mapping) -> str:
    """SELECT of the rows of a mapping that cannot be taken."""
    faults = faults_of(mapping)

    def chosen(texts: list[str]) -> str:
        return "case r.fault " + " ".join(f"when {i} then {text}" for i, text in enumerate(texts, 1)) + " end"

    return PROBLEM_ROWS.format(
        source_table=quote_text(mapping.source),
        staged=quote_name(mapping.source),
        table=quote_text(mapping.table) if mapping.keeps_numbers else "null",
        key=mapping.key,
        field=chosen([quote_text(fault.field) for fault in faults]),
        code=chosen([quote_text(fault.code) for fault in faults]),
        message=chosen([fault.message for fault in faults]),
    )


PROBLEM_ROWS = """
    select requests.source, {source_table}, r.source_id,
        case r.verdict when 'conflict' then r.fields else {field} end,
        case r.verdict when 'conflict' then 'conflict' else {code} end,
        case r.verdict when 'conflict' then r.message else {message} end,
        to_json(s)::varchar, try_cast(r.money_read as decimal(18, 4)), money.code, {table}
    from rows_{key} r
    join staging.{staged} s on s.rowid = r.source_row
    left join currency_codes money on money.id = r.money_currency_id
    cross join requests
    where r.verdict in ('problem', 'conflict')
"""

_PROBLEM = "source, source_table, source_id, field, code, message, original, amount, currency_code, table_name"
_SAME_PROBLEM = " and ".join(
    f"theirs.{name} is not distinct from ours.{name}" for name in (*_PROBLEM.split(", "), "copy")
)
_COPIES = f"row_number() over (partition by {_PROBLEM}) as copy"

NEW_PROBLEMS = f"""
    with theirs as (select *, {_COPIES} from problem_rows),
    ours as (select *, {_COPIES} from import_problems where source = (select source from requests))
    select {{next_id}} + row_number() over (
            order by source_table, length(source_id), source_id, code, field, message, original, copy) as id, {_PROBLEM}
    from theirs anti join ours on {_SAME_PROBLEM}
"""

OLD_PROBLEMS = f"""
    with theirs as (select *, {_COPIES} from problem_rows),
    ours as (select *, {_COPIES} from import_problems where source = (select source from requests))
    select id from ours anti join theirs on {_SAME_PROBLEM}
"""


def new_source_ids_sql(steps: Steps, present: tuple[Mapping, ...], next_id: str) -> str:
    """SELECT of the numbers of rows that are numbered here, for ``source_ids``: new ones, and those found again."""
    parts = [
        f"select {quote_text(m.source)} as source_table, source_id, {quote_text(m.table)} as table_name, id as row_id "
        f"from rows_{m.key} where verdict = 'new'"
        for m in present
        if m.is_numbered_here
    ]
    parts += [
        f"select {quote_text(m.source)}, source_id, {quote_text(m.table)}, id from rows_{m.key} "
        f"semi join unlinked_{m.key} using (id) where verdict = 'unchanged'"
        for m in present
        if f"unlinked_{m.key}" in steps
    ]
    return NEW_SOURCE_IDS.format(next_id=next_id, parts=" union all ".join([RENUMBERED, *parts]))


# Currencies that were here before, found by their code.
RENUMBERED = """
    select 'tblcurrencies' as source_table, source_id::varchar as source_id, 'currencies' as table_name, id as row_id
    from numbers_currencies where id <> source_id
"""

NEW_SOURCE_IDS = """
    with given as (
        select requests.source, n.* from ({parts}) n cross join requests
        anti join source_ids known on known.source = requests.source and known.source_table = n.source_table
            and known.source_id = n.source_id and known.table_name = n.table_name
        union all
        select requests.source, seen_rows.* from seen_rows cross join requests
    )
    select {next_id} + row_number() over (order by source_table, table_name, row_id) as id, given.* from given
"""


OLD_SOURCE_IDS = """
    select k.id from source_ids k
    semi join seen_rows on seen_rows.table_name = k.table_name and seen_rows.row_id = k.row_id
        and seen_rows.source_table = k.source_table
    where k.source = (select source from requests)
"""


def warnings_sql(present: tuple[Mapping, ...]) -> str:
    """SELECT of the warnings: values left empty, text put right, tables that were not there, rows not taken."""
    doubts = " union all ".join(
        f"select {quote_text(m.source)} as source_table, source_id, unnest(string_split(doubts, ' ')) as field "
        f"from rows_{m.key} where doubts is not null and verdict <> 'problem'"
        for m in present
    )
    return f"{NOTES} union all {WARNINGS.format(doubts=doubts)} union all {SETTING_WARNINGS}"


WARNINGS = """
    select 0::bigint as "row", source_table || '.' || field as field, 'left_empty' as code,
        field || ' cannot be read or points at nothing, and is left empty, in ' || count(distinct source_id)
            || case count(distinct source_id) when 1 then ' row' else ' rows' end || ' of ' || source_table
            || '; first in ' || arg_min(source_id, (length(source_id), source_id)) as message
    from ({doubts}) group by source_table, field
    union all
    select 0, table_name, 'text_repaired', 'HTML codes and double-encoded text were put right in '
        || string_agg(column_name || ' (' || "values" || ')', ', ' order by column_name)
    from staging.repairs group by table_name
    union all
    select 0, '', 'not_in_source', 'not in the source: ' || string_agg(table_name, ', ' order by table_name)
    from staging.reading where not is_found and table_name not in ('tblbillableitems', 'tblcancelrequests')
    having count(*) > 0
    union all
    select 0, code, case code when 'conflict' then 'conflict' else 'not_taken' end,
        sum("rows") || case sum("rows") when 1 then ' row' else ' rows' end || case code when 'conflict'
            then ' changed both here and in the source since the last import: left as here'
            else ' cannot be taken' end || '; see import_problems, code ' || code || ': '
            || string_agg(source_table || ' (' || "rows" || ')', ', ' order by source_table)
    from (select source_table, code, count(*) as "rows" from problem_rows group by source_table, code) group by code
"""

IMPORT_WHMCS = Rule(
    "import-whmcs", "Import WHMCS", import_whmcs, ImportWhmcs, risk="medium", group="import", lenient=True
)
RULES: tuple[Rule, ...] = (IMPORT_WHMCS,)
