"""Merge: groups, chains, refusals, repointing and money."""

from datetime import date

import pytest

from clientops.rules.merge.merge import RULES
from clientops.schema.references import references_to
from tests.builders import EUR, JPY, TODAY, USD, money, tables
from tests.rules.applying import apply_rule, every_row, plan_rule, select
from tests.rules.random_books import flaws

(MERGE,) = RULES


def pairs(*given_pairs, **options):
    """Requests: replaced client, survivor."""
    return [{"replaced_id": replaced, "survivor_id": survivor, **options} for replaced, survivor in given_pairs]


def clients(*numbers, **columns):
    return [{"id": number, **columns} for number in numbers]


def problems(book, *given_pairs, **options):
    found = plan_rule(book, MERGE, pairs(*given_pairs, **options)).problem_list()
    return [(p.row, p.field, p.code) for p in found]


# -- who goes, who stays ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "survivor_of"),
    [
        pytest.param([(2, 1)], {2: 1}, id="one pair"),
        pytest.param([(2, 1), (3, 1), (5, 4)], {2: 1, 3: 1, 5: 4}, id="two groups at once"),
        pytest.param([(1, 2), (2, 3)], {1: 3, 2: 3}, id="a chain"),
        pytest.param([(2, 3), (1, 2)], {1: 3, 2: 3}, id="a chain, its end first"),
        pytest.param([(1, 2), (2, 3), (3, 4), (4, 5), (5, 6)], dict.fromkeys(range(1, 6), 6), id="a long chain"),
        pytest.param([(1, 3), (2, 3), (3, 5), (4, 5)], {1: 5, 2: 5, 3: 5, 4: 5}, id="a tree"),
    ],
)  # fmt: skip
def test_replaced_clients_go_and_their_numbers_find_the_last_survivor(asked, survivor_of):
    """Every replaced client is deleted, and its old number leads to the client that remains in the end."""
    book = tables(clients=clients(*range(1, 7)))
    apply_rule(book, MERGE, pairs(*asked))
    assert dict(select(book, "merged_clients", "replaced_id", "survivor_id")) == survivor_of
    assert [n for (n,) in select(book, "clients", "id")] == [n for n in range(1, 7) if n not in survivor_of]


def test_chains_of_any_length_end():
    """A chain of two thousand merges in one operation, given in any order, ends at its last client."""
    last = 2001
    book = tables(clients=clients(last))
    book._connection.execute("insert into clients (id, currency_id) select range, 1 from range(1, 2001)")
    apply_rule(book, MERGE, pairs(*((n, n + 1) for n in sorted(range(1, last), key=lambda n: n * 7919 % last))))
    assert select(book, "clients", "id") == [(last,)]
    assert book.query("select count(*), min(survivor_id) from merged_clients").fetchone() == (last - 1, last)


def test_old_numbers_still_find_their_client_after_later_merges():
    """A number that was replaced long ago follows its survivor into the next merge."""
    book = tables(clients=clients(1, 2, 3))
    apply_rule(book, MERGE, pairs((1, 2)))
    apply_rule(book, MERGE, pairs((2, 3)))
    assert select(book, "merged_clients", "replaced_id", "survivor_id", "merged_on") == [(1, 3, TODAY), (2, 3, TODAY)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param([(9, 1)], [(1, "replaced_id", "unknown_client")], id="no such duplicate"),
        pytest.param([(1, 9)], [(1, "survivor_id", "unknown_client")], id="no such survivor"),
        pytest.param([(9, 9)], [(1, "replaced_id", "unknown_client"), (1, "survivor_id", "same_client"), (1, "survivor_id", "unknown_client")], id="nobody into nobody"),
        pytest.param([(1, 1)], [(1, "survivor_id", "same_client")], id="itself"),
        pytest.param([(90, 1)], [(1, "replaced_id", "already_merged")], id="merged before"),
        pytest.param([(2, 90)], [(1, "survivor_id", "already_merged")], id="into one merged before"),
        pytest.param([(2, 1), (2, 3)], [(1, "replaced_id", "two_survivors"), (2, "replaced_id", "two_survivors")], id="in two groups"),
        pytest.param([(2, 1), (2, 1)], [(1, "replaced_id", "given_twice"), (2, "replaced_id", "given_twice")], id="the same pair twice"),
        pytest.param([(1, 2), (2, 1)], [(1, "survivor_id", "circle"), (2, "survivor_id", "circle")], id="each other"),
        pytest.param([(1, 2), (2, 3), (3, 1), (4, 3), (6, 5)], [(n, "survivor_id", "circle") for n in (1, 2, 3, 4)], id="a circle and what leads into it"),
    ],
)  # fmt: skip
def test_refused(asked, expected):
    """A pair that cannot be merged is named by its row, field and code; all at once."""
    book = tables(clients=clients(*range(1, 7)), merged_clients=[{"id": 1, "replaced_id": 90, "survivor_id": 1}])
    assert problems(book, *asked) == expected


