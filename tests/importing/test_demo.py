"""The demo book: laws that its rows obey, and that the same seed gives the same book."""

from datetime import date, timedelta

import duckdb
import phonenumbers
import pytest
from email_validator import validate_email

from clientops.book.book import Book
from clientops.core.money import is_minor_unit_sql, minor_digits
from clientops.importing.demo.build import RULES, BuildDemo, demo_truth
from clientops.rules.invoices.generate import GenerateInvoices, generate_invoices
from clientops.schema.definition import all_tables, quote_name
from clientops.schema.invariants import INVARIANTS, every_orphan_sql
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.builders import NOW, TODAY
from tests.importing.demo_books import SIZES, demo_book, demo_plan, fresh_book

# SELECTs that find what must not be.
LAWS = {
    "the client is younger than what is theirs": """
        select c.id from clients c join (
            select client_id, min(day) as day from (
                select client_id, registered_on as day from services union all select client_id, registered_on from domains
                union all select client_id, issued_on from invoices union all select client_id, entry_on from credit_entries
                union all select client_id, created_on from contacts union all select client_id, occurred_at::date from transactions
                union all select client_id, opened_at::date from tickets union all select client_id, ordered_at::date from orders
                union all select client_id, happened_at::date from communications union all select client_id, created_at::date from notes
                union all select client_id, since_on from affiliates union all select client_id, created_on from quotes
                union all select id, last_login_at::date from clients
            ) group by client_id
        ) d on d.client_id = c.id and d.day < c.created_on""",
    "something happened today or later": f"""
        select day from (
            select issued_on as day from invoices union all select paid_on from invoices union all select refunded_on from invoices
            union all select cancelled_on from invoices union all select occurred_at::date from transactions
            union all select entry_on from credit_entries union all select last_reply_at::date from tickets
            union all select replied_at::date from ticket_replies union all select sent_at::date from communications
            union all select created_at::date from notes union all select terminated_on from services
            union all select completed_on from services union all select entry_on from commissions
            union all select accepted_on from quotes union all select changed_on from service_changes where status = 'Completed' and
                invoice_id not in (select id from invoices where due_on >= '{TODAY}')
        ) where day >= '{TODAY}'""",
    "the dates of an invoice are out of order": """
        select id from invoices where due_on < issued_on or paid_on < issued_on or refunded_on < paid_on or cancelled_on < issued_on""",
    "an invoice has the wrong dates for its status": """
        select id from invoices where (paid_on is not null) <> (status in ('Paid', 'Refunded'))
            or (refunded_on is not null) <> (status = 'Refunded') or (cancelled_on is not null) <> (status = 'Cancelled')
            or (issued_on is null) <> (status = 'Draft') or (number is null) <> (status = 'Draft')
            or (written_off > 0) <> (status = 'Written off')""",
    "a payment comes before its invoice": """
        select a.id from allocations a join transactions t on t.id = a.transaction_id join invoices i on i.id = a.invoice_id
        where t.occurred_at::date < i.issued_on or (a.amount > 0 and i.status = 'Paid' and t.occurred_at::date <> i.paid_on)""",
    "credit is used before it is there": """
        select client_id from (
            select client_id, sum(amount) over (partition by client_id order by entry_on, id) as reached from credit_entries
        ) where reached < 0""",
    "a payment or its invoice is another client's": """
        select a.id from allocations a join transactions t on t.id = a.transaction_id join invoices i on i.id = a.invoice_id
        where t.client_id is distinct from i.client_id""",
    "an invoice is billed to another client than its items": """
        select i.id from invoice_items i join invoices v on v.id = i.invoice_id
        left join services s on s.id = i.service_id left join domains d on d.id = i.domain_id
        left join addons a on a.id = i.addon_id left join services o on o.id = a.service_id
        where coalesce(s.client_id, v.client_id) <> v.client_id or coalesce(d.client_id, v.client_id) <> v.client_id
            or coalesce(o.client_id, v.client_id) <> v.client_id""",
    "an item is not quantity times price less discount": """
        select i.id from invoice_items i where abs(quantity * unit_price - discount - amount) >= 0.01""",
    "the tax of an item is not its rate": """
        select i.id from invoice_items i join invoices v on v.id = i.invoice_id
        where abs(i.tax1 - if(i.is_taxed, i.amount * v.tax_rate1 * 0.01, 0)) > 0.5
            or (not i.is_taxed and i.tax1 + i.tax2 <> 0) or abs(i.tax2 - if(i.is_taxed, i.amount * v.tax_rate2 * 0.01, 0)) > 0.5""",
    "an exempt client is taxed": """
        select i.id from invoices i join clients c on c.id = i.client_id where c.is_tax_exempt and i.tax1 + i.tax2 <> 0""",
    "the tax rate is not the country's": """
        select i.id from invoices i join clients c on c.id = i.client_id left join (
            select country, state, rate from tax_rates where level = 1
        ) r on r.country = c.country and r.state is not distinct from if(c.state = 'ON', 'ON', null)
        where not c.is_tax_exempt and c.city is not null and i.tax_rate1 <> coalesce(r.rate, 0)""",
    "the periods of a service leave a gap or overlap": """
        select service_id from (
            select service_id, period_from, lag(period_to) over (partition by service_id order by period_from) as before
            from invoice_items where kind = 'service' and period_from is not null
        ) where before is not null and period_from <> before + 1""",
    "a running service does not go on where its invoices end": """
        select s.id from services s join (
            select service_id, max(period_to) as last_on from invoice_items where kind = 'service' group by service_id
        ) i on i.service_id = s.id where s.next_due_on is not null and s.next_due_on <> i.last_on + 1""",
    "an active service that should be billed by now is not": f"""
        select id from services where status = 'Active' and recurring_amount > 0
            and (next_due_on is null or next_due_on < date '{TODAY}' + 14)""",
    "a service that ended is billed or ended before it began": """
        select id from services where terminated_on < registered_on or (next_due_on is not null and terminated_on is not null)
            or (status in ('Terminated', 'Cancelled', 'Fraud')) <> (terminated_on is not null)""",
    "the last price billed is not the recurring amount": """
        select s.id from services s join (
            select service_id, arg_max(quantity * unit_price, period_from) as amount from invoice_items
            where kind = 'service' and period_from is not null group by service_id
        ) i on i.service_id = s.id where i.amount <> s.recurring_amount""",
    "a domain of an active client expired and says Active": f"""
        select id from domains where (status = 'Active' and expires_on < '{TODAY}') or expires_on < registered_on
            or (status = 'Expired' and expires_on >= '{TODAY}')""",
    "a client who is not active has something active": """
        select c.id from clients c join (
            select client_id from services where status in ('Active', 'Suspended', 'Pending')
            union all select client_id from domains where status in ('Active', 'Grace')
        ) s on s.client_id = c.id
        where c.status <> 'Active' and c.id not in (select row_id from planted_truth where kind = 'closed_with_services')""",
    "a closed client owes something": """
        select c.id from clients c join invoices i on i.client_id = c.id where c.status = 'Closed' and i.status = 'Unpaid'
            and c.id not in (select row_id from planted_truth where kind = 'closed_with_services')""",
    "a service has no order, or an order none": """
        select s.id from services s left join orders o on o.id = s.order_id and o.client_id = s.client_id
        where o.id is null and s.client_id in (select id from clients)""",
    "an order's first invoice is not its client's of that day": """
        select o.id from orders o join invoices i on i.id = o.invoice_id
        where i.client_id <> o.client_id or i.issued_on <> o.ordered_at::date""",
    "an affiliate's balance is not its commissions": """
        select a.id from affiliates a left join (
            select affiliate_id, sum(amount) filter (kind <> 'pending') as left_over, -sum(amount) filter (kind = 'withdrawn') as paid
            from commissions group by affiliate_id
        ) c on c.affiliate_id = a.id
        where a.balance <> coalesce(left_over, 0) or a.withdrawn <> coalesce(paid, 0) or a.balance < 0""",
    "an affiliate earned on an own or unpaid invoice": """
        select c.id from commissions c join affiliates a on a.id = c.affiliate_id join invoices i on i.id = c.invoice_id
        join clients k on k.id = i.client_id join clients own on own.id = a.client_id
        where i.client_id = a.client_id or i.status <> 'Paid' or k.currency_id <> own.currency_id""",
    "a billing contact is another client's or wants no invoices": """
        select c.id from clients c join contacts k on k.id = c.default_billing_contact_id
        where k.client_id <> c.id or not k.wants_invoice""",
    "the quote is not the sum of its items": """
        select q.id from quotes q join (select quote_id, sum(quantity * unit_price) as amount from quote_items group by quote_id) i
            on i.quote_id = q.id where q.subtotal <> i.amount or q.total <> q.subtotal + q.tax1 + q.tax2""",
    "a number is missing or used twice in a table": " union all ".join(
        f"select '{name}' from (select count(*) as n, count(distinct id) as d, min(id) as low from {quote_name(name)}) "
        "where n <> d or low <> 1"
        for name in all_tables()
    ),
    "a domain name is used twice": "select name from domains group by name having count(*) > 1",
}  # fmt: skip


