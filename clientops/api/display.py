"""Tables and texts as notebooks show them: escaped HTML that follows the light or dark theme, and plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any

MOST_ROWS = 20
MOST_COLUMNS = 20
WIDEST = 40

STYLE = """
<style>
.clientops {font: 13px/1.45 system-ui, sans-serif; color: inherit; max-width: 100%; overflow-x: auto}
.clientops table {border-collapse: collapse; margin: .3em 0}
.clientops th, .clientops td {padding: .15em .6em; border-bottom: 1px solid rgba(128, 128, 128, .35); text-align: left}
.clientops td.number, .clientops th.number {text-align: right; font-variant-numeric: tabular-nums}
.clientops .faint {opacity: .7}
.clientops .problem {border-left: 3px solid #c62828; padding-left: .6em; margin: .2em 0}
.clientops .warning {border-left: 3px solid #b26a00; padding-left: .6em; margin: .2em 0}
.clientops .good {border-left: 3px solid #2e7d32; padding-left: .6em; margin: .2em 0}
</style>
"""


def text_of(value: Any) -> str:
    """A value as people read it in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{plain_decimal(value):,f}".replace("-", "−")
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def plain_decimal(value: Decimal) -> Decimal:
    """An amount with two decimal places, or as many more as it has digits for."""
    shortest = value.normalize()
    places = -int(shortest.as_tuple().exponent) if isinstance(shortest.as_tuple().exponent, int) else 0
    return value.quantize(Decimal(1).scaleb(-max(2, places))) if places <= 2 else shortest


def html(*parts: str) -> str:
    """A fragment of parts that are HTML already."""
    return f'{STYLE}<div class="clientops">{"".join(parts)}</div>'


def heading(text: str, faint: str = "") -> str:
    """A heading, with a less prominent remark."""
    more = f' <span class="faint">{escape(faint)}</span>' if faint else ""
    return f"<p><strong>{escape(text)}</strong>{more}</p>"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph; ``kind`` is ``problem``, ``warning``, ``good`` or ``faint``."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def html_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None) -> str:
    """A table of at most ``MOST_ROWS`` rows and ``MOST_COLUMNS`` columns; what is left out is said below it."""
    shown = [list(row) for _, row in zip(range(MOST_ROWS), rows, strict=False)]
    names = list(columns)[:MOST_COLUMNS]
    numeric = [
        any(isinstance(row[i], (int, float, Decimal)) and not isinstance(row[i], bool) for row in shown)
        for i in range(len(names))
    ]

    def cell(tag: str, text: str, *, is_number: bool) -> str:
        return f"<{tag}{' class=number' if is_number else ''}>{escape(text)}</{tag}>"

    head = "".join(cell("th", name, is_number=n) for name, n in zip(names, numeric, strict=True))
    body = "".join(
        "<tr>" + "".join(cell("td", text_of(v), is_number=n) for v, n in zip(row, numeric, strict=False)) + "</tr>"
        for row in shown
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{_left_out(columns, shown, total)}"


def _left_out(columns: Sequence[str], shown: Sequence[Any], total: int | None) -> str:
    notes = []
    if total is not None and total > len(shown):
        notes.append(f"first {len(shown):,} of {total:,} rows")
    if len(columns) > MOST_COLUMNS:
        notes.append(f"first {MOST_COLUMNS} of {len(columns)} columns")
    return paragraph("; ".join(notes), "faint") if notes else ""


def text_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None) -> str:
    """The same in plain text: columns beside each other, long values cut with an ellipsis."""
    shown = [[_cut(text_of(value)) for value in row] for _, row in zip(range(MOST_ROWS), rows, strict=False)]
    names = [_cut(name) for name in columns]
    widths = [max([len(name), *(len(row[i]) for row in shown)]) for i, name in enumerate(names)]
    lines = ["  ".join(name.ljust(width) for name, width in zip(names, widths, strict=True)).rstrip()]
    lines += ["  ".join(v.ljust(width) for v, width in zip(row, widths, strict=True)).rstrip() for row in shown]
    if total is not None and total > len(shown):
        lines.append(f"… first {len(shown):,} of {total:,} rows")
    return "\n".join(lines)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDEST else line[: WIDEST - 1] + "…"
