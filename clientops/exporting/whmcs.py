"""What changed here since the last import, as CSV files with WHMCS's tables and columns, so that the work can go back.

One file a table, with the whole row of everything that was added or changed; ``load.sql``, which puts them into the
tables and leaves all other columns alone; and ``deleted.csv`` with the numbers of what is gone, for a person to decide. Passwords and card data are not here and so are not written. The columns are those of WHMCS 8; a status
that WHMCS does not know is written as the nearest it has ("Written off" as Cancelled). Text is exact (``+49 …`` gets
nothing in front), since the files are for a database and not for a spreadsheet; moments are on the business's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clientops.errors import UsageError
from clientops.exporting.files import export_relation
from clientops.tables.schema import quote_name, quote_text
from clientops.tables.view import Tables

NO_DATE = "'0000-00-00'"


@dataclass(frozen=True)
class Target:
    """A table of WHMCS: its name, our table, each of its columns as SQL over our row ``r``, and which rows it has."""

    name: str
    table: str
    columns: tuple[tuple[str, str], ...]
    joins: str = ""
    where: str = "true"


def _text(*pairs: str) -> tuple[tuple[str, str], ...]:
    """Columns of text, ``theirs=ours``; WHMCS has empty text where we have nothing."""
    split = (pair.partition("=") for pair in pairs)
    return tuple((theirs, f"coalesce(r.{ours or theirs}, '')") for theirs, _, ours in split)


def _plain(*pairs: str) -> tuple[tuple[str, str], ...]:
    split = (pair.partition("=") for pair in pairs)
    return tuple((theirs, f"r.{ours or theirs}") for theirs, _, ours in split)


def _numbers(*pairs: str) -> tuple[tuple[str, str], ...]:
    """Columns that point at something; WHMCS has 0 where we have nothing."""
    return tuple((theirs, f"coalesce(r.{ours}, 0)") for theirs, _, ours in (pair.partition("=") for pair in pairs))


def _flags(*pairs: str) -> tuple[tuple[str, str], ...]:
    return tuple((theirs, f"r.{ours}::integer") for theirs, _, ours in (pair.partition("=") for pair in pairs))


def _not(*pairs: str) -> tuple[tuple[str, str], ...]:
    return tuple((theirs, f"(not r.{ours})::integer") for theirs, _, ours in (pair.partition("=") for pair in pairs))


def _dates(*pairs: str) -> tuple[tuple[str, str], ...]:
    split = (pair.partition("=") for pair in pairs)
    return tuple((theirs, f"coalesce(r.{ours}::varchar, {NO_DATE})") for theirs, _, ours in split)


def _money(*pairs: str) -> tuple[tuple[str, str], ...]:
    """Amounts; WHMCS keeps two decimals."""
    return tuple((theirs, f"r.{ours}::decimal(16, 2)") for theirs, _, ours in (pair.partition("=") for pair in pairs))


def _moments(*pairs: str) -> tuple[tuple[str, str], ...]:
    split = (pair.partition("=") for pair in pairs)
    return tuple(
        (theirs, f"coalesce(strftime(timezone($time_zone, r.{ours}), '%Y-%m-%d %H:%M:%S'), '0000-00-00 00:00:00')")
        for theirs, _, ours in split
    )


CYCLE = """case r.billing_cycle when 'free' then 'Free Account' when 'one time' then 'One Time'
    when 'semi-annually' then 'Semi-Annually' else upper(r.billing_cycle[1]) || r.billing_cycle[2:] end"""

ITEM_TYPE = """case r.kind when 'setup' then 'Setup' when 'change' then 'Upgrade' when 'late fee' then 'LateFee'
    when 'group discount' then 'GroupDiscount' when 'add funds' then 'AddFunds'
    else case when r.service_id is not null then 'Hosting' when r.addon_id is not null then 'Addon'
        when r.domain_id is not null then 'Domain' when r.paid_invoice_id is not null then 'Invoice' else '' end end"""

RELID = """coalesce(r.service_id, r.addon_id, r.domain_id, r.paid_invoice_id, case r.kind when 'change' then
    (select min(c.id) from service_changes c where c.invoice_id = r.invoice_id) end, 0)"""

LANGUAGE_NAMES = {
    "ar": "arabic", "az": "azerbaijani", "ca": "catalan", "zh": "chinese", "hr": "croatian", "cs": "czech",
    "da": "danish", "nl": "dutch", "en": "english", "et": "estonian", "fa": "farsi", "fr": "french", "de": "german",
    "he": "hebrew", "hu": "hungarian", "it": "italian", "mk": "macedonian", "no": "norwegian", "pt-BR": "portuguese-br",
    "pt-PT": "portuguese-pt", "ro": "romanian", "ru": "russian", "es": "spanish", "sv": "swedish", "tr": "turkish",
    "uk": "ukranian",
}  # fmt: skip
# One that WHMCS does not come with stays as it is.
LANGUAGE = (
    "case r.language "
    + " ".join(f"when '{code}' then '{name}'" for code, name in LANGUAGE_NAMES.items())
    + " else coalesce(r.language, '') end"
)

ADDRESS = _text(
    "firstname=first_name", "lastname=last_name", "companyname=company_name", "email=email", "address1=address1",
    "address2=address2", "city=city", "state=state", "postcode=postcode", "country=country", "phonenumber=phone",
    "tax_id=tax_id",
)  # fmt: skip

TARGETS: tuple[Target, ...] = (
    Target("tblclients", "clients", (
        *_plain("id=id"), *ADDRESS, *_numbers("currency=currency_id"), *_text("defaultgateway=payment_method"),
        *_money("credit=credit_balance"), *_flags("taxexempt=is_tax_exempt", "separateinvoices=separate_invoices"),
        *_not("latefeeoveride=late_fees", "overideduenotices=overdue_notices", "overrideautoclose=auto_status"),
        *_dates("datecreated=created_on"), *_text("notes=admin_notes"),
        *_numbers("billingcid=default_billing_contact_id", "groupid=group_id"), *_plain("status=status"),
        ("language", LANGUAGE), *_flags("emailoptout=email_opt_out", "email_verified=email_verified"),
    )),
    Target("tblcontacts", "contacts", (
        *_plain("id=id", "userid=client_id"), *ADDRESS,
        *_flags("generalemails=wants_general", "invoiceemails=wants_invoice", "supportemails=wants_support",
                "productemails=wants_product", "domainemails=wants_domain", "affiliateemails=wants_affiliate"),
    )),
    Target("tblcredit", "credit_entries", (
        *_plain("id=id", "clientid=client_id"), *_dates("date=entry_on"), *_text("description=description"),
        *_money("amount=amount"), *_numbers("relid=invoice_id"),
    )),
    Target("tblinvoices", "invoices", (
        *_plain("id=id", "userid=client_id"), *_text("invoicenum=number"),
        *_dates("date=issued_on", "duedate=due_on", "datepaid=paid_on", "date_refunded=refunded_on", "date_cancelled=cancelled_on"),
        *_money("subtotal=subtotal", "credit=credit_applied", "tax=tax1", "tax2=tax2"),
        # WHMCS's total is what is left to pay after credit.
        ("total", "(r.total - r.credit_applied)::decimal(16, 2)"),
        *_plain("taxrate=tax_rate1", "taxrate2=tax_rate2"),
        ("status", "case r.status when 'Written off' then 'Cancelled' else r.status end"),
        *_text("paymentmethod=payment_method", "notes=notes"),
    )),
    Target("tblinvoiceitems", "invoice_items", (
        *_plain("id=id", "invoiceid=invoice_id"), ("userid", "i.client_id"),
        ("type", ITEM_TYPE),
        ("relid", RELID),
        *_text("description=description"), *_money("amount=amount"), *_flags("taxed=is_taxed"),
    ), "join invoices i on i.id = r.invoice_id"),
    Target("tblaccounts", "transactions", (
        *_plain("id=id"), *_numbers("userid=client_id", "currency=currency_id"), *_text("gateway=gateway"),
        *_moments("date=occurred_at"), *_text("description=description"),
        *_money("amountin=amount_in", "fees=fee", "amountout=amount_out"), *_plain("rate=rate"),
        *_text("transid=reference"), *_numbers("refundid=refunds_id"),
        # WHMCS has one invoice a transaction: the one that most of it settles.
        ("invoiceid", "coalesce((select arg_max(a.invoice_id, abs(a.amount)) from allocations a where a.transaction_id = r.id), 0)"),
    )),
    Target("tblhosting", "services", (
        *_plain("id=id", "userid=client_id"), *_numbers("orderid=order_id", "packageid=product_id", "server=server_id"),
        *_dates("regdate=registered_on"), *_text("domain=domain", "paymentmethod=payment_method"), *_plain("qty=quantity"),
        *_money("firstpaymentamount=first_amount", "amount=recurring_amount"), ("billingcycle", CYCLE),
        *_dates("nextduedate=next_due_on", "termination_date=terminated_on", "completed_date=completed_on"),
        *_plain("domainstatus=status"), *_text("username=username", "notes=notes", "suspendreason=suspend_reason"),
    )),
    Target("tbldomains", "domains", (
        *_plain("id=id", "userid=client_id"), *_numbers("orderid=order_id"), *_plain("type=kind"),
        *_dates("registrationdate=registered_on"), *_plain("domain=name"),
        *_money("firstpaymentamount=first_amount", "recurringamount=recurring_amount"), *_text("registrar=registrar"),
        *_plain("registrationperiod=registration_period"), *_dates("expirydate=expires_on", "nextduedate=next_due_on"),
        *_plain("status=status"), *_not("donotrenew=auto_renew"),
        *_flags("idprotection=has_privacy", "dnsmanagement=has_dns_management", "emailforwarding=has_email_forwarding"),
        *_text("additionalnotes=notes"),
    )),
    Target("tblnotes", "notes", (
        *_plain("id=id"), *_numbers("userid=client_id"), *_moments("created=created_at", "modified=modified_at"),
        *_plain("note=body"), *_flags("sticky=is_sticky"),
    ), where="r.subject_kind = 'client'"),
)  # fmt: skip


def export_whmcs(tables: Tables, folder: Path, *, since: int | None = None) -> list[tuple[str, int]]:
    """Write what changed here as CSV files with WHMCS's columns.

    Args:
        tables: The book's tables with their history.
        folder: New or empty folder for the files.
        since: Operation after which changes count; else the last import from WHMCS, or the beginning.

    Returns:
        (file name, rows) of each file written; tables without changes have none.

    Raises:
        UsageError: The folder has files already, or ``since`` is no operation.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"The folder {folder} is not empty; choose a new one")
    last, imported = tables.query(LAST_IMPORT).fetchall()[0]
    if since is not None and not 0 <= since <= last:
        raise UsageError(f"There is no operation {since}; the last one is {last}")
    after = imported if since is None else since
    folder.mkdir(parents=True, exist_ok=True)
    time_zone = tables.query(TIME_ZONE).fetchall()[0][0]
    written = []
    for target in TARGETS:
        rows = tables.query(changed_sql(target, time_zone), after=after)
        if rows.limit(1).fetchall():
            file = folder / f"{target.name}.csv"
            written.append((file.name, export_relation(rows, file, is_exact=True)))
    if written:
        loaded = [target for target in TARGETS if f"{target.name}.csv" in dict(written)]
        (folder / "load.sql").write_text(load_sql(loaded), encoding="utf-8")
    gone = tables.query(_gone_sql(TARGETS), after=after)
    if gone.limit(1).fetchall():
        written.append(("deleted.csv", export_relation(gone, folder / "deleted.csv")))
    return written


