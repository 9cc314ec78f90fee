"""The tables and columns of WHMCS that are read; what is not named here never leaves the source.

No column with a password, its hash, a secret key or card data is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

TextKind = Literal["plain", "name", "text", "html", "mail"]


@dataclass(frozen=True)
class SourceTable:
    """A table of WHMCS and the columns that are read from it.

    Attributes:
        name: Its name there.
        columns: Kind of each column that is read. ``plain``: numbers, dates and fixed words, taken as they are;
            ``name``: short text, HTML codes resolved until none is left; ``text``: long text, HTML codes resolved
            once; ``html``: text that is HTML and stays so; ``mail``: the same, with passwords blotted out.
        rows: SQL condition on the rows that are read.
        values: SQL read instead of a column.
        after: Table that must be read before, since ``values`` looks into it.
        key: Columns that tell its rows apart where it has no column id, as in WHMCS 5 to 7.
    """

    name: str
    columns: dict[str, TextKind]
    rows: str = ""
    values: dict[str, str] = field(default_factory=dict)
    after: str = ""
    key: tuple[str, ...] = ()


def _table(
    name: str, *, plain: str = "", names: str = "", texts: str = "", html: str = "", mail: str = "", key: str = ""
) -> SourceTable:
    kinds: dict[TextKind, str] = {"plain": plain, "name": names, "text": texts, "html": html, "mail": mail}
    columns = {column: kind for kind, listed in kinds.items() for column in listed.split()}
    return SourceTable(name, columns, key=tuple(key.split()))


ADDRESS = "firstname lastname companyname email address1 address2 city state postcode country phonenumber tax_id"

_TABLES = (
    SourceTable(
        "tblconfiguration",
        {"setting": "plain", "value": "plain"},
        rows="setting in ('Version', 'TaxType', 'TaxEnabled', 'TaxPerLineItem', 'TaxL2Compound', 'TaxDomains', 'TaxCode', 'TaxEUHomeCountry', 'TaxEUTaxExempt')",
    ),
    _table("tblcurrencies", plain="id code format rate default", names="prefix suffix"),
    _table("tblclientgroups", plain="id groupcolour discountpercent separateinvoices", names="groupname"),
    _table("tbltax", plain="id level country taxrate", names="name state"),
    _table(
        "tblclients",
        plain=(
            "id currency defaultgateway credit taxexempt latefeeoveride overideduenotices separateinvoices datecreated "
            "billingcid groupid lastlogin status language emailoptout marketing_emails_opt_in overrideautoclose "
            "email_verified"
        ),
        names=ADDRESS,
        texts="notes",
    ),
    _table(
        "tblcontacts",
        plain=(
            "id userid domainemails generalemails invoiceemails productemails supportemails affiliateemails created_at"
        ),
        names=ADDRESS,
    ),
    _table(
        "tblusers",
        plain="id language email_verified_at last_login created_at",
        names="first_name last_name email",
    ),
    _table("tblusers_clients", plain="id auth_user_id client_id owner permissions", key="auth_user_id client_id"),
    _table("tblproductgroups", plain="id", names="name"),
    _table("tblproducts", plain="id type gid hidden paytype tax retired", names="name", html="description"),
    _table(
        "tblpricing",
        plain=(
            "id type currency relid msetupfee qsetupfee ssetupfee asetupfee bsetupfee tsetupfee monthly quarterly "
            "semiannually annually biennially triennially"
        ),
    ),
    _table("tblservers", plain="id ipaddress hostname", names="name"),
    _table(
        "tblhosting",
        plain=(
            "id userid orderid packageid server regdate paymentmethod qty firstpaymentamount amount billingcycle "
            "nextduedate nextinvoicedate termination_date completed_date domainstatus subscriptionid promoid dedicatedip"
        ),
        names="domain username suspendreason",
        texts="notes",
    ),
    _table("tblproductconfigoptions", plain="id optiontype", names="optionname"),
    _table("tblproductconfigoptionssub", plain="id configid", names="optionname"),
    _table("tblhostingconfigoptions", plain="id relid configid optionid qty"),
    _table("tbladdons", plain="id", names="name", html="description"),
    _table(
        "tblhostingaddons",
        plain=(
            "id orderid hostingid addonid qty firstpaymentamount setupfee recurring billingcycle tax status regdate "
            "nextduedate nextinvoicedate termination_date paymentmethod subscriptionid"
        ),
        names="name",
        texts="notes",
    ),
    _table(
        "tbldomains",
        plain=(
            "id userid orderid type registrationdate firstpaymentamount recurringamount registrar registrationperiod "
            "expirydate subscriptionid promoid status nextduedate nextinvoicedate paymentmethod dnsmanagement "
            "emailforwarding idprotection is_premium donotrenew"
        ),
        names="domain",
        texts="additionalnotes",
    ),
    _table(
        "tblpromotions",
        plain="id type recurring value startdate expirationdate maxuses uses recurfor",
        names="code",
        texts="notes",
    ),
    _table("tblorderstatuses", key="title", plain="id showpending showactive showcancelled", names="title"),
    _table(
        "tblorders",
        plain=(
            "id ordernum userid contactid requestor_id date promotype promovalue amount paymentmethod invoiceid "
            "ipaddress"
        ),
        names="promocode status",
        texts="notes",
    ),
    _table(
        "tblinvoices",
        plain=(
            "id userid date duedate datepaid date_refunded date_cancelled subtotal credit tax tax2 total taxrate "
            "taxrate2 status paymentmethod"
        ),
        names="invoicenum",
        texts="notes",
    ),
    _table("tblinvoiceitems", plain="id invoiceid type relid amount taxed", texts="description"),
    _table(
        "tblaccounts",
        plain="id userid currency gateway date amountin fees amountout rate invoiceid refundid",
        names="transid",
        texts="description",
    ),
    _table("tblcredit", plain="id clientid date amount relid", texts="description"),
    _table("tbladmins", plain="id", names="username firstname lastname"),
    _table("tblnotes", plain="id userid adminid created modified sticky", texts="note"),
    _table(
        "tblcustomfields",
        plain="id type relid fieldtype adminonly required showinvoice sortorder",
        names="fieldname fieldoptions",
        texts="description regexpr",
    ),
    SourceTable(
        "tblcustomfieldsvalues",
        {"id": "plain", "fieldid": "plain", "relid": "plain", "value": "text"},
        values={
            "value": "case when fieldid in (select id from tblcustomfields where fieldtype = 'password') then null else value end"
        },
        after="tblcustomfields",
        key=("fieldid", "relid"),
    ),
    _table("tblticketdepartments", plain="id hidden", names="name email"),
    _table(
        "tbltickets",
        plain="id tid did userid contactid requestor_id date urgency lastreply service merged_ticket_id",
        names="name email title status admin",
        texts="message",
    ),
    _table(
        "tblticketreplies",
        plain="id tid userid contactid requestor_id date",
        names="name email admin",
        texts="message",
    ),
    _table("tblticketnotes", plain="id ticketid date", names="admin", texts="message"),
    _table(
        "tblemails",
        plain="id userid date pending failed retry_count",
        names="subject to cc bcc failure_reason",
        mail="message",
    ),
    _table("tblaffiliates", plain="id date clientid visitors paytype payamount onetime balance withdrawn"),
    _table("tblaffiliatesaccounts", plain="id affiliateid relid lastpaid created_at"),
    _table("tblaffiliateshistory", plain="id affiliateid date affaccid invoice_id amount", texts="description"),
    _table("tblaffiliatespending", plain="id affaccid invoice_id amount clearingdate created_at"),
    _table("tblaffiliateswithdrawals", plain="id affiliateid date amount"),
    _table(
        "tblupgrades",
        plain=(
            "id userid orderid type date relid new_cycle amount credit_amount days_remaining total_days_in_cycle "
            "new_recurring_amount recurringchange status paid"
        ),
        texts="originalvalue newvalue",
    ),
    _table("tblknowledgebasecats", plain="id parentid hidden catid language", names="name", texts="description"),
    _table(
        "tblknowledgebase",
        plain="id views useful votes private order parentid language",
        names="title",
        html="article",
    ),
    _table("tblknowledgebaselinks", plain="id categoryid articleid", key="categoryid articleid"),
    _table("tblknowledgebasetags", plain="id articleid", names="tag", key="articleid tag"),
    _table(
        "tblquotes",
        plain=("id stage validuntil userid currency subtotal tax1 tax2 total datecreated datesent dateaccepted"),
        names=ADDRESS + " subject",
        texts="proposal customernotes adminnotes",
    ),
    # Not imported, but named with their money.
    _table("tblbillableitems", plain="id userid amount invoicecount"),
    _table("tblcancelrequests", plain="id relid type date"),
    _table("tblquoteitems", plain="id quoteid quantity unitprice discount taxable", texts="description"),
)

SOURCE_TABLES: dict[str, SourceTable] = {table.name: table for table in _TABLES}
