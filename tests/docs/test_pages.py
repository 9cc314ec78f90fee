"""Each page runs as it is written, from an empty folder, and does what its text says."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, blocks_of, pages, run_page

# What a reader is told to expect, by page; other pages need only run.
SAYS = {
    "README": ("Welcome", "Operation 4: Undo an operation", "+ EUR 10.00"),
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
WITH_BLOCKS = [page for page in pages() if blocks_of(page)]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.stem)
def test_page_runs_as_pasted(page, tmp_path):
    """Its blocks run in order, and print what the reader is told to expect."""
    printed = run_page(page, tmp_path)
    for text in SAYS.get(page.stem, ()):
        assert text in printed


def test_pages_that_teach_have_blocks():
    """A tutorial or a how-to page without a block would pass for nothing."""
    teach = [page for page in pages() if page.parent.name in ("tutorials", "how-to") or page == ROOT / "README.md"]
    assert teach
    assert all(page in WITH_BLOCKS for page in teach)
    assert {page.stem for page in WITH_BLOCKS} >= SAYS.keys()


def test_links_between_pages_lead_somewhere():
    """Relative links name files that exist, and headings that are there; the reference is written by make docs."""
    broken = []
    for page in [*pages(), *ROOT.glob("*.md")]:
        for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
            if "://" in target or target.startswith("mailto:") or "/reference/" in f"/{target}":
                continue
            file = page.parent / target if target else page
            if not file.exists() or (anchor and anchor not in _anchors(file)):
                broken.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert broken == []


def _anchors(page):
    """The anchors that headings of a page get."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_a_block_of_an_unknown_language_is_found(tmp_path):
    """A block marked bash, or misspelt, would be left out without a word."""
    page = tmp_path / "page.md"
    page.write_text("```bash\nfalse\n```\n")
    with pytest.raises(AssertionError, match="bash"):
        blocks_of(page)


def test_only_a_block_with_a_reason_is_left_out(tmp_path):
    """The mark stands directly above its block and counts for that one alone."""
    page = tmp_path / "page.md"
    page.write_text("<!-- not run: needs a server -->\n```sh\nfalse\n```\n\n```sh\ntrue\n```\n")
    assert blocks_of(page) == [("sh", "true\n")]


def test_a_block_that_fails_fails_its_page(tmp_path):
    """In the middle of a page, too."""
    page = tmp_path / "page.md"
    page.write_text("```sh\nfalse\n```\n\n```python\nprint(1)\n```\n")
    with pytest.raises(AssertionError, match=re.escape("page.md")):
        run_page(page, tmp_path)
