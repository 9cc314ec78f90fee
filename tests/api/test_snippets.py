"""What an analyst types: each in at most three lines."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import clientops as co
from tests.workbench.screens import Hand

CREDIT = {"client_id": 1, "amount": "10.00", "description": "Downtime"}


def test_book_is_opened_in_one_line_and_closed_like_a_file(book):
    """A book is a context manager."""
    with co.open(book.path) as again:
        assert again.path == book.path


def test_operator_comes_from_the_caller(book):
    """The operator is the one that the book was opened with."""
    assert co.open(book.path, operator="zoe").operator == "zoe"


def test_every_table_is_an_attribute(book):
    """A table shows its name and how many rows it has."""
    assert repr(book.clients).startswith(f"clients: {len(book.clients):,} rows")


def test_money_in_pandas_is_exact(book):
    """Money stays decimal, days stay days, and numbers with gaps stay whole."""
    frame = book.clients.df()
    assert str(frame.dtypes["credit_balance"]) == "decimal128(18, 4)[pyarrow]"
    assert str(frame.dtypes["created_on"]).startswith("date32")
    assert str(frame.dtypes["group_id"]) == "int64[pyarrow]"


def test_pandas_warns_of_nothing(book, recwarn):
    """A DataFrame is made without a warning of pandas or the engine."""
    book.sql("select * from clients").df()
    assert [str(w.message) for w in recwarn] == []


def test_sum_in_pandas_equals_sum_in_sql(book):
    """Adding up a DataFrame's money gives what SQL gives, to the last digit."""
    total = book.sql("select sum(credit_balance) from clients").one()
    assert book.clients.df()["credit_balance"].sum() == total


def test_arrow_and_polars(book):
    """The same rows as Arrow and Polars."""
    pytest.importorskip("polars")
    assert book.clients.arrow().num_rows == book.clients.pl().height == len(book.clients)


def test_filter_takes_sql(book):
    """A filtered table counts and shows only its rows."""
    some = book.clients.filter("id = 1").filter("first_name is not null")
    assert [row["id"] for row in some] == [1]


def test_table_as_of_a_day_before_the_book_is_empty(book):
    """As of takes a day as text."""
    assert len(book.clients.as_of("1999-12-31")) == 0


@pytest.mark.parametrize("moment", ["1", 1, "2099-01-01", "2099-01-01 12:00", "2099-01-01T12:00:00+02:00"])
def test_as_of_takes_what_people_write(book, moment):
    """A day, a time with or without zone, an operation as number or text."""
    assert len(book.sql("select * from clients", as_of=moment)) == len(book.clients)


def test_as_of_nonsense_says_what_is_allowed(book):
    """What is no moment is refused with a sentence."""
    with pytest.raises(co.UsageError, match="write a day like 2026-06-30"):
        book.sql("select 1", as_of="last summer")


def test_query_with_a_parameter(book):
    """Values are keywords."""
    assert book.sql("select id from clients where id = $id", id=1).one() == 1


def test_result_outlives_other_calls(book):
    """A result does not change, and does not die, when the book is used again."""
    rows = book.sql("select id from clients order by id")
    book.apply("issue-credit", CREDIT, reason="x")
    assert rows[0] == {"id": 1}
    assert len(list(rows)) == len(rows)


@pytest.mark.parametrize(
    "query", ["select nope from clients", "selekt", "delete from clients", "", "select 1; select 2"]
)
def test_wrong_query_raises_one_of_our_errors(book, query):
    """No error of the engine gets out."""
    with pytest.raises(co.ClientopsError):
        book.sql(query)
    assert len(book.clients) > 0


def test_rule_by_method_name_gives_a_preview(book):
    """A rule is a method; nothing is changed until its preview is applied."""
    preview = book.issue_credit(client_id=1, amount="10.00", description="Downtime")
    assert preview.is_applicable
    assert len(book.log()) == 1


def test_rule_by_its_name(book):
    """A rule is named as on the command line or as in Python."""
    assert book.preview("issue-credit", CREDIT).is_applicable
    assert book.preview("issue_credit", CREDIT).is_applicable


