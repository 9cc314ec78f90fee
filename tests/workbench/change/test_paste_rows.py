"""Rows of a spreadsheet, pasted into the form of any rule."""

from decimal import Decimal

import pytest

ROWS = "Client\tAmount\tDescription\tRemark\n1\t12,50\tOutage\tasked\nlinus@example.com\t7,00\tOutage\t\n"


def balances(book):
    return dict(book.query("select id, credit_balance from clients")[1])


def test_pasted_rows_are_one_operation(at, book):
    """Clients by number or e-mail address, amounts as people write them; previewed and confirmed as one operation."""
    before = balances(book)
    hand = at("credits")
    hand.click("Several at once…")
    assert "Needed: Client, Amount, Description" in hand.text
    number, email = book.query("select id, email from clients where id <> 1 and email is not null order by id limit 1")[
        1
    ][0]
    hand.submit(rows=ROWS.replace("linus@example.com", email.upper()))
    assert "2 credit entries added" in hand.text
    assert "Not used: Remark" in hand.text
    assert balances(book) == before
    hand.submit(reason="Outage of Monday")
    assert "Done: operation 2" in hand.text
    after = balances(book)
    assert after == {**before, 1: before[1] + Decimal("12.5"), number: before[number] + 7}
    hand.click("Another one")
    assert hand.node(tag="input", name="amount").attributes["value"] == ""


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param("", "There are no rows here yet: copy them out of the spreadsheet, headings too", id="nothing"),
        pytest.param("Client\tAmount\tDescription\n", "no rows below", id="only headings"),
        pytest.param("1\t5\tOutage\n2\t5\tOutage\n", "None of the headings is known here: 1, 5, Outage", id="no headings"),
        pytest.param("Client\tDescription\n1\tOutage\n", "There is no column for Amount; the headings are Client, Description", id="no column"),
        pytest.param("Client\tAmount\tDescription\n1\t5\tx\nZebedee\t5\tx\n", "Row 2: Client 'Zebedee' finds no client; give its number, e-mail address, full name or company", id="no such name"),
        pytest.param("Client\tAmount\tDescription\n1\t5\tx\nexample.com\t5\tx\n", "Row 2: Client 'example.com' finds no client; give its number, e-mail address", id="part of an address"),
        pytest.param("Client\tAmount\tDescription\n1\t5\tx\n1\tfive\tx\n", "Row 2: Amount 'five' is not a number", id="no amount"),
        pytest.param("Client\tAmount\tDescription\n1\t5\tx\n999\t5\tx\n", "Row 2: There is no client 999", id="the rule finds it"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_row(at, book, rows, said):
    """All that is wrong stands above the rows, which are kept as they were pasted; nothing is changed."""
    hand = at("credits")
    hand.click("Several at once…")
    hand.submit(rows=rows)
    assert said in hand.node(role="alert").text
    assert hand.node(tag="textarea").attributes["value"] == rows
    assert book.head()[0] == 1
    hand.click("One at a time")
    assert hand.node(tag="input", name="amount")


def test_rows_in_the_form_of_one_client_are_about_that_client(at, book):
    """They need no column for it, and one that may name another client is not taken."""
    before = balances(book)
    hand = at("client/1/issue-credit")
    hand.click("Several at once…")
    hand.submit(rows="Client\tAmount\tDescription\n2\t5\tx\n")
    assert "There is a column for Client, which is settled here" in hand.node(role="alert").text
    hand.submit(rows="Amount\tDescription\n5\tx\n6\ty\n")
    assert "2 credit entries added, 1 client changed" in hand.text
    hand.submit(reason="Outage")
    assert balances(book) == {**before, 1: before[1] + 11}


def test_lines_of_an_invoice_are_pasted_together(at, book):
    """Rows with one invoice key make one invoice."""
    hand = at("manual-entry/create-invoice")
    hand.click("Several at once…")
    hand.submit(rows="Client;Item;Unit price;Quantity;Invoice key\n1;Hosting;10,00;2;a\n1;Set-up;5,00;1;a\n")
    assert "1 invoice added, 2 invoice items added" in hand.text
    assert "Subtotal EUR 25.00" in hand.text


def test_what_edits_one_row_takes_no_rows(at):
    """The form of one client's own values is about that client only."""
    assert at("manual-entry/edit-client").has_button("Several at once…")
    assert not at("client/1/edit-client").has_button("Several at once…")
