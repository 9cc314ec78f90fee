"""The HTTP API: previewed, applied once, undone, refused in a form programs read."""

import csv
import io
import threading
import time

import pyarrow as pa
import pytest

from clientops.book.book import Book
from clientops.registry import rules

CREDIT = {"client_id": 1, "amount": "5.00", "description": "Outage"}
APPLY = "/api/rules/issue-credit/apply"
ASKED = {"requests": [CREDIT], "reason": "Outage on Monday"}


def balance(book):
    return book.query("select credit_balance from clients where id = 1")[1][0][0]


def test_a_rule_is_previewed_applied_and_undone(client, token, book):
    """A preview changes nothing; applying does what it showed, and says who did it and how they were known."""
    before, headers = balance(book), token()
    preview = client.post("/api/rules/issue-credit/preview", json={"requests": [CREDIT]}, headers=headers).json()
    assert preview["can_be_applied"]
    assert {(c["table"], c["kind"], c["count"]) for c in preview["changes"]} == {
        ("clients", "update", 1),
        ("credit_entries", "insert", 1),
    }
    assert balance(book) == before
    answer = client.post(APPLY, json=ASKED, headers=headers)
    assert answer.status_code == 201
    assert balance(book) == before + 5
    number = answer.json()["operation"]
    (line,) = client.get(f"/api/operations?after={number - 1}", headers=headers).json()["operations"]
    assert (line["operator"], line["reason"], line["signed_in"]) == ("ann", "Outage on Monday", "token 1")
    undone = client.post(f"/api/operations/{number}/undo", json={"reason": "Mistake"}, headers=headers)
    assert undone.status_code == 201
    assert balance(book) == before


def test_a_key_is_applied_once(client, token, book):
    """Sending again applies nothing again, whether the key is in the body or the header; for something else it is refused."""
    headers, before = token(), balance(book)
    first = client.post(APPLY, json={**ASKED, "key": "a"}, headers=headers)
    again = client.post(APPLY, json=ASKED, headers={**headers, "idempotency-key": "a"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["operation"] == first.json()["operation"]
    assert again.json()["is_repeated"]
    other = client.post(APPLY, json={**ASKED, "requests": [{**CREDIT, "amount": "6"}], "key": "a"}, headers=headers)
    assert other.status_code == 409
    assert balance(book) == before + 5


def test_many_at_once_lose_nothing(client, token, book):
    """Programs that write at the same time, some sending twice, are each counted once."""
    headers, before, statuses = token(), balance(book), []

    def send(number):
        asked = {**ASKED, "key": f"k{number}"}
        statuses.extend(client.post(APPLY, json=asked, headers=headers).status_code for _ in range(2))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 5 + [201] * 5
    assert balance(book) == before + 25
    assert Book(book.path).verify().is_clean


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param({**ASKED, "requests": [{**CREDIT, "client_id": 999}]}, 422, "999", id="unknown client"),
        pytest.param({**ASKED, "requests": [{**CREDIT, "amount": "abc"}]}, 422, "abc", id="no amount"),
        pytest.param({**ASKED, "requests": [{**CREDIT, "colour": "red"}]}, 422, "colour", id="unknown field"),
        pytest.param({"requests": [CREDIT]}, 422, "reason", id="no reason"),
        pytest.param({**ASKED, "requests": []}, 422, "requests", id="no requests"),
        pytest.param({**ASKED, "requests": "x"}, 422, "requests", id="not a list"),
        pytest.param({**ASKED, "color": 1}, 422, "color", id="unknown part"),
        pytest.param({**ASKED, "today": "tomorrow"}, 422, "tomorrow", id="no day"),
        pytest.param([1], 400, "object", id="not an object"),
        pytest.param({**ASKED, "reason": 5}, 422, "reason", id="reason is no text"),
    ],
)
def test_refusals_name_what_is_wrong(client, token, book, body, status, words):
    """Every refusal is a problem with a type, a title and a sentence that has the field and the value; nothing is changed."""
    head = book.head()
    answer = client.post(APPLY, json=body, headers=token())
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    found = answer.json()
    assert found["status"] == status
    assert found["title"]
    assert words in f"{found['detail']} {found.get('problems')}"
    assert book.head() == head


@pytest.mark.parametrize("text", ["", "{", "nul", '{"requests": NaN}', "[" * 100_000])
def test_what_is_not_json_is_said_so(client, token, text):
    """Broken, empty and hostile bodies are refused in the same form."""
    answer = client.post(APPLY, content=text, headers=token())
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 401, id="no token"),
        pytest.param({"authorization": "Bearer co_wrong"}, 401, id="wrong token"),
        pytest.param({"authorization": "Basic YTpi"}, 403, id="another kind"),
    ],
)
def test_nobody_without_a_token(client, access, headers, status):
    """No address of the API answers without a token."""
    headers = {"origin": "", **headers} if "Basic" in str(headers) else headers
    assert client.post(APPLY, json=ASKED, headers=headers).status_code == status
    for path in (
        "rules",
        "operations",
        "operations/1",
        "history/clients/1",
        "tables",
        "clients/search",
        "reconciliation",
        "duplicates",
        "proposals",
    ):
        assert client.get(f"/api/{path}", headers=headers).status_code == 401