def test_one_merged_before_names_its_survivor():
    """Who names a client that was merged learns where it went and when."""
    redirect = {"id": 1, "replaced_id": 90, "survivor_id": 1, "merged_on": date(2026, 3, 1)}
    book = tables(clients=clients(1, 2), merged_clients=[redirect])
    (problem,) = plan_rule(book, MERGE, pairs((2, 90))).problem_list()
    assert problem.message == "client 90 was merged into client 1 on 2026-03-01; name client 1 instead"


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        pytest.param({"take_from_replaced": "phone moon"}, ["unknown_field"], id="no such field"),
        pytest.param({"take_from_replaced": "credit_balance"}, ["unknown_field"], id="credit is never picked"),
        pytest.param({"take_from_replaced": "field:7"}, ["unknown_field"], id="no such custom field"),
        pytest.param({"take_from_replaced": "field:2"}, ["unknown_field"], id="a custom field of services"),
        pytest.param({"take_from_replaced": "field:1 phone city"}, [], id="fields and a custom field"),
    ],
)
def test_fields_to_take_are_checked(columns, codes):
    """Only fields that can be chosen are taken."""
    fields = [{"id": 1}, {"id": 2, "subject_kind": "service"}]
    book = tables(clients=clients(1, 2), custom_fields=fields)
    assert [p.code for p in plan_rule(book, MERGE, pairs((2, 1), **columns)).problem_list()] == codes


def test_a_field_is_taken_from_one_client():
    """Two duplicates cannot both give the survivor the same field."""
    book = tables(clients=clients(1, 2, 3))
    assert problems(book, (2, 1), (3, 1), take_from_replaced="phone") == [
        (1, "take_from_replaced", "taken_twice"), (2, "take_from_replaced", "taken_twice"),
    ]  # fmt: skip


# -- currencies and money --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        pytest.param({"invoices": [{"id": 1, "client_id": 2}]}, "1 invoice", id="an invoice"),
        pytest.param({"transactions": [{"id": 1, "client_id": 2}]}, "1 transaction", id="a transaction"),
        pytest.param({"credit_entries": [{"id": 1, "client_id": 2, "amount": 0}]}, "1 credit entry", id="a credit entry"),
        pytest.param({"services": [{"id": 1, "client_id": 2, "recurring_amount": 1}]}, "1 priced service", id="a priced service"),
        pytest.param({"domains": [{"id": 1, "client_id": 2, "recurring_amount": 1}]}, "1 priced domain", id="a priced domain"),
        pytest.param({"services": [{"id": 1, "client_id": 2}], "addons": [{"id": 1, "service_id": 1, "setup_fee": 1}]}, "1 priced add-on", id="a priced add-on"),
        pytest.param({"orders": [{"id": 1, "client_id": 2, "amount": 1}]}, "1 order", id="an order"),
        pytest.param({"affiliates": [{"id": 1, "client_id": 2, "withdrawn": 1}]}, "1 commission", id="commission"),
    ],
)  # fmt: skip
def test_two_currencies_are_refused_where_money_is_involved(rows, what):
    """What a client of another currency has is named; the survivor's currency would change its meaning."""
    book = tables(clients=[{"id": 1}, {"id": 2, "currency_id": USD}], **rows)
    (problem,) = plan_rule(book, MERGE, pairs((2, 1))).problem_list()
    assert problem.code == "different_currency"
    assert problem.message == (
        f"client 2 is billed in USD and has {what}; survivor 1 is billed in EUR: with money involved both need one currency"
    )


def test_a_credit_in_another_currency_is_refused_along_a_chain():
    """The survivor at the end of a chain decides, not the next one."""
    book = tables(
        clients=[{"id": 1}, {"id": 2, "currency_id": JPY}, {"id": 3, "currency_id": JPY, "credit_balance": 5}]
    )
    (problem,) = plan_rule(book, MERGE, pairs((3, 2), (2, 1))).problem_list()
    assert (problem.row, problem.code) == (1, "different_currency")
    assert "a credit of JPY 5" in problem.message


def test_two_currencies_are_refused_whichever_survives():
    """The first currency into the second, or the second into the first."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}, {"id": 2, "currency_id": USD, "credit_balance": 5}])
    for pair in ((1, 2), (2, 1)):
        assert problems(book, pair) == [(1, "survivor_id", "different_currency")]


def test_without_money_the_survivor_keeps_its_currency():
    """A client that never had money may be of another currency, with a warning; so may things that cost nothing."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 5}, {"id": 2, "currency_id": USD}],
        services=[{"id": 1, "client_id": 2}],
    )
    planned = plan_rule(book, MERGE, pairs((2, 1)))
    assert planned.problem_list() == []
    assert [code for _, _, code, _ in planned.warnings.fetchall()] == ["currency_differs"]
    apply_rule(book, MERGE, pairs((2, 1)))
    assert select(book, "clients", "id", "currency_id", "credit_balance") == [(1, EUR, money(5))]


