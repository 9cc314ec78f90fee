"""Signing in: who gets in, who does not, and when a session ends."""

import time

import bcrypt
import pyotp
import pytest

from clientops.schema.passwords import check_password, needs_upgrade
from clientops.server import signing
from clientops.server.passwords import MOST_TRIES, Slowdown, matches_totp
from tests.server.conftest import ORIGIN, PASSWORD


def test_a_password_lets_in(client, sign_in):
    """With name, or e-mail address, and password one gets a cookie that scripts and other sites do not."""
    for login in ("ann", "ANN@example.com"):
        answer = sign_in(login)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert all(part in answer.headers["set-cookie"] for part in ("HttpOnly", "SameSite=lax", "Path=/"))
        assert client.get("/").status_code == 200
        client.cookies.clear()


@pytest.mark.parametrize(
    ("login", "password"),
    [
        pytest.param("ann", "wrong password", id="wrong password"),
        pytest.param("nobody", PASSWORD, id="unknown"),
        pytest.param("bob", "", id="invited, no password"),
        pytest.param("", PASSWORD, id="empty"),
        pytest.param("ann' or 1=1 --", PASSWORD, id="SQL"),
    ],
)
def test_all_who_do_not_get_in_are_answered_alike(client, sign_in, login, password):
    """Neither the words nor the status of the answer tell whether a name is known."""
    answer = sign_in(login, password)
    assert answer.status_code == 401
    assert signing.WRONG in answer.text
    assert "set-cookie" not in answer.headers
    assert client.get("/").status_code == 303


def test_known_and_unknown_names_take_equally_long(sign_in, monkeypatch):
    """Each try costs one argon2 verification, whoever it is for, and answers come at fixed moments."""
    calls = []
    real = signing.check_password
    monkeypatch.setattr(
        signing, "check_password", lambda hashed, password: calls.append(hashed) or real(hashed, password)
    )
    for login in ("ann", "nobody", "bob"):
        sign_in(login, "wrong password")
    assert len(calls) == 3
    assert [hashed is None for hashed in calls] == [False, True, True]


def test_a_foreign_page_signs_nobody_in(client, access):
    """A form that another site sends is refused before anybody reads it, and so is one without an origin."""
    form = {"login": "ann", "password": PASSWORD}
    for origin in ("https://evil.example", "null", ""):
        answer = client.post("/sign-in", data=form, headers={"origin": origin})
        assert answer.status_code == 403
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421


def test_a_code_is_needed_once_and_used_up(client, access, sign_in):
    """With a second factor the password alone is not enough, and a code works once."""
    secret = pyotp.random_base32()
    access.set_totp("ann", secret)
    assert sign_in().status_code == 401
    code = pyotp.TOTP(secret).now()
    assert sign_in(code=code).status_code == 303
    client.cookies.clear()
    assert sign_in(code=code).status_code == 401


def test_codes_of_other_steps_are_wrong():
    """Only the present step and its neighbours count; what is no code is none."""
    secret, now = pyotp.random_base32(), 1_800_000_000
    totp = pyotp.TOTP(secret)
    assert [bool(matches_totp(secret, totp.at(now + step * 30), now)) for step in (-2, -1, 0, 1, 2)] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert not any(matches_totp(secret, code, now) for code in ("", "12345", "abcdef", "１２３４５６"))


def test_an_imported_hash_works_and_is_upgraded(state, access, sign_in):
    """A bcrypt hash as WHMCS keeps it lets in, and is replaced by argon2id."""
    access.upgrade_hash("ann", bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$"))
    assert sign_in().status_code == 303
    hashed = access.find("ann")[1]
    assert hashed.startswith("$argon2id$")
    assert check_password(hashed, PASSWORD)
    assert not needs_upgrade(hashed)


@pytest.mark.parametrize("hashed", [None, "", "md5", "$2y$10$short", "$argon2id$v=19$broken"])
def test_what_is_no_hash_fits_nothing(hashed):
    """Damaged and missing hashes are no password."""
    assert not check_password(hashed, PASSWORD)
    assert not check_password(hashed, "")


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda access: access.disable("ann"), id="disabled"),
        pytest.param(lambda access: access.choose_password("ann", "another good phrase"), id="new password"),
    ],
)
def test_a_session_ends_at_once(client, access, sign_in, end):
    """Whoever is disabled, or has a new password, is out with the next request, wherever they were signed in."""
    sign_in()
    assert client.get("/session").status_code == 204
    end(access)
    assert client.get("/session").status_code == 401


