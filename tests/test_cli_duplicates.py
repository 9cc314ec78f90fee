"""The commands about duplicates: find, list, show, decide, export, import, merge, report, take back, tune."""

from __future__ import annotations

import csv
import json

import openpyxl
import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from tests.books import insert
from tests.workbench.test_duplicates import FIRM, ZOFIA


@pytest.fixture
def shop(book):
    insert(
        book,
        clients=[
            {"id": 10, **ZOFIA}, {"id": 11, **ZOFIA, "first_name": "Zofai", "phone": None}, {"id": 20, **FIRM, "credit_balance": 5},
            {"id": 21, **FIRM, "company_name": "=NORDLICHT SOLAR"},
            {"id": 30, "first_name": "Ada", "last_name": "Lovelace", "email": "ada.lovelace@example.com", "currency_id": 2, "country": "DE"},
        ],
        credit_entries=[{"id": 90, "client_id": 20, "amount": 5, "description": "x"}],
        domains=[{"id": 90, "client_id": 30, "recurring_amount": 12}],
    )  # fmt: skip
    return book


@pytest.fixture
def run(shop):
    def call(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(
            app, ["--book", str(shop.path), "--operator", "maria", "duplicates", *words], env={"COLUMNS": "200"}
        )
        assert result.exit_code == code, result.output + str(result.exception)
        return result.output

    return call


def rows(book: Book, sql: str) -> list[tuple]:
    return book.query(sql)[1]


def test_find_list_show(run, shop):
    """A search says what it found; the list begins with the most certain case; a case is shown side by side."""
    said = run("find")
    assert "3 cases wait for a decision" in said
    assert "Pairs to review: 3" in said
    listed = json.loads(run("list", "--json"))
    scores = [case["score"] for case in listed["cases"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3
    assert len(json.loads(run("list", "--above", "0.999", "--json"))["cases"]) < 3
    shown = run("show", "11")
    assert "Zofai" in shown
    assert "name differs by a letter or two" in shown
    assert "Nothing about client 6" in run("show", "6")


def test_least_certain_first(run):
    """The order of the list can be turned to the pairs that are as likely one party as not."""
    run("find")
    certain, doubtful = (
        [case["score"] for case in json.loads(run("list", *words, "--json"))["cases"]]
        for words in ((), ("--least-certain",))
    )
    assert sorted(certain, reverse=True) == certain
    assert sorted(doubtful, key=abs) == doubtful
    assert doubtful == certain[::-1] != certain


def test_a_search_of_all_clients_is_due(run, shop):
    """After many clients came in, a search for new ones says that the scores of older pairs are out of date."""
    run("find")
    assert "due" not in run("find", "--new")
    insert(shop, clients=[{"id": 40 + n, **ZOFIA, "email": f"z{n}@example.com"} for n in range(3)])
    assert "Search of all clients: due" in run("find", "--new")
    assert "Search of all clients: due" in run("find", "--new")
    run("find")
    assert "due" not in run("find", "--new")


def test_find_again_and_for_new_clients(run, shop):
    """Looking again finds nothing new; after a client came in, only that one is looked at."""
    run("find")
    before = rows(shop, "select count(*) from duplicate_pairs")
    insert(shop, clients=[{"id": 12, **ZOFIA, "city": "Wieliczka"}])
    said = run("find", "--new")
    assert "New or changed clients: 1" in said
    assert "New pairs: 2" in said
    assert before == [(3,)]
    assert "would change" in run("find", "--threshold", "0.9999", "--dry-run")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("find", "--threshold", "99"), "threshold", id="a percentage"),
        pytest.param(("find", "--since", "77"), "there is no operation 77", id="unknown operation"),
        pytest.param(("decide", "10", "77", "same"), "there is no client 77", id="unknown client"),
        pytest.param(("take-back", "1", "--reason", "x"), "not a merge of clients", id="no merge"),
    ],
)
def test_refusals(run, words, message):
    """What cannot be done is refused with a reason, and changes nothing."""
    assert message in run(*words, code=1)


@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        pytest.param(None, "cannot be read", 2, id="no file"),
        pytest.param(b"\xff\xfe", "cannot be read", 2, id="no text"),
        pytest.param(b"{}", "not a model", 1, id="another JSON"),
    ],
)
@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_wrong_models(run, tmp_path, text, message, code, engine):
    """A model that is none is told in a sentence, whichever engine was to compare."""
    file = tmp_path / "model.json"
    if text is not None:
        file.write_bytes(text)
    assert message in run("find", "--model", str(file), "--engine", engine, code=code)


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        pytest.param(("--threshold", "7"), "threshold", 1, id="no likelihood"),
        pytest.param(("--new",), "looks at all clients", 2, id="only new ones"),
    ],
)
def test_spark_is_not_troubled(run, monkeypatch, words, message, code):
    """What the search would refuse is refused before Spark starts."""
    monkeypatch.setattr("clientops.commands.spark.start_spark", lambda: pytest.fail("Spark was started"))
    assert message in run("find", "--engine", "spark", *words, code=code)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("there.html", "already a file", id="there already"),
        pytest.param("merged.pdf", "end its name with one of", id="unknown ending"),
        pytest.param("nowhere/merged.csv", "There is no folder", id="no folder"),
    ],
)
def test_report_that_cannot_be_written(run, shop, tmp_path, name, message):
    """A report that cannot be written is told before the merge, which then does not happen."""
    (tmp_path / "there.html").write_text("kept")
    run("find")
    said = run("merge", "--above", "0.99", "--yes", "--report", str(tmp_path / name), code=2)
    assert message in " ".join(said.split())
    assert rows(shop, "select count(*) from merged_clients") == [(0,)]
    assert (tmp_path / "there.html").read_text() == "kept"