@SIZES
@pytest.mark.parametrize("law", LAWS)
def test_law(law, clients):
    """Nothing in the book is as the law's name says."""
    assert demo_book(clients).query(LAWS[law]).fetchall() == []


@SIZES
def test_references_lead_somewhere(clients):
    """The only rows that point at nothing are the planted orphans."""
    tables = demo_book(clients)
    found = {(name, row) for name, row, _ in tables.query(every_orphan_sql()).fetchall()}
    planted = set(tables.query("select table_name, row_id from planted_truth where kind = 'orphan'").fetchall())
    assert found == planted
    assert planted


@SIZES
def test_invariants_are_broken_only_on_purpose(clients):
    """The invariants of the tables name exactly the rows where a flaw was planted."""
    tables = demo_book(clients)
    expected = {
        "invoice_sum": ["total_not_items"],
        "invoice_owed": ["paid_but_owed", "credit_on_cancelled"],
        "invoices_twice": ["number_twice"],
    }
    for invariant in INVARIANTS:
        tables._connection.execute(f"create or replace temp table touched as select id from {invariant.table}")
        found = {row[0] for row in tables.query(invariant.sql).fetchall()}
        if invariant.code == "invoices_twice":  # it names both invoices of a number, the truth the later one
            found = {row for row in found if row - 1 in found}
        kinds = expected.get(invariant.code, [])
        planted = tables.query("select row_id from planted_truth where kind in (select unnest($kinds))", kinds=kinds)
        assert found == {row[0] for row in planted.fetchall()}, invariant.code


