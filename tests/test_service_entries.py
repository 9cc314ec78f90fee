"""Services, add-ons, changes, domains, DNS records and orders by every way in: a file of one and of 10,000 rows, and --set."""

from __future__ import annotations

import csv
import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from clientops.rules.domains.names import parse_domain_name
from tests.books import fingerprint
from tests.builders import EUR, TODAY
from tests.loading import load_book

MANY = 10_000
GREEN = parse_domain_name("grün.example")


def service(n):
    return {
        "client_id": 1,
        "product_id": 1,
        "domain": f"s{n}.example",
        "username": f"u{n}",
        "options": "Disk=50 GB @ 2" if n % 2 else "",
    }


def addon(n):
    return {"service_id": n, "name": f"Backup {n}", "recurring_amount": "2.50", "setup_fee": "1"}


def change(n):
    return {
        "service_id": n,
        "recurring_amount": "25.00" if n % 2 else "5.00",
        "effective": "now" if n % 3 else "at renewal",
    }


def domain(n):
    return {
        "client_id": 1,
        "name": f"müller{n}.example",
        "recurring_amount": "12",
        "registration_period": 1 + n % 3,
        "nameserver1": "ns1.example.net",
    }


def dns(n):
    return {
        "domain_id": 1 + n % 100,
        "type": "MX" if n % 2 else "TXT",
        "name": f"h{n}",
        "content": f"{n % 100} mail" if n % 2 else f"v=x{n}",
        "ttl": 600,
    }


def order(n):
    return {"client_id": 1, "kind": "product" if n % 2 else "domain", "product_id": 1 if n % 2 else "", "name": f"o{n}.example",
            "recurring_amount": 10, "order": f"order {(n + 1) // 2}"}  # fmt: skip


