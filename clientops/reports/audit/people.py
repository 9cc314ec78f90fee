"""Who did what, by hand, at which hour, and for whom."""

from __future__ import annotations

from clientops.reports.audit.charts import bar_chart
from clientops.reports.audit.period import Period
from clientops.reports.audit.section import Kind, Section, count_figure, listed
from clientops.reports.documents.manual_entries import manual_entries
from clientops.schema.definition import quote_name
from clientops.schema.references import REFERENCES

REMOVING = ("delete-client", "delete-transaction", "merge-clients", "unmerge-clients", "erase-person")


def who_section(period: Period) -> Section:
    """Operations by operator, rule and hour, and each of them."""
    source, zone = period.operations(), period.policy.audit.time_zone
    every = listed(
        "operations", "Every operation of the period",
        (("Operation", "number"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("Rule", "text"), ("Reason", "text"), ("Requests", "number"), ("Rows", "number"), ("Undoes", "operation"), ("Undone by", "operation")),
        period.tables.query(
            f"select o.id, o.applied_at, o.operator, o.rule, o.reason, o.request_count, o.change_count, o.undoes_id, u.undone_by_id from {source} o left join {period.undone()} u on u.id = o.id order by o.id"
        ),
    )  # fmt: skip
    operators = listed(
        "by-operator", "By operator", (("Operator", "text"), ("Operations", "number"), ("Rows", "number"), ("Rules", "number"), ("First (UTC)", "moment"), ("Last (UTC)", "moment")),
        period.tables.query(f"select operator, count(*), sum(change_count)::bigint, count(distinct rule), min(applied_at), max(applied_at) from {source} group by operator order by operator"),
    )  # fmt: skip
    rules = listed(
        "by-rule", "By rule", (("Rule", "text"), ("Operations", "number"), ("Requests", "number"), ("Rows", "number"), ("Operators", "text")),
        period.tables.query(f"select rule, count(*), sum(request_count)::bigint, sum(change_count)::bigint, string_agg(distinct operator, ', ' order by operator) from {source} group by rule order by rule"),
    )  # fmt: skip
    hours = period.tables.query(
        f"select hour(applied_at at time zone $zone), count(*), count(distinct operator), sum(change_count)::bigint from {source} group by 1 order by 1", zone=zone
    ).fetchall()  # fmt: skip
    by_hour = listed("by-hour", f"By hour of the day ({zone})", (("Hour", "text"), ("Operations", "number"), ("Operators", "number"), ("Rows", "number")),
                     [(f"{hour:02d}:00", *rest) for hour, *rest in hours])  # fmt: skip
    counts = {hour: count for hour, count, *_ in hours}
    chart = bar_chart(
        f"Operations by hour of the day ({zone})",
        [f"{hour:02d}" for hour in range(24)],
        [counts.get(hour, 0) for hour in range(24)],
    ) if counts else ""  # fmt: skip
    return Section(
        "who", "Who did what", "Operations of the period by the person who applied them, by rule, and by hour.",
        (count_figure("Operations", every), count_figure("Operators", operators), count_figure("Rules used", rules), count_figure("Hours of the day", by_hour)),
        (operators, rules, by_hour, every), ((f"Operations by hour ({zone})", chart),) if chart else (),
    )  # fmt: skip


def manual_section(period: Period) -> Section:
    """What people entered by hand."""
    found = manual_entries(period.tables, period.first, period.last)
    entered = listed(
        "manual", "Operations by hand", (("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("What", "text"), ("Kind", "text"), ("Reason", "text"), ("Requests", "number"), ("Rows", "number")),
        found.operations.project("id, applied_at, operator, title, kind, reason, requests, rows"),
    )  # fmt: skip
    names = found.counts.columns
    counts = listed("manual-kinds", "New rows by kind, and where they came from", tuple((name.capitalize().replace("sql", "SQL"), "text" if name == "kind" else "number") for name in names), found.counts)  # fmt: skip
    unexplained = listed(
        "no-reason", "Entered by hand without a reason", (("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("What", "text")),
        found.operations.filter("coalesce(trim(reason), '') = ''").project("id, applied_at, operator, title"),
    )  # fmt: skip
    return Section(
        "manual-entries", "Manual entries", "What people typed in, beside what came by import, by generation and by rule.",
        (count_figure("Operations by hand", entered), count_figure("Of these without a reason", unexplained), count_figure("Kinds of entries", counts)),
        (counts, entered, unexplained),
    )  # fmt: skip


REMOVAL_COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("Rule", "text"), ("Reason", "text"),
    ("Rows deleted", "number"), ("Tables", "text"), ("Undone by", "operation"), ("Undone by whom", "text"),
)  # fmt: skip


def removals_section(period: Period) -> Section:
    """Deletes and merges, with what took them back."""
    rules = ", ".join(f"'{name}'" for name in REMOVING)
    found = period.tables.query(
        f"""
        with deleted as (
            select operation_id, sum(row_count)::bigint as rows, string_agg(table_name, ', ' order by table_name) as names
            from history.changes where kind = 'delete' group by operation_id
        )
        select o.id, o.applied_at, o.operator, o.rule, o.reason, d.rows, d.names, u.undone_by_id, w.operator
        from {period.operations()} o left join deleted d on d.operation_id = o.id
        left join {period.undone()} u on u.id = o.id left join history.operations w on w.id = u.undone_by_id
        where o.rule in ({rules}) or (d.rows > 0 and o.rule <> 'undo') order by o.id
        """
    )
    merged = listed("removals", "Deletes, merges, and their undo", REMOVAL_COLUMNS, found)
    taken_back = listed(
        "removals-undone",
        "Deletes and merges that were taken back",
        REMOVAL_COLUMNS,
        found.filter("undone_by_id is not null").order("id"),
    )
    undos = listed(
        "undos", "Every undo of the period", (("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("Undoes", "operation"), ("Which was", "text"), ("Applied by", "text"), ("Reason", "text")),
        period.tables.query(f"select o.id, o.applied_at, o.operator, o.undoes_id, w.rule, w.operator, o.reason from {period.operations()} o join history.operations w on w.id = o.undoes_id order by o.id"),
    )  # fmt: skip
    return Section(
        "removals-section", "Deletes and merges", "Operations that removed rows, and whether they were taken back.",
        (count_figure("Deletes and merges", merged), count_figure("Of these taken back", taken_back), count_figure("Undone operations", undos)), (merged, taken_back, undos),
    )  # fmt: skip


def hours_section(period: Period) -> Section:
    """Operations outside office hours."""
    audit = period.policy.audit
    days = ", ".join(map(str, audit.days))
    says_so = "; the policy says so" if period.policy.path else "; there is no policy that says otherwise"
    late = listed(
        "outside-hours", "Operations outside office hours",
        (("Operation", "operation"), (f"Applied ({audit.time_zone})", "moment"), ("Weekday", "text"), ("Operator", "text"), ("Rule", "text"), ("Reason", "text"), ("Rows", "number")),
        period.tables.query(
            f"""
            select id, there, dayname(there), operator, rule, reason, change_count
            from (select *, applied_at at time zone $zone as there from {period.operations()})
            where isodow(there) not in ({days}) or there::time < $opens::time or there::time >= $closes::time order by id
            """, zone=audit.time_zone, opens=audit.opens.isoformat(), closes=audit.closes.isoformat(),
        ),
    )  # fmt: skip
    return Section(
        "hours", "Outside office hours", f"The office is open {audit.opens:%H:%M} to {audit.closes:%H:%M} ({audit.time_zone}) on weekdays {days} (1 is Monday){says_so}.",
        (count_figure("Operations outside office hours", late),), (late,),
    )  # fmt: skip


def self_dealing_section(period: Period) -> Section:
    """Operators who touched something of a client with their own e-mail address."""
    emails = [(name, person.email) for name, person in sorted(period.policy.people.items()) if person.email]
    parts = ["select operator, lower(operator) as email from ops"]
    given: dict[str, str | None] = {}
    for n, (name, email) in enumerate(emails):
        parts.append(f"select $name{n}::varchar, lower($email{n}::varchar)")
        given |= {f"name{n}": name, f"email{n}": email}
    touched = " union ".join(
        ["select operation_id, id as client_id from history.clients"]
        + [
            f"select operation_id, {quote_name(r.column)} from history.{quote_name(r.table)}"
            for r in REFERENCES
            if r.target == "clients" and r.column == "client_id"
        ]
    )
    found = listed(
        "self-dealing", "Operators who dealt with a client of their own e-mail address",
        (("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("Rule", "text"), ("Client", "client"), ("E-mail", "text"), ("Reason", "text")),
        period.tables.query(
            f"""
            with ops as (select distinct operator from {period.operations()}),
            mine as (select distinct operator, email from ({" union all ".join(parts)}) where contains(email, '@')),
            addresses as (
                select id as client_id, lower(trim(email)) as email from clients
                union select client_id, lower(trim(email)) from contacts
                union select u.client_id, lower(trim(s.email)) from user_clients u join users s on s.id = u.user_id
            ),
            own as (select distinct m.operator, a.client_id, a.email from mine m join addresses a on a.email = m.email),
            touched as (select distinct operation_id, client_id from ({touched}) where operation_id > $before and operation_id <= $until)
            select o.id, o.applied_at, o.operator, o.rule, t.client_id, own.email, o.reason
            from touched t join {period.operations()} o on o.id = t.operation_id
            join own on lower(own.operator) = lower(o.operator) and own.client_id = t.client_id
            order by o.id, t.client_id, own.email
            """, **given, **period.values,
        ),
    )  # fmt: skip
    return Section(
        "own-accounts", "Self-dealing",
        "Operations on clients, their contacts or log-ins that have the operator's own e-mail address: the operator's name" + (", or the address that the policy gives." if period.policy.path else "."),
        (count_figure("Operations on one's own account", found, is_bad=True),), (found,),
    )  # fmt: skip
