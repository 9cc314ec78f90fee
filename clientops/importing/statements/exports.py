"""Exports of gateways and of banks for businesses, known by their headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clientops.importing.statements.headings import FIELDS, UNMOVED, fold


@dataclass(frozen=True)
class Export:
    """An export that is known by its headings.

    Attributes:
        source: Bank or gateway.
        marks: Headings (folded) that it has and no other.
        columns: Field to headings (folded), the likeliest first. Beside the fields of statements there are ``net``, ``status``,
            ``impact`` (Credit, Debit or Memo), ``refunded`` and ``refunded_on`` (money of the row that went back), ``mode`` (Live or Test).
        fee_sign: 1 where fees are written positive, -1 where negative.
        joined: Fields whose headings are all taken, not only the first with anything in it.
        unmoved: States (folded) in which no money has moved.
        reversed_: States of payments that came in and went back entirely.
        directions: What words of ``direction`` mean here: 1 received, -1 paid.
    """

    source: str
    marks: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]
    fee_sign: int = 1
    joined: tuple[str, ...] = ("description",)
    unmoved: frozenset[str] = frozenset(UNMOVED)
    reversed_: frozenset[str] = field(default_factory=frozenset)
    directions: Mapping[str, int] = field(default_factory=dict)


_PAYPAL = frozenset(UNMOVED | {"nichteingefordert", "nichtabgeschlossen", "nichtfreigegeben"})
EXPORTS = (
    Export(
        "stripe", frozenset({"source", "net", "fee", "type"}),
        {"booked_on": ("createdutc", "created"), "valued_on": ("availableonutc", "availableon"), "amount": ("amount",), "fee": ("fee", "fees"), "net": ("net",),
         "reference": ("source", "sourceid"), "description": ("description",), "currency": ("currency",), "payer_name": ("customerfacingname", "customername", "customeremail")},
    ),
    Export(
        "stripe", frozenset({"balancetransactionid", "gross", "net"}),
        {"booked_on": ("createdutc", "created"), "valued_on": ("availableonutc", "availableon"), "amount": ("gross",), "fee": ("fee",), "net": ("net",),
         "reference": ("sourceid", "chargeid", "paymentintentid", "balancetransactionid"), "description": ("description",), "currency": ("currency",), "payer_name": ("customername", "customeremail")},
    ),
    Export(
        "paypal", frozenset({"transactionid", "gross", "net", "fee"}),
        {"booked_on": ("date",), "amount": ("gross",), "fee": ("fee",), "net": ("net",), "reference": ("transactionid",), "payer_name": ("name",),
         "payer_account": ("fromemailaddress",), "description": ("invoicenumber", "subject", "itemtitle", "note", "customnumber"), "currency": ("currency",),
         "balance": ("balance",), "status": ("status",), "impact": ("balanceimpact",)},
        -1, unmoved=_PAYPAL,
    ),
    Export(
        "paypal", frozenset({"transaktionscode", "brutto", "netto"}),
        {"booked_on": ("datum",), "amount": ("brutto",), "fee": ("gebuhr", "entgelt"), "net": ("netto",), "reference": ("transaktionscode",), "payer_name": ("name",),
         "payer_account": ("absenderemailadresse", "vonemailadresse"), "description": ("rechnungsnummer", "betreff", "artikelbezeichnung", "hinweis", "zollnummer"),
         "currency": ("wahrung",), "balance": ("guthaben", "saldo"), "status": ("status",), "impact": ("auswirkungaufguthaben",)},
        -1, unmoved=_PAYPAL,
    ),
    Export(
        "wise", frozenset({"transferwiseid", "runningbalance"}),
        {"booked_on": ("date",), "amount": ("amount",), "currency": ("currency",), "description": ("paymentreference", "description"), "balance": ("runningbalance",),
         "payer_name": ("payername", "payeename", "merchant"), "payer_account": ("payeeaccountnumber",), "reference": ("transferwiseid",)},
        joined=(),
    ),
    Export(
        "revolut", frozenset({"product", "starteddate", "completeddate", "state"}),
        {"booked_on": ("completeddate",), "amount": ("amount",), "fee": ("fee",), "currency": ("currency",), "description": ("description",), "balance": ("balance",), "status": ("state",)},
    ),
    Export(
        "revolut", frozenset({"datestartedutc", "datecompletedutc", "totalamount"}),
        {"booked_on": ("datecompletedutc",), "amount": ("amount",), "fee": ("fee",), "currency": ("paymentcurrency",), "description": ("reference", "description"), "reference": ("id",),
         "payer_name": ("payer", "description"), "payer_account": ("beneficiaryiban", "beneficiaryaccountnumber"), "balance": ("balance",), "status": ("state",)},
        joined=(),
    ),
    Export(
        "n26", frozenset({"payee", "paymentreference", "amounteur"}),
        {"booked_on": ("date",), "amount": ("amounteur",), "payer_name": ("payee",), "payer_account": ("accountnumber",), "description": ("paymentreference",)},
    ),
    Export(
        "n26", frozenset({"partnername", "partneriban", "paymentreference"}),
        {"booked_on": ("bookingdate",), "valued_on": ("valuedate",), "amount": ("amounteur",), "payer_name": ("partnername",), "payer_account": ("partneriban",), "description": ("paymentreference",)},
    ),
    Export(
        "n26", frozenset({"empfanger", "transaktionstyp", "betrageur"}),
        {"booked_on": ("datum",), "amount": ("betrageur",), "payer_name": ("empfanger",), "payer_account": ("kontonummer",), "description": ("verwendungszweck",)},
    ),
    Export(
        "mollie", frozenset({"paymentmethod", "status", "consumername", "amount"}),
        {"booked_on": ("date", "paidat"), "amount": ("amount",), "currency": ("currency",), "status": ("status",), "reference": ("id",), "description": ("description",),
         "payer_name": ("consumername",), "payer_account": ("consumerbankaccount", "consumeraccount"), "refunded": ("amountrefunded",)},
        reversed_=frozenset({"chargedback"}),
    ),
    Export(
        "gocardless", frozenset({"chargedate", "status", "amount", "amountrefunded"}),
        {"booked_on": ("chargedate",), "amount": ("amount",), "currency": ("currency",), "status": ("status",), "reference": ("id",), "description": ("description", "reference"),
         "refunded": ("amountrefunded",), "payer_name": ("customerscompanyname", "customerscombinedname", "customersgivenname", "customersfamilyname", "customersemail")},
        joined=("description",), reversed_=frozenset({"chargedback", "latefailure"}),
    ),
    Export(
        "braintree", frozenset({"transactionid", "transactiontype", "transactionstatus", "amountsubmittedforsettlement"}),
        {"booked_on": ("settlementdate", "disbursementdate", "createddatetime"), "amount": ("amountsubmittedforsettlement",), "currency": ("currencyisocode", "settlementcurrencyisocode", "presentmentcurrencyisocode"),
         "status": ("transactionstatus",), "direction": ("transactiontype",), "reference": ("transactionid",), "description": ("orderid", "purchaseordernumber", "subscriptionid"), "fee": ("servicefee",),
         "payer_name": ("customercompany", "customerfirstname", "customerlastname", "cardholdername", "customeremail")},
        directions={"sale": 1, "credit": -1, "refund": -1},
    ),
    Export(
        "stripe", frozenset({"id", "amount", "amountrefunded", "status", "currency"}),
        {"booked_on": ("createddateutc", "createdutc", "createddate", "created"), "amount": ("amount",), "fee": ("fee",), "refunded": ("amountrefunded",),
         "refunded_on": ("refundeddateutc",), "status": ("status",), "mode": ("mode",), "reference": ("id", "paymentintentid"), "currency": ("currency",),
         "payer_name": ("customername", "cardname", "customerdescription", "customeremail"), "description": ("description", "invoicenumber", "sellermessage", "invoiceid")},
        joined=(),
    ),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(export.source for export in EXPORTS))
INTERNAL = frozenset({name for export in EXPORTS for name in export.columns} | {"status"}) - frozenset(FIELDS)


def export_of(row: Sequence[str]) -> Export | None:
    """The export whose headings a row has."""
    folded = {fold(heading) for heading in row}
    return next((export for export in EXPORTS if export.marks <= folded), None)