@SIZES
def test_tables_are_filled(clients):
    """Every table has rows, but for those of work that is done on it: merges, imports, statements, reviews, sign-offs."""
    empty = {
        n for n in all_tables() if not demo_book(clients).query(f"select 1 from {quote_name(n)} limit 1").fetchall()
    }
    assert empty == {
        "merged_clients", "statements", "statement_lines", "matches", "source_ids", "import_problems", "credit_notes",
        "duplicate_pairs", "duplicate_decisions", "match_keys", "sign_offs", "sign_off_figures", "proposals", "backups",
        "erasures", "invitations", "policies", "statement_repeats",
    }  # fmt: skip


@pytest.mark.parametrize("clients", [1, 2, 13, 49, 50, 120])
def test_any_number_of_clients(clients):
    """A book has as many clients as were asked for, however few."""
    tables = fresh_book(clients)
    assert tables.query("select count(*), count(distinct id) from clients").fetchall() == [(clients, clients)]


def test_highest_number_is_a_client():
    """No orphan waits for the number that the next new client will get."""
    highest = demo_book(1000).query(
        "select max(id) > (select max(client_id) from services anti join clients on client_id = clients.id) from clients"
    )
    assert highest.fetchall() == [(True,)]


def images(tables: Tables) -> dict[str, tuple]:
    """Count and hash of each table."""
    return {
        name: tables.query(f"select count(*), sum(hash(t)) from {quote_name(name)} t").fetchone()
        for name in all_tables()
    }


