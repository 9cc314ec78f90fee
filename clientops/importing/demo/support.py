"""Tickets, e-mails, calls, notes, custom fields and quotes of the demo book's clients."""

from __future__ import annotations

from clientops.core.money import round_sql
from clientops.importing.demo.builder import Draft
from clientops.importing.demo.catalogue import OPERATORS
from clientops.importing.demo.seeded_random import chance, listed, moment, one_of, pick, weighted
from clientops.importing.demo.services import MIGRATION

# (department, subject, what the client writes, what we answer)
TOPICS = (
    (
        1,
        "Mail does not arrive",
        "Since this morning no mail comes in.",
        "A full mailbox was the cause; it has more room now.",
    ),
    (1, "Website is slow", "Pages take ten seconds to load.", "We turned on the cache. Please look again."),
    (1, "Cannot log in", "My password is not accepted.", "We sent you a link to set a new one."),
    (1, "Certificate expired", "Browsers warn about our site.", "The certificate was renewed."),
    (2, "Question about my invoice", "What is the second line for?", "It is the renewal of your domain."),
    (2, "Invoice paid twice", "I paid the last invoice two times.", "The surplus is on your account as credit."),
    (3, "Larger plan", "What would the next plan cost?", "We sent you a quote; the rest of the cycle is taken off."),
    (4, "Spam from your network", "Please look into this address.", "Thank you, the account was cleaned."),
)


def add_support(draft: Draft) -> dict[str, str]:
    """Steps of the tables' rows; needs the rows of clients, services and ``settled``.

    Returns:
        Step by table.
    """
    rows = {
        "tickets": TICKET_ROWS,
        "ticket_replies": REPLY_ROWS,
        "communications": COMMUNICATION_ROWS,
        "notes": NOTE_ROWS,
        "custom_values": VALUE_ROWS,
    }
    for name, sql in rows.items():
        draft.add(f"new_{name}", sql)
    draft.add("quote_lines", QUOTE_LINES)
    draft.add("new_quotes", QUOTE_ROWS)
    draft.add("new_quote_items", QUOTE_ITEM_ROWS)
    return {name: f"new_{name}" for name in (*rows, "quotes", "quote_items")}


def topic(place: int) -> str:
    """SQL of a part of the topic of a ticket."""
    return f"{listed(topic[place] for topic in TOPICS)}[1 + topic]"


TICKETS_EACH = {0: 61, 1: 22, 2: 11, 3: 4, 5: 2}

TICKET_ROWS = f"""
    with asked as (
        select id as client_id, unnest(range({weighted("id", "tickets", TICKETS_EACH)}))::integer as place, id * 8 + place as ticket_key,
            created_on, coalesce(ended_on, $today) as last_on
        from people where role <> 'gone'
        union all
        select null, 0, -number, $today - 400, $today from range(1, $clients // 200 + 1) strangers(number)
    ),
    dated as (
        select client_id, ticket_key, created_on + {pick("ticket_key", "ticket day", "last_on - created_on - 1")} as day,
            {pick("ticket_key", "topic", len(TOPICS))} as topic
        from asked
    ),
    numbered as (
        select *, row_number() over (order by day, ticket_key) as id, {moment("day", "ticket_key", "ticket time")} as opened_at from dated
    )
    select n.id, chr(65 + {pick("n.id", "letter 1", 26)}) || chr(65 + {pick("n.id", "letter 2", 26)}) || chr(65 + {pick("n.id", "letter 3", 26)})
            || '-' || lpad(((n.id * 618033989 + 7) % 1_000_000)::varchar, 6, '0') as number,
        n.client_id, {topic(0)} as department_id, if(p.registered_on <= day, p.service_id, null) as service_id,
        if(n.client_id is null, 'Sam Visitor', null) as name,
        if(n.client_id is null, 'visitor' || -ticket_key || '@example.org', null) as email, opened_at,
        {topic(1)} as subject, {topic(2)} as message,
        case when day >= $today - 3 then if({chance("n.id", "answered", 500)}, 'Answered', 'Open')
            when {chance("n.id", "still open", 40)} then 'On Hold' else 'Closed' end as status,
        {weighted("n.id", "priority", {"Low": 15, "Medium": 70, "High": 15})} as priority,
        if(status = 'Open', opened_at, opened_at + interval 2 hour + to_minutes({pick("n.id", "last reply", 180)})) as last_reply_at
    from numbered n
    left join purchases p on p.client_id = if(topic < 4, n.client_id, null) and p.place = 0
"""

