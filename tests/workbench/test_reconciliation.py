"""The screens of reconciliation: differences by kind, mended together; statements brought in and matched; sign-off."""

from __future__ import annotations

import base64
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from clientops.importing.spreadsheet import load_mapping
from tests.books import insert
from tests.builders import NOW

SAMPLES = Path(__file__).parents[2] / "data" / "statements"


@pytest.fixture
def flawed(book):
    """The shop with three drifted balances, a doubled invoice number, and an unclear payment."""
    insert(
        book, lenient=True,
        clients=[{"id": n, "first_name": "Dora", "last_name": f"Drift{n}", "credit_balance": n} for n in (31, 32, 33)],
        invoices=[{"id": n, "client_id": 31, "number": "R-1", "subtotal": 5, "total": 5, "status": "Unpaid"} for n in (31, 32)],
        invoice_items=[{"id": n, "invoice_id": n, "amount": 5} for n in (31, 32)],
        transactions=[{"id": 31, "client_id": 32, "amount_in": 9, "reference": "u1"}],
    )  # fmt: skip
    return book


def rows(hand):
    grid = hand.view.drawn.find(tag="co-grid")[0]
    return hand.ask(grid, "page", {"offset": 0, "limit": 50})["rows"]


def choose(hand, text, numbers):
    """Tick rows of the first grid and choose an action for them."""
    grid = hand.view.drawn.find(tag="co-grid")[0]
    action = next(a for a in grid.attributes["actions"] if a["title"] == text)
    name = next(n for n, what in hand.view._live.items() if what.key == action["handler"].key)
    hand.say({"h": name, "v": numbers})


def test_differences_are_shown_filtered_and_mended_together(at, flawed):
    """Kinds with amounts, a filter, and one preview, operation and undo for what is ticked."""
    hand = at("credits/differences", flawed)
    assert "Balance is not its log 3 EUR 96.00" in hand.text
    found = rows(hand)
    assert [row["cells"][2] for row in found] == ["EUR 33.00", "EUR 32.00", "EUR 31.00"]
    assert {row["cells"][4] for row in found} == {"Enter difference in credit log"}
    choose(hand, "Mend selected…", [row["id"] for row in found[:2]])
    assert "If you confirm: 2 credit entries added." in hand.text
    hand.submit(reason="found in reconciliation")
    assert flawed.query("select count(*) from credit_entries where client_id in (31, 32, 33)")[1] == [(2,)]
    hand.click("Close")
    assert [row["cells"][2] for row in rows(hand)] == ["EUR 31.00"]
    flawed.undo(flawed.head()[0], reason="test")
    hand.click("Reconcile again")
    assert len(rows(hand)) == 3


def test_a_difference_is_opened_with_its_rows(at, flawed):
    """A difference says what it means, where it comes from, and which rows it rests on."""
    hand = at("billing/differences", flawed)
    number = next(row["id"] for row in rows(hand) if "R-1" in str(row["cells"]))
    grid = hand.view.drawn.find(tag="co-grid")[0]
    name = next(n for n, what in hand.view._live.items() if what.key == grid.attributes["open"].key)
    hand.say({"h": name, "v": number})
    assert "Invoice 32 has the number R-1, as invoice 31 has." in hand.text
    assert "last touched by by-hand of maria" in hand.text
    assert hand.has_button("Mend this…")
    links = [node.text for node in hand.view.drawn.find(tag="a")]
    assert {"invoice 31", "invoice 32"} <= set(links)
    hand.click("Mend this…")
    assert "Preview: Mend differences" in hand.text


def test_everything_agrees(at, book):
    """A book without flaws says so."""
    assert "Everything agrees." in at("billing/differences", book).text


def upload(hand, name, content):
    node = next(n for n in hand.view.drawn.find(tag="input") if n.attributes.get("type") == "file")
    hand.say({"h": hand.name_of(node, "change"), "v": {"name": name, "content": base64.b64encode(content).decode()}})


STATEMENT = b"Date,Amount,Currency,Name,Description,Reference,Balance\n2026-11-02,30.00,EUR,Ada Lovelace,Invoice N-4711,X1,130.00\n2026-11-03,-20.00,EUR,Landlord,Rent,X2,110.00\n"


