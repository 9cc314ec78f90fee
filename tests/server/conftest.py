"""A server in this process, called without a network."""

from __future__ import annotations

import time

import pytest
from starlette.testclient import TestClient

from clientops.book.file.lease import close_books, hold_open
from clientops.server.access import Access
from clientops.server.app import workbench_app
from clientops.server.settings import Settings
from clientops.server.state import ServerState

ORIGIN = "http://127.0.0.1:8400"
PASSWORD = "four green horses"


@pytest.fixture
def state(book, tmp_path, monkeypatch):
    monkeypatch.setenv("CLIENTOPS_STATE", str(tmp_path / "state"))
    hold_open(30, for_writing=True)
    yield ServerState(Settings(book.path), Access(book.path))
    hold_open(0)
    close_books()


@pytest.fixture
def access(state):
    """Operators ann (with a password) and bob."""
    for name in ("ann", "bob"):
        state.access.invite(name, email=f"{name}@example.com", by="maria", now=time.time())
    state.access.choose_password("ann", PASSWORD)
    return state.access


@pytest.fixture
def client(state):
    with TestClient(workbench_app(state), base_url=ORIGIN, headers={"origin": ORIGIN}, follow_redirects=False) as found:
        yield found


@pytest.fixture
def sign_in(client, access):
    """Signs somebody in."""

    def go(login="ann", password=PASSWORD, code=""):
        return client.post("/sign-in", data={"login": login, "password": password, "code": code})

    return go


@pytest.fixture
def token(access):
    """Makes a token; gives the header."""

    def make(scope="apply", **more):
        secret = access.create_token("ann", scope=scope, by="maria", now=time.time(), **more)
        return {"authorization": f"Bearer {secret}"}

    return make
