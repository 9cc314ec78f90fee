"""Invoices, payments and the credit log of WHMCS, as they become rows here."""

from __future__ import annotations

from clientops.importing.whmcs.mapping import (
    Column,
    Fault,
    Mapping,
    body,
    choice,
    choice_sql,
    computed,
    day,
    day_sql,
    flag,
    flag_sql,
    moment,
    money,
    money_sql,
    number,
    number_sql,
    raw,
    reference,
    text,
    unreadable_amount,
    wide_money_sql,
)

INVOICE_STATUSES = {
    "draft": "Draft",
    "unpaid": "Unpaid",
    "payment pending": "Unpaid",
    "overdue": "Unpaid",
    "paid": "Paid",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
    "collections": "Collections",
}
INVOICE_STATUS = choice_sql("status", INVOICE_STATUSES)
TAX_MODE = """coalesce((
    select min('inclusive') from staging.tblconfiguration where setting = 'TaxType' and lower(value) = 'inclusive'
), 'exclusive')"""

TOTAL = f"try_cast({wide_money_sql('total')} + {wide_money_sql('credit')} as decimal(18, 4))"

INVOICES = Mapping(
    "invoices",
    "tblinvoices",
    (
        text("number", "invoicenum"),
        reference("client_id", "userid", "clients"),
        computed("issued_on", f"(case when {INVOICE_STATUS} <> 'Draft' then {day_sql('date')} end)", "date"),
        day("due_on", "duedate"),
        day("paid_on", "datepaid"),
        day("refunded_on", "date_refunded"),
        day("cancelled_on", "date_cancelled"),
        computed("tax_mode", TAX_MODE),
        number("tax_rate1", "taxrate", "decimal(9, 4)"),
        number("tax_rate2", "taxrate2", "decimal(9, 4)"),
        money("subtotal", "subtotal"),
        money("tax1", "tax"),
        money("tax2", "tax2"),
        # WHMCS's total is what is left to pay after credit; ours is what the invoice asks.
        Column(
            "total",
            f"coalesce({TOTAL}, 0)::decimal(18, 4)",
            "total",
            (
                unreadable_amount("total"),
                Fault(
                    "total", "bad_amount", f"{TOTAL} is null", "'total and credit come to more than there is room for'"
                ),
            ),
        ),
        money("credit_applied", "credit"),
        choice("status", "status", INVOICE_STATUSES),
        text("payment_method", "paymentmethod"),
        body("notes", "notes"),
    ),
    money="total",
    money_read=f"{wide_money_sql('total')} + {wide_money_sql('credit')}",
    owner="to_client_id.id",
)

ITEM_KINDS = {
    "hosting": "service",
    "promohosting": "service",
    "setup": "setup",
    "addon": "addon",
    "domain": "domain",
    "domainregister": "domain",
    "domaintransfer": "domain",
    "domainrenew": "domain",
    "promodomain": "domain",
    "domainaddondns": "domain",
    "domainaddonemf": "domain",
    "domainaddonidp": "domain",
    "domaingracefee": "domain",
    "domainredemptionfee": "domain",
    "upgrade": "change",
    "latefee": "late fee",
    "groupdiscount": "group discount",
    "invoice": "invoice",
    "addfunds": "add funds",
}
ITEM_KIND = f"coalesce({choice_sql('type', ITEM_KINDS)}, 'other')"


def _billed(*kinds: str) -> str:
    """SQL of the number that relid is, if the item is of one of the kinds."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return f"(case when {ITEM_KIND} in ({listed}) then {number_sql('relid')} end)"


# WHMCS keeps the tax of an invoice only; here each taxed line carries its part, and the parts add up to the last unit:
# what has run up after a line, less what had run up before it, each cut to whole units.
TAX_SHARES = f"""
    with lines as (
        select s.rowid as source_row, try_cast(s.id as bigint) as id, bill.id as invoice_id, bill.tax1, bill.tax2,
            ({wide_money_sql("amount")} * 100)::hugeint as amount,
            case when money.minor_digits = 0 and bill.tax1 = trunc(bill.tax1) and bill.tax2 = trunc(bill.tax2)
                then 1 else 100 end as units
        from staging.tblinvoiceitems s
        join read_invoices bill on bill.id = {number_sql("invoiceid")} and bill.fault is null
        left join client_currencies money on money.client_id = bill.client_id
        where {flag_sql("taxed")} and (bill.tax1 <> 0 or bill.tax2 <> 0)
    ),
    running as (
        select *, (sum(amount) over (partition by invoice_id order by id, source_row))::hugeint as amount_after,
            (sum(amount) over (partition by invoice_id))::hugeint as amount_whole
        from lines
    ),
    shares as (
        select source_row, units,
            ((tax1::decimal(30, 4) * units)::hugeint * amount_after) // amount_whole
                - ((tax1::decimal(30, 4) * units)::hugeint * (amount_after - amount)) // amount_whole as units1,
            ((tax2::decimal(30, 4) * units)::hugeint * amount_after) // amount_whole
                - ((tax2::decimal(30, 4) * units)::hugeint * (amount_after - amount)) // amount_whole as units2
        from running where amount_whole <> 0
    )
    select source_row,
        try_cast(try_cast(units1 as decimal(30, 2)) * case units when 1 then 1.00 else 0.01 end as decimal(18, 4)) as tax1,
        try_cast(try_cast(units2 as decimal(30, 2)) * case units when 1 then 1.00 else 0.01 end as decimal(18, 4)) as tax2
    from shares
