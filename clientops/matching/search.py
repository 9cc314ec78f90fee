"""Duplicates of a book: proposed pairs with their evidence, and groups."""

from __future__ import annotations

from dataclasses import dataclass

from clientops.core.plan import Relation
from clientops.matching.candidates import pairs_step
from clientops.matching.decisions import current_decisions_sql
from clientops.matching.fingerprints import PRESENT, add_marks, unmarked_clients_sql
from clientops.matching.fit_on_book import CHANCE_PAIRS, Chance, chance_sql, model_of_book, own_weights, sample_sql
from clientops.matching.groups import duplicate_groups
from clientops.matching.model import FIELDS_OF_BLOCKS, Model, shipped
from clientops.matching.normalise import dialling_sql, keys_sql
from clientops.matching.scoring import compare_step, evidence_sql, weigh_step
from clientops.schema.tables import Steps, Tables


@dataclass(frozen=True)
class Duplicates:
    """What was found.

    Attributes:
        pairs: Scored pairs from the lower of threshold and limit for review on, without those decided to be different;
            columns as of :func:`~clientops.matching.scoring.score_pairs`.
        model: The weights and limits that were used.
        groups: ``group_id, client_id, members, score``, see :func:`~clientops.matching.groups.duplicate_groups`.
    """

    pairs: Relation
    groups: Relation
    model: Model

    @property
    def used(self) -> str:
        """What the search went by, in words."""
        return weights_in_words(self.model)


def find_duplicates(
    tables: Tables,
    *,
    threshold: float | None = None,
    only: Relation | None = None,
    decisions: Relation | None = None,
    model: Model | None = None,
) -> Duplicates:
    """Find clients that were entered more than once.

    Pure: reads ``clients`` and ``merged_clients``. The order of rows does not matter. With ``only`` the pairs are those
    of the whole book that have one of these clients, with the same scores.

    Args:
        tables: Read-only tables.
        threshold: Score from which a pair joins a group; by default the model's, 0: as likely as not.
        only: ``id`` of new clients; only pairs with at least one of them are looked for.
        decisions: ``left_id, right_id, decision`` (``same``, ``different``, other words decide nothing). Clients that
            were merged since stand for their survivors. Of two decisions about a pair, ``different`` counts.
        model: Weights and limits; by default those the book's own search found (with ``only``), or those that a search
            of the whole book finds: the shipped ones, or the book's own, see
            :func:`~clientops.matching.fit_on_book.own_weights`.
    """
    start = model or (shipped() if only is None else model_of_book(tables))
    lowest = start.threshold if threshold is None else threshold
    given = {"given_new": only, "given_decisions": decisions}
    steps = tables.steps(**{name: relation for name, relation in given.items() if relation is not None})
    model = scored_step(
        steps,
        start,
        min(start.review, lowest),
        only="given_new" if only is not None else "",
        is_given=model is not None,
    )
    current = None
    if decisions is not None:
        current = steps.add("current_decisions", current_decisions_sql("given_decisions"))
    undecided = "" if decisions is None else UNDECIDED
    pairs = tables.given(tables.query(f"select * from scored_pairs s {undecided} {BY_SCORE}").to_arrow_table())
    steps.drop("scored_pairs")
    groups = duplicate_groups(tables, pairs, lowest, decisions=current, model=model)
    return Duplicates(pairs, groups, model)


def weights_in_words(model: Model) -> str:
    """Whose weights a model has."""
    if (model.prior, model.bits) == (shipped().prior, shipped().bits):
        return "the shipped ones"
    return (
        "the book's own, since its clients share nothing with others"
        if not model.bits.get("together")
        else "tuned ones"
    )


def scored_step(
    steps: Steps, model: Model, lowest: float, *, only: str = "", with_marks: bool = False, is_given: bool = True
) -> Model:
    """Add the step ``scored_pairs`` to a chain: all pairs of the book's clients, or those of the clients in a step.

    With marks, also the steps of :func:`~clientops.matching.fingerprints.add_marks`. A model that nobody gave makes way for the
    book's own weights where all pairs are looked at and show them; returned is the one that scored.
    """
    compared = NOBODY if only and not steps.value(f"select count(*) from {only}") else PRESENT
    _keys_step(steps, "client_keys", compared)
    if with_marks and only:
        _keys_step(steps, "unmarked_keys", unmarked_clients_sql(steps.tables))
        add_marks(steps, "unmarked_keys")
        steps.drop("unmarked_keys")
    elif with_marks:
        add_marks(steps, "client_keys")
    is_own = not is_given and not only
    if is_own:
        model = model.for_fields(steps.value(FILLED))
    pairs_step(steps, model, keys="client_keys", only=only)
    if is_own:
        clients = steps.count("client_keys")
        steps.add("chance_clients", chance_sql("client_keys", clients))
    compare_step(
        steps, keys="client_keys", pairs="found_pairs", is_part=bool(only), also="chance_clients" if is_own else ""
    )
    if is_own:
        model = _own_weights(steps, model, clients) or model
        steps.drop("chance_clients")
    weigh_step(steps, model, lowest, pairs="found_pairs")
    steps.drop("client_keys", "found_pairs")
    return model


def _own_weights(steps: Steps, model: Model, clients: int) -> Model | None:
    """The weights that the pairs of a step show, if any."""
    sample, parts = sample_sql("found_pairs", steps.count("found_pairs"))
    by_chance = steps.tables.query(evidence_sql(CHANCE_PAIRS.format(sample="chance_clients", pairs="found_pairs")))
    chance = Chance(by_chance, steps.count("chance_clients"), clients, parts)
    return own_weights(steps.tables, steps.tables.query(evidence_sql(sample)), chance, model)


def _keys_step(steps: Steps, name: str, clients: str) -> None:
    steps.add(name, keys_sql(clients, dialling_sql(steps.tables, clients)))


FILLED = f"""
    select {{{", ".join(f"{name}: count({name}) / greatest(count(*), 1)" for name in FIELDS_OF_BLOCKS)}}} from client_keys
"""
NOBODY = "(select * from clients where false)"
BY_SCORE = "order by score desc, left_id, right_id"
UNDECIDED = """
    anti join (select * from current_decisions where decision = 'different') d
    on d.left_id = s.left_id and d.right_id = s.right_id
"""
