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
        choices: Why a person must decide where no mending is proposed, and which rules there are to choose from.
    """

    name: str
    family: str
    title: str
    meaning: str
    choices: str


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
        Kind("drifted_balance", "credit", "Balance is not its log", "Credit balance minus the sum of the credit log", ""),
        Kind("credit_not_logged", "credit", "Applied credit is not in the log", "Credit applied to an invoice minus what the credit log says", "the log may lack an entry, or the invoice may hold credit that was never given: take-back-credit frees the invoice, issue-credit or adjust-credit brings the client's credit to what was agreed"),
        Kind("credit_on_cancelled", "credit", "Credit on a cancelled invoice", "Credit that a cancelled invoice or a draft still holds", ""),
        Kind("total_not_items", "invoices", "Total is not its items", "Total minus items and their tax", ""),
        Kind("parts_not_total", "invoices", "Subtotal and tax are not the total", "Total minus subtotal and tax, or the tax minus that of the items", ""),
        Kind("paid_but_owed", "invoices", "Paid, but money is owed", "What is owed on an invoice that is Paid or Written off", ""),
        Kind("paid_too_much", "invoices", "Paid with too much", "Money and credit beyond the total of an invoice", "no single payment in the client's currency holds the surplus, or part of the invoice was written off: refund-payment gives back payment by payment (to credit or to the gateway), take-back-credit frees credit that was applied"),
        Kind("unpaid_but_settled", "invoices", "Unpaid, but nothing is owed", "What was settled beyond the total of an open invoice", "no single payment in the client's currency holds the surplus, or part of the invoice was written off: refund-payment gives back payment by payment (to credit or to the gateway), take-back-credit frees credit that was applied"),
        Kind("paid_but_cancelled", "invoices", "Cancelled, but paid", "Money that settles a cancelled invoice or a draft", "several payments settle it, or one of another client or currency: refund-payment with the invoice gives each back (to credit or to the gateway); mark-invoice-unpaid brings the invoice back if it was cancelled by mistake"),
        Kind("number_gap", "invoices", "Invoice numbers left out", "Numbers between this invoice and the one before it that no invoice has", "only the business knows whether the number was given to an invoice that is gone: undo brings back what a recorded operation deleted, renumber-invoice gives the number to another invoice, and a number that was never given is left, with the reason in the remarks of sign-off-period"),
        Kind("number_twice", "invoices", "Invoice number used twice", "Total of the later invoice with the same number", ""),
        Kind("overpaid_without_credit", "payments", "Surplus that became no credit", "Money of a payment that settles nothing and is no credit", "the client is not known, or pays in another currency: correct-payment says whose and in what currency it was, then settle-payment uses it; refund-payment sends it back"),
        Kind("unapplied_payment", "payments", "Payment on no invoice", "Money of a payment that settles nothing at all", "the client is not known, or pays in another currency: correct-payment says whose and in what currency it was, then settle-payment uses it; refund-payment sends it back"),
        Kind("settles_too_much", "payments", "Payment settles more than it brought", "What a payment settles beyond its amount", "either the amount or what it settles is wrong, which the bank or gateway knows: delete-transaction removes it and record-payment enters it anew, refund-payment with an invoice takes back what it settled"),
        Kind("reference_twice", "payments", "Reference known twice", "Amount of the later transaction with the same gateway and reference", "the double settles invoices, or its credit is spent: delete-transaction removes it if the money came once, correct-payment gives it its own reference if it came twice"),
        Kind("wrong_client", "payments", "Payment on another client's invoice", "Money of one client that settles the invoice of another", "it settles invoices of several clients, or part of it is credit: transfer-credit moves that credit, correct-payment says whose payment it is"),
        Kind("wrong_currency", "payments", "Payment in another currency", "Amount of a payment that is not in its client's currency", ""),
        Kind("refund_above_payment", "payments", "Refunded more than was paid", "Money given back beyond the payment", "the bank or gateway knows whether so much was sent: delete-transaction removes a refund that was recorded twice or wrongly, correct-payment changes its reference, remove-credit takes what went out beyond the payment from the client's credit, create-invoice bills it"),
        Kind("closed_with_credit", "people", "Closed client with credit", "Credit of a client that is Closed", ""),
        Kind("closed_with_services", "people", "Closed client with active services", "Recurring amount of active services, still invoiced", ""),
        Kind("credit_of_gone_client", "people", "Credit of a deleted or merged client", "Credit log of a client that is not there", "the credit may be owed to someone: issue-credit gives it to the client who took over, unmerge-clients or undo brings back who was merged or deleted, and clientops direct reverts what was typed past clientops"),
        Kind("orphan", "people", "Points at nothing", "A row whose client, invoice or other row is not there", "what it pointed at may have been deleted by mistake: undo brings back what an operation deleted, clientops direct reverts what was typed past clientops; otherwise the row is edited or removed with the rule of its own kind, as edit-service or remove-contact (clientops rules lists them)"),
        Kind("unmatched_line", "statements", "Statement line without transaction", "Money on a statement that the book does not know", "a line is a payment, a transaction of the book, or nothing of clients: accept-match takes one of the suggestions (clientops statement match), set-line-aside explains the line"),
        Kind("line_amount", "statements", "Matched for another amount", "Statement line minus the transactions it is matched with", "the bank's amount or ours is wrong: record-fee enters charges that were taken off, delete-transaction and accept-match enter the payment as the bank has it"),
        Kind("statement_sum", "statements", "Lines do not come to the balances", "Closing balance minus the opening balance and the lines of a statement", "lines are missing or were left out as known: undo the import of the statement and import its file again, or enter the missing line's statement with import-statement"),
        Kind("statement_gap", "statements", "Statements do not follow", "Opening balance minus the closing balance of the statement before", "a statement between the two is missing, or one is of another account: import-statement brings the missing one in"),
    )
}  # fmt: skip


def kinds_of(names: tuple[str, ...] | None) -> tuple[str, ...]:
    """Kinds by their names or the names of families; none named: all.

    Raises:
        UsageError: There is no such kind or family; the sentence lists them.
    """
    if not names:
        return tuple(KINDS)
    from clientops.core.errors import UsageError

    chosen: list[str] = []
    for name in names:
        plain = name.strip().lower().replace("-", "_")
        found = [kind.name for kind in KINDS.values() if plain in (kind.name, kind.family)]
        if not found:
            raise UsageError(f"There is no kind of difference {name!r}; there are {', '.join((*FAMILIES, *KINDS))}")
        chosen += [kind for kind in found if kind not in chosen]
    return tuple(chosen)
