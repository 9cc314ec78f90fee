"""Scores of pairs, and the model they come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from clientops.core.plan import as_dicts
from clientops.matching.candidates import candidate_pairs
from clientops.matching.model import Model, read_model, shipped
from clientops.matching.normalise import normalise
from clientops.matching.scoring import score_pairs
from tests.matching.builders import FIRM, OTHER_PLACE, ZOFIA, book, book_of, found_pairs
from tests.matching.made_up_clients import make_clients


def score(*clients: dict[str, Any], model: Model | None = None) -> dict[str, Any]:
    """The scored pair of the first two clients, all clients counted."""
    tables = book(*clients)
    keys = tables.steps().add("keys_here", normalise(tables).sql_query())
    pairs = tables.query("select 1::bigint as left_id, 2::bigint as right_id")
    [pair] = as_dicts(score_pairs(tables, keys, pairs, model=model, at_least=-1000))
    return pair


EVIDENCE = [
    pytest.param({}, {"person": "same", "email": "same", "phone": "same", "address": "same"}, id="all the same"),
    pytest.param({"first_name": "Zofja"}, {"person": "misspelt"}, id="one letter"),
    pytest.param({"first_name": "Zofiya"}, {"person": "misspelt"}, id="one letter more"),
    pytest.param({"first_name": "Tomasz"}, {"person": "relative", "someone_else": "shares e-mail"}, id="relative"),
    pytest.param({"last_name": "Nowak"}, {"person": "married"}, id="other surname"),
    pytest.param({"last_name": "Nowak", "company_name": "X"}, {"person": "renamed"}, id="other surname at work"),
    pytest.param({"last_name": "Szczepańska-Nowak"}, {"person": "part"}, id="double surname"),
    pytest.param({"first_name": None}, {"person": "surname only"}, id="no given name"),
    pytest.param({"first_name": None, "last_name": None}, {"person": "unknown", "firm": "person"}, id="no name"),
    pytest.param({"first_name": "Jan", "last_name": "Nowak"}, {"person": "different"}, id="other name"),
    pytest.param({"first_name": "Szczepańska", "last_name": "Zofia"}, {"person": "swapped"}, id="swapped"),
    pytest.param({"first_name": "Szczepańska", "last_name": "Z."}, {"person": "initial"}, id="swapped initial"),
    pytest.param({"first_name": "芳", "last_name": "王"}, {"person": "other script"}, id="other script"),
    pytest.param({"first_name": "Zosia"}, {"person": "nickname"}, id="Polish short form"),
    pytest.param({"email": "office@szczepanska.example"}, {"email": "own domain"}, id="domain of the surname"),
    pytest.param({"address1": "North Długa 12"}, {"address": "misspelt"}, id="direction added"),
    pytest.param({"last_name": "Szczepańska sr"}, {"generation": "different"}, id="senior"),
    pytest.param({"email": "zofia.szczepanska@example.com"}, {"email": "different"}, id="mailbox with dots at gmail"),
    pytest.param({"email": "zofiaszczepanska@example.com"}, {"email": "mailbox"}, id="other provider"),
    pytest.param({"email": "zofia.szczepanka@gmail.com"}, {"email": "misspelt"}, id="e-mail misspelt"),
    pytest.param({"email": "zofia.szczepanska2@gmail.com"}, {"email": "near"}, id="e-mail with a number"),
    pytest.param({"email": "zofia_szczepanska@gmail.com"}, {"email": "near"}, id="e-mail with another dash"),
    pytest.param({"email": None}, {"email": "unknown"}, id="no e-mail"),
    pytest.param({"phone": "601 234 567"}, {"phone": "same"}, id="national phone"),
    pytest.param({"phone": "+48 601 234 568"}, {"phone": "misspelt"}, id="one digit"),
    pytest.param({"address1": "Dluuga 12"}, {"address": "misspelt"}, id="street misspelt"),
    pytest.param({"city": "Krakw", "postcode": "31-174"}, {"address": "misspelt"}, id="city and postcode misspelt"),
    pytest.param(
        {"address1": "Dluuga 12", "city": "Krakw", "postcode": "9"},
        {"address": "misspelt"},
        id="misspelt but for the house",
    ),
    pytest.param({"city": "Poznań", "postcode": "60-101"}, {"address": "different"}, id="that street of another town"),
    pytest.param({"city": None, "postcode": None}, {"address": "misspelt"}, id="street of no town"),
    pytest.param({"address1": "Długa 14"}, {"address": "street"}, id="neighbour"),
    pytest.param(
        {"address1": "Długa 14", "city": "Krakw", "postcode": "9"}, {"address": "street"}, id="neighbour, city misspelt"
    ),
    pytest.param(
        {"address1": "Rynek 3", "city": "Krakw", "postcode": "31-174"}, {"address": "city"}, id="moved, city misspelt"
    ),
    pytest.param({"address1": None}, {"address": "postcode"}, id="no street"),
    pytest.param({"address1": None, "postcode": None}, {"address": "city"}, id="city only"),
    pytest.param(OTHER_PLACE, {"address": "different"}, id="moved"),
    pytest.param({"address1": None, "city": None, "postcode": None}, {"address": "unknown"}, id="no address"),
]


@pytest.mark.parametrize(("change", "expected"), EVIDENCE)
def test_evidence(change: dict[str, Any], expected: dict[str, str]) -> None:
    """Each way in which two records of a person differ has its own level of evidence."""
    pair = score(ZOFIA, {**ZOFIA, **change})
    assert {name: pair[name] for name in expected} == expected


FIRMS = [
    pytest.param(
        {}, {"firm": "same", "tax_id": "same", "organisation": "unknown", "person": "firm"}, id="all the same"
    ),
    pytest.param({"company_name": "Nordlicht"}, {"firm": "part"}, id="part"),
    pytest.param({"company_name": "Solar Nordlicht GmbH"}, {"firm": "other order"}, id="other order of words"),
    pytest.param({"company_name": "Nordlicht Kiel Solar AG"}, {"firm": "part"}, id="a word between"),
    pytest.param({"company_name": "NS GmbH"}, {"firm": "acronym"}, id="first letters"),
    pytest.param({"company_name": "Nordlicht Immobilien GmbH"}, {"firm": "one word"}, id="sister company"),
    pytest.param(
        {"company_name": "Nordlicht Solar GmbH", **OTHER_PLACE, "tax_id": None},
        {"someone_else": "another site"},
        id="branch",
    ),
    pytest.param({"company_name": "Nordlciht Solar"}, {"firm": "misspelt"}, id="misspelt"),
    pytest.param({"company_name": "Kontor AG"}, {"firm": "different"}, id="other company"),
    pytest.param({"company_name": None}, {"firm": "unknown"}, id="no name"),
    pytest.param({"tax_id": "DE111111111"}, {"tax_id": "different"}, id="other tax number"),
    pytest.param({"last_name": "Berg"}, {"firm": "person", "organisation": "same"}, id="with a person"),
    pytest.param(
        {"last_name": "Berg", "company_name": "X", "tax_id": None}, {"organisation": "different"}, id="other employer"
    ),
    pytest.param(
        {"last_name": "Berg", "company_name": "Nordlciht Solar", "tax_id": None},
        {"organisation": "misspelt"},
        id="employer misspelt",
    ),
    pytest.param(
        {"last_name": "Berg", "company_name": "Nordlicht Sonaten", "tax_id": None},
        {"organisation": "near"},
        id="employer with other words",
    ),
    pytest.param(
        {"last_name": "Berg", "company_name": "Nordlciht Solar", "tax_id": "DE111111111"},
        {"organisation": "different"},
        id="two employers, by their numbers",
    ),
]


@pytest.mark.parametrize(("change", "expected"), FIRMS)
def test_evidence_of_firms(change: dict[str, Any], expected: dict[str, str]) -> None:
    """Companies without a person are compared by their own name; their tax number is their own."""
    pair = score(FIRM, {**FIRM, **change})
    assert {name: pair[name] for name in expected} == expected


def test_common_names_say_less() -> None:
    """Two Smiths among forty say less than two Szczepańskas among two; likewise an e-mail that forty have."""
    smiths = [{"first_name": "John", "last_name": "Smith"}] * 40
    rare = score(*[{"first_name": "Zofia", "last_name": "Szczepańska"}] * 2, *smiths)
    common = score(*smiths)
    assert (rare["name_count"], common["name_count"]) == (2, 40)
    assert rare["score"] > common["score"] + 3
    shared = [{"first_name": f"A{n}", "last_name": f"B{n}", "email": ZOFIA["email"]} for n in range(38)]
    assert score(ZOFIA, ZOFIA)["score"] > score(ZOFIA, ZOFIA, *shared)["score"] + 3


def test_a_name_that_others_have_is_no_slip() -> None:
    """Janis is a slip for Jan in a book without Janiss, and another name in a book with some."""
    jan, janis = {"first_name": "Jan", "last_name": "Novak"}, {"first_name": "Janis", "last_name": "Novak"}
    others = [{"first_name": name, "last_name": f"Dvorak{n}"} for n, name in enumerate(["Jan", "Janis"] * 2)]
    assert score(jan, janis)["person"] == "misspelt"
    assert score(jan, janis, *others)["person"] == "near"


def test_a_slip_that_was_copied() -> None:
    """Zofja is a slip for Zofia however often she was entered so; not where a woman of another name is a Zofja, too."""
    zofja, other = {**ZOFIA, "first_name": "Zofja"}, {"first_name": "Zofia", "last_name": "Berg"}
    assert score(ZOFIA, zofja, zofja, other)["person"] == "misspelt"
    assert score(ZOFIA, zofja, {"first_name": "Zofja", "last_name": "Nowak"}, other)["person"] == "near"


def test_surnames_that_are_alike() -> None:
    """One given name with two surnames that are alike says as much as with two that are not, at home; little at work."""
    others = [{"first_name": f"A{n}", "last_name": name} for n, name in enumerate(["Gonzalez", "Gonzales"] * 2)]
    one, other = {**ZOFIA, "last_name": "Gonzalez"}, {**ZOFIA, "last_name": "Gonzales", "email": None, "phone": None}
    alike = score(one, other, *others)
    assert alike["person"] == "near surname"
    assert alike["score"] > shipped().threshold
    assert score(one, {**other, "company_name": "Nordlicht"}, *others)["person"] == "near"


def test_swapped_names_say_no_more_than_the_same() -> None:
    """Ada Byron and Byron Ada who have nothing else in common are likely two, as two who are called Ada Byron are."""
    ada, swapped = {"first_name": "Ada", "last_name": "Byron"}, {"first_name": "Byron", "last_name": "Ada"}
    assert score({**ZOFIA, **ada}, swapped)["score"] <= score({**ZOFIA, **ada}, ada)["score"] < shipped().threshold


def test_a_company_name_that_others_have_is_no_slip() -> None:
    """Employers of nearly one name are two where each name is that of several clients."""
    work = {**ZOFIA, "company_name": "Giraud Conseil"}, {**ZOFIA, "company_name": "Girard Conseil"}
    others = [{"last_name": f"B{n}", "company_name": name["company_name"]} for n, name in enumerate(work * 2)]
    assert score(*work)["organisation"] == "misspelt"
    assert score(*work, *others)["organisation"] == "near"


def test_namesakes_numbered_by_a_provider_are_two() -> None:
    """Two of one common name in one city, whose addresses at one provider differ by a number, are not proposed."""
    one, other = (
        {"first_name": "Laurence", "last_name": "Laurent", "city": "Paris", "phone": phone, "email": email}
        for phone, email in (
            ("+33612555983", "laurence.laurent2@postbox.example"),
            ("+33610771219", "laurence.laurent3@postbox.example"),
        )
    )
    assert score(one, other)["score"] < shipped().threshold
    assert score(one, {**other, "email": "laurence.lauremt2@postbox.example"})["score"] > shipped().threshold


def test_agreeing_together_is_counted_once() -> None:
    """Phone and address of a household weigh less together than apart."""
    bits = shipped().bits
    assert bits["together"]["phone and address"] < -2
    assert bits["together"]["phone, organisation and address"] < -5


def test_at_least() -> None:
    """Only pairs from the model's limit for review on are handed back, unless asked for."""
    tables = book(ZOFIA, {**OTHER_PLACE, "first_name": "Zofia", "last_name": "Szczepańska", "email": "x@example.com"})
    keys = tables.steps().add("keys_here", normalise(tables).sql_query())
    pairs = candidate_pairs(tables, keys)
    assert score_pairs(tables, keys, pairs).aggregate("count(*)").fetchone() == (0,)
    assert score_pairs(tables, keys, pairs, at_least=-1000).aggregate("count(*)").fetchone() == (1,)