def test_credits_add_up_and_their_log_moves_along():
    """The survivor's credit is the sum of all; every entry of the log is then the survivor's."""
    book = tables(
        clients=[{"id": n, "credit_balance": money(f"{n}.10")} for n in (1, 2, 3, 4)],
        credit_entries=[{"id": n, "client_id": n, "amount": n} for n in (1, 2, 3, 4)],
    )
    apply_rule(book, MERGE, pairs((2, 1), (3, 2)))
    assert select(book, "clients", "id", "credit_balance") == [(1, money("6.30")), (4, money("4.10"))]
    assert select(book, "credit_entries", "id", "client_id") == [(1, 1), (2, 1), (3, 1), (4, 4)]


def test_summary_says_what_moves():
    """The preview counts clients, rows a table and money a currency."""
    book = tables(
        clients=[*clients(1, 2, credit_balance=3), *clients(3, 4, currency_id=JPY, credit_balance=7)],
        invoices=[{"id": 1, "client_id": 2}],
    )
    assert plan_rule(book, MERGE, pairs((2, 1), (4, 3))).summary == (
        ("Clients replaced", "2"), ("Survivors", "2"), ("Invoices repointed", "1"),
        ("Old client numbers added", "2"), ("Credit moved", "EUR 3.00"), ("Credit moved", "JPY 7"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("survivor", "replaced", "codes"),
    [
        pytest.param({"status": "Closed"}, {}, ["closed_survivor"], id="into a closed client"),
        pytest.param({}, {"status": "Closed"}, [], id="a closed client into an open one"),
        pytest.param({"is_tax_exempt": True}, {}, ["tax_exempt_differs"], id="one of them tax exempt"),
    ],
)
def test_warned(survivor, replaced, codes):
    """What a person should know, and may want all the same."""
    book = tables(clients=[{"id": 1, **survivor}, {"id": 2, **replaced}])
    assert [code for _, _, code, _ in plan_rule(book, MERGE, pairs((2, 1))).warnings.fetchall()] == codes


# -- repointing ------------------------------------------------------------------------------------------------------

REFERRING = {
    "contacts": {}, "user_clients": {"user_id": 1}, "services": {}, "domains": {}, "orders": {},
    "invoices": {"status": "Draft"},
    "transactions": {}, "credit_entries": {"amount": 0}, "notes": {}, "custom_values": {"field_id": 1}, "tickets": {},
    "ticket_replies": {"ticket_id": 5}, "communications": {}, "affiliates": {}, "service_changes": {}, "quotes": {},
    "merged_clients": {"replaced_id": 99}, "credit_notes": {"invoice_id": 5},
}  # fmt: skip


def test_everything_that_refers_to_a_replaced_client_refers_to_the_survivor():
    """Each column of the reference map that points at clients is repointed, and the row keeps its number."""
    columns = {reference.table: reference.column for reference in references_to("clients")}
    assert columns.keys() == REFERRING.keys()
    rows = {name: [{"id": 5, **row, columns[name]: 2}] for name, row in REFERRING.items()}
    for name, row in REFERRING.items():
        rows[name].append({"id": 6, **row, **({"replaced_id": 98} if "replaced_id" in row else {}), columns[name]: 3})
    book = tables(clients=clients(1, 2, 3), custom_fields=[{"id": 1}], users=[{"id": 1}], **rows)
    assert flaws(book) == []
    apply_rule(book, MERGE, pairs((2, 1)))
    now = {name: dict(select(book, name, "id", column)) for name, column in columns.items()}
    assert {name: (found[5], found[6]) for name, found in now.items()} == dict.fromkeys(columns, (1, 3))
    assert flaws(book) == []


def test_what_only_looks_like_a_client_stays():
    """Numbers of services that equal a client's, and transactions of a client that was deleted, are left alone."""
    book = tables(
        clients=clients(1, 2),
        services=[{"id": 2, "client_id": 1}],
        custom_fields=[{"id": 1, "subject_kind": "service"}],
        custom_values=[{"id": 1, "field_id": 1, "subject_id": 2, "value": "of service 2"}],
        notes=[{"id": 1, "client_id": 1, "subject_kind": "service", "subject_id": 2}],
        transactions=[{"id": 1, "client_id": 2, "client_name": "An earlier client 2"}],
    )
    before = every_row(book)
    apply_rule(book, MERGE, pairs((2, 1)))
    after = every_row(book)
    assert {n for n in {*before, *after} if after.get(n) != before.get(n)} == {"clients", "merged_clients"}


def test_a_client_with_ten_thousand_invoices():
    """However much a client has, it moves whole."""
    book = tables(clients=clients(1, 2))
    book._connection.execute("insert into invoices (id, client_id) select range, 2 from range(10000)")
    apply_rule(book, MERGE, pairs((2, 1)))
    assert book.query("select client_id, count(*) from invoices group by all").fetchall() == [(1, 10_000)]
