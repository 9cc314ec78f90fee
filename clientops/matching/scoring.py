"""The evidence of each pair and its score: how likely it is that two clients are one party."""

from __future__ import annotations

from clientops.core.plan import Relation
from clientops.matching.comparisons import COMBINED, COUNTED, EVIDENCE, FIELDS, SHARED, STEPS
from clientops.matching.model import Model, shipped
from clientops.matching.normalise import KEY_COLUMNS
from clientops.schema.tables import Steps, Tables


def score_pairs(
    tables: Tables, keys: Relation, pairs: Relation, *, model: Model | None = None, at_least: float | None = None
) -> Relation:
    """Score pairs of clients.

    The score does not know how large the book is: it depends on the two clients and on how many clients share what
    they have. So a client who shares no key with either changes no score, and a pair scores the same both ways.

    Args:
        tables: Where the steps are worked out.
        keys: Keys of all clients, see :func:`~clientops.matching.normalise.normalise`.
        pairs: ``left_id, right_id``.
        model: What evidence weighs.
        at_least: Leave out pairs with a lower score; by default the model's limit for review.

    Returns:
        ``left_id, right_id``, ``score`` (log2 of the odds; 0 is as likely as not, 7 is 99.2 %), a column a comparison
        with its level (``person`` same, swapped, misspelt …; ``email``, ``phone`` …), and ``name_count``,
        ``email_count`` …: how many clients have what the two have, one or the other where they differ.
    """
    steps = tables.steps(given_keys=keys, given_pairs=pairs)
    return score_step(steps, model or shipped(), at_least, keys="given_keys", pairs="given_pairs")


def score_step(
    steps: Steps, model: Model, at_least: float | None, *, keys: str, pairs: str, is_part: bool = False
) -> Relation:
    """Add the step ``scored_pairs`` to a chain that has the named steps of keys and of pairs.

    Where the pairs are those of a part of the clients, only what these clients have is counted; the result is the same.
    """
    compare_step(steps, keys=keys, pairs=pairs, is_part=is_part)
    return weigh_step(steps, model, at_least, pairs=pairs)


def compare_step(steps: Steps, *, keys: str, pairs: str, is_part: bool = False, also: str = "") -> None:
    """Add the step ``compared_keys``: the clients of the pairs, and of a step of ``id``, with what is counted of them."""
    if is_part:
        steps.add("keys_in_pairs", KEYS_IN_PAIRS.format(keys=keys, pairs=pairs))
    steps.add("compared_keys", compared_sql(keys, pairs, counted="keys_in_pairs" if is_part else "", also=also))
    if is_part:
        steps.drop("keys_in_pairs")


def weigh_step(steps: Steps, model: Model, at_least: float | None, *, pairs: str) -> Relation:
    """Add the step ``scored_pairs`` to a chain that has the pairs and their ``compared_keys``, and drop the latter."""
    lowest = model.review if at_least is None else at_least
    scored = steps.add("scored_pairs", f"{scored_sql(model, evidence_sql(pairs))} where score >= {float(lowest)!r}")
    steps.drop("compared_keys")
    return scored


def compared_sql(keys: str, pairs: str, *, counted: str = "", also: str = "") -> str:
    """SELECT of the keys of the clients in some pairs, with how many clients have each (``n_email`` …).

    With a step of those clients' keys only its values are counted.
    """
    joins = (
        COUNTS.format(key=key, keys=keys, part=f"and {key} in (select {key} from {counted})" if counted else "")
        for key in COUNTED
    )
    return COMPARED.format(
        keys=keys,
        pairs=pairs,
        also=f"union select id from {also}" if also else "",
        counts=", ".join(f"coalesce(c_{key}.clients, 1) as n_{key}" for key in COUNTED),
        joins=" ".join(joins),
    )


COMPARED = """
    with compared as (select left_id as id from {pairs} union select right_id from {pairs} {also})
    select k.*, {counts} from {keys} k semi join compared using (id) {joins}
"""
KEYS_IN_PAIRS = """
    select * from {keys} where id in (select left_id from {pairs} union select right_id from {pairs})
"""
COUNTS = """
    left join (
        select {key}, count(*) as clients from {keys} where {key} is not null {part}
        group by {key} having count(*) > 1
    ) c_{key} on c_{key}.{key} = k.{key}
"""


SIDE_COLUMNS = (*KEY_COLUMNS, *(f"n_{key}" for key in COUNTED))
"""What is known of each client of a pair: its keys, and how many clients share each."""


def evidence_sql(pairs: str) -> str:
    """SELECT of the levels of each pair of a step over ``compared_keys``."""
    left = ", ".join(f"l.{column} as {column}_l" for column in SIDE_COLUMNS)
    right = ", ".join(f"r.{column} as {column}_r" for column in SIDE_COLUMNS)
    return evidence_of_sides_sql(f"""
        select {left}, {right}
        from {pairs} p join compared_keys l on l.id = p.left_id join compared_keys r on r.id = p.right_id
    """)


def evidence_of_sides_sql(sides: str) -> str:
    """SELECT of the levels of pairs whose sides a SELECT lays beside one another (``given_l``, ``given_r`` …)."""
    names = {name: name for name in (*STEPS, *FIELDS)}
    return EVIDENCE_OF_PAIRS.format(
        sides=sides,
        steps=", ".join(f"{sql} as {name}" for name, sql in STEPS.items()),
        fields=", ".join(f"{sql.format(**names)} as {name}" for name, sql in FIELDS.items()),
        combined=", ".join(f"{sql.format(**names)} as {name}" for name, sql in COMBINED.items()),
        evidence=", ".join(EVIDENCE),
        shared=", ".join(
            f"n_{key}_l + case when {key}_l = {key}_r then 0 else n_{key}_r end as {key}_count" for key in SHARED
        ),
    )


EVIDENCE_OF_PAIRS = """
    with sides as ({sides}),
    stepped as (select *, {steps} from sides),
    compared as (select *, {fields} from stepped),
    combined as (select *, {combined} from compared)
    select id_l as left_id, id_r as right_id, {evidence}, {shared} from combined
"""


def scored_sql(model: Model, evidence: str) -> str:
    """SELECT of evidence with its score; a WHERE may follow."""
    bits = " + ".join(model.bits_sql(name) for name in EVIDENCE)
    score = f"({model.prior!r} + {bits})::double as score"
    return f"select * from (select left_id, right_id, {score}, * exclude (left_id, right_id) from ({evidence}))"
