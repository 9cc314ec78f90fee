"""Texts of statement lines: what looks like an invoice number and is none, and words for charges."""

from __future__ import annotations

_OTHER = (
    r"kd|kdnr|kunden|kundennr|kundennummer|kto|konto|kontonr|customer|client|klant|klantnr|account|iban|bic|blz|"
    r"ust|ustid|vat|tva|btw|tax|steuer|st|stnr|steuernr|steuernummer|siret|siren|kvk|nif|nip|hrb|tel|telefon|phone|fax|"
    r"mandat|mandatsref|mandate|mref|cred|vertrag|vertragsnr|contract|policy|police|bestellung|bestellnr|order|auftrag|ticket|"
    r"plz|kassenzeichen|aktenzeichen|karte|card"
)
_CODES = "eur|usd|chf|gbp|pln|czk|sek|nok|dkk|huf|ron"
# Numbers of something else, IBANs, phones, dates, times, months, amounts, and numbers with points or slashes inside.
MASKS = (
    rf"\b(?:{_OTHER})[.:]?[ -]?(?:nr|no|nummer|number|id|ref)?[ .:#=+-]*[a-z]{{0,4}}\d[\d/.-]*",
    r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){3,7}(?: ?[a-z0-9]{1,4})?\b",
    r"\+\d[\d ()/-]{6,}\d",
    r"\b\d{4}-\d{2}-\d{2}\b",
    r"\b\d{1,2}[./-] ?\d{1,2}[./-] ?(?:\d{4}|\d{2})\b",
    r"\b\d{1,2}\.\d{1,2}\.",
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b",
    r"\b(?:0?[1-9]|1[0-2])[/.](?:20)?[2-4]\d\b",
    r"\b20[2-4]\d/(?:0?[1-9]|1[0-2])\b",
    rf"\b\d+(?:[.,]\d+)* ?(?:%|€|\b(?:{_CODES})\b)",
    rf"(?:\b(?:{_CODES})|[€$£]) ?\d+(?:[.,]\d+)*",
    r"\b\d+[.,]\d+\b",
    r"\b\d+(?:[/.]\d+)+\b",
)

CHARGES_SQL = (
    r"regexp_matches(lower({text}), '\b(?:chrg|chgs?|charges?|bank fee|geb(?:ü|ue)hr(?:en)?|entgelt|spesen|frais|spese|commissione|comisi[oó]n|/?our|/?ben|/?sha)\b')"
)  # fmt: skip


def masked_sql(text: str) -> str:
    """SQL of a text in lower case without dates, amounts and numbers of something else."""
    masked = f"lower({text})"
    for mask in MASKS:
        masked = f"regexp_replace({masked}, '{mask}', ' ', 'g')"
    return masked


def compact_sql(text: str) -> str:
    """SQL of a text's letters and digits alone, in lower case."""
    return rf"regexp_replace(lower({text}), '[^\p{{L}}\p{{N}}]+', '', 'g')"
