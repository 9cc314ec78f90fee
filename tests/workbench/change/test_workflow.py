"""Form, preview, receipt."""

from decimal import Decimal

import pytest

from clientops.workbench import frame as shell
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from clientops.workbench.ui.widget import View
from tests.books import fingerprint
from tests.workbench.screens import Hand

GOOD = {"client_id": "1", "amount": "25", "description": "Outage"}


def balance(book, number=1):
    return book.query("select credit_balance from clients where id = $n", n=number)[1][0][0]


def test_issue_credit_from_form_to_undo(at, book):
    """A preview changes nothing, confirming applies it, the receipt names the operation, undo takes it back."""
    hand = at("credits")
    before = fingerprint(book.path)
    hand.submit(**GOOD)
    assert "Preview: Issue credit" in hand.text
    assert "EUR 50.00 → EUR 75.00" in hand.text
    assert "+ EUR 25.00" in hand.text
    assert fingerprint(book.path) == before
    hand.submit(reason="Was down")
    assert "Done: operation 2" in hand.text
    assert balance(book) == Decimal(75)
    assert (book.operation(2).line.reason, book.operation(2).line.operator) == ("Was down", "maria")
    hand.click("Undo")
    assert "Undone by operation 3" in hand.text
    assert fingerprint(book.path) == before
    assert not hand.has_button("Undo")


def test_a_second_click_on_confirm_does_nothing(at, book):
    """The name that the confirm button had means nothing once it was clicked."""
    hand = at("credits")
    hand.submit(**GOOD)
    message = {"h": hand.name_of(hand.form(), "submit"), "v": {"how": "", "values": {"reason": ""}}}
    hand.say(message)
    hand.say(message)
    assert balance(book) == Decimal(75)
    assert book.head()[0] == 2


def test_a_stale_preview_is_refused_and_says_why(at, book):
    """What others changed since the preview is named, and the form is still filled."""
    hand = at("credits")
    hand.submit(**GOOD)
    other = at("credits")
    other.submit(**GOOD)
    other.submit(reason="")
    hand.submit(reason="")
    assert "the book was changed by operation 2 (issue-credit by maria) since this preview" in hand.text
    assert hand.node(tag="input", name="amount").attributes["value"] == "25"
    assert balance(book) == Decimal(75)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({}, "Client is missing", id="nothing given"),
        pytest.param({**GOOD, "amount": "abc"}, "Amount 'abc' is not a number; write it like 12.50", id="no number"),
        pytest.param({**GOOD, "amount": "-1"}, "Amount '-1' must be more than 0", id="negative"),
        pytest.param({**GOOD, "amount": "10.005"}, "Amount 10.0050 is finer than EUR has: at most 2 decimals", id="too fine"),
        pytest.param({**GOOD, "client_id": "99"}, "There is no client 99", id="no such client"),
        pytest.param({**GOOD, "client_id": "Grace"},
                     "Client 'Grace' names 2 clients: client 2 (Grace Hopper, Cobol \"&\" Söhne 🦆, grace.hopper@example.com), "
                     "client 3 (Grace Hoper, grace.hoper@example.com); give the number of one", id="names two"),
        pytest.param({**GOOD, "amount": {"a": 1}}, "Amount is missing", id="a forged value"),
    ],
)  # fmt: skip
def test_problems_stand_under_their_fields(at, book, values, said):
    """Whether the model or the rule finds it, a problem is a sentence under its field, and nothing is changed."""
    hand = at("credits")
    hand.submit(**values)
    assert said in hand.problems()
    wrong = hand.view.drawn.find(aria_invalid="true") + [
        n for n in hand.view.drawn.find(tag="co-picker") if n.attributes["invalid"]
    ]
    assert len(wrong) == len(hand.problems())
    assert book.head()[0] == 1


def test_leaving_a_field_checks_it_and_no_other(at):
    """Fields that were not reached yet are not complained about."""
    hand = at("credits")
    hand.leave("amount", client_id="", amount="x", description="")
    assert hand.problems() == ["Amount 'x' is not a number; write it like 12.50"]
    hand.leave("amount", client_id="", amount="3", description="")
    assert hand.problems() == []


def test_the_amount_stands_beside_the_client_s_currency(at):
    """Once the client is known, so is the currency."""
    hand = at("credits")
    hand.leave("client_id", client_id="4", amount="", description="")
    assert [n.text for n in hand.view.drawn.find(class_="co-affix")] == ["JPY"]
    assert hand.view.drawn.find(tag="co-picker")[0].attributes["text"].startswith("#4 Kurt Gödel")


def test_medium_risk_needs_a_reason(at, book):
    """Taking credit away is not done without saying why."""
    hand = at("credits/remove-credit")
    hand.submit(**GOOD)
    hand.submit(reason="  ")
    assert hand.problems() == ["A reason is needed; it is kept with the operation"]
    assert balance(book) == Decimal(50)
    hand.submit(reason="Mistake")
    assert balance(book) == Decimal(25)


