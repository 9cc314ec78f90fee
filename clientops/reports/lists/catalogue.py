"""The listings that screens show: clients, and what belongs to them."""

from __future__ import annotations

from functools import lru_cache

from clientops.core.readable import way_of_paying_sql
from clientops.registry import titles
from clientops.reports.lists.engine import Listing, Shown
from clientops.reports.lists.row_names import name_sql, party_contains_sql, party_sql
from clientops.schema.definition import quote_name, quote_text
from clientops.schema.definition import table as schema_of

NUMBER = Shown("id", "No.", "number")
_CLIENT = f"{party_sql('c')} as client"
_OWNED = "left join clients c on c.id = t.client_id left join currencies k on k.id = c.currency_id"
CLIENT = Shown(
    "client",
    "Client",
    found_by=f"client_id in (select c.id from clients c where {party_contains_sql('c', party_sql('c'), '{text}')})",
)
PARTY = Shown("client", "Client", found_by=party_contains_sql("listed", "listed.client", "{text}"))
# What was paid is looked up for the invoices that are asked for: for those of one client, not for all there are.
OWED = """
    case when t.status in ('Draft', 'Cancelled') then 0
        else t.total - t.credit_applied - t.written_off
            - coalesce((select sum(amount) from allocations where allocations.invoice_id = t.id), 0) end::decimal(18, 4)
"""

