"""Money of WHMCS: payments and what they settle, credit and where it came from, tax of lines, and the sums on both sides."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clientops.core.plan import read_problems
from clientops.schema.invariants import every_orphan_sql
from clientops.schema.tables import Tables
from tests.builders import money, tables
from tests.importing.whmcs_books import EUR_ROW, planned, reported, stage
from tests.long_forms import examples

JPY_ROW = {"id": 2, "code": "JPY", "rate": "160.00000", "default": 0}
CLIENTS = [{"id": 1, "credit": "50.00"}, {"id": 2}, {"id": 3, "currency": 2}]


def paid(
    number: int, invoice: int, day: int, amount_in: str = "0", amount_out: str = "0", **more: object
) -> dict[str, object]:
    at = f"2024-06-{day:02} 10:00:00"
    return {"id": number, "invoiceid": invoice, "date": at, "amountin": amount_in, "amountout": amount_out, **more}


# Name, invoice, payments, what each settles (by number of the payment).
SETTLED = [
    ("in full", {"total": "20"}, [("20", "0")], ["20"]),
    ("in two parts", {"total": "20"}, [("5", "0"), ("15", "0")], ["5", "15"]),
    ("too much", {"total": "20"}, [("30", "0")], ["20"]),
    ("too much with the second", {"total": "20"}, [("15", "0"), ("15", "0")], ["15", "5"]),
    ("after credit", {"total": "20", "credit": "5"}, [("25", "0")], ["20"]),
    ("paid by credit", {"total": "0", "credit": "20"}, [("20", "0")], [None]),
    ("given back", {"total": "20"}, [("20", "0"), ("0", "20")], ["20", "-20"]),
    ("the surplus given back", {"total": "20"}, [("30", "0"), ("0", "10")], ["20", None]),
    ("more than the surplus given back", {"total": "20"}, [("30", "0"), ("0", "15")], ["20", "-5"]),
    ("given back and paid again", {"total": "20"}, [("20", "0"), ("0", "20"), ("20", "0")], ["20", "-20", "20"]),
    ("given back before it was paid", {"total": "20"}, [("0", "5"), ("20", "0")], [None, "15"]),
    ("of a cancelled invoice", {"total": "20", "status": "Cancelled"}, [("20", "0")], [None]),
    ("of a draft", {"total": "20", "status": "Draft"}, [("20", "0")], [None]),
    ("in another currency", {"total": "20"}, [("20", "0", {"currency": 2})], [None]),
    ("by another client", {"total": "20"}, [("20", "0", {"userid": 2})], ["20"]),
    ("by a client that is gone", {"total": "20"}, [("20", "0", {"userid": 99, "currency": 1})], ["20"]),
]


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """One plan for all cases; the payments of case n are numbered from 10 n."""
    invoices, payments = [], []
    for case, (_, invoice, parts, _) in enumerate(SETTLED, 1):
        invoices.append({"id": case, "status": "Paid", **invoice})
        for place, part in enumerate(parts):
            payments.append(paid(10 * case + place, case, place + 1, *part[:2], **(part[2] if len(part) > 2 else {})))
    path = stage(
        tmp_path_factory.mktemp("money") / "s.duckdb",
        tblcurrencies=[EUR_ROW, JPY_ROW], tblclients=CLIENTS, tblinvoices=invoices, tblaccounts=payments[::-1],
    )  # fmt: skip
    return {row["transaction_id"]: row for row in planned(path).rows("allocations", "insert")}


@pytest.mark.parametrize(("case", "expected"), [pytest.param(n, c[3], id=c[0]) for n, c in enumerate(SETTLED, 1)])
def test_what_payments_settle(settled, case, expected):
    """Payments settle at most what the invoice owes, in the order they came; refunds give back what was settled."""
    found = [settled.get(10 * case + place) for place in range(len(expected))]
    assert [row and row["amount"] for row in found] == [
        None if amount is None else money(amount) for amount in expected
    ]
    assert all(row["invoice_id"] == case for row in found if row)


# Text and amount of an entry; invoice that it names, payment that it came from.
ENTRIES = [
    ("applied", "Credit Applied to Invoice #101", "-19", 101, None),
    ("small letters, no sign", "credit applied to invoice 101", "-19", 101, None),
    ("German", "Guthaben auf Rechnung Nr. 101", "-19", 101, None),
    ("more words between", "Credit Applied to Invoice ID: #101", "-19", 101, None),
    ("taken back from the invoice", "Credit Removed from Invoice #101", "19", 101, None),
    ("of another client", "Credit Applied to Invoice #103", "-19", None, None),
    ("not there", "Credit Applied to Invoice #777", "-19", None, None),
    ("no invoice", "Downtime in room 101", "19", None, None),
    ("a surplus finds its payment", "Invoice #102 Overpayment", "30", None, 1002),
    ("of another amount", "Invoice #102 Overpayment", "29", None, None),
    ("funds were paid for by an invoice, not a surplus", "Add Funds Invoice #101", "19", None, None),
]


@pytest.fixture(scope="module")
def entries(tmp_path_factory):
    """One plan for all cases; the entry of case n has number n."""
    path = stage(
        tmp_path_factory.mktemp("credit") / "s.duckdb",
        tblclients=CLIENTS[:2],
        tblinvoices=[
            {"id": 101, "total": "100"}, {"id": 102, "total": "50", "status": "Paid"}, {"id": 103, "userid": 2, "total": "9"},
        ],
        tblaccounts=[paid(1001, 101, 1, "100"), paid(1002, 102, 2, "80")],
        tblcredit=[
            {"id": n, "clientid": 1, "date": "2024-06-03", "amount": amount, "description": text}
            for n, (_, text, amount, *_) in enumerate(ENTRIES, 1)
        ],
    )  # fmt: skip
    return {row["id"]: row for row in planned(path).rows("credit_entries", "insert")}


@pytest.mark.parametrize(
    ("number", "amount", "invoice_id", "transaction_id"),
    [pytest.param(n, *case[2:], id=case[0]) for n, case in enumerate(ENTRIES, 1)],
)
def test_credit_entries(entries, number, amount, invoice_id, transaction_id):
    """An entry that names its invoice in the text only finds it, if it is the client's own."""
    entry = entries[number]
    assert (entry["invoice_id"], entry["transaction_id"], entry["amount"]) == (
        invoice_id,
        transaction_id,
        money(amount),
    )