def test_statement_is_brought_in_and_its_lines_accepted(at, book):
    """A file is shown and kept; the sure line settles its invoice in one operation; the other is set aside."""
    insert(
        book,
        invoices=[{"id": 41, "client_id": 1, "number": "N-4711", "subtotal": 30, "total": 30}],
        invoice_items=[{"id": 41, "invoice_id": 41, "amount": 30}],
    )
    hand = at("billing/statements", book)
    upload(hand, "november.csv", STATEMENT)
    assert "EUR 100.00 EUR 110.00" in hand.text
    hand.submit(reason="November")
    hand.click("Close")
    found = {row["cells"][2]: row for row in rows(hand)}
    assert found["Ada Lovelace"]["cells"][3:6] == [
        "sure",
        "payment of Ada Lovelace",
        "names invoice N-4711, pays it in full, same name",
    ]
    hand.click("Accept 1 sure one…")
    hand.submit(reason="matched")
    assert book.query("select status from invoices where id = 41")[1] == [("Paid",)]
    hand.click("Close")
    grid = hand.view.drawn.find(tag="co-grid")[0]
    name = next(n for n, what in hand.view._live.items() if what.key == grid.attributes["open"].key)
    hand.say({"h": name, "v": found["Landlord"]["id"]})
    assert "Nothing in the book looks like it." in hand.text
    hand.click("Nothing of clients…")
    hand.submit(explanation="Office rent")
    hand.submit(reason="rent")
    hand.click("Close")
    assert rows(hand) == []
    assert book.query("select count(*) from matches where statement_line_id > 1")[1] == [(2,)]


def test_broken_statement_is_told(at, book):
    """A file that cannot be taken says where it breaks; nothing is previewed."""
    hand = at("billing/statements", book)
    upload(hand, "bad.csv", STATEMENT.replace(b"-20.00", b"-21.00"))
    assert "Not taken. bad.csv, line 3: the balance after this line is 110.00" in hand.text
    assert "Preview" not in hand.text


