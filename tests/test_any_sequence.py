"""Random sequences of all rules on a book: what none of them may ever break."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from clientops.book.book import Book
from clientops.core.errors import RefusedError, UndoError, UsageError
from clientops.registry import rules
from clientops.schema.definition import all_tables
from tests.any_request import any_request
from tests.books import OPERATOR, sorted_rows
from tests.builders import NOW, TODAY
from tests.examples import EXAMPLES
from tests.money_model import as_records, credit_from_nothing, is_conserved

# Money they keep per currency, whatever else they do; the others take money in, pay it out or write it off.
KEEP_ALL = {"merge-clients", "unmerge-clients", "transfer-credit"}
KEEP_RECEIVED = KEEP_ALL | {
    "apply-credit",
    "take-back-credit",
    "issue-credit",
    "remove-credit",
    "adjust-credit",
    "cancel-invoice",
}
# They change the balance without the log; all others move both alike, or take both away.
WITHOUT_LOG = {"adjust-credit", "delete-client", "undo"}

# They give, take or set credit that no payment or credit note explains, or take a client with its money away.
GIVES_CREDIT = {
    "issue-credit", "remove-credit", "adjust-credit", "enter-credit-difference", "change-service", "carry-out-changes",
    "pay-affiliate", "delete-client", "delete-transaction", "undo",
}  # fmt: skip

MONEY = """
    select k.code,
        coalesce((select sum(credit_balance) from clients c where c.currency_id = k.id), 0) as credit,
        coalesce((select sum(e.amount) from credit_entries e join clients c on c.id = e.client_id where c.currency_id = k.id), 0) as log,
        coalesce((select sum(i.total) from invoices i join clients c on c.id = i.client_id where c.currency_id = k.id), 0) as billed,
        coalesce((select sum(i.credit_applied) from invoices i join clients c on c.id = i.client_id where c.currency_id = k.id), 0) as applied,
        coalesce((select sum(t.amount_in - t.amount_out) from transactions t where t.currency_id = k.id), 0) as received
    from currencies k order by k.id
"""
WRONGLY_PAID = """
    select i.id, i.status, i.total - i.credit_applied - i.written_off - coalesce(paid.amount, 0) as owed from invoices i
    left join (select invoice_id as id, sum(amount) as amount from allocations group by invoice_id) paid using (id)
    where (i.status in ('Paid', 'Unpaid', 'Collections') and owed < 0)
        or (i.status = 'Paid') <> (owed = 0 and i.status not in ('Draft', 'Cancelled', 'Refunded', 'Written off'))
