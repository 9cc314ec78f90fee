"""What stands beside an amount: a currency, or something else that makes it no amount of money."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from clientops.importing.formats import CREDIT_WORDS, DEBIT_WORDS

_NUMBER = re.compile(r"[\d.,'()+\-\s\u2019\u00a0\u202f\u2009\u2212\u2010-\u2014\ufe63\uff0d]+")

# Signs and words that people write for currencies; several where one sign is used by several countries.
_SIGNS = {
    "€": "EUR", "euro": "EUR", "euros": "EUR",
    "$": "USD CAD AUD NZD SGD HKD TWD MXN BRL ARS CLP COP", "us$": "USD", "$us": "USD", "dollar": "USD CAD AUD NZD",
    "dollars": "USD CAD AUD NZD", "c$": "CAD", "ca$": "CAD", "cad$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD",
    "s$": "SGD", "sg$": "SGD", "hk$": "HKD", "nt$": "TWD", "mx$": "MXN", "r$": "BRL", "usd$": "USD",
    "£": "GBP EGP", "gb£": "GBP", "pound": "GBP", "pounds": "GBP", "¥": "JPY CNY", "円": "JPY", "元": "CNY",
    "rmb": "CNY", "cn¥": "CNY", "jp¥": "JPY", "fr": "CHF", "sfr": "CHF", "franken": "CHF", "chf": "CHF",
    "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "kr": "SEK NOK DKK ISK", "skr": "SEK", "nkr": "NOK",
    "dkr": "DKK", "ft": "HUF", "lei": "RON", "лв": "BGN", "₽": "RUB", "руб": "RUB", "₴": "UAH", "₺": "TRY", "tl": "TRY",
    "₹": "INR", "rs": "INR PKR LKR NPR", "₩": "KRW", "₫": "VND", "฿": "THB", "₪": "ILS", "₱": "PHP", "rm": "MYR",
    "rp": "IDR", "r": "ZAR", "₦": "NGN", "د.ك": "KWD", "kd": "KWD", "dhs": "AED", "aed": "AED", "sr": "SAR",
}  # fmt: skip


def amount_unit(text: str) -> str:
    """What stands beside the number of an amount, e.g. ``$``, ``EUR`` or ``months``; empty if nothing does."""
    return " ".join(_NUMBER.sub(" ", text).split()).strip(" .")


def currencies_of(unit: str) -> frozenset[str]:
    """Codes of the currencies that a sign or word may mean; none if it is no currency.

    >>> sorted(currencies_of("¥")), sorted(currencies_of("eur")), sorted(currencies_of("months"))
    (['CNY', 'JPY'], ['EUR'], [])
    """
    folded = unicodedata.normalize("NFKC", unit.strip().strip(".").casefold())
    found = _SIGNS.get(folded, "").split()
    if found:
        return frozenset(found)
    parts = folded.split()
    if len(parts) > 1:  # "$ 5.00 USD": both must agree
        each = [currencies_of(part) for part in parts]
        return frozenset.intersection(*each)
    return frozenset({folded.upper()}) if folded.upper() in _codes() else frozenset()


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


def refusal(text: str, plain: str, currency: str | None) -> str:
    """Why an amount cannot be taken as money in a currency; empty if it can.

    Args:
        text: As it was written.
        plain: As it would be read, without its unit.
        currency: Code of the client's currency; nothing if that is not known.
    """
    unit = amount_unit(text)
    if not unit or plain == text:
        return ""
    meant = currencies_of(unit)
    if not meant:
        word = unit.casefold().strip(" .")
        if word in DEBIT_WORDS | CREDIT_WORDS:
            return f"{unit!r} may mean debit or credit; write a minus where it is one"
        return f"{unit!r} is no currency; write the amount itself, e.g. 1500 for 1.5k"
    if currency is None:
        return f"it is written in {unit}, and nothing says which currency the client is billed in"
    return "" if currency in meant else f"it is written in {unit}, and the client is billed in {currency}"
