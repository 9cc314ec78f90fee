"""The scheme of invoice and credit note numbers."""

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.errors import RefusedError
from clientops.registry import rule
from clientops.rules.invoices.numbering_scheme import SetNumbering, set_numbering
from tests.builders import NOW, TODAY, plan, tables
from tests.long_forms import examples
from tests.rules.applying import apply_rule
from tests.rules.refusals import assert_refused, problems_of

YEARLY = {"number_format": "RE-{YEAR}-{NUMBER}", "digits": 3, "restart": "yearly"}


def base(**more):
    return tables(**{"clients": [{"id": 1}, {"id": 2}], **more})


def kept(of):
    return dict(of.query("select name, value from settings").fetchall())


def test_a_scheme_is_set_and_changed():
    """The settings are added once and changed afterwards; credit notes have a scheme of their own."""
    of = base()
    apply_rule(
        of,
        rule("set-numbering"),
        [YEARLY, {"document": "credit note", "number_format": "CN{NUMBER}", "next_number": 40}],
    )
    assert kept(of) == {
        "invoice_number_format": "RE-{YEAR}-{NUMBER}", "invoice_next_number": "001", "invoice_next_number 2026": "001",
        "invoice_number_restart": "yearly", "credit_note_number_format": "CN{NUMBER}", "credit_note_next_number": "40",
        "credit_note_number_restart": "never",
    }  # fmt: skip
    apply_rule(
        of,
        rule("set-numbering"),
        [{"number_format": "{NUMBER}/{YEAR}/{MONTH}", "restart": "monthly", "next_number": 7}],
    )
    assert kept(of)["invoice_next_number 2026-11"] == "7"
    assert kept(of)["invoice_next_number 2026"] == "001"


def test_jumping_and_going_back_is_told():
    """A counter that leaves numbers out, or goes back, is set, and it is said."""
    of = base(settings=[{"id": 1, "name": "invoice_next_number", "value": "10"}])
    said = [
        plan(set_numbering, SetNumbering, of, [{"number_format": "{NUMBER}", "next_number": n}]).warnings.fetchall()
        for n in (10, 12, 9)
    ]
    assert [[code for _, _, code, _ in warnings] for warnings in said] == [[], ["leaves_gap"], ["goes_back"]]


BAD_SCHEMES = [
    ({"number_format": None}, "number_format", "missing"),
    ({"number_format": "RE-"}, "number_format", "bad_value"),
    ({"number_format": "{NUMBER}{NUMBER}"}, "number_format", "bad_value"),
    ({"number_format": "{YER}-{NUMBER}"}, "number_format", "bad_value"),
    ({"number_format": "{number}"}, "number_format", "bad_value"),
    ({"number_format": "{NUMBER"}, "number_format", "bad_value"),
    ({"number_format": "NUMBER}"}, "number_format", "bad_value"),
    ({"number_format": "a\n{NUMBER}"}, "number_format", "bad_value"),
    ({"number_format": "x" * 60 + "{NUMBER}"}, "number_format", "bad_value"),
    ({"restart": "yearly"}, "number_format", "not_unique"),
    ({"restart": "monthly", "number_format": "{YEAR}-{NUMBER}"}, "number_format", "not_unique"),
    ({"restart": "monthly", "number_format": "{MONTH}-{NUMBER}"}, "number_format", "not_unique"),
    ({"restart": "daily"}, "restart", "bad_value"),
    ({"next_number": 0}, "next_number", "bad_value"),
    ({"next_number": -5}, "next_number", "bad_value"),
    ({"next_number": "one"}, "next_number", "bad_value"),
    ({"next_number": "1.5"}, "next_number", "bad_value"),
    ({"next_number": 10**13}, "next_number", "bad_value"),
    ({"digits": 0}, "digits", "bad_value"),
    ({"digits": 13}, "digits", "bad_value"),
]


