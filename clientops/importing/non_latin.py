"""How much some bytes look like text of a script that is not Latin, in each of its encodings."""

from __future__ import annotations

import re
from collections.abc import Callable

# Letters by how often they stand in texts, with their accents; the first dozen make up about two thirds of any.
_CYRILLIC = "оаеинтсрвлкмдпуяыьгзбчйхжшюцщэіїєґўјћђљњџёъф"
_GREEK = "αοιετσνηυρπκμλςωάίέόήώύγδθφχβξζψϊϋΐΰ"
_HEBREW = "יוהלאתרבמשנםדעחקפכגסטצזןךץף"
_ARABIC = "الينمرتوبةعدسفهكقأحجشطصىخإذزضغثئءآظؤ"
_THAI = "านรอกเงมยลวดทสตะปบคหแจพชขใไโผ" + "่้ัีิืุู์ำ็ๆึฟธซฉถศณภญษฤฐฏฮฝฆฌฬฎฑฒ"

SINGLE: dict[str, str] = {
    "cp1251": _CYRILLIC,
    "koi8_r": _CYRILLIC,
    "iso8859_5": _CYRILLIC,
    "cp1253": _GREEK,
    "iso8859_7": _GREEK,
    "cp1255": _HEBREW,
    "cp1256": _ARABIC,
    "cp874": _THAI,
}
_OFTEN = 12
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"[^\W\d_]+")


def score_single(sample: bytes, encoding: str) -> float:
    """0 to 1: how usual the letters beyond ASCII are in that script, and how they stand in words."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    letters = SINGLE[encoding]
    points = total = 0.0
    for run in _NOT_ASCII.findall(text):
        for sign in run:
            place = letters.find(sign.lower())
            total += 1
            points += 1.0 if 0 <= place < _OFTEN else 0.6 if place >= 0 else 0.0
    # A capital after a small letter, or letters of two scripts in a word: no word is written so.
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    odd = sum(1 for word in words if re.search(r"[a-zA-Z]", word) or not (word.istitle() or word[1:] == word[1:].lower()
                                                                     or word.isupper()))  # fmt: skip
    return points / total * (1 - odd / len(words)) if total and words else 0.0


def _big5(first: int, second: int) -> float:
    if not 0xA4 <= first <= 0xC6:
        return 0.0
    return 1.0 if second < 0x80 else 0.94  # two of five letters end so, and none in the others


def _gb(first: int, second: int) -> float:
    return (0.97 if 0xB0 <= first <= 0xD7 else 0.0) if second >= 0xA1 else 0.0


def _korean(first: int, second: int) -> float:
    return 1.0 if 0xB0 <= first <= 0xC8 and second >= 0xA1 else 0.0


def _euc_japanese(first: int, second: int) -> float:
    return 1.0 if first in (0xA4, 0xA5) else 0.93 if 0xB0 <= first <= 0xCF else 0.0


def _shift_japanese(first: int, second: int) -> float:
    return 1.0 if first in (0x82, 0x83) or 0x88 <= first <= 0x97 else 0.0


# Of the letters of two bytes those that a text mostly has begin with these.
DOUBLE: dict[str, Callable[[int, int], float]] = {
    "big5": _big5,
    "gb18030": _gb,
    "euc_kr": _korean,
    "euc_jp": _euc_japanese,
    "cp932": _shift_japanese,
}


def score_double(sample: bytes, encoding: str) -> float:
    """0 to 1: how many of the letters of two bytes are among the usual ones."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    points = total = 0.0
    for run in _NOT_ASCII.findall(text):
        for sign in run:
            pair = sign.encode(encoding)
            total += 1
            # Punctuation says nothing; half-width signs of one byte are rare.
            points += (
                0.8 if sign in "、。，；：（）・ー々「」　" else 0.0 if len(pair) != 2 else DOUBLE[encoding](*pair)
            )
    return points / total if total else 0.0


def best_scripts(sample: bytes) -> list[tuple[float, str]]:
    """Encodings of other scripts with their scores, the likeliest first."""
    scores = [(score_single(sample, name), name) for name in SINGLE]
    scores += [(score_double(sample, name), name) for name in DOUBLE]
    return sorted(scores, key=lambda pair: -pair[0])