REPLY_ROWS = f"""
    with said as (
        select id as ticket_id, 1 as turn, null::bigint as client_id, opened_at + interval 40 minute as replied_at,
            {listed(t[3] for t in TOPICS)}[list_position({listed(t[1] for t in TOPICS)}, subject)] as message,
            {one_of("id", "operator", *OPERATORS)} as operator, false as is_internal
        from new_tickets where status <> 'Open'
        union all
        select id, 0, null, opened_at + interval 20 minute, 'Same cause as last week, I take it.', {one_of("id", "operator", *OPERATORS)}, true
        from new_tickets where status <> 'Open' and {chance("id", "staff note", 90)}
        union all
        select id, 2, client_id, last_reply_at, {one_of("id", "thanks", "Thank you, that works.", "Great, thanks!", "Solved, please close.")},
            null, false
        from new_tickets where status <> 'Open' and client_id is not null
    )
    select row_number() over (order by ticket_id, turn) as id, * exclude (turn) from said
"""

COMMUNICATION_ROWS = f"""
    with written as (
        select id as client_id, 'email' as kind, 'out' as direction, 'general' as category, 'welcome' as template, created_on as day,
            'Welcome to Nordlicht Hosting' as subject, 'Your account is ready.' as body, email as sent_to, 'sent' as status,
            null::varchar as error, null::varchar as outcome, null::date as follow_up_on, null::varchar as operator, 0::bigint as about
        from client_rows where created_on > $today - 180 and email is not null
        union all
        select s.client_id, 'email', 'out', 'invoice', 'invoice-created', issued_on, 'Invoice INV-' || number, 'Your invoice is ready.', email,
            if({chance("invoice_id", "bounced", 8)}, 'failed', 'sent'), if({chance("invoice_id", "bounced", 8)}, 'mailbox full', null),
            null, null, null, invoice_id
        from settled s join client_rows c on c.id = s.client_id
        where not is_draft and issued_on > $today - 45 and email is not null
        union all
        select s.client_id, 'email', 'out', 'invoice', 'invoice-overdue', due_on + 7, 'Reminder: invoice INV-' || number,
            'We have not received your payment yet.', email, 'sent', null, null, null, null, invoice_id
        from settled s join client_rows c on c.id = s.client_id
        where s.status in ('Unpaid', 'Collections') and due_on + 7 < $today and email is not null and overdue_notices
        union all
        select id, 'call', if({chance("id", "called us", 600)}, 'in', 'out'), 'support', null,
            created_on + {pick("id", "call day", "$today - created_on - 1")}, {one_of("id", "call", "Renewal", "New website", "Overdue invoice")}, null,
            null, 'logged', null, {one_of("id", "outcome", "Will pay this week", "Wants a quote", "Solved", "Call back later")},
            if({chance("id", "follow up", 300)}, $today + 1 + {pick("id", "follow up day", 20)}, null), {one_of("id", "operator", *OPERATORS)}, 0
        from client_rows where {chance("id", "call", 45)}
    )
    select row_number() over (order by day, client_id, about, kind) as id, * exclude (day, about),
        if(about > 0, 'invoice', null) as subject_kind, nullif(about, 0) as subject_id,
        {moment("day", "client_id + about", "written")} as happened_at, if(kind = 'email', 1, 0) as attempts,
        if(status = 'sent', happened_at + interval 1 minute, null) as sent_at
    from written
"""

