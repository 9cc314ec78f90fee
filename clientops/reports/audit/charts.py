"""Charts as SVG; the same figures give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

INK, ACCENT, FAINT = "#1b1f24", "#1f5fa8", "#9aa4b1"


@lru_cache(maxsize=1)
def _pyplot() -> Any:
    import matplotlib as mpl

    mpl.use("agg", force=False)
    import matplotlib.pyplot as plt

    return plt


def bar_chart(
    title: str, labels: Sequence[str], values: Sequence[float], expected: Sequence[float] | None = None
) -> str:
    """Bars, and marks for what would be expected.

    Args:
        title: What it shows.
        labels: Name of each bar.
        values: Height of each bar.
        expected: Where each bar would be expected to end.
    """
    pyplot = _pyplot()
    settings = {
        "svg.hashsalt": "clientops",
        "svg.fonttype": "path",
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.edgecolor": FAINT,
    }
    with pyplot.rc_context(settings):
        figure, axes = pyplot.subplots(figsize=(7.2, 2.4), layout="constrained")
        axes.bar(range(len(values)), values, color=ACCENT, width=0.7)
        if expected is not None:
            axes.plot(
                range(len(expected)), expected, color=INK, marker="_", markersize=14, linestyle="none", label="expected"
            )
            axes.legend(frameon=False, loc="upper right")
        axes.set_xticks(range(len(labels)), labels)
        axes.set_title(title, loc="left", fontsize=10, color=INK)
        axes.spines[["top", "right"]].set_visible(False)
        axes.yaxis.get_major_locator().set_params(integer=True)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    return out.getvalue()
