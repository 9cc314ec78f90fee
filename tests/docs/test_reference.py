"""The reference is written from the code."""

from __future__ import annotations

import importlib.util

from clientops.registry import rules
from clientops.schema.definition import all_tables
from tests.docs.pages import ROOT


def test_reference_has_every_rule_table_and_command(tmp_path):
    """Each has a heading of its own, and each field of a rule a row."""
    spec = importlib.util.spec_from_file_location("generate_reference", ROOT / "docs" / "generate_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    texts = {path.name: path.read_text(encoding="utf-8") for path in module.write_reference(tmp_path)}
    for name, rule in rules().items():
        assert f"### {name}\n" in texts["rules.md"]
        assert all(f"| `{field}` |" in texts["rules.md"] for field in rule.request.model_fields)
    assert all(f"## {name}\n" in texts["tables.md"] for name in all_tables())
    assert "## clientops duplicates merge\n" in texts["commands.md"]
    assert "| 3 | stale" in texts["exit-codes.md"]
