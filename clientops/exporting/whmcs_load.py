"""The statements that put an export into WHMCS: all of it or, where WHMCS is not as it was imported, nothing.

They work on MariaDB and MySQL without stored programs, since those want rights of their own and end a transaction. Rows
are compared byte by byte. A column that was not changed here is left alone, so what was changed there meanwhile stays;
one that was changed here must be there as the book knows it, or already as it is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clientops.exporting.whmcs_targets import Target

BEFORE = "before"
"""Folder with the rows that WHMCS has, as it is known to have them."""

# Choices of a list, in capitals or not.
_CHOICES = {
    "status", "domainstatus", "type", "stage", "paytype", "urgency", "promotype", "language", "country", "paid",
}  # fmt: skip
_DAYS = ("datepaid", "date_refunded", "date_cancelled", "created_at")
# Text that is never empty.
_TEXTS = {"name", "groupname", "note", "message", "title", "code", "domain"}
# Since WHMCS 7.6 marketing_emails_opt_in counts, and this one has anything.
_NOT_COMPARED = {"emailoptout"}
_CODES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#039;", "\\'"), ("&#39;", "\\'"), ("&amp;", "&"))


def load_sql(targets: Sequence[Target], known: Iterable[str] = ()) -> str:
    """Statements that put the files of these tables into WHMCS: ``mariadb DATABASE < load.sql``.

    Args:
        targets: The tables that have a file.
        known: Names of those of them that have a file in the folder ``before``, too.
    """
    names = ", ".join(f"'{target.name}'" for target in targets)
    known = set(known)
    return "\n".join(
        [
            HEAD,
            *(_files_sql(target, is_known=target.name in known) for target in targets),
            BEGIN.format(names=names),
            *(_check_sql(target) for target in targets),
            REFUSE,
            *(_write_sql(target) for target in targets),
            "\ncommit;\n",
        ]
    )


HEAD = """-- Run in this folder, after a backup: mariadb --local-infile DATABASE < load.sql
-- If a row is not in WHMCS as it was imported, each such row is listed and nothing at all is loaded.
set sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', sql_notes = 0;
create temporary table clientops_refused (row_and_reason text character set utf8mb4);
create temporary table clientops_stop (
    reason varchar(180) character set utf8mb4, unique key `nothing was loaded` (reason)
);"""

BEGIN = """
set session transaction isolation level serializable;
start transaction;
insert into clientops_refused
    select concat(table_name, ': its engine ', engine, ' cannot load all or nothing; alter table ', table_name,
        ' engine = InnoDB first')
    from information_schema.tables
    where table_schema = database() and table_name in ({names}) and engine <> 'InnoDB';"""

REFUSE = """
select row_and_reason as `Nothing was loaded: WHMCS is not as it was imported` from clientops_refused;
set @clientops_refused = (select count(*) from clientops_refused);
-- An error here ends the whole. Where WHMCS is right, import it with --take-source and export again; where the book is,
-- give WHMCS the book's value by hand. A row with a number of another needs a new number on one side.
insert into clientops_stop
    select left(concat(@clientops_refused, ' not as imported; first: ', first_one), 180)
    from (select min(row_and_reason) as first_one from clientops_refused) refused
    cross join (select 1 as time_told union all select 2) twice
    where @clientops_refused > 0;"""


def _files_sql(target: Target, *, is_known: bool) -> str:
    listed = ", ".join(f"`{name}`" for name, _ in target.columns)
    statements = [
        f"\ncreate temporary table {kind}_{target.name} (primary key (id)) select {listed} from `{target.name}` limit 0;"
        for kind in ("after", "before")
    ]
    files = {"after": f"{target.name}.csv"} | ({"before": f"{BEFORE}/{target.name}.csv"} if is_known else {})
    statements += [
        f"""load data local infile '{file}' into table {kind}_{target.name} character set utf8mb4
    fields terminated by ',' optionally enclosed by '"' escaped by '' lines terminated by '\\n' ignore 1 lines
    ({listed});
