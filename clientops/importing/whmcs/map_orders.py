"""Orders, promotions, upgrades and quotes of WHMCS, as they become rows here."""

from __future__ import annotations

from clientops.importing.whmcs.mapping import (
    CYCLES,
    Fault,
    Mapping,
    body,
    choice,
    choice_sql,
    computed,
    day,
    flag,
    moment,
    money,
    money_sql,
    needed,
    number,
    number_sql,
    raw,
    reference,
    text,
    wide_money_sql,
)

PROMOTIONS = {
    "percentage": "percent",
    "fixed amount": "fixed",
    "price override": "price",
    "free setup": "free setup",
}

PROMOTION_CODES = Mapping(
    "promotions",
    "tblpromotions",
    (
        needed("code", "code"),
        choice("kind", "type", PROMOTIONS),
        money("value", "value"),
        flag("is_recurring", "recurring"),
        number("recur_for", "recurfor", "integer"),
        day("starts_on", "startdate"),
        day("expires_on", "expirationdate"),
        number("max_uses", "maxuses", "integer"),
        number("uses", "uses", "integer"),
        body("notes", "notes"),
    ),
)

# A business may add order statuses of its own; each says which of WHMCS's it counts as.
ORDER_STATUS = f"""coalesce({
    choice_sql(
        "status",
        {"pending": "Pending", "active": "Active", "completed": "Active", "cancelled": "Cancelled", "fraud": "Fraud"},
    )
}, own.status, 'Pending')"""
PROMOTION_KIND = choice_sql("promotype", PROMOTIONS)

ORDERS = Mapping(
    "orders",
    "tblorders",
    (
        text("number", "ordernum"),
        reference("client_id", "userid", "clients"),
        reference("contact_id", "contactid", "contacts"),
        reference("user_id", "requestor_id", "users"),
        moment("ordered_at", "date"),
        money("amount", "amount"),
        text("payment_method", "paymentmethod"),
        text("promotion_code", "promocode"),
        computed("promotion_kind", PROMOTION_KIND, "promotype"),
        computed("promotion_value", f"try_cast({raw('promovalue')} as decimal(18, 4))", "promovalue"),
        reference("invoice_id", "invoiceid", "invoices"),
        computed("status", ORDER_STATUS, "status"),
        text("ip_address", "ipaddress"),
        body("notes", "notes"),
    ),
    joins=f"""left join (
        select lower(trim(title)) as title, case when bool_or(trim(showactive) = '1') then 'Active'
            when bool_or(trim(showcancelled) = '1') then 'Cancelled' else 'Pending' end as status
        from staging.tblorderstatuses group by 1
    ) own on own.title = lower({raw("status")})""",
    money="amount",
    money_read=money_sql("amount"),
    owner="to_client_id.id",
)


# What an item of an order follows from, as WHMCS keeps it.
_FOLLOWS = {
    "services": {"order_id": "", "domain": "", "billing_cycle": "", "quantity": "", "product_id": "",
                 "first_amount": "::decimal(16, 2)", "recurring_amount": "::decimal(16, 2)"},
    "addons": {"order_id": "", "name": "", "billing_cycle": "", "quantity": "", "service_id": "",
               "setup_fee": "::decimal(16, 2)", "first_amount": "::decimal(16, 2)",
               "recurring_amount": "::decimal(16, 2)"},
    "domains": {"order_id": "", "name": "", "first_amount": "::decimal(16, 2)",
                "recurring_amount": "::decimal(16, 2)"},
}  # fmt: skip


def _ordered(
    kind: str, source: str, *, amount: str, recurring: str, setup_fee: str, joins: str = "", **columns: str
) -> Mapping:
    """What an order asked for: a service, add-on or domain that names the order it came from."""
    table = {"product": "services", "addon": "addons", "domain": "domains"}[kind]
    filled = {
        "order_id": "ordered.id",
        "kind": f"'{kind}'",
        "description": "became.name",
        "billing_cycle": "null::varchar",
        "quantity": "1",
        "product_id": "null::bigint",
        "service_id": "null::bigint",
        "addon_id": "null::bigint",
        "domain_id": "null::bigint",
        "setup_fee": f"{setup_fee}::decimal(18, 4)",
        "amount": f"coalesce(try_cast(greatest({wide_money_sql(amount)} - {setup_fee}, 0) as decimal(18, 4)), 0)::decimal(18, 4)",
        "recurring_amount": money_sql(recurring),
        **columns,
    }
    return Mapping(
        "order_items",
        source,
        tuple(computed(name, sql) for name, sql in filled.items()),
        name=f"ordered_{table}",
        joins=f"""join read_{table} became on became.source_row = s.rowid and became.fault is null and not became.is_gone
        join numbers_orders ordered on ordered.source_id = became.order_id {joins}
        left join {table} ours on ours.id = became.id""",
        is_numbered_here=True,
        as_here=" and ".join(
            [
                "ours.id is not null",
                *(f"ours.{name}{kind} is not distinct from became.{name}" for name, kind in _FOLLOWS[table].items()),
            ]
        ),
        alike=("kind", f"{kind.replace('product', 'service')}_id"),
    )


