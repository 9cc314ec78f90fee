"""Tables on the command line."""

import pytest
from rich.console import Console

from clientops.commands import output

ROWS = [("knowledgebase article", 12, "a reason of several words"), ("invoice or transaction", 580, "x")]


@pytest.mark.parametrize("width", [80, 40, 34])
def test_narrow_terminal_wraps_between_words(monkeypatch, capsys, width):
    """No word is broken, and no line is longer than the terminal."""
    monkeypatch.setattr(output, "console", Console(width=width, force_terminal=True, color_system=None))
    output.print_table(("kind", "rows", "why"), ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert "knowledgebase" in " ".join(lines)
    assert "580" in " ".join(lines)


def test_rows_wider_than_the_terminal_become_blocks(monkeypatch, capsys):
    """Where even single words do not fit side by side, each field that is filled has a line of its own."""
    monkeypatch.setattr(output, "console", Console(width=30, force_terminal=True, color_system=None))
    output.print_table(
        ("kind", "rows", "table", "why"), [("knowledgebase", 12, "transactions", "x"), ("b", 1, "", "y")]
    )
    assert capsys.readouterr().out.splitlines() == [
        " kind: knowledgebase", " rows: 12", "table: transactions", "  why: x", "",
        " kind: b", " rows: 1", "  why: y",
    ]  # fmt: skip
