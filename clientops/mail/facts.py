"""What mails say: the facts of the client and of what each mail is about, read from the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clientops.core.plan import as_dicts
from clientops.schema.tables import Tables

MOST_ITEMS = 100


def read_facts(tables: Tables, communication_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Facts for templates by number of the communication.

    Args:
        tables: The tables as they are.
        communication_ids: Mails to be written.

    Returns:
        For each mail ``company`` (text), ``client`` (``id``, ``name``, ``currency``, ``credit_balance``,
        ``language``, ``client_area``), and, if it is about one and that is there, ``invoice`` (with ``items`` and
        ``owed``), ``transaction`` (with ``invoices``), ``credit``, or ``user`` (``name``, ``email``, ``language``,
        ``has_password``); amounts are Decimal, dates are dates.
    """
    ids = ", ".join(str(int(number)) for number in communication_ids) or "null"
    settings = {row["name"]: row["value"] for row in as_dicts(tables.query("select name, value from settings"))}
    company = settings.get("company_name") or "us"
    facts: dict[int, dict[str, Any]] = {}
    for row in as_dicts(tables.query(CLIENTS.format(ids=ids))):
        number = row.pop("communication_id")
        facts[number] = {"company": company, "client": {**row, "client_area": settings.get("client_area")}}
    for name, sql, parts, part_sql in SUBJECTS:
        found = as_dicts(tables.query(sql.format(ids=ids)))
        lines: dict[int, list[dict[str, Any]]] = {}
        for line in as_dicts(tables.query(part_sql.format(ids=ids))) if part_sql else ():
            lines.setdefault(line.pop("owner_id"), []).append(line)
        for row in found:
            number = row.pop("communication_id")
            if parts:
                row[parts] = lines.get(row["id"], [])
            facts.setdefault(number, {"company": company})[name] = row
    return facts


CLIENTS = """
    select communications.id as communication_id, clients.id, clients.language, clients.credit_balance,
        coalesce(nullif(concat_ws(' ', clients.first_name, clients.last_name), ''), clients.company_name, 'client') as name,
        currencies.code as currency
    from communications join clients on clients.id = communications.client_id
    left join currencies on currencies.id = clients.currency_id
    where communications.id in ({ids})
"""

INVOICES = f"""
    with asked as (
        select id as communication_id, subject_id from communications
        where subject_kind = 'invoice' and id in ({{ids}})
    ),
    paid as (
        select invoice_id, sum(amount) as amount from allocations
        where invoice_id in (select subject_id from asked) group by invoice_id
    ),
    counted as (
        select invoice_id, count(*) as items from invoice_items
        where invoice_id in (select subject_id from asked) group by invoice_id
    )
    select asked.communication_id, invoices.id, coalesce(invoices.number, invoices.id::varchar) as number,
        invoices.issued_on, invoices.due_on, invoices.status, invoices.total, invoices.credit_applied,
        (invoices.tax1 + invoices.tax2)::decimal(18, 4) as tax, invoices.notes, invoices.client_tax_id, invoices.company_tax_id,
        case when invoices.status in ('Draft', 'Cancelled') then 0::decimal(18, 4)
            else (invoices.total - coalesce(paid.amount, 0) - invoices.credit_applied - invoices.written_off)::decimal(18, 4)
        end as owed,
        greatest(coalesce(counted.items, 0) - {MOST_ITEMS}, 0) as more_items
    from asked join invoices on invoices.id = asked.subject_id
    left join paid on paid.invoice_id = invoices.id
    left join counted on counted.invoice_id = invoices.id
"""

ITEMS = f"""
    select invoice_id as owner_id, id, kind, description, quantity, unit_price, amount from invoice_items
    where invoice_id in (select subject_id from communications where subject_kind = 'invoice' and id in ({{ids}}))
    qualify row_number() over (partition by invoice_id order by id) <= {MOST_ITEMS}
    order by invoice_id, id
"""

TRANSACTIONS = """
    select communications.id as communication_id, transactions.id, transactions.amount_in, transactions.occurred_at,
        transactions.reference, transactions.gateway, currencies.code as currency
    from communications join transactions on transactions.id = communications.subject_id
    left join currencies on currencies.id = transactions.currency_id
    where communications.subject_kind = 'transaction' and communications.id in ({ids})
"""

PAID_INVOICES = """
    select allocations.transaction_id as owner_id, coalesce(invoices.number, invoices.id::varchar) as number,
        allocations.amount
    from allocations join invoices on invoices.id = allocations.invoice_id
    where allocations.transaction_id in (
        select subject_id from communications where subject_kind = 'transaction' and id in ({ids})
    )
    order by allocations.id
"""

CREDIT = """
    select communications.id as communication_id, credit_entries.id, credit_entries.amount, credit_entries.entry_on,
        credit_entries.description
    from communications join credit_entries on credit_entries.id = communications.subject_id
    where communications.subject_kind = 'credit entry' and communications.id in ({ids})
"""

USERS = """
    select communications.id as communication_id, users.id, users.email, users.language,
        users.password_hash is not null as has_password,
        coalesce(nullif(concat_ws(' ', users.first_name, users.last_name), ''), users.email) as name
    from communications join users on users.id = communications.subject_id
    where communications.subject_kind = 'user' and communications.id in ({ids})
"""

# Name in the facts, the rows, the name of their parts, the parts.
SUBJECTS = (
    ("invoice", INVOICES, "items", ITEMS),
    ("transaction", TRANSACTIONS, "invoices", PAID_INVOICES),
    ("credit", CREDIT, "", ""),
    ("user", USERS, "", ""),
)