def test_unknown_rule_suggests_near_ones(book):
    """A misspelt rule names those that are near."""
    with pytest.raises(co.UsageError, match="issue-credit"):
        book.preview("isue-credit", CREDIT)


def test_preview_shows_money_and_rows(book):
    """Its text says what would happen, its HTML has the rows."""
    preview = book.issue_credit(**CREDIT)
    assert "EUR 10.00" in repr(preview)
    assert "Nothing has been changed yet" in repr(preview)
    assert "<table>" in preview._repr_html_()


def test_preview_apply_undo(book):
    """Preview, receipt and undo follow each other."""
    before = book.sql("select credit_balance from clients where id = 1").one()
    receipt = book.issue_credit(**CREDIT).apply(reason="Downtime 3 Nov")
    assert book.sql("select credit_balance from clients where id = 1").one() == before + 10
    receipt.undo(reason="Wrong client")
    assert book.sql("select credit_balance from clients where id = 1").one() == before


def test_receipt_names_what_was_made(book):
    """A script can go on with the numbers of the new rows."""
    receipt = book.apply("issue-credit", CREDIT, reason="x")
    (made,) = receipt.created["credit_entries"]
    assert book.sql("select amount from credit_entries where id = $id", id=made).one() == Decimal(10)
    assert str(made) in repr(receipt)


@pytest.mark.parametrize(
    "requests",
    [
        pytest.param(lambda: [CREDIT, CREDIT], id="list"),
        pytest.param(lambda: (CREDIT for _ in range(2)), id="generator"),
        pytest.param(lambda: pd.DataFrame([CREDIT, CREDIT]), id="pandas"),
        pytest.param(lambda: pa.Table.from_pylist([CREDIT, CREDIT]), id="Arrow"),
        pytest.param(
            lambda: duckdb.sql("select 1 as client_id, 10.00 as amount, 'x' as description from range(2)"), id="DuckDB"
        ),
        pytest.param(
            lambda: pd.DataFrame([CREDIT, CREDIT]).convert_dtypes(dtype_backend="pyarrow"), id="pandas with Arrow types"
        ),
    ],
)
def test_requests_come_as_what_one_has(book, requests):
    """Any table of requests is taken, and each of its rows."""
    preview = book.issue_credit(requests())
    assert list(preview.problems) == []
    assert preview.money == {"Account credit": "+ EUR 20.00"}


def test_requests_from_a_polars_frame(book):
    """A Polars DataFrame is taken."""
    polars = pytest.importorskip("polars")
    assert book.issue_credit(polars.DataFrame([CREDIT])).is_applicable


def test_requests_from_a_file(book, tmp_path):
    """A path of a CSV file is taken."""
    (tmp_path / "credits.csv").write_text("client_id,amount,description\n1,10.00,Downtime\n")
    assert book.issue_credit(tmp_path / "credits.csv").is_applicable


def test_fields_hold_for_every_row(book):
    """A field beside a table holds for the rows that lack it."""
    preview = book.issue_credit(pd.DataFrame({"client_id": [1, 2], "amount": ["1", "2"]}), description="Goodwill")
    assert list(preview.problems) == []


def test_numbers_that_pandas_made_floats(book):
    """A column of numbers with a gap is whole again; the gap is a problem of its row."""
    frame = pd.DataFrame({"client_id": [1, None], "amount": [1.5, 2.0], "description": ["a", "b"]})
    assert [(p.row, p.field) for p in book.issue_credit(frame).problems] == [(2, "client_id")]


def test_problems_are_a_frame(book):
    """All problems at once, with row and field."""
    found = book.issue_credit([{**CREDIT, "client_id": 99999}, {**CREDIT, "amount": "1.005"}]).problems.df()
    assert list(found["row"]) == [1, 2]
    assert list(found["field"]) == ["client_id", "amount"]


def test_preview_with_problems_cannot_be_applied(book):
    """Applying it raises, and changes nothing."""
    with pytest.raises(co.RefusedError, match="99999"):
        book.issue_credit(client_id=99999, amount=1, description="x").apply()
    assert len(book.log()) == 1


