"""Products, prices, servers, services, add-ons and domains of WHMCS, as they become rows here."""

from __future__ import annotations

from clientops.importing.whmcs.mapping import (
    CYCLES,
    Mapping,
    body,
    choice,
    choice_sql,
    computed,
    day,
    day_sql,
    flag,
    money,
    money_sql,
    needed,
    number,
    number_sql,
    raw,
    reference,
    text,
)

STATUSES = {
    "pending": "Pending",
    "active": "Active",
    "suspended": "Suspended",
    "terminated": "Terminated",
    "cancelled": "Cancelled",
    "fraud": "Fraud",
    "completed": "Completed",
}

# WHMCS moves nextduedate when an invoice is paid, and nextinvoicedate when it is generated. Here the next due date
# moves on generation: the later one, or cycles that WHMCS has invoiced would be invoiced again.
NEXT_DUE = f"""(case when {choice_sql("billingcycle", CYCLES)} in ('free', 'one time') then null
    else greatest({day_sql("nextduedate")}, {day_sql("nextinvoicedate")}) end)"""
DOMAIN_NEXT_DUE = f"greatest({day_sql('nextduedate')}, {day_sql('nextinvoicedate')})"
QUANTITY = f"greatest(coalesce(try_cast({raw('qty')} as integer), 1), 1)"
GROUP_NAMES = """left join (
        select try_cast(id as bigint) as id, min(nullif(trim(name), '')) as name from staging.tblproductgroups group by 1
    ) sold_as on sold_as.id = """

PRODUCTS = Mapping(
    "products",
    "tblproducts",
    (
        computed("group_name", "sold_as.name", "gid"),
        computed("name", f"coalesce({raw('name')}, 'Product ' || {raw('id')})", "name"),
        choice(
            "kind",
            "type",
            {"hostingaccount": "hosting", "reselleraccount": "reseller", "server": "server", "other": "other"},
            default="other",
        ),
        body("description", "description"),
        choice(
            "pay_kind",
            "paytype",
            {"free": "free", "onetime": "one time", "recurring": "recurring"},
            default="recurring",
        ),
        flag("is_taxed", "tax"),
        flag("is_hidden", "hidden"),
        flag("is_retired", "retired"),
    ),
    joins=GROUP_NAMES + number_sql("gid"),
)

_PRICES = {
    "monthly": ("msetupfee", "monthly"),
    "quarterly": ("qsetupfee", "quarterly"),
    "semi-annually": ("ssetupfee", "semiannually"),
    "annually": ("asetupfee", "annually"),
    "biennially": ("bsetupfee", "biennially"),
    "triennially": ("tsetupfee", "triennially"),
}
PRICE = "try_cast(price.amount as decimal(18, 4))"

PRODUCT_PRICES = Mapping(
    "product_prices",
    "tblpricing",
    (
        reference("product_id", "relid", "products"),
        reference("currency_id", "currency", "currencies"),
        computed("billing_cycle", "(case product.pay_kind when 'one time' then 'one time' else price.cycle end)"),
        computed("setup_fee", "greatest(coalesce(try_cast(price.setup_fee as decimal(18, 4)), 0), 0)::decimal(18, 4)"),
        computed("amount", f"coalesce({PRICE}, 0)::decimal(18, 4)"),
    ),
    # One row there has the prices of all cycles; -1 means: not offered. A one-time price stands under monthly.
    joins="""join (
        select rowid as price_row, unnest(["""
    + ", ".join(
        f"{{'cycle': '{cycle}', 'setup_fee': {setup_fee}, 'amount': {amount}}}"
        for cycle, (setup_fee, amount) in _PRICES.items()
    )
    + f"""], recursive := true)
        from staging.tblpricing where lower(trim(type)) = 'product'
    ) price on price.price_row = s.rowid
    left join read_products product on product.id = {number_sql("relid")} and product.fault is null""",
    where=f"""{PRICE} >= 0 and (product.pay_kind is null or product.pay_kind = 'recurring'
        or (product.pay_kind = 'one time' and price.cycle = 'monthly'))""",
    is_numbered_here=True,
    alike=("product_id", "currency_id", "billing_cycle"),
    source_id=f"{raw('id')} || ' ' || price.cycle",
    money="amount",
    money_read=PRICE,
    currency="to_currency_id.id",
)

SERVERS = Mapping(
    "servers",
    "tblservers",
    (
        computed("name", f"coalesce({raw('name')}, {raw('hostname')}, 'Server ' || {raw('id')})", "name"),
        text("hostname", "hostname"),
        text("ip_address", "ipaddress"),
    ),
)

