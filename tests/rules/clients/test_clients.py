"""Rules of clients."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.book.write.resolve_names import find_rows
from clientops.rules.clients.clients import AddClient, EditClient, add_client, edit_client
from clientops.schema.requests import read_requests
from tests.builders import EUR, JPY, NOW, TODAY, USD, money, plan, tables
from tests.long_forms import examples
from tests.rules.sequences import assert_one_by_one_is_same

PERSON = {"last_name": "Byron", "email": "ada@example.com"}


def test_add_client_fills_in_defaults_and_numbers_them_on():
    """A new client gets the next number, the default currency, today's date, and the values as the tables keep them."""
    book = tables(clients=[{"id": 7, "email": "old@example.com"}])
    result = plan(add_client, AddClient, book, [
        {**PERSON, "country": "Germany", "phone": "030 123456", "tax_id": "136695976", "postcode": "d-10115"},
        {"company_name": "日本 KK", "email": "b@example.com", "currency": "jpy", "status": "Inactive", "created_on": "2020-02-29"},
    ])  # fmt: skip
    assert result.problem_list() == []
    rows = result.rows("clients", "insert")
    wanted = (
        "id",
        "last_name",
        "company_name",
        "country",
        "phone",
        "tax_id",
        "postcode",
        "currency_id",
        "status",
        "created_on",
    )
    assert [tuple(row[name] for name in wanted) for row in rows] == [
        (8, "Byron", None, "DE", "+4930123456", "DE136695976", "10115", EUR, "Active", TODAY),
        (9, None, "日本 KK", None, None, None, None, JPY, "Inactive", date(2020, 2, 29)),
    ]
    assert [(r["auto_apply_credit"], r["is_tax_exempt"], r["email_opt_out"]) for r in rows] == [
        (True, False, False)
    ] * 2
    assert result.rows("communications", "insert") == []


def test_welcome_mail_is_queued_where_it_is_ticked():
    """Only the clients with the tick get a welcome e-mail, addressed to themselves, in the outbox."""
    book = tables(communications=[{"id": 3}])
    rows = [{**PERSON, "send_welcome": tick, "email": f"{tick}@example.com"} for tick in ("no", "yes")]
    assert plan(add_client, AddClient, book, rows).rows("communications", "insert") == [
        {
            "id": 4, "client_id": 2, "kind": "email", "direction": "out", "category": "general", "template": "welcome",
            "subject_kind": None, "subject_id": None, "happened_at": NOW, "sent_to": "yes@example.com",
            "status": "queued", "attempts": 0, "next_attempt_at": NOW,
        }
    ]  # fmt: skip


BAD_INPUTS = {
    "no name at all": ({"last_name": " ", "email": "a@example.com"}, "last_name", "no_name", "a name is missing"),
    "no e-mail": ({"email": ""}, "email", "missing", "email is missing"),
    "e-mail without domain": ({"email": "ada@"}, "email", "bad_value", "write it like ada@example.com"),
    "e-mail without dot": ({"email": "ada@localhost"}, "email", "bad_value", "period"),
    "e-mail with a header": ({"email": "a@x.de\nBcc: b@x.de"}, "email", "bad_value", "a line break"),
    "two e-mails": ({"email": "a@x.de;b@x.de"}, "email", "bad_value", "write it like ada@example.com"),
    "country misspelt": ({"country": "Germny"}, "country", "bad_value", "did you mean Germany (DE)?"),
    "unknown country code": ({"country": "QQ"}, "country", "bad_value", "code of two letters, like DE"),
    "phone without country": ({"phone": "030 123456"}, "phone", "bad_value", "give the country too"),
    "phone not of its country": ({"phone": "030", "country": "DE"}, "phone", "bad_value", "like +49 30 123456"),
    "phone in words": ({"phone": "call me", "country": "DE"}, "phone", "bad_value", "like +49 30 123456"),
    "VAT check digit": ({"tax_id": "DE136695977", "country": "DE"}, "tax_id", "bad_value", "check digit"),
    "VAT number too short": ({"tax_id": "DE1", "country": "DE"}, "tax_id", "bad_value", "like DE136695976"),
    "tax number without country": ({"tax_id": "12345"}, "tax_id", "bad_value", "give the country too"),
    "postcode of another country": ({"postcode": "EC1Y 8SY", "country": "DE"}, "postcode", "bad_value", "like 26133"),
    "no currency": ({"currency": "EURO"}, "currency", "bad_value", "like EUR"),
    "currency not in the book": ({"currency": "CHF"}, "currency", "unknown_currency", "EUR, JPY, KWD, USD"),
    "no such group": ({"group_id": "9"}, "group_id", "unknown_group", "there is no group 9"),
    "group not a number": ({"group_id": "resellers"}, "group_id", "unknown_name", "finds no"),
    "no such status": ({"status": "Gone"}, "status", "bad_value", "'Active', 'Inactive' or 'Closed'"),
    "no language": ({"language": "klingon"}, "language", "bad_value", "like en or pt-BR"),
    "neither yes nor no": ({"is_tax_exempt": "maybe"}, "is_tax_exempt", "bad_value", "must be yes or no"),
    "no date": ({"created_on": "31.02.2026"}, "created_on", "bad_value", "write it like 2026-11-30"),
    "date to come": ({"created_on": "2027-01-01"}, "created_on", "in_future", "is after today, 2026-11-20"),
    "two lines in a name": ({"first_name": "Ada\nEve"}, "first_name", "bad_value", "on one line"),
    "invisible character": ({"city": "Ber\x07lin"}, "city", "bad_value", "U+0007"),
    "company too long": ({"company_name": "x" * 251}, "company_name", "bad_value", "at most 250 characters"),
    "remarks too long": ({"admin_notes": "x" * 20_001}, "admin_notes", "bad_value", "at most 20000 characters"),
    "welcome to a closed client": ({"status": "Closed", "send_welcome": "yes"}, "send_welcome", "cannot_log_in", "Closed"),
}  # fmt: skip