"""


class AnySequence(RuleBasedStateMachine):
    """A small shop on which any rule is applied, by one request or several, and now and then undone."""

    shop: Path
    accepted: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="clientops-any-"))
        self.book = Book(shutil.copy(self.shop, self.folder / "book.duckdb"), operator=OPERATOR)
        self.open = self.book.session()
        self.open.__enter__()
        self.today = TODAY

    @rule(
        data=st.data(),
        days=st.sampled_from([0, 0, 0, 1, 31]),
        count=st.sampled_from([1, 1, 1, 2, 3]),
        back=st.booleans(),
    )
    def apply(self, data: st.DataObject, days: int, count: int, back: bool) -> None:
        """A rule with some requests, now or later; if it is refused, nothing happened, and if it is undone, too."""
        self.today += timedelta(days=days)
        chosen = rules()[data.draw(st.sampled_from(sorted(rules())), label="rule")]
        requests = data.draw(st.lists(self._request(chosen), min_size=count, max_size=count), label="requests")
        before, money, head = self._rows(), self._money(), self.book.head()
        try:
            preview = self.book.preview(chosen, requests, today=self.today, now=self._now())
            receipt = None if preview.problems or not preview.changes else self.book.apply(preview, reason="any")
        except (RefusedError, UsageError, UndoError):
            receipt = None
        if receipt is None:
            assert self._rows() == before
            assert self.book.head() == head
            return
        self.accepted[chosen.name] += 1
        self._compare_money(chosen.name, money, self._money())
        self._compare_model(chosen.name, before, self._rows())
        if back:
            after = self._rows()
            undone = self.book.undo(receipt.operation_id, reason="any")
            assert self._rows() == before
            self.book.undo(undone.operation_id, reason="any")
            assert self._rows() == after

    @staticmethod
    def _compare_model(
        name: str, before: dict[str, list[tuple[Any, ...]]], after: dict[str, list[tuple[Any, ...]]]
    ) -> None:
        """Nothing was given twice, says a model that knows nothing of the product's SQL."""
        then, now = as_records(before), as_records(after)
        assert is_conserved(then, now) == [], name
        if name not in GIVES_CREDIT:
            assert credit_from_nothing(then) == credit_from_nothing(now), f"{name} made credit from nothing"

    def _request(self, chosen: Any) -> st.SearchStrategy[dict[str, Any]]:
        numbers = {name: [row[0] for row in rows] for name, rows in self._rows().items()}
        wanted = {"unmerge-clients": "merge-clients"}.get(chosen.name)
        operations = [found.id for found in self.book.operations(rule=wanted, limit=5) if found.id > 1]
        known = [
            dict(request)
            for example in EXAMPLES
            if example.rule == chosen.name
            for request in ([example.requests] if isinstance(example.requests, Mapping) else example.requests)
        ]
        return any_request(chosen.request, numbers, operations) | st.sampled_from(known)

    def _rows(self) -> dict[str, list[tuple[Any, ...]]]:
        with self.book.tables() as tables:
            return {name: sorted_rows(tables._connection, name) for name in all_tables()}

    def _money(self) -> list[tuple[Any, ...]]:
        with self.book.tables() as tables:
            return tables.query(MONEY).fetchall()

    def _now(self) -> Any:
        return NOW + (self.today - TODAY)

    @staticmethod
    def _compare_money(name: str, before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]) -> None:
        for (code, credit, log, billed, applied, received), (_, credit2, log2, billed2, applied2, received2) in zip(
            before, after, strict=True
        ):
            if name not in WITHOUT_LOG:
                assert credit2 - credit == log2 - log, f"{name}: the log of {code} does not tell what happened"
            if name in KEEP_ALL:
                assert (credit2, billed2, applied2) == (credit, billed, applied), f"{name} changed money of {code}"
            if name in KEEP_RECEIVED:
                assert received2 == received, f"{name} changed what was received in {code}"
            if name in {"apply-credit", "take-back-credit"}:
                assert credit2 + applied2 == credit + applied, f"{name} lost credit of {code}"

    @invariant()
    def no_flaw(self) -> None:
        """Every invariant and every reference holds; an invoice is Paid exactly when nothing is owed."""
        assert self.book.check() == []
        with self.book.tables() as tables:
            assert tables.query(WRONGLY_PAID).fetchall() == []

    def teardown(self) -> None:
        """What history replays to is what the tables hold, and the chain is whole."""
        try:
            self.open.__exit__(None, None, None)
            assert self.book.verify().findings == ()
        finally:
            shutil.rmtree(self.folder)


@pytest.mark.parametrize(
    ("examples", "steps"), [pytest.param(3, 14, id="short"), pytest.param(150, 40, id="long", marks=pytest.mark.slow)]
)
def test_no_sequence_of_rules_breaks_a_promise(shop_file, examples, steps):
    """References, invariants, money, history and undo hold after any sequence of any rules."""
    AnySequence.shop, AnySequence.accepted = shop_file, Counter()
    run_state_machine_as_test(
        AnySequence,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=examples < 10,
            phases=[Phase.generate],  # shrinking would take hours
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(AnySequence.accepted)
    assert len(AnySequence.accepted) > (2 if examples < 10 else 60)
