"""The audit report: what was planted is found, exactly; balances bridge; tampering is named; two runs are the same."""

import io
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from clientops.book.approval.policy import Policy
from clientops.book.book import Book
from clientops.book.proof.verify import verify
from clientops.cli import app
from clientops.core.errors import ClientopsError, UsageError
from clientops.registry import rule
from clientops.registry import rule as operations_rule
from clientops.reports.audit.credit import MOVED, bridge_section, bridge_sql
from clientops.reports.audit.notebook import notebook_html, run_notebook
from clientops.reports.audit.people import hours_section
from clientops.reports.audit.period import Period
from clientops.reports.audit.report import SECTIONS, TITLES, build_section, open_audit
from clientops.reports.audit.section import most_rows
from clientops.reports.audit.stopped import stopped_section
from clientops.reports.audit.trust import Trust
from clientops.reports.audit.workbook import workbook
from clientops.schema.tables import Tables
from clientops.workbench.launch import notebook_folder
from tests.book.proof.test_verify import ONE_STATEMENT, open_book, worked_file  # noqa: F401  # fixtures
from tests.books import OPERATOR, apply_by_hand, tamper
from tests.builders import NOW, TODAY, money
from tests.long_forms import examples

HOSTILE = "<script>alert(1)</script>"
POLICY = """
[people]
"ada@example.com" = "admin"
hopper = { role = "admin", email = "Grace.Hopper@example.com" }
"*" = "admin"
[audit]
credit_limit = "100.00"
office_hours = "00:00-23:59:59"
office_days = "Mon-Sun"
"""


@pytest.fixture(scope="module")
def story(shop_file, tmp_path_factory):
    """Operations of every kind that an audit asks about: 2 to 10; the period is today."""
    folder = tmp_path_factory.mktemp("audit")
    path = shutil.copy(shop_file, folder / "book.duckdb")
    (folder / "clientops.toml").write_text(POLICY)

    def apply(name, request, operator=OPERATOR, reason="because"):
        return Book(path, operator=operator).apply_now(rule(name), request, reason=reason, today=TODAY, now=NOW)

    apply(
        "issue-credit",
        [
            {"client_id": 1, "amount": "150", "description": "Generous"},
            {"client_id": 3, "amount": "100", "description": "Just so"},
        ],
        "ada@example.com",
    )
    apply("adjust-credit", {"client_id": 2, "credit_balance": "3"}, "hopper", None)
    apply("merge-clients", {"replaced_id": 3, "survivor_id": 2})
    apply("undo", {"operation_id": 4}, reason="Two people after all")
    apply("apply-credit", {"invoice_id": 2, "amount": "5"}, HOSTILE)
    apply("delete-client", {"client_id": 5, "confirm_name": "Emmy Noether"})
    tamper(path, "update clients set credit_balance = credit_balance + 7 where id = 6")
    Book(path, operator=OPERATOR).adopt_direct_changes(reason="Found it")
    tamper(path, "update clients set city = 'Nowhere' where id = 6")
    return Book(path, operator="auditor")


def rows(audit, key):
    return next(found.rows for section in audit.sections for found in section.lists if found.key == key)


@pytest.fixture(scope="module")
def audit(story):
    today = datetime.now(UTC).date()
    return open_audit(story, today - timedelta(days=400), today)


def test_who_did_what(audit):
    """Every operation with who, what and why; by operator and by rule; what undid what."""
    assert [(row[0], row[2], row[3], row[7], row[8]) for row in rows(audit, "operations")] == [
        (1, OPERATOR, "by-hand", None, None), (2, "ada@example.com", "issue-credit", None, None), (3, "hopper", "adjust-credit", None, None),
        (4, OPERATOR, "merge-clients", None, 5), (5, OPERATOR, "undo", 4, None), (6, HOSTILE, "apply-credit", None, None),
        (7, OPERATOR, "delete-client", None, None), (8, OPERATOR, "direct-sql", None, None),
    ]  # fmt: skip
    assert [row[:2] for row in rows(audit, "by-operator")] == [
        (HOSTILE, 1),
        ("ada@example.com", 1),
        ("hopper", 1),
        (OPERATOR, 5),
    ]
    assert sum(row[1] for row in rows(audit, "by-hour")) == sum(row[1] for row in rows(audit, "by-rule")) == 8


