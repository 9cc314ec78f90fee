"""The kinds of differences: which family each belongs to, what it is called, and what it means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of difference.

    Attributes:
        name: Short name, stable, for programs.
        family: ``credit``, ``invoices``, ``payments``, ``people`` or ``statements``.
        title: Heading.
        meaning: What does not fit, and what the amount is.
    """

    name: str
    family: str
    title: str
    meaning: str


FAMILIES = {
    "credit": "Credit",
    "invoices": "Invoices",
    "payments": "Payments",
    "people": "People",
    "statements": "Statements",
}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("drifted_balance", "credit", "Balance is not its log", "Credit balance minus the sum of the credit log"),
        Kind("credit_not_logged", "credit", "Applied credit is not in the log", "Credit applied to an invoice minus what the credit log says"),
        Kind("credit_on_cancelled", "credit", "Credit on a cancelled invoice", "Credit that a cancelled invoice or a draft still holds"),
        Kind("total_not_items", "invoices", "Total is not its items", "Total minus items and their tax"),
        Kind("parts_not_total", "invoices", "Subtotal and tax are not the total", "Total minus subtotal and tax, or the tax minus that of the items"),
        Kind("paid_but_owed", "invoices", "Paid, but money is owed", "What is owed on an invoice that is Paid or Written off"),
        Kind("paid_too_much", "invoices", "Paid with too much", "Money and credit beyond the total of an invoice"),
        Kind("unpaid_but_settled", "invoices", "Unpaid, but nothing is owed", "What was settled beyond the total of an open invoice"),
        Kind("paid_but_cancelled", "invoices", "Cancelled, but paid", "Money that settles a cancelled invoice or a draft"),
        Kind("number_gap", "invoices", "Invoice numbers left out", "Numbers before this invoice that no invoice has"),
        Kind("number_twice", "invoices", "Invoice number used twice", "Total of the later invoice with the same number"),
        Kind("overpaid_without_credit", "payments", "Surplus that became no credit", "Money of a payment that settles nothing and is no credit"),
        Kind("unapplied_payment", "payments", "Payment on no invoice", "Money of a payment that settles nothing at all"),
        Kind("settles_too_much", "payments", "Payment settles more than it brought", "What a payment settles beyond its amount"),
        Kind("reference_twice", "payments", "Reference known twice", "Amount of the later transaction with the same gateway and reference"),
        Kind("wrong_client", "payments", "Payment on another client's invoice", "Money of one client that settles the invoice of another"),
        Kind("wrong_currency", "payments", "Payment in another currency", "Amount of a payment that is not in its client's currency"),
        Kind("refund_above_payment", "payments", "Refunded more than was paid", "Money given back beyond the payment"),
        Kind("closed_with_credit", "people", "Closed client with credit", "Credit of a client that is Closed"),
        Kind("closed_with_services", "people", "Closed client with active services", "Recurring amount of active services, still invoiced"),
        Kind("credit_of_gone_client", "people", "Credit of a deleted or merged client", "Credit log of a client that is not there"),
        Kind("orphan", "people", "Points at nothing", "A row whose client, invoice or other row is not there"),
        Kind("unmatched_line", "statements", "Statement line without transaction", "Money on a statement that the book does not know"),
        Kind("line_amount", "statements", "Matched for another amount", "Statement line minus the transactions it is matched with"),
        Kind("statement_gap", "statements", "Statements do not follow", "Opening balance minus the closing balance of the statement before"),
    )
}  # fmt: skip


def kinds_of(names: tuple[str, ...] | None) -> tuple[str, ...]:
    """Kinds by their names or the names of families; none named: all.

    Raises:
        UsageError: There is no such kind or family; the sentence lists them.
    """
    if not names:
        return tuple(KINDS)
    from clientops.errors import UsageError

    chosen: list[str] = []
    for name in names:
        plain = name.strip().lower().replace("-", "_")
        found = [kind.name for kind in KINDS.values() if plain in (kind.name, kind.family)]
        if not found:
            raise UsageError(f"There is no kind of difference {name!r}; there are {', '.join((*FAMILIES, *KINDS))}")
        chosen += [kind for kind in found if kind not in chosen]
    return tuple(chosen)