set @clientops_unfit = @@warning_count;
insert into clientops_refused
    select concat('{file}: ', @clientops_unfit, ' values do not fit into the columns of {target.name}')
    from (select 1 as once) once where @clientops_unfit > 0;"""
        for kind, file in files.items()
    ]
    return "\n".join(statements)


def _check_sql(target: Target) -> str:
    names = [name for name, _ in target.columns if name != "id"]
    clashes = ",\n            ".join(
        _clash_sql(name, is_text="''" in sql or name in _TEXTS)
        for name, sql in target.columns
        if name != "id" and name not in _NOT_COMPARED
    )
    differs = " or ".join(f"not {_same(f'w.`{name}`', f'a.`{name}`')}" for name in names)
    return f"""
insert into clientops_refused
    select concat('{target.name} ', id, ': ', said) from (
        select a.id, if(w.id is null, 'deleted there since', concat_ws('; ',
            {clashes})) as said
        from after_{target.name} a join before_{target.name} b on b.id = a.id left join `{target.name}` w on w.id = a.id
    ) known where said <> '';
insert into clientops_refused
    select concat('{target.name} ', a.id, ': another row has this number there, and none had when it was given here')
    from after_{target.name} a left join before_{target.name} b on b.id = a.id join `{target.name}` w on w.id = a.id
    where b.id is null and ({differs});"""


def _write_sql(target: Target) -> str:
    names = [f"`{name}`" for name, _ in target.columns]
    changed = ",\n        ".join(
        f"w.{name} = if({_same(f'a.{name}', f'b.{name}')}, w.{name}, a.{name})" for name in names if name != "`id`"
    )
    given = ", ".join(f"a.{name}" for name in names)
    return f"""
update `{target.name}` w join after_{target.name} a on a.id = w.id join before_{target.name} b on b.id = a.id
    set {changed}
    where @clientops_refused = 0;
insert into `{target.name}` ({", ".join(names)})
    select {given}
    from after_{target.name} a left join before_{target.name} b on b.id = a.id left join `{target.name}` w on w.id = a.id
    where b.id is null and w.id is null and @clientops_refused = 0;"""


def _same(one: str, other: str) -> str:
    """SQL: two values are the same to the last byte; in a comparison as text, Ada would be ada."""
    return f"(cast({one} as binary) <=> cast({other} as binary))"


def _clash_sql(name: str, *, is_text: bool) -> str:
    """SQL of the complaint on a column that was changed here and there; empty if there is none."""
    after, before, there = f"a.`{name}`", f"b.`{name}`", f"w.`{name}`"
    allowed = " or ".join(
        [
            _same(after, before),
            _same(there, before),
            _same(there, after),
            *_read_alike(name, there, before, is_text=is_text),
        ]
    )

    def shown(value: str) -> str:
        return f"'\"', left(coalesce({value}, ''), 60), '\"'"

    said = f"concat('{name} is ', {shown(there)}, ' there, was imported as ', {shown(before)}, ', is ', {shown(after)}, ' here')"
    return f"if({allowed}, null, {said})"


def _read_alike(name: str, there: str, before: str, *, is_text: bool) -> list[str]:
    """SQL conditions: an import reads what is there as what it was, though it is written another way."""
    cycles = _both("replace(regexp_replace(lower({}), '[^a-z]', ''), 'account', '')", there, before)
    # Of the two days an import reads the later one.
    due = _both("greatest({0}.nextduedate, {0}.nextinvoicedate)", "w", "b")
    days = _both("date({})", there, before)
    ways = {
        "phonenumber": [_both("regexp_replace({}, '[^0-9+]', '')", there, before)],
        "qty": [f"(greatest({there}, 1) <=> {before})"],
        "status": [f"({before} = 'Unpaid' and {there} in ('Payment Pending', 'Overdue'))"],
        "billingcycle": [cycles],
        "new_cycle": [cycles],
        "nextduedate": [due],
        "nextinvoicedate": [due],
        **{day: [days] for day in _DAYS},
    }
    if name in _CHOICES:
        return [f"({there} <=> {before})", *ways.get(name, [])]
    if name in ways or not is_text:
        return ways.get(name, [])
    plain = there
    for code, sign in _CODES:
        plain = f"replace({plain}, '{code}', '{sign}')"
    mended = f"convert(cast(convert({there} using latin1) as binary) using utf8mb4)"
    return [_same(f"trim({plain})", before), _same(f"trim({mended})", before)]


def _both(sql: str, one: str, other: str) -> str:
    return f"({sql.format(one)} <=> {sql.format(other)})"
