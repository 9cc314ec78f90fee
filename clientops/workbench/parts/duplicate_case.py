"""How a case of possible duplicates looks: the clients side by side, what differs, and the evidence as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from clientops.core.readable import counted, way_of_paying
from clientops.reports.figures.duplicates import PROFILE, Case, Pair
from clientops.reports.figures.likelihood import likelihood_text
from clientops.reports.lists.row_names import amount_text
from clientops.rules.merge.survivorship import BLOCKS
from clientops.workbench.ui.components import badge, button, link
from clientops.workbench.ui.labels import day, humanised
from clientops.workbench.ui.nodes import Content, Node, call, h

WIDEST = 16.0
"""Bits of a bar that is full."""

EVIDENCE_NAMES = {
    "firm": "Company name", "person": "Name", "generation": "Junior or senior", "email": "E-mail", "phone": "Phone",
    "tax_id": "Tax number", "organisation": "Company", "address": "Address", "together": "Agree for one reason",
    "someone_else": "Used by others",
}  # fmt: skip
NAMES = {"tax_id": "Tax number", "company_name": "Company", "email_opt_out": "No marketing", "admin_notes": "Remarks"}
EXTRA = ("status", "payment_method", "language", "is_tax_exempt", "email_opt_out", "admin_notes")
"""Further columns that are laid side by side where the clients differ in them."""

_ADDRESS, _NAME = BLOCKS[3].columns, BLOCKS[0].columns


def taken_with(name: str) -> tuple[str, ...]:
    """The fields that are chosen when one is: a name and an address are taken whole, a mixture would be wrong."""
    return next((block for block in (_ADDRESS, _NAME) if name in block), (name,))


def outcome(case: Case, survivor: int, ids: Sequence[int], taken: Mapping[str, int]) -> dict[str, int]:
    """For each field the client whose value the survivor will have: chosen, its own, or what fills its gap."""
    clients = {client["id"]: client for client in case.clients}
    own = clients[survivor]
    found: dict[str, int] = {}
    for block in BLOCKS:
        columns = [name for name in block.columns if name in clients[survivor]]
        source = survivor
        if any(_is_empty(own[name]) for name in columns):
            for number in ids:
                other = clients[number]
                fits = all(
                    _is_empty(other[name]) or _is_empty(own[name]) or _plain(other[name]) == _plain(own[name])
                    for name in columns
                ) and not (block.country and _is_elsewhere(other, clients[found["country"]]))
                if fits and any(_is_empty(own[name]) and not _is_empty(other[name]) for name in columns):
                    source = number
                    break
        for name in columns:
            found[name] = survivor if not _is_empty(own[name]) else source
    for name in EXTRA:
        found.setdefault(name, survivor)
    return {**found, **{name: number for name, number in taken.items() if number in ids}}


def _is_elsewhere(client: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two clients are in different countries, as far as both are known."""
    known = [client["country"], other["country"]]
    return not any(_is_empty(country) for country in known) and len({_plain(country) for country in known}) > 1


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _plain(value: Any) -> str:
    return " ".join(str(value if value is not None else "").split()).casefold()


def differing(text: str, other: str) -> list[Content]:
    """A text with the parts marked in which it differs from another, letter by letter where they are alike."""
    if _plain(text) == _plain(other) or not text:
        return [text]
    matcher = SequenceMatcher(None, text.casefold(), other.casefold(), autojunk=False)
    if matcher.ratio() < 0.5 or len(text) != len(text.casefold()) or len(other) != len(other.casefold()):
        return [h("span", text, class_="co-differs")]
    parts: list[Content] = []
    for kind, start, end, left, right in matcher.get_opcodes():
        piece = text[start:end]
        if kind == "equal":
            parts.append(piece)
        elif piece:
            parts.append(h("span", piece, class_="co-differs"))
        elif right > left:
            parts.append(h("span", "‸", class_="co-differs co-gap", title=f"without {other[left:right]!r}"))
    return parts


def side_by_side(
    case: Case,
    *,
    survivor: int,
    ids: Sequence[int],
    taken: Mapping[str, int],
    choose: Any,
    keep: Any,
    include: Any,
    go: Any,
) -> Node:
    """The clients of a case as columns of a table; fields that differ are marked, and chosen with one click.

    Args:
        case: The case.
        survivor: The client that is to remain.
        ids: The clients that belong together; the others were left out.
        taken: Fields that were chosen, and the client whose value they are to have.
        choose: Called with a field and a client.
        keep: Called with the client that is to remain.
        include: Called with a client that is to be left out, or to belong again.
        go: Called with a route.
    """
    chosen = outcome(case, survivor, ids, taken)
    own = next(client for client in case.clients if client["id"] == survivor)
    heads = [h("th", "", scope="col", class_="co-case-field")]
    for place, client in enumerate(case.clients, start=1):
        number = client["id"]
        is_in, remains = number in ids, number == survivor
        leave = button("Leave out" if is_in else "Include", call(include, number), look="quiet", aria_label=f"{'Leave out' if is_in else 'Include'} client {number}")  # fmt: skip
        heads.append(
            h("th",
              h("div",
                link(f"#{number}", call(go, f"client/{number}"), title="Look at this client"),
                badge(client["status"]),
                class_="co-case-number"),
              h("button", "● Remains" if remains else f"○ Keep this one ({place})", type="button", class_="co-case-keep",
                aria_pressed="true" if remains else "false", aria_keyshortcuts=str(place), on={"click": call(keep, number)})
              if is_in else h("span", "left out", class_="co-faint"),
              leave if len(case.clients) > 2 and not remains else None,
              scope="col", class_=f"co-case-client{' co-case-out' if not is_in else ''}", key=f"client {number}")
        )  # fmt: skip
    rows = [
        _field_row(case, name, own, chosen=chosen, ids=ids, choose=choose)
        for name in (*PROFILE, *EXTRA)
        if _is_shown(case, name)
    ]
    rows += [_fact_row(case, title, text) for title, text in FACTS]
    return h(
        "div", h("table", h("thead", h("tr", heads)), h("tbody", rows), class_=f"co-case co-case-{min(len(case.clients), 6)}"),
        class_="co-table-box co-case-box", key=f"case {case.item}",
    )  # fmt: skip


