"""How the command line shows things: tables for people, JSON for programs, and which exit code means what."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, is_dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, NoReturn

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text
from typer.core import TyperGroup

from clientops.book.read.history import RowChange
from clientops.book.write.preview import ChangePreview, Preview, Receipt
from clientops.commands.formats import chosen_format, take_format, write_rows
from clientops.core.errors import ClientopsError, LockedError, NotAllowedError, RefusedError, StaleError
from clientops.core.plan import Problem
from clientops.core.readable import with_readable_names
from clientops.schema.passwords import SECRET_COLUMNS

DONE, REFUSED, USAGE, STALE, LOCKED, NOT_ALLOWED = range(6)
SHOWN = 10
SECRET, HIDDEN = SECRET_COLUMNS, "(hidden)"
SIGNS = {"insert": "+", "update": "~", "delete": "-"}

_is_json: ContextVar[bool] = ContextVar("_is_json", default=False)

# The parent of everything that is wrong with a command line.
_USAGE_ERROR: type[Exception] = next(k for k in typer.BadParameter.mro() if k.__name__ == "UsageError")

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str, code: int = USAGE) -> NoReturn:
    """Say why, as JSON where that was asked for, and end with an exit code."""
    if _is_json.get():
        print_json({"error": message, "exit_code": code})
    else:
        errors.print(Text(message))
    raise typer.Exit(code)


class AnsweringGroup(TyperGroup):
    """The command itself: where JSON was asked for, wrong usage is told as JSON too."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **settings: Any) -> Any:
        """Run the command line; see ``click.Command.main``."""
        given = take_format(sys.argv[1:] if args is None else args)
        if "--json" not in given:
            return super().main(given, *rest, **settings)
        try:
            code = super().main(given, *rest, **{**settings, "standalone_mode": False})
        except _USAGE_ERROR as error:
            code = USAGE
            print_json({"error": getattr(error, "format_message", error.__str__)(), "exit_code": code})
        except typer.Abort:
            code = REFUSED
        sys.exit(code or DONE)


def answer_as_json(wanted: bool) -> None:
    """Say whether refusals are told as JSON, for the whole run: ``--json`` before the command."""
    _is_json.set(wanted)


@contextmanager
def told_plainly(*, as_json: bool = False) -> Iterator[None]:
    """End with a sentence and an exit code where clientops refuses; problems come as a table; all as JSON if asked."""
    before = _is_json.set(as_json or _is_json.get())
    try:
        yield
    except RefusedError as error:
        if _is_json.get():
            print_json({"refused": [asdict(p) for p in error.problems]})
        else:
            print_problems(error.problems)
        raise typer.Exit(REFUSED) from error
    except StaleError as error:
        fail(str(error), STALE)
    except LockedError as error:
        fail(str(error), LOCKED)
    except NotAllowedError as error:
        fail(f"{error}.", NOT_ALLOWED)
    except ClientopsError as error:
        fail(str(error), USAGE)
    finally:
        _is_json.reset(before)


def plain(value: Any) -> Any:
    """A value that JSON knows; money stays exact, as text, and so does what JSON has no kind for."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): HIDDEN if key in SECRET and item else plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and isfinite(value)):
        return value
    return str(value)


def print_json(value: Any) -> None:
    """Print a value as JSON, for programs."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def show(value: Any) -> str:
    """A value as people read it in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text[:-2] if "." in text and text.endswith("00") else text
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Print rows under headings; what a client typed is never read as markup."""
    rows = [list(row) for row in rows]
    kind = chosen_format(is_terminal=console.is_terminal)
    if kind != "table":
        if title and kind == "tsv":
            sys.stdout.write(title.lstrip("\n") + "\n")
        write_rows(kind, columns, rows, show, plain)
        return
    cells = [[show(value) for value in row] for row in rows]
    texts = [[column, *(row[i] for row in cells)] for i, column in enumerate(columns)]
    if any(columns) and not _fits(texts, console.width):
        if title:
            console.print(Text(title))
        _print_blocks(columns, cells)
        return
    gap, widths = _column_widths(texts, console.width)
    table = RichTable(
        title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False, padding=gap
    )
    for i, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(r[i], (int, Decimal)) and not isinstance(r[i], bool) for r in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", width=widths[i])
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)


