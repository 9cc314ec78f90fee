"""What rows of WHMCS become here: each column, each reference, each reason not to take a row."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clientops.importing.whmcs.reading import MAPPINGS
from clientops.importing.whmcs.sources import SOURCE_TABLES
from clientops.schema.definition import all_tables
from clientops.schema.references import references_from
from tests.builders import money
from tests.importing.whmcs_books import EUR_ROW, planned, stage

JPY_ROW = {"id": 2, "code": "JPY", "rate": "160.00000", "default": 0}

BASE: dict[str, list[dict[str, Any]]] = {
    "tblcurrencies": [EUR_ROW, JPY_ROW],
    "tblclients": [{"id": 1}, {"id": 2, "currency": 2}],
    "tblcontacts": [{"id": 1, "userid": 1}, {"id": 2, "userid": 2}],
    "tblusers": [{"id": 1}],
    "tblproducts": [{"id": 1, "name": "Basic", "paytype": "recurring"}, {"id": 2, "name": "Set-up", "paytype": "onetime"}],
    "tblhosting": [{"id": 1, "orderid": 1, "packageid": 1, "domain": "ada.example", "qty": 2}],
    "tblhostingaddons": [{"id": 1}],
    "tbldomains": [{"id": 1}],
    "tblorders": [{"id": 1, "userid": 1, "status": "Active"}],
    "tblorderstatuses": [{"id": 1, "title": "On its way", "showactive": 1}, {"id": 2, "title": "Given up", "showcancelled": 1}],
    "tblinvoices": [{"id": 1, "total": "20.00"}, {"id": 2, "userid": 2, "total": "500.00"}],
    "tbltickets": [{"id": 1, "userid": 1, "title": "Help", "status": "Open"}],
    "tbladmins": [{"id": 1, "username": "maria", "firstname": "Maria", "lastname": "Müller"}],
    "tblaffiliates": [{"id": 1, "clientid": 1, "payamount": "10.00"}],
    "tblaffiliatesaccounts": [{"id": 1, "affiliateid": 1, "relid": 1}],
    "tblcustomfields": [
        {"id": 1, "type": "client"}, {"id": 2, "type": "product", "relid": 1}, {"id": 3, "type": "support"},
        {"id": 4, "type": "addon"},
    ],
    "tblproductconfigoptions": [{"id": 1, "optionname": "disk|Disk space", "optiontype": "1"}, {"id": 2, "optionname": "IPs", "optiontype": "4"}],
    "tblproductconfigoptionssub": [{"id": 1, "configid": 1, "optionname": "50|50 GB"}],
    "tbladdons": [{"id": 1, "name": "Backup", "description": "Daily"}],
    "tblknowledgebase": [{"id": 1, "title": "Read"}],
    "tblknowledgebasecats": [{"id": 1, "name": "Start"}],
    "tblknowledgebasetags": [{"id": 1, "articleid": 1, "tag": "mail"}, {"id": 2, "articleid": 1, "tag": "imap"}],
    "tblquotes": [{"id": 1, "userid": 1}],
}  # fmt: skip

# Name, table of WHMCS, row, table here, what the row becomes.
TAKEN: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    ("client: small letters", "tblclients", {"status": "closed", "country": "de"}, "clients", {"status": "Closed", "country": "DE"}),
    ("client: language", "tblclients", {"language": "german"}, "clients", {"language": "de"}),
    ("client: language of one's own", "tblclients", {"language": "klingon"}, "clients", {"language": "klingon"}),
    ("client: phone", "tblclients", {"phonenumber": "+49.30 123-4567"}, "clients", {"phone": "+49301234567"}),
    ("client: phone that is not international", "tblclients", {"phonenumber": "030 / 12"}, "clients", {"phone": "030 / 12"}),
    ("client: credit", "tblclients", {"credit": "12.34"}, "clients", {"credit_balance": money("12.34")}),
    ("client: blanks for nothing", "tblclients", {"firstname": "  ", "lastname": "", "email": " a@b.c "}, "clients", {"first_name": None, "last_name": None, "email": "a@b.c"}),
    ("client: no currency", "tblclients", {"currency": 0}, "clients", {"currency_id": 1}),
    ("client: zero dates", "tblclients", {"datecreated": "0000-00-00", "lastlogin": "-0001-11-30 00:00:00"}, "clients", {"created_on": None, "last_login_at": None}),
    ("client: clock of the business", "tblclients", {"lastlogin": "2024-07-01 12:00:00"}, "clients", {"last_login_at": datetime(2024, 7, 1, 10, tzinfo=UTC)}),
    ("client: winter time", "tblclients", {"lastlogin": "2024-01-01 12:00:00"}, "clients", {"last_login_at": datetime(2024, 1, 1, 11, tzinfo=UTC)}),
    ("client: what WHMCS overrides", "tblclients", {"latefeeoveride": 1, "overideduenotices": 1, "overrideautoclose": 1}, "clients", {"late_fees": False, "overdue_notices": False, "auto_status": False}),
    ("client: opted in", "tblclients", {"marketing_emails_opt_in": 1, "emailoptout": 1}, "clients", {"email_opt_out": False}),
    ("client: not opted in", "tblclients", {"marketing_emails_opt_in": 0}, "clients", {"email_opt_out": True}),
    ("client: opted out in an old WHMCS", "tblclients", {"emailoptout": 1}, "clients", {"email_opt_out": True}),
    ("client: group that is not there", "tblclients", {"groupid": 99}, "clients", {"group_id": None}),
    ("client: billing contact of another client", "tblclients", {"billingcid": 2}, "clients", {"default_billing_contact_id": None}),
    ("contact: what it receives", "tblcontacts", {"userid": 1, "invoiceemails": 1, "domainemails": "on"}, "contacts", {"wants_invoice": True, "wants_domain": True, "wants_general": False}),
    ("user: kept in UTC", "tblusers", {"last_login": "2024-07-01 12:00:00"}, "users", {"last_login_at": datetime(2024, 7, 1, 12, tzinfo=UTC)}),
    ("service: already invoiced", "tblhosting", {"nextduedate": "2024-06-30", "nextinvoicedate": "2024-07-31"}, "services", {"next_due_on": date(2024, 7, 31)}),
    ("service: not yet invoiced", "tblhosting", {"nextduedate": "2024-06-30", "nextinvoicedate": "0000-00-00"}, "services", {"next_due_on": date(2024, 6, 30)}),
    ("service: one time", "tblhosting", {"billingcycle": "One Time", "nextduedate": "2024-06-30"}, "services", {"billing_cycle": "one time", "next_due_on": None}),
    ("service: free", "tblhosting", {"billingcycle": "Free Account", "nextduedate": "2024-06-30"}, "services", {"billing_cycle": "free", "next_due_on": None}),
    ("service: half a year", "tblhosting", {"billingcycle": "Semi-Annually", "qty": 0}, "services", {"billing_cycle": "semi-annually", "quantity": 1}),
    ("service: an impossible date", "tblhosting", {"regdate": "2024-00-00"}, "services", {"registered_on": None}),
    ("service: order, product and server not there", "tblhosting", {"orderid": 99, "packageid": 99, "server": 99, "promoid": 99}, "services", {"order_id": None, "product_id": None, "server_id": None, "promotion_id": None}),
    ("option: chosen", "tblhostingconfigoptions", {"relid": 1, "configid": 1, "optionid": 1}, "service_options", {"name": "Disk space", "value": "50 GB"}),
    ("option: quantity", "tblhostingconfigoptions", {"relid": 1, "configid": 2, "optionid": 9, "qty": 3}, "service_options", {"name": "IPs", "value": "3", "quantity": 3}),
    ("add-on: name from the catalogue", "tblhostingaddons", {"addonid": 1, "tax": "on"}, "addons", {"name": "Backup", "description": "Daily", "is_taxed": True}),
    ("add-on: name of its own", "tblhostingaddons", {"addonid": 1, "name": "Mine", "tax": ""}, "addons", {"name": "Mine", "is_taxed": False}),
    ("domain: renewed by hand", "tbldomains", {"donotrenew": 1, "type": "Transfer", "status": "Transferred Away"}, "domains", {"auto_renew": False, "kind": "Transfer", "status": "Transferred Away"}),
    ("domain: already invoiced", "tbldomains", {"nextduedate": "2024-06-01", "nextinvoicedate": "2025-06-01"}, "domains", {"next_due_on": date(2025, 6, 1)}),
    ("order: a status of the business", "tblorders", {"userid": 1, "status": "On its way"}, "orders", {"status": "Active"}),
    ("order: a cancelled one of the business", "tblorders", {"userid": 1, "status": "given up"}, "orders", {"status": "Cancelled"}),
    ("order: a status nobody knows", "tblorders", {"userid": 1, "status": "?"}, "orders", {"status": "Pending"}),
    ("order: promotion", "tblorders", {"userid": 1, "status": "Fraud", "promotype": "Fixed Amount", "promovalue": "5.00", "promocode": "X"}, "orders", {"promotion_kind": "fixed", "promotion_value": money(5), "promotion_code": "X", "status": "Fraud"}),
    ("promotion", "tblpromotions", {"code": "SUMMER", "type": "Percentage", "value": "15.00", "recurring": 1, "expirationdate": "0000-00-00"}, "promotions", {"kind": "percent", "value": money(15), "is_recurring": True, "expires_on": None}),
    ("invoice: after credit", "tblinvoices", {"subtotal": "100.00", "tax": "19.00", "credit": "19.00", "total": "100.00"}, "invoices", {"total": money(119), "credit_applied": money(19), "tax1": money(19)}),
    ("invoice: payment pending", "tblinvoices", {"status": "Payment Pending"}, "invoices", {"status": "Unpaid"}),
    ("invoice: draft", "tblinvoices", {"status": "Draft", "date": "2024-06-01", "duedate": "2024-06-15"}, "invoices", {"status": "Draft", "issued_on": None, "due_on": date(2024, 6, 15)}),
    ("invoice: refunded", "tblinvoices", {"status": "Refunded", "date_refunded": "2024-06-20 10:00:00", "datepaid": "0000-00-00 00:00:00"}, "invoices", {"refunded_on": date(2024, 6, 20), "paid_on": None}),
    ("item: service", "tblinvoiceitems", {"invoiceid": 1, "type": "Hosting", "relid": 1, "amount": "5.00"}, "invoice_items", {"kind": "service", "service_id": 1, "unit_price": money(5)}),
    ("item: discount of a service", "tblinvoiceitems", {"invoiceid": 1, "type": "PromoHosting", "relid": 1, "amount": "-5.00"}, "invoice_items", {"kind": "service", "service_id": 1, "amount": money(-5)}),
    ("item: add-on", "tblinvoiceitems", {"invoiceid": 1, "type": "Addon", "relid": 1, "amount": "5.00"}, "invoice_items", {"kind": "addon", "addon_id": 1, "service_id": None}),
    ("item: domain", "tblinvoiceitems", {"invoiceid": 1, "type": "DomainTransfer", "relid": 1, "amount": "5.00"}, "invoice_items", {"kind": "domain", "domain_id": 1}),
    ("item: pays an invoice", "tblinvoiceitems", {"invoiceid": 1, "type": "Invoice", "relid": 2, "amount": "5.00"}, "invoice_items", {"kind": "invoice", "paid_invoice_id": 2}),
    ("item: late fee", "tblinvoiceitems", {"invoiceid": 1, "type": "LateFee", "relid": 1, "amount": "5.00"}, "invoice_items", {"kind": "late fee", "service_id": None}),
    ("item: of a service that is gone", "tblinvoiceitems", {"invoiceid": 1, "type": "Hosting", "relid": 99, "amount": "5.00"}, "invoice_items", {"kind": "service", "service_id": None}),
    ("item: anything else", "tblinvoiceitems", {"invoiceid": 1, "type": "Item", "relid": 1, "amount": "5.00"}, "invoice_items", {"kind": "other", "service_id": None}),
    ("transaction: currency of the client", "tblaccounts", {"userid": 2, "amountin": "300.00"}, "transactions", {"currency_id": 2, "kind": "payment", "client_id": 2, "client_name": None}),
    ("transaction: client of the invoice", "tblaccounts", {"userid": 0, "invoiceid": 2, "amountin": "1.00"}, "transactions", {"currency_id": 2, "client_id": 2}),
    ("transaction: of a deleted client", "tblaccounts", {"userid": 99, "currency": 2, "amountin": "1.00"}, "transactions", {"currency_id": 2, "client_id": 99, "client_name": "Client 99 (deleted in WHMCS)"}),
    ("transaction: of nobody", "tblaccounts", {"userid": 0, "amountout": "1.00"}, "transactions", {"currency_id": 1, "client_id": None, "kind": "payout"}),
    ("transaction: a fee", "tblaccounts", {"userid": 0, "fees": "1.00"}, "transactions", {"kind": "fee", "fee": money(1)}),
    ("transaction: a refund", "tblaccounts", {"amountout": "1.00", "refundid": 999}, "transactions", {"kind": "refund", "refunds_id": None}),
    ("transaction: no rate", "tblaccounts", {"rate": "0.00000"}, "transactions", {"rate": Decimal("1.00000000")}),
    ("upgrade of a service", "tblupgrades", {"relid": 1, "new_cycle": "monthly", "paid": "Y", "date": "0000-00-00"}, "service_changes", {"kind": "product", "service_id": 1, "new_billing_cycle": "monthly", "is_paid": True, "changed_on": None}),
    ("upgrade of an add-on", "tblupgrades", {"type": "addon", "relid": 1}, "service_changes", {"kind": "addon", "service_id": 1, "addon_id": 1}),
    ("note", "tblnotes", {"userid": 1, "adminid": 1, "note": "", "sticky": 1}, "notes", {"author": "Maria Müller", "body": "", "is_sticky": True}),
    ("ticket: about a service", "tbltickets", {"userid": 0, "title": "", "service": "S1", "urgency": "High"}, "tickets", {"service_id": 1, "domain_id": None, "subject": "No subject", "priority": "High", "client_id": None}),
    ("ticket: about a domain", "tbltickets", {"userid": 1, "title": "x", "service": "D1", "merged_ticket_id": 1}, "tickets", {"domain_id": 1, "merged_ticket_id": 1}),
    ("reply of a client that is gone", "tblticketreplies", {"tid": 1, "userid": 99, "message": "x"}, "ticket_replies", {"ticket_id": 1, "client_id": None, "is_internal": False}),
    ("value of a client", "tblcustomfieldsvalues", {"fieldid": 1, "relid": 2, "value": "42"}, "custom_values", {"subject_id": 2, "value": "42"}),
    ("value of a service", "tblcustomfieldsvalues", {"fieldid": 2, "relid": 1, "value": ""}, "custom_values", {"subject_id": 1, "value": None}),
    ("value of a ticket", "tblcustomfieldsvalues", {"fieldid": 3, "relid": 1, "value": "x"}, "custom_values", {"subject_id": 1}),
    ("value of an add-on", "tblcustomfieldsvalues", {"fieldid": 4, "relid": 1, "value": "x"}, "custom_values", {"subject_id": 1}),
    ("field: choices", "tblcustomfields", {"type": "client", "fieldtype": "dropdown", "fieldoptions": "a,b", "adminonly": "on"}, "custom_fields", {"type": "choice", "options": "a,b", "is_staff_only": True}),
    ("e-mail: not sent yet", "tblemails", {"userid": 1, "pending": 1, "date": "2024-01-01 12:00:00"}, "communications", {"status": "logged", "sent_at": None, "direction": "out"}),
    ("e-mail: failed", "tblemails", {"userid": 1, "failed": 1, "failure_reason": "No route", "retry_count": 2}, "communications", {"status": "failed", "error": "No route", "attempts": 2}),
    ("e-mail: sent to nobody known", "tblemails", {"userid": 0, "date": "2024-01-01 12:00:00", "to": "x@y.z"}, "communications", {"status": "sent", "client_id": None, "sent_to": "x@y.z", "sent_at": datetime(2024, 1, 1, 11, tzinfo=UTC)}),
    ("affiliate", "tblaffiliates", {"clientid": 2, "paytype": "", "balance": "5.00"}, "affiliates", {"pay_kind": "percent", "balance": money(5)}),
    ("category: translated", "tblknowledgebasecats", {"name": "Anfang", "catid": 1, "language": "german", "hidden": "on"}, "article_categories", {"translation_of_id": 1, "language": "de", "is_hidden": True}),
    ("article: translated", "tblknowledgebase", {"title": "Lesen", "parentid": 1, "private": "on"}, "articles", {"translation_of_id": 1, "is_private": True, "tags": None}),
    ("quote for a prospect", "tblquotes", {"userid": 0, "companyname": "P & S", "city": "Paris", "country": "fr", "currency": 2}, "quotes", {"client_id": None, "bill_to": "P & S\nParis\nFR", "currency_id": 2}),
    ("quote: line", "tblquoteitems", {"quoteid": 1, "quantity": "2.5", "unitprice": "4.00"}, "quote_items", {"quantity": Decimal("2.5000"), "unit_price": money(4)}),
    ("tax", "tbltax", {"level": 2, "name": "GST", "country": "au", "taxrate": "10.000"}, "tax_rates", {"level": 2, "country": "AU", "rate": Decimal("10.0000"), "state": None}),
    ("group", "tblclientgroups", {"groupname": "", "discountpercent": "5.50", "separateinvoices": "on"}, "groups", {"discount_percent": Decimal("5.5000"), "separate_invoices": True}),
    ("server", "tblservers", {"name": "", "hostname": "alpha"}, "servers", {"name": "alpha"}),
]  # fmt: skip

# Name, table of WHMCS, row, field and code of the problem.
REFUSED: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("client: a currency that is not there", "tblclients", {"currency": 99, "credit": "3.00"}, "currency", "unknown_currency"),
    ("client: an amount that is none", "tblclients", {"credit": "1,50"}, "credit", "bad_amount"),
    ("client: a status that is none", "tblclients", {"status": "Weird"}, "status", "unknown_value"),
    ("contact of a deleted client", "tblcontacts", {"userid": 99}, "userid", "missing_parent"),
    ("contact of nobody", "tblcontacts", {"userid": 0}, "userid", "missing_parent"),
    ("user without an address", "tblusers", {"email": " "}, "email", "missing"),
    ("permission of a user that is not there", "tblusers_clients", {"auth_user_id": 9, "client_id": 1}, "auth_user_id", "missing_parent"),
    ("currency without a code", "tblcurrencies", {"code": "EURO"}, "code", "unknown_currency"),
    ("currency with a rate of nothing", "tblcurrencies", {"code": "USD", "rate": "0"}, "rate", "bad_number"),
    ("group with too much discount", "tblclientgroups", {"discountpercent": "101"}, "discountpercent", "bad_number"),
    ("tax of a third level", "tbltax", {"level": 3}, "level", "bad_number"),
    ("service: a cycle that is none", "tblhosting", {"billingcycle": "Hourly"}, "billingcycle", "unknown_value"),
    ("service of a deleted client", "tblhosting", {"userid": 99}, "userid", "missing_parent"),
    ("add-on of a service that is not there", "tblhostingaddons", {"hostingid": 99}, "hostingid", "missing_parent"),
    ("domain without a name", "tbldomains", {"domain": ""}, "domain", "missing"),
    ("domain for no year", "tbldomains", {"registrationperiod": 0}, "registrationperiod", "bad_number"),
    ("invoice of a deleted client", "tblinvoices", {"userid": 99}, "userid", "missing_parent"),
    ("invoice with a status that is none", "tblinvoices", {"status": "Weird"}, "status", "unknown_value"),
    ("invoice with a total that is none", "tblinvoices", {"total": "ten"}, "total", "bad_amount"),
    ("item of no invoice", "tblinvoiceitems", {"invoiceid": 99, "amount": "1.00"}, "invoiceid", "missing_parent"),
    ("transaction in a currency that is not there", "tblaccounts", {"userid": 0, "currency": 9}, "currency", "unknown_currency"),
    ("credit entry of a deleted client", "tblcredit", {"clientid": 99, "amount": "1.00"}, "clientid", "missing_parent"),
    ("upgrade of a service that is not there", "tblupgrades", {"relid": 99}, "relid", "missing_parent"),
    ("value of a client that is not there", "tblcustomfieldsvalues", {"fieldid": 1, "relid": 99}, "relid", "missing_parent"),
    ("value of no field", "tblcustomfieldsvalues", {"fieldid": 99, "relid": 1}, "fieldid", "missing_parent"),
    ("field of something unknown", "tblcustomfields", {"type": "affiliate"}, "type", "unknown_value"),
    ("ticket of a deleted client", "tbltickets", {"userid": 99, "title": "x"}, "userid", "missing_parent"),
    ("reply to no ticket", "tblticketreplies", {"tid": 99}, "tid", "missing_parent"),
    ("note to no ticket", "tblticketnotes", {"ticketid": 99}, "ticketid", "missing_parent"),
    ("commission of no referral", "tblaffiliatespending", {"affaccid": 99, "amount": "1.00"}, "affaccid", "missing_parent"),
    ("price of no product", "tblpricing", {"type": "product", "relid": 99, "currency": 1, "monthly": "5.00"}, "relid", "missing_parent"),
    ("quote line with a quantity that is none", "tblquoteitems", {"quoteid": 1, "quantity": "many"}, "quantity", "bad_number"),
    ("a row without a number", "tblnotes", {"id": "x", "userid": 1}, "id", "bad_number"),
    ("a row with a number below 1", "tblservers", {"id": "-4", "name": "x"}, "id", "bad_number"),
    ("a number that stands twice", "tblcontacts", {"id": 1, "userid": 1}, "id", "duplicate"),
]  # fmt: skip


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """One plan for all cases: rows by name of the case, planned rows by (table, id), problems by (table, id)."""
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list, {name: list(rows) for name, rows in BASE.items()})
    ids: dict[str, str] = {}
    for number, (name, table, row, *_) in enumerate([*TAKEN, *REFUSED], 101):
        ids[name] = str(row.get("id", number))
        tables[table].append({"id": number, **row})
    path = stage(Path(tmp_path_factory.mktemp("cases")) / "s.duckdb", **tables)
    plan = planned(path, time_zone="Europe/Berlin")
    taken = {(change.table, str(row["id"])): row for change in plan.changes if change.kind == "insert"
             for row in plan.rows(change.table, "insert")}  # fmt: skip
    problems = defaultdict(list)
    for row in plan.rows("import_problems", "insert"):
        problems[row["source_table"], row["source_id"].split(" ")[0]].append(row)
    return ids, taken, problems, tables


def test_numbers_of_refused_rows_are_known(everything):
    """A row that cannot be taken says whose number it has; where rows are numbered here, none."""
    found = {(row["source_table"], row["table_name"]) for rows in everything[2].values() for row in rows}
    assert {("tblcontacts", "contacts"), ("tblticketreplies", "ticket_replies")} <= found
    assert {theirs for theirs, ours in found if ours is None} == {
        "tblaffiliatespending", "tblcurrencies", "tblpricing", "tblticketnotes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "source", "row", "table", "expected"), [pytest.param(*case, id=case[0]) for case in TAKEN]
)
def test_taken(everything, name, source, row, table, expected):
    """A row is taken under its own number, with each value translated."""
    ids, taken, problems, _ = everything
    assert not problems[source, ids[name]]
    found = taken[table, ids[name]]
    assert {column: found[column] for column in expected} == expected


@pytest.mark.parametrize(
    ("name", "source", "row", "field", "code"), [pytest.param(*case, id=case[0]) for case in REFUSED]
)
def test_refused(everything, name, source, row, field, code):
    """A row that cannot be taken is kept with its reason and its original values, and nothing of it is taken."""
    ids, taken, problems, _ = everything
    (found,) = problems[source, ids[name]]
    assert (found["field"], found["code"]) == (field, code)
    original = json.loads(found["original"])
    assert {key: original[key] for key in row} == {key: str(value) for key, value in row.items()}
    assert "." not in found["message"][-1:]
    if code != "duplicate":
        for mapping in MAPPINGS:
            if mapping.source == source and not mapping.is_numbered_here:
                assert (mapping.table, ids[name]) not in taken


def test_nothing_else_is_refused(everything):
    """Only the cases that are meant to be are problems."""
    ids, _, problems, _ = everything
    expected = {(source, ids[name]) for name, source, *_ in REFUSED}
    assert {key for key, rows in problems.items() if rows} == expected


def test_no_row_points_at_nothing(everything):
    """Every reference of every planned row finds its row in the plan, except payments of deleted clients."""
    _, taken, _, _ = everything
    known = set(taken)
    for (table, number), row in taken.items():
        for reference in references_from(table):
            value = row.get(reference.column)
            if value is None or reference.when.startswith(("subject_kind", "field_id")):
                continue
            if table == "transactions" and reference.column == "client_id" and row["client_name"]:
                continue
            assert (reference.target, str(value)) in known, (table, number, reference.column, value)


def test_every_mapping_fits_the_tables():
    """Mappings name columns that there are, look at staged columns that are read, and come after what they need."""
    seen: set[str] = set()
    for mapping in MAPPINGS:
        known = all_tables()[mapping.table]
        assert set(mapping.column_names) <= set(known.column_names)
        assert len(set(mapping.column_names)) == len(mapping.columns)
        for column in mapping.columns:
            assert not column.field or column.field in SOURCE_TABLES[mapping.source].columns, (mapping.key, column.name)
            if column.target and mapping.must_exist(column):
                assert column.target in seen, (mapping.key, column.name)
        seen.add(mapping.table)


def test_every_table_that_whmcs_has_is_filled():
    """What the design lists and WHMCS keeps is filled; the rest is the book's own."""
    own = {
        "settings", "dns_records", "merged_clients", "statements", "statement_lines", "matches", "source_ids",
        "import_problems", "credit_notes", "mail_templates", "duplicate_pairs", "duplicate_decisions", "match_keys",
        "sign_offs", "sign_off_figures", "proposals", "backups", "erasures", "invitations", "policies", "statement_repeats",
    }  # fmt: skip
    assert set(all_tables()) - own <= {mapping.table for mapping in MAPPINGS}
