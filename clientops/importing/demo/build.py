"""The rule that builds the demo book, and the truth about the flaws in it."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.importing.demo.affiliates import add_affiliates
from clientops.importing.demo.billing import add_bills, add_invoice_rows
from clientops.importing.demo.builder import Draft
from clientops.importing.demo.catalogue import FIRST_NUMBER, SETTINGS, add_catalogue, add_rows, prices
from clientops.importing.demo.clients import add_clients
from clientops.importing.demo.contacts import add_client_rows, add_contacts
from clientops.importing.demo.flaws import add_planted, add_truth
from clientops.importing.demo.payments import add_payments, add_transaction_rows
from clientops.importing.demo.people import add_people
from clientops.importing.demo.services import add_service_rows, add_services
from clientops.importing.demo.support import add_support
from clientops.importing.demo.vocabulary import COUNTRY_ROWS, COUNTRY_SLOTS, WORDS, word_lists
from clientops.schema.definition import all_tables
from clientops.schema.requests import Request
from clientops.schema.tables import Steps, Tables

MOST_CLIENTS = 20_000_000


class BuildDemo(Request):
    """Fill an empty book with a made-up business."""

    clients: int = Field(1000, ge=1, le=MOST_CLIENTS, title="Clients", description="How many, 1 to 20,000,000")
    seed: int = Field(7, ge=0, lt=2**62, title="Seed", description="Another number gives another business")


def build_demo(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Fill an empty book with a made-up business: clients, what they bought, years of invoices and payments, flaws.

    The same seed and day give the same rows. Everything that is in it happened before ``today``.

    Args:
        tables: Read-only tables; all of them have to be empty.
        requests: One row: ``clients`` (how many) and ``seed``. See ``BuildDemo``.
        today: The day on which the book is looked at.
        now: Not used.

    Returns:
        Inserts into the tables. Laws hold but for the planted flaws, which ``demo_truth`` lists: an invoice's total is
        that of its items and their tax, a Paid one is owed nothing, a client's credit is the sum of its log.

    Problems:
        ``not_empty`` for a book with rows, or with numbers that were used before; and for a second request.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", NOT_EMPTY.format(used=_used_sql(tables)))
    asked = steps.add("asked", 'select clients, seed from requests order by "row" limit 1').fetchone()
    if asked is None or steps.count("problems"):
        return steps.plan(problems="problems")
    draft = Draft(steps, clients=asked[0], seed=asked[1], today=today)
    made = add_catalogue(steps)
    _add_skeleton(draft)
    made |= add_contacts(draft)
    made |= add_service_rows(draft)
    made |= add_client_rows(draft)
    made |= add_invoice_rows(draft)
    made |= add_transaction_rows(draft)
    made |= add_support(draft)
    made |= add_affiliates(draft)
    made |= _add_settings(steps)
    summary = tuple((name, f"{steps.count(step):,}") for name, step in made.items() if name in SHOWN)
    return steps.plan(*(steps.insert(name, step) for name, step in made.items()), problems="problems", summary=summary)


def demo_truth(tables: Tables, *, clients: int = 1000, seed: int = 7, today: date) -> Relation:
    """What is wrong with the demo book on purpose, worked out anew from the seed.

    Args:
        tables: Any tables; nothing is read from them.
        clients: As the book was built.
        seed: As the book was built.
        today: As the book was built.

    Returns:
        One row a flaw: ``kind, table_name, row_id, group_id, amount, currency_code, note``. Duplicates of one person
        have one ``group_id``; the kind ``different`` lists people who look alike and are not one.
    """
    steps = tables.steps()
    draft = Draft(steps, clients=clients, seed=seed, today=today)
    add_catalogue(steps)
    _add_skeleton(draft)
    add_truth(draft)
    return steps["truth"]


SHOWN = ("clients", "services", "domains", "invoices", "transactions", "tickets")

NOT_EMPTY = """
    select "row", '' as field, 'not_empty' as code,
        'the demo needs a book that was never used; this one has had rows of ' || used.name as message
    from requests, ({used}) used
    where used.highest > 0
    union all
    select "row", '', 'not_empty', 'the demo is built once in a book, request ' || "row" || ' would be another time'
    from requests where "row" > (select min("row") from requests)
"""


def _used_sql(tables: Tables) -> str:
    """SELECT of the first table that has or had rows."""
    every = " union all ".join(
        f"select {place} as place, '{name}' as name, {tables.next_id(name)} as highest"
        for place, name in enumerate(all_tables())
    )
    return f"select * from ({every}) where highest > 0 order by name <> 'clients', place limit 1"


def _add_skeleton(draft: Draft) -> None:
    """Steps that decide everything; what is left is to write it out."""
    words, countries = word_lists()
    draft.steps.add("words", WORDS, words=words)
    draft.steps.add("countries", COUNTRY_ROWS, countries=countries)
    draft.steps.add("slots", COUNTRY_SLOTS)
    add_rows(draft.steps, "price_list", "product_prices", prices())
    add_people(draft)
    add_clients(draft)
    add_services(draft)
    add_bills(draft)
    add_planted(draft)
    add_payments(draft)


def _add_settings(steps: Steps) -> dict[str, str]:
    """Step of the settings, with the next invoice number."""
    number = steps.value(f"select coalesce(max(number), {FIRST_NUMBER - 1}) + 1 from settled")
    settings = {**SETTINGS, "invoice_next_number": str(number)}
    rows = [{"id": n, "name": name, "value": value} for n, (name, value) in enumerate(settings.items(), start=1)]
    add_rows(steps, "new_settings", "settings", rows)
    return {"settings": "new_settings"}


BUILD_DEMO = Rule("build-demo", "Build the demo book", build_demo, BuildDemo, group="import", lenient=True)
RULES: tuple[Rule, ...] = (BUILD_DEMO,)
