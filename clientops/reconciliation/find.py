"""Reconciliation: every place where stored figures do not agree with what they are derived from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clientops.core.plan import Relation
from clientops.reconciliation.clients import (
    CLOSED_DIFFERENCES,
    GONE_CLIENTS,
    GONE_CREDIT,
    GONE_DIFFERENCES,
    ORPHAN_DIFFERENCES,
    orphans_sql,
)
from clientops.reconciliation.credit import CREDIT_DIFFERENCES, DRIFTED
from clientops.reconciliation.evidence import rest_steps
from clientops.reconciliation.explain import drift_steps, touched_steps
from clientops.reconciliation.invoices import (
    DESCRIBED_INVOICES,
    GAP_DIFFERENCES,
    GAPS,
    LOOSE_NUMBERS,
    STEMS,
    SUSPECT_INVOICES,
    TWICE_DIFFERENCES,
    TWICE_NUMBERED,
    WRONG_INVOICES,
)
from clientops.reconciliation.kinds import KINDS, kinds_of
from clientops.reconciliation.payments import (
    CLIENT_DIFFERENCES,
    CURRENCY_DIFFERENCES,
    FREE_DIFFERENCES,
    FREE_MONEY,
    REFERENCE_DIFFERENCES,
    REFERENCES_TWICE,
    REFUND_DIFFERENCES,
    RESTS,
    STRAYED,
    SUSPECT_MONEY,
)
from clientops.reconciliation.statement_lines import LINE_DIFFERENCES, STATEMENT_DIFFERENCES
from clientops.schema.tables import Steps, Tables

COLUMNS = (
    "id", "kind", "family", "table_name", "row_id", "client_id", "currency_code", "amount", "day", "message", "row_list",
    "explained_by", "explanation", "operation_id", "operator", "mend_rule", "mend_request", "choices",
)  # fmt: skip


def differences(
    tables: Tables, kinds: Sequence[str] | None = None, *, client_id: int | None = None, explained: bool = True
) -> Relation:
    """Every difference between stored figures and those they are derived from.

    Args:
        tables: Read-only tables, now or as of a moment, with their history.
        kinds: Kinds or families (see ``KINDS``); none: all.
        client_id: Only those of one client.
        explained: Whether history is asked how each difference came about.

    Returns:
        One row a difference, in the order of ``kind, table_name, row_id``:

        - ``id``: number of the difference, the same as long as the difference is there;
        - ``kind``, ``family``: see ``KINDS``; ``table_name``, ``row_id``: the row that is wrong; ``client_id``: whose it is;
        - ``currency_code``, ``amount``: what is found minus what is expected; both empty where it is not about money;
        - ``day``: the row's own day (invoice date, day of payment), empty for clients;
        - ``message``: a sentence without full stop; ``row_list``: JSON list of ``{"table", "id"}`` of all rows it rests
          on, the wrong one first, then those that its figures are made of (items, payments, credit entries, services);
        - ``explained_by``: ``adjustment``, ``import``, ``direct SQL``, ``operation`` or ``unexplained``;
          ``explanation``: in words; ``operation_id``, ``operator``: the last operation it names and who applied it;
        - ``mend_rule``, ``mend_request``: the rule that would mend it and its filled-in request as JSON; empty where
          only a person can tell;
        - ``choices``: where no rule is named, why a person must decide and which rules there are to choose from.

        The relation is worked out; it lives as long as the connection of the tables.
    """
    wanted = kinds_of(tuple(kinds) if kinds else None)
    steps = tables.steps()
    parts = [part(steps) for names, part in FINDERS if any(name in wanted for name in names)]
    every = " union all by name ".join(
        ["select * from gone_shape", *(f"select * from {n}" for many in parts for n in many)]
    )
    steps.add("gone_shape", "select null::varchar as gone_table, null::bigint as gone_id limit 0")
    steps.add("found", every)
    steps.add("gone_clients", GONE_CLIENTS.format(clients=tables.history("clients")))
    listed = ", ".join(f"'{name}'" for name in wanted)
    of_client = "" if client_id is None else f" and client_id = {int(client_id)}"
    steps.add("kept", f"select * from found where kind in ({listed}){of_client}")
    rest_steps(steps)
    if explained:
        touched_steps(steps)
    else:
        steps.add("touched_reasons", NO_REASONS)
    if not explained or "drifted_balance" not in wanted:
        steps.add("drift_told", NO_DRIFT_REASONS)
    else:
        drift_steps(steps)
        steps.add("drift_told", "select * from drift_reasons")
    families = " ".join(f"when '{kind.name}' then '{kind.family}'" for kind in KINDS.values())
    choices = " ".join(
        f"when '{kind.name}' then '{kind.choices.replace(chr(39), chr(39) * 2)}'" for kind in KINDS.values()
    )
    return steps.add("differences", TOLD.format(families=families, choices=choices))


def _orphans(steps: Steps) -> list[str]:
    steps.add("orphans", orphans_sql(steps))
    steps.add("orphan_differences", ORPHAN_DIFFERENCES)
    return ["orphan_differences"]


def _steps(**sql: str) -> Callable[[Steps], list[str]]:
    """A finder that adds steps in their order; those named ``…_differences`` are what it finds."""

    def find(steps: Steps) -> list[str]:
        for name, text in sql.items():
            steps.add(name, text)
        return [name for name in sql if name.endswith("_differences")]

    return find


Finder = tuple[tuple[str, ...], Callable[[Steps], list[str]]]
FINDERS: tuple[Finder, ...] = (
    (("drifted_balance",), _steps(drifted=DRIFTED, credit_differences=CREDIT_DIFFERENCES)),
    (("credit_not_logged", "credit_on_cancelled", "total_not_items", "parts_not_total", "paid_but_owed", "paid_too_much",
      "unpaid_but_settled", "paid_but_cancelled"),
     _steps(suspect_invoices=SUSPECT_INVOICES, wrong_invoices=WRONG_INVOICES, invoice_differences=DESCRIBED_INVOICES)),
    (("number_gap", "number_twice"),
     _steps(stems=STEMS, loose_numbers=LOOSE_NUMBERS, gaps=GAPS, gap_differences=GAP_DIFFERENCES, twice_numbered=TWICE_NUMBERED,
            twice_differences=TWICE_DIFFERENCES)),
    (("overpaid_without_credit", "unapplied_payment", "settles_too_much"),
     _steps(suspect_money=SUSPECT_MONEY, rests=RESTS, free_money=FREE_MONEY, free_differences=FREE_DIFFERENCES)),
    (("reference_twice",), _steps(references_twice=REFERENCES_TWICE, reference_differences=REFERENCE_DIFFERENCES)),
    (("wrong_client",), _steps(strayed=STRAYED, client_differences=CLIENT_DIFFERENCES)),
    (("wrong_currency",), _steps(currency_differences=CURRENCY_DIFFERENCES)),
    (("refund_above_payment",), _steps(refund_differences=REFUND_DIFFERENCES)),
    (("closed_with_credit", "closed_with_services"), _steps(closed_differences=CLOSED_DIFFERENCES)),
    (("credit_of_gone_client",), _steps(gone_credit=GONE_CREDIT, gone_differences=GONE_DIFFERENCES)),
    (("orphan",), _orphans),
    (("unmatched_line", "line_amount"), _steps(line_differences=LINE_DIFFERENCES)),
    (("statement_gap", "statement_sum"), _steps(statement_differences=STATEMENT_DIFFERENCES)),
)  # fmt: skip

NO_REASONS = """
    select ''::varchar as table_name, 0::bigint as row_id, 0::bigint as operation_id, ''::varchar as operator,
        true as is_there, ''::varchar as explained_by, ''::varchar as explanation limit 0
