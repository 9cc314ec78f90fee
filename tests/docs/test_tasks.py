"""The page of tasks names every rule, and only commands and functions that exist."""

from __future__ import annotations

import importlib
import re

import typer

from clientops.book.book import Book
from clientops.cli import app
from clientops.registry import rules
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
LIBRARY = [row for row in ROWS if len(row) == 4 and row[0] != "| task"]


def test_every_rule_is_there():
    """Each rule that a person applies stands in a line."""
    assert [name for name in rules() if f"`{name}`" not in PAGE] == []


def test_no_rule_is_there_that_is_not():
    """The column of rules names nothing else."""
    named = {name for row in ROWS if len(row) == 3 for name in re.findall(r"`([a-z-]+)`", row[2])}
    assert named - rules().keys() - {"undo"} == set()


def test_commands_are_there():
    """The first words of each command are commands."""
    root = typer.main.get_command(app)
    missing = []
    for row in LIBRARY:
        for words in re.findall(r"`clientops ([^`]*)`", row[2]):
            first, *rest = re.sub(r"--as-of \S+ ?", "", words).split()
            command = getattr(root, "commands", {}).get(first)
            inner = getattr(command, "commands", None)
            if first != "…" and (
                command is None or (inner and rest and re.fullmatch("[a-z-]+", rest[0]) and rest[0] not in inner)
            ):
                missing.append(words)
    assert missing == []


def test_every_command_is_there():
    """What the command line offers stands in some line, but for looking at rules and beginning a book."""
    commands = typer.main.get_command(app).commands.keys() - {"init", "demo", "rules", "apply", "undo", "query"}
    assert [name for name in sorted(commands) if not re.search(rf"`(clientops )?{name}\b", PAGE)] == []


def test_functions_are_there():
    """Each can be imported by the name that the page gives."""
    names = [name.rstrip("(…)") for row in LIBRARY for name in re.findall(r"`([\w.]+)(?:\([^`]*\))?`", row[3])]
    assert len(names) > 20
    assert [name for name in names if not _exists(name)] == []


def _exists(name: str) -> bool:
    if name.startswith((".", "Book.")):
        return hasattr(Book, name.rpartition(".")[2])
    try:
        importlib.import_module(f"clientops.{name}")
    except ModuleNotFoundError:
        room, _, function = name.rpartition(".")
        try:
            return hasattr(importlib.import_module(f"clientops.{room}" if room else "clientops"), function)
        except ModuleNotFoundError:
            return False
    return True