def tables_left_here(tables: Tables, *, since: int | None = None) -> list[str]:
    """Tables with changes that an export to WHMCS does not carry, to be entered there by hand.

    Args:
        tables: The book's tables with their history.
        since: Operation after which changes count; else the last import from WHMCS, or the beginning.
    """
    after = tables.query(LAST_IMPORT).fetchall()[0][1] if since is None else since
    found = tables.query(CHANGED_TABLES, after=after).fetchall()
    return [name for (name,) in found if name in BY_HAND]


# Tables that WHMCS has too and whose rows are not written.
BY_HAND = (
    "currencies", "groups", "tax_rates", "users", "user_clients", "products", "product_prices", "servers",
    "service_options", "addons", "promotions", "orders", "order_items", "custom_fields", "custom_values", "departments",
    "tickets", "ticket_replies", "affiliates", "referrals", "commissions", "service_changes", "article_categories",
    "articles", "quotes", "quote_items", "dns_records",
)  # fmt: skip

CHANGED_TABLES = """
    select distinct table_name from history.changes where operation_id > $after order by table_name
"""


def load_sql(targets: Sequence[Target]) -> str:
    """Statements that put the files of these tables into WHMCS, all or nothing: ``mariadb DATABASE < load.sql``."""
    return "\n".join([LOAD_HEAD, *(_load_table_sql(target) for target in targets), "commit;\n"])


