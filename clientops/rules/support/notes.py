"""Notes: about a client, or a service, invoice, domain or ticket."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql, unknown_or_removed_sql
from clientops.rules.kit.field_types import ColumnNames, Line, Place
from clientops.schema.requests import CrossCheck, FieldError, Id, Request, Text
from clientops.schema.tables import Tables

SUBJECTS = ("service_id", "invoice_id", "domain_id", "ticket_id")


def check_one_subject(client: int | None, *subjects: int | None) -> dict[str, Any]:
    """Refuse a note about nothing, or about two things."""
    given = [name for name, value in zip(SUBJECTS, subjects, strict=True) if value is not None]
    if len(given) > 1:
        raise FieldError(given[1], f"{given[1]} is given beside {given[0]}: a note is about one thing", "two_subjects")
    if not given and client is None:
        raise FieldError("client_id", "client_id is missing: say what the note is about", "no_subject")
    return {}


class AddNote(Request):
    """Add a note about a client, or about one of their services, invoices, domains or tickets."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("client_id", *SUBJECTS), check_one_subject),)

    client_id: Id | None = Field(
        None, title="Client", description="Whom it is about; empty: whose the service, invoice … is", json_schema_extra={"picks": "clients"}
    )  # fmt: skip
    body: Text = Field(
        title="Note", description="Text, in Markdown", json_schema_extra={"multiline": True, "markdown": True}
    )
    is_sticky: bool = Field(default=False, title="Sticky", description="Stays on top of the client's screen")
    service_id: Id | None = Field(None, title="Service", description="If it is about one", json_schema_extra={"picks": "services"})  # fmt: skip
    invoice_id: Id | None = Field(None, title="Invoice", description="If it is about one", json_schema_extra={"picks": "invoices"})  # fmt: skip
    domain_id: Id | None = Field(None, title="Domain", description="If it is about one", json_schema_extra={"picks": "domains"})  # fmt: skip
    ticket_id: Id | None = Field(None, title="Ticket", description="If it is about one", json_schema_extra={"picks": "tickets"})  # fmt: skip
    attachment: Place | None = Field(
        None, title="Attachment", description="Where the file is, e.g. its path or address; the file stays there"
    )
    author: Line | None = Field(None, title="Author", description="Who wrote it")


def add_note(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add notes.

    Args:
        tables: Read-only tables; reads ``notes`` and what they are about.
        requests: One row per note: ``body`` (Markdown), and ``client_id`` or one of ``service_id``, ``invoice_id``,
            ``domain_id``, ``ticket_id``. See ``AddNote``.
        today: Not used.
        now: When they are written.

    Returns:
        Inserts into ``notes``, in row order; each is shown with the client whose the thing is.

    Problems:
        ``unknown_client``, ``unknown_service``, ``unknown_invoice``, ``unknown_domain``, ``unknown_ticket``,
        ``other_client`` (it belongs to another client); and from reading ``no_subject``, ``two_subjects``.

    Source:
        WHMCS "Notes tab": sticky notes stay on top.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", PROBLEMS)
    steps.add("new_notes", NEW_NOTES.format(next_id=tables.next_id("notes")), now=now)
    return steps.plan(steps.insert("notes", "new_notes"), problems="problems")


_KINDS = (("service", "services"), ("invoice", "invoices"), ("domain", "domains"), ("ticket", "tickets"))

ASKED = f"""
    select requests.*,
        case {" ".join(f"when requests.{kind}_id is not null then '{kind}'" for kind, _ in _KINDS)} else 'client' end
            as subject_kind,
        coalesce({", ".join(f"requests.{kind}_id" for kind, _ in _KINDS)}) as subject_id,
        coalesce({", ".join(f"{table}.id" for _, table in _KINDS)}) is not null as is_subject_known,
        coalesce({", ".join(f"{table}.client_id" for _, table in _KINDS)}) as owner_id,
        clients.id is not null as is_client_known
    from requests
    left join clients on clients.id = requests.client_id
    {" ".join(f"left join {table} on {table}.id = requests.{kind}_id" for kind, table in _KINDS)}
"""

PROBLEMS = """
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where client_id is not null and not is_client_known
    union all
    select "row", subject_kind || '_id', 'unknown_' || subject_kind, 'there is no ' || subject_kind || ' ' || subject_id
    from asked where subject_id is not null and not is_subject_known
    union all
    select "row", subject_kind || '_id', 'other_client', subject_kind || ' ' || subject_id || ' is not of client '
        || client_id || coalesce(' but of client ' || owner_id, '')
    from asked where is_subject_known and is_client_known and owner_id is distinct from client_id
"""

NEW_NOTES = """
    select {next_id} + row_number() over (order by "row") as id,
        case when subject_kind = 'client' then client_id else owner_id end as client_id, subject_kind, subject_id, author,
        $now::timestamptz as created_at, body, is_sticky, attachment
    from asked
"""


class EditNote(Request):
    """Change a note: only what is given."""

    note_id: Id = Field(title="Note", description="Which one is changed", json_schema_extra={"picks": "notes"})
    body: Text | None = Field(
        None, title="Note", description="Text, in Markdown", json_schema_extra={"multiline": True, "markdown": True}
    )
    is_sticky: bool | None = Field(None, title="Sticky", description="Stays on top of the client's screen")
    attachment: Place | None = Field(None, title="Attachment", description="Where the file is")
    author: Line | None = Field(None, title="Author", description="Who wrote it")
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="attachment, author")


EDITABLE = ("body", "is_sticky", "attachment", "author")


def edit_note(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change notes where something is given; what they were stays in the history.

    Args:
        tables: Read-only tables; reads ``notes``.
        requests: One row per change: ``note_id``, any fields, ``clear``. Later rows of one note win. See ``EditNote``.
        today: Not used.
        now: When they are changed.

    Returns:
        Updates of ``notes``, with ``modified_at`` where anything differs.

    Problems:
        ``unknown_note``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``.
    """
    steps = tables.steps(requests=requests)
    steps.add("edited", edited_sql("notes", "note_id", EDITABLE))
    steps.add("problems", edit_problems_sql("notes", "note_id", EDITABLE, ("attachment", "author")))
    steps.add("changed_notes", CHANGED_NOTES, now=now)
    return steps.plan(steps.update("notes", "changed_notes"), problems="problems")


CHANGED_NOTES = """
    select edited.*, $now::timestamptz as modified_at
    from edited join notes using (id)
    where (edited.body, edited.is_sticky, edited.attachment, edited.author)
        is distinct from (notes.body, notes.is_sticky, notes.attachment, notes.author)
"""


class RemoveNote(Request):
    """Remove a note; it stays in the history."""

    note_id: Id = Field(title="Note", description="Which one goes", json_schema_extra={"picks": "notes"})


def remove_note(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove notes.

    Args:
        tables: Read-only tables; reads ``notes``.
        requests: One row per note. See ``RemoveNote``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``notes``.

    Problems:
        ``unknown_note``, also for one that an earlier row removes.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", unknown_or_removed_sql("notes", "note_id"))
    steps.add("gone", "select distinct note_id as id from requests")
    return steps.plan(steps.delete("notes", "gone"), problems="problems")


RULES: tuple[Rule, ...] = (
    Rule("add-note", "Add note", add_note, AddNote, group="notes", manual="custom data or notes"),
    Rule("edit-note", "Edit note", edit_note, EditNote, group="notes", manual="custom data or notes"),
    Rule(
        "remove-note",
        "Remove note",
        remove_note,
        RemoveNote,
        risk="medium",
        group="notes",
        manual="custom data or notes",
    ),
)