def test_scopes_hold(client, access, token, book):
    """A token does what its scope, rules, amount and time allow, and nothing else."""
    head = book.head()
    assert client.post(APPLY, json=ASKED, headers=token("read")).status_code == 403
    assert client.post(APPLY, json=ASKED, headers=token(rules=("add-note",))).status_code == 403
    over = client.post(APPLY, json=ASKED, headers=token(amount="4.99"))
    assert over.status_code == 403
    assert "4.99" in over.json()["detail"]
    assert client.get("/api/operations", headers=token(expires_at=time.time() - 1)).status_code == 401
    revoked = token()
    access.revoke_token(access.tokens()[-1].id, now=time.time())
    assert client.get("/api/operations", headers=revoked).status_code == 401
    disabled = token()
    access.disable("ann")
    assert client.get("/api/operations", headers=disabled).status_code == 401
    access.disable("ann", disabled=False)
    assert book.head() == head
    assert client.post(APPLY, json=ASKED, headers=token(amount="5.00")).status_code == 201


def test_what_a_program_may_only_propose_waits_for_a_person(client, token, book):
    """A propose-only token changes nothing: its change waits, and a person approves it."""
    before = balance(book)
    answer = client.post(APPLY, json=ASKED, headers=token("propose"))
    assert answer.status_code == 202
    assert balance(book) == before
    number = answer.json()["proposal"]
    listed = client.get("/api/proposals", headers=token("read")).json()["proposals"]
    assert [(p["id"], p["rule"], p["proposed_by"]) for p in listed] == [(number, "issue-credit", "ann")]
    own = client.post(f"/api/proposals/{number}/approve", json={"reason": "fine"}, headers=token())
    assert own.status_code == 403
    assert balance(book) == before


def test_a_query_reads_the_book_and_nothing_else(client, token, book):
    """One SELECT, as JSON, CSV or Arrow; whatever reaches further is refused, and changes nothing."""
    headers, sql = token("read"), "select id, credit_balance from clients order by id"
    found = client.post("/api/query", json={"sql": sql}, headers=headers).json()
    assert found["columns"] == ["id", "credit_balance"]
    assert found["is_complete"]
    text = client.post("/api/query", json={"sql": sql}, headers={**headers, "accept": "text/csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["credit_balance"] for row in rows] == [row["credit_balance"] for row in found["rows"]]
    arrow = client.post("/api/query", json={"sql": sql, "format": "arrow"}, headers=headers).content
    assert pa.ipc.open_stream(arrow).read_all().num_rows == len(rows)
    short = client.post("/api/query", json={"sql": sql, "limit": 1}, headers=headers).json()
    assert (len(short["rows"]), short["is_complete"]) == (1, False)
    for bad in ("delete from clients", "select 1; select 2", "select * from read_text('/etc/passwd')", "copy clients to '/tmp/x'",
                "attach '/tmp/x.duckdb'", "select * from '/etc/passwd'", "set memory_limit='1GB'", "select password_hash from users"):  # fmt: skip
        answer = client.post("/api/query", json={"sql": bad}, headers=headers)
        assert answer.status_code in (403, 422), bad
        assert "password" not in str(answer.json().get("rows"))


def test_pages_follow_one_another(client, token, book):
    """The feed of operations is complete and in order, whatever the size of its pages."""
    headers = token()
    for number in range(4):
        client.post(APPLY, json={**ASKED, "key": f"p{number}"}, headers=headers)
    seen, address = [], "/api/operations?after=0&limit=2"
    while address:
        found = client.get(address, headers=headers).json()
        seen += [line["operation"] for line in found["operations"]]
        address = found["next"]
    assert seen == list(range(1, book.head()[0] + 1))


def test_reading_addresses_answer(client, token):
    """Search, history, tables, rules, differences and duplicates."""
    headers = token("read")
    assert client.get("/api/clients/search?q=1", headers=headers).json()["clients"]
    assert client.get("/api/history/clients/1", headers=headers).json()["changes"]
    assert "clients" in client.get("/api/tables", headers=headers).json()["tables"]
    assert len(client.get("/api/rules", headers=headers).json()["rules"]) == len(rules())
    assert "differences" in client.get("/api/reconciliation?limit=5", headers=headers).json()
    assert "counts" in client.get("/api/duplicates", headers=headers).json()
    for path in ("history/nonsense/1", "operations/99999", "rules/nonsense/preview"):
        answer = (
            client.post(f"/api/{path}", json={}, headers=headers)
            if "rules" in path
            else client.get(f"/api/{path}", headers=headers)
        )
        assert answer.status_code == 404
        assert "nonsense" in answer.json()["detail"] or "99999" in answer.json()["detail"]


def test_the_description_has_every_rule(client, access):
    """OpenAPI 3.1 lists preview and apply of each rule with the model of its requests; the page for people says the same."""
    found = client.get("/api/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    for name, rule in rules().items():
        assert f"/api/rules/{name}/preview" in found["paths"]
        model = found["components"]["schemas"][rule.request.__name__]
        assert set(model["properties"]) == set(rule.request.model_fields)
    page = client.get("/api/docs").text
    assert "/api/rules/issue-credit/apply" in page


def test_bodies_are_bounded(client, token):
    """What is too big is refused before it is read."""
    headers = {**token(), "content-length": str(40 * 2**20)}
    assert client.post(APPLY, content=b"x", headers=headers).status_code == 413
