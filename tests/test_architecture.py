"""What the code may not do, whoever writes it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clientops.registry import rules

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "clientops"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PURE = [path for room in ("rules", "reconciliation") for path in sorted((PACKAGE / room).rglob("*.py"))]
TIMELESS = [*PURE, *sorted((PACKAGE / "matching").rglob("*.py"))]

CHANCE = {"time", "random", "secrets", "uuid"}
FILES = {"os", "pathlib", "socket", "subprocess", "io", "tempfile"}
CLOCKS = {"now", "today", "utcnow"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_go_downwards():
    """The rooms of the package import only those below them (import-linter's contract in pyproject.toml)."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", TIMELESS, ids=relative)
def test_the_core_has_no_clock_no_chance_and_no_files(path):
    """Rules, matching and reconciliation import nothing that differs from run to run, and never ask the time.

    Matching may read a model file that the person names; nothing else of the core touches a file.
    """
    forbidden = CHANCE | FILES if path in PURE else CHANCE
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not {name.name.partition(".")[0] for name in node.names} & forbidden, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in forbidden, ast.unparse(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert not (node.func.attr in CLOCKS and ast.unparse(node.func.value) in {"datetime", "date"}), ast.unparse(
                node
            )
            assert node.func.attr not in {"executemany", "write_text", "write_bytes"}, ast.unparse(node)


@pytest.mark.parametrize("path", PURE, ids=relative)
def test_sql_of_the_core_only_selects(path):
    """No SQL of a rule writes, asks the time or draws lots."""
    text = path.read_text(encoding="utf-8").lower()
    for pattern in (r"\binsert into\b", r"\bdelete from\b", r"\bupdate \w+ set\b", r"\bcreate (or replace )?(temp )?table\b",
                    r"\bcurrent_date\b", r"\bcurrent_timestamp\b", r"\bnow\(\)", r"\brandom\(\)", r"\bgen_random_uuid\("):  # fmt: skip
        assert not re.search(pattern, text), pattern


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if {"rules", "reconciliation"} & set(p.parts) or p.stem == "money"], ids=relative
)
def test_money_is_never_a_float(path):
    """No float and no DOUBLE where money is worked out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "float"
    ]
    assert calls == []
    for constant in (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)):
        assert not re.search(r"::\s*(double|float|real)\b", constant.lower()), constant[:80]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_stay_small(path):
    """No file over 400 lines, and none that is called after nothing."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert path.stem not in {"utils", "helpers", "common", "misc"}


@pytest.mark.parametrize("name", sorted(rules()))
def test_every_rule_says_what_it_does(name):
    """Title, help for each field, and a docstring with arguments, what it returns, its problems and its source."""
    rule = rules()[name]
    assert rule.title
    text = rule.function.__doc__ or ""
    for part in ("Args:", "Returns:", "Problems:"):
        assert part in text, f"{name}: {part}"
    assert rule.request.__doc__
    for field, info in rule.request.model_fields.items():
        assert info.title, f"{name}.{field} has no title"


def test_no_broad_except_and_nothing_unfinished():
    """Errors are caught by name, and nothing is left to be done later."""
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"except( Exception)?:", text), relative(path)
        assert not re.search(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError", text), relative(path)


def test_no_file_holds_two_versions_of_itself():
    """No mark of an unfinished rebase stays behind in code, notebooks or pages."""
    mark = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)
    kinds = {".py", ".md", ".js", ".css", ".sql", ".j2", ".jinja", ".ipynb", ".toml", ".json", ".sh"}
    rooms = [ROOT / name for name in ("clientops", "tests", "notebooks", "data")]
    files = [*ROOT.glob("*"), *(file for room in rooms for file in room.rglob("*"))]
    texts = [file for file in files if file.is_file() and (file.suffix in kinds or file.name == "Makefile")]
    assert [relative(file) for file in texts if mark.search(file.read_text(encoding="utf-8"))] == []


DAY_OF_A_MOMENT = re.compile(
    r"\w_at\)?::date|cast\(\s*\w*\.?\w+_at as date\)|at time zone 'UTC'\)::date|strftime\(\w*\.?occurred_at|"
    r"date_trunc\('\w+', \w*\.?\w+_at\)|astimezone\(\)\.date\(\)|date\.today\(\)"
)


def test_days_are_derived_from_moments_in_one_place():
    """A day depends on the business's time zone: only tables/days.py turns a moment into one."""
    found = [
        f"{path.relative_to(PACKAGE)}: {match[0]}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "days.py"
        for match in DAY_OF_A_MOMENT.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