KINDS = [
    pytest.param("add-service", service, "services", id="hosting accounts"),
    pytest.param("add-addon", addon, "addons", id="add-ons"),
    pytest.param("change-service", change, "service_changes", id="service changes"),
    pytest.param("add-domain", domain, "domains", id="domain names"),
    pytest.param("add-dns-record", dns, "dns_records", id="DNS records"),
    pytest.param("add-order", order, "order_items", id="orders"),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A book with a client and a product; the kinds are entered one upon the other."""
    file = tmp_path_factory.mktemp("entries") / "book.duckdb"
    load_book(
        file, clients=[{"id": 1, "country": "DE"}], products=[{"id": 1}],
        tax_rates=[{"id": 1, "level": 1, "name": "VAT", "country": "DE", "rate": 19}],
        product_prices=[{"id": 1, "product_id": 1, "currency_id": EUR, "billing_cycle": "monthly", "amount": 10}],
        services=[{"id": n, "client_id": 1, "product_id": 1, "status": "Active", "recurring_amount": 10, "registered_on": "2026-01-05",
                   "next_due_on": "2026-12-05"} for n in (1, 2)],
        domains=[{"id": n, "client_id": 1, "name": f"d{n}.example"} for n in range(1, 101)],
    )  # fmt: skip
    return file


def run(path, *words, code=0):
    result = CliRunner().invoke(app, ["--book", str(path), *map(str, words)], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def count(path, table):
    return Book(path).query(f"select count(*) from {table}")[1][0][0]


def written(folder, rows):
    file = folder / "rows.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


@pytest.mark.parametrize(("rule", "row", "table"), KINDS)
def test_one_by_set_and_one_by_file_are_the_same(path, tmp_path, rule, row, table):
    """One request with --set previews what a file of one row does; applied and undone it leaves the book as it was."""
    words = [f"--set={name}={value}" for name, value in row(1).items() if value != ""]
    day = ("--today", TODAY.isoformat())
    before = fingerprint(path)
    by_set = json.loads(run(path, "--json", "apply", rule, *words, "--dry-run", *day))
    by_file = json.loads(run(path, "--json", "apply", rule, written(tmp_path, [row(1)]), "--dry-run", *day))
    timeless = [[{**c, "sample": None} for c in answer["changes"]] for answer in (by_set, by_file)]
    assert timeless[0] == timeless[1]
    assert fingerprint(path) == before
    run(path, "apply", rule, *words, "--reason", "By phone", "--operator", "maria", *day)
    line = json.loads(run(path, "--json", "log"))[0]
    assert (line["rule"], line["operator"], line["reason"]) == (rule, "maria", "By phone")
    assert count(path, table) > 0
    run(path, "undo", line["id"], "--reason", "A test")
    assert fingerprint(path) == before


def test_ten_thousand_of_each_kind(path, tmp_path):
    """10,000 rows of a file are one operation each, whole; the last is undone, and the book agrees with itself."""
    for rule, row, table in (param.values for param in KINDS):
        numbers = range(1, MANY + 1)
        if rule in (
            "add-addon",
            "change-service",
        ):  # of 1 and 2, which were invoiced, and of those that were just added
            numbers = [n for (n,) in Book(path).query("select id from services order by id")[1]][:MANY]
        rows = [row(n) for n in numbers]
        before = count(path, table)
        run(path, "apply", rule, written(tmp_path, rows), "--reason", "Many", "--today", TODAY.isoformat())
        assert count(path, table) == before + MANY, rule
    found = Book(path).query(
        """select (select count(*) from service_options), (select count(*) from orders), (select count(*) from invoices),
            (select sum(amount) - sum(credit_amount) from service_changes where status = 'Completed'),
            (select credit_balance - (select sum(amount) from credit_entries) from clients where id = 1)"""
    )[1][0]
    # Services 1 and 2 were invoiced before; the other changes are of cycles that begin today, not invoiced yet.
    assert found == (MANY // 2, MANY // 2, 1, Decimal("7.50") - Decimal("2.50"), 0)
    assert "No flaws" in run(path, "check")
    run(path, "undo", json.loads(run(path, "--json", "log"))[0]["id"], "--reason", "A test")
    assert count(path, "orders") == 0


def test_zone_files_on_the_command_line(path, tmp_path):
    """A zone file comes in, is shown again, and what is wrong with one is named line by line."""
    run(
        path,
        "apply",
        "add-domain",
        "-s",
        "client_id=1",
        "-s",
        "name=Grün.example",
        "-s",
        "recurring_amount=1",
        "-r",
        "x",
    )
    file = tmp_path / "zone.txt"
    file.write_text("$TTL 1h\n@ IN A 192.0.2.1\nwww CNAME @\n@ MX 10 mail\nmail A 192.0.2.2\n", encoding="utf-8")
    run(path, "import", "zone", file, "--domain", "grün.example", "--reason", "Moved here")
    shown = run(path, "zone", GREEN)
    assert shown.splitlines()[0].startswith(f"; grün.example ({GREEN}), domain ")
    assert [line.split() for line in shown.splitlines()[2:]] == [
        ["@", "3600", "IN", "A", "192.0.2.1"], ["@", "3600", "IN", "MX", "10", f"mail.{GREEN}."],
        ["mail", "3600", "IN", "A", "192.0.2.2"], ["www", "3600", "IN", "CNAME", f"{GREEN}."],
    ]  # fmt: skip
    file.write_text(shown, encoding="utf-8")
    before = fingerprint(path)
    assert (
        "nothing to change" in run(path, "import", "zone", file, "-d", "grün.example", "-r", "Again").lower()
        or fingerprint(path) == before
    )
    file.write_text("a A 1.2.3\nb PTR c\nwww A 192.0.2.3\n", encoding="utf-8")
    said = " ".join(run(path, "import", "zone", file, "-d", "grün.example", "-r", "x", code=1).split())
    assert "line 1: cannot be the data of a record of type A" in said
    assert "line 2: type PTR is not kept here" in said
    file.write_text("www A 192.0.2.3\n", encoding="utf-8")
    assert "beside CNAME" in " ".join(
        run(path, "import", "zone", file, "-d", "grün.example", "-r", "x", code=1).split()
    )
    run(path, "import", "zone", file, "-d", "grün.example", "--replace", "-r", "Anew")
    assert [line.split()[0] for line in run(path, "zone", "grün.example").splitlines()[2:]] == ["www"]
    assert "There is no domain 'none.example'" in run(path, "zone", "none.example", code=2)
    assert "is neither a domain's number nor a name" in run(path, "zone", "nonsense", code=2)
