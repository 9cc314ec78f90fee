"""The rows that differences rest on: the items, payments, credit entries and services behind the row that is wrong."""

from __future__ import annotations

from clientops.schema.tables import Steps

INVOICE_ITEMS = ("total_not_items", "parts_not_total")
INVOICE_MONEY = ("paid_but_owed", "paid_too_much", "unpaid_but_settled", "paid_but_cancelled")
INVOICE_CREDIT = ("credit_not_logged", "credit_on_cancelled", *INVOICE_MONEY)
CLIENT_CREDIT = ("drifted_balance", "closed_with_credit")
PAYMENT_USES = ("unapplied_payment", "overpaid_without_credit", "settles_too_much", "wrong_client")

# Kinds, and SELECTs of ``kind, row_id, place, table_name, id``: what stands behind their rows, in the order of ``place``.
BEHIND: tuple[tuple[tuple[str, ...], str], ...] = (
    (INVOICE_ITEMS, "select f.kind, f.row_id, 1 as place, 'invoice_items' as table_name, i.id from {asked} f join invoice_items i on i.invoice_id = f.row_id"),
    (INVOICE_MONEY, "select f.kind, f.row_id, 1 as place, 'transactions' as table_name, a.transaction_id as id from {asked} f join allocations a on a.invoice_id = f.row_id"),
    (INVOICE_MONEY, "select f.kind, f.row_id, 2 as place, 'allocations' as table_name, a.id from {asked} f join allocations a on a.invoice_id = f.row_id"),
    (INVOICE_CREDIT, "select f.kind, f.row_id, 3 as place, 'credit_entries' as table_name, e.id from {asked} f join credit_entries e on e.invoice_id = f.row_id"),
    (CLIENT_CREDIT, "select f.kind, f.row_id, 1 as place, 'credit_entries' as table_name, e.id from {asked} f join credit_entries e on e.client_id = f.row_id"),
    (("closed_with_services",), "select f.kind, f.row_id, 1 as place, 'services' as table_name, s.id from {asked} f join services s on s.client_id = f.row_id and s.status = 'Active'"),
    (PAYMENT_USES, "select f.kind, f.row_id, 1 as place, 'invoices' as table_name, a.invoice_id as id from {asked} f join allocations a on a.transaction_id = f.row_id"),
    (PAYMENT_USES, "select f.kind, f.row_id, 2 as place, 'allocations' as table_name, a.id from {asked} f join allocations a on a.transaction_id = f.row_id"),
    (PAYMENT_USES, "select f.kind, f.row_id, 3 as place, 'credit_entries' as table_name, e.id from {asked} f join credit_entries e on e.transaction_id = f.row_id"),
    (PAYMENT_USES, "select f.kind, f.row_id, 4 as place, 'transactions' as table_name, t.id from {asked} f join transactions t on t.refunds_id = f.row_id"),
    (("refund_above_payment",), """
        select f.kind, f.row_id, 1 as place, 'transactions' as table_name, o.id
        from {asked} f join transactions r on r.id = f.row_id join transactions o on o.refunds_id = r.refunds_id and o.kind = 'refund'
     """),
    (("unmatched_line", "line_amount"), "select f.kind, f.row_id, 2 as place, 'statements' as table_name, l.statement_id as id from {asked} f join statement_lines l on l.id = f.row_id"),
    (("line_amount",), """
        select f.kind, f.row_id, 1 as place, 'transactions' as table_name, m.transaction_id as id
        from {asked} f join matches m on m.statement_line_id = f.row_id and m.status = 'matched' and m.transaction_id is not null
     """),
)  # fmt: skip


def rest_steps(steps: Steps) -> None:
    """Add the step ``rows_behind`` of ``kind, row_id, behind``: the rows behind each difference; needs ``kept``.

    ``behind`` is a list of ``{"table", "id"}``, without the rows that the difference names itself.
    """
    present = {kind for (kind,) in steps["kept"].project("kind").distinct().fetchall()}
    parts = []
    for kinds, sql in BEHIND:
        if asked := [kind for kind in kinds if kind in present]:
            listed = ", ".join(f"'{kind}'" for kind in asked)
            parts.append(sql.format(asked=f"(select kind, row_id from kept where kind in ({listed}))"))
    steps.add("behind", " union ".join(parts) if parts else NOTHING_BEHIND)
    steps.add("rows_behind", ROWS_BEHIND)


NOTHING_BEHIND = (
    "select ''::varchar as kind, 0::bigint as row_id, 0 as place, ''::varchar as table_name, 0::bigint as id limit 0"
)
ROWS_BEHIND = """
    with named as (select distinct kind, row_id, unnest(row_list) as named from kept where kind in (select kind from behind))
    select b.kind, b.row_id, list({'table': b.table_name, 'id': b.id} order by b.place, b.id) as behind
    from behind b anti join named n on n.kind = b.kind and n.row_id = b.row_id and n.named.table = b.table_name and n.named.id = b.id
    group by b.kind, b.row_id
"""