def test_two_surpluses_of_one_amount_find_their_own_payments(tmp_path):
    """Equal surpluses of one invoice are linked in their order, each payment once."""
    path = stage(
        tmp_path / "s.duckdb",
        tblclients=CLIENTS[:1],
        tblinvoices=[{"id": 1, "total": "10", "status": "Paid"}],
        tblaccounts=[paid(1, 1, 1, "10"), paid(2, 1, 2, "5"), paid(3, 1, 3, "5")],
        tblcredit=[{"id": n, "clientid": 1, "amount": "5", "description": "Invoice #1 Overpayment"} for n in (7, 8, 9)],
    )  # fmt: skip
    entries = planned(path).rows("credit_entries", "insert")
    assert [entry["transaction_id"] for entry in entries] == [2, 3, None]


# Client, taxes of the invoice, its lines (amount, taxed), the taxes of each line.
TAXED = [
    ("in proportion", 1, "19.00", "0", [("60", 1), ("40", 1)], [("11.40", "0"), ("7.60", "0")]),
    ("to the last cent", 1, "0.02", "0", [("1", 1)] * 3, [("0", "0"), ("0.01", "0"), ("0.01", "0")]),
    ("only taxed lines", 1, "1.00", "2.00", [("5", 1), ("5", 0), ("5", 1)], [("0.5", "1"), ("0", "0"), ("0.5", "1")]),
    ("no parts of a yen", 3, "101", "0", [("333", 1), ("667", 1)], [("33", "0"), ("68", "0")]),
    ("a discount takes its part off", 1, "1.90", "0", [("20", 1), ("-10", 1)], [("3.8", "0"), ("-1.9", "0")]),
    ("no taxed line", 1, "1.90", "0", [("10", 0)], [("0", "0")]),
    ("taxed lines of nothing", 1, "1.90", "0", [("10", 1), ("-10", 1)], [("0", "0"), ("0", "0")]),
]


@pytest.fixture(scope="module")
def taxed(tmp_path_factory):
    """One plan for all cases; the lines of case n are numbered from 10 n."""
    path = stage(
        tmp_path_factory.mktemp("tax") / "s.duckdb",
        tblcurrencies=[EUR_ROW, JPY_ROW], tblclients=CLIENTS,
        tblinvoices=[{"id": n, "userid": case[1], "tax": case[2], "tax2": case[3]} for n, case in enumerate(TAXED, 1)],
        tblinvoiceitems=[
            {"id": 10 * n + place, "invoiceid": n, "amount": amount, "taxed": is_taxed}
            for n, case in enumerate(TAXED, 1) for place, (amount, is_taxed) in enumerate(case[4])
        ],
    )  # fmt: skip
    return {row["id"]: row for row in planned(path).rows("invoice_items", "insert")}


@pytest.mark.parametrize(
    ("number", "expected"), [pytest.param(n, case[5], id=case[0]) for n, case in enumerate(TAXED, 1)]
)
def test_tax_of_lines(taxed, number, expected):
    """WHMCS keeps the tax of invoices; each line carries its part, and the parts add up."""
    found = [taxed[10 * number + place] for place in range(len(expected))]
    assert [(row["tax1"], row["tax2"]) for row in found] == [(money(one), money(two)) for one, two in expected]