def test_report_too_long_for_a_page(run, shop, tmp_path, monkeypatch):
    """More clients than a page holds are told before the merge; a table takes them."""
    monkeypatch.setattr("clientops.reports.documents.duplicate_merges.MOST_ON_A_PAGE", 1)
    run("find")
    too_long = run("merge", "--above", "0.9", "--yes", "--report", str(tmp_path / "m.html"), code=2)
    assert "too many for a page" in " ".join(too_long.split())
    assert rows(shop, "select count(*) from merged_clients") == [(0,)]
    run("merge", "--above", "0.9", "--yes", "--report", str(tmp_path / "m.csv"))
    assert len(rows(shop, "select * from merged_clients")) == 2


def test_decide_then_merge_report_and_take_back(run, shop, tmp_path):
    """Accepted groups are merged as one operation, reported with evidence and decider, and taken back one group alone."""
    run("find")
    run("decide", "10", "11", "same", "--survivor", "11", "--take", "phone", "--note", "Called")
    run("decide", "20", "21", "same", "--survivor", "20")
    run("decide", "1", "30", "same")
    preview = run("merge", "--dry-run")
    assert "2 groups become one client each" in preview
    assert "1 cannot be merged and are left out" in preview
    assert "with money involved both need one currency" in preview
    assert rows(shop, "select count(*) from merged_clients") == [(0,)]
    assert "cannot be taken lightly" in run("merge", code=2)
    run("merge", "--yes", "--report", str(tmp_path / "m.html"))
    assert rows(shop, "select replaced_id, survivor_id from merged_clients order by 1") == [(10, 11), (21, 20)]
    assert rows(shop, "select phone from clients where id = 11") == [("+48601234567",)]
    page = (tmp_path / "m.html").read_text()
    assert "name differs by a letter or two" in page
    assert "&lt;" not in page.split("<table>")[0]
    run("report", "-o", str(tmp_path / "m.csv"))
    [first, second] = sorted(
        csv.DictReader((tmp_path / "m.csv").open(encoding="utf-8-sig")), key=lambda row: row["replaced_id"]
    )
    assert (first["replaced_id"], first["survivor_id"], first["decided_by"], first["state"]) == (
        "10",
        "11",
        "maria",
        "stands",
    )
    assert "Called" in first["reason"]
    assert second["replaced"].startswith("'=")
    operation = first["operation"]
    assert "merge them again" in run("take-back", operation, "--client", "20", "--reason", "Two companies", "--yes")
    assert rows(shop, "select replaced_id from merged_clients") == [(10,)]
    run("report", "-o", str(tmp_path / "m.csv"), "--overwrite")
    states = {
        row["replaced_id"]: row["state"] for row in csv.DictReader((tmp_path / "m.csv").open(encoding="utf-8-sig"))
    }
    assert states == {"10": "stands", "21": "taken back"}
    run("take-back", operation, "--client", "11", "--reason", "Two people", "--yes", "--different")
    assert rows(shop, "select count(*) from merged_clients") == [(0,)]
    assert rows(shop, "select left_id, right_id from duplicate_decisions where decision = 'different'") == [(10, 11)]
    assert [line.split()[0] for line in run("merge", "--dry-run").splitlines() if "Nordlicht" in line] == ["21"]
    assert shop.verify().is_clean


def test_merge_above(run, shop):
    """What is certain enough is merged without a decision; who was decided to be different is not."""
    run("find")
    run("decide", "20", "21", "different")
    assert "Nothing is ready" in run("merge", "--dry-run")
    run("merge", "--above", "0.99", "--yes")
    assert rows(shop, "select replaced_id, survivor_id from merged_clients") == [(11, 10)]


def test_spreadsheet_and_back(run, shop, tmp_path):
    """Decisions filled into the spreadsheet come back; wrong ones are told by their row, and written out to be mended."""
    run("find")
    run("export", str(tmp_path / "d.xlsx"))
    sheet = openpyxl.load_workbook(tmp_path / "d.xlsx")
    table = sheet.active
    headings = [cell.value for cell in table[1]]
    left, decision = headings.index("left_id"), headings.index("decision")
    for line in table.iter_rows(min_row=2):
        line[decision].value = {10: "Same", 20: "maybe"}.get(line[left].value)
    sheet.save(tmp_path / "d.xlsx")
    assert "must be one of" in run("import", str(tmp_path / "d.xlsx"), code=1)
    run("import", str(tmp_path / "d.xlsx"), "--only-good", "--problems", str(tmp_path / "mend.csv"), code=1)
    assert rows(shop, "select left_id, right_id, decision from duplicate_decisions") == [(10, 11, "same")]
    mend = list(csv.DictReader((tmp_path / "mend.csv").open(encoding="utf-8-sig")))
    assert [row["left_id"] for row in mend] == ["20"]
    run("export", str(tmp_path / "empty.csv"))
    assert "has no decisions" in run("import", str(tmp_path / "empty.csv"), code=2)


def test_tune(run, shop, tmp_path):
    """Decisions of both kinds make a model that a search takes; three of them change it by little."""
    run("find")
    run("decide", "10", "11", "same")
    assert "both kinds" in run("tune", "-o", str(tmp_path / "m.json"), code=2)
    run("decide", "20", "21", "different")
    assert "fitted to 2 decisions" in run("tune", "-o", str(tmp_path / "m.json"))
    before = rows(shop, "select count(*) from duplicate_pairs")
    run("find", "--model", str(tmp_path / "m.json"))
    assert rows(shop, "select count(*) from duplicate_pairs") == before
    assert "already a file" in " ".join(run("tune", "-o", str(tmp_path / "m.json"), code=2).split())
    assert "There is no folder" in " ".join(run("tune", "-o", str(tmp_path / "no" / "m.json"), code=2).split())
