"""Likely duplicates of a client who is being entered."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from clientops.core.errors import UsageError
from clientops.core.plan import as_dicts
from clientops.matching.lookup import likely_duplicates
from clientops.matching.lookup_candidates import first_letters
from clientops.matching.search import find_duplicates
from clientops.schema.tables import Tables
from tests.matching.builders import FIRM, ZOFIA, book, book_of
from tests.matching.made_up_clients import make_clients


def entered(tables: Tables, *clients: dict[str, Any]) -> list[tuple[int, int]]:
    names = sorted({name for client in clients for name in client})
    columns = {name: pa.array([client.get(name) for client in clients], pa.string()) for name in names}
    requests = tables.given(pa.table({"row": pa.array(range(1, len(clients) + 1), pa.int64()), **columns}))
    return [(row["row"], row["client_id"]) for row in as_dicts(likely_duplicates(tables, requests))]


CASES = [
    pytest.param(ZOFIA, id="the same"),
    pytest.param(
        {**ZOFIA, "email": "ZOFIA.szczepanska+x@googlemail.com", "phone": None, "address1": None}, id="e-mail"
    ),
    pytest.param({"first_name": "zofia", "last_name": "SZCZEPANSKA", "phone": "0048 601-234-567"}, id="phone"),
    pytest.param(
        {**ZOFIA, "email": None, "phone": None, "first_name": "Szczepanska", "last_name": "Zofia"}, id="swapped"
    ),
    pytest.param({**ZOFIA, "email": None, "phone": None, "last_name": "Szczepanka"}, id="surname misspelt"),
    pytest.param({**ZOFIA, "email": None, "phone": None, "first_name": "Z"}, id="initial"),
]


@pytest.mark.parametrize("client", CASES)
def test_found(client: dict[str, Any]) -> None:
    """Somebody who is in the book already is told while being entered, in whatever way the record differs."""
    assert entered(book(FIRM, ZOFIA), client) == [(1, 2)]


@pytest.mark.parametrize(
    "name", ["Petit et Fils", "AB Lind", "株式会社山崎出版", "(株)山崎出版", "Sandberg Bygg", "Müller & Sohn"]
)
def test_a_company_is_found_by_its_name(name: str) -> None:
    """Whatever its key leaves out or spells in one way: a legal form in front, the word for and."""
    assert entered(book(FIRM, {"company_name": name}), {"company_name": name}) == [(1, 2)]


def test_rows() -> None:
    """Several rows are looked up together; who is new has no row in the answer."""
    tables = book(FIRM, ZOFIA)
    assert entered(tables, ZOFIA, {"first_name": "New", "last_name": "Person"}, FIRM) == [(1, 2), (3, 1)]
    assert entered(tables, {**FIRM, "email": None}) == [(1, 1)]


def test_replaced_clients_are_not_told() -> None:
    """A client who was replaced by another is not proposed."""
    tables = book(ZOFIA, {**ZOFIA, "id": 5})
    tables._connection.execute("insert into merged_clients (id, replaced_id, survivor_id) values (1, 1, 5)")
    assert entered(tables, ZOFIA) == [(1, 5)]


def test_columns_and_order() -> None:
    """The answer has the row, the client, the score and its evidence; the likeliest comes first."""
    tables = book({**ZOFIA, "email": None}, ZOFIA)
    rows = as_dicts(
        likely_duplicates(tables, tables.given(pa.table({"row": [1], **{k: [v] for k, v in ZOFIA.items()}})))
    )
    assert [row["client_id"] for row in rows] == [2, 1]
    assert rows[0]["score"] > rows[1]["score"]
    assert {"person", "email", "phone_count"} <= rows[0].keys()


def test_too_many() -> None:
    """More rows than a person types are for the search of the whole book."""
    with pytest.raises(UsageError, match="21 clients are too many"):
        entered(book(ZOFIA), *[ZOFIA] * 21)


def test_finds_what_the_whole_search_finds() -> None:
    """Half of a book entered beside the other half: nearly all pairs are told that the search of the whole finds."""
    clients, _ = make_clients(400, 12, share=0.2)
    pairs = find_duplicates(book_of(clients), threshold=1).pairs.project("left_id, right_id").fetchall()
    records = {row.pop("id"): row for row in clients.to_pylist()}
    present = book_of(clients.filter(pa.array([number % 2 == 0 for number in records])))
    across = {(a, b) if a % 2 else (b, a) for a, b in pairs if (a + b) % 2}
    new = sorted({a for a, _ in across})
    told = set()
    for first in range(0, len(new), 10):
        some = new[first : first + 10]
        told |= {(some[row - 1], client) for row, client in entered(present, *[records[a] for a in some])}
    assert len(across) > 20
    assert len(told & across) / len(across) > 0.95


def test_first_letters() -> None:
    """Letters of other case, accents and scripts that a key's first letter can stand for."""
    assert set("oOÖöØøо") <= set(first_letters()["o"])
    assert set("szSZśŻ") & set(first_letters()["s"]) == set("sSś")
