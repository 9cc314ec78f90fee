"""Each tutorial runs as it is written, from an empty folder, and does what its text says."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, blocks_of, run_page

DOCS = ROOT / "docs"
TUTORIALS = sorted([*(DOCS / "tutorials").glob("*.md"), *(DOCS / "how-to").glob("*.md")])
SAYS = {
    "evidence-for-an-auditor": (
        "No anchor proves operation 2",
        "2 operations, checked.",
        "Everything fits: 2 operations to 2",
        "1 It does not fit: abab",
        "2 insert 12.5000 Downtime",
    ),
    "first-credit": ("Welcome credit", "Operation 4"),
    "first-merge": ("Operation 6",),
    "first-notebook": ("credit_entries: 1", "decimal128(18, 4)", "there is no client 99999"),
    "own-rule": ("mark-vip",),
}


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_tutorial_runs_as_pasted(page, tmp_path):
    """Its blocks run in order, and print what the reader is told to expect."""
    printed = run_page(page, tmp_path)
    for text in SAYS[page.stem]:
        assert text in printed


def test_every_tutorial_has_blocks():
    """A page without a block would pass for nothing."""
    assert all(blocks_of(page) for page in TUTORIALS)
    assert {page.stem for page in TUTORIALS} == set(SAYS)


def test_links_between_pages_lead_somewhere():
    """Relative links of the pages in the repository name files that exist; the reference is written by make docs."""
    pages = [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and "/reference/" not in f"/{target}"
        if not (page.parent / target).exists()
    ]
    assert broken == []