def test_sessions_end_by_themselves(access):
    """Without activity, and after a day's work in any case."""
    number = access.begin_session("ann", proof="password", source="x", agent="y", now=1000.0)
    limits = {"idle": 100.0, "absolute": 250.0}
    assert access.session(number, now=1090.0, **limits)
    assert access.session(number, now=1180.0, **limits)
    assert access.session(number, now=1240.0, **limits)
    assert access.session(number, now=1251.0, **limits) is None
    other = access.begin_session("ann", proof="password", source="x", agent="y", now=2000.0)
    assert access.session(other, now=2101.0, **limits) is None


def test_sessions_are_listed_and_ended(client, access, sign_in):
    """A person sees where they are signed in and ends a session there, from a form of their own session only."""
    sign_in()
    page = client.get("/sessions").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    (session,) = access.sessions("ann", now=time.time(), idle=3600, absolute=3600)
    assert client.post("/sessions/end", data={"csrf": "forged", "id": session.id}).headers["location"] == "/sign-in"
    assert client.get("/session").status_code == 204
    client.post("/sessions/end", data={"csrf": csrf, "id": session.id})
    assert client.get("/session").status_code == 401


def test_a_forged_cookie_is_nothing(client, state, sign_in):
    """A cookie that was not signed here, or is changed, is no session."""
    sign_in()
    value = client.cookies[state.cookie]
    for forged in ("x", value[:-2] + "AA", value.replace(".", "!")):
        client.cookies.clear()
        assert client.get("/session", headers={"cookie": f"{state.cookie}={forged}"}).status_code == 401


def test_an_invitation_is_used_once(client, access):
    """The link lets a password be chosen, once; a bad password says why and keeps the link."""
    secret = access.invite("carl", email="", by="maria", now=time.time())
    form = {"secret": secret, "password": "short", "again": "short"}
    assert client.post("/invitation", data=form).status_code == 422
    form = {"secret": secret, "password": "carl is my name", "again": "carl is my name"}
    assert "leave your name out" in client.post("/invitation", data=form).text
    form = {"secret": secret, "password": PASSWORD, "again": PASSWORD}
    assert client.post("/invitation", data=form).headers["location"] == "/"
    assert client.get("/session").status_code == 204
    assert client.post("/invitation", data=form).status_code == 400


def test_wrong_tries_become_slow_and_lock_nobody_out():
    """Each wrong try at an account makes the next slower, up to a few seconds; only a source is ever refused."""
    slow = Slowdown()
    for _ in range(MOST_TRIES):
        slow.was_wrong("1.2.3.4", "ann")
    assert slow.refusal("1.2.3.4") > 0
    assert slow.refusal("5.6.7.8") == 0
    assert 0 < slow.delay("5.6.7.8", "ANN") <= 8
    assert slow.delay("5.6.7.8", "bob") == 0
    slow.was_right("ann")
    assert slow.delay("5.6.7.8", "ann") == 0


def test_memory_of_tries_is_bounded():
    """A flood of made-up names takes no more memory than so many."""
    slow = Slowdown(remembered=100)
    for number in range(1000):
        slow.was_wrong(f"{number}", f"name {number}")
    assert len(slow._tries) <= 100


def test_pages_say_what_browsers_must_not_do(client):
    """Every answer forbids scripts in the page, framing, guessing of types, and anything from elsewhere."""
    for path in ("/sign-in", "/healthz", "/nothing", "/api/nothing", "/invitation"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
    for path in ("/sign-in", "/invitation"):
        text = client.get(path).text
        assert "<script>" not in text
        assert " style=" not in text
        assert "http://" not in text.replace(ORIGIN, "")
