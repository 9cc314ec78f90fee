"""Money that leaves an invoice on which credit was given already: that credit is paid out by it, not given twice.

A credit note of a paid invoice becomes account credit. Where money of the same invoice is then sent back, the money pays
the note out: the credit is taken, and the note reduces the invoice instead. Where the credit is spent, the invoice gives
back no more than what came in for it.
"""

from __future__ import annotations

from datetime import date

from clientops.core.money import show_sql
from clientops.schema.balances import balances_sql
from clientops.schema.tables import Steps, Tables


def pay_out(steps: Steps, tables: Tables, *, today: date, entries: str = "entries") -> None:
    """Work out what of earlier credit is taken because money leaves the invoices it came from.

    Args:
        steps: With ``leaving``: ``"row", invoice_id, amount`` (positive, what leaves the invoice), ``keeps_owed`` (whether
            the invoice shall owe again what leaves it, and no credit note is paid out); ``credit_after``: ``client_id,
            credit`` (their credit once the rest of the operation is done, where it is not what it is now). Adds
            ``leaving_sums`` (``invoice_id, leaving, paid_out, taken_back, short`` and the invoice's balances),
            ``paid_out_notes`` (updates of ``credit_notes``), ``leaving_problems`` (``"row", code, message``) and
            ``leaving_warnings`` (``"row", field, code, message``).
        tables: For the next number of credit entries.
        today: Day of the entries.
        entries: Step with the operation's other new credit entries, whose numbers come first. Adds ``all_entries`` of
            both, and ``all_balances``: what they make of the clients' credit.
    """
    steps.add("leaving_balances", balances_sql("select invoice_id from leaving"))
    steps.add("leaving_sums", SUMS)
    steps.add("paid_out_parts", PARTS)
    steps.add("paid_out_notes", "select note_id as id, (applied + amount)::decimal(18, 4) as applied from paid_out_parts where note_id is not null")  # fmt: skip
    steps.add("paid_out_entries", ENTRIES.format(next_id=tables.next_id("credit_entries"), entries=entries), today=today)  # fmt: skip
    steps.add("all_entries", f"select * from {entries} union all by name select * from paid_out_entries")
    steps.add("all_balances", ALL_BALANCES)
    steps.add("leaving_problems", PROBLEMS)
    steps.add("leaving_warnings", WARNINGS)


def credit_back_sql(invoices: str, what: str, next_id: str) -> str:
    """SELECT of credit entries: what comes back from cancelled invoices, less what a service on them gave back before.

    Args:
        invoices: Step of ``"row", id, client_id, invoice_name, credit_applied, credited_back``.
        what: SQL of the description.
        next_id: As ``Tables.next_id`` gives it.

    Returns:
        SQL of ``id, client_id, entry_on, description, amount, invoice_id, gives_back_id``, with ``$today``.
    """
    return f"""
        with both_sides as (
            select "row", 1 as side, client_id, id, {what} as description, credit_applied as amount, id as invoice_id,
                null::bigint as gives_back_id
            from {invoices} where credit_applied > 0
            union all
            select "row", 2, client_id, id, 'Given back already for a service on cancelled invoice ' || invoice_name,
                -credited_back, null, id
            from {invoices} where credit_applied > 0 and credited_back > 0
        )
        select {next_id} + row_number() over (order by "row", id, side) as id, client_id, $today::date as entry_on, description,
            amount, invoice_id, gives_back_id
        from both_sides
    """


# ``needed`` is what must be taken so that no more is given back than came in; ``wanted``, what the notes cover of it.
SUMS = """
    with sums as (
        select invoice_id, max("row") as "row", sum(amount) as leaving,
            coalesce(sum(amount) filter (where not keeps_owed), 0) as leaving_for_good
        from leaving group by invoice_id
    ),
    asked_of as (
        select sums."row", leaving, leaving_for_good, b.*,
            greatest(0, b.given_back - (b.came_in - leaving)) as needed,
            coalesce(after.credit, clients.credit_balance) as credit
        from sums join leaving_balances b using (invoice_id)
        join clients on clients.id = b.client_id left join credit_after after on after.client_id = b.client_id
    ),
    wanting as (
        select *, least(surplus, greatest(least(leaving_for_good, surplus), needed)) as wanted_notes,
            least(credited_back, greatest(0, needed - least(surplus, needed))) as wanted_back
        from asked_of
    ),
    offered as (
        select *, greatest(0, credit - coalesce(sum(wanted_notes + wanted_back) over (
            partition by client_id order by invoice_id rows between unbounded preceding and 1 preceding), 0)) as credit_left
        from wanting
    ),
    taken as (
        select *, least(wanted_notes, credit_left)::decimal(18, 4) as paid_out,
            least(wanted_back, greatest(0, credit_left - wanted_notes))::decimal(18, 4) as taken_back
        from offered
    )
    select * exclude (wanted_notes, wanted_back, leaving_for_good),
        greatest(0, needed - paid_out - taken_back)::decimal(18, 4) as short
    from taken
"""

