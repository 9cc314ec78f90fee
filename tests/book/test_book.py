"""The book's methods: previews are truth, confirmations count once, refusals change nothing."""

import duckdb
import pytest

from clientops.book.book import Book
from clientops.book.write.preview import SAMPLE
from clientops.core.errors import BookError, ClientopsError, LockedError, RefusedError, StaleError
from clientops.core.plan import Rule
from clientops.registry import rule
from clientops.schema.requests import read_requests
from tests.books import ByHand, apply_by_hand, by_hand, fingerprint, insert, read_rows
from tests.builders import NOW, TODAY

ISSUE, REMOVE = rule("issue-credit"), rule("remove-credit")


def credit(client_id=1, amount="5", description="Sorry"):
    return {"client_id": client_id, "amount": amount, "description": description}


def balance(book, client_id=1):
    return book.query("select credit_balance from clients where id = $id", id=client_id)[1][0][0]


def test_a_preview_changes_nothing(book):
    """However often one looks, the file stays the same to the last byte."""
    before = book.path.read_bytes()
    for asked in (credit(), credit(99), [credit(), credit(2)]):
        book.preview(ISSUE, asked)
    assert book.path.read_bytes() == before


def test_a_preview_shows_what_would_change(book):
    """A preview has the changed rows before and after, and knows the day, the person and the head."""
    preview = book.preview(ISSUE, credit(), today=TODAY, now=NOW)
    assert (preview.is_applicable, preview.row_count, preview.head, preview.operator) == (True, 2, 1, "maria")
    shown = {(change.table, change.kind): change.sample for change in preview.changes}
    ((before, after),) = shown["clients", "update"]
    assert (before["credit_balance"], after["credit_balance"]) == (50, 55)
    assert {name for name in before if before[name] != after[name]} == {"credit_balance"}
    ((nothing, entry),) = shown["credit_entries", "insert"]
    assert (nothing, entry["id"], entry["amount"], entry["entry_on"]) == (None, 6, 5, TODAY)


def test_a_preview_of_many_rows_is_a_sample(book):
    """All rows are counted, the first are shown."""
    many = by_hand(("groups", "insert", [{"id": n, "name": "x"} for n in range(100, 100 + SAMPLE + 50)]))
    (change,) = book.preview(many, {}).changes
    assert (change.count, len(change.sample)) == (SAMPLE + 50, SAMPLE)


def test_a_preview_carries_its_problems(book):
    """Problems are in the preview, all of them, and applying it is refused with them."""
    preview = book.preview(ISSUE, [credit(99), credit(), credit(amount="x")])
    assert [(p.row, p.code) for p in preview.problems] == [(1, "unknown_client"), (3, "bad_value")]
    assert not preview.is_applicable
    with pytest.raises(RefusedError) as error:
        book.apply(preview)
    assert error.value.problems == preview.problems
    assert book.head()[0] == 1


def test_confirming_twice_applies_once(book):
    """A double click, or a second browser tab, gets the receipt of the first."""
    preview = book.preview(ISSUE, credit())
    first, second = book.apply(preview, reason="Downtime"), book.apply(preview, reason="Downtime")
    assert (first.is_repeated, second.is_repeated) == (False, True)
    assert (first.operation_id, first.sha256, sorted(first.counts)) == (
        second.operation_id,
        second.sha256,
        sorted(second.counts),
    )
    assert (balance(book), book.head()[0]) == (55, 2)


def test_the_same_key_is_applied_once(book):
    """A caller's own name for an application makes it safe to send again, whatever happened to the answer."""
    for expected in (False, True, True):
        receipt = book.apply_now(ISSUE, credit(), key="invoice run 7")
        assert (receipt.operation_id, receipt.is_repeated) == (2, expected)
    assert balance(book) == 55


def test_a_stale_preview_is_refused(book):
    """What would no longer do what was shown is refused, and says who came between."""
    preview = book.preview(ISSUE, credit())
    book.operator = "nora"
    book.apply_now(REMOVE, credit())
    with pytest.raises(StaleError) as error:
        book.apply(preview)
    assert str(error.value) == (
        "Nothing was changed: the book was changed by operation 2 (remove-credit by nora) since this preview. Preview again."
    )
    assert (balance(book), book.head()[0]) == (45, 2)


