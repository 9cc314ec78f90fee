"""The planted flaws: a plain SELECT finds each of them, and nothing else; duplicates and those who only look like it."""

import re
from collections import defaultdict
from decimal import Decimal

import pytest

from clientops.importing.demo.people import COMPANY_VARIATIONS, PRIVATE_VARIATIONS
from tests.importing.demo_books import SIZES, demo_book

SETTLED = """(select t.*, coalesce((select sum(amount) from allocations a where a.transaction_id = t.id), 0) as allocated,
    coalesce((select sum(amount) from credit_entries e where e.transaction_id = t.id), 0) as credited from transactions t)"""
NUMBERED = "(select id, substr(number, 5)::bigint as n from invoices where number is not null)"

# SELECT of the row and the amount that is wrong, if the flaw has one.
FINDERS = {
    "drifted_balance": """
        select c.id, c.credit_balance - coalesce(sum(e.amount), 0) from clients c left join credit_entries e on e.client_id = c.id
        group by c.id, c.credit_balance having c.credit_balance <> coalesce(sum(e.amount), 0)""",
    "closed_with_services": """
        select distinct c.id, null from clients c join services s on s.client_id = c.id where c.status = 'Closed' and s.status = 'Active'""",
    "closed_with_credit": "select id, credit_balance from clients where status = 'Closed' and credit_balance <> 0",
    "orphan": """
        select id, null from services where client_id not in (select id from clients)
        union all select id, total from invoices where client_id not in (select id from clients)""",
    "paid_but_owed": """
        select i.id, i.total - i.credit_applied - i.written_off - coalesce(sum(a.amount), 0) as owed
        from invoices i left join allocations a on a.invoice_id = i.id where i.status = 'Paid'
        group by i.id, i.total, i.credit_applied, i.written_off having owed <> 0""",
    "total_not_items": """
        select i.id, i.total - sum(t.amount + t.tax1 + t.tax2) as difference from invoices i join invoice_items t on t.invoice_id = i.id
        group by i.id, i.total having difference <> 0""",
    "credit_on_cancelled": "select id, credit_applied from invoices where status = 'Cancelled' and credit_applied <> 0",
    "number_gap": f"select id, null from (select id, n, lag(n, 1, 1000) over (order by id) as before from {NUMBERED}) where n > before + 1",
    "number_twice": f"select id, null from (select id, n, lag(n, 1, 1000) over (order by id) as before from {NUMBERED}) where n = before",
    "overpaid_without_credit": f"""
        select id, amount_in - allocated - credited from {SETTLED} where kind = 'payment' and allocated > 0 and amount_in > allocated + credited""",
    "unapplied_payment": f"select id, amount_in from {SETTLED} where kind = 'payment' and allocated = 0 and credited = 0",
    "reference_twice": """
        select id, amount_in from transactions qualify row_number() over (partition by gateway, reference order by id) > 1""",
    "wrong_currency": """
        select t.id, t.amount_in from transactions t join clients c on c.id = t.client_id where t.currency_id <> c.currency_id""",
    "refund_above_payment": """
        select r.id, r.amount_out - p.amount_in from transactions r join transactions p on p.id = r.refunds_id
        where r.kind = 'refund' and r.amount_out > p.amount_in""",
}  # fmt: skip


@SIZES
@pytest.mark.parametrize("kind", FINDERS)
def test_flaw_is_found_and_nothing_else(kind, clients):
    """A plain SELECT finds exactly the planted rows, with the amounts of the truth."""
    tables = demo_book(clients)
    found = sorted((row, Decimal(amount or 0)) for row, amount in tables.query(FINDERS[kind]).fetchall())
    planted = tables.query(
        "select row_id, coalesce(amount, 0) from planted_truth where kind = $kind", kind=kind
    ).fetchall()
    assert found == sorted(planted)
    assert len(planted) >= (3 if clients == 1000 else 1)


@SIZES
def test_truth_is_complete(clients):
    """The truth has no kind that is not looked for here, and its currencies are those of the rows."""
    tables = demo_book(clients)
    kinds = {kind for (kind,) in tables.query("select distinct kind from planted_truth").fetchall()}
    assert kinds == {*FINDERS, "duplicate", "different"}
    wrong = tables.query("""
        select p.* from planted_truth p join invoices i on p.table_name = 'invoices' and i.id = p.row_id
        join clients c on c.id = i.client_id join currencies u on u.id = c.currency_id
        where p.currency_code <> u.code
    """)
    assert wrong.fetchall() == []


@SIZES
def test_flaws_are_few(clients):
    """Flaws stay the exception: each kind is in less than a fiftieth of the rows that could have it."""
    tables = demo_book(clients)
    for kind, count in tables.query("select kind, count(*) from planted_truth where kind in (select unnest($k)) group by kind",
                                    k=list(FINDERS)).fetchall():  # fmt: skip
        assert count <= clients / 50, kind


