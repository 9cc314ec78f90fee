"""Finding duplicates of a whole book."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.plan import as_dicts
from clientops.matching.groups import duplicate_groups
from clientops.matching.search import find_duplicates
from tests.long_forms import examples
from tests.matching.builders import FIRM, OTHER_PLACE, ZOFIA, book, book_of, found_groups, found_pairs
from tests.matching.made_up_clients import make_clients

MARIE = {**ZOFIA, "first_name": "Marie", "email": "marie@example.com"}
NAMESAKES = [{"first_name": name, "last_name": f"Other{n}"} for n, name in enumerate(["Marie", "Maria"] * 3)]
STAFF = {
    "company_name": FIRM["company_name"],
    **{k: FIRM[k] for k in ("address1", "city", "postcode", "country", "phone", "tax_id")},
}

SAME = [
    pytest.param(ZOFIA, ZOFIA, id="entered twice"),
    pytest.param(ZOFIA, {**ZOFIA, **OTHER_PLACE}, id="moved"),
    pytest.param(ZOFIA, {**ZOFIA, **OTHER_PLACE, "phone": "+48 22 111 22 33"}, id="moved and other phone"),
    pytest.param(ZOFIA, {**ZOFIA, "email": "zs@example.com", "phone": None}, id="other e-mail, no phone"),
    pytest.param(ZOFIA, {**ZOFIA, "first_name": "Szczepańska", "last_name": "Zofia"}, id="names swapped"),
    pytest.param(
        ZOFIA, {**ZOFIA, "first_name": "Szczepanska", "last_name": "Zofai", "phone": None}, id="swapped and misspelt"
    ),
    pytest.param(ZOFIA, {**ZOFIA, "first_name": None, "last_name": "Zofia Szczepańska"}, id="both names in one field"),
    pytest.param(ZOFIA, {**ZOFIA, "last_name": "Szczepanska", "city": "Krakow"}, id="without accents"),
    pytest.param(ZOFIA, {**ZOFIA, "first_name": "Dr. Zofia M."}, id="title and middle initial"),
    pytest.param(ZOFIA, {**ZOFIA, "first_name": "Z."}, id="initial only"),
    pytest.param(
        ZOFIA,
        {
            "first_name": "Zofai",
            "last_name": "Szczepańka",
            "email": "zofia.szczepansk@gmail.com",
            "address1": "ul. Dluga 12",
            "city": "Krakw",
            "postcode": "31-147",
            "country": "PL",
            "phone": "+48 601 234 568",
        },
        id="a slip in every field",
    ),
    pytest.param(ZOFIA, {**ZOFIA, "email": "Zofia.Szczepanska+shop@GMAIL.com", "address1": None}, id="tagged e-mail"),
    pytest.param(
        ZOFIA,
        {"first_name": "Zofia", "last_name": "Szczepańska", "phone": "0601234567", "country": "PL"},
        id="name and phone",
    ),
    pytest.param(ZOFIA, {**ZOFIA, "last_name": "Kowalska"}, id="married"),
    pytest.param(
        {**ZOFIA, "first_name": "Robert"}, {**ZOFIA, "first_name": "Bob", "phone": None, "email": None}, id="nickname"
    ),
    pytest.param(FIRM, {**FIRM, "company_name": "NORDLICHT SOLAR"}, id="company without legal form"),
    pytest.param(FIRM, {**FIRM, "email": "office@nordlicht.eu", "tax_id": "811 223 344"}, id="company, other e-mail"),
    pytest.param(FIRM, {**FIRM, "company_name": "Nordlich Solar GmbH", "email": None}, id="company misspelt"),
    pytest.param(
        {**ZOFIA, "first_name": "Алексей", "last_name": "Козлов"},
        {**ZOFIA, "first_name": "Aleksei", "last_name": "Kozlov", "phone": None},
        id="Cyrillic and Latin letters",
    ),
    pytest.param(
        {**ZOFIA, "first_name": "小明", "last_name": "王"},
        {**ZOFIA, "first_name": "小明", "last_name": "王", "email": None},
        id="Chinese letters",
    ),
    pytest.param(
        {**ZOFIA, "first_name": "小明", "last_name": "王"},
        {**ZOFIA, "first_name": "Xiaoming", "last_name": "Wang"},
        id="Chinese letters and their sounds, the rest the same",
    ),
]

DIFFERENT = [
    pytest.param(ZOFIA, {**ZOFIA, "first_name": "Tomasz", "email": "tomasz@example.com"}, id="married couple"),
    pytest.param(ZOFIA, {**ZOFIA, "first_name": "Tomasz"}, id="married couple with one e-mail"),
    pytest.param(MARIE, {**MARIE, "first_name": "Maria", "email": "maria@example.com"}, id="twins"),
    pytest.param(
        ZOFIA, {**ZOFIA, "last_name": "Szczepańska Jr.", "email": "junior@example.com"}, id="mother and daughter"
    ),
    pytest.param(
        {**ZOFIA, "last_name": "Szczepański II", "email": "two@example.com"},
        {**ZOFIA, "last_name": "Szczepański III", "email": "three@example.com"},
        id="the second and the third",
    ),
    pytest.param(
        {**STAFF, "first_name": "Anna", "last_name": "Berg", "email": "a.berg@nordlicht-solar.de"},
        {**STAFF, "first_name": "Jörg", "last_name": "Claasen", "email": "j.claasen@nordlicht-solar.de"},
        id="colleagues",
    ),
    pytest.param(
        {**STAFF, "first_name": "Anna", "last_name": "Berg", "email": FIRM["email"]},
        {**STAFF, "first_name": "Jörg", "last_name": "Claasen", "email": FIRM["email"]},
        id="colleagues with the company's e-mail",
    ),
    pytest.param(
        FIRM,
        {**FIRM, "company_name": "Kontor Reinigung AG", "email": "info@kontor.de", "tax_id": "DE998877665"},
        id="two companies in one building with one phone",
    ),
    pytest.param(
        {
            "first_name": "John",
            "last_name": "Smith",
            "email": "john.smith@gmail.com",
            "postcode": "10115",
            "country": "DE",
        },
        {
            "first_name": "John",
            "last_name": "Smith",
            "email": "jsmith77@yahoo.com",
            "postcode": "80331",
            "country": "DE",
        },
        id="namesakes",
    ),
    pytest.param(ZOFIA, {"first_name": "Zofia", "last_name": "Szczepańska"}, id="a name and nothing else"),
    pytest.param({"country": "PL"}, {"country": "PL"}, id="nothing at all"),
    pytest.param({"phone": "1"}, {"phone": "1", "email": "", "first_name": " "}, id="blanks"),
    pytest.param(
        {**OTHER_PLACE, "first_name": "小明", "last_name": "王", "phone": "+86 138 0013 8000", "country": "CN"},
        {**OTHER_PLACE, "first_name": "芳", "last_name": "李", "phone": "+86 138 0013 8000", "country": "CN"},
        id="two Chinese names with one phone",
    ),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_one_party(left: dict[str, Any], right: dict[str, Any]) -> None:
    """A client who was entered again, in the ways people do it, is found."""
    assert found_groups(book(left, right, *NAMESAKES)) == [[1, 2]]


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_two_parties(left: dict[str, Any], right: dict[str, Any]) -> None:
    """Clients who share what families, colleagues, namesakes and neighbours share stay apart."""
    assert found_groups(book(left, right, *NAMESAKES)) == []


def test_agency() -> None:
    """Customers that an agency entered with its own e-mail and phone are not one."""
    shared = {"email": "office@agency.example", "phone": "+49 30 123456", "country": "DE"}
    names = [
        ("Anna", "Berg"),
        ("Jörg", "Claasen"),
        ("Ute", "Dorn"),
        ("Lars", "Ebert"),
        ("Ina", "Frei"),
        ("Max", "Groß"),
    ]
    customers = [
        {**shared, "first_name": first, "last_name": last, "postcode": f"1011{n}"}
        for n, (first, last) in enumerate(names)
    ]
    assert found_groups(book(*customers)) == []


def test_shared_phone_makes_no_blow_up() -> None:
    """5,000 clients with one phone number are compared by what else they share, not each with each."""
    crowd = [{"first_name": f"Name{n}", "last_name": f"Family{n * 7}", "phone": "+4930999999"} for n in range(5_000)]
    columns = {name: [row.get(name) for row in [*crowd, ZOFIA, ZOFIA]] for name in ZOFIA}
    columns["phone"] = ["+4930999999"] * 5_002
    tables = book_of(pa.table({"id": range(1, 5_003), **{k: pa.array(v, pa.string()) for k, v in columns.items()}}))
    found = find_duplicates(tables, threshold=-1000)
    assert found.pairs.aggregate("count(*)").fetchone() == (1,)
    assert found_groups(tables) == [[5_001, 5_002]]


@pytest.mark.parametrize("count", [0, 1, 3, 300])
def test_tiny_books(count: int) -> None:
    """Without training, in an empty book as in one of 300 clients: what is entered twice is found, and no more."""
    clients, _ = make_clients(max(count, 2), 5, share=0)
    tables = book_of(clients.slice(0, count))
    again = {name: clients.column(name)[0].as_py() for name in clients.column_names if name != "id"} if count else {}
    expected: list[list[int]] = []
    if count > 1:
        tables._connection.execute("insert into clients select * replace (9999 as id) from clients where id = 1")
        expected = [[1, 9999]]
        assert any(again.values())
    assert found_groups(tables) == expected


@pytest.fixture(scope="module")
def made_up() -> tuple[pa.Table, pa.Table]:
    return make_clients(1_500, 11, share=0.2)


def test_accuracy(made_up: tuple[pa.Table, pa.Table]) -> None:
    """On a made-up book of a seed that nothing was fitted to, nearly all is found and nearly nothing else."""
    clients, truth = made_up
    party = dict(zip(*(truth.column(n).to_pylist() for n in ("client_id", "party_id")), strict=True))
    groups = found_groups(book_of(clients))
    found = {(a, b) for group in groups for a in group for b in group if a < b}
    members: dict[int, list[int]] = {}
    for client, owner in party.items():
        members.setdefault(owner, []).append(client)
    true = {(a, b) for group in members.values() for a in group for b in group if a < b}
    precision, recall = len(found & true) / len(found), len(found & true) / len(true)
    assert precision > 0.96
    assert recall > 0.95


def test_order_of_rows(made_up: tuple[pa.Table, pa.Table]) -> None:
    """The order in which clients stand in the table changes neither pairs nor groups."""
    clients = made_up[0]
    backwards = book_of(clients)
    backwards._connection.execute("create table turned as select * from clients order by hash(id)")
    backwards._connection.execute("delete from clients")
    backwards._connection.execute("insert into clients select * from turned")
    assert found_pairs(backwards) == pytest.approx(found_pairs(book_of(clients)))
    assert found_groups(backwards) == found_groups(book_of(clients))


def test_both_ways(made_up: tuple[pa.Table, pa.Table]) -> None:
    """A pair scores the same whichever of the two has the lower number."""
    clients = made_up[0]
    forwards = found_pairs(book_of(clients))
    turned = clients.set_column(0, "id", pa.array([10_000 - n for n in clients.column("id").to_pylist()], pa.int64()))
    backwards = found_pairs(book_of(turned))
    assert {(10_000 - right, 10_000 - left): score for (left, right), score in backwards.items()} == pytest.approx(
        forwards
    )


@settings(max_examples=examples(10), deadline=None)
@given(st.integers(0, 10_000))
def test_unrelated_client(made_up: tuple[pa.Table, pa.Table], seed: int) -> None:
    """A client who shares no key with anybody changes no score and no group: scores do not know the size of the book."""
    clients = made_up[0].slice(0, 300)
    letters = random.Random(seed)
    word = "".join(letters.choices("qxzvjw", k=12))
    stranger = {
        "first_name": f"{word}a",
        "last_name": f"{word}b",
        "email": f"{word}@{word}.example",
        "phone": f"+999{seed:09d}",
    }
    tables = book_of(clients)
    before = found_pairs(tables, threshold=-50), found_groups(tables)
    row = {"id": 77_777, "currency_id": 1, **stranger}
    marks = ", ".join("?" for _ in row)
    tables._connection.execute(f"insert into clients ({', '.join(row)}) values ({marks})", list(row.values()))
    assert (found_pairs(tables, threshold=-50), found_groups(tables)) == before


def test_new_clients_only(made_up: tuple[pa.Table, pa.Table]) -> None:
    """With only new clients, the pairs are those of the whole book that have one of them, with the same scores."""
    tables = book_of(made_up[0])
    whole = found_pairs(tables)
    tables._connection.execute("create table new_ones as select id from clients where id % 7 = 0")
    some = found_pairs(tables, only=tables.query("from new_ones"))
    assert some == {pair: score for pair, score in whole.items() if pair[0] % 7 == 0 or pair[1] % 7 == 0}
    assert 0 < len(some) < len(whole)


def decided(tables: Any, *rows: tuple[int, int, str]) -> Any:
    columns = list(zip(*rows, strict=True))
    return tables.given(pa.table(dict(zip(("left_id", "right_id", "decision"), map(list, columns), strict=True))))


def test_decided_different() -> None:
    """Two clients that a person decided to be different are neither proposed nor in one group, whichever is named first."""
    tables = book(ZOFIA, ZOFIA, ZOFIA)
    assert found_groups(tables) == [[1, 2, 3]]
    found = find_duplicates(tables, decisions=decided(tables, (2, 1, "different")))
    assert {(row["left_id"], row["right_id"]) for row in as_dicts(found.pairs)} == {(1, 3), (2, 3)}
    assert found_groups(tables, decisions=decided(tables, (2, 1, "different"))) == [[1, 3]]


def test_decided_same() -> None:
    """Two clients that a person decided to be the same are a group, whatever the evidence; 'undecided' is no decision."""
    tables = book(ZOFIA, FIRM)
    assert found_groups(tables, decisions=decided(tables, (2, 1, "same"))) == [[1, 2]]
    assert found_groups(tables, decisions=decided(tables, (2, 1, "undecided"))) == []


def test_decisions_after_merges() -> None:
    """A decision about a client who was merged since is one about the survivor, also of two merges."""
    tables = book(ZOFIA, ZOFIA, {**ZOFIA, "id": 7})
    tables._connection.execute("insert into merged_clients (id, replaced_id, survivor_id) values (1, 5, 6), (2, 6, 7)")
    assert found_groups(tables, decisions=decided(tables, (5, 1, "different"), (2, 5, "different"))) == [[1, 2]]


def test_replaced_clients_are_not_found() -> None:
    """A client who was replaced by another is not proposed again, where the row is kept."""
    tables = book(ZOFIA, ZOFIA)
    tables._connection.execute("insert into merged_clients (id, replaced_id, survivor_id) values (1, 1, 2)")
    assert found_groups(tables) == []


def test_groups_are_those_of_the_pairs(made_up: tuple[pa.Table, pa.Table]) -> None:
    """The groups are the groups of the pairs that are handed back with them."""
    tables = book_of(made_up[0])
    found = find_duplicates(tables, threshold=3)
    again = duplicate_groups(tables, found.pairs, 3)
    assert as_dicts(found.groups) == as_dicts(again)
