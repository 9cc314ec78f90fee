"""The statement of account on the client's screen."""

import base64


def test_a_client_shows_the_statement_and_hands_it_over(at):
    """The tab shows opening, movements and closing of the days chosen, and saves the same as a file."""
    hand = at("client/1")
    hand.click("Statement")
    hand.say(
        {
            "h": hand.name_of(hand.view.drawn.find(tag="form")[-2], "submit"),
            "v": {"values": {"first": "2026-11-01", "last": "2026-11-30"}},
        }
    )
    assert "Opening balance EUR -50.00" in hand.text
    assert "Closing balance EUR 41.90 EUR 11.90 EUR -20.00" in hand.text
    hand.click("Save as HTML")
    sent = [m for m in hand.sent if "download" in m]
    assert [m["download"] for m in sent] == ["statement-1-2026-11-01-2026-11-30.html"]
    assert "EUR -20.00" in base64.b64decode(sent[0]["base64"]).decode()


def test_days_that_are_none_are_said(at):
    """A day that is none, and a period the wrong way round, get a sentence."""
    hand = at("client/1")
    hand.click("Statement")
    form = hand.view.drawn.find(tag="form")[-2]
    hand.say({"h": hand.name_of(form, "submit"), "v": {"values": {"first": "soon", "last": "2026-11-30"}}})
    assert "Give both days as year-month-day" in hand.text
    hand.say({"h": hand.name_of(form, "submit"), "v": {"values": {"first": "2026-12-30", "last": "2026-11-30"}}})
    assert "The period begins on 2026-12-30, after its end" in hand.text