def test_headings_are_asked_for(at, book, tmp_path, monkeypatch):
    """A CSV that is not understood asks what its headings mean, keeps the answer under a name, and is read so."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    hand = at("billing/statements", book)
    upload(hand, "odd.csv", b"When;Sum;Who\n03.09.2026;5,00;Ada\n")
    assert "What do the headings of odd.csv mean?" in hand.text
    hand.submit(booked_on="When", amount="Sum", payer_name="Who", code="eur", mapping="oddbank")
    assert "Preview: Import statement" in hand.text
    hand.submit(reason="September")
    assert book.query("select booked_on::varchar, amount, payer_name from statement_lines where id > 1")[1] == [
        ("2026-09-03", 5, "Ada")
    ]
    assert load_mapping("oddbank")["columns"] == {"When": "booked_on", "Sum": "amount", "Who": "payer_name"}
    hand.click("Close")
    upload(hand, "odd2.csv", b"When;Sum;Who\n04.09.2026;6,00;Ada\n")
    assert "Preview: Import statement" in hand.text


def test_same_file_is_refused(at, book):
    """The second time the file is known."""
    hand = at("billing/statements", book)
    for _ in range(2):
        upload(hand, "november.csv", STATEMENT)
        if "Confirm: Import statement" in hand.text:
            hand.submit(reason="November")
            hand.click("Close")
    assert "file november.csv was taken already" in hand.text


def test_period_is_signed_off_and_breaks(at, book):
    """A signed period holds until a row of it changes; then it says what."""
    insert(
        book,
        lenient=True,
        transactions=[
            {
                "id": 40,
                "client_id": 1,
                "amount_in": Decimal("41.50"),
                "occurred_at": NOW.replace(month=9),
                "reference": "s",
            }
        ],
    )
    hand = at("billing/sign-off", book)
    hand.submit(period_from=date(2026, 9, 1).isoformat(), period_to="2026-09-30", note="")
    assert "transactions · 1 · 41.5 · EUR" in hand.text
    hand.submit(reason="September")
    hand.click("Close")
    assert "2026-09-01 to 2026-09-30 reconciled by maria" in hand.text
    assert "1 difference, 41.50 EUR holds" in hand.text
    insert(
        book,
        lenient=True,
        transactions=[
            {"id": 41, "client_id": 1, "amount_in": 1, "occurred_at": NOW.replace(month=9), "reference": "t"}
        ],
    )
    again = at("billing/sign-off", book)
    assert "broken by later changes" in again.text
    assert "transactions in EUR: then 1 of 41.50, now 2 of 42.50" in again.text


def test_home_counts_what_reconciliation_finds(at, flawed):
    """Drifted balances, payments that settle nothing and lines without transaction are those of reconciliation."""
    insert(flawed, lenient=True, statement_lines=[{"id": 2, "statement_id": 1, "line_number": 2, "amount": 5}])
    text = at("home", flawed).text
    for said in ("3 Credit balances that drifted", "1 Payments not settled in full", "1 Statement lines to match"):
        assert said in text


AMBIGUOUS = b'Date,Amount,Currency,Name\n03/04/2026,"1,234",EUR,Ada\n05/06/2026,-20,EUR,Landlord\n'


def test_order_and_mark_are_shown_and_can_be_said(at, book, tmp_path, monkeypatch):
    """How dates and amounts were read stands beside the preview, with a doubt; said otherwise, they are read so, and kept with the mapping."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    hand = at("billing/statements", book)
    upload(hand, "unclear.csv", AMBIGUOUS)
    assert "Dates day, month, year: 03/04/2026 is 2026-04-03" in hand.text
    assert "Amounts decimal point: 1,234 is 1234" in hand.text
    assert "The file alone does not tell" in hand.text
    hand.click("Read it otherwise…")
    hand.submit(booked_on="Date", amount="Amount", currency="Currency", dates="mdy", mark="comma", mapping="unclear")
    assert "Dates month, day, year: 03/04/2026 is 2026-03-04" in hand.text
    assert "Amounts decimal comma: 1,234 is 1.234" in hand.text
    assert "The file alone does not tell" not in hand.text
    assert "Name → Payer" not in hand.text  # it was taken out
    hand.click("Read it otherwise…")
    hand.submit(booked_on="Date", amount="Amount", currency="Currency", dates="mdy", mark="point", mapping="unclear")
    hand.submit(reason="March")
    assert book.query("select booked_on::varchar, amount, payer_name from statement_lines where id > 1 order by id")[
        1
    ] == [("2026-03-04", Decimal(1234), None), ("2026-05-06", Decimal(-20), None)]
    kept = load_mapping("unclear")
    assert (kept["date_order"], kept["decimal_mark"]) == ("mdy", "point")
    hand.click("Close")
    upload(hand, "again.csv", AMBIGUOUS.replace(b"1,234", b"5,678"))
    assert "Saved mapping unclear" in hand.text
    assert "03/04/2026 is 2026-03-04" in hand.text


def test_a_statement_without_a_currency_is_told_for_a_screen(at, book):
    """What is wrong is told without options of the command line; headings that are not used are told, too."""
    hand = at("billing/statements", book)
    upload(hand, "bare.csv", b"Date,Amount,Shop\n2026-09-03,5,x\n")
    assert "Not taken. bare.csv, line 2: the currency is missing. Say below how it is to be read." in hand.text
    assert "--" not in hand.text
    hand.submit(booked_on="Date", amount="Amount", code="EUR")
    assert "Not used Shop" in hand.text


def test_a_line_stays_in_sight_while_one_says_what_it_is(at, book):
    """The form that asks who paid shows the line above it, and takes no rows of a spreadsheet."""
    hand = at("billing/statements", book)
    upload(hand, "new.csv", b"Date,Amount,Currency,Payer\n2026-09-03,77,EUR,Zebedee\n")
    hand.submit(reason="")
    hand.click("Close")
    number = book.query("select max(id) from statement_lines")[1][0][0]
    hand.ask(hand.view.drawn.find(tag="co-grid")[0], "open", number)
    hand.view.refresh()
    hand.click("Payment of a client…")
    assert "EUR 77.00" in hand.text
    assert "Zebedee" in hand.text
    assert not hand.has_button("Several at once…")