def test_a_preview_that_would_now_be_refused_is_stale(book):
    """A request that has become impossible meanwhile is stale, not half done."""
    preview = book.preview(REMOVE, credit(amount="50"))
    book.apply_now(REMOVE, credit())
    with pytest.raises(StaleError):
        book.apply(preview)
    assert balance(book) == 45


def test_changes_elsewhere_do_not_make_a_preview_stale(book):
    """Others may work on other rows, and use up the numbers that were shown."""
    preview = book.preview(ISSUE, credit())
    book.apply_now(ISSUE, credit(2))
    assert book.apply(preview).operation_id == 3
    assert book.query("select client_id from credit_entries where id > 5 order by id")[1] == [(2,), (1,)]


def test_refused_requests_change_nothing(book):
    """One bad request among good ones: all are refused, with every problem."""
    before = fingerprint(book.path)
    with pytest.raises(RefusedError) as error:
        book.apply_now(ISSUE, [credit(), credit(99), credit(98)])
    assert [p.row for p in error.value.problems] == [2, 3]
    assert str(error.value) == "Nothing was changed: there is no client 99; there is no client 98."
    assert fingerprint(book.path) == before


def test_only_the_good_requests_if_asked(book):
    """The good ones are applied, the others come back with their row and problem."""
    receipt = book.apply_now(ISSUE, [credit(), credit(99), credit(2, "0.001"), credit(3), credit("x")], only_good=True)
    assert [(p.row, p.code) for p in receipt.refused] == [
        (2, "unknown_client"), (3, "not_minor_unit"), (5, "unknown_name"),
    ]  # fmt: skip
    assert [balance(book, n) for n in (1, 2, 3)] == [55, 20, 5]
    assert book.operation(2).line.request_count == 2


def test_leaving_one_out_may_make_another_impossible(book):
    """What an earlier request that is left out would have made possible is left out too."""
    receipt = book.apply_now(
        rule("transfer-credit"),
        [{"client_id": 2, "to_client_id": 3, "amount": "30"}, {"client_id": 3, "to_client_id": 1, "amount": "10"},
         {"client_id": 1, "to_client_id": 6, "amount": "1"}],
        only_good=True,
    )  # fmt: skip
    assert {p.row for p in receipt.refused} == {1, 2}
    assert [balance(book, n) for n in (1, 2, 3, 6)] == [49, 20, 0, 1]


def test_only_the_good_of_none(book):
    """Where no request is good, nothing is applied."""
    with pytest.raises(RefusedError):
        book.apply_now(ISSUE, [credit(99), credit(98)], only_good=True)
    assert book.head()[0] == 1


def test_an_unknown_field_is_refused_whatever_is_asked(book):
    """A column that the rule does not have is nobody's row: nothing is applied."""
    with pytest.raises(RefusedError, match="there is no field 'amonut' here"):
        book.apply_now(ISSUE, [{**credit(), "amonut": 3}], only_good=True)


def test_a_rule_that_fails_is_told_as_one_sentence(book):
    """An error of the engine inside a rule is one of ours to the caller, in preview and apply, and changes nothing."""

    def broken(tables, requests, *, today, now):
        steps = tables.steps(requests=requests)
        steps.add("huge", "select 1::bigint as id, (99999999999999 * 10)::decimal(18, 4) as credit_balance")
        return steps.plan(steps.update("clients", "huge"))

    before = fingerprint(book.path)
    for act in (book.preview, book.apply_now):
        with pytest.raises(ClientopsError, match=r"^Nothing was changed: Conversion Error") as error:
            act(Rule("broken", "Broken", broken, ByHand), {})
        assert "\n" not in str(error.value)
    assert fingerprint(book.path) == before


def test_a_rule_cannot_write(book):
    """A rule that tries to write is stopped when it is previewed."""

    def sly(tables, requests, *, today, now):
        tables._connection.execute("update main.clients set credit_balance = 1000000 where id = 1")
        steps = tables.steps(requests=requests)
        return steps.plan()

    before = fingerprint(book.path)
    with pytest.raises(ClientopsError):
        book.preview(Rule("sly", "Sly", sly, ByHand), {})
    assert fingerprint(book.path) == before