def test_model_file(tmp_path: Path) -> None:
    """A model comes back from its file as it was written, and changes the scores."""
    model = replace(shipped(), prior=shipped().prior + 2)
    (tmp_path / "model.json").write_text(model.as_json(), encoding="utf-8")
    read = read_model(tmp_path / "model.json")
    assert read == model
    assert score(ZOFIA, ZOFIA, model=read)["score"] == pytest.approx(score(ZOFIA, ZOFIA)["score"] + 2)


@pytest.mark.parametrize(("one", "other"), [("Zoe", "Zeo"), ("Ho", "Hxo"), ("AvA", "Aa")])
def test_a_pair_scores_the_same_both_ways(one, other):
    """Which of two clients has the lower number changes nothing, not even for names of two letters."""
    left, right = {**ZOFIA, "first_name": one}, {**ZOFIA, "first_name": other}
    assert list(found_pairs(book(left, right)).values()) == list(found_pairs(book(right, left)).values())


@pytest.mark.parametrize("domain", ["gmial.com", "gmail.con"])
def test_mistyped_providers(domain):
    """A provider that was mistyped is the provider that was meant."""
    mail = {**ZOFIA, "email": f"zofia.szczepanska@{domain}"}
    assert found_pairs(book(ZOFIA, mail)) == found_pairs(book(ZOFIA, ZOFIA))


