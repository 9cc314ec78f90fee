"""Rows for programs: what a pipe gets, and what the flags of formats mean."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from clientops.commands import output
from clientops.commands.formats import FLAGS, take_format

ROWS = [(1, "Ada\tLovelace", None, Decimal("10.0000"), True), (2, 'A "B"\nC', "x, y", Decimal("-0.0050"), False)]
COLUMNS = ("id", "name", "note", "amount", "is_open")


@pytest.fixture
def printed(capsys):
    """What print_table writes into a pipe with the given flags."""

    def run(*flags: str) -> str:
        take_format(["log", *flags])
        output.print_table(COLUMNS, ROWS)
        take_format([])
        return capsys.readouterr().out

    return run


def test_pipe_gets_tabs_and_one_line_a_row(printed):
    """Without a terminal rows are separated by tabs; tabs and line breaks of values are escaped."""
    assert printed().split("\n") == [
        "id\tname\tnote\tamount\tis_open",
        "1\tAda\\tLovelace\t\t10.00\tyes",
        '2\tA "B"\\nC\tx, y\t-0.0050\tno',
        "",
    ]


def test_csv_reads_back(printed):
    """CSV is quoted as CSV is."""
    rows = list(csv.reader(io.StringIO(printed("--csv"))))
    assert rows[0] == list(COLUMNS)
    assert rows[2] == ["2", 'A "B"\nC', "x, y", "-0.0050", "no"]


def test_json_lines_keep_types_and_exact_money(printed):
    """One object a line; money is exact text, empty is null."""
    first = json.loads(printed("--nl").splitlines()[0])
    assert first == {"id": 1, "name": "Ada\tLovelace", "note": None, "amount": "10.0000", "is_open": True}


def test_table_can_be_asked_for_in_a_pipe(printed):
    """--table gives columns that line up."""
    assert printed("--table").splitlines()[0].split() == list(COLUMNS)


@pytest.mark.parametrize("flag", sorted(FLAGS))
def test_flags_may_stand_anywhere_but_behind_two_dashes(flag):
    """A flag is taken before and behind the command, and left alone where it is a value."""
    assert take_format([flag, "log"]) == take_format(["log", flag]) == ["log"]
    assert take_format(["query", "--", flag]) == ["query", "--", flag]


def test_rows_that_do_not_fit_become_blocks(monkeypatch, capsys):
    """On a narrow terminal no word is broken: each field has a line, empty ones are left out."""
    monkeypatch.setattr(output.console, "width", 30)
    take_format(["log", "--table"])
    output.print_table(tuple(f"column_{n}" for n in range(9)), [("value",) * 8 + ("",)])
    take_format([])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"column_{n}: value" for n in range(8)]