def test_bad_inputs_are_all_reported_at_once():
    """Every bad value of every row is named by row, field and code, with what would be right, in one go."""
    rows = [{**PERSON, **bad} for bad, *_ in BAD_INPUTS.values()]
    book = tables()
    read = find_rows(book, read_requests(AddClient, rows))
    found = add_client(book, read.relation(book._connection), today=TODAY, now=NOW).problem_list()
    unread = {(problem.row, problem.field) for problem in read.problems}
    problems = sorted([*read.problems, *(p for p in found if (p.row, p.field) not in unread)], key=lambda p: p.row)
    expected = [(row, field, code) for row, (_, field, code, _) in enumerate(BAD_INPUTS.values(), 1)]
    assert [(p.row, p.field, p.code) for p in problems] == expected
    for problem, (name, (*_, says)) in zip(problems, BAD_INPUTS.items(), strict=True):
        assert says in problem.message, name
        assert problem.field in problem.message or problem.code in {"no_name", "unknown_group"}, name
        assert not problem.message.endswith("."), name


def test_one_row_reports_all_its_flaws():
    """Several flaws of one request are all told, and what hangs on an unreadable field is not."""
    row = {"email": "x", "country": "Nowhere", "phone": "030 1", "language": "??", "group_id": "-1"}
    problems = read_requests(AddClient, [row]).problems
    assert [(p.field, p.code) for p in problems] == [
        ("country", "bad_value"), ("email", "bad_value"), ("group_id", "bad_value"), ("language", "bad_value"),
        ("last_name", "no_name"),
    ]  # fmt: skip


def test_book_without_default_currency():
    """Where the book has no default currency, a client needs one."""
    book = tables(currencies=[{"id": 1, "code": "EUR"}])
    problems = plan(add_client, AddClient, book, [PERSON, {**PERSON, "currency": "EUR"}]).problem_list()
    assert [(p.row, p.code) for p in problems] == [(1, "unknown_currency")]


def test_likely_duplicates_are_told_before_saving():
    """E-mail, phone and tax number of another client, or of an earlier row, are warned of and do not refuse."""
    book = tables(clients=[
        {"id": 1, "email": "ADA@example.com", "phone": "+4930123456"},
        {"id": 2, "email": "x@example.com", "phone": "+4930123456", "tax_id": "DE136695976"},
    ])  # fmt: skip
    result = plan(add_client, AddClient, book, [
        {**PERSON, "phone": "+49 30 123456"},
        {**PERSON, "email": "new@example.com", "tax_id": "DE136695976"},
        {**PERSON, "email": "NEW@example.com"},
        {**PERSON, "email": "other@example.com"},
    ])  # fmt: skip
    assert result.problem_list() == []
    warnings = result.warnings.order('"row", field').fetchall()
    assert [(row, field, code) for row, field, code, _ in warnings] == [
        (1, "email", "likely_duplicate"), (1, "phone", "likely_duplicate"),
        (2, "tax_id", "likely_duplicate"), (3, "email", "likely_duplicate"),
    ]  # fmt: skip
    assert "that of client 1;" in warnings[0][3]
    assert "that of client 1, client 2;" in warnings[1][3]
    assert "that of row 2;" in warnings[3][3]


def test_many_likely_duplicates_stay_readable():
    """Of many clients with one phone number the first three are named and the others counted."""
    book = tables(clients=[{"id": number, "phone": "+4930123456", "email": None} for number in range(1, 12)])
    warnings = plan(add_client, AddClient, book, [{**PERSON, "phone": "+4930123456"}]).warnings.fetchall()
    assert "that of client 1, client 2, client 3 and 8 more;" in warnings[0][3]


def edited(book, *requests):
    result = plan(edit_client, EditClient, book, requests)
    assert result.problem_list() == []
    return {row["id"]: row for row in result.rows("clients", "update")}


