"""Currencies, clients, contacts, users, notes and custom data of WHMCS, as they become rows here."""

from __future__ import annotations

from clientops.core.money import minor_digits_sql
from clientops.importing.whmcs.mapping import (
    Column,
    Fault,
    Mapping,
    body,
    choice,
    computed,
    day,
    flag,
    flag_sql,
    language,
    moment,
    money,
    money_sql,
    needed,
    number,
    number_sql,
    raw,
    reference,
    text,
)

CODE = f"upper({raw('code')})"

IS_FIRST_DEFAULT = f"""({flag_sql("default")} and not exists (
    select 1 from currencies c where c.is_default and c.id not in (select id from imported_currencies)
))"""

CURRENCIES = Mapping(
    "currencies",
    "tblcurrencies",
    (
        Column(
            "code",
            CODE,
            "code",
            (
                Fault(
                    "code",
                    "unknown_currency",
                    f"not coalesce(regexp_full_match({CODE}, '[A-Z]{{3}}'), false)",
                    f"'code ' || coalesce({raw('code')}, 'empty') || ' is not a currency code of three letters'",
                ),
            ),
        ),
        computed("prefix", "nullif(s.prefix, '')"),
        computed("suffix", "nullif(s.suffix, '')"),
        number("rate", "rate", "decimal(18, 8)", default="1", low="0.00000001"),
        computed("is_default", IS_FIRST_DEFAULT, "default"),
        computed("minor_digits", minor_digits_sql(CODE)),
    ),
    is_matched_by_code=True,
)

GROUPS = Mapping(
    "groups",
    "tblclientgroups",
    (
        computed("name", f"coalesce({raw('groupname')}, 'Group ' || {raw('id')})", "groupname"),
        text("colour", "groupcolour"),
        number("discount_percent", "discountpercent", "decimal(7, 4)", low="0", high="100"),
        flag("separate_invoices", "separateinvoices"),
    ),
)

TAX_RATES = Mapping(
    "tax_rates",
    "tbltax",
    (
        number("level", "level", "tinyint", default="1", low="1", high="2"),
        computed("name", f"coalesce({raw('name')}, 'Tax')", "name"),
        computed("country", f"upper({raw('country')})", "country"),
        text("state", "state"),
        number("rate", "taxrate", "decimal(9, 4)", low="0", high="100"),
    ),
)

# WHMCS writes +49.301234567: country code, point, number.
PHONE = f"""(case when regexp_full_match({raw("phonenumber")}, '\\+[0-9][0-9 .()/-]*')
    then '+' || regexp_replace({raw("phonenumber")}, '[^0-9]', '', 'g') else {raw("phonenumber")} end)"""

PROFILE = (
    text("first_name", "firstname"),
    text("last_name", "lastname"),
    text("company_name", "companyname"),
    text("email", "email"),
    text("address1", "address1"),
    text("address2", "address2"),
    text("city", "city"),
    text("state", "state"),
    text("postcode", "postcode"),
    computed("country", f"upper({raw('country')})", "country"),
    computed("phone", PHONE, "phonenumber"),
    text("tax_id", "tax_id"),
)

# WHMCS bills a client without a currency in the default one.
CLIENT_CURRENCY = f"""coalesce({number_sql("currency")}, (
    select min(try_cast(d.id as bigint)) from staging.tblcurrencies d where trim(d."default") = '1'
))"""
# Since WHMCS 7.6 clients opt in to marketing; before, they opted out.
OPTED_OUT = f"""(case when {raw("marketing_emails_opt_in")} is null then {flag_sql("emailoptout")}
    else not {flag_sql("marketing_emails_opt_in")} end)"""

CLIENTS = Mapping(
    "clients",
    "tblclients",
    (
        *PROFILE,
        flag("is_tax_exempt", "taxexempt"),
        Column("currency_id", CLIENT_CURRENCY, "currency", target="currencies", must_exist=True),
        reference("group_id", "groupid", "groups"),
        choice("status", "status", {"active": "Active", "inactive": "Inactive", "closed": "Closed"}, default="Active"),
        money("credit_balance", "credit"),
        Column("default_billing_contact_id", "billing.id", "billingcid", target="contacts"),
        text("payment_method", "defaultgateway"),
        language("language", "language"),
        flag("separate_invoices", "separateinvoices"),
        flag("overdue_notices", "overideduenotices", is_opposite=True),
        flag("late_fees", "latefeeoveride", is_opposite=True),
        flag("auto_status", "overrideautoclose", is_opposite=True),
        computed("email_opt_out", OPTED_OUT, "marketing_emails_opt_in"),
        flag("email_verified", "email_verified"),
        body("admin_notes", "notes"),
        day("created_on", "datecreated"),
        moment("last_login_at", "lastlogin"),
    ),
    # A billing contact must be a contact of the same client.
    joins=f"""left join (
        select try_cast(id as bigint) as id, min(try_cast(userid as bigint)) as client_id
        from staging.tblcontacts group by 1
    ) billing on billing.id = {number_sql("billingcid")} and billing.client_id = try_cast(s.id as bigint)""",
    money="credit_balance",
    money_read=money_sql("credit"),
    currency="to_currency_id.id",
)