"""

INVOICE_ITEMS = Mapping(
    "invoice_items",
    "tblinvoiceitems",
    (
        reference("invoice_id", "invoiceid", "invoices"),
        computed("kind", ITEM_KIND, "type"),
        Column("service_id", _billed("service", "setup"), "relid", target="services"),
        Column("addon_id", _billed("addon"), "relid", target="addons"),
        Column("domain_id", _billed("domain"), "relid", target="domains"),
        Column("paid_invoice_id", _billed("invoice"), "relid", target="invoices"),
        body("description", "description"),
        computed("unit_price", money_sql("amount"), "amount"),
        money("amount", "amount"),
        flag("is_taxed", "taxed"),
        computed("tax1", "coalesce(share.tax1, 0)::decimal(18, 4)"),
        computed("tax2", "coalesce(share.tax2, 0)::decimal(18, 4)"),
    ),
    before=(("tax_shares", TAX_SHARES),),
    joins=f"""left join read_invoices bill on bill.id = {number_sql("invoiceid")} and bill.fault is null
    left join tax_shares share on share.source_row = s.rowid""",
    money="amount",
    money_read=money_sql("amount"),
    owner="bill.client_id",
)

AMOUNT_IN, AMOUNT_OUT = money_sql("amountin"), money_sql("amountout")
IS_KNOWN_GONE = "coalesce(their.is_gone, false)"

TRANSACTIONS = Mapping(
    "transactions",
    "tblaccounts",
    (
        # WHMCS keeps the payments of clients that were deleted; so do we, with their old number. It must not be that
        # of another client here.
        computed(
            "client_id",
            f"""coalesce(of_client.id, case when {number_sql("userid")} is null then bill.client_id
                when {number_sql("userid")} not in (select id from clients) then {number_sql("userid")} end)""",
            "userid",
        ),
        computed(
            "client_name",
            f"""case when {number_sql("userid")} is not null and of_client.id is null and not {IS_KNOWN_GONE}
                then 'Client ' || {number_sql("userid")} || ' (deleted in WHMCS)' end""",
            "userid",
        ),
        # Payments of clients carry currency 0: it is the client's.
        computed(
            "currency_id",
            f"""case when {number_sql("currency")} is null
                then coalesce(money.currency_id, bill_money.currency_id, first_currency.id) else given.id end""",
            "currency",
        ),
        computed(
            "kind",
            f"""case when {AMOUNT_IN} > 0 then 'payment'
                when {AMOUNT_OUT} > 0 and ({number_sql("refundid")} is not null or {number_sql("invoiceid")} is not null)
                    then 'refund'
                when {AMOUNT_OUT} > 0 then 'payout' when {money_sql("fees")} <> 0 then 'fee' else 'payment' end""",
        ),
        text("gateway", "gateway"),
        moment("occurred_at", "date"),
        body("description", "description"),
        money("amount_in", "amountin"),
        money("fee", "fees"),
        money("amount_out", "amountout"),
        computed(
            "rate",
            f"""(case when try_cast({raw("rate")} as decimal(18, 8)) > 0 then try_cast({raw("rate")} as decimal(18, 8))
                else 1 end)::decimal(18, 8)""",
            "rate",
        ),
        text("reference", "transid"),
        reference("refunds_id", "refundid", "transactions"),
    ),
    joins=f"""left join numbers_clients of_client on of_client.source_id = {number_sql("userid")}
    left join read_clients their on their.id = {number_sql("userid")} and their.fault is null
    left join read_invoices bill on bill.id = {number_sql("invoiceid")} and bill.fault is null
    left join client_currencies money on money.client_id = of_client.id
    left join client_currencies bill_money on bill_money.client_id = bill.client_id
    left join numbers_currencies given on given.source_id = {number_sql("currency")}
    left join (
        select numbers_currencies.id from staging.tblcurrencies d
        join numbers_currencies on numbers_currencies.source_id = try_cast(d.id as bigint)
        where trim(d."default") = '1' limit 1
    ) first_currency on true""",
    faults=(
        Fault(
            "currency",
            "unknown_currency",
            f"""case when {number_sql("currency")} is null
                then coalesce(money.currency_id, bill_money.currency_id, first_currency.id) else given.id end is null""",
            f"'currency ' || coalesce({raw('currency')}, 'empty') || ' is not one of the currencies'",
        ),
    ),
    money="amount_in::decimal(38, 4) - amount_out",
    money_read=f"{AMOUNT_IN}::decimal(38, 4) - {AMOUNT_OUT}",
    currency=f"""case when {number_sql("currency")} is null
        then coalesce(money.currency_id, bill_money.currency_id, first_currency.id) else given.id end""",
)

# What a payment settles is capped at what its invoice owes at that time; a refund gives back what was settled. Both
# are differences of what the invoice had been paid, kept between nothing and its total without credit. (The
# currencies are compared in a CASE: as a condition of the join, the engine may begin with it, all rows by all.)
SETTLED = f"""
    with paid as (
        select s.rowid as source_row, payment.id as transaction_id, bill.id as invoice_id,
            payment.amount_in::decimal(38, 4) - payment.amount_out as amount, payment.occurred_at,
            case when bill.money_currency_id is distinct from payment.currency_id then null
                when bill.status in ('Draft', 'Cancelled') then 0
                else greatest(bill.total::decimal(38, 4) - bill.credit_applied, 0) end as most,
            ours.id is not null as is_here,
            case when ours.id is null then payment.amount_in::decimal(38, 4) - payment.amount_out
                else ours.amount_in::decimal(38, 2) - ours.amount_out::decimal(38, 2) end as amount_here,
            case when bill.money_currency_id is distinct from payment.currency_id then null
                when billed.id is null then most
                when billed.status in ('Draft', 'Cancelled', 'Written off') then 0
                else greatest((billed.total - billed.credit_applied)::decimal(38, 2), 0) end as most_here
        from staging.tblaccounts s
        join read_transactions payment
            on payment.source_row = s.rowid and payment.fault is null and not payment.is_gone
        join read_invoices bill on bill.id = {number_sql("invoiceid")} and bill.fault is null and not bill.is_gone
        left join transactions ours on ours.id = payment.id
        left join invoices billed on billed.id = bill.id
    ),
    running as (
        select *, sum(amount) over past as amount_after, sum(amount_here) over past as amount_after_here
        from paid where most is not null
        window past as (partition by invoice_id order by occurred_at nulls first, transaction_id)
    )
    select source_row, transaction_id, invoice_id, amount,
        (least(greatest(amount_after, 0), most) - least(greatest(amount_after - amount, 0), most)) as settled,
        is_here and settled is not distinct from (least(greatest(amount_after_here, 0), most_here)
            - least(greatest(amount_after_here - amount_here, 0), most_here)) as is_as_here
    from running
