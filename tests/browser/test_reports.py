"""Reports in a browser and on paper: a wide table scrolls in its own box, and nothing is cut off."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clientops.reports.audit.section import Listed, Section
from clientops.reports.documents.printing import render_html

AMOUNT = (Decimal("-123456789.01"), "EUR")
WIDE = Listed("wide", "Wide", tuple((f"Column {n}", "money") for n in range(12)), ((AMOUNT,) * 12,), 1)
PAPER = 688  # A4 without its margins
BOX = "document.querySelector('.wide')"


@pytest.fixture
def report(new_page):
    """A report with a table of twelve amounts; takes the window's width."""
    html = Section("amounts", "Amounts", "All of them.", lists=(WIDE,)).html()

    def opened(width):
        page = new_page(viewport={"width": width, "height": 800})
        page.set_content(render_html("audit.html.j2", heading="Audit", made="", parts=[("amounts", "Amounts", html)]))
        return page

    return opened


@pytest.mark.parametrize("width", [1280, 1100, 700])
def test_a_wide_table_scrolls_in_its_own_box(report, width):
    """The page is as wide as the window; what does not fit is reached by scrolling the table."""
    page = report(width)
    last = f"{BOX}.scrollLeft = 9999; {BOX}.querySelector('td:last-child').getBoundingClientRect().right"
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(f"{BOX}.scrollWidth > {BOX}.clientWidth")
    assert page.evaluate(last) <= width


def test_on_paper_a_wide_table_fits(report):
    """Amounts go onto two lines rather than beyond the edge of the paper, and no box hides anything."""
    page = report(PAPER)
    page.emulate_media(media="print")
    right = page.evaluate("document.querySelector('table').getBoundingClientRect().right")
    assert right <= PAPER * 4 / 3, "browsers shrink so much to fit"
    assert page.evaluate(f"getComputedStyle({BOX}).overflowX") == "visible"