def test_what_is_no_table_of_requests_is_refused(book):
    """A number is not a request."""
    with pytest.raises(co.UsageError, match="mapping"):
        book.issue_credit([1, 2])


def test_undo_takes_number_receipt_or_operation(book):
    """Whatever names the operation."""
    for named in (lambda r: r, lambda r: r.operation_id, lambda r: book.operation(r.operation_id)):
        receipt = book.apply("issue-credit", CREDIT, reason="x")
        assert book.undo(named(receipt), reason="y").operation_id == receipt.operation_id + 1


def test_history_of_a_row(book):
    """Each changed value with the operation that changed it."""
    book.apply("issue-credit", CREDIT, reason="x")
    last = book.history("clients", 1).df().iloc[-1]
    assert (last["column"], last["operation_id"]) == ("credit_balance", 2)


def test_balance_is_explained_step_by_step(book):
    """The last step ends at the balance."""
    book.apply("issue-credit", CREDIT, reason="x")
    book.apply("adjust-credit", client_id=1, credit_balance="3.00", reason="y")
    steps = book.explain_balance(1).dicts()
    assert steps[-1]["balance"] == book.sql("select credit_balance from clients where id = 1").one() == 3
    assert steps[-1]["entries"] != steps[-1]["change"]


def test_balance_of_nobody_is_refused(book):
    """A client that never was has no balance."""
    with pytest.raises(co.UsageError, match="no client 99999"):
        book.explain_balance(99999)


def test_difference_between_two_moments(book):
    """Only what changed, value by value; nothing between a moment and itself."""
    book.apply("issue-credit", CREDIT, reason="x")
    rows = book.diff(1, None, "clients").dicts()
    assert [(r["id"], r["change"], r["column"]) for r in rows] == [(1, "changed", "credit_balance")]
    assert len(book.diff(2, 2, "clients")) == 0


def test_difference_shows_rows_added_and_removed(book):
    """An undone entry is added between the first two, and removed between the others."""
    receipt = book.apply("issue-credit", CREDIT, reason="x")
    receipt.undo(reason="y")
    assert {r["change"] for r in book.diff(1, 2, "credit_entries")} == {"added"}
    assert {r["change"] for r in book.diff(2, 3, "credit_entries")} == {"removed"}


def test_log_with_filters(book):
    """Operations by rule, as rows."""
    book.apply("issue-credit", CREDIT, reason="x")
    assert [row["rule"] for row in book.log(rule="issue-credit")] == ["issue-credit"]
    assert len(book.log(since="2099-01-01")) == 0


def test_past_book_cannot_be_changed(book):
    """As of a moment everything reads, nothing writes."""
    past = book.as_of(1)
    assert len(past.clients) == len(book.clients)
    with pytest.raises(co.UsageError, match="nothing can be changed"):
        past.apply("issue-credit", CREDIT)


def test_verification_is_true_or_false(book):
    """A clean book verifies as true."""
    assert book.verify()
    assert "Everything agrees" in repr(book.verify())


def test_reconcile_and_duplicates_are_results(book):
    """Differences and likely duplicates come as rows."""
    assert isinstance(book.reconcile().df(), pd.DataFrame)
    assert isinstance(book.duplicates().df(), pd.DataFrame)


def test_book_can_be_pickled(book):
    """A pickled book is opened again, by the same operator."""
    again = pickle.loads(pickle.dumps(book))
    assert (again.path, again.operator) == (book.path, book.operator)


def test_book_can_be_used_from_threads(book):
    """Several threads read at once."""
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: len(book.clients), range(8))) == {len(book.clients)}


def test_representation_of_everything_is_escaped(book):
    """A name with markup is text in HTML."""
    book.apply("edit-client", client_id=1, company_name="<script>alert(1)</script>", reason="<b>x</b>")
    for shown in (book.clients, book.log(), book.operation(2), book.history("clients", 1), book):
        assert "<script>" not in shown._repr_html_()
        assert "<b>x" not in shown._repr_html_()