CONTACTS = Mapping(
    "contacts",
    "tblcontacts",
    (
        reference("client_id", "userid", "clients"),
        *PROFILE,
        flag("wants_general", "generalemails"),
        flag("wants_invoice", "invoiceemails"),
        flag("wants_support", "supportemails"),
        flag("wants_product", "productemails"),
        flag("wants_domain", "domainemails"),
        flag("wants_affiliate", "affiliateemails"),
        day("created_on", "created_at"),
    ),
)

USERS = Mapping(
    "users",
    "tblusers",
    (
        text("first_name", "first_name"),
        text("last_name", "last_name"),
        needed("email", "email"),
        language("language", "language"),
        moment("email_verified_at", "email_verified_at", is_utc=True),
        moment("last_login_at", "last_login", is_utc=True),
        day("created_on", "created_at"),
    ),
)

USER_CLIENTS = Mapping(
    "user_clients",
    "tblusers_clients",
    (
        reference("user_id", "auth_user_id", "users"),
        reference("client_id", "client_id", "clients"),
        flag("is_owner", "owner"),
        text("permissions", "permissions"),
    ),
)

NOTES = Mapping(
    "notes",
    "tblnotes",
    (
        reference("client_id", "userid", "clients"),
        computed("author", "authors.name", "adminid"),
        moment("created_at", "created"),
        moment("modified_at", "modified"),
        computed("body", "coalesce(s.note, '')", "note"),
        flag("is_sticky", "sticky"),
    ),
    joins=f"""left join (
        select try_cast(id as bigint) as id,
            min(coalesce(nullif(trim(concat_ws(' ', trim(firstname), trim(lastname))), ''), username)) as name
        from staging.tbladmins group by 1
    ) authors on authors.id = {number_sql("adminid")}""",
)

CUSTOM_FIELDS = Mapping(
    "custom_fields",
    "tblcustomfields",
    (
        choice(
            "subject_kind",
            "type",
            {"client": "client", "product": "service", "addon": "addon", "support": "ticket", "domain": "domain"},
        ),
        Column(
            "product_id",
            f"(case when lower({raw('type')}) = 'product' then {number_sql('relid')} end)",
            "relid",
            target="products",
        ),
        computed("name", f"coalesce({raw('fieldname')}, 'Field ' || {raw('id')})", "fieldname"),
        choice(
            "type",
            "fieldtype",
            {
                "text": "text",
                "textarea": "long text",
                "dropdown": "choice",
                "tickbox": "yes/no",
                "link": "link",
                "password": "password",
                "date": "date",
            },
            default="text",
        ),
        text("description", "description"),
        text("options", "fieldoptions"),
        text("pattern", "regexpr"),
        flag("is_required", "required"),
        flag("is_staff_only", "adminonly"),
        flag("show_on_invoice", "showinvoice"),
        number("sort_order", "sortorder", "integer"),
    ),
)

SUBJECT = """case field.subject_kind when 'client' then of_client.id when 'service' then of_service.id
    when 'addon' then of_addon.id when 'ticket' then of_ticket.id when 'domain' then of_domain.id end"""

CUSTOM_VALUES = Mapping(
    "custom_values",
    "tblcustomfieldsvalues",
    (
        reference("field_id", "fieldid", "custom_fields"),
        computed("subject_id", SUBJECT, "relid"),
        computed("value", "nullif(s.value, '')", "value"),
    ),
    joins=f"""left join read_custom_fields field on field.id = {number_sql("fieldid")} and field.fault is null
    left join numbers_clients of_client on of_client.source_id = {number_sql("relid")}
    left join numbers_services of_service on of_service.source_id = {number_sql("relid")}
    left join numbers_addons of_addon on of_addon.source_id = {number_sql("relid")}
    left join numbers_domains of_domain on of_domain.source_id = {number_sql("relid")}
    left join numbers_tickets of_ticket on of_ticket.source_id = {number_sql("relid")}""",
    faults=(
        Fault(
            "relid",
            "missing_parent",
            f"field.id is not null and ({SUBJECT}) is null",
            f"'what relid ' || coalesce({raw('relid')}, 'empty') || ' describes is not there'",
        ),
    ),
)