def test_what_deserves_a_look(audit):
    """Planted: one credit above the limit, one adjustment, one merge undone, one delete, direct SQL, two on their own account."""
    assert [(row[0], row[4], row[7]) for row in rows(audit, "large-credits")] == [
        (1, 4, (money(1000), "JPY")),
        (2, 1, (money(150), "EUR")),
    ][1:]
    assert [(row[0], row[2], row[5], row[6]) for row in rows(audit, "adjusted")] == [
        (3, "hopper", 2, (money(-17), "EUR")), (8, OPERATOR, 6, (money(7), "EUR")),
    ]  # fmt: skip
    assert [(row[0], row[3], row[7], row[8]) for row in rows(audit, "removals")] == [
        (4, "merge-clients", 5, OPERATOR),
        (7, "delete-client", None, None),
    ]
    assert [(row[0], row[3], row[4]) for row in rows(audit, "undos")] == [(5, 4, "merge-clients")]
    assert [(row[0], row[4], row[6]) for row in rows(audit, "direct-adopted")] == [(8, "clients", 1)]
    assert [(row[0], row[1]) for row in rows(audit, "direct-now")] == [(("clients", 6), "update")]
    assert {(row[0], row[4], row[5]) for row in rows(audit, "self-dealing")} == {
        (2, 1, "ada@example.com"), (2, 1, "ada.lovelace@example.com"), (3, 2, "grace.hopper@example.com"),
    } - {(2, 1, "ada.lovelace@example.com")}  # fmt: skip
    assert rows(audit, "outside-hours") == ()
    assert [row[0] for row in rows(audit, "no-reason")] == [3]


def test_outside_office_hours(story, monkeypatch, tmp_path):
    """With the office closed on the day, every operation is outside."""
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).strftime("%a")
    policy = story.path.with_name("clientops.toml")
    before = policy.read_text() if policy.exists() else None
    policy.write_text(f'[audit]\noffice_days = "{tomorrow}"\ntime_zone = "Europe/Berlin"')
    today = datetime.now(UTC).date()
    with open_audit(story, today - timedelta(days=1), today).period() as period:
        (late,) = hours_section(period).lists
    if before is None:
        policy.unlink()
    else:
        policy.write_text(before)
    assert [row[0] for row in late.rows] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_the_policy_of_today_would_have_stopped(book):
    """Operations by whose role is too low or without the second person; none, and no policy named, where there is none."""
    credit = {"client_id": 1, "amount": "150", "description": "x"}
    book.apply_now(operations_rule("issue-credit"), credit, reason="x")
    today = datetime.now(UTC).date()
    audit = open_audit(book, today - timedelta(days=1), today)
    with audit.period() as period:
        section = stopped_section(period)
    assert "There is no policy" in section.lead
    assert [found.rows for found in section.lists] == [(), ()]
    book.path.with_name("clientops.toml").write_text('[[second_person]]\nrules = ["issue-credit"]\nabove = "100"\n')
    with open_audit(book, today - timedelta(days=1), today).period() as period:
        stopped, others = stopped_section(period).lists
    assert [(row[0], row[5], row[6]) for row in stopped.rows] == [
        (2, "admin", "it moved 150.00 in the default currency, more than 100")
    ]
    assert [row[0] for row in others.rows] == [1, 2]


def test_every_link_leads_to_rows(audit):
    """Each figure that counts leads to a list of as many rows, and every link of the page to its place."""
    for section in audit.sections:
        lists = {found.key: found for found in section.lists}
        for figure in section.figures:
            if figure.rows and figure.text.replace(",", "").isdigit():
                assert lists[figure.rows].total == int(figure.text.replace(",", "")), figure.label
    html = audit.html()
    anchors = set(re.findall(r'id="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= anchors
    assert len(anchors) == len(re.findall(r'id="([^"]+)"', html))


def test_long_lists_are_cut_on_the_page_and_whole_in_the_workbook(audit):
    """A page shows the first rows of a list and leads nowhere else; the sheet has all of them."""
    before = most_rows.set(2)
    try:
        short = replace(audit)
        html = short.html()
        cells = load_workbook(io.BytesIO(workbook(short)))["operations"]
    finally:
        most_rows.reset(before)
    assert "The first 2 of 8 rows; the report as a workbook" in html
    figures = [{f.label: f.text for section in found.sections for f in section.figures} for found in (short, audit)]
    assert figures[0] == figures[1]  # what is counted is not what is shown
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))
    assert [row[0].value for row in cells.iter_rows(min_row=2)] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_moves_nothing_is_no_movement(story, tmp_path):
    """An entry of the credit log that is changed without moving credit is not in the bridge's list."""
    shutil.copy(story.path, tmp_path / "book.duckdb")
    book = Book(tmp_path / "book.duckdb", operator=OPERATOR)
    entry = book.query("select min(id) from credit_entries")[1][0][0]
    done = apply_by_hand(book, ("credit_entries", "update", [{"id": entry, "description": "Reworded"}]))
    with open_audit(book).period() as period:
        found = next(found for found in bridge_section(period).lists if found.key == "movements")
    assert found.rows
    assert done.operation_id not in {row[0] for row in found.rows}


