"""The socket of a page: events, coming back, and an end when the person may not go on."""

import json

import pytest
from starlette.websockets import WebSocketDisconnect

from tests.server.conftest import ORIGIN

SOCKET = "ws://127.0.0.1:8400/socket"


def receive(socket, wanted):
    """Messages up to the one that has a part."""
    seen = []
    for _ in range(200):
        seen.append(json.loads(socket.receive_text()))
        if wanted in seen[-1]:
            return seen[-1], seen
    raise AssertionError(seen)


def until(socket, check):
    for _ in range(200):
        message = json.loads(socket.receive_text())
        if check(message):
            return message
    raise AssertionError("never came")


def test_a_page_is_drawn_and_answers(client, sign_in):
    """The screen that the address names is drawn; a sign of life is answered at once."""
    sign_in()
    with client.websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket:
        socket.send_json({"hello": ""})
        assert not receive(socket, "page")[0]["resumed"]
        socket.send_json({"h": "route", "v": "operations"})
        drawn = until(socket, lambda m: m.get("state", {}).get("title", "").startswith("Operations"))
        assert drawn["state"]["route"] == "operations"
        socket.send_json({"ping": 7})
        assert until(socket, lambda m: "pong" in m)["pong"] == 7


def test_a_page_is_found_again_by_whoever_had_it(client, access, sign_in):
    """After a lost connection the page goes on where it was; for another session it does not exist."""
    sign_in()
    with client.websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket:
        socket.send_json({"hello": ""})
        number = receive(socket, "page")[0]["page"]
        socket.send_json({"h": "route", "v": "audit"})
        until(socket, lambda m: m.get("msg", {}).get("done"))
    with client.websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket:
        socket.send_json({"hello": number})
        found, _ = receive(socket, "page")
        assert (found["page"], found["resumed"]) == (number, True)
        assert until(socket, lambda m: "route" in m.get("state", {}))["state"]["route"] == "audit"
    client.cookies.clear()
    access.choose_password("bob", "another good phrase")
    sign_in("bob", "another good phrase")
    with client.websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket:
        socket.send_json({"hello": number})
        found, _ = receive(socket, "page")
        assert found["page"] != number
        assert not found["resumed"]


def test_an_ended_session_is_told_with_the_next_event(client, access, sign_in):
    """Nothing that was drawn before can be used any more once the person is disabled, not even a question of a grid."""
    sign_in()
    with client.websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket:
        socket.send_json({"hello": ""})
        receive(socket, "page")
        socket.send_json({"h": "route", "v": "client"})
        until(socket, lambda m: m.get("msg", {}).get("done"))
        access.disable("ann")
        socket.send_json({"h": "h1", "v": {}, "ask": 5})
        messages = [json.loads(socket.receive_text()) for _ in range(2)]
        assert {"ended": True} in messages
        assert not any((m.get("msg") or {}).get("v", {}).get("rows") for m in messages)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "https://evil.example"}, id="foreign page"),
        pytest.param({"origin": ORIGIN, "host": "evil.example"}, id="foreign host"),
    ],
)
def test_a_foreign_page_gets_no_socket(client, sign_in, headers):
    """A page of another site cannot speak for whoever is signed in."""
    sign_in()
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET, headers=headers) as socket:
        socket.receive_text()


def test_without_a_session_there_is_no_socket(client, access):
    """Nobody who is not signed in gets as far as a view."""
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket:
        socket.receive_text()


@pytest.mark.parametrize("text", ["[]", "x", "1", '"a"'])
def test_what_is_no_message_ends_the_socket(client, sign_in, text):
    """Whatever a client sends, the server ends the connection instead of failing."""
    sign_in()
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET, headers={"origin": ORIGIN}) as socket:
        socket.send_text(text)
        for _ in range(5):
            socket.receive_text()
    assert client.get("/healthz").status_code == 200


def test_health_and_figures(client, access, token):
    """Health says whether the book can be read; figures have no names in them."""
    assert client.get("/healthz").json()["status"] == "ok"
    figures = client.get("/metrics", headers=token("read")).text
    assert "clientops_requests_total" in figures
    assert "ann" not in figures