def test_no_field_says_more_misspelt_than_the_same() -> None:
    """What differs by a letter is never better evidence than what is the same, however many share it."""
    for name, levels in shipped().bits.items():
        if "same" in levels:
            assert max(bits for level, bits in levels.items() if level != "person") <= levels["same"], name
    crowd = [{**ZOFIA, "email": f"a{n}@example.com", "phone": f"+48 601 {n:06d}"} for n in range(20)]
    for change in ({"first_name": "Zofja"}, {"address1": "Dluuga 12"}):
        assert score(ZOFIA, {**ZOFIA, **change}, *crowd)["score"] <= score(ZOFIA, ZOFIA, *crowd)["score"]


def test_pairs_of_many_kinds_score_the_same_both_ways() -> None:
    """Numbers given the other way round change no score: made-up books with all their slips, names and companies."""
    clients, _ = make_clients(400, 5)
    turned = clients.set_column(0, "id", pc.subtract(1_000_000, clients.column("id")))
    scores = found_pairs(book_of(clients), threshold=-1000)
    back = {(1_000_000 - r, 1_000_000 - le): s for (le, r), s in found_pairs(book_of(turned), threshold=-1000).items()}
    assert len(scores) > 100
    assert back == pytest.approx(scores)


def test_a_given_name_that_is_missing_is_no_proof_at_home() -> None:
    """Who has no given name may be anyone of the household."""
    other = {**ZOFIA, "first_name": None, "email": "rodzina@example.com"}
    assert score(ZOFIA, other)["someone_else"] == "a household"
    assert score(ZOFIA, other)["score"] < 0


