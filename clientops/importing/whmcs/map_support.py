"""Tickets, e-mails, affiliates and the knowledgebase of WHMCS, as they become rows here."""

from __future__ import annotations

from clientops.importing.whmcs.mapping import (
    Fault,
    Mapping,
    body,
    choice,
    computed,
    day,
    day_sql,
    flag,
    flag_sql,
    language,
    moment,
    moment_sql,
    money,
    money_sql,
    number,
    number_sql,
    raw,
    reference,
    text,
)

DEPARTMENTS = Mapping(
    "departments",
    "tblticketdepartments",
    (
        computed("name", f"coalesce({raw('name')}, 'Department ' || {raw('id')})", "name"),
        text("email", "email"),
        flag("is_hidden", "hidden"),
    ),
)

# What a ticket is about: S12 is service 12, D7 is domain 7.
_ABOUT = "(case when upper({service}) similar to '{letter}[0-9]+' then try_cast(substr({service}, 2) as bigint) end)"

TICKETS = Mapping(
    "tickets",
    "tbltickets",
    (
        text("number", "tid"),
        reference("client_id", "userid", "clients"),
        reference("contact_id", "contactid", "contacts"),
        reference("user_id", "requestor_id", "users"),
        reference("department_id", "did", "departments"),
        computed("service_id", "about_service.id", "service"),
        computed("domain_id", "about_domain.id", "service"),
        text("name", "name"),
        text("email", "email"),
        moment("opened_at", "date"),
        computed("subject", f"coalesce({raw('title')}, 'No subject')", "title"),
        body("message", "message"),
        computed("status", f"coalesce({raw('status')}, 'Open')", "status"),
        choice("priority", "urgency", {"low": "Low", "medium": "Medium", "high": "High"}, default="Medium"),
        text("operator", "admin"),
        moment("last_reply_at", "lastreply"),
        reference("merged_ticket_id", "merged_ticket_id", "tickets"),
    ),
    joins=f"""left join numbers_services about_service
        on about_service.source_id = {_ABOUT.format(service=raw("service"), letter="S")}
    left join numbers_domains about_domain
        on about_domain.source_id = {_ABOUT.format(service=raw("service"), letter="D")}""",
)

TICKET_REPLIES = Mapping(
    "ticket_replies",
    "tblticketreplies",
    (
        reference("ticket_id", "tid", "tickets"),
        reference("client_id", "userid", "clients"),
        reference("contact_id", "contactid", "contacts"),
        reference("user_id", "requestor_id", "users"),
        text("name", "name"),
        text("email", "email"),
        moment("replied_at", "date"),
        computed("message", "coalesce(s.message, '')", "message"),
        text("operator", "admin"),
        computed("is_internal", "false"),
    ),
)

TICKET_NOTES = Mapping(
    "ticket_replies",
    "tblticketnotes",
    (
        reference("ticket_id", "ticketid", "tickets"),
        moment("replied_at", "date"),
        computed("message", "coalesce(s.message, '')", "message"),
        text("operator", "admin"),
        computed("is_internal", "true"),
    ),
    name="ticket_notes",
    is_numbered_here=True,
    alike=("ticket_id", "message"),
)

COMMUNICATIONS = Mapping(
    "communications",
    "tblemails",
    (
        reference("client_id", "userid", "clients"),
        computed("kind", "'email'"),
        computed("direction", "'out'"),
        moment("happened_at", "date"),
        text("subject", "subject"),
        body("body", "message"),
        text("sent_to", "to"),
        text("cc", "cc"),
        text("bcc", "bcc"),
        # Never 'queued': what WHMCS has yet to send must not be sent from here as well.
        computed(
            "status",
            f"case when {flag_sql('failed')} then 'failed' when {flag_sql('pending')} then 'logged' else 'sent' end",
        ),
        number("attempts", "retry_count", "integer"),
        computed(
            "sent_at",
            f"case when not {flag_sql('failed')} and not {flag_sql('pending')} then {moment_sql('date')} end",
            "date",
        ),
        text("error", "failure_reason"),
    ),
)

AFFILIATES = Mapping(
    "affiliates",
    "tblaffiliates",
    (
        reference("client_id", "clientid", "clients"),
        day("since_on", "date"),
        choice(
            "pay_kind", "paytype", {"percentage": "percent", "percent": "percent", "fixed": "fixed"}, default="percent"
        ),
        money("pay_amount", "payamount"),
        flag("is_one_time", "onetime"),
        number("visitors", "visitors"),
        money("balance", "balance"),
        money("withdrawn", "withdrawn"),
    ),
    money="balance",
    money_read=money_sql("balance"),
    owner="to_client_id.id",
)