LOAD_HEAD = """-- Run in this folder, after a backup: mariadb --local-infile DATABASE < load.sql
set sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';
start transaction;"""


def _load_table_sql(target: Target) -> str:
    names = [f"`{name}`" for name, _ in target.columns]
    listed, changed = ", ".join(names), ", ".join(f"{name} = values({name})" for name in names[1:])
    return f"""
create temporary table incoming like `{target.name}`;
load data local infile '{target.name}.csv' into table incoming character set utf8mb4
    fields terminated by ',' optionally enclosed by '"' escaped by '' lines terminated by '\\n' ignore 1 lines
    ({listed});
insert into `{target.name}` ({listed})
    select {listed} from incoming on duplicate key update {changed};
drop temporary table incoming;"""


LAST_IMPORT = """
    select coalesce(max(id), 0), coalesce(max(id) filter (rule = 'import-whmcs'), 0) from history.operations
"""


# The clock of the business, as the last import was told it.
TIME_ZONE = """
    select coalesce((
        select json_extract_string(r.request, '$.time_zone')
        from history.operations o join history.requests r on r.operation_id = o.id
        where o.rule = 'import-whmcs' order by o.id desc limit 1
    ), 'UTC')
"""


def changed_sql(target: Target, time_zone: str = "UTC") -> str:
    """SELECT of a table's rows, in WHMCS's columns, that operations after ``$after`` added or changed.

    Moments are shown as a clock in the time zone shows them.
    """
    columns = ", ".join(f"{sql} as {quote_name(name)}" for name, sql in target.columns)
    columns = columns.replace("$time_zone", quote_text(time_zone))
    table = quote_name(target.table)
    return f"""
        select {columns} from {table} r {target.joins}
        where r.id in (select id from history.{table} where operation_id > $after) and {target.where}
        order by r.id
    """


def _gone_sql(targets: Sequence[Target]) -> str:
    """SELECT of ``table, id`` of rows that there were when ``$after`` was applied, and are no more."""
    parts = []
    for target in targets:
        table = quote_name(target.table)
        parts.append(
            f"select '{target.name}' as \"table\", h.id from (select distinct id from history.{table} "
            f"where operation_id > $after and sign = -1) h anti join {table} r on r.id = h.id "
            f"where h.id in (select id from history.{table} where operation_id <= $after)"
        )
    return " union all ".join(parts) + " order by all"