def test_same_seed_same_book():
    """Seed and day decide every row; another seed or day gives other clients, but the same catalogue."""
    one = images(fresh_book(300))
    assert one == images(demo_book(300))
    seeded, later = images(fresh_book(300, seed=8)), images(fresh_book(300, today=date(2027, 3, 1)))
    for name in ("clients", "services", "invoices", "transactions", "tickets"):
        assert one[name] != seeded[name] != later[name] != one[name]
    assert one["products"] == seeded["products"] == later["products"]


def test_truth_needs_no_book():
    """The truth comes from the seed alone, and differs by it."""
    built = demo_book(300).query("from planted_truth order by all").fetchall()
    assert demo_truth(Tables.of(), clients=300, today=TODAY).order("all").fetchall() == built
    assert demo_truth(Tables.of(), clients=300, seed=8, today=TODAY).order("all").fetchall() != built


def test_grows_in_proportion():
    """Three times the clients have about three times the rows, and about five invoices each."""
    counts = {
        clients: {
            name: demo_book(clients).query(f"select count(*) from {quote_name(name)}").fetchall()[0][0] / clients
            for name in (
                "services",
                "domains",
                "invoices",
                "invoice_items",
                "transactions",
                "tickets",
                "communications",
            )
        }
        for clients in (300, 1000)
    }
    assert 4 < counts[1000]["invoices"] < 6
    for name, each in counts[1000].items():
        assert each == pytest.approx(counts[300][name], rel=0.3), name


MONEY = {
    "invoices": ("subtotal", "tax1", "tax2", "total", "credit_applied", "written_off"),
    "services": ("first_amount", "recurring_amount"),
    "domains": ("first_amount", "recurring_amount"),
    "credit_entries": ("amount",),
    "orders": ("amount",),
    "clients": ("credit_balance",),
    "quotes": ("subtotal", "tax1", "total"),
}


@pytest.mark.parametrize("code", ["JPY", "KRW", "KWD", "EUR"])
def test_amounts_suit_the_currency(code):
    """JPY and KRW have no decimals, KWD three, in every amount of their clients, payments included."""
    tables = demo_book(1000)
    digits = str(minor_digits(code))
    for name, columns in MONEY.items():
        owner = "id" if name == "clients" else "client_id"
        for column in columns:
            wrong = tables.query(
                f"""select r.id from {name} r join clients c on c.id = r.{owner} join currencies u on u.id = c.currency_id
                where u.code = $code and not {is_minor_unit_sql("r." + column, digits)}""",
                code=code,
            )
            assert wrong.fetchall() == [], (name, column)
    paid = tables.query(
        f"""select count(*), count(*) filter (not {is_minor_unit_sql("amount_in", digits)} or not {is_minor_unit_sql("fee", digits)})
        from transactions t join currencies u on u.id = t.currency_id where u.code = $code""",
        code=code,
    ).fetchall()[0]
    assert paid[0] > 10
    assert paid[1] == 0


def test_phone_numbers_could_be_dialled():
    """Phone numbers in E.164 are valid for their country; the few others are written as people write them."""
    rows = demo_book(1000).query("select phone, country from clients where phone is not null").fetchall()
    plain = [(phone, country) for phone, country in rows if phone.startswith("+")]
    assert len(plain) > 0.97 * len(rows)
    wrong = [p for p, c in plain if not phonenumbers.is_valid_number_for_region(phonenumbers.parse(p), c)]
    assert wrong == []
    assert all(phone.startswith("00") for phone, _ in rows if not phone.startswith("+"))


def test_addresses_belong_to_nobody():
    """Every e-mail address is well formed and in a domain that is kept for examples."""
    tables = demo_book(1000)
    every = tables.query("select email from clients union select email from contacts union select email from users")
    for (email,) in every.fetchall():
        if email is not None:
            validate_email(email, check_deliverability=False)
            assert email.split("@")[1].split(".")[-1] == "example" or email.endswith(
                ("example.com", "example.net", "example.org")
            )


