"""Rules of the outbox."""

from datetime import timedelta

import pytest

from clientops.rules.mail.delivery import (
    MOST_ATTEMPTS,
    UNCERTAIN,
    BeginMail,
    RecordMail,
    RetryMail,
    begin_mail,
    record_mail,
    retry_mail,
)
from tests.builders import NOW, plan, tables
from tests.rules.sequences import assert_one_by_one_is_same

BEGUN = {"status": "failed", "error": f"{UNCERTAIN} (2026-11-20 09:00:00)", "attempts": 1, "sent_to": "a@x.de, b@x.de"}


def outbox():
    """Mails: 1 queued, 2 begun, 3 sent, 4 failed; 5 is a call, 6 came in; 7 and 8 as 1 and 2."""
    rows = [
        {"status": "queued", "attempts": 2, "error": "busy"}, BEGUN, {"status": "sent"},
        {"status": "failed", "error": "550 no", "attempts": 6}, {"kind": "call"}, {"direction": "in"},
        {"status": "queued"}, BEGUN,
    ]  # fmt: skip
    return tables(communications=[{"id": number, **row} for number, row in enumerate(rows, 1)])


def updated(rule, model, *rows):
    result = plan(rule, model, outbox(), rows)
    assert result.problem_list() == []
    return result.rows("communications", "update")


def test_begun_mail_is_failed_until_its_outcome_is_known():
    """From its begin on a mail counts as failed, with its text and one attempt more, so nobody sends it again."""
    assert updated(begin_mail, BeginMail, {"communication_id": 1, "subject": "Hello", "body": "Text"}) == [
        {"id": 1, "status": "failed", "attempts": 3, "sent_to": None, "next_attempt_at": None, "subject": "Hello", "body": "Text",
         "error": f"{UNCERTAIN} (2026-11-20 09:30:00)"},
    ]  # fmt: skip


def test_sent_mail():
    """A mail that the server took is sent, to the addresses that it took."""
    rows = [
        {"communication_id": 2, "outcome": "sent"},
        {"communication_id": 8, "outcome": "sent", "sent_to": "a@x.de", "error": "b@x.de: 550"},
    ]
    assert updated(record_mail, RecordMail, *rows) == [
        {"id": 2, "status": "sent", "sent_at": NOW, "next_attempt_at": None, "error": None, "sent_to": "a@x.de, b@x.de"},
        {"id": 8, "status": "sent", "sent_at": NOW, "next_attempt_at": None, "error": "b@x.de: 550", "sent_to": "a@x.de"},
    ]  # fmt: skip


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80)])
def test_tried_again_later_and_later(attempts, minutes):
    """A mail that was not taken waits 5 minutes, then twice as long each time."""
    book = tables(communications=[{"id": 1, **BEGUN, "attempts": attempts}])
    row = {"communication_id": 1, "outcome": "try again", "error": "451 busy"}
    (found,) = plan(record_mail, RecordMail, book, [row]).rows("communications", "update")
    assert (found["status"], found["error"], found["sent_at"]) == ("queued", "451 busy", None)
    assert found["next_attempt_at"] == NOW + timedelta(minutes=minutes)


def test_given_up_at_last():
    """After the last attempt a mail has failed, with the reason, and so has one that is refused for good."""
    book = tables(communications=[{"id": 1, **BEGUN, "attempts": MOST_ATTEMPTS}, {"id": 2, **BEGUN}])
    found = plan(record_mail, RecordMail, book, [
        {"communication_id": 1, "outcome": "try again", "error": "451 busy"},
        {"communication_id": 2, "outcome": "failed", "error": "550 no"},
    ]).rows("communications", "update")  # fmt: skip
    assert [(r["status"], r["next_attempt_at"], r["error"]) for r in found] == [
        ("failed", None, "given up after 6 attempts: 451 busy"), ("failed", None, "550 no"),
    ]  # fmt: skip


def test_retried_mail_is_queued_anew():
    """A failed mail goes back into the outbox; that it may arrive twice is told where it is so."""
    result = plan(retry_mail, RetryMail, outbox(), [{"communication_id": 4}, {"communication_id": 2}])
    assert result.rows("communications", "update") == [
        {"id": number, "status": "queued", "attempts": 0, "next_attempt_at": NOW, "error": None} for number in (2, 4)
    ]
    assert [(row, code) for row, _, code, _ in result.warnings.fetchall()] == [(2, "may_arrive_twice")]


@pytest.mark.parametrize(
    ("rule", "model", "row", "code"),
    [
        pytest.param(begin_mail, BeginMail, {"communication_id": 99}, "unknown_mail", id="begin: no such mail"),
        pytest.param(begin_mail, BeginMail, {"communication_id": 2}, "not_queued", id="begin: begun by another sender"),
        pytest.param(begin_mail, BeginMail, {"communication_id": 3}, "not_queued", id="begin: sent"),
        pytest.param(record_mail, RecordMail, {"communication_id": 1, "outcome": "sent"}, "not_begun", id="record: not begun"),
        pytest.param(record_mail, RecordMail, {"communication_id": 4, "outcome": "sent"}, "not_begun", id="record: recorded before"),
        pytest.param(record_mail, RecordMail, {"communication_id": 1, "outcome": "try again"}, "not_begun", id="record: never tried, to be tried again"),
        pytest.param(record_mail, RecordMail, {"communication_id": 99, "outcome": "sent"}, "unknown_mail", id="record: no such mail"),
        pytest.param(retry_mail, RetryMail, {"communication_id": 3}, "not_failed", id="retry: sent"),
        pytest.param(retry_mail, RetryMail, {"communication_id": 5}, "unknown_mail", id="retry: a call"),
        pytest.param(retry_mail, RetryMail, {"communication_id": 6}, "unknown_mail", id="retry: came in"),
    ],
)  # fmt: skip
def test_refused(rule, model, row, code):
    """A step that does not fit the mail's status is refused."""
    problems = plan(rule, model, outbox(), [row]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, "communication_id", code)]


@pytest.mark.parametrize(
    ("rule", "model", "row"),
    [
        pytest.param(begin_mail, BeginMail, {"communication_id": 1}, id="begin"),
        pytest.param(record_mail, RecordMail, {"communication_id": 2, "outcome": "sent"}, id="record"),
        pytest.param(retry_mail, RetryMail, {"communication_id": 4}, id="retry"),
    ],
)
def test_the_same_mail_twice_is_refused(rule, model, row):
    """The second of two requests for one mail finds it in another status."""
    problems = plan(rule, model, outbox(), [row, row]).problem_list()
    assert [p.row for p in problems] == [2]


@pytest.mark.parametrize(
    ("rule", "model", "rows"),
    [
        pytest.param(begin_mail, BeginMail, [{"communication_id": 7, "subject": "b"}, {"communication_id": 1}], id="begin"),
        pytest.param(record_mail, RecordMail, [{"communication_id": 8, "outcome": "try again"}, {"communication_id": 2, "outcome": "sent"}], id="record"),
        pytest.param(retry_mail, RetryMail, [{"communication_id": 4}, {"communication_id": 2}], id="retry"),
    ],
)  # fmt: skip
def test_many_are_one_by_one(rule, model, rows):
    """Law: a table of n requests leaves the same outbox as n tables of one."""
    assert_one_by_one_is_same(rule, model, outbox, rows)