_SELECTS: dict[str, tuple[str, str, tuple[Shown, ...], str]] = {
    "clients": (
        "clients",
        f"""select t.id, {party_sql("t")} as client, t.email, t.phone, t.country, t.status, t.credit_balance, t.created_on, k.code,
                t.first_name, t.last_name, t.company_name, t.address1, t.postcode, t.city
            from clients t left join currencies k on k.id = t.currency_id""",
        (NUMBER, PARTY, Shown("email", "E-mail"), Shown("country", "Country"), Shown("status", "Status", "badge"),
         Shown("credit_balance", "Credit", "money"), Shown("created_on", "Since", "date")),
        "id desc",
    ),
    "invoices": (
        "invoices",
        f"""select t.id, coalesce(nullif(t.number, ''), t.id::varchar) as number, {_CLIENT}, t.issued_on, t.due_on, t.total,
                {OWED} as owed, case when t.status = 'Unpaid' and t.due_on < current_date then 'Overdue' else t.status end as status,
                k.code, t.client_id
            from invoices t {_OWNED}""",
        (Shown("number", "Invoice"), CLIENT, Shown("issued_on", "Issued", "date"), Shown("due_on", "Due", "date"),
         Shown("total", "Total", "money"), Shown("owed", "Owed", "money"), Shown("status", "Status", "badge")),
        "id desc",
    ),
    "transactions": (
        "transactions",
        f"""select t.id, t.occurred_at, coalesce({party_sql("c")}, t.client_name) as client, t.kind, {way_of_paying_sql("t.gateway")} as gateway, t.reference,
                t.amount_in, t.amount_out, k.code, t.client_id
            from transactions t left join clients c on c.id = t.client_id left join currencies k on k.id = t.currency_id""",
        (NUMBER, Shown("occurred_at", "When", "moment"), Shown("client", "Client"), Shown("kind", "Kind"), Shown("gateway", "Gateway"),
         Shown("reference", "Reference"), Shown("amount_in", "In", "money"), Shown("amount_out", "Out", "money")),
        "id desc",
    ),
    "services": (
        "services",
        f"""select t.id, {_CLIENT}, p.name as product, t.domain, t.billing_cycle, t.recurring_amount, t.next_due_on, t.status,
                k.code, t.client_id
            from services t {_OWNED} left join products p on p.id = t.product_id""",
        (NUMBER, CLIENT, Shown("product", "Product"), Shown("domain", "Domain"), Shown("billing_cycle", "Cycle"),
         Shown("recurring_amount", "Amount", "money"), Shown("next_due_on", "Next due", "date"), Shown("status", "Status", "badge")),
        "id desc",
    ),
    "domains": (
        "domains",
        f"""select t.id, {_CLIENT}, t.name, t.registrar, t.expires_on, t.recurring_amount, t.status, k.code, t.client_id
            from domains t {_OWNED}""",
        (NUMBER, CLIENT, Shown("name", "Domain"), Shown("registrar", "Registrar"), Shown("expires_on", "Expires", "date"),
         Shown("recurring_amount", "Renewal", "money"), Shown("status", "Status", "badge")),
        "expires_on",
    ),
    "contacts": (
        "contacts",
        f"""select t.id, {name_sql("t")} as name, t.email, t.phone, t.client_id, t.first_name, t.last_name, case when c.default_billing_contact_id = t.id then 'Billing' end as role,
                concat_ws(', ', case when t.wants_general then 'general' end, case when t.wants_invoice then 'invoices' end,
                    case when t.wants_support then 'support' end, case when t.wants_product then 'products' end,
                    case when t.wants_domain then 'domains' end) as mail
            from contacts t left join clients c on c.id = t.client_id""",
        (NUMBER, Shown("name", "Name"), Shown("email", "E-mail"), Shown("phone", "Phone"), Shown("mail", "Receives"), Shown("role", "Role", "badge")),
        "id",
    ),
    "credit_entries": (
        "credit entries",
        f"select t.id, t.entry_on, {_CLIENT}, t.description, t.amount, k.code, t.client_id from credit_entries t {_OWNED}",
        (NUMBER, Shown("entry_on", "Day", "date"), CLIENT, Shown("description", "Description"), Shown("amount", "Amount", "money")),
        "id desc",
    ),
    "notes": (
        "notes",
        "select t.id, t.created_at, t.author, t.body, t.client_id from notes t",
        (Shown("created_at", "When", "moment"), Shown("author", "Author"), Shown("body", "Note")),
        "id desc",
    ),
    "communications": (
        "communications",
        f"select t.id, t.happened_at, {_CLIENT}, t.kind, t.direction, t.subject, t.status, t.client_id from communications t left join clients c on c.id = t.client_id",
        (Shown("happened_at", "When", "moment"), CLIENT, Shown("kind", "Kind"), Shown("direction", "Direction"),
         Shown("subject", "Subject"), Shown("status", "Status", "badge")),
        "id desc",
    ),
    "tickets": (
        "tickets",
        f"select t.id, t.opened_at, {_CLIENT}, t.subject, t.priority, t.status, t.client_id from tickets t left join clients c on c.id = t.client_id",
        (Shown("opened_at", "Opened", "moment"), CLIENT, Shown("subject", "Subject"), Shown("priority", "Priority"),
         Shown("status", "Status", "badge")),
        "id desc",
    ),
    "orders": (
        "orders",
        f"select t.id, coalesce(t.number, t.id::varchar) as number, t.ordered_at, {_CLIENT}, t.amount, t.status, k.code, t.client_id from orders t {_OWNED}",
        (Shown("number", "Order"), Shown("ordered_at", "When", "moment"), CLIENT, Shown("amount", "Amount", "money"),
         Shown("status", "Status", "badge")),
        "id desc",
    ),
    "addons": (
        "add-ons",
        """select t.id, t.name, p.domain, t.billing_cycle, t.recurring_amount, t.next_due_on, t.status, k.code, p.client_id
            from addons t left join services p on p.id = t.service_id left join clients c on c.id = p.client_id
            left join currencies k on k.id = c.currency_id""",
        (NUMBER, Shown("name", "Add-on"), Shown("domain", "Domain"), Shown("billing_cycle", "Cycle"), Shown("recurring_amount", "Amount", "money"),
         Shown("next_due_on", "Next due", "date"), Shown("status", "Status", "badge")),
        "id desc",
    ),
    "dns_records": (
        "DNS records",
        "select t.id, t.name, t.type, t.content, t.ttl from dns_records t",
        (NUMBER, Shown("name", "Host"), Shown("type", "Type"), Shown("content", "Data"), Shown("ttl", "Time to live", "number")),
        "name, type",
    ),
    "service_changes": (
        "service changes",
        f"""select t.id, t.changed_on, {_CLIENT}, t.from_value, t.to_value, t.amount, t.credit_amount, t.status, k.code, t.client_id
            from service_changes t {_OWNED}""",
        (NUMBER, Shown("changed_on", "On", "date"), CLIENT, Shown("from_value", "Before"), Shown("to_value", "After"),
         Shown("amount", "Charged", "money"), Shown("credit_amount", "Credited", "money"), Shown("status", "Status", "badge")),
        "id desc",
    ),
    "order_items": (
        "order items",
        """select t.id, t.kind, t.description, t.billing_cycle, t.setup_fee, t.amount, t.discount, t.recurring_amount, k.code
            from order_items t left join orders o on o.id = t.order_id left join clients c on c.id = o.client_id
            left join currencies k on k.id = c.currency_id""",
        (NUMBER, Shown("kind", "What"), Shown("description", "Description"), Shown("billing_cycle", "Cycle"), Shown("setup_fee", "Set-up", "money"),
         Shown("amount", "First payment", "money"), Shown("discount", "Discount", "money"), Shown("recurring_amount", "Then", "money")),
        "id",
    ),
    "operations": (
        "operations",
        """select t.id, t.applied_at, coalesce({titles}[t.rule], t.rule) as rule, t.operator, t.reason, t.change_count,
                case when t.undoes_id is not null then 'undoes ' || t.undoes_id
                    when u.id is not null then 'undone by ' || u.id end as undo
            from history.operations t
            left join (select undoes_id, max(id) as id from history.operations group by undoes_id) u on u.undoes_id = t.id""",
        (NUMBER, Shown("applied_at", "When", "moment"), Shown("rule", "What"), Shown("operator", "Who"), Shown("reason", "Why"),
         Shown("change_count", "Rows", "number"), Shown("undo", "Undo")),
        "id desc",
    ),
}  # fmt: skip