PARTS = """
    with surplus_notes as (
        select notes.id as note_id, coalesce(notes.number, notes.id::varchar) as note, notes.applied, s.invoice_id, s.client_id,
            s.paid_out, notes.total - notes.applied as room,
            sum(notes.total - notes.applied) over (partition by s.invoice_id order by notes.id) as until_room
        from leaving_sums s join credit_notes notes on notes.invoice_id = s.invoice_id
        where s.paid_out > 0 and notes.status = 'Issued' and notes.total > notes.applied
    )
    select note_id, note, applied, invoice_id, client_id,
        least(room, greatest(0, paid_out - (until_room - room)))::decimal(18, 4) as amount
    from surplus_notes where paid_out > until_room - room
    union all
    select null, null, null, invoice_id, client_id, taken_back from leaving_sums where taken_back > 0
"""

ENTRIES = """
    select {next_id} + (select count(*) from {entries}) + row_number() over (order by p.invoice_id, note_id nulls last) as id,
        p.client_id, $today::date as entry_on,
        case when note_id is not null then 'Credit note ' || note || ' paid out: it reduces invoice '
            else 'Credit given back already, taken for invoice ' end || coalesce(i.number, i.id::varchar) as description,
        (-p.amount)::decimal(18, 4) as amount, if(note_id is not null, p.invoice_id, null) as invoice_id,
        if(note_id is null, p.invoice_id, null) as gives_back_id
    from paid_out_parts p join invoices i on i.id = p.invoice_id
"""

ALL_BALANCES = """
    with sums as (select client_id, sum(amount) as amount from all_entries group by client_id)
    select clients.id, try_cast(credit_balance + sums.amount as decimal(18, 4)) as credit_balance
    from clients join sums on sums.client_id = clients.id where sums.amount <> 0
"""

PROBLEMS = f"""
    select s."row", 'more_than_came_in' as code, 'only ' || {show_sql("greatest(0, leaving - short)", "k.code", "k.minor_digits")}
        || ' of invoice ' || coalesce(i.number, i.id::varchar) || ' can be given back: ' || {show_sql("came_in", "k.code", "k.minor_digits")}
        || ' came in, ' || {show_sql("given_back", "k.code", "k.minor_digits")} || ' was given back as credit before, of which client '
        || s.client_id || ' has ' || {show_sql("credit_left", "k.code", "k.minor_digits")} || ' left' as message
    from leaving_sums s join invoices i on i.id = s.invoice_id join clients c on c.id = s.client_id
    join currencies k on k.id = c.currency_id where short > 0
"""

WARNINGS = f"""
    select s."row", '' as field, 'note_paid_out' as code, {show_sql("paid_out", "k.code", "k.minor_digits")}
        || ' of the credit that a credit note gave for invoice ' || coalesce(i.number, i.id::varchar)
        || ' is paid out by this: it is no longer credit of client ' || s.client_id as message
    from leaving_sums s join invoices i on i.id = s.invoice_id join clients c on c.id = s.client_id
    join currencies k on k.id = c.currency_id where paid_out > 0
    union all
    select s."row", '', 'note_spent', {show_sql("surplus - paid_out", "k.code", "k.minor_digits")}
        || ' of the credit that a credit note gave for invoice ' || coalesce(i.number, i.id::varchar)
        || ' stays with client ' || s.client_id || ' or is spent: the invoice owes more again'
    from leaving_sums s join invoices i on i.id = s.invoice_id join clients c on c.id = s.client_id
    join currencies k on k.id = c.currency_id where short = 0 and surplus > paid_out and leaving > paid_out
"""