def test_prices_that_are_offered(tmp_path):
    """A price list of all cycles becomes one price a cycle; -1 is no price, one-time prices stand under monthly."""
    path = stage(
        tmp_path / "s.duckdb",
        tblproducts=[{"id": 1, "paytype": "recurring"}, {"id": 2, "paytype": "onetime"}, {"id": 3, "paytype": "free"}],
        tblpricing=[
            {"id": n, "type": "product", "currency": 1, "relid": n, "msetupfee": "5", "monthly": "10", "quarterly": "-1", "annually": "0"}
            for n in (1, 2, 3)
        ] + [{"id": 4, "type": "addon", "currency": 1, "relid": 1, "monthly": "3"}],
    )  # fmt: skip
    found = [(row["product_id"], row["billing_cycle"], row["setup_fee"], row["amount"])
             for row in planned(path).rows("product_prices", "insert")]  # fmt: skip
    assert sorted(found) == [
        (1, "annually", money(0), money(0)), (1, "monthly", money(5), money(10)), (2, "one time", money(5), money(10)),
    ]  # fmt: skip


def test_what_was_ordered(tmp_path):
    """Services, add-ons and domains that name their order are its items; others, and those of no order, are not."""
    path = stage(
        tmp_path / "s.duckdb",
        tblclients=CLIENTS[:1],
        tblproducts=[{"id": 1}],
        tblorders=[{"id": 5, "userid": 1}],
        tblhosting=[
            {"id": 1, "orderid": 5, "packageid": 1, "qty": 3, "firstpaymentamount": "30"},
            {"id": 2, "orderid": 77},
        ],
        tblhostingaddons=[{"id": 1, "orderid": 5, "firstpaymentamount": "7", "setupfee": "4", "recurring": "3"}],
        tbldomains=[{"id": 1, "orderid": 5, "firstpaymentamount": "12"}, {"id": 2, "orderid": 0}],
    )
    found = [
        (r["order_id"], r["kind"], r["product_id"], r["service_id"], r["addon_id"], r["domain_id"], r["quantity"], r["setup_fee"], r["amount"])
        for r in planned(path).rows("order_items", "insert")
    ]  # fmt: skip
    assert found == [
        (5, "product", 1, 1, None, None, 3, money(0), money(30)),
        (5, "addon", None, 1, 1, None, 1, money(4), money(3)),
        (5, "domain", None, None, None, 1, 1, money(0), money(12)),
    ]


def test_commissions(tmp_path):
    """What affiliates earned, what is pending and what was paid out are one table, the last negative."""
    path = stage(
        tmp_path / "s.duckdb",
        tblclients=CLIENTS[:1],
        tblhosting=[{"id": 1}],
        tblaffiliates=[{"id": 1, "clientid": 1}],
        tblaffiliatesaccounts=[{"id": 1, "affiliateid": 1, "relid": 1}],
        tblaffiliateshistory=[{"id": 1, "affiliateid": 1, "amount": "4", "affaccid": 1}],
        tblaffiliatespending=[{"id": 1, "affaccid": 1, "amount": "3"}],
        tblaffiliateswithdrawals=[{"id": 1, "affiliateid": 1, "amount": "2"}],
    )
    found = [
        (row["id"], row["affiliate_id"], row["kind"], row["amount"])
        for row in planned(path).rows("commissions", "insert")
    ]
    assert found == [(1, 1, "earned", money(4)), (2, 1, "pending", money(3)), (3, 1, "withdrawn", money(-2))]


# -- laws --------------------------------------------------------------------------------------------------------

ids = st.sampled_from(["1", "2", "3", "4", "99", "0", "", "x"])
amounts = st.sampled_from(["0", "10.00", "0.01", "-5.5", "", "ten", "99999999999999.99", "123456789012345678"])
texts = st.sampled_from(["Active", "Closed", "Unpaid", "Paid", "Draft", "Weird", "", "Credit Applied to Invoice #1"])
FIELDS = {
    "tblclients": {"currency": ids, "credit": amounts, "status": texts, "billingcid": ids},
    "tblcontacts": {"userid": ids},
    "tblinvoices": {"userid": ids, "total": amounts, "credit": amounts, "tax": amounts, "status": texts},
    "tblinvoiceitems": {"invoiceid": ids, "amount": amounts, "taxed": ids, "type": st.sampled_from(["Hosting", "Invoice", ""]), "relid": ids},
    "tblaccounts": {"userid": ids, "currency": ids, "invoiceid": ids, "amountin": amounts, "amountout": amounts, "refundid": ids},
    "tblcredit": {"clientid": ids, "amount": amounts, "description": texts},
    "tblhosting": {"userid": ids, "amount": amounts, "orderid": ids, "nextduedate": texts},
    "tblorders": {"userid": ids, "invoiceid": ids},
}  # fmt: skip