def test_pure_rule_on_plain_frames():
    """A rule plans on a DataFrame of clients, without a book."""
    tables = co.Tables.from_frames(clients=pd.DataFrame({"id": [1, 2], "first_name": ["Ada", "Bob"]}))
    plan = co.rules.issue_credit(tables, {**CREDIT})
    assert plan["update clients"].dicts() == [{"id": 1, "credit_balance": Decimal(10)}]


def test_pure_rule_reports_problems():
    """Problems come with the plan."""
    tables = co.Tables.from_frames(clients=[{"id": 1}])
    assert [p.code for p in co.rules.issue_credit(tables, {**CREDIT, "client_id": 7}).problems] == ["unknown_client"]


def test_pure_rule_on_duckdb_tables():
    """Tables of a DuckDB connection are copied."""
    connection = duckdb.connect()
    connection.execute("create table clients as select 1 as id, 'Ada' as first_name, 5.00 as credit_balance")
    plan = co.rules.remove_credit(co.Tables.from_connection(connection), {**CREDIT, "amount": 2})
    assert plan["update clients"][0]["credit_balance"] == 3


def test_frame_with_an_unknown_column_is_refused():
    """The sentence names the column and those there are."""
    with pytest.raises(co.UsageError, match="'shoe_size'"):
        co.Tables.from_frames(clients=[{"id": 1, "shoe_size": 42}])


def test_duplicates_of_any_frame():
    """The columns are recognised by their names, and the pairs carry the keys of the rows."""
    frame = pd.DataFrame(
        {
            "Kundennr": [7, 8, 9],
            "First name": ["Ada", "Ada", "Bob"],
            "Surname": ["Lovelace", "Lovelace", "Stone"],
            "E-Mail": ["ada@example.com", "ada@example.com", "bob@example.org"],
            "Town": ["London", "London", "Paris"],
        }
    )
    pairs = co.find_duplicates(frame, key="Kundennr")
    assert [(row["left"], row["right"]) for row in pairs] == [(7, 8)]
    assert "Surname as last_name" in pairs.title


def test_duplicates_of_whole_names_and_without_pairs():
    """A whole name is split; rows without duplicates give an empty result."""
    assert len(co.find_duplicates([{"name": "Ada Lovelace"}, {"name": "Bob Stone"}])) == 0


def test_duplicates_need_a_known_column():
    """Columns that say nothing are refused with a way on."""
    with pytest.raises(co.UsageError, match="columns="):
        co.find_duplicates([{"x": 1}, {"x": 1}])


def test_form_of_a_rule_is_a_widget(book):
    """A form has the request as its value, goes into a box, and can be filled."""
    import ipywidgets

    form = co.form(book, "issue-credit", client_id=1)
    assert form.value["client_id"] == "1"
    assert ipywidgets.VBox([form]).children == (form,)


def test_form_calls_back_with_a_receipt(book):
    """What is applied in a form is handed to the notebook."""
    form = co.form(book, "issue-credit", **CREDIT)
    receipts = []
    form.on_applied(receipts.append)
    hand = Hand(form)
    hand.submit(**form.value)
    hand.submit(reason="x")
    assert [receipt.created["credit_entries"] for receipt in receipts] == [[6]]


def test_form_with_an_unknown_field_is_refused(book):
    """The sentence lists the fields."""
    with pytest.raises(co.UsageError, match="client_id, amount, description"):
        co.form(book, "issue-credit", colour="red")


def test_screen_is_a_widget(book):
    """A screen of the workbench in one line."""
    assert "tree" in co.screen("credits", book=book).trait_names()


def test_names_complete_in_editors(book):
    """dir() has tables and rules."""
    assert {"clients", "issue_credit", "sql"} <= set(dir(book))
    assert "issue_credit" in dir(co.api.rules.rules)


def test_unknown_name_says_where_to_look(book):
    """A misspelt attribute points at the lists."""
    with pytest.raises(AttributeError, match=r"book\.tables"):
        _ = book.cleints


def test_methods_have_signature_and_help(book):
    """An editor shows fields and what they mean."""
    import inspect

    assert list(inspect.signature(book.issue_credit).parameters)[:2] == ["requests", "client_id"]
    assert "In the client's currency" in (book.issue_credit.__doc__ or "")
