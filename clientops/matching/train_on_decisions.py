"""Learning from the decisions that people made in a book."""

from __future__ import annotations

from clientops.matching.decisions import current_decisions_sql
from clientops.matching.fingerprints import PRESENT
from clientops.matching.fit import tuned
from clientops.matching.model import Model, shipped
from clientops.matching.normalise import dialling_sql, keys_sql
from clientops.matching.scoring import score_step
from clientops.schema.tables import Tables


def tuned_on_decisions(tables: Tables, model: Model | None = None) -> tuple[Model, int]:
    """The model fitted to the book's decisions about clients who are both still there, and how many there were.

    Raises:
        UsageError: There are not decisions of both kinds, same and different.
    """
    steps = tables.steps()
    steps.add("standing_decisions", DECIDED.format(decisions=current_decisions_sql()))
    steps.add("client_keys", keys_sql(PRESENT, dialling_sql(tables, PRESENT)))
    score_step(steps, model or shipped(), -1e6, keys="client_keys", pairs="standing_decisions")
    decided = tables.query(
        "select s.*, d.decision from scored_pairs s join standing_decisions d using (left_id, right_id) order by left_id, right_id"
    )
    return tuned(decided, model), steps.count("standing_decisions")


DECIDED = """
    select d.* from ({decisions}) d join clients l on l.id = d.left_id join clients r on r.id = d.right_id
    where d.decision in ('same', 'different')
"""
