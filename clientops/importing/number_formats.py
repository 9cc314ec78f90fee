"""What a cell of Excel shows: its number in the cell's format, as far as that changes what a person reads."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|_.|\*.')
_SIGNS = re.compile(r"[€$£¥₹₩₽₺฿₪₫₴]")


class _Format:
    """The first section of a number format: its digits, and the words around them."""

    def __init__(self, code: str) -> None:
        section = code.split(";", maxsplit=1)[0]
        words: list[str] = []

        def kept(found: re.Match[str]) -> str:
            word = found[1] or found[2] or found[3] or ""
            words.append(word)
            return " "

        digits = _LITERAL.sub(kept, section)
        self.words = [word.strip() for word in [*words, *_SIGNS.findall(digits)] if word.strip(" ()-'")]
        digits = _SIGNS.sub("", digits)
        self.is_general = "general" in digits.lower() or "@" in digits
        self.percent = digits.count("%")
        number = re.search(r"[0#?][0#?,. ]*", digits)
        pattern = number[0].rstrip() if number else ""
        whole, _, behind = pattern.partition(".")
        self.thousands = len(pattern) - len(pattern.rstrip(",")) if pattern else 0
        self.decimals = len(re.findall(r"[0#?]", behind)) if "." in pattern else 0
        self.is_fixed = bool(pattern) and "#" not in behind and "?" not in behind and "e+" not in digits.lower()
        self.width = whole.replace(",", "").count("0")
        self.is_fraction = "/" in digits


@lru_cache(maxsize=512)
def _format(code: str) -> _Format:
    return _Format(code)


def shown_number(value: float, text: str, code: str) -> str:
    """A number as its cell shows it: leading zeros, rounded decimals, per cent, and words or a currency beside it.

    >>> shown_number(1067, "1067", "00000"), shown_number(0.1, "0.1", "0%"), shown_number(5, "5", '0.00 "USD"')
    ('01067', '10%', '5.00 USD')

    Args:
        value: The number.
        text: It as plain text, which it stays where the format changes nothing.
        code: The format.
    """
    found = _format(code)
    if found.is_general or not found.is_fixed or found.is_fraction:
        return " ".join([text, *found.words])
    number = Decimal(repr(value)).scaleb(2 * found.percent).scaleb(-3 * found.thousands)
    number = number.quantize(Decimal(1).scaleb(-found.decimals), ROUND_HALF_UP)
    plain = f"{abs(number):f}"
    whole, point, behind = plain.partition(".")
    if point and len(behind) == 3:
        behind += "0"  # three decimals would look like thousands beside amounts that were typed with a decimal comma
    plain = ("-" if number < 0 else "") + whole.rjust(found.width, "0") + point + behind
    words = found.words + (["(shown in thousands)"] if found.thousands and not found.words else [])
    return " ".join([plain + "%" * found.percent, *words])