"""

ALLOCATIONS = Mapping(
    "allocations",
    "tblaccounts",
    (
        computed("transaction_id", "part.transaction_id", "id"),
        computed("invoice_id", "part.invoice_id", "invoiceid"),
        computed("amount", "coalesce(try_cast(part.settled as decimal(18, 4)), 0)::decimal(18, 4)", "amountin"),
    ),
    before=(("settled", SETTLED),),
    joins="join settled part on part.source_row = s.rowid",
    where=f"""part.settled <> 0 or {raw("id")} in (
        select source_id from source_ids
        where source = $source and source_table = 'tblaccounts' and table_name = 'allocations')""",
    is_numbered_here=True,
    as_here="part.is_as_here",
    alike=("transaction_id", "invoice_id"),
)

NAMED_INVOICE = (
    r"try_cast(regexp_extract(s.description, '(?i)(?:invoice|rechnung|facture|factura|fattura|factuur|fatura)"
    r"[ a-z.:]*#? *([0-9]+)', 1) as bigint)"
)

# The invoice that an entry's text names, if it is the client's; and the payment that was too much by the entry's amount.
CREDIT_LINKS = f"""
    with named as (
        select s.rowid as source_row, bill.id as invoice_id, {money_sql("amount")} as amount,
            try_cast(s.id as bigint) as id
        from staging.tblcredit s
        join numbers_clients owner on owner.source_id = {number_sql("clientid")}
        join read_invoices bill
            on bill.id = {NAMED_INVOICE} and bill.client_id = owner.id and bill.fault is null and not bill.is_gone
    ),
    entries as (
        select *, row_number() over (partition by invoice_id, amount order by id, source_row) as place from named
    ),
    surpluses as (
        select transaction_id, invoice_id, amount - settled as surplus, row_number() over (
            partition by invoice_id, amount - settled order by transaction_id) as place
        from settled where amount - settled > 0
    )
    select entries.source_row, entries.invoice_id, surpluses.transaction_id
    from entries
    left join surpluses on surpluses.invoice_id = entries.invoice_id and surpluses.surplus = entries.amount
        and surpluses.place = entries.place
"""

CREDIT_ENTRIES = Mapping(
    "credit_entries",
    "tblcredit",
    (
        reference("client_id", "clientid", "clients"),
        day("entry_on", "date"),
        body("description", "description"),
        money("amount", "amount"),
        # Credit that was used for the invoice, or that came back from it; not credit that arose elsewhere.
        computed(
            "invoice_id",
            f"""case when {money_sql("amount")} < 0 or regexp_matches(s.description, '(?i)removed from|returned')
                then link.invoice_id end""",
            "description",
        ),
        computed("transaction_id", "link.transaction_id", "description"),
    ),
    before=(("credit_links", CREDIT_LINKS),),
    joins="left join credit_links link on link.source_row = s.rowid",
    money="amount",
    money_read=money_sql("amount"),
    owner="to_client_id.id",
)