def _print_blocks(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows that are wider than the terminal: a line for each field that is filled, a blank line between rows."""
    width = max(cell_len(column) for column in columns)
    for place, row in enumerate(rows):
        if place:
            console.print()
        for column, value in zip(columns, row, strict=True):
            if value:
                console.print(Text(f"{column.rjust(width)}: {value}"))


def _fits(columns: Sequence[Sequence[str]], room: int) -> bool:
    """Whether columns can stand side by side without breaking a word of up to ``LONGEST_WORD`` letters."""
    words = [max((cell_len(word) for text in texts for word in text.split()), default=1) for texts in columns]
    return sum(min(longest, LONGEST_WORD) for longest in words) + len(columns) - 1 <= room


LONGEST_WORD = 24


def _column_widths(columns: Sequence[Sequence[str]], room: int) -> tuple[tuple[int, int, int, int], list[int | None]]:
    """Padding and widths of columns, so that words are not broken where there is room for them; None: as it comes."""
    widths = [max(cell_len(line) for text in texts for line in text.splitlines() or [""]) for texts in columns]
    if sum(widths) + 2 * (len(widths) - 1) <= room:
        return (0, 1, 0, 1), [None] * len(widths)
    words = [max((cell_len(word) for text in texts for word in text.split()), default=1) for texts in columns]
    found = [min(longest, LONGEST_WORD) for longest in words]
    spare = room - sum(found) - (len(found) - 1)
    while spare < 0 and max(found) > 1:  # the longest words are broken first
        found[found.index(max(found))] -= 1
        spare += 1
    while spare > 0:
        wanting = max(range(len(found)), key=lambda place: widths[place] - found[place])
        if widths[wanting] <= found[wanting]:
            break
        found[wanting] += 1
        spare -= 1
    return (0, 1, 0, 0), list(found)


def print_problems(problems: Sequence[Problem], heading: str = "Nothing was changed") -> None:
    """Print problems as a table, under what became of it."""
    count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
    errors.print(Text(f"{heading}: {count}."), style="bold red")
    rows = [(p.row or "", p.field, p.message) for p in problems[:200]]
    print_table(("row", "field", "problem"), rows)
    if len(problems) > len(rows):
        errors.print(f"… and {len(problems) - len(rows):,} more; --problems FILE writes them all")


def print_preview(preview: Preview) -> None:
    """Print what would change, with the first rows of each table."""
    total = preview.row_count
    what = f"{total:,} row" + ("" if total == 1 else "s")
    console.print(Text(f"{preview.rule.title}: {what} would change."), style="bold")
    for label, value in preview.summary:
        console.print(Text(f"  {with_readable_names(label)}: {value}"))
    for change in preview.changes:
        console.print(Text(f"\n{SIGNS[change.kind]} {change.kind} {change.count:,} in {change.table}"), style="bold")
        rows = [RowChange(0, change.table, _id(pair), *pair) for pair in change.sample[:SHOWN]]
        print_rows(rows)
        if change.count > len(rows):
            console.print(f"  … and {change.count - len(rows):,} more")
    for warning in preview.warnings:
        console.print(Text(f"Note: {warning.message}"), style="yellow")


def _id(pair: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> int:
    return int((pair[0] or pair[1] or {})["id"])


def print_rows(rows: Sequence[RowChange]) -> None:
    """Print row changes: new and gone rows with their filled columns, changed rows as before -> after."""
    for row in rows:
        if row.before and row.after:
            text = ", ".join(f"{n}: {_told(n, a) or '∅'} → {_told(n, b) or '∅'}" for n, (a, b) in row.changed.items())
        else:
            filled = (row.before or row.after or {}).items()
            text = ", ".join(f"{n}: {_told(n, v)}" for n, v in filled if v not in (None, "", False) and n != "id")
        sign = "~" if row.before and row.after else "-" if row.before else "+"
        console.print(Text(f"  {sign} {row.table} {row.id}  {text}"))


def _told(name: str, value: Any) -> str:
    """A value of a column as people read it; a hash of a password is nobody's to read."""
    return HIDDEN if name in SECRET and value else show(value)


def print_receipt(receipt: Receipt, title: str) -> None:
    """Print what was done, and how to take it back."""
    again = " was applied already; nothing was changed now" if receipt.is_repeated else ""
    console.print(Text(f"Operation {receipt.operation_id}: {title}{again}."), style="bold green")
    created = dict(receipt.created)
    for table, kind, count in receipt.counts:
        numbers = created.get(table, ()) if kind == "insert" else ()
        shown = ", ".join(map(str, numbers[:SHOWN])) + (" …" if count > SHOWN else "")
        console.print(Text(f"  {SIGNS[kind]} {kind} {count:,} in {table}{f': {shown}' if numbers else ''}"))
    for warning in receipt.warnings[:SHOWN]:
        console.print(Text(f"Note: {warning.message}"), style="yellow")
    if len(receipt.warnings) > SHOWN:
        console.print(f"… and {len(receipt.warnings) - SHOWN:,} more notes; --json lists them")
    console.print(Text(f"Take it back with: clientops undo {receipt.operation_id} --reason …"), style="dim")
    if receipt.refused:
        print_problems(receipt.refused, "These requests were left out")


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[Callable[[str, float], None]]:
    """A progress bar on the terminal while something long runs; gives ``report(what, share done)``.

    While the share is not known (0), the bar moves to and fro and only the time is shown. Where no person looks on
    (a file, a pipe), nothing is printed.
    """
    if quiet or not errors.is_terminal:
        yield lambda _what, _share: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda now, share: progress.update(task, description=now, completed=share, total=1.0 if share else None)


def change_lines(changes: Sequence[ChangePreview]) -> list[tuple[str, str, int]]:
    """(table, kind, rows) of a preview's changes."""
    return [(change.table, change.kind, change.count) for change in changes]
