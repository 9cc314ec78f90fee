"""Mails as text."""

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import resources

import pytest

from clientops.core.errors import UsageError
from clientops.mail.facts import read_facts
from clientops.mail.rendering import render
from clientops.rules.mail.queue import TEMPLATES
from tests.builders import JPY, KWD, tables

FACTS = {
    "company": "Example Ltd",
    "client": {"id": 7, "name": "Ada <Lovelace> & {{ 1 }}", "currency": "EUR", "credit_balance": Decimal("12.5"), "client_area": None},
    "invoice": {
        "id": 5, "number": "2026-5", "issued_on": date(2026, 11, 1), "due_on": date(2026, 11, 15),
        "total": Decimal("1190.00"), "tax": Decimal("190.00"), "credit_applied": Decimal("90.00"), "owed": Decimal(1100),
        "items": [{"description": "Hosting", "kind": "service", "amount": Decimal("1000.00")}], "more_items": 0,
        "notes": None, "client_tax_id": None, "company_tax_id": None,
    },
    "transaction": {
        "id": 3, "amount_in": Decimal(20), "occurred_at": datetime(2026, 11, 20, tzinfo=UTC), "reference": "R1",
        "currency": "USD", "invoices": [{"number": "2026-5", "amount": Decimal(20)}],
    },
    "user": {"id": 4, "name": "Ada", "email": "ada@example.com", "link": "https://x.example/#invitation/T", "link_until": date(2026, 11, 27), "link_hours": 1},
    "credit": {"id": 1, "amount": Decimal("2.5"), "entry_on": date(2026, 11, 20), "description": "Downtime"},
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_is_there_in_both_languages(name, language):
    """Each mail that can be queued can be written in English and German, with a subject of one line."""
    assert resources.files("clientops.mail").joinpath("templates", f"{name}.{language}.jinja").is_file()
    letter = render(name, language, FACTS)
    assert letter.subject
    assert "\n" not in letter.subject
    assert ("Guten Tag Ada" if language == "de" else "Dear Ada") in letter.body
    assert "\n\n\n" not in letter.body
    assert letter.body.endswith("\nExample Ltd\n")


def test_amounts_and_dates_are_written_as_the_language_does():
    """Money and dates stand in the client's currency and language."""
    english, german = render("invoice-created", "en", FACTS), render("invoice-created", "de", FACTS)
    assert "Please pay €1,100.00 by November 15, 2026." in english.body
    assert "Bitte zahlen Sie 1.100,00\xa0€ bis zum 15. November 2026." in german.body
    assert "Bitte zahlen Sie €\xa01.100,00 bis" in render("invoice-created", "de-AT", FACTS).body
    assert "Please pay €1,100.00 by November 15, 2026." in render("invoice-created", "fr", FACTS).body
    assert english.subject == "Invoice 2026-5 of Example Ltd"
    assert german.subject == "Rechnung 2026-5 von Example Ltd"
    assert render("payment-received", "en", FACTS).subject == "Thank you for your payment of $20.00"


@pytest.mark.parametrize(("language", "words"), [("en", "Your tax number: FR1"), ("de", "Ihre Steuernummer: FR1")])
def test_an_invoice_says_what_tax_law_wants(language, words):
    """Notes, such as the words for reverse charge, and both tax numbers stand in the mail of an invoice."""
    invoice = {**FACTS["invoice"], "notes": "Reverse charge", "client_tax_id": "FR1", "company_tax_id": "DE2"}
    body = render("invoice-created", language, {**FACTS, "invoice": invoice}).body
    assert all(line in body.split("\n") for line in ("Reverse charge", words))
    assert "DE2" in body
    assert "\n\n\n" not in body


@pytest.mark.parametrize("language", [None, "", "fr", "xx", "../../etc", "en-GB"])
def test_other_languages_fall_back_to_english(language):
    """A language that there is no template in gets the English one."""
    assert render("welcome", language, FACTS).subject == "Welcome to Example Ltd"


def test_names_are_text_not_templates():
    """What clients are called is neither escaped nor run."""
    assert "Dear Ada <Lovelace> & {{ 1 }}," in render("welcome", "en", FACTS).body


def test_a_subject_cannot_smuggle_headers():
    """Line breaks and control characters in facts do not reach the subject."""
    letter = render("welcome", "en", {**FACTS, "company": "Evil\r\nBcc: all@example.com\x00"})
    assert letter.subject == "Welcome to Evil Bcc: all@example.com"
    assert "\x00" not in letter.body


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("Hi\n---\n{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe", id="escape from the sandbox"),
        pytest.param("Hi\n---\n{{ client.nmae }}", "nmae", id="misspelt name"),
        pytest.param("Hi\n---\n{% if %}", "Expected an expression", id="not a template"),
        pytest.param("Hi, no mark", "no line ---", id="no line between subject and body"),
        pytest.param("Hi\n---\n{% include '/etc/passwd' %}", "passwd", id="another file"),
    ],
)
def test_templates_of_ones_own_that_cannot_be_written(tmp_path, text, says):
    """A template that is wrong, or reaches for more than the facts, is refused with the reason."""
    (tmp_path / "welcome.en.jinja").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="The mail welcome cannot be written") as caught:
        render("welcome", "en", FACTS, tmp_path)
    assert says in str(caught.value)


