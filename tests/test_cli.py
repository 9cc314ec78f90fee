"""The command line: what it does, what it answers, and its exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from openpyxl import Workbook
from rich.console import Console
from typer.testing import CliRunner

from clientops import __version__
from clientops.book.book import Book
from clientops.book.file.lock import locked
from clientops.cli import app
from clientops.commands import output
from clientops.registry import rule, rules
from tests.loading import load_book

DONE, REFUSED, USAGE, STALE, LOCKED = range(5)


@pytest.fixture
def path(tmp_path):
    """A book with three clients, two in EUR and one in JPY."""
    file = tmp_path / "book.duckdb"
    load_book(file, clients=[{"id": 1, "credit_balance": 0}, {"id": 2}, {"id": 3, "currency_id": 2}])
    return file


def run(path, *words, code=DONE):
    """Output of a command that must end with an exit code."""
    result = CliRunner().invoke(app, ["--book", str(path), "--wait", "0.2", *map(str, words)], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def write_csv(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def credit(path, client):
    return Book(path).query("select credit_balance from clients where id = $id", id=client)[1][0][0]


def test_the_main_job(path, tmp_path):
    """Requests of a file are applied, logged, shown, and taken back; the book agrees with itself all the while."""
    file = write_csv(tmp_path / "credits.csv", "client_id,amount,description\n1,10.50,Downtime\n2,5,Downtime\n")
    out = run(path, "apply", "issue-credit", file, "--operator", "maria", "--reason", "Downtime 3 Nov")
    assert "Operation 2: Issue credit" in out
    assert credit(path, 1) == 10.5
    log = json.loads(run(path, "--json", "log"))
    assert (log[0]["operator"], log[0]["reason"], log[0]["change_count"]) == ("maria", "Downtime 3 Nov", 4)
    day = log[0]["applied_at"][:10]
    assert json.loads(run(path, "--json", "log", "--from", day, "--to", day, "--rule", "issue-credit")) == log[:1]
    assert "No operations." in run(path, "log", "--to", "2001-01-01")
    assert "credit_balance: 0.00 → 10.50" in run(path, "show", "2")
    assert "maria  issue-credit  Downtime 3 Nov" in run(path, "history", "clients", "1")
    run(path, "verify")
    assert "Operation 3" in run(path, "undo", "2", "--reason", "Wrong file")
    assert credit(path, 1) == 0
    assert "undone by 3" in run(path, "log")
    run(path, "verify")
    assert "No flaws" in run(path, "check")


def test_dry_run_shows_everything_and_changes_nothing(path):
    """A preview names the rows before and after, and leaves no trace."""
    words = ("apply", "issue-credit", "-s", "client_id=1", "-s", "amount=4", "-s", "description=Hi", "--dry-run")
    out = run(path, *words)
    assert "credit_balance: 0.00 → 4.00" in out
    assert "Nothing was changed" in out
    assert json.loads(run(path, *words, "--json"))["counts"] == [
        ["credit_entries", "insert", 1],
        ["clients", "update", 1],
    ]
    assert len(json.loads(run(path, "--json", "log"))) == 1


def test_problems_come_all_at_once_and_can_be_mended_and_sent_again(path, tmp_path):
    """Refused requests go to a file with their own columns; mended, the same file is taken."""
    file = write_csv(tmp_path / "c.csv", "client_id,amount,description\n1,1,a\n99,2,b\n3,10.5,c\n2,x,d\n")
    bad = tmp_path / "bad.csv"
    out = run(path, "apply", "issue-credit", file, "-r", "x", "--problems", bad, code=REFUSED)
    for text in ("there is no client 99", "finer than JPY has", "amount 'x' is not a number; write it like 12.50"):
        assert text in out
    assert credit(path, 1) == 0
    rows = list(csv.DictReader(bad.open(encoding="utf-8-sig", newline="")))
    assert [row["client_id"] for row in rows] == ["99", "3", "2"]
    assert rows[0]["problem"] == "there is no client 99"
    mended = bad.read_text(encoding="utf-8-sig").replace("99,", "2,").replace("10.5", "10").replace("2,x", "2,1")
    run(path, "apply", "issue-credit", write_csv(tmp_path / "mended.csv", mended), "-r", "x")
    assert (credit(path, 2), credit(path, 3)) == (3, 10)


def test_undo_as_json_takes_back_at_once(path):
    """Undo that answers as JSON undoes like any other; it does not wait for a second person."""
    run(path, "apply", "issue-credit", "-s", "client_id=1", "-s", "amount=4", "-s", "description=Hi", "-r", "Hi")
    receipt = json.loads(run(path, "undo", "2", "--reason", "Wrong client", "--json"))
    assert receipt["operation_id"] == 3
    assert credit(path, 1) == 0
    assert "undone by 3" in run(path, "log")


def test_a_problem_of_the_whole_file_stands_behind_every_request(path, tmp_path):
    """A heading that is no field refuses the file, and the file to be mended has all its requests."""
    file = write_csv(tmp_path / "credits.csv", "client_id,amount,description,colour\n1,1,A,red\n9,2,B,blue\n")
    mend = tmp_path / "mend.csv"
    run(path, "apply", "issue-credit", file, "--reason", "Test", "--problems", mend, code=REFUSED)
    with mend.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [(row["client_id"], row["colour"]) for row in rows] == [("1", "red"), ("9", "blue")]
    assert all("there is no field 'colour'" in row["problem"] for row in rows)


def test_only_good_applies_the_rest(path, tmp_path):
    """With --only-good the good requests are applied, the others named, and the exit code says that some were left."""
    file = write_csv(tmp_path / "c.csv", "client_id,amount,description\n1,1,a\n99,2,b\n")
    out = run(path, "apply", "issue-credit", file, "-r", "x", "--only-good", code=REFUSED)
    assert "Operation 2" in out
    assert "left out" in out
    assert credit(path, 1) == 1


def test_the_same_key_is_applied_once(path):
    """A program that sends a request again after a broken line changes nothing the second time."""
    words = (
        "apply",
        "issue-credit",
        "-s",
        "client_id=1",
        "-s",
        "amount=4",
        "-s",
        "description=Hi",
        "-r",
        "x",
        "--key",
        "k1",
    )
    run(path, *words)
    assert "applied already" in run(path, *words)
    assert credit(path, 1) == 4


def test_excel_files_are_taken(path, tmp_path):
    """The first sheet of an Excel file is a request table too, numbers as numbers."""
    book = Workbook()
    for row in (("client_id", "amount", "description"), (1, 2.5, "Gift"), (2, 3, "Gift")):
        book.active.append(row)
    book.save(tmp_path / "c.xlsx")
    run(path, "apply", "issue-credit", tmp_path / "c.xlsx", "-r", "x")
    assert (credit(path, 1), credit(path, 2)) == (2.5, 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["apply", "issue-cred"], "did you mean issue-credit", id="a rule that does not exist"),
        pytest.param(["apply", "issue-credit"], "Give a file of requests", id="no requests"),
        pytest.param(["apply", "issue-credit", "no.csv"], "There is no file no.csv", id="a file that does not exist"),
        pytest.param(
            ["apply", "issue-credit", "-s", "amount"], "not of the form field=value", id="a value without a field"
        ),
        pytest.param(["apply", "issue-credit", "-s", "amount=1"], "The reason is missing", id="no reason"),
        pytest.param(
            ["apply", "close-account", "-s", "client_id=1", "-r", "x"], "add --yes", id="a dangerous rule unseen"
        ),
        pytest.param(["show", "99"], "There is no operation 99; the last one is 1", id="no such operation"),
        pytest.param(["tables", "client"], "did you mean clients", id="no such table"),
        pytest.param(["history", "client", "1"], "did you mean clients", id="history of no such table"),
        pytest.param(["query", "select nope from clients"], "nope", id="wrong query"),
        pytest.param(
            ["query", "select 1", "--as-of", "soon"], "neither an operation's number nor a day", id="wrong moment"
        ),
        pytest.param(["export", "nope", "x.csv"], "neither a table nor a SELECT", id="export of nothing"),
        pytest.param(["init"], "There is already a file", id="init over a book"),
        pytest.param(["direct", "--adopt"], "The reason is missing", id="adopt without a reason"),
        pytest.param(["direct", "--adopt", "--revert"], "Choose one", id="adopt and revert"),
    ],
)
def test_usage(path, words, message):
    """What cannot be done is said in a sentence that says what could."""
    assert message in run(path, *words, code=USAGE)


def test_an_empty_file_is_said_so(path, tmp_path):
    """A file without rows is refused, not applied as nothing."""
    file = write_csv(tmp_path / "c.csv", "client_id,amount,description\n")
    assert "has no requests" in run(path, "apply", "issue-credit", file, "-r", "x", code=USAGE)


def test_a_book_that_is_not_there(tmp_path):
    """A missing book is named, with the commands that make one."""
    assert "clientops init" in run(tmp_path / "no.duckdb", "log", code=USAGE)


def test_locked(path):
    """A book in use is waited for, then the holder is named."""
    with locked(path, write=True, who="maria", wait=1):
        assert "in use by maria (process" in run(path, "log", code=LOCKED)


def test_direct_sql_is_shown_row_by_row_and_reverted(path):
    """An UPDATE typed into DuckDB is found, shown, and put back; both are in the log."""
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute("update clients set credit_balance = 99 where id = 2")
    assert "credit_balance: 0.00 → 99.00" in run(path, "direct", code=REFUSED)
    assert "by other means" in run(path, "verify", code=REFUSED)
    run(path, "check", code=REFUSED)
    run(path, "direct", "--revert", "-r", "Not agreed")
    assert credit(path, 2) == 0
    assert [line["rule"] for line in json.loads(run(path, "--json", "log"))][:2] == ["undo", "direct-sql"]
    run(path, "verify")


def test_backup_and_restore(path, tmp_path):
    """A copy can be brought back under another name and is verified; a wrong head hash is noticed."""
    out = run(path, "backup", tmp_path / "copy.duckdb")
    head = out.rpartition("Head hash: ")[2].strip()
    run(path, "apply", "issue-credit", "-s", "client_id=1", "-s", "amount=4", "-s", "description=Hi", "-r", "x")
    later = Book(path).head()[1]
    assert "agrees with itself" in run(tmp_path / "again.duckdb", "restore", tmp_path / "copy.duckdb")
    run(tmp_path / "again.duckdb", "verify", "--head", head)
    assert "cut back" in run(tmp_path / "again.duckdb", "verify", "--head", later, code=REFUSED)


def test_every_rule_tells_its_fields(path):
    """Each rule is listed, and its fields are shown with what they mean."""
    listed = run(path, "rules")
    for name in rules():
        assert name in listed
        out = run(path, "rules", name)
        for field in rule(name).request.model_fields:
            assert field in out


def test_as_of_answers_from_the_past(path):
    """A query and an export can be asked as of an operation or a day."""
    run(path, "apply", "issue-credit", "-s", "client_id=1", "-s", "amount=4", "-s", "description=Hi", "-r", "x")
    query = ("--json", "query", "select credit_balance from clients where id = 1")
    assert json.loads(run(path, *query)) == [{"credit_balance": "4.0000"}]
    assert json.loads(run(path, *query, "--as-of", "1")) == [{"credit_balance": "0.0000"}]
    assert json.loads(run(path, *query, "--as-of", "2001-01-01")) == []


def test_the_data_dictionary(path):
    """Tables and columns are listed with their meaning and what they point at."""
    assert "Parties that buy from us" in run(path, "tables")
    assert "points at" in run(path, "tables", "credit_entries")


def test_it_starts_quickly_and_as_a_program():
    """The command runs as a process of its own and does not load what it does not need."""
    code = "import sys, clientops.cli; print([m for m in ('pandas', 'splink', 'matplotlib', 'ipywidgets') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
    script = Path(sys.executable).with_name("clientops")
    started = time.monotonic()
    out = subprocess.run([str(script), "--version"], capture_output=True, text=True, check=True).stdout
    assert out.strip() == __version__
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("place", "message"),
    [
        pytest.param("nowhere/bad.csv", "there is no folder", id="a folder that does not exist"),
        pytest.param("", "it is a folder; name a file in it", id="a folder"),
        pytest.param("c.csv/bad.csv", "there is no folder", id="below a file"),
    ],
)
def test_problems_that_could_not_be_written_are_refused_before_anything_is_applied(path, tmp_path, place, message):
    """With --only-good the good rows would be applied, and the others lost."""
    file = write_csv(tmp_path / "c.csv", "client_id,amount,description\n1,1,a\n99,2,b\n")
    words = ("apply", "issue-credit", file, "-r", "x", "--only-good", "--problems", tmp_path / place)
    assert message in run(path, *words, code=USAGE)
    assert credit(path, 1) == 0


def test_problems_are_not_written_over_anything_else(path, tmp_path):
    """The requests, the book and any other file stay as they are; problems of an earlier run are replaced."""
    text = "client_id,amount,description\n1,1,a\n99,2,b\n"
    file, other, bad = write_csv(tmp_path / "c.csv", text), tmp_path / "other.csv", tmp_path / "bad.csv"
    other.write_text("mine,own\n1,2\n")
    words = ("apply", "issue-credit", file, "-r", "x", "--only-good", "--problems")
    assert "would be written over" in run(path, *words, file, code=USAGE)
    assert "would be written over" in run(path, *words, path, code=USAGE)
    assert "not one of problems" in run(path, *words, other, code=USAGE)
    assert (file.read_text(), other.read_text(), credit(path, 1)) == (text, "mine,own\n1,2\n", 0)
    for _ in range(2):
        run(path, *words, bad, code=REFUSED)
    assert "would be written over" in run(path, "import", "csv", bad, "--as", "credit", *words[3:], bad, code=USAGE)
    assert credit(path, 1) == 2


def test_long_work_is_watched_on_a_terminal_and_silent_elsewhere(monkeypatch):
    """A person sees what is done and which share; a file or a pipe gets nothing, not even an escape code."""
    for is_terminal in (True, False):
        out = io.StringIO()
        monkeypatch.setattr(output, "errors", Console(file=out, force_terminal=is_terminal, width=100))
        with output.working("Reading") as report:
            report("Planning: [red]rows", 0.0)
            report("Reading tblclients, 120 of about 480 rows", 0.25)
        if is_terminal:
            assert "Reading tblclients, 120 of about 480 rows" in out.getvalue()
            assert " 25%" in out.getvalue()
        else:
            assert not out.getvalue()


def test_two_columns_of_one_name_are_both_answered(path):
    """As JSON, the second gets a number."""
    assert json.loads(run(path, "--json", "query", "select 1 as id, 2 as id")) == [{"id": 1, "id_1": 2}]


def test_problems_where_nobody_may_write_are_refused_before_anything_is_applied(path, tmp_path, monkeypatch):
    """The sentence says why; a file that was there stays as it was, and none is left where there was none."""
    file = write_csv(tmp_path / "c.csv", "client_id,amount,description\n1,1,a\n99,2,b\n")
    words = ("apply", "issue-credit", file, "-r", "x", "--only-good", "--problems")

    real = os.open

    def refuse(name, *words, **more):
        if str(name).endswith("bad.csv"):
            raise PermissionError(13, "Permission denied")
        return real(name, *words, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        assert "bad.csv cannot be written: Permission denied" in run(path, *words, tmp_path / "bad.csv", code=USAGE)
    assert credit(path, 1) == 0
    run(path, "apply", "issue-credit", "-s", "amount=x", "-r", "x", "--problems", tmp_path / "bad.csv", code=REFUSED)
    (tmp_path / "bad.csv").unlink()
    run(path, "apply", "issue-credit", write_csv(file, "client_id,amount,description\n1,1,a\n"), "-r", "x", "--problems",
        tmp_path / "bad.csv")  # fmt: skip
    assert not (tmp_path / "bad.csv").exists()


def test_a_field_given_twice_is_refused(path):
    """The last one is not taken silently; every wrong --set is told."""
    words = ("apply", "issue-credit", "-s", "client_id=1", "-s", "client_id = 2", "-s", "amount", "-s", "amount=1")
    out = run(path, *words, "-s", "description=x", "-r", "x", code=USAGE)
    assert "--set gives client_id twice, '1' and ' 2'; several requests go into a file" in out
    assert "--set 'amount' is not of the form field=value" in out
    assert credit(path, 2) == 0


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_heading_that_stands_twice_is_told(path, tmp_path, suffix):
    """Neither of two columns is taken; the sentence names the heading as the file has it."""
    file = tmp_path / f"c.{suffix}"
    rows = [["client_id", "amount", "description", "amount"], ["1", "1", "x", "2"]]
    if suffix == "csv":
        write_csv(file, "\n".join(map(",".join, rows)) + "\n")
    else:
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(file)
    out = run(path, "apply", "issue-credit", file, "-r", "x", code=USAGE)
    assert "the heading 'amount' stands there twice; leave one column of each" in out
    assert credit(path, 1) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["log", "--as-of", "soon"], "--as-of 'soon' is neither", id="log"),
        pytest.param(["show", "99"], "There is no operation 99", id="show"),
        pytest.param(["history", "client", "1"], "There is no table 'client'", id="history"),
        pytest.param(["tables", "client"], "There is no table 'client'", id="tables"),
        pytest.param(["query", "select nope from clients"], "nope", id="query"),
        pytest.param(["check", "--as-of", "soon"], "--as-of 'soon' is neither", id="check"),
        pytest.param(["mail", "send"], "The sender of mails is missing", id="mail send"),
        pytest.param(["mail", "outbox", "--status", "lost"], "must be one of queued, failed, sent", id="mail outbox"),
        pytest.param(["backup", "/nowhere/x"], "There is no folder", id="backup, which has no --json of its own"),
        pytest.param(["direct", "--adopt", "--revert"], "Choose one", id="direct"),
        pytest.param(["apply", "issue-credit", "-s", "amount=1"], "The reason is missing", id="apply"),
        pytest.param(["log", "--nope"], "No such option: --nope", id="an option that is not there"),
        pytest.param(["apply"], "Missing argument 'RULE'", id="a missing argument"),
        pytest.param(["--wait", "-3", "log"], "Invalid value for '--wait'", id="a value out of range"),
        pytest.param(["nothing"], "No such command 'nothing'", id="a command that is not there"),
    ],
)
def test_refusals_come_as_json_too(path, words, message):
    """A program reads the sentence and the exit code as JSON, and nothing else."""
    answer = json.loads(run(path, "--json", *words, code=USAGE))
    assert message in answer["error"]
    assert answer["exit_code"] == USAGE
    assert not run(path, *words, code=USAGE).startswith("{")


def test_a_book_in_use_is_told_as_json(path):
    """Exit codes and JSON agree, whichever the error is."""
    with locked(path, write=True, who="maria", wait=1):
        assert json.loads(run(path, "log", "--json", code=LOCKED))["exit_code"] == LOCKED


def test_values_that_json_has_no_kind_for_are_told_as_text(path):
    """A query for programs answers whatever DuckDB's types are."""
    sql = "select interval 90 minute i, time '10:00' t, 'nan'::double n, 'ab'::blob b, [1.5::decimal(9,2)] l, true y"
    assert json.loads(run(path, "--json", "query", sql)) == [
        {"i": "1:30:00", "t": "10:00:00", "n": "nan", "b": "b'ab'", "l": ["1.50"], "y": True}
    ]