def test_statement_that_does_not_add_up_can_be_read_otherwise(at, book):
    """A CSV that was refused offers to say how it is to be read; leaving that changes nothing."""
    hand = at("billing/statements", book)
    upload(hand, "bad.csv", STATEMENT.replace(b"-20.00", b"-21.00"))
    assert "What do the headings of bad.csv mean?" in hand.text
    hand.click("Cancel")
    assert "Not taken" not in hand.text
    assert "headings of bad.csv" not in hand.text


def test_a_difference_shows_what_it_is_made_of(at, book):
    """Opened, a wrong total lists the items under it, and a drifted balance its log; each is a link."""
    insert(
        book,
        lenient=True,
        clients=[{"id": 31, "credit_balance": 9}],
        credit_entries=[{"id": 31, "client_id": 31, "amount": 4, "description": "Outage"}],
    )
    hand = at("credits/differences", book)
    number = next(row["id"] for row in rows(hand) if "client 31" in str(row["cells"]))
    grid = hand.view.drawn.find(tag="co-grid")[0]
    name = next(n for n, what in hand.view._live.items() if what.key == grid.attributes["open"].key)
    hand.say({"h": name, "v": number})
    assert "credit entry 31" in [node.text for node in hand.view.drawn.find(tag="a")]
    assert "EUR 4.00 · Outage" in hand.text
    assert "Enter difference in credit log: client 31, difference EUR 5.00" in hand.text


def test_what_only_a_person_can_decide_is_told(at, book):
    """Ticked differences without a rule that mends them are told, not left out without a word."""
    insert(
        book,
        lenient=True,
        transactions=[{"id": 31, "client_id": None, "amount_in": 9, "reference": "u1"}, {"id": 32, "client_id": 1, "amount_in": 8, "reference": "u2"}],
    )  # fmt: skip
    hand = at("billing/differences", book)
    every = rows(hand)
    choose(hand, "Mend selected…", [row["id"] for row in every if "no known client" in str(row["cells"])])
    assert "None of the selected differences can be mended by a rule alone" in hand.text
    choose(hand, "Mend selected…", [row["id"] for row in every])
    assert "1 of the 2 selected cannot be mended by a rule alone" in hand.text
    assert "Preview: Mend differences" in hand.text


def test_an_unfitting_filter_does_not_say_that_all_is_well(at, flawed):
    """Where a filter leaves nothing, it is not said that everything agrees; a filter that is no number is told."""
    hand = at("credits/differences", flawed)
    grid = hand.view.drawn.find(tag="co-grid")[0]

    def said(**query):
        page = hand.ask(grid, "page", {"offset": 0, "limit": 50, **query})
        assert page["rows"] == []
        return page["message"]

    assert said(search="nobody at all") == "Nothing fits the search and the filters"
    assert said(filters={"amount": "> 1000"}) == "Nothing fits the search and the filters"
    assert said(filters={"amount": "abc"}) == "Amount: 'abc' is no number; a filter is like > 100"


def test_accepting_matches_names_the_lines(at, book):
    """The preview of several matches says of each which line and which transaction it joins."""
    insert(
        book,
        transactions=[{"id": 60 + n, "client_id": 1, "amount_in": 30 + n, "reference": f"X{n}", "occurred_at": NOW} for n in range(4)],
        lenient=True,
    )  # fmt: skip
    lines = "".join(f"2026-11-20,{30 + n}.00,EUR,Ada,X{n}\n" for n in range(4))
    hand = at("billing/statements", book)
    upload(hand, "four.csv", f"Date,Amount,Currency,Name,Reference\n{lines}".encode())
    assert "2026-11-20 · EUR 31.00 · Ada" in hand.text
    hand.submit(reason="four")
    hand.click("Close")
    hand.click("Accept 4 sure ones…")
    assert "EUR 31.00 · Ada · #61" in hand.text