def test_queries_take_values_and_moments(book):
    """A SELECT over the tables, now or as they were, with named values."""
    assert book.query("select last_name from clients where id = $id", id=1) == (["last_name"], [("Lovelace",)])
    apply_by_hand(book, ("clients", "update", [{"id": 1, "last_name": "King"}]))
    assert book.query("select last_name from clients where id = 1")[1] == [("King",)]
    assert book.query("select last_name from clients where id = 1", as_of=1)[1] == [("Lovelace",)]


def test_a_query_cannot_write(book):
    """A query is for looking only."""
    before = book.path.read_bytes()
    for sql in ("delete from clients", "create table x (n int)", "insert into notes (id, body) values (9, 'x')"):
        with pytest.raises((duckdb.Error, ClientopsError)):
            book.query(sql)
    assert book.path.read_bytes() == before


def test_a_session_keeps_others_out_and_commits_each(book, tmp_path):
    """Inside a session nobody comes between; every operation counts on its own, also when a later one fails."""
    other = Book(book.path, operator="nora", wait=0.1)
    with book.session() as held:
        assert held.apply_now(ISSUE, credit()).operation_id == 2
        with pytest.raises(LockedError, match="in use by maria"):
            other.apply_now(ISSUE, credit())
        with pytest.raises(RefusedError):
            held.apply_now(ISSUE, credit(99))
        preview = held.preview(ISSUE, credit(2))
        assert held.apply(preview).operation_id == 3
        assert held.undo(2).operation_id == 4
        with held.session():
            assert balance(held) == 50
        assert held.verify().is_clean
    assert other.apply_now(ISSUE, credit()).operation_id == 5
    assert book.verify().is_clean


def test_a_session_that_fails_lets_go(book):
    """An error inside a session loses nothing that was applied and leaves the book free."""
    with pytest.raises(ZeroDivisionError), book.session():
        book.apply_now(ISSUE, credit())
        raise ZeroDivisionError
    assert Book(book.path, wait=0.1).apply_now(ISSUE, credit()).operation_id == 3
    assert book.head()[0] == 3


def test_staged_rows_are_seen_inside_and_outside_a_session(book, tmp_path):
    """A rule that imports reads its rows from a file of its own, and the file is let go afterwards."""
    staging = tmp_path / "staging.duckdb"
    with duckdb.connect(str(staging)) as connection:
        connection.execute("create table groups as select 50 as id, 'Staged' as name")

    def take(tables, requests, *, today, now):
        steps = tables.steps(requests=requests)
        steps.add("taken", f"select id + {tables.next_id('groups')} as id, name from staging.groups")
        return steps.plan(steps.insert("groups", "taken"))

    bring = Rule("bring", "Bring", take, ByHand)
    preview = book.preview(bring, {}, staging=staging)
    assert book.apply(preview).counts == (("groups", "insert", 1),)
    book.wait = 0.5
    with book.session():
        for _ in range(2):
            assert book.apply_now(bring, {}, staging=staging).counts == (("groups", "insert", 1),)
    assert [row[1] for row in read_rows(book.path, "groups")["groups"]] == ["Resellers", "Staged", "Staged", "Staged"]
    with duckdb.connect(str(staging)) as connection:
        connection.execute("drop table groups")


def test_a_request_table_that_was_read_can_be_given(book):
    """Requests that were read and shown before are not read again."""
    read = read_requests(ISSUE.request, [credit()])
    assert book.apply_now(ISSUE, read).operation_id == 2


def test_progress_is_told(book):
    """Long work says what it is at, and how far."""
    told = []
    book.progress = lambda what, share: told.append((what, share))
    insert(book, groups=[{"id": 9, "name": "x"}])
    assert told[0][0] == "Planning"
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert "Writing 1 row and their history" in dict(told)
    told.clear()
    preview = book.preview(ISSUE, credit())
    assert "Planning: problems" in dict(told)
    assert told[-1][0] == f"Adding up {preview.row_count} rows"


def test_a_book_that_goes_away_is_said_so(book):
    """A file that was moved while the notebook was open is named."""
    book.path.unlink()
    with pytest.raises(BookError, match="There is no book at"):
        book.head()
