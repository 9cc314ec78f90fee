"""Errors are raised, and drafts are kept in a folder of the test's own."""

import pytest

from clientops.workbench import frame as shell
from tests.workbench.screens import Hand


@pytest.fixture(autouse=True)
def strict(monkeypatch, tmp_path):
    monkeypatch.setenv("CLIENTOPS_STRICT", "1")
    monkeypatch.setenv("CLIENTOPS_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(shell.Shell, "look_for_direct_changes", lambda _self: None)


@pytest.fixture
def at(book):
    """A person at a screen of the small shop."""
    return lambda route, of=book: Hand(shell.screen(route, book=of))