def test_bad_schemes_are_refused_all_at_once():
    """Each bad scheme is named by row, field and reason."""
    good = {"number_format": "{NUMBER}"}
    cases = [({"document": "receipt"}, "document", "bad_value"), *BAD_SCHEMES]
    found = problems_of(
        base(),
        rule("set-numbering"),
        [{n: v for n, v in {**good, **row}.items() if v is not None} for row, _, _ in cases],
    )
    named = {(p.row, p.field, p.code) for p in found if p.code != "twice"}
    assert named == {(place, field, code) for place, (_, field, code) in enumerate(cases, 1)}
    assert_refused(base(invoices=[{"id": 3, "client_id": 1, "number": "7"}]), rule("set-numbering"), {"document": "credit note", "number_format": "{NUMBER}"},
                   [({"document": "invoice", "next_number": 7}, "next_number", "number_used")])  # fmt: skip


DAYS = [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 11, 20)]
INVOICES = st.tuples(st.sampled_from(DAYS), st.booleans())
STEPS = st.lists(
    st.one_of(st.lists(INVOICES, min_size=1, max_size=4), st.just("issue"), st.just("fail")), min_size=1, max_size=6
)


@settings(max_examples=examples(20), deadline=None)
@given(STEPS, st.sampled_from(["never", "yearly", "monthly"]))
def test_numbers_have_no_gaps_and_none_is_there_twice(steps, restart):
    """Law: whatever is created, drafted, issued or refused, the numbers of a period are 1 to n, in the order of issuing."""
    of = base()
    apply_rule(
        of, rule("set-numbering"), [{"number_format": "{YEAR}/{MONTH}/{NUMBER}", "restart": restart, "digits": 2}]
    )
    expected = []
    for step in steps:
        drafts = [row[0] for row in of.query("select id from invoices where status = 'Draft' order by id").fetchall()]
        if step == "fail":
            row = {"client_id": 99, "description": "x", "unit_price": 1}
            assert problems_of(of, rule("create-invoice"), [row])
        elif step == "issue":
            if drafts:
                apply_rule(of, rule("issue-invoice"), [{"invoice_id": number, "issued_on": TODAY} for number in drafts])
                expected += [TODAY] * len(drafts)
        else:
            apply_rule(
                of,
                rule("create-invoice"),
                [
                    {
                        "client_id": 1,
                        "description": "x",
                        "unit_price": 1,
                        "issued_on": day,
                        "due_on": day,
                        "draft": draft,
                    }
                    for day, draft in step
                ],
            )
            expected += [day for day, draft in step if not draft]
    shape = {"never": "", "yearly": "%Y", "monthly": "%Y-%m"}[restart]
    counted = defaultdict(int)
    numbers = []
    for day in expected:
        counted[day.strftime(shape)] += 1
        numbers.append(f"{day:%Y/%m}/{counted[day.strftime(shape)]:02}")
    found = [row[0] for row in of.query("select number from invoices where number is not null").fetchall()]
    assert sorted(found) == sorted(numbers)
    assert len(set(found)) == len(found)
    assert of.query("select count(*) from invoices where status <> 'Draft' and number is null").fetchone() == (0,)


def test_a_number_that_others_counted_on_from_cannot_be_undone(book):
    """Undoing the last invoice gives its number free; undoing one before it would leave a gap, and is refused."""
    item = {"client_id": 1, "description": "x", "unit_price": 1}
    book.apply_now(rule("set-numbering"), YEARLY, today=TODAY, now=NOW)
    first, second = (book.apply_now(rule("create-invoice"), item, today=TODAY, now=NOW).operation_id for _ in range(2))
    with pytest.raises(RefusedError, match="changed"):
        book.undo(first)
    book.undo(second)
    book.apply_now(rule("create-invoice"), item, today=TODAY, now=NOW)
    numbers = [row[0] for row in book.query("select number from invoices where number is not null order by id")[1]]
    assert numbers == ["RE-2026-001", "RE-2026-002"]
