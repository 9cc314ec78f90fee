"""The file that editors complete the rules from."""

from __future__ import annotations

import ast
from pathlib import Path

import clientops.api
from clientops.api.stubs import stub
from clientops.registry import rules
from clientops.schema.definition import all_tables

FILE = Path(clientops.api.__file__).with_name("rule_methods.pyi")


def test_stub_file_is_current():
    """It says what the registry says; ``python -m clientops.api.stubs`` writes it."""
    assert ast.dump(ast.parse(FILE.read_text(encoding="utf-8"))) == ast.dump(ast.parse(stub()))


def test_no_table_is_named_like_a_rule():
    """Both are attributes of a book."""
    from clientops.api.book import Book

    names = {name.replace("-", "_") for name in rules()}
    assert not names & set(all_tables())
    assert not set(all_tables()) & set(vars(Book))
