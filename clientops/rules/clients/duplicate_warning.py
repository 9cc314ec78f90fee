"""Warnings about clients who are probably in the book already, for rules that add clients."""

from __future__ import annotations

from clientops.matching.explain import WHY, WHY_NOT, words_sql
from clientops.matching.fingerprints import known_marks, marked_clients
from clientops.matching.lookup import MOST_ROWS, likely_duplicates, marks_of, of_clients_sql
from clientops.matching.lookup_many import likely_duplicates_of_many
from clientops.schema.tables import Steps


def add_likely_duplicates(steps: Steps) -> None:
    """Add the step ``likely_duplicates``: warnings (``row, field, code, message``) about the requests of a rule.

    Reads the step ``asked`` (``row`` and columns of ``clients``), and the marks of the last search for
    duplicates; without one, all clients' e-mails, phones and tax numbers. Who is certainly named by an equal e-mail,
    phone or tax number is told by that field; others by the evidence that they are the same.
    """
    tables, requests = steps.tables, steps["asked"]
    count = steps.count("asked")
    others = "clients"
    marked = marked_clients(tables, marks_of(requests)) if count <= MOST_ROWS else None
    if marked is not None:
        ids = {number for name in MARKED for number in marked.clients[name]}
        ids |= {number for (number,) in tables.query(marked.unknown).fetchall()}
        steps.add("equal clients", of_clients_sql("c.id, c.email, c.phone, c.tax_id", sorted(ids)))
        others = '"equal clients"'
    steps.add("equal fields", EQUAL_FIELDS.format(clients=others))
    found = None
    if count <= MOST_ROWS:
        found = likely_duplicates(tables, requests, marked=marked)
    elif known_marks(tables) is not None:
        found = likely_duplicates_of_many(tables, requests)
    if found is None:
        steps.add("likely_duplicates", EQUAL_WARNINGS)
        return
    tables.steps(likely_clients=tables.given(found.to_arrow_table()))
    likely = LIKELY_WARNINGS.format(why=words_sql(WHY, with_counts=True), why_not=words_sql(WHY_NOT))
    steps.add("likely_duplicates", f"{EQUAL_WARNINGS} union all {likely}")


MARKED = ("email_key", "phone_key", "tax_key")

EQUAL_FIELDS = """
    with given as (
        select "row", 'email' as field, email as value, lower(email) as key from asked where email is not null
        union all select "row", 'phone', phone, phone from asked where phone is not null
        union all select "row", 'tax_id', tax_id, tax_id from asked where tax_id is not null
    ),
    numbered as (select *, min("row") over (partition by field, key) as first_row from given),
    looked_up as (select distinct field, key from given),
    others as (
        select field, key, id from looked_up join {clients} c on field = 'email' and lower(c.email) = key
        union all
        select field, key, id from looked_up join {clients} c on field = 'phone' and c.phone = key
        union all
        select field, key, id from looked_up join {clients} c on field = 'tax_id' and c.tax_id = key
    )
    select n."row", n.field, n.key, n.value, n.first_row, o.id from numbered n left join others o using (field, key)
"""

EQUAL_WARNINGS = """
    with known as (
        select "row", field, any_value(value) as value, any_value(first_row) as first_row, count(id) as clients,
            array_to_string((array_agg('client ' || id order by id) filter (where id is not null))[:3], ', ') as words
        from "equal fields" group by "row", field
    )
    select "row", field, 'likely_duplicate' as code, field || ' ' || value || ' is also that of '
        || coalesce(words || case when clients > 3 then ' and ' || (clients - 3) || ' more' else '' end, 'row ' || first_row)
        || '; use the existing client if it is the same' as message
    from known where clients > 0 or first_row < "row"
"""

LIKELY_WARNINGS = """
    select "row", '' as field, 'likely_duplicate' as code, 'client ' || client_id || coalesce(' (' || name || ')', '')
        || ' is probably the same, ' || case when likely > 99.99 then 'more than 99.99' when likely > 99 then 'more than 99' else round(likely)::integer::varchar end || ' %: ' || why
        || case when why_not <> '' then '; but ' || why_not else '' end as message
    from (
        select l."row", l.client_id, l.score, 100 / (1 + pow(2, -l.score)) as likely, {why} as why, {why_not} as why_not,
            c.called as name
        from likely_clients l
        join (
            select id, coalesce(nullif(trim(concat_ws(' ', first_name, last_name)), ''), company_name) as called from clients
            where id in (select client_id from likely_clients)
        ) c on c.id = l.client_id
    ) told
    where not exists (select 1 from "equal fields" e where e."row" = told."row" and e.id = told.client_id)
    qualify row_number() over (partition by "row" order by score desc, client_id) <= 3
"""
