"""Spreadsheets of services, add-ons, domains and DNS records in four languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from clientops.importing.spreadsheet import KINDS, read_spreadsheet
from clientops.importing.tabular import read_text_table
from clientops.registry import rule
from clientops.schema.requests import read_requests
from tests.builders import EUR
from tests.loading import load_book

SERVICE = (
    "client_id",
    "product_id",
    "domain",
    "username",
    "billing_cycle",
    "recurring_amount",
    "registered_on",
    "next_due_on",
)
DOMAIN = ("client_id", "name", "registrar", "registered_on", "registration_period", "recurring_amount")
ADDON = ("service_id", "name", "recurring_amount", "setup_fee", "billing_cycle")


@pytest.mark.parametrize(
    ("kind", "fields", "text"),
    [
        pytest.param("services", SERVICE, "Client,Product,Domain,User name,Billing cycle,Recurring amount,Began on,Next due\n"
                     "1,1,ada.example,ada,monthly,1234.50,2026-01-31,2026-11-30\n", id="services, English"),
        pytest.param("services", SERVICE, "Kundennummer;Produktnummer;Domäne;Benutzername;Zahlungsintervall;Laufender Betrag;Vertragsbeginn;Nächste Fälligkeit\n"
                     "1;1;ada.example;ada;monatlich;1.234,50;31.01.2026;30.11.2026\n", id="services, German"),
        pytest.param("services", SERVICE, "N° client;Offre;Nom de domaine;Identifiant;Périodicité;Montant récurrent;Date de début;Prochaine échéance\n"
                     "1;1;ada.example;ada;mensuel;1 234,50;31/01/2026;30/11/2026\n", id="services, French"),
        pytest.param("services", SERVICE, "Número de cliente;Producto;Dominio;Usuario;Ciclo de facturación;Importe recurrente;Fecha de inicio;Próximo vencimiento\n"
                     "1;1;ada.example;ada;mensual;1.234,50;31/01/2026;30/11/2026\n", id="services, Spanish"),
        pytest.param("domains", DOMAIN, "Customer,Domain,Registrar,Registration date,Years,Renewal price\n1,new.example,X,2026-11-20,2,1234.50\n", id="domains, English"),
        pytest.param("domains", DOMAIN, "Kunde;Domain;Registrierstelle;Registriert am;Jahre;Verlängerungspreis\n1;new.example;X;20.11.2026;2;1.234,50\n", id="domains, German"),
        pytest.param("domains", DOMAIN, "Client;Domaine;Registraire;Enregistré le;Années;Prix de renouvellement\n1;new.example;X;20/11/2026;2;1 234,50\n", id="domains, French"),
        pytest.param("domains", DOMAIN, "Cliente;Dominio;Registrador;Registrado el;Años;Precio de renovación\n1;new.example;X;20/11/2026;2;1.234,50\n", id="domains, Spanish"),
        pytest.param("addons", ADDON, "Service,Add-on,Recurring amount,Set-up fee,Cycle\n4,Backup,1234.50,5,monthly\n", id="add-ons, English"),
        pytest.param("addons", ADDON, "Vertrag;Zusatzleistung;Laufender Betrag;Einrichtung;Turnus\n4;Backup;1.234,50;5;monatlich\n", id="add-ons, German"),
        pytest.param("addons", ADDON, "Contrat;Supplément;Montant récurrent;Mise en service;Périodicité\n4;Backup;1 234,50;5;mensuel\n", id="add-ons, French"),
        pytest.param("addons", ADDON, "Contrato;Complemento;Importe recurrente;Cuota de alta;Periodicidad\n4;Backup;1.234,50;5;mensual\n", id="add-ons, Spanish"),
        pytest.param("dns", ("domain_id", "name", "type", "ttl", "content"), "Domainnummer;Name;Typ;TTL;Ziel\n1;www;A;600;192.0.2.1\n", id="DNS records, German"),
    ],
)  # fmt: skip
def test_headings_values_and_cycles_of_four_languages(tmp_path, kind, fields, text):
    """Every column finds its field, and amounts, dates and cycles are read as their country writes them."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    model = rule(KINDS[kind]).request
    rows, reading = read_spreadsheet(read_text_table(path), model)
    assert (tuple(reading.columns.values()), reading.left_out) == (fields, ())
    read = read_requests(model, rows)
    assert read.problems == ()
    [row] = read.rows.to_pylist()
    if "recurring_amount" in fields:
        assert row["recurring_amount"] == Decimal("1234.5")
    if "billing_cycle" in fields:
        assert row["billing_cycle"] == "monthly"
    if "registered_on" in fields:
        assert row["registered_on"].isoformat() in ("2026-01-31", "2026-11-20")


def test_services_of_another_program_on_the_command_line(tmp_path):
    """clientops import csv FILE --as services: shown, checked, applied; what is wrong goes to a file with its own columns."""
    path, file, bad = tmp_path / "book.duckdb", tmp_path / "in.csv", tmp_path / "bad.csv"
    load_book(path, clients=[{"id": 1}], products=[{"id": 1}],
              product_prices=[{"id": 1, "product_id": 1, "currency_id": EUR, "billing_cycle": "monthly", "amount": 10}])  # fmt: skip
    file.write_text("Kunde;Produkt;Domäne;Turnus\n1;1;Müller.de;monatlich\n7;1;-x.de;täglich\n", encoding="utf-8")
    words = ["--book", str(path), "import", "csv", str(file), "--as", "services", "-r", "Umzug"]
    result = CliRunner().invoke(app, [*words, "--problems", str(bad)], env={"COLUMNS": "300"})
    assert result.exit_code == 1, result.output
    said = bad.read_text(encoding="utf-8-sig")
    for text in (
        "there is no client 7",
        "letters, digits, and hyphens between them",
        "billing_cycle 'täglich' must be one of",
    ):
        assert text in said
    result = CliRunner().invoke(app, [*words, "--only-good"], env={"COLUMNS": "300"})
    assert result.exit_code == 1, result.output
    found = Book(path).query("select domain, recurring_amount from services")[1]
    assert found == [("xn--mller-kva.de", Decimal(10))]
