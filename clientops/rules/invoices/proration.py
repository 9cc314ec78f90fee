"""What the rest of a cycle is worth: amounts by the day, to the last minor unit."""

from __future__ import annotations

from clientops.rules.invoices.build_rows import price_items
from clientops.rules.invoices.taxes import amount_sql, rounded_sql, step_sql, units_sql
from clientops.rules.services.billing_cycles import later_due_sql
from clientops.schema.tables import Steps


def cycle_start_sql(due_on: str, months: str, billing_day: str) -> str:
    """SQL for the first day of the cycle that ends before a due date (all SQL): 28 Feb aimed at 31 began on 31 Jan."""
    return later_due_sql(due_on, f"-({months})", f"coalesce({billing_day}, day({due_on}))")


def share_sql(amount: str, days: str, days_in_all: str) -> str:
    """SQL for the part of an amount that so many of its days are worth, in the minor unit (``minor_digits``).

    Rounded half away from zero. No days in all: nothing.
    """
    numerator = f"({units_sql(amount)} * ({days})::hugeint)"
    return f"""(case when coalesce({days_in_all}, 0) = 0 then 0::decimal(18, 4)
        else {amount_sql(rounded_sql(numerator, f"({days_in_all})::hugeint", step_sql()))} end)"""


def work_out_credits(steps: Steps, prefix: str = "credited") -> None:
    """Work out what amounts to be given back come to with tax, exactly as an invoice of them would.

    Args:
        steps: With ``billing``, and ``<prefix>_bills`` and ``<prefix>_bill_items`` in the shape that ``make_invoices``
            wants. Adds ``<prefix>_bill_totals``: ``bill_id, tax1, tax2, total``.
        prefix: In front of the names of the steps.
    """
    price_items(steps, f"{prefix}_")
