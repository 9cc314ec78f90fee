"""All rules of money in any order: what no sequence of them may break."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import JPY, TODAY, tables
from tests.long_forms import examples
from tests.rules.money_book import broken_laws, planned, rows, write

amounts = st.integers(1, 60).map(Decimal)
clients = st.integers(1, 3)
# Numbers that exist only after some steps: what is not there yet is refused, and that is fine.
numbers = st.integers(1, 8)
maybe = st.booleans()


def request(name, **fields):
    """A rule's name with a request of the given fields."""
    return st.tuples(st.just(name), st.fixed_dictionaries(fields))


steps = st.one_of(
    request("issue-credit", client_id=clients, amount=amounts, description=st.just("x")),
    request("remove-credit", client_id=clients, amount=amounts, description=st.just("x")),
    request("transfer-credit", client_id=clients, to_client_id=clients, amount=amounts),
    request("adjust-credit", client_id=clients, credit_balance=amounts),
    request("apply-credit", invoice_id=numbers, amount=st.none() | amounts),
    request("take-back-credit", invoice_id=numbers, amount=st.none() | amounts),
    request("generate-invoices", until_on=st.integers(0, 60).map(lambda days: TODAY + timedelta(days=days))),
    request("create-invoice", client_id=clients, description=st.just("x"), unit_price=amounts, draft=maybe, apply_credit=maybe),
    request("issue-invoice", invoice_id=numbers, apply_credit=maybe),
    request("cancel-invoice", invoice_id=numbers),
    request("mark-invoice-unpaid", invoice_id=numbers),
    request("mark-invoice-refunded", invoice_id=numbers),
    request("mark-invoice-collections", invoice_id=numbers),
    request("write-off-invoice", invoice_id=numbers),
    request("record-payment", client_id=clients, amount=amounts, surplus_to_credit=maybe),
    request("refund-payment", transaction_id=numbers, amount=st.none() | amounts, destination=st.sampled_from(["gateway", "credit"])),
    request("delete-transaction", transaction_id=numbers, take_back_credit=maybe),
)  # fmt: skip


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(steps, min_size=8, max_size=16))
def test_no_sequence_of_rules_breaks_the_books_laws(sequence):
    """Every invariant holds, balance = log + adjustments, and money received is allocated, credited or unapplied."""
    book = tables(
        clients=[{"id": 1, "country": "DE"}, {"id": 2, "country": "DE"}, {"id": 3, "currency_id": JPY}],
        tax_rates=[{"id": 1, "name": "VAT", "country": "DE", "rate": 19}],
        services=[
            {"id": n, "client_id": n, "status": "Active", "recurring_amount": 10 * n, "next_due_on": TODAY} for n in (1, 2, 3)
        ],
    )  # fmt: skip
    adjusted = Decimal(0)
    for name, fields in sequence:
        plan = planned(book, name, [fields])
        if plan.problem_list():
            continue
        before = rows(book, "select sum(credit_balance) from clients")[0][0]
        write(book, plan)
        credit, log = rows(
            book, "select (select sum(credit_balance) from clients), coalesce(sum(amount), 0) from credit_entries"
        )[0]
        adjusted += credit - before if name == "adjust-credit" else 0
        assert credit == log + adjusted
        unapplied = """
            select t.id from transactions t
            where t.kind = 'payment' and t.amount_in - (select coalesce(sum(amount_out), 0) from transactions r where r.refunds_id = t.id)
                < (select coalesce(sum(amount), 0) from allocations a
                    where a.transaction_id = t.id or a.transaction_id in (select id from transactions r where r.refunds_id = t.id))
        """
        assert rows(book, unapplied) == []
    assert broken_laws(book) == []