def test_history_looks_up_only_the_operations_it_names(path, monkeypatch):
    """A book of a million operations is not read to label two changes."""
    run(path, "apply", "issue-credit", "-s", "client_id=2", "-s", "amount=1", "-s", "description=x", "-r", "other")
    run(path, "apply", "issue-credit", "-s", "client_id=1", "-s", "amount=1", "-s", "description=x", "-r", "mine")
    read = []
    real = Book.operations

    def noted(self, **filters):
        read.extend(found := real(self, **filters))
        return found

    monkeypatch.setattr(Book, "operations", noted)
    out = run(path, "history", "clients", "1")
    assert "mine" in out
    assert "other" not in out
    assert [line.id for line in read] == [3, 1]
    assert "never a row 99" in run(path, "history", "clients", "99")


def pipe(path, text, *words):
    """Output of a command that reads standard input."""
    result = CliRunner().invoke(app, ["--book", str(path), *words], input=text)
    assert result.exit_code == DONE, result.output
    return result.output


def test_query_reads_sql_from_standard_input_and_writes_csv(path):
    """A pipe in, a pipe out."""
    assert pipe(path, "select id, credit_balance from clients order by id limit 2", "query", "-", "--csv") == (
        "id,credit_balance\n1,0.00\n2,0.00\n"
    )


def test_requests_come_from_standard_input_and_the_receipt_names_what_was_made(path):
    """A file of requests may be a pipe; the numbers of the new rows are in the answer, so that a script can go on."""
    text = "client_id,amount,description\n1,5,a\n2,6,b\n"
    answer = json.loads(pipe(path, text, "--json", "apply", "issue-credit", "-", "--reason", "x"))
    assert answer["created"] == [["credit_entries", [1, 2]]]
    assert "insert 1 in credit_entries: 3" in run(
        path, "apply", "issue-credit", "-s", "client_id=1", "-s", "amount=1", "-s", "description=c", "-r", "x"
    )


def test_export_to_standard_output_is_csv(path):
    """``export TABLE -`` writes what the file would hold."""
    assert pipe(path, "", "export", "currencies", "-").splitlines()[0].startswith("id,code,")


def test_wrong_field_is_reported_before_a_missing_reason(path):
    """The field is the more useful answer."""
    assert "there is no field 'colour'" in run(path, "apply", "issue-credit", "-s", "colour=1", code=REFUSED)