ORDERED_SERVICES = _ordered(
    "product",
    "tblhosting",
    amount="firstpaymentamount",
    recurring="amount",
    setup_fee="0",
    joins="left join numbers_products product on product.source_id = became.product_id",
    description="became.domain",
    product_id="product.id",
    service_id="became.id",
    billing_cycle="became.billing_cycle",
    quantity="became.quantity",
)
ORDERED_ADDONS = _ordered(
    "addon",
    "tblhostingaddons",
    amount="firstpaymentamount",
    recurring="recurring",
    setup_fee=money_sql("setupfee"),
    service_id="became.service_id",
    addon_id="became.id",
    billing_cycle="became.billing_cycle",
    quantity="became.quantity",
)
ORDERED_DOMAINS = _ordered(
    "domain",
    "tbldomains",
    amount="firstpaymentamount",
    recurring="recurringamount",
    setup_fee="0",
    domain_id="became.id",
)

SERVICE_CHANGES = Mapping(
    "service_changes",
    "tblupgrades",
    (
        reference("client_id", "userid", "clients"),
        reference("order_id", "orderid", "orders"),
        computed("invoice_id", "billed.id", "id"),
        choice(
            "kind",
            "type",
            {"package": "product", "configoptions": "options", "addon": "addon", "service": "feature"},
        ),
        computed("service_id", "coalesce(of_service.id, served.service_id)", "relid"),
        computed("addon_id", "of_addon.id", "relid"),
        day("changed_on", "date"),
        text("from_value", "originalvalue"),
        text("to_value", "newvalue"),
        computed("new_billing_cycle", f"coalesce({choice_sql('new_cycle', CYCLES)}, {raw('new_cycle')})", "new_cycle"),
        money("amount", "amount"),
        money("credit_amount", "credit_amount"),
        number("days_remaining", "days_remaining", "integer", default="null"),
        number("days_in_cycle", "total_days_in_cycle", "integer", default="null"),
        money("new_recurring_amount", "new_recurring_amount"),
        money("recurring_difference", "recurringchange"),
        choice("status", "status", {"pending": "Pending", "completed": "Completed", "cancelled": "Cancelled"}),
        computed("is_paid", f"coalesce(upper({raw('paid')}) = 'Y', false)", "paid"),
    ),
    joins=f"""left join numbers_services of_service
        on of_service.source_id = {number_sql("relid")} and lower({raw("type")}) <> 'addon'
    left join numbers_addons of_addon on of_addon.source_id = {number_sql("relid")} and lower({raw("type")}) = 'addon'
    left join read_addons served on served.id = of_addon.id and served.fault is null
    left join (
        select try_cast(relid as bigint) as upgrade_id, min(try_cast(invoiceid as bigint)) as invoice_id
        from staging.tblinvoiceitems where lower(trim(type)) = 'upgrade' group by 1
    ) bill on bill.upgrade_id = try_cast(s.id as bigint)
    left join numbers_invoices billed on billed.source_id = bill.invoice_id""",
    faults=(
        Fault(
            "relid",
            "missing_parent",
            "coalesce(of_service.id, served.service_id) is null",
            f"'what relid ' || coalesce({raw('relid')}, 'empty') || ' changed is not there'",
        ),
    ),
    money="amount",
    money_read=money_sql("amount"),
    owner="to_client_id.id",
)

BILL_TO = "nullif(concat_ws(chr(10), {}), '')".format(
    ", ".join(
        (
            raw("companyname"),
            "nullif(trim(concat_ws(' ', trim(s.firstname), trim(s.lastname))), '')",
            raw("address1"),
            raw("address2"),
            "nullif(trim(concat_ws(' ', trim(s.postcode), trim(s.city))), '')",
            raw("state"),
            f"upper({raw('country')})",
        )
    )
)

QUOTES = Mapping(
    "quotes",
    "tblquotes",
    (
        reference("client_id", "userid", "clients"),
        text("subject", "subject"),
        choice(
            "stage",
            "stage",
            {
                "draft": "Draft",
                "delivered": "Delivered",
                "on hold": "On Hold",
                "accepted": "Accepted",
                "lost": "Lost",
                "dead": "Dead",
            },
        ),
        computed("bill_to", BILL_TO),
        reference("currency_id", "currency", "currencies"),
        day("created_on", "datecreated"),
        day("valid_until_on", "validuntil"),
        day("sent_on", "datesent"),
        day("accepted_on", "dateaccepted"),
        money("subtotal", "subtotal"),
        money("tax1", "tax1"),
        money("tax2", "tax2"),
        money("total", "total"),
        body("proposal", "proposal"),
        body("client_notes", "customernotes"),
        body("admin_notes", "adminnotes"),
    ),
    joins=f"left join numbers_currencies quoted on quoted.source_id = {number_sql('currency')}",
    money="total",
    money_read=money_sql("total"),
    currency="quoted.id",
)

QUOTE_ITEMS = Mapping(
    "quote_items",
    "tblquoteitems",
    (
        reference("quote_id", "quoteid", "quotes"),
        body("description", "description"),
        number("quantity", "quantity", "decimal(18, 4)", default="1"),
        money("unit_price", "unitprice"),
        number("discount_percent", "discount", "decimal(18, 4)"),
        flag("is_taxed", "taxable"),
    ),
)
