"""Which of our rows and columns are which tables and columns of WHMCS 8, for what goes back there."""

from __future__ import annotations

from dataclasses import dataclass

from clientops.schema.tables import BEYOND_SOURCES

NO_DATE = "'0000-00-00'"


@dataclass(frozen=True)
class Target:
    """A table of WHMCS and what of ours goes into it.

    Attributes:
        name: Its name.
        table: Our table.
        columns: Each of its columns as SQL over our row ``r``; the first is ``id``.
        joins: SQL behind ``from … r``.
        where: SQL condition on the rows that it has.
        through: Other tables that the columns look into, each with the SELECT of the rows of ours that may be another
            for WHMCS when rows of that table changed (``{touched}`` selects those).
        is_for_known: Whether just rows that WHMCS has go there; new ones want more than we know.
    """

    name: str
    table: str
    columns: tuple[tuple[str, str], ...]
    joins: str = ""
    where: str = "true"
    through: tuple[tuple[str, str], ...] = ()
    is_for_known: bool = False


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


def _ticks(*pairs: str) -> tuple[tuple[str, str], ...]:
    """Tick boxes that WHMCS keeps as text."""
    split = (pair.partition("=") for pair in pairs)
    return tuple((theirs, f"case when r.{ours} then 'on' else '' end") for theirs, _, ours in split)