def test_world_is_wide():
    """A thousand clients come from twenty countries and write in eight scripts."""
    tables = demo_book(1000)
    assert tables.query("select count(distinct country) from clients").fetchall()[0][0] >= 20
    scripts = {
        "Latin": "[a-z]", "Greek": r"\p{Greek}", "Cyrillic": r"\p{Cyrillic}", "Arabic": r"\p{Arabic}", "Han": r"\p{Han}",
        "Kana": r"[\p{Hiragana}\p{Katakana}]", "Hangul": r"\p{Hangul}", "Devanagari": r"\p{Devanagari}",
    }  # fmt: skip
    for name, pattern in scripts.items():
        found = tables.query(
            "select count(*) from clients where regexp_matches(last_name || first_name, $pattern)", pattern=pattern
        )
        assert found.fetchall()[0][0] > 0, name


def test_refused_where_there_is_something():
    """A book with clients, with any other rows, or with numbers that were used once is left alone."""
    for name, row in (("clients", {"id": 3, "currency_id": 1}), ("currencies", {"id": 1, "code": "EUR"})):
        tables = Tables.of(**{name: [row]})
        plan = demo_plan(tables)
        assert [(p.row, p.code) for p in plan.problem_list()] == [(1, "not_empty")]
        assert f"rows of {name}" in plan.problem_list()[0].message
        assert plan.changes == ()
    tables = Tables.of()
    tables._connection.execute("insert into history.clients (operation_id, sign, id) values (1, 1, 5)")
    assert [p.code for p in demo_plan(tables).problem_list()] == ["not_empty"]


def test_second_request_is_refused():
    """Two requests are two demo books, and the second would find the first."""
    connection = duckdb.connect()
    tables = Tables.of(connection)
    requests = connection.sql(
        'select * from (values (1::bigint, 20::bigint, 7::bigint), (2, 30, 7)) r("row", clients, seed)'
    )
    plan = RULES[0].function(tables, requests, today=TODAY, now=None)
    assert [(p.row, p.code) for p in plan.problem_list()] == [(2, "not_empty")]


@pytest.mark.parametrize(
    ("clients", "message"),
    [
        pytest.param("0", "clients '0' must be at least 1", id="none"),
        pytest.param("20000001", "clients '20000001' must be at most 20000000", id="too many"),
    ],
)
def test_number_of_clients_is_bounded(clients, message):
    """One client is the least, twenty million the most; nothing given means a thousand."""
    assert [p.message for p in read_requests(BuildDemo, {"clients": clients}).problems] == [message]
    assert BuildDemo().clients == 1000


@pytest.mark.parametrize("clients", [300, 1000])
def test_nothing_is_billed_twice(clients):
    """What falls due within two weeks has its invoice; generating goes on from there, with the next free number."""
    tables = demo_book(clients)

    def generated(days: int) -> list[dict]:
        request = read_requests(GenerateInvoices, {"until_on": TODAY + timedelta(days=days)})
        plan = generate_invoices(tables, request.relation(tables._connection), today=TODAY, now=NOW)
        assert plan.problem_list() == []
        return plan.rows("invoices", "insert")

    assert generated(13) == []
    new = generated(20)
    highest = tables.query("select max(substr(number, 5)::bigint) from invoices").fetchall()[0][0]
    assert [row["number"] for row in new] == [f"INV-{highest + n}" for n in range(1, len(new) + 1)]
    assert 0 < len(new) < clients / 10


def test_applied_to_a_book(tmp_path):
    """The shell takes the plan as it is: one operation, history that agrees, and it undoes."""
    book = Book.create(tmp_path / "demo.duckdb", operator="test")
    receipt = book.apply_now(RULES[0], {"clients": 60, "seed": 3}, today=TODAY)
    assert ("clients", "insert", 60) in receipt.counts
    assert book.verify().is_clean
    book.undo(receipt.operation_id)
    assert book.query("select count(*) from clients")[1] == [(0,)]
