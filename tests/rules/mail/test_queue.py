"""Who receives what, and the rules that queue mails."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.mail.queue import CATEGORIES, TEMPLATES, QueueMail, queue_mail
from tests.builders import NOW, TODAY, plan, tables
from tests.long_forms import examples
from tests.rules.sequences import assert_one_by_one_is_same


def queued(book, *rows):
    result = plan(queue_mail, QueueMail, book, rows)
    assert result.problem_list() == []
    return result.rows("communications", "insert")


@pytest.mark.parametrize("category", CATEGORIES)
def test_contacts_receive_what_they_want_and_the_client_everything(category):
    """A mail goes to the client and to the contacts who want its category, to each address once."""
    wants = [
        {"id": number, "client_id": 1, f"wants_{name}": True, "email": f"{name}@example.com"}
        for number, name in enumerate(CATEGORIES, 1)
    ]
    book = tables(
        clients=[{"id": 1}, {"id": 2}],
        contacts=[
            *wants,
            {"id": 11, "client_id": 1, "email": "nothing@example.com"},
            {"id": 12, "client_id": 1, "email": "ADA@example.com", f"wants_{category}": True},
            {"id": 13, "client_id": 1, "email": None, f"wants_{category}": True},
            {"id": 14, "client_id": 2, "email": "other@example.com", f"wants_{category}": True},
        ],
    )
    (row,) = queued(book, {"client_id": 1, "template": "welcome", "category": category})
    assert (row["category"], row["sent_to"]) == (category, f"ada@example.com, {category}@example.com")


def test_queued_mail_waits_without_text():
    """A queued mail is a row of the outbox with template, category and subject, and is written when it is sent."""
    book = tables(clients=[{"id": 1}], invoices=[{"id": 5, "client_id": 1}], communications=[{"id": 8}])
    assert queued(book, {"client_id": 1, "template": "invoice-created", "subject_id": 5}) == [
        {
            "id": 9, "client_id": 1, "kind": "email", "direction": "out", "category": "invoice",
            "template": "invoice-created", "subject_kind": "invoice", "subject_id": 5, "happened_at": NOW,
            "sent_to": "ada@example.com", "status": "queued", "attempts": 0, "next_attempt_at": NOW,
        }
    ]  # fmt: skip


def test_a_contact_alone_receives():
    """A client without an address of its own is no obstacle if a contact wants the mail."""
    book = tables(clients=[{"id": 1, "email": None}], contacts=[{"id": 1, "client_id": 1, "wants_general": True}])
    assert queued(book, {"client_id": 1, "template": "welcome"})[0]["sent_to"] == "eve@example.com"


SUBJECTS = {
    "clients": [{"id": 1}, {"id": 2, "status": "Closed"}, {"id": 3, "overdue_notices": False}, {"id": 4, "email": None}],
    "invoices": [{"id": 5, "client_id": 1, "total": 10}, {"id": 6, "client_id": 3}, {"id": 7, "client_id": 1, "status": "Paid"},
                 {"id": 8, "client_id": 1, "status": "Cancelled"}, {"id": 9, "client_id": 1, "due_on": TODAY},
                 {"id": 10, "client_id": 1, "status": "Draft", "issued_on": None}, {"id": 11, "client_id": 1, "status": "Refunded"},
                 {"id": 12, "client_id": 1, "total": 10}, {"id": 13, "client_id": 1, "total": 10, "status": "Collections"}],
    "allocations": [{"id": 1, "transaction_id": 5, "invoice_id": 12, "amount": 10}],
    "transactions": [{"id": 5, "client_id": 1}, {"id": 6}, {"id": 7, "client_id": 1, "kind": "refund", "amount_out": 3, "refunds_id": 8},
                     {"id": 8, "client_id": 1, "amount_in": 3}],
    "credit_entries": [{"id": 5, "client_id": 1, "amount": 1}, {"id": 6, "client_id": 1, "amount": -1}],
    "communications": [{"id": 8, "client_id": 1, "template": "overdue-notice", "subject_kind": "invoice", "subject_id": 5,
                        "status": "queued"},
                       {"id": 9, "client_id": 1, "template": "invoice-created", "subject_kind": "invoice", "subject_id": 5,
                        "status": "sent"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("request_row", "field", "code"),
    [
        pytest.param({"client_id": 9, "template": "welcome"}, "client_id", "unknown_client", id="no such client"),
        pytest.param({"client_id": 4, "template": "welcome"}, "client_id", "no_recipient", id="nobody to send to"),
        pytest.param({"client_id": 2, "template": "welcome"}, "template", "cannot_log_in", id="welcome to a closed client"),
        pytest.param({"template": "invoice-created"}, "subject_id", "missing", id="about which invoice"),
        pytest.param({"template": "welcome", "subject_id": 5}, "subject_id", "no_subject", id="welcome about nothing"),
        pytest.param({"template": "invoice-created", "subject_id": 99}, "subject_id", "unknown_subject", id="no such invoice"),
        pytest.param({"template": "payment-received", "subject_id": 99}, "subject_id", "unknown_subject", id="no such transaction"),
        pytest.param({"template": "credit-issued", "subject_id": 99}, "subject_id", "unknown_subject", id="no such credit entry"),
        pytest.param({"template": "invoice-created", "subject_id": 6}, "subject_id", "other_client", id="invoice of another"),
        pytest.param({"template": "payment-received", "subject_id": 6}, "subject_id", "other_client", id="payment of nobody"),
        pytest.param({"client_id": 3, "template": "overdue-notice", "subject_id": 6}, "template", "not_wanted", id="notices are off"),
        pytest.param({"template": "overdue-notice", "subject_id": 5}, "template", "already_queued", id="in the outbox already"),
        pytest.param({"template": "overdue-notice", "subject_id": 7}, "subject_id", "not_due", id="a paid invoice"),
        pytest.param({"template": "overdue-notice", "subject_id": 8}, "subject_id", "not_due", id="a cancelled invoice"),
        pytest.param({"template": "overdue-notice", "subject_id": 9}, "subject_id", "not_due", id="due today"),
        pytest.param({"template": "overdue-notice", "subject_id": 10}, "subject_id", "not_due", id="a draft"),
        pytest.param({"template": "overdue-notice", "subject_id": 11}, "subject_id", "not_due", id="a refunded invoice"),
        pytest.param({"template": "overdue-notice", "subject_id": 12}, "subject_id", "not_due", id="nothing is owed"),
        pytest.param({"template": "payment-received", "subject_id": 7}, "subject_id", "not_paid", id="thanks for a refund"),
        pytest.param({"template": "payment-received", "subject_id": 8}, "subject_id", "not_paid", id="thanks for what was sent back"),
        pytest.param({"template": "credit-issued", "subject_id": 6}, "subject_id", "no_credit", id="credit that was used"),
        pytest.param({"template": "invoice-created", "subject_id": 8}, "subject_id", "not_issued", id="a cancelled invoice is not mailed"),
        pytest.param({"template": "invoice-created", "subject_id": 10}, "subject_id", "not_issued", id="nor is a draft"),
    ],
)  # fmt: skip
def test_queue_mail_refused(request_row, field, code):
    """A mail that cannot be queued is named by its row, field and code."""
    problems = plan(queue_mail, QueueMail, tables(**SUBJECTS), [{"client_id": 1, **request_row}]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, field, code)]


def test_an_overdue_notice_is_queued_where_something_is_overdue():
    """Unpaid or in collections, with something owed, and due before today."""
    for number in (13,):
        (row,) = queued(tables(**SUBJECTS), {"client_id": 1, "template": "overdue-notice", "subject_id": number})
        assert row["subject_id"] == number


def test_the_same_mail_twice_is_refused_the_second_time():
    """Asking twice for one mail queues it once; the same template about something else is another mail."""
    rows = [
        {"client_id": 1, "template": "invoice-created", "subject_id": 5},  # sent before: may be sent again
        {"client_id": 1, "template": "credit-issued", "subject_id": 5},
        {"client_id": 1, "template": "invoice-created", "subject_id": 5},
    ]
    problems = plan(queue_mail, QueueMail, tables(**SUBJECTS), rows).problem_list()
    assert [(p.row, p.code) for p in problems] == [(3, "already_queued")]


@settings(max_examples=examples(10), deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 3]), st.sampled_from(["welcome", *TEMPLATES])), unique=True, max_size=4))
def test_queueing_many_is_queueing_one_by_one(pairs):
    """Law: a table of n mails fills the outbox as n tables of one."""
    rows = [{"client_id": client, "template": name} for client, name in pairs if not TEMPLATES[name].subject_kind]
    assert_one_by_one_is_same(queue_mail, QueueMail, lambda: tables(**SUBJECTS), rows)