def test_what_was_typed_is_text(audit):
    """Operators, reasons and names are escaped."""
    html = audit.html()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def without_time(text):
    return re.sub(r'<p class="faint time">.*', "", text)


def test_two_runs_are_the_same(audit, story):
    """Byte for byte, but for the line with the time."""
    again = open_audit(story, audit.first, audit.last)
    first, second = audit.html(), again.html()
    assert without_time(first) == without_time(second)
    assert first.count('class="faint time"') == 1
    assert len(first.splitlines()) == len(second.splitlines())


def test_the_workbook_has_every_list(audit, tmp_path):
    """A sheet of figures, and one for each list with its rows; texts are no formulas."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(audit))
    book = load_workbook(path)
    keys = [found.key for section in audit.sections for found in section.lists]
    assert book.sheetnames == ["figures", *(key[:31] for key in keys)]
    sheet = book["large-credits"]
    assert [cell.value for cell in sheet[2]][-3:-1] == [150, "EUR"]
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)


def as_read(page):
    """A page without the moment, its pictures, and what makes no difference to a reader."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<img[^>]*>", "", without_time(page))))


def test_on_the_command_line(story, audit, tmp_path):
    """The notebook is run and exported: the page of the package; the exit code tells that the book does not agree."""

    def run(name, *more, code):
        words = [
            "--book",
            str(story.path),
            "audit",
            "--from",
            str(audit.first),
            "--to",
            str(audit.last),
            "-o",
            str(tmp_path / name),
            *more,
        ]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == code, result.output
        return result.output

    assert "clients 6 was changed by other means" in run("a.html", code=1)
    assert as_read((tmp_path / "a.html").read_text()) == as_read(audit.html())
    assert (tmp_path / "a.html").stat().st_mode & 0o777 == 0o600
    assert "There is already a file" in run("a.html", code=2)
    assert "end its name with one of" in run("a.doc", code=2)
    run("a.xlsx", code=1)


def test_a_period_without_operations(story):
    """Nothing happened: no charts of nothing, every list is empty but for kinds and digits, and the hash of then is none."""
    found = open_audit(story, date(2001, 1, 1), date(2001, 12, 31))
    assert [section.key for section in found.sections if section.charts] == []
    amounts = found.section("amounts")
    assert {figure.text for figure in amounts.figures} == {"none", "0"}
    assert "Hash of the last operation of the period" in [figure.label for figure in found.section("integrity").figures]
    filled = {entry.key for section in found.sections for entry in section.lists if entry.total}
    assert filled - {"findings", "direct-now"} == {
        "manual-kinds", "digits-credit", "digits-payments", "digits-invoices",
    }  # fmt: skip


def test_a_report_of_a_past_moment(story):
    """As of an operation, the report knows nothing after it, says so, and the notebook is told, too."""
    today = datetime.now(UTC).date()
    past = open_audit(story, date(2020, 1, 1), today, as_of=2)
    assert past.heading.endswith(", as it was after operation 2")
    assert [row[0] for row in next(x for x in past.section("who").lists if x.key == "operations").rows] == [1, 2]
    node = run_notebook(notebook_folder() / "audit-report.ipynb", past)
    page = notebook_html(node, past)
    assert as_read(page) == as_read(past.html())


def test_a_period_the_wrong_way_round(story):
    """It is refused with both days; so is a day that is none."""
    with pytest.raises(UsageError, match="begins on 2026-02-01, after its end on 2026-01-01"):
        open_audit(story, "2026-02-01", "2026-01-01")
    with pytest.raises(UsageError, match="'soon' is no day"):
        open_audit(story, "soon", "2026-01-01")


# -- the bridge ---------------------------------------------------------------------------------------------------

