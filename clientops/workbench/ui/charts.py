"""Charts as SVG pictures: drawn here, shown as images, so that nothing in them can run."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from xml.sax.saxutils import escape

from clientops.workbench.ui.nodes import Node, h

COLOURS = ("#3f86c4", "#3a9d74", "#c98a2b", "#b3545c")
TEXT, TEXT_IN_THE_DARK = "#55636f", "#b3bec8"
WIDTH, HEIGHT, BOTTOM, TOP = 440, 190, 24, 26


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
    lines = [
        h("li", h("span", label), h("span", f"{count:,} ({count / total:.0%})", class_="co-faint"),
          h("progress", value=f"{count / total:.4f}", max="1", aria_hidden="true"), key=label)
        for label, count in parts
    ]  # fmt: skip
    return h("ul", lines, class_="co-shares", aria_label=title)


def picture(svg: str, said: str) -> Node:
    """An SVG as an image, once for light and once for dark screens, with the text that says the same."""
    both = (("light", svg), ("dark", svg.replace(TEXT, TEXT_IN_THE_DARK)))
    return h(
        "div",
        [
            h("img", src=f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}", alt=said, class_=f"co-chart co-in-the-{where}", key=where)
            for where, drawn in both
        ],
    )  # fmt: skip


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="system-ui, Noto Sans, sans-serif" font-size="12" fill="{TEXT}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