def _is_shown(case: Case, name: str) -> bool:
    texts = {_plain(client[name]) for client in case.clients}
    return len(texts) > 1 if name in EXTRA else texts != {""}


def _field_row(
    case: Case, name: str, own: Mapping[str, Any], *, chosen: Mapping[str, int], ids: Sequence[int], choose: Any
) -> Node:
    texts = {_plain(client[name]) for client in case.clients}
    differs = len(texts) > 1
    cells = []
    for client in case.clients:
        number = client["id"]
        text = _shown(client, name)
        shown = differing(text, _shown(own, name)) if differs and client is not own else [text]
        is_taken = chosen.get(name) == number
        if not differs or number not in ids or not text:
            cells.append(
                h(
                    "td",
                    shown if text else h("span", "–", class_="co-faint"),
                    class_="co-case-same" if not differs else "",
                )
            )
            continue
        cells.append(
            h("td", h("button", h("span", "✓" if is_taken else "", class_="co-case-tick", aria_hidden="true"), h("span", shown), type="button",
                      class_="co-case-value", aria_pressed="true" if is_taken else "false", on={"click": call(choose, name, number)},
                      aria_label=f"{NAMES.get(name) or humanised(name)}: {text}")),
        )  # fmt: skip
    mark = (
        h("span", "•", h("span", "differs", class_="co-hidden"), class_="co-case-unlike", title="They differ here")
        if differs
        else None
    )
    return h(
        "tr",
        h("th", NAMES.get(name) or humanised(name), mark, scope="row"),
        cells,
        class_="co-case-differs" if differs else "",
        key=f"field {name}",
    )


def _shown(client: Mapping[str, Any], name: str) -> str:
    return way_of_paying(client[name]) if name == "payment_method" else _text(client[name])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _fact_row(case: Case, title: str, text: Any) -> Node:
    return h(
        "tr",
        h("th", title, scope="row"),
        [h("td", text(client)) for client in case.clients],
        class_="co-case-fact",
        key=title,
    )


FACTS: tuple[tuple[str, Any], ...] = (
    ("Has", lambda c: ", ".join(
        counted(c[name], noun) for name, noun in (("services", "service"), ("domains", "domain"), ("invoices", "invoice"), ("tickets", "ticket"))
        if c[name]) or "nothing yet"),
    ("Paid so far", lambda c: amount_text(c["paid"], c["code"]) if c["code"] else "–"),
    ("Credit", lambda c: amount_text(c["credit_balance"], c["code"]) if c["code"] else "–"),
    ("Open", lambda c: counted(c["unpaid_invoices"], "unpaid invoice") if c["unpaid_invoices"] else "–"),
    ("Last activity", lambda c: day(c["last_activity_on"]) or "none"),
    ("Client since", lambda c: day(c["created_on"]) or "unknown"),
)  # fmt: skip


def evidence(case: Case) -> Node:
    """Why, and why not: words and bars of each pair, the strongest open, the others to be unfolded."""
    first, *others = case.pairs
    return h(
        "div",
        _pair_node(first, is_only=not others),
        [h("details", h("summary", f"#{p.left_id} and #{p.right_id}: {likelihood_text(p.score)} likely"), _pair_node(p, is_only=True),
           key=f"pair {p.left_id} {p.right_id}") for p in others],
        class_="co-evidence", key="evidence",
    )  # fmt: skip


def _pair_node(pair: Pair, *, is_only: bool) -> Node:
    bars = [(name, bits) for name, bits in pair.bits.items() if abs(bits) >= 0.05]
    bars.sort(key=lambda bar: -bar[1])
    return h(
        "div",
        None if is_only else h("h3", f"#{pair.left_id} and #{pair.right_id}: {likelihood_text(pair.score)} likely"),
        h("p", h("strong", "Why: "), pair.why or "–", h("span", h("strong", " Why not: "), pair.why_not, class_="co-why-not") if pair.why_not else None),
        h("ul", [_bar(name, bits) for name, bits in bars], class_="co-bars", aria_label="Evidence in bits"),
        key=f"evidence {pair.left_id} {pair.right_id}",
    )  # fmt: skip


def _bar(name: str, bits: float) -> Node:
    full = min(abs(bits), WIDEST) / WIDEST
    what = h("progress", value=f"{full:.3f}", max="1", aria_hidden="true")
    empty = h("span", class_="co-bar-none")
    sides = [empty, what] if bits > 0 else [what, empty]
    return h(
        "li", h("span", EVIDENCE_NAMES.get(name, humanised(name)), class_="co-bar-name"),
        h("span", sides, class_=f"co-bar co-bar-{'for' if bits > 0 else 'against'}"),
        h("span", f"{bits:+.1f}", class_="co-bar-bits"), key=name,
    )  # fmt: skip


def keys_help(pairs: Sequence[tuple[str, str]]) -> Node:
    """What the keys do, in one line."""
    return h("p", [[h("strong", key), f" {what}  "] for key, what in pairs], class_="co-faint co-keys")
