"""Who has which case on the screen."""

from __future__ import annotations

from clientops.workbench.parts.review_locks import Claims


def test_a_case_is_claimed_once(tmp_path):
    """A case that one has cannot be taken by another, until it is left; one's own can be taken again."""
    one, two = Claims(tmp_path / "b", "maria"), Claims(tmp_path / "b", "jonas")
    assert one.take(5)
    assert one.take(5)
    assert not two.take(5)
    assert (one.others(), two.others()) == ({}, {5: "maria"})
    one.take(-6)
    assert two.take(5)
    one.release()
    assert two.others() == {}


def test_claims_are_forgotten(tmp_path):
    """A closed notebook holds its case for a while only."""
    one, two = Claims(tmp_path / "b", "maria", lasts=-1), Claims(tmp_path / "b", "jonas")
    assert one.take(5)
    assert two.take(5)


def test_a_damaged_file_is_an_empty_one(tmp_path):
    """Claims are no data: what cannot be read is forgotten."""
    (tmp_path / "b.reviews").write_text("{broken")
    assert Claims(tmp_path / "b", "maria").take(5)
