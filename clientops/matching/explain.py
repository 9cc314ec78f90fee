"""Evidence in words: why two clients look like one party, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clientops.core.plan import Relation
from clientops.matching.comparisons import EVIDENCE, SEVERAL
from clientops.matching.model import COUNTED_LEVELS, Model, shipped
from clientops.schema.definition import quote_text
from clientops.schema.tables import Tables

WHY: dict[str, dict[str, str]] = {
    "person": {
        "same": "same name",
        "swapped": "same names, swapped",
        "nickname": "same name, one a short form",
        "misspelt": "name differs by a letter or two",
        "swapped and misspelt": "names swapped and a letter or two differ",
        "initial": "same surname, the initial fits",
        "part": "one surname is part of the other",
        "surname only": "same surname, one given name missing",
        "given name only": "same given name, one surname missing",
        "other script": "names in two scripts",
        "one name": "the one name given is part of the other's",
    },
    "firm": {
        "same": "same company name",
        "other order": "same company name in another order of words",
        "part": "all words of one company name are in the other",
        "acronym": "one company name is made of the other's first letters",
        "misspelt": "company name differs by a letter or two",
    },
    "email": {
        "same": "same e-mail",
        "shared": "same e-mail, but not one person's own",
        "misspelt": "e-mail differs by one letter",
    },
    "phone": {"same": "same phone", "misspelt": "phone differs by one digit"},
    "tax_id": {"same": "same tax number", "misspelt": "tax number differs by a digit or two"},
    "organisation": {"same": "same company", "misspelt": "company name differs little"},
    "address": {
        "same": "same address",
        "misspelt": "nearly the same address",
        "street": "same street",
        "postcode": "same postcode",
        "city": "same city",
    },
}
"""Words for levels that speak for one party, by comparison."""

WHY_NOT: dict[str, dict[str, str]] = {
    "person": {
        "near": "names are alike, but both are names that others have",
        "near surname": "same given name, surnames are alike, but both are names that others have",
        "relative": "same surname, other given name",
        "married": "same given name, other surname",
        "renamed": "same given name, other surname",
        "half different": "the names that both have differ",
        "different": "other name",
    },
    "firm": {
        "near": "company names are alike, but others have both",
        "some words": "company names share some words, and each has others",
        "one word": "company names share one word, and each has others",
        "different": "other company name",
    },
    "generation": {"different": "one is junior or senior, the other not"},
    "email": {
        "mailbox": "same mailbox at another provider",
        "near": "e-mails differ in digits or dots only, as those of namesakes do",
        "own domain": "other e-mail, one at a domain named like the surname",
        "different": "other e-mail",
    },
    "phone": {"different": "other phone"},
    "tax_id": {"different": "other tax number"},
    "organisation": {
        "other number": "same company name, other tax number",
        "near": "company names are alike, but not the same",
        "different": "other company",
    },
    "address": {"different": "other address"},
    "together": {
        "phone and organisation": "colleagues share phone and company",
        "phone and address": "households share phone and address",
        "organisation and address": "colleagues share company and address",
        "phone, organisation and address": "colleagues share phone, company and address",
    },
    "someone_else": {
        "shares e-mail": "people of another name use the same e-mail",
        "another site": "companies at another address",
        "a household": "relatives share address, phone or e-mail, and a given name is missing",
    },
}
"""Words for levels that speak against it, or take back what was counted twice."""

EXACT = {name: tuple(level for level in levels if "misspelt" not in level) for name, levels in COUNTED_LEVELS.items()}
"""Levels of exact agreement, by comparison: there it is said how many clients share the value."""

_COUNT_OF = {"person": "name", "firm": "company", "email": "email", "phone": "phone", "address": "address"}


@dataclass(frozen=True)
class Explanation:
    """Words for a pair, and the bits behind them.

    Attributes:
        why: What speaks for one party: "same phone", "name differs by a letter or two".
        why_not: What speaks against it: "other e-mail".
        bits: By comparison, what its level adds to the score, counted from where nothing is known; for bars.
    """

    why: tuple[str, ...]
    why_not: tuple[str, ...]
    bits: dict[str, float]

    def __str__(self) -> str:
        return "; but ".join(", ".join(words) for words in (self.why, self.why_not) if words)


def explain(pair: Mapping[str, Any], model: Model | None = None) -> Explanation:
    """Why a scored pair is proposed, and why one might doubt it.

    Args:
        pair: A row of :func:`~clientops.matching.scoring.score_pairs`.
        model: The model it was scored with.
    """
    model = model or shipped()
    why, why_not = [], []
    for name, levels in WHY.items():
        if (words := levels.get(pair[name])) is not None:
            count = pair[f"{_COUNT_OF[name]}_count"] if pair[name] in EXACT.get(name, ()) else 0
            why.append(f"{words} (shared by {count} clients)" if count > SEVERAL else words)
    for name, levels in WHY_NOT.items():
        if (words := levels.get(pair[name])) is not None:
            why_not.append(words)
    return Explanation(tuple(why), tuple(why_not), model.bits_of(pair))


def explained(tables: Tables, pairs: Relation) -> Relation:
    """Scored pairs with the columns ``why`` and ``why_not``: the words of :func:`explain`, for lists and spreadsheets."""
    why, why_not = words_sql(WHY, with_counts=True), words_sql(WHY_NOT)
    tables.steps(explained_pairs=pairs)
    told = tables.query(f"select *, {why} as why, {why_not} as why_not from explained_pairs")
    return tables.given(told.to_arrow_table())


def bits_sql(model: Model) -> str:
    """Expression: the bits that each comparison adds to the score of a pair, as JSON; for bars."""
    bits = ", ".join(f"{quote_text(name)}: round({model.bits_sql(name)}, 2)::decimal(9, 2)" for name in EVIDENCE)
    return f"to_json({{{bits}}})::varchar"


def words_sql(words: dict[str, dict[str, str]], *, with_counts: bool = False) -> str:
    """Expression: the words of all levels of a pair, separated by commas."""
    parts = []
    for name, levels in words.items():
        text = f"case {name} {' '.join(f'when {quote_text(k)} then {quote_text(v)}' for k, v in levels.items())} end"
        if with_counts and name in _COUNT_OF:
            exact = ", ".join(quote_text(level) for level in EXACT[name])
            count = f"{_COUNT_OF[name]}_count"
            many = f"case when {name} in ({exact}) and {count} > {SEVERAL} then ' (shared by ' || {count} || ' clients)' else '' end"
            text = f"{text} || {many}"
        parts.append(text)
    return f"concat_ws(', ', {', '.join(parts)})"