NOTE_ROWS = f"""
    with written as (
        select id as client_id, 'client' as subject_kind, id as subject_id, created_on + {
    pick("id", "note day", "$today - created_on")
} as day,
            {
    one_of(
        "id",
        "note",
        "Asked for a discount, declined",
        "Prefers e-mail to phone",
        "Reseller, has own support",
        "Needs the tax number on invoices",
        "Friendly, long-standing client",
    )
} as body, {chance("id", "sticky", 150)} as is_sticky
        from client_rows where {chance("id", "note", 90)}
        union all
        select client_id, 'invoice', invoice_id, least($today - 1, due_on + 90), 'Written off after two reminders', false
        from settled where status = 'Written off'
        union all
        select client_id, 'service', service_id, last_due_on, 'Suspended, waiting for the payment', false
        from (select *, $today - 1 as last_due_on from purchases) where fate = 'suspended' and service_id is not null
    )
    select row_number() over (order by day, client_id, subject_kind, subject_id) as id, * exclude (day),
        {one_of("client_id", "author", *OPERATORS)} as author, {
    moment("day", "client_id + subject_id", "noted")
} as created_at
    from written
"""

VALUE_ROWS = f"""
    with chosen as (
        select 1 as field_id, id as subject_id, {one_of("id", "found us", "Search", "Friend", "Advertisement", "Fair")} as value
        from client_rows where {chance("id", "told us", 400)}
        union all
        select 2, id, 'K' || (20_000 + id) from client_rows where {chance("id", "old system", 80)}
        union all
        select 3, id, 'yes' from client_rows where company_name is not null and {chance("id", "purchase order", 90)}
        union all
        select 4, service_id, {one_of("service_id", "panel", "Plesk", "cPanel", "none")}
        from purchases where product_id between 1 and 8 and fate <> 'left behind' and {chance("service_id", "panel", 300)}
        union all
        select 5, domain_id, 'yes' from purchases where domain_id is not null and {chance("domain_id", "lock", 40)}
    )
    select row_number() over (order by field_id, subject_id) as id, * from chosen
"""

STAGES = {"Draft": 20, "Delivered": 30, "On Hold": 5, "Accepted": 30, "Lost": 10, "Dead": 5}

QUOTE_LINES = f"""
    with asked as (
        select row_number() over (order by p.id) as quote_id, p.id as client_id, p.currency_id, minor_digits, rate1, rate2,
            p.created_on + {pick("p.id", "quote day", "coalesce(ended_on, $today) - p.created_on")} as day
        from people p where p.role <> 'gone' and is_company and {chance("p.id", "quote", 60)}
    )
    select q.*, place, if(place = 1, 'VPS L, one year', 'Help with the move, hours') as description,
        1 + {pick("q.client_id * 2 + place", "quoted", 4)} as quantity, price.amount as unit_price,
        {round_sql("(price.amount * (1 + " + pick("q.client_id * 2 + place", "quoted", 4) + ") * rate1 * 0.01)")} as tax1,
        {round_sql("(price.amount * (1 + " + pick("q.client_id * 2 + place", "quoted", 4) + ") * rate2 * 0.01)")} as tax2
    from asked q
    cross join (values (1, 7, 'annually'), (2, {MIGRATION}, 'one time')) wanted(place, product_id, billing_cycle)
    join price_list price on price.product_id = wanted.product_id and price.currency_id = q.currency_id
        and price.billing_cycle = wanted.billing_cycle
"""

QUOTE_ROWS = f"""
    with summed as (
        select quote_id as id, client_id, currency_id, day, sum(quantity * unit_price)::decimal(18, 4) as subtotal,
            sum(tax1)::decimal(18, 4) as tax1, sum(tax2)::decimal(18, 4) as tax2
        from quote_lines group by quote_id, client_id, currency_id, day
    ),
    staged as (select *, {weighted("client_id", "stage", STAGES)} as stage from summed)
    select q.id, q.client_id, 'Move to your own server' as subject, q.stage, concat_ws(', ', c.company_name, c.address1, c.city) as bill_to,
        q.currency_id, day as created_on, day + 30 as valid_until_on, if(stage = 'Draft', null, day) as sent_on,
        if(stage = 'Accepted', least($today - 1, day + {pick("q.id", "accepted", 20)}), null) as accepted_on, subtotal, tax1, tax2,
        (subtotal + tax1 + tax2)::decimal(18, 4) as total, 'As discussed on the phone.' as proposal
    from staged q join client_rows c on c.id = q.client_id
    order by q.id
"""

QUOTE_ITEM_ROWS = """
    select row_number() over (order by quote_id, place) as id, quote_id, description, quantity, unit_price, true as is_taxed
    from quote_lines
"""
