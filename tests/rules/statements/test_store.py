"""Statements kept once: lines are repeated only where statements overlap, and the same money in two messages counts once."""

import pytest

from clientops.importing.statements.read import read_statement
from tests.builders import money, tables
from tests.importing.test_camt import balance, document, entry, part, statement
from tests.rules.money_book import apply, planned, problems, rows, warnings


def csv(*lines, opening=None, name="a", **more):
    """Requests of a file with lines (day, amount, payer)."""
    total = sum(amount for _, amount, *_ in lines)
    balances = {} if opening is None else {"opening_balance": opening, "closing_balance": opening + total}
    turns: dict = {}
    found = []
    for place, (day, amount, *payer) in enumerate(lines, 1):
        image = f"{day} {amount} {payer}"
        turns[image] = turns.get(image, 0) + 1
        found.append({
            "source": "bank", "account": "DE1", "currency": "EUR", "file_name": f"{name}.csv", "file_sha256": name, "line_number": place,
            "booked_on": f"2026-11-{day:02}", "amount": amount, "payer_name": (payer or ["Ada"])[0], "line_sha256": f"{image} {turns[image]}", "same_sha256": image,
            **balances, **more,
        })  # fmt: skip
    return found


def book():
    return tables(clients=[{"id": 1}])


def kept(found):
    return [float(amount) for (amount,) in rows(found, "select amount from statement_lines order by id")]


def sums(found):
    """Statements whose lines do not come to their balances, as reconcile finds them."""
    from clientops.reconciliation.find import differences

    return [row[0] for row in differences(found, ["statement_sum"], explained=False).project("row_id").fetchall()]