def people(clients: int, kind: str) -> dict[int, list[dict]]:
    """Clients of each group of a kind, the first one first."""
    relation = demo_book(clients).query(
        "select p.group_id, p.note, c.* from planted_truth p join clients c on c.id = p.row_id where p.kind = $kind order by c.id",
        kind=kind,
    )
    groups = defaultdict(list)
    for row in relation.fetchall():
        record = dict(zip(relation.columns, row, strict=True))
        groups[record["group_id"]].append(record)
    return groups


def plain(record: dict, name: str) -> str:
    """A field without case, tags and signs, for a crude comparison."""
    text = (record[name] or "").lower()
    return re.sub(r"^00|\W", "", re.sub(r"\+[^@]*@", "@", text))


def test_duplicates_come_in_groups():
    """Groups have two to five members, the first of them is the oldest account, and small groups are the most."""
    groups = people(1000, "duplicate")
    sizes = [len(members) for members in groups.values()]
    assert set(sizes) == {2, 3, 4, 5}
    assert sizes.count(2) > len(sizes) / 2
    assert all(min(member["id"] for member in members) == group for group, members in groups.items())
    assert 30 <= sum(sizes) <= 100


def test_duplicates_have_something_in_common():
    """Each duplicate shares an e-mail, a phone, a street or a whole name with the first of its group."""
    for first, *others in people(1000, "duplicate").values():
        for other in others:
            shared = [
                n for n in ("email", "phone", "address1") if plain(first, n) and plain(first, n) == plain(other, n)
            ]
            names = {plain(first, "first_name"), plain(first, "last_name")} == {
                plain(other, "first_name"),
                plain(other, "last_name"),
            }
            assert shared or names, (first, other)


CHANGED = {
    "typo": lambda a, b: (
        (plain(a, "first_name"), plain(a, "last_name")) != (plain(b, "first_name"), plain(b, "last_name"))
    ),
    "swapped names": lambda a, b: (a["first_name"], a["last_name"]) == (b["last_name"], b["first_name"]),
    "moved": lambda a, b: a["address1"] != b["address1"] and a["email"] == b["email"],
    "married name": lambda a, b: a["last_name"] != b["last_name"] and a["first_name"] == b["first_name"],
    "plus tag": lambda a, b: "+" in b["email"] and plain(a, "email") == plain(b, "email"),
    "company spelling": lambda a, b: a["company_name"] != b["company_name"] and a["email"] == b["email"],
    "legal form": lambda a, b: a["company_name"] != b["company_name"] and a["last_name"] == b["last_name"],
    "missing fields": lambda a, b: any(
        a[n] and not b[n] for n in ("company_name", "email", "phone", "address1", "tax_id")
    ),
    "second currency": lambda a, b: a["currency_id"] != b["currency_id"] and a["email"] == b["email"],
    "nickname": lambda a, b: a["first_name"] != b["first_name"] and a["last_name"] == b["last_name"],
    "spelling": lambda a, b: a["phone"] != b["phone"] and plain(a, "email") == plain(b, "email"),
    "new e-mail": lambda a, b: a["email"] != b["email"] and a["last_name"] == b["last_name"],
}


@pytest.mark.parametrize("variation", sorted({*COMPANY_VARIATIONS, *PRIVATE_VARIATIONS}))
def test_variation_shows(variation):
    """A duplicate differs from the first of its group in the way that the truth names."""
    pairs = [
        (first, other)
        for first, *others in people(1000, "duplicate").values()
        for other in others
        if other["note"] == variation
    ]
    assert pairs
    for first, other in pairs:
        assert CHANGED[variation](first, other), (first, other)


SHARED = {
    "colleagues": (("company_name", "address1", "postcode"), ("email",)),
    "family": (("address1", "postcode"), ("email",)),
    "twins": (("address1", "postcode", "phone"), ("email",)),
    "agency": (("email",), ("company_name", "address1")),
    "office": (("phone", "address1", "postcode"), ("company_name", "email")),
}


@pytest.mark.parametrize("kind", SHARED)
def test_lookalikes_share_what_misleads(kind):
    """People who are not one person share an office, a home or an agency's address, and differ in the rest."""
    groups = [members for members in people(1000, "different").values() if members[0]["note"] == kind]
    assert groups
    shared, own = SHARED[kind]
    for members in groups:
        assert len(members) >= 2
        for name in shared:
            assert len({member[name] for member in members}) == 1, name
        for name in own:
            assert len({member[name] for member in members}) == len(members), name


@SIZES
def test_nobody_is_both(clients):
    """No client is a duplicate and somebody who only looks like one; each is in one group."""
    both = demo_book(clients).query("""
        select row_id from planted_truth where kind in ('duplicate', 'different') group by row_id having count(*) > 1
    """)
    assert both.fetchall() == []


@SIZES
def test_nobody_else_looks_like_a_duplicate(clients):
    """Clients outside the truth have an e-mail address and a phone number of their own."""
    relation = demo_book(clients).query("""
        select email, count(*) from clients where id not in (select row_id from planted_truth where kind in ('duplicate', 'different'))
        group by email having count(*) > 1
        union all
        select phone, count(*) from clients where id not in (select row_id from planted_truth where kind in ('duplicate', 'different'))
        group by phone having count(*) > 1
    """)
    assert relation.fetchall() == []