amounts = st.integers(1, 40).map(str)
clients = st.integers(1, 6)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("issue-credit"), st.fixed_dictionaries({"client_id": clients, "amount": amounts, "description": st.just("x")})),
        st.tuples(st.just("remove-credit"), st.fixed_dictionaries({"client_id": clients, "amount": amounts, "description": st.just("x")})),
        st.tuples(st.just("adjust-credit"), st.fixed_dictionaries({"client_id": clients, "credit_balance": amounts})),
        st.tuples(st.just("apply-credit"), st.fixed_dictionaries({"invoice_id": st.integers(2, 5)})),
        st.tuples(st.just("take-back-credit"), st.fixed_dictionaries({"invoice_id": st.integers(2, 5)})),
        st.tuples(st.just("cancel-invoice"), st.fixed_dictionaries({"invoice_id": st.integers(2, 5)})),
        st.tuples(st.just("merge-clients"), st.fixed_dictionaries({"replaced_id": clients, "survivor_id": clients})),
        st.tuples(st.just("undo"), st.fixed_dictionaries({"operation_id": st.integers(2, 8)})),
        st.tuples(st.just("delete-client"), st.just({"client_id": 4, "confirm_name": "Kurt Gödel"})),
    ),
    min_size=4, max_size=8,
)  # fmt: skip


@settings(
    max_examples=examples(7),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps, st.data())
def test_opening_and_movements_make_the_closing(shop_file, tmp_path_factory, sequence, data):
    """In every currency and over every period: opening + issued + returned + applied + removed ± merged ± adjusted = closing."""
    book = Book(shutil.copy(shop_file, tmp_path_factory.mktemp("bridge") / "b.duckdb"), operator=OPERATOR)
    issued = {}
    with book.session():
        for name, request in sequence:
            try:
                done = book.apply_now(rule(name), request, today=TODAY, now=NOW)
            except ClientopsError:
                continue
            if name == "issue-credit":
                issued[done.operation_id] = Decimal(request["amount"])
        last = book.head()[0]
        before = data.draw(st.integers(0, last))
        until = data.draw(st.integers(before, last))
        with book.tables(until) as tables:
            found = tables.query(bridge_sql(Period(tables, TODAY, TODAY, before, until, Policy()))).fetchall()
        asked = (
            "select k.code, sum(c.credit_balance) from clients c join currencies k on k.id = c.currency_id group by 1"
        )
        opening, closing = dict(book.query(asked, as_of=before)[1]), dict(book.query(asked, as_of=until)[1])
    for code, opened, *moved, closed, unexplained, _ in found:
        assert unexplained == 0, (code, found)
        assert opened + sum(moved) == closed
        assert (opened, closed) == (opening.get(code, 0), closing.get(code, 0))
    assert {row[0] for row in found} >= set(closing)
    shop = 1075 if before == 0 < until else 0
    assert sum(row[2] for row in found) == shop + sum(a for number, a in issued.items() if before < number <= until)
    merged = MOVED.index("merged") + 2
    assert all(row[merged] == 0 for row in found), "a merge moves credit, it neither makes nor loses any"


# -- tampering ----------------------------------------------------------------------------------------------------


# All of them are found in tests/book/test_verify.py; the short form looks for every fifth in the report.
TAMPERING = [
    case if number % 5 == 0 else pytest.param(*case.values, id=case.id, marks=pytest.mark.slow)
    for number, case in enumerate(ONE_STATEMENT)
]


@pytest.mark.parametrize(("statement", "expected"), TAMPERING)
def test_tampering_of_every_kind_is_named(open_book, statement, expected):  # noqa: F811
    """Whatever verify finds stands in the report, in the same words."""
    open_book.begin()
    try:
        open_book.execute(statement)
        found = verify(open_book)
        period = Period(Tables(open_book), date(2020, 1, 1), date(2100, 1, 1), 0, 6, Policy())
        html = unescape(build_section("integrity", period, Trust(found)).html())
    finally:
        open_book.rollback()
    for finding in found.findings:
        assert finding.message in html
    assert ("do not agree" in html) == bool(found.findings) == bool(expected)


@pytest.mark.parametrize(
    "statement",
    [
        "drop table history.clients",
        "drop table credit_entries",
        "drop table history.operations",
        "create macro sum(x) as 1",
    ],
)
def test_a_damaged_book_still_gets_a_report(shop_file, tmp_path, statement):
    """Sections that cannot be worked out say so; the finding is named."""
    path = shutil.copy(shop_file, tmp_path / "b.duckdb")
    tamper(path, statement)
    audit = open_audit(Book(path, operator="auditor"), "2020-01-01", "2100-01-01")
    html = unescape(audit.html())
    assert "do not agree" in html
    assert all(finding.message in html for finding in audit.trust.report.findings)
    assert [section.title for section in audit.sections] == list(TITLES.values())
    assert set(SECTIONS) == set(TITLES)