FOLLOWING = [
    pytest.param([csv((3, 10), opening=100), csv((3, 10), (3, 25), opening=110, name="b")], [10, 10, 25], id="pages of a day"),
    pytest.param([csv((3, 10), opening=110, name="b"), csv((3, 10), opening=100)], [10, 10], id="the later page first"),
    pytest.param([csv((3, 10), opening=100), csv((4, 10), opening=110, name="b")], [10, 10], id="consecutive days"),
    pytest.param([csv((3, 10)), csv((4, 10), name="b")], [10, 10], id="days without balances"),
    pytest.param([csv((3, 10), (4, 5), opening=100), csv((4, 5), (5, 7), opening=110, name="b")], [10, 5, 7], id="overlap of a day"),
    pytest.param([csv((3, 10), opening=100), csv((3, 10), opening=110, name="b"), csv((3, 10), (3, 10), (4, 1), opening=100, name="c")], [10, 10, 1], id="both pages in one file"),
    pytest.param([csv((3, 10), (4, 5)), csv((3, 10), (3, 10), (4, 5), name="b")], [10, 5, 10], id="one more equal payment"),
    pytest.param([csv((3, 10), opening=100, account=None), csv((3, 10), (3, 2), opening=700, account=None, name="b")], [10, 10, 2], id="accounts that nobody named"),
    pytest.param([csv((3, 10), opening=100, account=None), csv((3, 10), (3, 2), opening=100, account=None, name="b")], [10, 2], id="an account that nobody named, again"),
    pytest.param([csv((3, 10), opening=100), csv((3, 10), opening=100, account="DE2", name="b")], [10, 10], id="another account"),
    pytest.param([csv((3, 10), opening=100), csv((3, 10), (4, 3), opening=100, account="de 1", name="b")], [10, 3], id="the account with a blank"),
    pytest.param([csv((3, 10), (3, -10), opening=100), csv((3, 10), (4, 3), opening=100, name="b")], [10, -10, 10, 3], id="after a day that comes to nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), FOLLOWING)
def test_line_is_repeated_only_where_statements_overlap(files, expected):
    """Two equal payments of pages, days or files that follow one another are two; each statement still adds up."""
    found = book()
    for file in files:
        apply(found, "import-statement", *file)
    assert kept(found) == expected
    assert sums(found) == []


def test_repeated_lines_are_named():
    """The warning says which lines are left out and where they are."""
    found = book()
    apply(found, "import-statement", *csv((3, 10), (4, 5)))
    (warning,) = planned(found, "import-statement", csv((4, 5), (5, 7), name="b")).warnings.fetchall()
    assert "line 1 (2026-11-04, EUR 5.00, Ada) is in statement 1" in warning[3]
    assert rows(found, "select count(*) from statement_repeats") == [(0,)]
    apply(found, "import-statement", *csv((4, 5), (5, 7), name="b"))
    assert rows(found, "select statement_id, statement_line_id from statement_repeats") == [(2, 2)]


def test_known_lines_may_be_kept():
    """Where somebody knows that they are other payments."""
    found = book()
    apply(found, "import-statement", *csv((3, 10)))
    again = csv((3, 10), name="b")
    assert problems(found, "import-statement", *again) == [(1, "line_sha256", "nothing_new")]
    apply(found, "import-statement", *(row | {"keep_known": True} for row in again))
    assert kept(found) == [10, 10]


def test_line_in_other_words_is_warned_of():
    """The same day and amount in an overlap, with another text."""
    found = book()
    apply(found, "import-statement", *csv((3, 10, "Ada")))
    assert warnings(found, "import-statement", *csv((3, 10, "A. Lovelace"), name="b")) == [(1, "like_lines")]


def test_line_of_the_future_is_warned_of():
    """A day long after today is likely a misread one."""
    assert warnings(book(), "import-statement", *csv((3, 10, "Ada"), booked_on="2066-11-03")) == [(1, "in_the_future")]


def test_lines_that_do_not_come_to_the_balances_are_found():
    """A statement that lost a line shows in reconcile."""
    found = tables(
        clients=[{"id": 1}],
        statements=[
            {
                "id": 1,
                "source": "bank",
                "file_sha256": "x",
                "currency_id": 1,
                "opening_balance": money(0),
                "closing_balance": money(35),
            }
        ],
        statement_lines=[{"id": 1, "statement_id": 1, "line_number": 1, "amount": money(10)}],
    )
    assert sums(found) == [1]


def camt(text, name):
    return read_statement(name, text.encode(), form="camt").requests


WHOLE = document(statement(balance("OPBD", "0.00"), balance("CLBD", "100.00"), entry("100.00", reference="B-9")))
PARTS = document(
    statement(
        entry("100.00", part("60.00", "Mara", "RE-1"), part("40.00", "Ole", "RE-2"), reference="B-9"), kind="Ntfctn"
    )
)
BARE = PARTS.replace("<AcctSvcrRef>B-9</AcctSvcrRef>", "")
INTRADAY = document(statement(entry("100.00", reference="B-9"), kind="Rpt"))


def test_batch_is_replaced_by_its_parts():
    """A notification brings the parts of an entry that the statement has as a sum."""
    found = book()
    apply(found, "import-statement", *camt(WHOLE, "w.xml"))
    parts = camt(PARTS, "p.xml")
    assert warnings(found, "import-statement", *parts) == [(1, "batch_replaced")]
    apply(found, "import-statement", *parts)
    assert rows(found, "select statement_id, amount, payer_name from statement_lines order by id") == [
        (1, money(60), "Mara"),
        (1, money(40), "Ole"),
    ]
    assert sums(found) == []


def test_matched_batch_stays():
    """Somebody has said what the sum is: the parts are known."""
    found = book()
    apply(found, "import-statement", *camt(WHOLE, "w.xml"))
    apply(found, "set-line-aside", {"statement_line_id": 1, "explanation": "Collective"})
    assert problems(found, "import-statement", *camt(PARTS, "p.xml")) == [(1, "line_sha256", "nothing_new")]


@pytest.mark.parametrize("second", [WHOLE, INTRADAY])
def test_parts_first_count_once(second):
    """The statement after its notification has no other money."""
    found = book()
    apply(found, "import-statement", *camt(PARTS, "p.xml"))
    assert [code for _, _, code in problems(found, "import-statement", *camt(second, "w.xml"))] == ["nothing_new"]


def test_statement_with_another_entry_beside_the_announced_one():
    """What was announced is repeated, the rest is new, and the statement adds up."""
    found = book()
    apply(found, "import-statement", *camt(PARTS, "p.xml"))
    more = document(
        statement(
            balance("OPBD", "0.00"),
            balance("CLBD", "107.00"),
            entry("100.00", reference="B-9"),
            entry("7.00", reference="B-10"),
        )
    )
    apply(found, "import-statement", *camt(more, "w.xml"))
    assert kept(found) == [60, 40, 7]
    assert sums(found) == []


def test_notice_without_references_is_covered_by_its_statement():
    """A statement with balances has all that was booked on its days."""
    found = book()
    apply(found, "import-statement", *camt(WHOLE, "w.xml"))
    assert problems(found, "import-statement", *camt(BARE, "p.xml")) == [(1, "line_sha256", "nothing_new")]


def test_equal_entries_of_statements_with_the_same_reference_are_two():
    """A reference that a bank gives to every entry is no reason to drop one."""
    second = WHOLE.replace("2026-11-03", "2026-11-04").replace(
        ">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt>", ">200.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt>", 1
    )
    second = second.replace(
        '<Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00', '<Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00'
    ).replace(
        '<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00', '<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">200.00'
    )
    found = book()
    apply(found, "import-statement", *camt(WHOLE, "w.xml"))
    apply(found, "import-statement", *camt(second, "v.xml"))
    assert kept(found) == [100, 100]