def _words(name: str, ours: str, words: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """A word of a list, as WHMCS calls it; another one stays as it is."""
    cases = " ".join(f"when '{word}' then '{theirs}'" for word, theirs in words.items())
    return ((name, f"case r.{ours} {cases} else coalesce(r.{ours}, '') end"),)


def _not(*pairs: str) -> tuple[tuple[str, str], ...]:
    return tuple((theirs, f"(not r.{ours})::integer") for theirs, _, ours in (pair.partition("=") for pair in pairs))


def _dates(*pairs: str) -> tuple[tuple[str, str], ...]:
    split = (pair.partition("=") for pair in pairs)
    return tuple((theirs, f"coalesce(r.{ours}::varchar, {NO_DATE})") for theirs, _, ours in split)


def _money(*pairs: str) -> tuple[tuple[str, str], ...]:
    """Amounts; WHMCS keeps two decimals."""
    return tuple((theirs, f"r.{ours}::decimal(16, 2)") for theirs, _, ours in (pair.partition("=") for pair in pairs))


def _moment(name: str, zone: str) -> str:
    return f"coalesce(strftime(timezone({zone}, r.{name}), '%Y-%m-%d %H:%M:%S'), '0000-00-00 00:00:00')"


def _moments(*pairs: str) -> tuple[tuple[str, str], ...]:
    """Moments on the business's clock."""
    split = (pair.partition("=") for pair in pairs)
    return tuple((theirs, _moment(ours, "$time_zone")) for theirs, _, ours in split)


CYCLE = """case r.billing_cycle when 'free' then 'Free Account' when 'one time' then 'One Time'
    when 'semi-annually' then 'Semi-Annually' else upper(r.billing_cycle[1]) || r.billing_cycle[2:] end"""

ITEM_TYPE = """case r.kind when 'setup' then 'Setup' when 'change' then 'Upgrade' when 'late fee' then 'LateFee'
    when 'group discount' then 'GroupDiscount' when 'add funds' then 'AddFunds'
    else case when r.service_id is not null then 'Hosting' when r.addon_id is not null then 'Addon'
        when r.domain_id is not null then 'Domain' when r.paid_invoice_id is not null then 'Invoice' else '' end end"""

RELID = (
    "coalesce(case when r.kind = 'change' then c.id end, r.service_id, r.addon_id, r.domain_id, r.paid_invoice_id, 0)"
)

# The lines of upgrades in an invoice, and its upgrades, both in the order they were made.
BILLED_CHANGES = """
    left join (
        select id, row_number() over (partition by invoice_id order by id) as place
        from invoice_items where kind = 'change'
    ) place on place.id = r.id
    left join (
        select id, invoice_id, row_number() over (partition by invoice_id order by id) as place
        from service_changes where invoice_id is not null
    ) c on c.invoice_id = r.invoice_id and c.place = place.place
"""

# A currency that was here before the import has another number here than there.
CURRENCY = """coalesce((
    select min(try_cast(k.source_id as bigint)) from source_ids k
    where k.table_name = 'currencies' and k.row_id = r.currency_id
), r.currency_id, 0)"""

# WHMCS has 0 where a payment is in its client's currency.
PAID_IN = f"""case when r.currency_id = (select c.currency_id from clients c where c.id = r.client_id) then 0
    else {CURRENCY} end"""


def _due(column: str) -> tuple[tuple[str, str], ...]:
    """The two days that WHMCS has for our one: what is next invoiced, and what is next to be paid.

    The first is our next due day, so that nothing is invoiced there twice; the second waits for an unpaid invoice, as
    WHMCS moves it by a cycle once that is paid.
    """
    unpaid = f"""(
        select min(coalesce(item.period_from, bill.due_on)) from invoice_items item
        join invoices bill on bill.id = item.invoice_id and bill.status = 'Unpaid' where item.{column} = r.id
    )"""
    due = f"case when r.next_due_on is not null then least(r.next_due_on, {unpaid}) end"
    return (("nextduedate", f"coalesce(({due})::varchar, {NO_DATE})"), *_dates("nextinvoicedate=next_due_on"))


def _billed(column: str) -> tuple[tuple[str, str], ...]:
    return (
        ("invoices", f"select {column} from invoice_items where invoice_id in {{touched}}"),
        ("invoice_items", f"select {column} from history.invoice_items where id in {{touched}}"),
    )


# WHMCS gives an order ten digits, no two alike. Those of an order without a number follow from its id.
ORDER_NUMBER = "coalesce(nullif(r.number, ''), (1000000000 + (r.id::hugeint * 7368787651) % 8999999993)::varchar)"

PROMOTION = """case r.promotion_kind when 'percent' then 'Percentage' when 'fixed' then 'Fixed Amount'
    when 'price' then 'Price Override' when 'free setup' then 'Free Setup' else '' end"""

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
        *_plain("id=id"), *ADDRESS, ("currency", CURRENCY), *_text("defaultgateway=payment_method"),
        *_money("credit=credit_balance"), *_flags("taxexempt=is_tax_exempt", "separateinvoices=separate_invoices"),
        *_not("latefeeoveride=late_fees", "overideduenotices=overdue_notices", "overrideautoclose=auto_status"),
        *_dates("datecreated=created_on"), *_text("notes=admin_notes"),
        *_numbers("billingcid=default_billing_contact_id", "groupid=group_id"), *_plain("status=status"),
        ("language", LANGUAGE), *_flags("emailoptout=email_opt_out", "email_verified=email_verified"),
        *_not("marketing_emails_opt_in=email_opt_out"),
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
    ), "join invoices i on i.id = r.invoice_id" + BILLED_CHANGES,
        through=(("invoices", "select id from invoice_items where invoice_id in {touched}"),)),
    Target("tblaccounts", "transactions", (
        *_plain("id=id"), *_numbers("userid=client_id"), ("currency", PAID_IN), *_text("gateway=gateway"),
        *_moments("date=occurred_at"), *_text("description=description"),
        *_money("amountin=amount_in", "fees=fee", "amountout=amount_out"), *_plain("rate=rate"),
        *_text("transid=reference"), *_numbers("refundid=refunds_id"),
        # WHMCS has one invoice a transaction: the one that most of it settles.
        ("invoiceid", "coalesce((select arg_max(a.invoice_id, abs(a.amount)) from allocations a where a.transaction_id = r.id), 0)"),
    ), through=(("allocations", "select transaction_id from history.allocations where id in {touched}"),)),
    Target("tblhosting", "services", (
        *_plain("id=id", "userid=client_id"), *_numbers("orderid=order_id", "packageid=product_id", "server=server_id"),
        *_dates("regdate=registered_on"), *_text("domain=domain", "paymentmethod=payment_method"), *_plain("qty=quantity"),
        *_money("firstpaymentamount=first_amount", "amount=recurring_amount"), ("billingcycle", CYCLE),
        *_due("service_id"), *_dates("termination_date=terminated_on", "completed_date=completed_on"),
        *_plain("domainstatus=status"), *_text("username=username", "notes=notes", "suspendreason=suspend_reason"),
        *_numbers("promoid=promotion_id"), *_text("subscriptionid=subscription_id", "dedicatedip=dedicated_ip"),
    ), through=_billed("service_id")),
    Target("tbldomains", "domains", (
        *_plain("id=id", "userid=client_id"), *_numbers("orderid=order_id"), *_plain("type=kind"),
        *_dates("registrationdate=registered_on"), *_plain("domain=name"),
        *_money("firstpaymentamount=first_amount", "recurringamount=recurring_amount"), *_text("registrar=registrar"),
        *_plain("registrationperiod=registration_period"), *_dates("expirydate=expires_on"), *_due("domain_id"),
        *_plain("status=status"), *_not("donotrenew=auto_renew"),
        *_flags("idprotection=has_privacy", "dnsmanagement=has_dns_management", "emailforwarding=has_email_forwarding"),
        *_text("additionalnotes=notes", "paymentmethod=payment_method", "subscriptionid=subscription_id"),
        *_numbers("promoid=promotion_id"),
    ), through=_billed("domain_id")),
    Target("tblnotes", "notes", (
        *_plain("id=id"), *_numbers("userid=client_id"), *_moments("created=created_at", "modified=modified_at"),
        *_plain("note=body"), *_flags("sticky=is_sticky"),
    ), where="r.subject_kind = 'client'"),
    Target("tblclientgroups", "groups", (
        *_plain("id=id", "groupname=name"), *_text("groupcolour=colour"), *_money("discountpercent=discount_percent"),
        *_flags("separateinvoices=separate_invoices"),
    )),
    Target("tblusers", "users", (
        *_plain("id=id"), *_text("first_name=first_name", "last_name=last_name", "email=email"), ("language", LANGUAGE),
        ("email_verified_at", _moment("email_verified_at", "'UTC'")),
    )),
    Target("tblusers_clients", "user_clients", (
        *_plain("id=id", "auth_user_id=user_id", "client_id=client_id"), *_flags("owner=is_owner"),
        *_text("permissions=permissions"),
    )),
    Target("tblorders", "orders", (
        *_plain("id=id"), ("ordernum", ORDER_NUMBER),
        *_numbers("userid=client_id", "contactid=contact_id", "requestor_id=user_id"), *_moments("date=ordered_at"),
        *_money("amount=amount"), *_text("paymentmethod=payment_method", "promocode=promotion_code"),
        ("promotype", PROMOTION), ("promovalue", "coalesce(r.promotion_value::varchar, '')"),
        *_numbers("invoiceid=invoice_id"), *_plain("status=status"), *_text("ipaddress=ip_address", "notes=notes"),
    )),
    Target("tblhostingaddons", "addons", (
        *_plain("id=id"), *_numbers("orderid=order_id"), *_plain("hostingid=service_id"), ("userid", "served.client_id"),
        *_text("name=name"), *_plain("qty=quantity"),
        *_money("firstpaymentamount=first_amount", "setupfee=setup_fee", "recurring=recurring_amount"),
        ("billingcycle", CYCLE), *_flags("tax=is_taxed"), *_plain("status=status"),
        *_dates("regdate=registered_on", "termination_date=terminated_on"), *_due("addon_id"),
        *_text("paymentmethod=payment_method", "notes=notes", "subscriptionid=subscription_id"),
    ), "join services served on served.id = r.service_id", through=(
        *_billed("addon_id"), ("services", "select id from addons where service_id in {touched}"),
    )),
    Target("tbltickets", "tickets", (
        *_plain("id=id"), *_text("tid=number"),
        *_numbers("did=department_id", "userid=client_id", "contactid=contact_id", "requestor_id=user_id"),
        *_text("name=name", "email=email"), *_moments("date=opened_at"), *_plain("title=subject"),
        *_text("message=message"), *_plain("status=status", "urgency=priority"), *_text("admin=operator"),
        *_moments("lastreply=last_reply_at"), ("service", "coalesce('S' || r.service_id, 'D' || r.domain_id, '')"),
        *_numbers("merged_ticket_id=merged_ticket_id"),
    )),
    # Notes between staff have numbers of their own there. (Books of before may have replies beyond WHMCS's 32 bits.)
    Target("tblticketreplies", "ticket_replies", (
        *_plain("id=id", "tid=ticket_id"), *_numbers("userid=client_id", "contactid=contact_id", "requestor_id=user_id"),
        *_text("name=name", "email=email"), *_moments("date=replied_at"), *_plain("message=message"),
        *_text("admin=operator"),
    ), where=f"not r.is_internal and r.id < {BEYOND_SOURCES}"),
    Target("tblcustomfieldsvalues", "custom_values", (
        *_plain("id=id", "fieldid=field_id", "relid=subject_id"), *_text("value=value"),
    ), where="r.field_id in (select id from custom_fields where subject_kind <> 'invoice')"),
    Target("tblaffiliates", "affiliates", (
        *_plain("id=id"), *_dates("date=since_on"), *_plain("clientid=client_id", "visitors=visitors"),
        ("paytype", "case r.pay_kind when 'percent' then 'percentage' else r.pay_kind end"),
        *_money("payamount=pay_amount"), *_flags("onetime=is_one_time"), *_money("balance=balance", "withdrawn=withdrawn"),
    )),
    Target("tblaffiliatesaccounts", "referrals", (
        *_plain("id=id", "affiliateid=affiliate_id", "relid=service_id"), *_dates("lastpaid=last_paid_on"),
        ("created_at", "coalesce(r.referred_on::varchar || ' 00:00:00', '0000-00-00 00:00:00')"),
    )),
    Target("tbltax", "tax_rates", (
        *_plain("id=id", "level=level", "name=name"), *_text("state=state", "country=country"), *_plain("taxrate=rate"),
    )),
    # A new one needs a group of the catalogue and a module, and prices for each currency.
    Target("tblproducts", "products", (
        *_plain("id=id"), *_words("type", "kind", {"hosting": "hostingaccount", "reseller": "reselleraccount"}),
        *_plain("name=name"), *_text("description=description"), *_words("paytype", "pay_kind", {"one time": "onetime"}),
        *_flags("tax=is_taxed", "hidden=is_hidden", "retired=is_retired"),
    ), is_for_known=True),
    Target("tblpromotions", "promotions", (
        *_plain("id=id", "code=code"), *_words("type", "kind", {
            "percent": "Percentage", "fixed": "Fixed Amount", "price": "Price Override", "free setup": "Free Setup",
        }),
        *_money("value=value"), *_flags("recurring=is_recurring"), *_plain("recurfor=recur_for"),
        *_dates("startdate=starts_on", "expirationdate=expires_on"), *_plain("maxuses=max_uses", "uses=uses"),
        *_text("notes=notes"),
    )),
    # One that is pending is carried out there when it is paid, by numbers that only WHMCS knows.
    Target("tblupgrades", "service_changes", (
        *_plain("id=id"), *_numbers("userid=client_id", "orderid=order_id"),
        *_words("type", "kind", {"product": "package", "options": "configoptions", "price": "service", "feature": "service"}),
        *_dates("date=changed_on"), ("relid", "coalesce(case when r.kind = 'addon' then r.addon_id else r.service_id end, 0)"),
        *_text("originalvalue=from_value", "newvalue=to_value"),
        ("new_cycle", f"coalesce({CYCLE.replace('billing_cycle', 'new_billing_cycle')}, '')"),
        *_money("amount=amount", "credit_amount=credit_amount"),
        *_numbers("days_remaining=days_remaining", "total_days_in_cycle=days_in_cycle"),
        *_money("new_recurring_amount=new_recurring_amount", "recurringchange=recurring_difference"),
        *_plain("status=status"), ("paid", "case when r.is_paid then 'Y' else 'N' end"),
    ), where="r.status = 'Completed'"),
    Target("tblticketdepartments", "departments", (
        *_plain("id=id", "name=name"), *_text("email=email"), *_ticks("hidden=is_hidden"),
    )),
    Target("tblknowledgebasecats", "article_categories", (
        *_plain("id=id"), *_numbers("parentid=parent_id"), *_plain("name=name"), *_text("description=description"),
        *_ticks("hidden=is_hidden"), *_numbers("catid=translation_of_id"), ("language", LANGUAGE),
    )),
    # The name and address of a quote stand in several columns there.
    Target("tblquotes", "quotes", (
        *_plain("id=id"), *_text("subject=subject"), *_plain("stage=stage"), *_numbers("userid=client_id"),
        ("currency", CURRENCY),
        *_dates("datecreated=created_on", "validuntil=valid_until_on", "datesent=sent_on", "dateaccepted=accepted_on"),
        *_money("subtotal=subtotal", "tax1=tax1", "tax2=tax2", "total=total"),
        *_text("proposal=proposal", "customernotes=client_notes", "adminnotes=admin_notes"),
    )),
    Target("tblquoteitems", "quote_items", (
        *_plain("id=id", "quoteid=quote_id"), *_text("description=description"), *_plain("quantity=quantity"),
        *_money("unitprice=unit_price", "discount=discount_percent"), *_flags("taxable=is_taxed"),
    )),
)  # fmt: skip
