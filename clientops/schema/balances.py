"""What each invoice owes, what came in for it and what was given back: the one place that says so.

Everything here follows from money: payments, credit, credit notes, write-offs. A status is a word for people and decides
nothing. Per invoice, what was given back is never more than what came in (``tables/invariants.py``).
"""

from __future__ import annotations


def balances_sql(invoices: str) -> str:
    """SELECT of the money of some invoices, one row each.

    Args:
        invoices: SELECT of the ids of the invoices, in a column of any name.

    Returns:
        SQL that gives, all in the client's currency and signed:

        - ``invoice_id, client_id, status, total, written_off, credit_applied``: as the invoice has them;
        - ``paid``: what payments settle, less what refunds sent back;
        - ``noted``: total of its credit notes; ``noted_off``: the part of them that reduced what it owes;
        - ``surplus``: the part of the notes that became account credit;
        - ``credited_back``: credit given for a service on it that shrank or ended;
        - ``spent``: account credit applied to it; what notes took off is not credit;
        - ``came_in``: paid + spent; ``given_back``: surplus + credited_back;
        - ``may_give_back``: came_in - given_back, below 0 where too much was given back;
        - ``owed``: total - paid - credit_applied - written_off; ``left_to_note``: what a credit note may still come to.
    """
    return f"""
        with meant as (select * from invoices where id in ({invoices})),
        settled as (
            select invoice_id, sum(amount) as paid from allocations
            where invoice_id in (select id from meant) group by invoice_id
        ),
        noted as (
            select invoice_id, sum(total) as noted, sum(applied) as noted_off from credit_notes
            where status = 'Issued' and invoice_id in (select id from meant) group by invoice_id
        ),
        returned as (
            select gives_back_id, sum(amount) as credited_back from credit_entries
            where gives_back_id in (select id from meant) group by gives_back_id
        ),
        summed as (
            select meant.id as invoice_id, client_id, status, total, written_off, credit_applied,
                coalesce(paid, 0) as paid, coalesce(noted, 0) as noted, coalesce(noted_off, 0) as noted_off,
                coalesce(credited_back, 0) as credited_back
            from meant
            left join settled on settled.invoice_id = meant.id
            left join noted on noted.invoice_id = meant.id
            left join returned on returned.gives_back_id = meant.id
        )
        select invoice_id, client_id, status, total, written_off, credit_applied, paid::decimal(18, 4) as paid,
            noted::decimal(18, 4) as noted, noted_off::decimal(18, 4) as noted_off,
            (noted - noted_off)::decimal(18, 4) as surplus, credited_back::decimal(18, 4) as credited_back,
            (credit_applied - noted_off)::decimal(18, 4) as spent,
            (paid + credit_applied - noted_off)::decimal(18, 4) as came_in,
            (noted - noted_off + credited_back)::decimal(18, 4) as given_back,
            (paid + credit_applied - noted - credited_back)::decimal(18, 4) as may_give_back,
            (total - paid - credit_applied - written_off)::decimal(18, 4) as owed,
            (total - noted - credited_back)::decimal(18, 4) as left_to_note
        from summed
    """
