"""Write the reference pages from the code: ``python docs/generate_reference.py FOLDER``; ``make docs`` does it first."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from clientops.core.plan import Rule
from clientops.registry import rules
from clientops.schema.definition import all_tables
from clientops.schema.references import references_from


def write_reference(folder: Path) -> list[Path]:
    """Write every page; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {
        "rules.md": rules_page(),
        "tables.md": tables_page(),
        "commands.md": commands_page(),
        "exit-codes.md": EXIT_CODES,
    }
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in pages]


def rules_page() -> str:
    """All rules by group: fields, docstring, and an example of the command."""
    groups: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules().values():
        groups[rule.group or "other"].append(rule)
    parts = ["# Rules", "", "Every change is one of these rules. A field without a default is required.", ""]
    for group, members in groups.items():
        parts += [f"## {group.capitalize()}", ""]
        for rule in members:
            parts += _rule(rule)
    return "\n".join(parts)


def _rule(rule: Rule) -> list[str]:
    fields = rule.request.model_fields
    asked = " ".join(f"--set {name}=…" for name, info in fields.items() if info.is_required())
    rows = [
        (f"`{name}`", "yes" if info.is_required() else "", info.title or "", info.description or "")
        for name, info in fields.items()
    ]
    return [
        f"### {rule.name}",
        "",
        f"{rule.title}. {(rule.request.__doc__ or '').strip().partition(chr(10))[0]}",
        "",
        "```text",
        f"clientops apply {rule.name} {asked} --reason …".replace("  ", " "),
        "```",
        "",
        *_table(("field", "required", "label", "help"), rows),
        "",
        "```text",
        _plain_docstring(rule.function.__doc__ or ""),
        "```",
        "",
    ]


def _plain_docstring(text: str) -> str:
    import inspect

    return inspect.cleandoc(text).replace("``", "")


def tables_page() -> str:
    """All tables with their columns, types and what they point at."""
    parts = ["# Tables", "", "Money is `DECIMAL(18,4)`, days are `DATE`, moments `TIMESTAMP WITH TIME ZONE`.", ""]
    for table in all_tables().values():
        targets = {reference.column: reference.target for reference in references_from(table.name)}
        rows = [
            (f"`{c.name}`", c.type, "yes" if c.is_required else "", targets.get(c.name, ""), c.comment)
            for c in table.columns
        ]
        parts += [f"## {table.name}", "", f"{table.comment}.", ""]
        parts += [*_table(("column", "type", "required", "points at", "meaning"), rows), ""]
    return "\n".join(parts)


def commands_page() -> str:
    """All commands with their options."""
    import typer

    from clientops.cli import app

    parts = ["# Commands", "", "Options that stand before the command hold for all of them.", ""]
    command: Any = typer.main.get_command(app)
    for path, one in _commands(command, "clientops"):
        parts += [f"## {path}", "", (one.help or "").strip(), ""]
        rows = [
            (f"`{' '.join(option.opts)}`", getattr(option, "help", "") or "")
            for option in one.params
            if getattr(option, "opts", None) and "--help" not in option.opts
        ]
        parts += [*_table(("option or argument", "meaning"), rows), ""] if rows else []
    return "\n".join(parts)


def _commands(command: Any, path: str) -> list[tuple[str, Any]]:
    found = [(path, command)]
    for name, one in getattr(command, "commands", {}).items():
        found += _commands(one, f"{path} {name}")
    return found


EXIT_CODES = """# Exit codes

| code | meaning |
| --- | --- |
| 0 | done |
| 1 | refused: the requests have problems, or something does not agree |
| 2 | wrong usage |
| 3 | stale: the book changed since the preview |
| 4 | locked: others used the book for longer than `--wait` |
| 5 | not allowed by the policy, or not by one person alone |
"""


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = ["| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
    return lines + [
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    ]


if __name__ == "__main__":
    write_reference(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
