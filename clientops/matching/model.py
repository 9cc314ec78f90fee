"""The model: what each piece of evidence weighs, which pairs are compared, and where groups are cut; one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from math import log2
from pathlib import Path
from typing import Any

from clientops.core.errors import UsageError
from clientops.matching.comparisons import EVIDENCE, SEVERAL
from clientops.schema.definition import quote_text

COUNTED_LEVELS = {
    "person": ("same", "swapped", "nickname", "misspelt", "swapped and misspelt"),
    "firm": ("same", "misspelt"),
    "email": ("same", "shared"),
    "phone": ("same", "misspelt"),
    "address": ("same", "misspelt"),
}
"""Levels of agreement that say less the more clients share the value."""

FIELDS_OF_BLOCKS = ("email", "phone", "tax_id", "address", "postcode", "city", "surname", "company")
"""Keys whose absence from a book calls for more blocks."""

FEW_HAVE = 0.02
"""Share of the clients below which a book lacks a field."""


@dataclass(frozen=True)
class Model:
    """Weights and limits.

    Attributes:
        blocks: Keys (SQL over the keys of a client) and the most clients that may share them: pairs of clients that
            agree in all keys of a block are compared; a larger block says too little and is passed over.
        prior: Score of a pair about which nothing is known but that it is compared, in bits.
        expected: Share of the compared pairs that are one party, in the books the bits were fitted to.
        bits: Bits (log2 of the odds) that each level of each comparison adds.
        counts: By comparison: the counted key, and the bits that exact agreement loses each time the number of clients
            who share the value doubles beyond four.
        threshold: Score from which a pair is proposed: 0 is as likely as not.
        review: Score from which a pair is worth a person's look.
        certain: Score from which pairs may be accepted in bulk: 99.2 % likely.
        largest_group: Larger groups are cut at rising thresholds,
        sure: up to this one, where the members that are left stay together however many.
        more_blocks: Blocks for books that lack some fields (``without``, all of them): what is left has to find the pairs.
    """

    blocks: tuple[tuple[tuple[str, ...], int], ...]
    prior: float
    expected: float
    bits: dict[str, dict[str, float]]
    counts: dict[str, tuple[str, float]]
    threshold: float
    review: float
    certain: float
    sure: float
    largest_group: int
    more_blocks: tuple[tuple[tuple[str, ...], int, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, values: dict[str, Any]) -> Model:
        """The model that a JSON object describes."""
        return cls(
            blocks=tuple((tuple(block["keys"]), int(block["most"])) for block in values["blocks"]),
            prior=float(values["prior"]),
            expected=float(values["expected"]),
            bits={name: dict(levels) for name, levels in values["bits"].items()},
            counts={name: (key, float(bits)) for name, (key, bits) in values["counts"].items()},
            threshold=float(values["threshold"]),
            review=float(values["review"]),
            certain=float(values["certain"]),
            sure=float(values["sure"]),
            largest_group=int(values["largest_group"]),
            more_blocks=tuple(
                (tuple(block["keys"]), int(block["most"]), tuple(block["without"]))
                for block in values.get("more_blocks", ())
            ),
        )

    def for_fields(self, filled: Mapping[str, float]) -> Model:
        """The model with the blocks that a book needs by how many of its clients have each of some fields, 0 to 1."""
        known = {keys for keys, _ in self.blocks}
        more = tuple(
            (keys, most)
            for keys, most, without in self.more_blocks
            if keys not in known and all(filled[name] < FEW_HAVE for name in without)
        )
        return replace(self, blocks=self.blocks + more) if more else self

    def as_json(self) -> str:
        """The JSON object that describes the model."""
        return json.dumps(
            {
                "blocks": [{"keys": list(keys), "most": most} for keys, most in self.blocks],
                "more_blocks": [
                    {"keys": list(keys), "most": most, "without": list(without)}
                    for keys, most, without in self.more_blocks
                ],
                "threshold": self.threshold,
                "review": self.review,
                "certain": self.certain,
                "sure": self.sure,
                "largest_group": self.largest_group,
                "counts": {name: list(count) for name, count in self.counts.items()},
                "prior": round(self.prior, 3),
                "expected": round(self.expected, 4),
                "bits": {
                    name: {level: round(bits, 3) for level, bits in levels.items()}
                    for name, levels in self.bits.items()
                },
            },
            indent=2,
        )

    def bits_sql(self, name: str) -> str:
        """Expression: the bits that the level of a comparison adds."""
        levels = " ".join(f"when {quote_text(level)} then {bits!r}" for level, bits in self.bits.get(name, {}).items())
        text = f"case {name} {levels} else 0 end" if levels else "0"
        if name in self.counts:
            key, slope = self.counts[name]
            exact = ", ".join(quote_text(level) for level in COUNTED_LEVELS[name])
            many = f"log2(greatest({key}_count, {SEVERAL}) / {SEVERAL})"
            text += f" - case when {name} in ({exact}) then {slope!r} * {many} else 0 end"
        return f"({text})"

    def bits_of(self, pair: Mapping[str, Any]) -> dict[str, float]:
        """Bits that each comparison adds to the score of a pair; with the prior they add up to it."""
        found = {}
        for name in EVIDENCE:
            found[name] = self.bits.get(name, {}).get(pair[name], 0.0)
            if name in self.counts and pair[name] in COUNTED_LEVELS[name]:
                key, slope = self.counts[name]
                found[name] -= slope * log2(max(pair[f"{key}_count"], SEVERAL) / SEVERAL)
        return found


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The model that comes with clientops."""
    return Model.of(json.loads((resources.files("clientops.matching") / "model.json").read_text(encoding="utf-8")))


def read_model(path: Path) -> Model:
    """A model kept in a file, e.g. one tuned on a business's own decisions."""
    return Model.of(json.loads(read_model_text(path)))


def read_model_text(path: Path) -> str:
    """The text of a model's file, whatever it says.

    Raises:
        UsageError: There is no such file, or it is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The model {path} cannot be read; clientops duplicates tune -o {path.name} writes one"
        ) from error
