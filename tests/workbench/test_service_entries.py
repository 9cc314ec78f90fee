"""The forms of hosting accounts, add-ons, domains, DNS, orders and service changes, from the first field to undo."""

import pytest

from tests.books import fingerprint

ZONE = "$TTL 600\n@ A 192.0.2.1\nwww CNAME @\n"


@pytest.mark.parametrize(
    ("route", "values", "shown", "wrong", "said"),
    [
        pytest.param(
            "manual-entry/add-service",
            {"client_id": "1", "product_id": "1", "domain": "Müller.example", "billing_cycle": "monthly", "quantity": "1", "status": "Active",
             "options": "Disk space=50 GB x 2 @ 3.00\nBackup=daily"},
            ["müller.example (xn--mller-kva.example)", "EUR 13.00", "2 service options added"],
            {"domain": "-x.example", "options": "Disk"}, ["cannot be part of a name", "write it like Disk space=50 GB x 2 @ 3.00"], id="hosting account"),
        pytest.param(
            "record/services/1/add-addon",
            {"name": "Own address", "recurring_amount": "2", "setup_fee": "1.50", "quantity": "1", "status": "Active"},
            ["Own address", "1 add-on added"], {"recurring_amount": "2.005"}, ["finer than EUR has: at most 2 decimals"], id="add-on"),
        pytest.param(
            "manual-entry/add-domain",
            {"client_id": "2", "name": "Müller.example", "recurring_amount": "12", "registered_on": "2024-02-29", "registration_period": "4",
             "kind": "Register", "status": "Expired"},
            ["müller.example (xn--mller-kva.example)", "2028-02-29"], {"name": "ada.example", "status": "Active", "expires_on": "2090-01-01"}, ["is that of domain 1 of client 1 already", "expires on 2090-01-01 cannot be"], id="domain"),
        pytest.param(
            "record/domains/1/add-dns-record",
            {"type": "MX", "name": "@", "content": "10 mail", "ttl": "3600"},
            ["10 mail.ada.example."], {"content": "mail"}, ["write it like 10 mail.example.net."], id="DNS record"),
        pytest.param(
            "record/domains/1/import-zone", {"zone": ZONE},
            ["1 DNS record added", "www"], {"zone": "www A 1.2.3\nx PTR y"}, ["line 1: cannot be the data", "line 2: type PTR"], id="zone file"),
        pytest.param(
            "record/services/2/change-service",
            {"recurring_amount": "25", "effective": "now"},
            ["Rest of the cycle", "/31 days = EUR", "Invoice EUR"], {"recurring_amount": "10"}, ["is like that already"], id="service change"),
        pytest.param(
            "manual-entry/add-order",
            {"client_id": "1", "kind": "product", "product_id": "1", "name": "order.example", "quantity": "1", "setup_fee": "5"},
            ["Due when accepted EUR 15.00", "1 order added"], {"promotion_code": "NONE"}, ["there is no promotion NONE"], id="order"),
    ],
)  # fmt: skip
def test_from_form_to_undo(at, book, route, values, shown, wrong, said):
    """What is wrong stands under its field; mended, the preview says what comes of it; confirmed and undone nothing is left."""
    parts = route.split("/")
    hand = at("/".join(parts[:3]) if parts[0] == "record" else route)
    if parts[0] == "record":
        from clientops.registry import rule

        hand.click(rule(parts[3]).title)
    before = fingerprint(book.path)
    hand.submit(**{**values, **wrong})
    for text in said:
        assert any(text.lower() in problem.lower() for problem in [*hand.problems(), hand.text]), hand.problems()
    hand.submit(**dict.fromkeys(wrong, "") | values)
    for text in shown:
        assert text in hand.text, hand.text
    assert fingerprint(book.path) == before
    hand.submit(reason="By phone")
    assert "Done: operation 2" in hand.text
    assert book.operation(2).line.reason == "By phone"
    hand.click("Undo")
    assert fingerprint(book.path) == before


def test_an_order_is_accepted_and_cancelled_from_its_page(at, book):
    """The page of an order offers what can be done with it."""
    from clientops.registry import rule

    before = book.query("select credit_balance from clients where id = 1")[1]
    book.apply_now(rule("add-order"), {"client_id": 1, "product_id": 1, "amount": 3}, reason="x")
    hand = at("record/orders/2")
    hand.click("Accept order")
    hand.submit()
    assert "Invoice for order 2" in hand.text
    hand.submit(reason="Paid")
    assert book.query("select status, invoice_id is not null from orders where id = 2")[1] == [("Active", True)]
    hand = at("record/orders/2")
    hand.click("Cancel order")
    hand.submit(reason="Wrong")
    assert book.query("select status from orders where id = 2")[1] == [("Cancelled",)]
    assert book.query("select credit_balance from clients where id = 1")[1] == before


def test_editing_a_dns_record_begins_as_it_is(at, book):
    """The form holds the record; only what differs is asked for, and the zone file on the domain's page shows it."""
    hand = at("record/dns_records/1")
    hand.click("Edit DNS record")
    assert hand.node(tag="input", name="content").attributes["value"] == "192.0.2.1"
    hand.submit(name="@", content="192.0.2.99", ttl="3600", type="A")
    hand.submit(reason="Moved")
    assert book.query("select content from dns_records")[1] == [("192.0.2.99",)]
    hand = at("record/domains/1")
    assert "$ORIGIN ada.example." in hand.text
    assert "192.0.2.99" in hand.text


def test_the_client_s_page_offers_what_belongs_there(at):
    """Lists of services, domains and orders have their additions beside them."""
    hand = at("client/1")
    for title in ("Add hosting account", "Add domain name", "Enter order"):
        assert hand.has_button(title)
    tab = next(n for n in hand.view.drawn.find(tag="button") if n.text.startswith("Services") and "click" in n.events)
    hand.say({"h": hand.name_of(tab, "click"), "v": None})
    assert len([n for n in hand.view.drawn.find(tag="button") if n.text == "Add hosting account"]) == 2
    hand.click("Add hosting account")
    assert hand.node(tag="select", name="billing_cycle")
