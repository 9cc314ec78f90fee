"""The text of an entry (:86:): payer, account, reference and purpose, as banks of several countries write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clientops.matching.placeholders import first_reference

_WIDE = 60  # a line so long goes on in the middle of a word

# ?20 of German banks; other signs in the place of ? in Poland, the Netherlands and Austria.
_NUMBERED = re.compile(r"^\s*(?:\d{3}|[A-Z]{4})?\s?([?>~^<+|#$&@*§])(?=\d\d)")
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|PURP|RCUR|IBAN|BIC|ANAM|RREF|RTRN)(?:\+|: ?)")
# /NAME/ … /REMI/ … of Dutch, Belgian and French banks.
_SLASHED = re.compile(
    r"/(TRTP|TRCD|IBAN|BIC|NAME|REMI|EREF|CNTP|RTYP|PREF|MARF|CSID|ISDT|ORDP|BENM|ID|ADDR|ACCW|NRTX|SWOD|PURP|ULTC|ULTD|ULTB|UDTR|UCRD|"
    r"RTRN|CREF|IREF|KREF|MREF|SVCL|DCID|MDAT|CHGS|EXCH|OAMT|OCMT|INIT|BO|BE|FR|TO|RFB|AREF|MAND|CRED|COAM|CHRG|EXCHR|PY|LIB|SEPA|MT103|"
    r"CDTRREFTP|CDTRREF|TYPE|BENE|ORDR|AC)/"
)
_COLONED = re.compile(
    r"\b(IBAN|BIC|NAAM|NAME|OMSCHRIJVING|KENMERK|MACHTIGING|INCASSANT|BETALINGSKENM\.|DESCRIPTION|REFERENCE|NOM|MOTIF|NAZWA|TYTUŁ|TYTUL)\s?:\s"
)
_POLISH = re.compile(r"(?:^|;)\s*(z rach|na rach|od|dla|tyt|TNR|rach\. kontrah|nazwa i adres kontrah)\.?\s*:\s*", re.IGNORECASE)  # fmt: skip
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")


@dataclass(frozen=True)
class Details:
    """What a text tells of an entry."""

    name: str = ""
    account: str = ""
    reference: str = ""
    text: str = ""


def read_details(lines: Sequence[str]) -> Details:
    """Payer, account, reference and purpose of the lines of a text; without known marks all of it is the purpose."""
    whole = "".join(lines)
    if mark := _NUMBERED.match(lines[0]):
        return _numbered(whole, mark[1])
    if len(_SLASHED.findall(whole)) > 1 or re.match(r"\s*/(?:TRTP|EREF|CNTP|ORDP|BENM|REMI|NAME|IBAN|RTYP)/", whole):
        return _slashed(whole)
    running = _running(lines)
    if len(_POLISH.findall(running)) > 1:
        return _polish(running)
    if len(_COLONED.findall(running)) > 1:
        return _coloned(running)
    if len(_SEPA.findall(running)) > 1 or re.match(r"\s*(?:EREF|SVWZ|KREF|MREF)\+", running):
        return _keyworded(running)
    return Details(text=running)


def _running(lines: Sequence[str]) -> str:
    """Lines as one text: a full line goes on without a blank, as banks cut words at its end."""
    found = ""
    for line in lines:
        is_cut = len(found) > 0 and len(lines[0]) >= _WIDE and not found.endswith(" ")
        found += line if is_cut or not found else f" {line.lstrip()}"
    return " ".join(found.split())


def _numbered(whole: str, mark: str) -> Details:
    parts = re.split(rf"{re.escape(mark)}(?=\d\d)", whole)[1:]
    fields: dict[str, str] = {}
    for part in parts:
        fields[part[:2]] = fields.get(part[:2], "") + part[2:]
    purpose = "".join(fields[key] for key in sorted(fields) if "20" <= key <= "29" or "60" <= key <= "63")
    told = _keyworded(purpose) if _SEPA.search(purpose) else Details(text=purpose)
    if told.text == purpose and len(_SLASHED.findall(purpose)) > 1:
        told = _slashed(purpose)
    name = " ".join(f"{fields.get('32', '')}{_glue(fields)}{fields.get('33', '')}".split())
    account = fields.get("38", "").strip() or fields.get("31", "").strip() or told.account
    if not name and mark == ">":  # Triodos: name and text follow the account
        account = account or fields.get("10", "").strip().lstrip("0")
    return Details(
        name or told.name, account, told.reference, told.text.strip() or fields.get("00", "").strip(),
    )  # fmt: skip


def _glue(fields: dict[str, str]) -> str:
    """Between the two fields of a name: nothing where the first is full, as it is cut in the middle of a word."""
    return "" if len(fields.get("32", "")) >= 27 else " "


def _keyworded(text: str) -> Details:
    """Parts of a SEPA purpose by their keyword (EREF+, SVWZ+ …)."""
    parts = _SEPA.split(text)
    words = {key: " ".join(value.split()) for key, value in zip(parts[1::2], parts[2::2], strict=False)}
    said = words.get("SVWZ") or " ".join(parts[0].split())
    if returned := words.get("RTRN"):
        said = f"{said} {returned}".strip()
    account = words.get("IBAN", "").replace(" ", "")
    return Details(
        words.get("ANAM") or words.get("ABWA", ""), account, first_reference(words.get("EREF", ""), words.get("KREF", "")), said
    )  # fmt: skip


def _slashed(text: str) -> Details:
    parts = _SLASHED.split(text)
    fields: dict[str, str] = {}
    for key, value in zip(parts[1::2], parts[2::2], strict=False):
        cleaned = " ".join(value.strip("/ ").split())
        if cleaned and key not in fields:
            fields[key] = cleaned
    name, account = fields.get("NAME", ""), fields.get("IBAN", "") or fields.get("ACCW", "").split(",")[0]
    if party := fields.get("CNTP", ""):
        told = party.split("/")
        account, name = account or told[0], name or (told[2] if len(told) > 2 else "")
    for key in ("ORDP", "BENM", "ORDR", "BENE", "BO", "FR"):
        name = name or re.sub(r"^/?(?:ID|NAME)/", "", fields.get(key, "")).strip("/ ")
    remittance = re.sub(r"^(?:USTD|STRD)/+(?:CUR/|ISO/)?", "", fields.get("REMI", "")).strip("/ ")
    others = [fields[key] for key in ("CREF", "CDTRREF", "LIB") if key in fields]
    if returned := fields.get("RTRN"):
        others.append(f"Return {returned}")
    said = " ".join(part for part in (remittance, *others) if part)
    reference = first_reference(fields.get("EREF", ""), fields.get("KREF", ""), fields.get("PREF", ""))
    return Details(name, account.replace(" ", ""), reference, said or " ".join(parts[0].split()) or fields.get("TRTP", ""))  # fmt: skip


def _polish(text: str) -> Details:
    parts = _POLISH.split(text)
    fields = {key.casefold(): value.strip(" ;") for key, value in zip(parts[1::2], parts[2::2], strict=False)}
    account = fields.get("z rach") or fields.get("na rach") or fields.get("rach. kontrah", "")
    name = fields.get("od") or fields.get("dla") or fields.get("nazwa i adres kontrah", "")
    return Details(name, account.replace(" ", ""), "", fields.get("tyt") or parts[0].strip(" ;"))


def _coloned(text: str) -> Details:
    parts = _COLONED.split(text)
    fields = {key: value.strip() for key, value in zip(parts[1::2], parts[2::2], strict=False)}
    account = _IBAN.search(fields.get("IBAN", "").replace(" ", ""))
    name = next((fields[key] for key in ("NAAM", "NAME", "NOM", "NAZWA") if key in fields), "")
    said = next((fields[key] for key in ("OMSCHRIJVING", "DESCRIPTION", "MOTIF", "TYTUŁ", "TYTUL") if key in fields), "")  # fmt: skip
    payment = fields.get("BETALINGSKENM.", "")
    reference = first_reference(fields.get("KENMERK", ""), fields.get("REFERENCE", ""))
    return Details(name, account[0] if account else "", reference, " ".join(p for p in (said, payment) if p) or parts[0].strip())  # fmt: skip
