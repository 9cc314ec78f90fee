"""Import, work here, export, load, import again: nothing is new and nothing changed, after payments, orders, contacts and prices."""

from __future__ import annotations

import pytest

from tests.importing.test_whmcs_back import There


@pytest.fixture
def there(server, tmp_path):
    """A WHMCS of one's own with a client that owes 5.00, imported into a book."""
    server.run("drop database if exists back; create database back character set utf8mb4", "mysql")
    server.run("grant select on back.* to reader", "mysql")
    server.run(server.dump().decode("utf-8", "surrogateescape"), "back")
    found = There(server, tmp_path)
    found.run("insert into tblinvoices (id, userid, date, duedate, subtotal, total, status) values "
              "(900, 1, '2026-01-01', '2026-01-15', 5, 5, 'Unpaid'); insert into tblinvoiceitems (invoiceid, userid, "
              "description, amount) values (900, 1, 'Work', 5)")  # fmt: skip
    assert found.imports()
    return found


def comes_to_rest(there: There, name: str) -> None:
    """What was done here is loaded there; the next import takes note of it, the one after has nothing to do."""
    folder, _ = there.export(name)
    if (folder / "load.sql").exists():
        there.server.load(folder, "back")
    noted = there.imports()
    changed = {change: rows for change, rows in noted.items() if change[0] != "source_ids"}
    assert changed == {}, changed
    again = there.imports()
    assert again == {}, again
    assert there.export(f"{name}-after")[1] == {}


def test_a_payment_settles_its_invoice_once(there):
    """Its allocation is recognised when it comes back, and no second one is made."""
    there.does("record-payment", client_id=1, amount="5", reference="T1")
    before = there.book.query("select invoice_id, amount from allocations order by id")[1]
    comes_to_rest(there, "paid")
    assert there.book.query("select invoice_id, amount from allocations order by id")[1] == before


def test_an_order_is_loaded_with_a_number_and_its_items_stay_as_they_are(there):
    """WHMCS wants a number of ten digits; what was ordered is not doubled when the service comes back."""
    there.does("add-order", client_id=1, product_id=1)
    number = there.book.query("select max(id) from orders")[1][0][0]
    there.does("accept-order", order_id=number)
    items = there.book.query("select count(*) from order_items")[1]
    comes_to_rest(there, "ordered")
    assert len(there.run(f"select ordernum from tblorders where id = {number}")) == 10
    assert there.book.query("select count(*) from order_items")[1] == items
    there.does("edit-service", service_id=1, domain="renamed.example")
    comes_to_rest(there, "renamed")


def test_a_contact_comes_to_rest(there):
    """Though the day it was added is not written to WHMCS."""
    there.does("add-contact", client_id=1, first_name="K", last_name="L", email="k@x.example")
    comes_to_rest(there, "contact")
    assert there.book.query("select count(*) from import_problems where code = 'number_taken'")[1] == [(0,)]
    there.run("update tblcontacts set city = 'Bern' where email = 'k@x.example'")
    assert there.imports() == {("contacts", "update"): 1}
    assert there.book.query("select city, created_on is null from contacts where first_name = 'K'")[1] == [
        ("Bern", False)
    ]


def test_what_was_entered_by_hand_on_both_sides_is_one_row(there):
    """A price that is not written by an export is recognised by product, currency and cycle."""
    there.does("set-product-price", product_id=1, currency="EUR", billing_cycle="triennially", amount="99")
    count = there.book.query("select count(*) from product_prices")[1]
    there.run("update tblpricing set triennially = 99 where type = 'product' and relid = 1 and currency = "
              "(select id from tblcurrencies where code = 'EUR')")  # fmt: skip
    assert there.imports() == {("source_ids", "insert"): 1}
    assert there.imports() == {}
    assert there.book.query("select count(*) from product_prices")[1] == count