def test_high_risk_needs_the_client_s_name(at, book):
    """Closing an account is confirmed by typing the client's name, in whatever case and spacing."""
    hand = at("client/2/close-account")
    label = 'Cobol "&" Söhne 🦆, Grace Hopper'
    assert f"To confirm, type {label}" in hand.text
    hand.submit(reason="Asked for it", name="Grace")
    assert hand.problems() == [f"Type {label} to confirm"]
    hand.submit(reason="Asked for it", name=label.lower())
    assert book.query("select status from clients where id = 2")[1] == [("Closed",)]


def test_an_edit_asks_only_for_what_was_changed(at, book):
    """A form that edits begins with the row as it is; what is emptied is cleared, the rest is left alone."""
    hand = at("client/3/edit-client")
    values = {
        n.attributes["name"]: n.attributes.get("value", "")
        for n in hand.form().find(tag="input")
        if "name" in n.attributes
    }
    assert (values["first_name"], values["phone"]) == ("Grace", "+13125550100")
    hand.submit(**{**values, "last_name": "Hopper", "phone": ""})
    hand.submit(reason="")
    assert book.operation(2).requests[0] | {} == {
        **book.operation(2).requests[0],
        "client_id": 3,
        "last_name": "Hopper",
        "clear": ["phone"],
    }
    assert {k for k, v in book.operation(2).requests[0].items() if v not in (None, [])} == {
        "client_id",
        "last_name",
        "clear",
    }
    assert book.query("select last_name, phone, first_name from clients where id = 3")[1] == [("Hopper", None, "Grace")]


def test_a_draft_outlives_the_kernel(at):
    """What was typed is there again in another kernel, until it is applied or begun anew."""
    at("credits").type(client_id="1", amount="7", description="half a sent")
    hand = at("credits")
    assert "This is your draft of" in hand.text
    assert hand.node(tag="input", name="description").attributes["value"] == "half a sent"
    hand.submit(**GOOD)
    hand.submit(reason="")
    assert "draft" not in at("credits").text
    at("credits").type(client_id="", amount="8", description="")
    hand = at("credits")
    hand.click("Begin anew")
    assert hand.node(tag="input", name="amount").attributes["value"] == ""
    assert "draft" not in at("credits").text


def test_nothing_would_change(at):
    """Asking for what is so already says so."""
    hand = at("client/1/set-status")
    hand.submit(status="Active")
    assert "Nothing would change" in hand.text or hand.problems()


def test_one_change_for_many_rows(book):
    """A form for several rows asks for each of them, in one operation."""
    view = View(Change(Desk(book), "set-status", each=("client_id", [1, 3])))
    hand = Hand(view)
    hand.submit(status="Inactive")
    hand.submit(reason="")
    assert book.query("select id from clients where status = 'Inactive' order by id")[1] == [(1,), (3,), (5,)]
    assert book.head()[0] == 2


def test_a_fault_is_one_sentence_with_a_reference(book, monkeypatch):
    """An error nobody expected is shown with a reference, its details are written down, and the screen goes on."""
    monkeypatch.setenv("CLIENTOPS_STRICT", "0")
    hand = Hand(shell.screen("credits", book=book))

    def fail(*_args, **_more):
        raise ZeroDivisionError("secret of client 7")

    monkeypatch.setattr(book, "preview", fail)
    hand.submit(**GOOD)
    assert "fault in clientops; nothing was changed. Reference " in hand.text
    assert "secret" not in hand.text
    from clientops.workbench.ui.user_files import state_folder

    assert "secret of client 7" in (state_folder() / "errors.log").read_text()
    monkeypatch.undo()
    hand.submit(**GOOD)
    assert "Preview: Issue credit" in hand.text


def test_deleting_asks_for_the_name_once_after_the_preview(at, book):
    """The name is typed when confirming, with everything that would go in sight, and not before."""
    hand = at("client/6/delete-client")
    assert "Preview: Delete client" in hand.text
    assert "1 client removed" in hand.text
    hand.submit(reason="Asked for it", name="Alan")
    assert hand.problems() == ["Type Alan Turing to confirm"]
    hand.submit(reason="Asked for it", name="Alan Turing")
    assert book.query("select count(*) from clients where id = 6")[1] == [(0,)]
    hand.click("Undo")
    assert book.query("select last_name from clients where id = 6")[1] == [("Turing",)]


def test_a_picker_that_was_emptied_shows_nobody(at):
    """The name of the client who was picked before does not come back while one types elsewhere."""
    hand = at("credits")
    hand.leave("client_id", **GOOD)
    picker = hand.view.drawn.find(tag="co-picker")[0].attributes
    assert picker["text"].startswith("#1 ")
    hand.type(**{**GOOD, "client_id": ""})
    picker = hand.view.drawn.find(tag="co-picker")[0].attributes
    assert (picker["value"], picker["text"]) == ("", "")