@pytest.mark.parametrize(("he", "she"), [("Paul", "Paula"), ("Mario", "Maria"), ("Simon", "Simone"), ("Jan", "Jana")])
def test_names_of_couples_are_no_slips(he, she):
    """Names that differ in how men's and women's do are those of two people, in small books too."""
    assert score({**ZOFIA, "first_name": he}, {**ZOFIA, "first_name": she})["person"] == "near"
    assert score({**ZOFIA, "first_name": he}, {**ZOFIA, "first_name": she, "email": "b@example.com"})["score"] < 0


def test_directions_are_written_short_or_long() -> None:
    """North is N., and another direction is another street."""
    kimball = {**FIRM, "address1": "5121 N. Kimball Ave"}
    assert score(kimball, {**kimball, "address1": "5121 North Kimball Avenue"})["address"] == "same"
    assert score(kimball, {**kimball, "address1": "5121 S Kimball Ave"})["address"] != "same"


def test_one_given_name_in_a_block_of_flats() -> None:
    """Two people with one given name who share an address with many others did not marry."""
    bride = {**ZOFIA, "last_name": "Nowak", "email": None, "phone": None}
    flats = [{**ZOFIA, "first_name": f"A{n}x", "last_name": f"B{n}y"} for n in range(9)]
    assert score(ZOFIA, bride)["person"] == "married"
    assert score(ZOFIA, bride, *flats)["person"] == "different"
