"""Who stands on the other side of an entry of a camt file: never the account's own holder."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

# Subfamilies of returns and reversals, and German transaction codes (GVC) of the same.
_RETURNS = {"RRTN", "UPDD", "RPCR", "RJCT", "UPCT", "PRDD", "UPCQ"}
_GERMAN_RETURNS = re.compile(r"\+(108|109|159|059|184)\+")


@dataclass(frozen=True)
class Own:
    """The holder of the account: folded name and account."""

    name: str
    account: str

    @classmethod
    def of(cls, statement: Any) -> Own:
        """The holder that a statement names."""
        return cls(
            _fold(statement.findtext("Acct/Ownr/Nm") or statement.findtext("Acct/Nm") or ""),
            _fold(statement.findtext("Acct/Id/IBAN") or statement.findtext("Acct/Id/Othr/Id") or ""),
        )

    def is_own(self, name: str, account: str) -> bool:
        """Whether a party is the holder."""
        return bool((self.account and _fold(account) == self.account) or (self.name and _fold(name) == self.name))


def other_party(entry: Any, part: Any, own: Own, *, is_received: bool) -> tuple[str, str]:
    """Name and account of the other party.

    Of money received that is the debtor, of money paid the creditor; of a return, where money goes back the way it came,
    the other way round.
    """
    sides = ["Dbtr", "Cdtr"] if is_received != _is_return(entry, part) else ["Cdtr", "Dbtr"]
    found = [(_name(part, side), _account(part, side)) for side in sides]
    for name, account in found:
        if (name or account) and not own.is_own(name, account):
            return name, account
        if not name and not account:
            # The other side is ours, unless it is said to be another one in a message that knows who we are.
            break
    name, account = found[1]
    is_other = (own.name and name and not own.is_own(name, account)) or (own.account and account and not own.is_own(name, account))  # fmt: skip
    return (name, account) if is_other else ("", "")


def _is_return(entry: Any, part: Any) -> bool:
    if (entry.findtext("RvslInd") or "").strip().lower() in ("true", "1") or part.find("RtrInf") is not None:
        return True
    for element in (part, entry):
        code = (element.findtext("BkTxCd/Domn/Fmly/SubFmlyCd") or "").strip()
        own = (element.findtext("BkTxCd/Prtry/Cd") or "").strip()
        if code in _RETURNS or _GERMAN_RETURNS.search(f"+{own}+"):
            return True
    return False


def _name(part: Any, side: str) -> str:
    for path in (f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm", f"RltdPties/Ultmt{side}/Nm", f"RltdPties/Ultmt{side}/Pty/Nm"):  # fmt: skip
        text = part.findtext(path)
        if text and text.strip():
            return " ".join(text.split())
    return ""


def _account(part: Any, side: str) -> str:
    for path in (f"RltdPties/{side}Acct/Id/IBAN", f"RltdPties/{side}Acct/Id/Othr/Id", f"RltdPties/{side}Acct/Id/BBAN"):
        text = part.findtext(path)
        if text and text.strip():
            return "".join(text.split())
    return ""


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if sign.isalnum())