def test_edit_client_changes_only_what_is_given():
    """What is left empty stays; what ``clear`` names becomes empty; later rows of a client win."""
    book = tables(groups=[{"id": 1}], clients=[
        {"id": 1, "city": "Berlin", "phone": "+4930123456", "group_id": 1, "late_fees": False, "admin_notes": "note"},
        {"id": 2, "city": "Rome"},
    ])  # fmt: skip
    rows = edited(
        book,
        {"client_id": 1, "city": "Paris", "clear": "phone, group_id", "is_tax_exempt": "yes"},
        {"client_id": 1, "city": "Lyon", "phone": "+33 1 23 45 67 89"},
        {"client_id": 2, "clear": "city"},
    )
    first, second = rows[1], rows[2]
    assert (first["city"], first["phone"], first["group_id"]) == ("Lyon", "+33123456789", None)
    assert (first["is_tax_exempt"], first["late_fees"], first["admin_notes"]) == (True, False, "note")
    assert (first["first_name"], first["currency_id"]) == ("Ada", EUR)
    assert (second["city"], second["email"]) == (None, "ada@example.com")


@pytest.mark.parametrize(
    ("request_row", "field", "code"),
    [
        pytest.param({"client_id": 9, "city": "Rome"}, "client_id", "unknown_client", id="no such client"),
        pytest.param({}, "", "nothing_given", id="nothing to change"),
        pytest.param({"clear": "email"}, "clear", "not_clearable", id="e-mail cannot be emptied"),
        pytest.param({"clear": "credit_balance"}, "clear", "not_clearable", id="not a field"),
        pytest.param({"clear": "city", "city": "Rome"}, "city", "given_and_cleared", id="given and cleared"),
        pytest.param({"clear": "first_name last_name"}, "clear", "no_name", id="no name would be left"),
        pytest.param({"group_id": 9}, "group_id", "unknown_group", id="no such group"),
        pytest.param({"currency": "CHF"}, "currency", "unknown_currency", id="currency not in the book"),
    ],
)
def test_edit_client_refused(request_row, field, code):
    """A change that cannot be made is named by its row, field and code."""
    book = tables(clients=[{"id": 1}])
    problems = plan(edit_client, EditClient, book, [{"client_id": 1, **request_row}]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, field, code)]


MONEY = {
    "account credit": {"clients": [{"id": 1, "credit_balance": 1}]},
    "credit entries": {"credit_entries": [{"id": 1, "client_id": 1, "amount": 1}]},
    "invoices": {"invoices": [{"id": 1, "client_id": 1}]},
    "transactions": {"transactions": [{"id": 1, "client_id": 1, "amount_in": 1}]},
    "services": {"services": [{"id": 1, "client_id": 1}]},
    "domains": {"domains": [{"id": 1, "client_id": 1}]},
    "orders": {"orders": [{"id": 1, "client_id": 1}]},
    "affiliate commissions": {"affiliates": [{"id": 1, "client_id": 1}]},
}


@pytest.mark.parametrize("words", MONEY)
def test_currency_is_fixed_once_there_is_money(words):
    """A client's currency changes only while there is nothing in it; the same currency is always fine."""
    book = tables(**{"clients": [{"id": 1}], **MONEY[words]})
    problems = plan(edit_client, EditClient, book, [{"client_id": 1, "currency": "USD"}]).problem_list()
    assert [(p.field, p.code) for p in problems] == [("currency", "currency_fixed")]
    assert f"who has {words} in EUR" in problems[0].message
    assert plan(edit_client, EditClient, book, [{"client_id": 1, "currency": "EUR"}]).problem_list() == []


def test_currency_of_a_client_without_money_changes():
    """Another client's money does not count."""
    book = tables(clients=[{"id": 1}, {"id": 2, "credit_balance": money(3)}], invoices=[{"id": 1, "client_id": 2}])
    assert edited(book, {"client_id": 1, "currency": "USD"})[1]["currency_id"] == USD


def test_form_can_be_made_of_the_models():
    """Each field has a title, and the models have a JSON schema."""
    for model in (AddClient, EditClient):
        properties = model.model_json_schema()["properties"]
        assert all(properties[name].get("title") for name in model.model_fields)


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(st.fixed_dictionaries({
    "last_name": st.sampled_from(["Byron", "שלום", "O'Neil \"x\""]),
    "email": st.sampled_from(["a@example.com", "b@example.com"]),
    "currency": st.sampled_from([None, "USD"]),
    "send_welcome": st.booleans(),
}), min_size=1, max_size=5))  # fmt: skip
def test_adding_many_is_adding_one_by_one(rows):
    """Law: a table of n clients gives the same rows and numbers as n tables of one."""
    assert_one_by_one_is_same(add_client, AddClient, lambda: tables(clients=[{"id": 4}]), rows)


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.fixed_dictionaries({
    "client_id": st.sampled_from([1, 2]),
    "city": st.sampled_from([None, "Rome", "Oslo"]),
    "late_fees": st.sampled_from([None, True, False]),
    "admin_notes": st.sampled_from(["x", "y"]),
    "clear": st.sampled_from([None, "phone", "phone company_name"]),
}), min_size=1, max_size=5))  # fmt: skip
def test_editing_many_is_editing_one_by_one(rows):
    """Law: a table of n changes leaves the same clients as n tables of one, in their order."""

    def make():
        return tables(clients=[{"id": 1, "phone": "1", "company_name": "A", "city": "Bonn"}, {"id": 2, "phone": "2"}])

    assert_one_by_one_is_same(edit_client, EditClient, make, rows)
