"""Charts as SVG pictures: drawn here, shown as images, so that nothing in them can run."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from xml.sax.saxutils import escape

from clientops.forms.element import Node, h

COLOURS = ("#3f86c4", "#3a9d74", "#c98a2b", "#b3545c")
TEXT = "#7c8894"
WIDTH, HEIGHT, BOTTOM, TOP = 560, 200, 24, 26


def bars(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]]) -> Node:
    """Bars side by side, one group a label; the picture's text says the same figures."""
    most = max((value for _, values in series for value in values), default=0) or 1
    room = (WIDTH - 8) / max(1, len(labels))
    wide = min(26.0, room * 0.74 / max(1, len(series)))
    drawn = []
    for place, label in enumerate(labels):
        left = 4 + place * room + (room - wide * len(series)) / 2
        for number, (_, values) in enumerate(series):
            tall = max(0.0, values[place]) / most * (HEIGHT - BOTTOM - TOP)
            drawn.append(
                f'<rect x="{left + number * wide:.1f}" y="{HEIGHT - BOTTOM - tall:.1f}" width="{wide - 2:.1f}" height="{tall:.1f}" '
                f'rx="2" fill="{COLOURS[number]}"/>'
            )
        drawn.append(_text(4 + place * room + room / 2, HEIGHT - 8, label, "middle"))
    for number, (name, _) in enumerate(series):
        drawn.append(f'<rect x="{4 + number * 130}" y="4" width="10" height="10" rx="2" fill="{COLOURS[number]}"/>')
        drawn.append(_text(19 + number * 130, 13, name))
    drawn.append(_text(WIDTH - 4, 13, f"highest {most:,.0f}", "end"))
    drawn.append(f'<path d="M4 {HEIGHT - BOTTOM + 0.5}H{WIDTH - 4}" stroke="{TEXT}" stroke-opacity=".5"/>')
    said = "; ".join(
        f"{label}: " + ", ".join(f"{name} {values[place]:,.0f}" for name, values in series)
        for place, label in enumerate(labels)
    )
    return picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(drawn)}</svg>',
        f"{title}. {said}",
    )


def shares(title: str, parts: Sequence[tuple[str, int]]) -> Node:
    """Shares of a whole as bars that lie, longest first."""
    total = sum(count for _, count in parts) or 1
    drawn = []
    for place, (label, count) in enumerate(parts):
        top = 8 + place * 40
        drawn.append(_text(4, top + 11, f"{label}"))
        drawn.append(_text(WIDTH - 4, top + 11, f"{count:,} ({count / total:.0%})", "end"))
        drawn.append(
            f'<rect x="4" y="{top + 17}" width="{WIDTH - 8}" height="10" rx="5" fill="{TEXT}" fill-opacity=".2"/>'
        )
        drawn.append(
            f'<rect x="4" y="{top + 17}" width="{max(4.0, (WIDTH - 8) * count / total):.1f}" height="10" rx="5" fill="{COLOURS[place % 4]}"/>'
        )
    said = ", ".join(f"{label} {count:,}" for label, count in parts)
    return picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {max(40, 8 + 40 * len(parts))}">{"".join(drawn)}</svg>',
        f"{title}: {said}",
    )


def picture(svg: str, said: str) -> Node:
    """An SVG as an image, with the text that says the same."""
    data = base64.b64encode(svg.encode()).decode()
    return h("img", src=f"data:image/svg+xml;base64,{data}", alt=said, class_="co-chart")


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="system-ui, Noto Sans, sans-serif" font-size="12" fill="{TEXT}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
