"""Fields from request models."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import pytest
from pydantic import Field as Info

from clientops.registry import rule
from clientops.schema.passwords import SECRET
from clientops.schema.requests import Id, Ids, PositiveMoney, Request, Text
from clientops.workbench.change.fields import entered, fields_of
from clientops.workbench.ui.labels import in_titles


class Everything(Request):
    """One of each."""

    client_id: Id = Info(title="Client", json_schema_extra={"picks": "clients"})
    amount: PositiveMoney
    count: int | None = None
    on: date | None = None
    at: datetime | None = None
    is_taxed: bool = True
    is_known: bool | None = None
    colour: Literal["red", "green"] = "green"
    note: Text | None = Info(None, json_schema_extra={"multiline": True})
    invoice_ids: Ids | None = None
    password: str | None = Info(None, json_schema_extra=SECRET)
    next_due_on: date | None = None


def test_every_type_gets_its_widget():
    """The kind, what is required, what may be chosen and where it begins follow from the model."""
    found = {f.name: (f.kind, f.is_required, f.choices, f.default) for f in fields_of(Everything)}
    assert found == {
        "client_id": ("pick", True, (), ""),
        "amount": ("money", True, (), ""),
        "count": ("number", False, (), ""),
        "on": ("date", False, (), ""),
        "at": ("moment", False, (), ""),
        "is_taxed": ("tick", False, (), True),
        "is_known": ("choice", False, ("", "yes", "no"), ""),
        "colour": ("choice", False, ("red", "green"), "green"),
        "note": ("long", False, (), ""),
        "invoice_ids": ("list", False, (), ""),
        "password": ("secret", False, (), ""),
        "next_due_on": ("date", False, (), ""),
    }
    assert next(f.label for f in fields_of(Everything) if f.name == "next_due_on") == "Next due"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        pytest.param("amount", Decimal("25.0000"), "25", id="money without the zeros of the table"),
        pytest.param("amount", Decimal("1E+3"), "1000", id="never in powers of ten"),
        pytest.param("amount", None, "", id="empty"),
        pytest.param("on", date(2026, 11, 2), "2026-11-02", id="date"),
        pytest.param("at", datetime(2026, 11, 2, 8, 5), "2026-11-02T08:05", id="moment"),
        pytest.param("is_known", False, "no", id="no"),
        pytest.param("invoice_ids", [1, 2], "1, 2", id="numbers"),
    ],
)
def test_values_as_inputs_hold_them(name, value, shown):
    """A row's value is what a person would type for it."""
    field = next(f for f in fields_of(Everything) if f.name == name)
    assert entered(field, value) == shown


def test_a_way_of_paying_stands_in_a_form_as_people_read_it():
    """A form that edits begins with the name that is shown everywhere else."""
    field = next(field for field in fields_of(rule("edit-client").request) if field.name == "payment_method")
    assert entered(field, "banktransfer") == "Bank transfer"


def test_screens_call_rules_by_their_titles():
    """What the command line calls close-account is "Close account" where one clicks; words that only look alike stay."""
    said = "close-account ends that, and credit-account-7 stays; undo brings back add-ons"
    assert in_titles(said) == "“Close account” ends that, and credit-account-7 stays; undo brings back add-ons"