def rows_of(table: str):
    row = st.fixed_dictionaries({"id": st.sampled_from(["1", "2", "3", "4", "x"])}, optional=FIELDS[table])
    return st.lists(row, max_size=5)


@settings(max_examples=examples(8), deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(tables=st.fixed_dictionaries({name: rows_of(name) for name in FIELDS}))
def test_counts_and_money_add_up_on_any_rows(tmp_path_factory, tables):
    """Law: read = new + problems, and money read = taken + on problem rows, whatever the rows; nothing is orphaned."""
    path = stage(tmp_path_factory.mktemp("law") / "s.duckdb", tblcurrencies=[EUR_ROW, JPY_ROW], **tables)
    book = Tables.of()
    plan = planned(path, book)
    counted: dict[tuple[str, str], int] = {}
    for line in reported(book):
        assert line["read"] == line["new"] + line["changed"] + line["unchanged"] + line["problems"]
        assert line["difference"] in (None, 0), line
        key = line["source_table"], line["table_name"]
        counted[key] = counted.get(key, 0) + line["read"]
    for name, rows in tables.items():
        assert counted.get((name, plan_table(name)), 0) == len(rows)
        refused = [row for row in plan.rows("import_problems", "insert") if row["source_table"] == name]
        assert len(refused) + len(plan.rows(plan_table(name), "insert")) == len(rows)
    credit = sum(row["credit_balance"] for row in plan.rows("clients", "insert"))
    lost = [row for row in plan.rows("import_problems", "insert") if row["source_table"] == "tblclients"]
    assert credit + sum(row["amount"] for row in lost) == sum(
        amount_of(row.get("credit", "0.00")) for row in tables["tblclients"]
    )
    write(book._connection, plan)
    assert book.query(every_orphan_sql()).fetchall() == []
    over = book.query(
        "select i.id from invoices i join allocations a on a.invoice_id = i.id group by i.id, i.total, i.credit_applied "
        "having sum(a.amount) not between 0 and greatest(i.total - i.credit_applied, 0)"
    )
    assert over.fetchall() == []


def plan_table(source: str) -> str:
    return {"tblhosting": "services", "tblaccounts": "transactions", "tblcredit": "credit_entries",
            "tblinvoiceitems": "invoice_items"}.get(source, source.removeprefix("tbl"))  # fmt: skip


def amount_of(text: str) -> Decimal:
    """What an amount counts for: nothing if it is none, or has more digits than money has."""
    try:
        amount = Decimal(text or "0")
    except ArithmeticError:
        return Decimal(0)
    return amount if abs(amount) < 10**14 else Decimal(0)


def write(connection: duckdb.DuckDBPyConnection, plan) -> None:
    for change in plan.changes:
        if change.kind == "insert":
            change.rows.create_view("rows_to_write", replace=True)
            connection.execute(f"insert into {change.table} by name select * from rows_to_write")


def test_how_tax_is_calculated(tmp_path):
    """Tax settings of WHMCS become those of the business, unless it has its own; what differs is said."""
    given = {"TaxPerLineItem": "", "TaxType": "Inclusive", "TaxL2Compound": "on", "TaxCode": "DE136695976", "TaxEUHomeCountry": "de",
             "TaxEUTaxExempt": "1", "SMTPPassword": "x"}  # fmt: skip
    path = stage(tmp_path / "w.duckdb", tblconfiguration=[{"setting": s, "value": v} for s, v in given.items()])
    result = planned(path)
    assert {row["name"]: row["value"] for row in result.rows("settings", "insert")} == {
        "tax_rounding": "invoice", "tax_mode": "inclusive", "tax_compound": "yes", "company_tax_id": "DE136695976",
        "company_country": "DE", "reverse_charge": "yes",
    }  # fmt: skip
    per_item = stage(tmp_path / "v.duckdb", tblconfiguration=[{"setting": "TaxPerLineItem", "value": "1"}])
    assert [row["value"] for row in planned(per_item).rows("settings", "insert")] == ["item"]
    older = stage(tmp_path / "o.duckdb", tblconfiguration=[{"setting": "TaxType", "value": "Exclusive"}])
    assert {row["name"]: row["value"] for row in planned(older).rows("settings", "insert")} == {
        "tax_mode": "exclusive", "tax_rounding": "invoice",
    }  # fmt: skip
    kept = tables(
        settings=[
            {"id": 1, "name": "tax_rounding", "value": "item"},
            {"id": 2, "name": "tax_mode", "value": "inclusive"},
        ]
    )
    again = planned(path, kept)
    assert "tax_rounding" not in {row["name"] for row in again.rows("settings", "insert")}
    assert [(w.field, w.code) for w in read_problems(again.warnings) if w.code == "setting_differs"] == [
        ("tax_rounding", "setting_differs")
    ]