_MORE = {
    "clients": (Shown("first_name", "First name"), Shown("last_name", "Last name"), Shown("company_name", "Company"), Shown("phone", "Phone"),
                Shown("address1", "Address"), Shown("postcode", "Postcode"), Shown("city", "City")),
    "contacts": (Shown("first_name", "First name"), Shown("last_name", "Last name")),
}  # fmt: skip


def listing(name: str, where: str = "", *, title: str = "") -> Listing:
    """A listing by its name, of the rows that a condition on ``t`` keeps.

    With the condition ``t.client_id = $client_id`` the column of the client is left out.
    """
    heading, sql, columns, order = _SELECTS[name]
    if "client_id = $" in where:
        columns = tuple(column for column in columns if column.name != "client")
    if name == "operations":
        sql = sql.replace("{titles}", _titles_sql())
    full = f"{sql} where {where}" if where else sql
    base = "" if name == "operations" else f"{name} t" + (f" where {where}" if where else "")
    return Listing(name.replace("_", "-"), title or heading, full, columns, order, f"No {title or heading} here", _MORE.get(name, ()), base)  # fmt: skip


@lru_cache(maxsize=1)
def _titles_sql() -> str:
    """MAP of what people call the rules, by name."""
    return f"map {{{', '.join(f'{quote_text(name)}: {quote_text(title)}' for name, title in titles().items())}}}"


def is_listed(name: str) -> bool:
    """Whether there is a listing made for a table."""
    return name in _SELECTS


def plain_listing(name: str, where: str) -> Listing:
    """A listing of any table: its first telling columns."""
    columns = [c for c in schema_of(name).columns if c.name != "id" and not c.name.endswith(("_id", "sha256", "hash"))][
        :6
    ]
    kinds = {"DATE": "date", "TIMESTAMP WITH TIME ZONE": "moment", "DECIMAL(18,4)": "number"}
    shown = tuple(Shown(c.name, c.name.replace("_", " ").capitalize(), kinds.get(c.type, "text")) for c in columns)  # type: ignore[arg-type]
    texts = ", ".join(
        f"t.{quote_name(c.name)}" if c.type in kinds else f"t.{quote_name(c.name)}::varchar as {quote_name(c.name)}"
        for c in columns
    )
    return Listing(
        name,
        name.replace("_", " "),
        f"select t.id, {texts} from {quote_name(name)} t where {where}",
        (NUMBER, *shown),
        "id",
    )
