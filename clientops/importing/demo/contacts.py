"""Contacts of the demo book's clients, the users who log in, and the finished rows of clients."""

from __future__ import annotations

from clientops.importing.demo.builder import Draft
from clientops.importing.demo.seeded_random import chance, moment, pick, skewed

# argon2 of "demo", so that nobody has to wait for a million hashes. These users can log in nowhere else.
DEMO_HASH = "$argon2id$v=19$m=65536,t=3,p=4$Luz6Uq+R8ubxSu7hhX2a6g$SIlVdqKggLgmcelrukM5PEK5X7E5i48YiqG6A4hcjvI"


def add_contacts(draft: Draft) -> dict[str, str]:
    """Steps of contacts, users and permissions; needs ``client_rows``, ``people`` and the words.

    Returns:
        Step by table.
    """
    draft.add("new_contacts", CONTACT_ROWS)
    draft.add("billing_contacts", BILLING_CONTACTS)
    draft.add("new_users", USER_ROWS)
    draft.add("new_user_clients", PERMISSION_ROWS)
    return {"contacts": "new_contacts", "users": "new_users", "user_clients": "new_user_clients"}


def add_client_rows(draft: Draft) -> dict[str, str]:
    """Step of the finished clients; needs ``balances`` and ``billing_contacts``.

    Returns:
        Step by table.
    """
    draft.add("new_clients", FINISHED_CLIENTS)
    return {"clients": "new_clients"}


CONTACT_ROWS = f"""
    with counted as (
        select id, case when company_name is null then if({chance("id", "partner", 40)}, 1, 0)
            when {chance("id", "contacts", 450)} then 1 + {pick("id", "more contacts", 3)} // 2 else 0 end as contacts
        from client_rows
    ),
    numbered as (select id, unnest(range(contacts))::integer as place, id * 4 + place as contact_key from counted where contacts > 0),
    drawn as (
        select r.*, n.place, contact_key,
            if({chance("contact_key", "female", 500)}, c.given_f_from + {skewed("contact_key", "given", "c.given_f_count")},
                c.given_m_from + {skewed("contact_key", "given", "c.given_m_count")}) as given_id,
            c.family_m_from + {skewed("contact_key", "family", "c.family_m_count")} as family_id
        from numbered n
        join client_rows r using (id)
        join people f using (id)
        join countries c on c.locale_id = f.locale_id
    ),
    flagged as (
        select *, {pick("contact_key", "role", 4)} as duty from drawn
    )
    select row_number() over (order by d.id, place) as id, d.id as client_id, given.word as first_name,
        if(company_name is null, d.last_name, family.word) as last_name, company_name,
        coalesce(nullif(given.latin, ''), 'contact') || '.' || coalesce(nullif(family.latin, ''), contact_key::varchar)
            || '@' || coalesce(nullif(split_part(email, '@', 2), ''), 'example.com') as email,
        address1, city, d.state, d.postcode, country, if(duty = 3, phone, null) as phone, duty = 0 as wants_general,
        duty < 2 as wants_invoice, duty = 2 as wants_support, duty = 2 as wants_product, duty = 3 as wants_domain,
        d.created_on
    from flagged d join words given on given.id = d.given_id join words family on family.id = d.family_id
"""

BILLING_CONTACTS = f"""
    select client_id, min(id) as contact_id, arg_min(concat_ws(' ', first_name, last_name), id) as name
    from new_contacts where wants_invoice and company_name is not null and {chance("client_id", "billing contact", 600)}
    group by client_id
"""

# A user is an address: who has several clients under it sees them all.
USER_ROWS = f"""
    with invited as (select * from client_rows where email is not null and {chance("id", "has user", 930)}),
    first_clients as (select min(id) as client_id from invited group by lower(email))
    select row_number() over (order by c.id) as id, c.first_name, c.last_name, lower(c.email) as email,
        if({chance("c.id", "password", 850)}, '{DEMO_HASH}', null) as password_hash, c.language,
        if(c.email_verified, {moment("c.created_on", "c.id", "verified at")}, null) as email_verified_at, c.last_login_at, c.created_on
    from invited c semi join first_clients f on f.client_id = c.id
"""

PERMISSION_ROWS = f"""
    with invited as (select id, email from client_rows where email is not null and {chance("id", "has user", 930)})
    select row_number() over (order by c.id) as id, u.id as user_id, c.id as client_id, true as is_owner
    from invited c join new_users u on u.email = lower(c.email)
"""

FINISHED_CLIENTS = """
    select c.*, coalesce(b.balance, 0)::decimal(18, 4) as credit_balance, k.contact_id as default_billing_contact_id
    from client_rows c
    left join balances b on b.client_id = c.id
    left join billing_contacts k on k.client_id = c.id
    order by c.id
"""