def test_templates_of_ones_own_go_first(tmp_path):
    """A template of the business's own replaces the built-in one, the others stay; unknown ones are refused."""
    (tmp_path / "welcome.en.jinja").write_text("Moin {{ client.id }}\n---\nMoin moin", encoding="utf-8")
    assert render("welcome", "en", FACTS, tmp_path).subject == "Moin 7"
    assert render("credit-issued", "en", FACTS, tmp_path).subject == "You have a credit of €2.50 with Example Ltd"
    with pytest.raises(UsageError, match="birthday"):
        render("birthday", "en", FACTS)


def mail(number, kind=None, subject=None, client=1):
    return {"id": number, "client_id": client, "subject_kind": kind, "subject_id": subject, "status": "queued"}


def test_facts_are_those_of_the_mail():
    """Each mail gets the facts of its own client, invoice, transaction or credit entry, with exact amounts."""
    book = tables(
        settings=[{"id": 1, "name": "company_name", "value": "Example Ltd"}],
        clients=[{"id": 1, "language": "de"}, {"id": 2, "currency_id": JPY, "first_name": None, "last_name": None, "company_name": "KK"}],
        invoices=[
            {"id": 5, "client_id": 1, "total": 100, "tax1": 19, "credit_applied": 30, "written_off": 5},
            {"id": 6, "client_id": 2, "number": "N-6", "total": 10, "status": "Cancelled"},
        ],
        invoice_items=[{"id": n, "invoice_id": 5, "description": f"item {n}", "amount": 1} for n in range(1, 103)],
        transactions=[{"id": 3, "client_id": 1, "amount_in": 20, "currency_id": KWD}],
        allocations=[{"id": 1, "transaction_id": 3, "invoice_id": 5, "amount": 20}],
        credit_entries=[{"id": 4, "client_id": 1, "amount": "2.5"}],
        communications=[
            mail(1, "invoice", 5), mail(2, "invoice", 6, 2), mail(3, "transaction", 3), mail(4, "credit entry", 4),
            mail(5), mail(6, "invoice", 99), mail(7, "invoice", 5),
        ],
    )  # fmt: skip
    facts = read_facts(book, [1, 2, 3, 4, 5, 6])
    assert sorted(facts) == [1, 2, 3, 4, 5, 6]
    invoice = facts[1]["invoice"]
    assert (invoice["number"], invoice["owed"], invoice["tax"], invoice["more_items"]) == ("5", 45, 19, 2)
    assert [item["description"] for item in invoice["items"]] == [f"item {n}" for n in range(1, 101)]
    assert (facts[2]["invoice"]["number"], facts[2]["invoice"]["owed"], facts[2]["client"]["name"]) == ("N-6", 0, "KK")
    assert facts[2]["client"]["currency"] == "JPY"
    assert (facts[3]["transaction"]["currency"], facts[3]["transaction"]["invoices"]) == (
        "KWD",
        [{"number": "5", "amount": 20}],
    )
    assert facts[4]["credit"]["amount"] == Decimal("2.5")
    assert set(facts[5]) == {"company", "client"} == set(facts[6])
    assert (facts[5]["client"]["name"], facts[5]["client"]["language"], facts[5]["company"]) == (
        "Ada Lovelace",
        "de",
        "Example Ltd",
    )