SERVICES = Mapping(
    "services",
    "tblhosting",
    (
        reference("client_id", "userid", "clients"),
        reference("order_id", "orderid", "orders"),
        reference("product_id", "packageid", "products"),
        reference("server_id", "server", "servers"),
        text("domain", "domain"),
        text("username", "username"),
        choice("billing_cycle", "billingcycle", CYCLES),
        computed("quantity", QUANTITY, "qty"),
        money("first_amount", "firstpaymentamount"),
        money("recurring_amount", "amount"),
        day("registered_on", "regdate"),
        computed("next_due_on", NEXT_DUE, "nextduedate"),
        choice("status", "domainstatus", STATUSES),
        day("terminated_on", "termination_date"),
        day("completed_on", "completed_date"),
        text("payment_method", "paymentmethod"),
        reference("promotion_id", "promoid", "promotions"),
        text("subscription_id", "subscriptionid"),
        text("dedicated_ip", "dedicatedip"),
        text("suspend_reason", "suspendreason"),
        body("notes", "notes"),
    ),
    money="recurring_amount",
    money_read=money_sql("amount"),
    owner="to_client_id.id",
)

SERVICE_OPTIONS = Mapping(
    "service_options",
    "tblhostingconfigoptions",
    (
        reference("service_id", "relid", "services"),
        computed("name", f"coalesce(option.name, 'Option ' || {raw('configid')}, 'Option')", "configid"),
        # Kinds 3 (yes or no) and 4 (quantity) have no choice, only a number.
        computed("value", f"(case when option.kind in ('3', '4') then {raw('qty')} else choice.name end)", "optionid"),
        number("quantity", "qty", "integer"),
    ),
    # Behind a bar stands the name that clients see.
    joins=f"""left join (
        select try_cast(id as bigint) as id, min(trim(optiontype)) as kind,
            min(nullif(trim(regexp_replace(optionname, '^.*\\|', '')), '')) as name
        from staging.tblproductconfigoptions group by 1
    ) option on option.id = {number_sql("configid")}
    left join (
        select try_cast(id as bigint) as id, min(nullif(trim(regexp_replace(optionname, '^.*\\|', '')), '')) as name
        from staging.tblproductconfigoptionssub group by 1
    ) choice on choice.id = {number_sql("optionid")}""",
)

ADDONS = Mapping(
    "addons",
    "tblhostingaddons",
    (
        reference("service_id", "hostingid", "services"),
        reference("order_id", "orderid", "orders"),
        computed("name", f"coalesce({raw('name')}, offered.name)", "name"),
        computed("description", "offered.description", "addonid"),
        choice("billing_cycle", "billingcycle", CYCLES),
        computed("quantity", QUANTITY, "qty"),
        money("setup_fee", "setupfee"),
        money("first_amount", "firstpaymentamount"),
        money("recurring_amount", "recurring"),
        flag("is_taxed", "tax"),
        day("registered_on", "regdate"),
        computed("next_due_on", NEXT_DUE, "nextduedate"),
        choice("status", "status", STATUSES),
        day("terminated_on", "termination_date"),
        text("payment_method", "paymentmethod"),
        text("subscription_id", "subscriptionid"),
        body("notes", "notes"),
    ),
    joins=f"""left join (
        select try_cast(id as bigint) as id, min(nullif(trim(name), '')) as name,
            min(nullif(description, '')) as description
        from staging.tbladdons group by 1
    ) offered on offered.id = {number_sql("addonid")}
    left join read_services served on served.id = {number_sql("hostingid")} and served.fault is null""",
    money="recurring_amount",
    money_read=money_sql("recurring"),
    owner="served.client_id",
)

DOMAINS = Mapping(
    "domains",
    "tbldomains",
    (
        reference("client_id", "userid", "clients"),
        reference("order_id", "orderid", "orders"),
        needed("name", "domain"),
        choice("kind", "type", {"register": "Register", "transfer": "Transfer"}, default="Register"),
        text("registrar", "registrar"),
        number("registration_period", "registrationperiod", "tinyint", default="1", low="1", high="100"),
        day("registered_on", "registrationdate"),
        day("expires_on", "expirydate"),
        computed("next_due_on", DOMAIN_NEXT_DUE, "nextduedate"),
        money("first_amount", "firstpaymentamount"),
        money("recurring_amount", "recurringamount"),
        choice(
            "status",
            "status",
            {
                "pending": "Pending",
                "pending registration": "Pending Registration",
                "pending transfer": "Pending Transfer",
                "active": "Active",
                "grace": "Grace",
                "redemption": "Redemption",
                "expired": "Expired",
                "cancelled": "Cancelled",
                "fraud": "Fraud",
                "transferred away": "Transferred Away",
            },
        ),
        text("payment_method", "paymentmethod"),
        flag("auto_renew", "donotrenew", is_opposite=True),
        flag("has_privacy", "idprotection"),
        flag("has_dns_management", "dnsmanagement"),
        flag("has_email_forwarding", "emailforwarding"),
        flag("is_premium", "is_premium"),
        reference("promotion_id", "promoid", "promotions"),
        text("subscription_id", "subscriptionid"),
        body("notes", "additionalnotes"),
    ),
    money="recurring_amount",
    money_read=money_sql("recurringamount"),
    owner="to_client_id.id",
)
