"""What must always hold of the tables: one SELECT each, over the rows that an operation touched or over all."""

from __future__ import annotations

from dataclasses import dataclass

from clientops.core.money import is_minor_unit_sql
from clientops.core.readable import noun
from clientops.schema.balances import balances_sql
from clientops.schema.definition import quote_name
from clientops.schema.references import REFERENCES, Reference


@dataclass(frozen=True)
class Invariant:
    """A law of the tables.

    Attributes:
        code: Short name.
        table: Table whose rows break it.
        sql: SELECT of ``id, message`` of the rows among ``touched`` (ids) that break it.
        columns: Columns of the table that the law is about; an update of others cannot break it.
        watches: (table, column) pairs; a changed row of that table may break the law for the row that the column
            names.
        excess: Column of ``sql`` that says by how much the law is broken; an operation must not make that more, even
            where it was broken before. Empty: a row that broke it before may break it in other ways.
    """

    code: str
    table: str
    sql: str
    columns: tuple[str, ...]
    watches: tuple[tuple[str, str], ...] = ()
    excess: str = ""


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "credit_below_zero",
        "clients",
        """
        select id, 'client ' || id || ' would have a credit of ' || credit_balance as message
        from clients semi join touched using (id) where credit_balance < 0
        """,
        ("credit_balance",),
    ),
    Invariant(
        "billing_contact_of_other",
        "clients",
        """
        select c.id, 'billing contact ' || k.id || ' of client ' || c.id || ' belongs to client ' || k.client_id as message
        from clients c semi join touched using (id) join contacts k on k.id = c.default_billing_contact_id
        where k.client_id <> c.id
        """,
        ("default_billing_contact_id",),
        (("contacts", "client_id"),),
    ),
    Invariant(
        "invoice_sum",
        "invoices",
        """
        with items as (
            select invoice_id, sum(amount) as amount, sum(tax1) as tax1, sum(tax2) as tax2
            from invoice_items where invoice_id in (select id from touched) group by invoice_id
        )
        select i.id, 'invoice ' || i.id || ' has a total of ' || i.total || ', its items come to '
            || coalesce(s.amount, 0) || ' and their tax to ' || (coalesce(s.tax1, 0) + coalesce(s.tax2, 0)) as message
        from invoices i semi join touched using (id) left join items s on s.invoice_id = i.id
        where i.subtotal + i.tax1 + i.tax2 <> i.total
            or i.tax1 <> coalesce(s.tax1, 0) or i.tax2 <> coalesce(s.tax2, 0)
            or i.total <> coalesce(s.amount, 0)
                + case i.tax_mode when 'exclusive' then coalesce(s.tax1, 0) + coalesce(s.tax2, 0) else 0 end
        """,
        ("subtotal", "tax1", "tax2", "total", "tax_mode"),
        (("invoice_items", "invoice_id"),),
    ),
    Invariant(
        "invoice_owed",
        "invoices",
        f"""
        select invoice_id as id, 'invoice ' || invoice_id || ' is ' || status || ' with ' || owed || ' owed'
            || case when status in ('Draft', 'Cancelled') then ' and ' || credit_applied || ' credit applied' else '' end
            as message
        from ({balances_sql("select id from touched")})
        where (status in ('Unpaid', 'Collections') and owed <= 0)
            or (status in ('Paid', 'Written off') and owed <> 0)
            or (status = 'Refunded' and owed < 0)
            or (status in ('Draft', 'Cancelled') and credit_applied <> 0)
        """,
        ("total", "credit_applied", "written_off", "status"),
        (("allocations", "invoice_id"),),
    ),
    Invariant(
        "given_back_too_much",
        "invoices",
        f"""
        select invoice_id as id, 'for invoice ' || invoice_id || ' ' || came_in || ' came in, and ' || given_back
            || ' was given back as credit' as message, -may_give_back as excess
        from ({balances_sql("select id from touched")}) where may_give_back < 0
        """,
        ("credit_applied",),
        (
            ("allocations", "invoice_id"),
            ("credit_notes", "invoice_id"),
            ("credit_entries", "invoice_id"),
            ("credit_entries", "gives_back_id"),
        ),
        excess="excess",
    ),
    Invariant(
        "credit_applied",
        "invoices",
        """
        with used as (
            select e.invoice_id, sum(e.amount) as amount from credit_entries e
            where e.invoice_id in (select id from touched) group by e.invoice_id
        )
        select i.id, 'invoice ' || i.id || ' has ' || i.credit_applied || ' credit applied, the credit log says '
            || -coalesce(u.amount, 0) as message
        from invoices i semi join touched using (id) left join used u on u.invoice_id = i.id
        where i.credit_applied <> -coalesce(u.amount, 0) or i.credit_applied < 0
        """,
        ("credit_applied",),
        (("credit_entries", "invoice_id"),),
    ),
    Invariant(
        "allocated_too_much",
        "transactions",
        """
        with used as (
            select transaction_id, sum(amount) as amount from allocations
            where transaction_id in (select id from touched) group by transaction_id
        )
        select t.id, 'transaction ' || t.id || ' of ' || (t.amount_in - t.amount_out) || ' settles ' || u.amount as message
        from transactions t semi join touched using (id) join used u on u.transaction_id = t.id
        where u.amount not between least(0, t.amount_in - t.amount_out) and greatest(0, t.amount_in - t.amount_out)
        """,
        ("amount_in", "amount_out"),
        (("allocations", "transaction_id"),),
    ),
    *(
        Invariant(
            "not_minor_unit",
            name,
            f"""
            with looked_at as materialized (
                select r.id, r.{column} as amount, {currency} as currency_id
                from {name} r semi join touched using (id) {join}
            )
            select r.id, '{noun(name)} ' || r.id || ': {column} ' || r.amount || ' is finer than ' || c.code || ' has' as message
            from looked_at r join currencies c on c.id = r.currency_id
            where not {is_minor_unit_sql("r.amount", "c.minor_digits")}
            """,
            (column, "client_id" if join else "currency_id"),
        )
        for name, column, join, currency in (
            ("clients", "credit_balance", "", "r.currency_id"),
            ("credit_entries", "amount", "join clients k on k.id = r.client_id", "k.currency_id"),
            ("invoices", "total", "join clients k on k.id = r.client_id", "k.currency_id"),
            ("invoices", "tax1", "join clients k on k.id = r.client_id", "k.currency_id"),
            ("transactions", "amount_in", "", "r.currency_id"),
            ("transactions", "amount_out", "", "r.currency_id"),
        )
    ),
    *(
        Invariant(
            f"{name}_twice",
            name,
            f"""
            select r.id, '{noun(name)} ' || r.id || ' and ' || o.id || ' are the same: {what}' as message
            from {name} r semi join touched using (id) join {name} o on o.id <> r.id and {same}
            """,
            columns,
        )
        for name, columns, same, what in (
            ("users", ("email",), "lower(o.email) = lower(r.email)", "one e-mail address"),
            (
                "user_clients",
                ("user_id", "client_id"),
                "o.user_id = r.user_id and o.client_id = r.client_id",
                "one user and client",
            ),
            ("affiliates", ("client_id",), "o.client_id = r.client_id", "one client"),
            (
                "custom_values",
                ("field_id", "subject_id"),
                "o.field_id = r.field_id and o.subject_id = r.subject_id",
                "one field of one record",
            ),
            ("merged_clients", ("replaced_id",), "o.replaced_id = r.replaced_id", "one old client number"),
            ("currencies", ("code",), "o.code = r.code", "one currency code"),
            ("invoices", ("number",), "o.number = r.number", "one invoice number"),
        )
    ),
)


def orphan_sql(reference: Reference, rows: str, *, with_target: bool = False) -> str:
    """SELECT of ``table_name, id, message`` of rows of ``rows`` (shaped like the table) that point at nothing.

    With the target also ``gone_table, gone_id``: what is not there.
    """
    column = quote_name(reference.column)
    condition = f"and ({reference.when})" if reference.when else ""
    name = reference.table
    target = f", '{reference.target}' as gone_table, r.{column} as gone_id" if with_target else ""
    return f"""
        select '{name}' as table_name, r.id,
            '{noun(name)} ' || r.id || ' points at {noun(reference.target)} ' || r.{column} || ', which is not there' as message{target}
        from {rows} r anti join {quote_name(reference.target)} p on p.id = r.{column}
        where r.{column} is not null {condition}
    """


def every_orphan_sql() -> str:
    """SELECT of ``table_name, id, message`` of all orphans of the tables."""
    return " union all ".join(orphan_sql(reference, quote_name(reference.table)) for reference in REFERENCES)
