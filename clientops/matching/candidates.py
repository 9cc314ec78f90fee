"""Which pairs of clients are worth comparing: those that share a key which few others have."""

from __future__ import annotations

from clientops.core.plan import Relation
from clientops.matching.model import Model, shipped
from clientops.schema.tables import Steps, Tables

BLOCKS = 32
"""Rules that a block's number can tell apart."""


def candidate_pairs(
    tables: Tables, keys: Relation, *, only: Relation | None = None, model: Model | None = None
) -> Relation:
    """Pairs of clients that agree in the keys of a block, each once.

    A block that too many share is passed over, so 5,000 clients with one phone number make no 12 million pairs; they
    still meet by name, e-mail, address …

    Args:
        tables: Where the steps are worked out.
        keys: Keys of the clients, see :func:`~clientops.matching.normalise.normalise`.
        only: ``id`` of new clients: then only pairs with at least one of them.
        model: Blocks and their limits.

    Returns:
        ``left_id, right_id`` with ``left_id < right_id``.
    """
    given = {"given_keys": keys} if only is None else {"given_keys": keys, "given_new": only}
    steps = tables.steps(**given)
    return pairs_step(steps, model or shipped(), keys="given_keys", only="" if only is None else "given_new")


def pairs_step(steps: Steps, model: Model, *, keys: str, only: str = "") -> Relation:
    """Add the step ``found_pairs`` to a chain that has the named steps of keys and, perhaps, of new clients."""
    limits = " ".join(f"when {number} then {most}" for number, (_, most) in enumerate(model.blocks))
    if only:
        of_new = f"(select k.* from {keys} k semi join {only} using (id))"
        steps.add("new_members", members_sql(model, of_new))
        members = f"select m.* from ({members_sql(model, keys)}) m semi join new_members n on n.block = m.block"
        steps.add("block_members", members)
    else:
        steps.add("block_members", members_sql(model, keys))
    kept = "select block from block_members group by block"
    steps.add("blocks_kept", f"{kept} having count(*) between 2 and case block % {BLOCKS} {limits} end")
    found = steps.add("found_pairs", NEW_PAIRS if only else PAIRS)
    steps.drop("block_members", "blocks_kept", *(["new_members"] if only else []))
    return found


def members_sql(model: Model, keys: str) -> str:
    """SELECT of ``id, block``: the blocks that each client of a table of keys is in."""
    blocks = ", ".join(_block_sql(number, keys) for number, (keys, _) in enumerate(model.blocks))
    return MEMBERS.format(blocks=blocks, keys=keys)


# The last five bits of a block's number are those of its rule.
MEMBERS = """
    with every as (select id, unnest([{blocks}]) as block from {keys})
    select id, block from every where block is not null
"""
PAIRS = """
    with members as (select m.id, m.block from block_members m semi join blocks_kept using (block))
    select distinct l.id as left_id, r.id as right_id
    from members l join members r on l.block = r.block and l.id < r.id
"""
NEW_PAIRS = """
    with members as (select m.id, m.block from new_members m semi join blocks_kept using (block))
    select distinct least(l.id, r.id) as left_id, greatest(l.id, r.id) as right_id
    from members l join block_members r on l.block = r.block and l.id <> r.id
"""


def _block_sql(number: int, keys: tuple[str, ...]) -> str:
    """Expression: the block a client is in, empty if it lacks one of the keys."""
    given = " and ".join(f"({key}) is not null" for key in keys)
    return f"case when {given} then ((hash({', '.join(keys)}) >> 5) << 5) + {number} end"