REFERRALS = Mapping(
    "referrals",
    "tblaffiliatesaccounts",
    (
        reference("affiliate_id", "affiliateid", "affiliates"),
        reference("service_id", "relid", "services"),
        day("referred_on", "created_at"),
        day("last_paid_on", "lastpaid"),
    ),
)

_EARNER = "left join read_affiliates earner on earner.id = {affiliate} and earner.fault is null"

COMMISSIONS_EARNED = Mapping(
    "commissions",
    "tblaffiliateshistory",
    (
        reference("affiliate_id", "affiliateid", "affiliates"),
        reference("referral_id", "affaccid", "referrals"),
        reference("invoice_id", "invoice_id", "invoices"),
        day("entry_on", "date"),
        computed("kind", "'earned'"),
        body("description", "description"),
        money("amount", "amount"),
    ),
    name="commissions_earned",
    joins=_EARNER.format(affiliate=number_sql("affiliateid")),
    is_numbered_here=True,
    alike=("affiliate_id", "kind", "entry_on", "amount", "invoice_id"),
    money="amount",
    money_read=money_sql("amount"),
    owner="earner.client_id",
)

COMMISSIONS_PENDING = Mapping(
    "commissions",
    "tblaffiliatespending",
    (
        computed("affiliate_id", "referral.affiliate_id", "affaccid"),
        reference("referral_id", "affaccid", "referrals"),
        reference("invoice_id", "invoice_id", "invoices"),
        computed("entry_on", day_sql("created_at"), "created_at"),
        day("clears_on", "clearingdate"),
        computed("kind", "'pending'"),
        money("amount", "amount"),
    ),
    name="commissions_pending",
    joins=f"""left join read_referrals referral
        on referral.id = {number_sql("affaccid")} and referral.fault is null and not referral.is_gone
    {_EARNER.format(affiliate="referral.affiliate_id")}""",
    faults=(
        Fault(
            "affaccid",
            "missing_parent",
            "referral.affiliate_id is null",
            f"'affaccid ' || coalesce({raw('affaccid')}, 'empty') || ' is not there'",
        ),
    ),
    is_numbered_here=True,
    alike=("affiliate_id", "kind", "referral_id", "amount", "invoice_id"),
    money="amount",
    money_read=money_sql("amount"),
    owner="earner.client_id",
)

COMMISSIONS_WITHDRAWN = Mapping(
    "commissions",
    "tblaffiliateswithdrawals",
    (
        reference("affiliate_id", "affiliateid", "affiliates"),
        day("entry_on", "date"),
        computed("kind", "'withdrawn'"),
        # WHMCS writes what was paid out as a positive amount.
        computed("amount", f"(-{money_sql('amount')})::decimal(18, 4)", "amount"),
    ),
    name="commissions_withdrawn",
    joins=_EARNER.format(affiliate=number_sql("affiliateid")),
    is_numbered_here=True,
    alike=("affiliate_id", "kind", "entry_on", "amount"),
    money="amount",
    money_read=f"-{money_sql('amount')}",
    owner="earner.client_id",
)

ARTICLE_CATEGORIES = Mapping(
    "article_categories",
    "tblknowledgebasecats",
    (
        reference("parent_id", "parentid", "article_categories"),
        computed("name", f"coalesce({raw('name')}, 'Category ' || {raw('id')})", "name"),
        text("description", "description"),
        flag("is_hidden", "hidden"),
        language("language", "language"),
        reference("translation_of_id", "catid", "article_categories"),
    ),
)

ARTICLES = Mapping(
    "articles",
    "tblknowledgebase",
    (
        computed("title", f"coalesce({raw('title')}, 'Article ' || {raw('id')})", "title"),
        body("body", "article"),
        flag("is_private", "private"),
        computed("tags", "tagged.tags"),
        language("language", "language"),
        reference("translation_of_id", "parentid", "articles"),
        number("views", "views"),
        number("useful_votes", "useful"),
        number("votes", "votes"),
        number("sort_order", "order", "integer"),
    ),
    joins="""left join (
        select try_cast(articleid as bigint) as id, string_agg(distinct trim(tag), ', ' order by trim(tag)) as tags
        from staging.tblknowledgebasetags where trim(tag) <> '' group by 1
    ) tagged on tagged.id = try_cast(s.id as bigint)""",
)

ARTICLE_PLACEMENTS = Mapping(
    "article_placements",
    "tblknowledgebaselinks",
    (
        reference("article_id", "articleid", "articles"),
        reference("category_id", "categoryid", "article_categories"),
    ),
)
