"""Tables on the command line."""

import pytest
from rich.console import Console

from clientops.commands import output

ROWS = [("knowledgebase article", 12, "a reason of several words"), ("invoice or transaction", 580, "x")]


@pytest.mark.parametrize(("width", "broken"), [(80, False), (40, False), (34, False), (20, True)])
def test_words_are_broken_only_where_there_is_no_room_for_them(monkeypatch, capsys, width, broken):
    """A narrow terminal wraps between words; a word is broken only when even single words do not fit; no line is too long."""
    monkeypatch.setattr(output, "console", Console(width=width))
    output.print_table(("kind", "rows", "why"), ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert ("knowledgebase" not in " ".join(lines)) == broken
    assert "580" in " ".join(lines)
