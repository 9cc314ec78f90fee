"""Text of WHMCS put right."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.importing.whmcs.charsets import clean_array, clean_text, decode_bytes
from tests.long_forms import examples


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        pytest.param("name", "M&uuml;ller &amp; S&#246;hne", "Müller & Söhne", id="HTML codes"),
        pytest.param("name", "O&#039;Brien &quot;Bob&quot;", "O'Brien \"Bob\"", id="as PHP writes quotes"),
        pytest.param("name", "AT&amp;amp;T", "AT&T", id="escaped twice"),
        pytest.param("text", "write &amp;amp; in HTML", "write &amp; in HTML", id="long text is resolved once"),
        pytest.param("html", "<p>a &amp; b &lt;c&gt;</p>", "<p>a &amp; b &lt;c&gt;</p>", id="HTML stays HTML"),
        pytest.param("name", "AT&T, R&D", "AT&T, R&D", id="a plain ampersand"),
        pytest.param("name", "ZoÃ« MÃ¼ller", "Zoë Müller", id="double-encoded"),
        pytest.param("text", "æ—¥æœ¬ â€“ ok", "日本 – ok", id="double-encoded Japanese and a dash"),
        pytest.param("name", "Zoë", "Zoë", id="right already"),
        pytest.param("name", "SÃO PAULO", "SÃO PAULO", id="Portuguese that looks double-encoded"),
        pytest.param("name", "Łódź 日本 😀 Зоя", "Łódź 日本 😀 Зоя", id="other scripts"),
        pytest.param("plain", "a &amp; b", "a &amp; b", id="plain values have no HTML"),
        pytest.param("mail", "Password: hunter2", "Password: [removed]", id="password"),
        pytest.param("mail", "<b>Passwort</b>: <i>hunter2</i>!", "<b>Passwort</b>: <i>[removed]</i>!", id="between tags"),
        pytest.param("mail", "<td>Password</td><td>hunter2</td>", "<td>Password</td><td>[removed]</td>", id="in a table"),
        pytest.param("mail", "Mot de passe = hunter2\nBye", "Mot de passe = [removed]\nBye", id="French"),
        pytest.param("mail", "Your password has changed.", "Your password has changed.", id="only the word"),
        pytest.param("text", "Password: hunter2", "Password: hunter2", id="only e-mails are searched for passwords"),
    ],
)  # fmt: skip
def test_clean_text(kind, before, after):
    """Each kind of text is put right, and right text is left alone."""
    assert clean_text(before, kind) == after
    cleaned, changed = clean_array(pa.array([None, before, "x"]), kind)
    assert (cleaned.to_pylist(), changed) == ([None, after, "x"], int(before != after))


@pytest.mark.parametrize(
    ("value", "charset", "text"),
    [
        pytest.param(b"Zo\xc3\xab", "utf-8", "Zoë", id="UTF-8"),
        pytest.param(b"Zo\xeb", "utf-8", "Zoë", id="latin1 where UTF-8 should be"),
        pytest.param(b"\xc3\xab and \xeb\x80", "utf-8", "ë and ë€", id="both in one value"),
        pytest.param(b"\xff\x81", "utf-8", "ÿ\x81", id="a byte that Windows-1252 has no letter for"),
        pytest.param(b"\xc7\xee\xff", "cp1251", "Зоя", id="a character set that the dump names"),
    ],
)
def test_decode_bytes(value, charset, text):
    """Bytes become text, whatever their encoding; nothing raises."""
    assert decode_bytes(value, charset) == text


@settings(max_examples=examples(200), deadline=None)
@given(st.text(alphabet="abcéöüßñłżçд日", max_size=30))
def test_what_was_double_encoded_comes_back(text):
    """Law: right text is not changed, and neither is text that was read as what it is."""
    assert clean_text(text, "text") == text
    assert decode_bytes(text.encode()) == text


def test_a_hostile_mail_does_not_take_for_ever():
    """The search for passwords ends soon, even in text made to slow it down."""
    began = time.process_time()
    clean_text("password" + "<b>" * 20_000 + ":" + " " * 20_000, "mail")
    clean_text("password " * 5_000, "mail")
    assert time.process_time() - began < 2