"""
NO_DRIFT_REASONS = """
    select 0::bigint as row_id, 0::bigint as operation_id, ''::varchar as operator, ''::varchar as explained_by,
        ''::varchar as explanation limit 0
"""

# The number is made of what the difference is about, within what a browser's numbers hold.
TOLD = """
    select (md5_number_lower(k.kind || ' ' || k.table_name || ' ' || k.row_id) % 9007199254740881)::bigint as id, k.kind,
        case k.kind {families} end as family, k.table_name, k.row_id, k.client_id,
        case when k.amount is not null then c.code end as currency_code, if(c.code is not null, k.amount, null) as amount, k.day, k.message,
        to_json(list_concat(k.row_list, b.behind))::varchar as row_list,
        coalesce(d.explained_by, g.explained_by, t.explained_by, 'unexplained') as explained_by,
        coalesce(d.explanation, concat_ws('; ', g.explanation, if(g.explained_by is null, t.explanation, null))) as explanation,
        case when d.row_id is not null then d.operation_id when g.explained_by is not null then g.operation_id else t.operation_id end as operation_id,
        case when d.row_id is not null then d.operator when g.explained_by is not null then g.operator else t.operator end as operator,
        k.mend_rule, k.mend_request, case when k.mend_rule is null then nullif(case k.kind {choices} end, '') end as choices
    from kept k
    left join rows_behind b on b.kind = k.kind and b.row_id = k.row_id
    left join gone_clients gone on gone.id = k.gone_id and k.gone_table = 'clients'
    left join currencies c on c.id = coalesce(k.currency_id, gone.currency_id)
    left join drift_told d on k.kind = 'drifted_balance' and d.row_id = k.row_id
    left join touched_reasons t on t.table_name = k.table_name and t.row_id = k.row_id
    left join touched_reasons g on g.table_name = k.gone_table and g.row_id = k.gone_id and not g.is_there
    order by k.kind, k.table_name, k.row_id
"""
