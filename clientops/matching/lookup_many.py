"""Likely duplicates of many clients who are to be entered at once, e.g. those of a file."""

from __future__ import annotations

import pyarrow as pa

from clientops.core.plan import Relation
from clientops.matching.fingerprints import MARKS, MOST, known_marks, marks_sql
from clientops.matching.fit_on_book import model_of_book
from clientops.matching.lookup_candidates import CLIENT_COLUMNS
from clientops.matching.model import Model
from clientops.matching.normalise import dialling_sql, keys_sql
from clientops.matching.scoring import score_step
from clientops.schema.definition import column_list, quote_name
from clientops.schema.tables import Tables


def likely_duplicates_of_many(
    tables: Tables, requests: Relation, *, threshold: float | None = None, model: Model | None = None
) -> Relation | None:
    """Clients in the book who are probably among those that are to be entered.

    Only clients who share a mark with one of them are compared, see :mod:`~clientops.matching.fingerprints`.

    Args:
        tables: Read-only tables; reads ``clients``, ``match_keys`` and the history of ``clients``.
        requests: ``row`` and any of the columns of ``clients``, as many as there are.
        threshold: Lowest score; by default the model's.
        model: Weights and limits; by default those of the last search.

    Returns:
        ``row, client_id`` and the columns of :func:`~clientops.matching.scoring.score_pairs` without ``left_id`` and
        ``right_id``; None where nobody looked for duplicates yet.
    """
    unknown = known_marks(tables)
    if unknown is None:
        return None
    model = model or model_of_book(tables)
    columns = ", ".join(
        f"{quote_name(name)}::varchar as {name}" if name in requests.columns else f"null::varchar as {name}"
        for name in CLIENT_COLUMNS
    )
    entered: pa.Table = requests.project(f'-"row"::bigint as id, {columns}').to_arrow_table()
    steps = tables.steps(clients_to_enter=tables.given(entered))
    steps.add("unmarked", unknown)
    steps.add("entered_keys", keys_sql("clients_to_enter", dialling_sql(tables, "clients_to_enter")))
    steps.add("entered_marks", marks_sql("entered_keys"))
    recent = "(select c.* from clients c where c.id in (select id from unmarked))"
    steps.add("recent_marks", marks_sql(f"({keys_sql(recent, dialling_sql(tables, recent))})"))
    steps.add("links", LINKS.format(links=" union ".join(_links_sql(name) for name in MARKS)))
    names = column_list(("id", *CLIENT_COLUMNS))
    compared = f"(select {names} from clients where id in (select right_id from links) union all select {names} from clients_to_enter)"
    steps.add("keys_to_compare", keys_sql(compared, dialling_sql(tables, compared)))
    lowest = model.threshold if threshold is None else threshold
    score_step(steps, model, lowest, keys="keys_to_compare", pairs="links")
    return tables.query(SCORED)


LINKS = """
    select l.left_id, l.right_id from ({links}) l
    join clients c on c.id = l.right_id
    anti join merged_clients m on m.replaced_id = l.right_id
"""
SCORED = """
    select -left_id as "row", right_id as client_id, * exclude (left_id, right_id)
    from scored_pairs order by "row", score desc, client_id
"""


def _links_sql(mark: str) -> str:
    """SELECT of those who are entered and the clients who share a mark with them, unless too many do."""
    return f"""
        select e.id as left_id, k.id as right_id
        from entered_marks e
        join (
            select id, {mark}, count(*) over (partition by {mark}) as clients
            from (
                select id, {mark} from match_keys where id not in (select id from unmarked)
                union all select id, {mark} from recent_marks
            )
            where {mark} in (select {mark} from entered_marks)
        ) k on k.{mark} = e.{mark} and k.clients <= {MOST}
    """
