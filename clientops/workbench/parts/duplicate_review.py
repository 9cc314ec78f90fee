"""Reviewing possible duplicates one case after the other: merge, different or later, in two keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, Literal

from clientops.core.errors import RefusedError
from clientops.matching.survivor import Reason
from clientops.registry import rule
from clientops.reports.figures.duplicates import Case, Counts, read_case, read_counts, read_queue
from clientops.reports.figures.likelihood import likelihood_text
from clientops.rules.merge.survivorship import TAKABLE
from clientops.workbench.parts.duplicate_case import evidence, keys_help, outcome, side_by_side, taken_with
from clientops.workbench.parts.review_locks import Claims
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, next_focus, notice
from clientops.workbench.ui.labels import humanised
from clientops.workbench.ui.nodes import Content, Node, Part, call, h

Decision = Literal["same", "different", "later"]
ASKED: dict[Decision, tuple[str, str, str]] = {
    "same": ("Merge", "m", "primary"), "different": ("Different", "d", ""), "later": ("Later", "l", ""),
}  # fmt: skip
KEYS = (
    ("M", "merge"), ("D", "different"), ("L", "later"), ("Enter", "confirm"), ("Esc", "back"), ("N", "next"),
    ("1-9", "who remains"), ("U", "undo the last"),
)  # fmt: skip
MOST_PAIRS = 2000


class Review(Part):
    """The queue: the most certain case first, without those that others have on their screens.

    Args:
        desk: The book.
        on_decided: Called after each decision and each undo.
    """

    def __init__(self, desk: Desk, on_decided: Callable[[], Any]) -> None:
        super().__init__()
        self.desk, self.on_decided = desk, on_decided
        self.claims = Claims(desk.book.path, desk.operator)
        self.case: Case | None = None
        self.later = False
        self.skipped: list[int] = []
        self.done: list[tuple[int, int]] = []
        self.armed: Decision | None = None
        self.survivor = 0
        self.left_out: set[int] = set()
        self.taken: dict[str, int] = {}
        self.keep_as_contact = False
        self.message: tuple[str, str] | None = None
        self.counts: Counts | None = None
        self.elsewhere = 0
        self.focus = 0

    # -- which case ------------------------------------------------------------------------------------------------

    def begin(self, *, later: bool = False, item: int | None = None) -> None:
        """Come to the review: at a case, or at the most certain one that is free."""
        self.later, self.skipped, self.message = later, [], None
        if item is not None and self._open(item):
            return
        self.next()

    def next(self) -> None:
        """Show the next case that nobody else has on the screen; after the last one, those that were passed over."""
        others = self.claims.others()
        with self.desk.book.tables() as tables:
            found = read_queue(tables, later=self.later, others=[*others, *self.skipped], most=20)
            if not found and self.skipped:
                self.skipped = []
                found = read_queue(tables, later=self.later, others=list(others), most=20)
        self.elsewhere = len(others)
        for item in found:
            if self._open(item):
                return
        self._forget()
        self.claims.release()
        with self.desk.book.tables() as tables:
            self.counts = read_counts(tables, self.desk.operator)

    def _forget(self) -> None:
        self.case, self.armed, self.left_out, self.taken, self.keep_as_contact = None, None, set(), {}, False

    def _open(self, item: int) -> bool:
        """Show a case, unless somebody else has it or nothing of it waits any more."""
        if not self.claims.take(item):
            return False
        self._forget()
        with self.desk.book.tables() as tables:
            self.case = read_case(tables, item)
        if self.case is None:
            return False
        self.survivor = self.case.proposed["most active"][0]
        self.focus = next_focus()
        return True

    def skip(self, _value: Any = None) -> None:
        """Go on without deciding."""
        self.message = None
        if self.case:
            self.skipped.append(self.case.item)
        self.next()

    # -- what is to become of it -----------------------------------------------------------------------------------

    def keep(self, client: int, _value: Any = None) -> None:
        """Choose who remains; what was chosen field by field stays."""
        if self.case and client in self.case.ids and client not in self.left_out:
            self.survivor = client
            self.taken = {name: number for name, number in self.taken.items() if number != client}

    def propose(self, value: Any) -> None:
        """Choose who remains by a reason."""
        if self.case and value in self.case.proposed:
            chosen: Reason = value
            survivor = self.case.proposed[chosen][0]
            self.left_out.discard(survivor)
            self.keep(survivor)

    def include(self, client: int, _value: Any = None) -> None:
        """Leave a client out of the merge, or take it in again."""
        if self.case and client in self.case.ids and client != self.survivor:
            self.left_out ^= {client}
            self.taken = {name: number for name, number in self.taken.items() if number != client}

    def choose(self, name: str, client: int, _value: Any = None) -> None:
        """Choose whose value a field is to have."""
        if not self.case or client not in self.ids:
            return
        for column in taken_with(name):
            self.taken.pop(column, None)
            if client != self.survivor:
                self.taken[column] = client

    def ticked(self, value: Any) -> None:
        """Keep the replaced clients as contacts, or not."""
        self.keep_as_contact = bool(value)

    @property
    def ids(self) -> tuple[int, ...]:
        """Clients of the case that belong together."""
        return tuple(number for number in self.case.ids if number not in self.left_out) if self.case else ()

    def arm(self, decision: Decision, _value: Any = None) -> None:
        """First key: say what is to be decided, and show it."""
        if self.case:
            self.armed, self.message, self.focus = decision, None, next_focus()

    def disarm(self, _value: Any = None) -> None:
        """Back to the case."""
        self.armed, self.focus = None, next_focus()

    def requests(self) -> list[dict[str, Any]]:
        """What the decision asks of the rule: one row a pair that waits, and one for each client that is replaced."""
        case = self.case
        if case is None or self.armed is None:
            return []
        waiting = {(pair.left_id, pair.right_id) for pair in case.pairs}
        together = set(self.ids)
        base = {"decided_by": self.desk.operator}
        if self.armed != "same":
            pairs = waiting if self.armed == "later" else set(combinations(sorted(case.ids), 2))
            return [{**base, "left_id": a, "right_id": b, "decision": self.armed} for a, b in sorted(pairs)][
                :MOST_PAIRS
            ]
        rows = []
        for a, b in sorted(waiting | {(min(n, self.survivor), max(n, self.survivor)) for n in together - {self.survivor}}
                           | {(min(n, o), max(n, o)) for n in self.left_out for o in together}):  # fmt: skip
            if a in together and b in together:
                row = {**base, "left_id": a, "right_id": b, "decision": "same"}
                if self.survivor in (a, b):
                    other = b if a == self.survivor else a
                    names = [name for name, number in self.taken.items() if number == other and name in TAKABLE]
                    row |= {
                        "survivor_id": self.survivor,
                        "take_from_replaced": names,
                        "keep_as_contact": self.keep_as_contact,
                    }
                rows.append(row)
            elif (a in together) != (b in together):
                rows.append({**base, "left_id": a, "right_id": b, "decision": "different"})
        return rows[:MOST_PAIRS]

    def confirm(self, _value: Any = None) -> None:
        """Second key: record the decision, unless somebody else decided meanwhile, and go on."""
        case, decision = self.case, self.armed
        if case is None or decision is None:
            return
        self.armed = None
        with self.desk.book.session() as book:
            with book.tables() as tables:
                now = read_case(tables, case.item)
            is_same = now is not None and (now.ids, now.pairs) == (case.ids, case.pairs)
            if is_same:
                self.armed = decision
                try:
                    receipt = book.apply_now(rule("decide-duplicates"), self.requests(), reason="Review of duplicates")
                except RefusedError as refused:
                    self.message, self.armed = ("warning", str(refused)), None
                    return
                self.done.append((receipt.operation_id, case.item))
        if not is_same:
            self.message = ("warning", "Somebody decided about these clients, or changed them, in the meantime. Nothing was recorded; this is how it stands.")  # fmt: skip
            if now is None or not self._open(case.item):
                self.next()
            return
        words = {"same": f"Accepted: {len(self.ids)} clients become #{self.survivor} with the next merge." if len(self.ids) > 1 else "Kept apart for good.",
                 "different": "Kept apart for good.", "later": "Put off."}  # fmt: skip
        self.message = ("done", words[decision])
        self.next()
        self.on_decided()

    def undo(self, _value: Any = None) -> None:
        """Take the last decision back, and show its case again."""
        if not self.done:
            self.message = ("info", "There is no decision of this session to take back.")
            return
        number, item = self.done.pop()
        try:
            self.desk.book.undo(number, reason="Taken back in the review")
        except RefusedError as refused:
            self.message = ("warning", str(refused))
            return
        self.on_decided()
        if not self._open(item):
            self.next()
        self.message = ("done", f"The decision of operation {number} was taken back.")

    # -- drawing ---------------------------------------------------------------------------------------------------

    def tree(self) -> Content:
        """The case and what can be done with it."""
        said = h("div", notice(*self.message), role="status", key="message") if self.message else None
        if self.case is None:
            return [said, self._nothing()]
        case = self.case
        many = f"{len(case.clients)} clients" if len(case.clients) > 2 else "Two clients"
        undo = (
            button("Undo the last", self.undo, look="quiet", picture="undo", aria_keyshortcuts="u")
            if self.done
            else None
        )
        head = h(
            "header",
            h("h2", f"{many}, {likelihood_text(case.score)} likely one party", tabindex="-1", focus=self.focus if not self.armed else 0),
            h("div", undo, button("Next", self.skip, look="quiet", picture="arrow", aria_keyshortcuts="n"), class_="co-tools"),
        )  # fmt: skip
        return [
            said,
            h("section", head, self._warnings(case),
              side_by_side(case, survivor=self.survivor, ids=self.ids, taken=self.taken, choose=self.choose, keep=self.keep,
                           include=self.include, go=self.desk.go),
              self._survivor_node(case),
              self._decide_node(case),
              evidence(case),
              keys_help(KEYS),
              class_="co-card co-review", key=f"review {case.item}"),
        ]  # fmt: skip

    def _nothing(self) -> Node:
        counts = self.counts
        if counts and counts.searched_at is None:
            text = "Nobody has looked for duplicates yet. Begin with “Look for duplicates”."
        elif self.elsewhere:
            text = "Everything that waits is on somebody else's screen."
        else:
            text = "Nothing was put off." if self.later else "Nothing waits for a decision."
        undo = button("Undo the last", self.undo, picture="undo", aria_keyshortcuts="u") if self.done else None
        return card(h("p", text, class_="co-empty"), undo, key="nothing")

    def _warnings(self, case: Case) -> Content:
        codes = sorted({client["code"] for client in case.clients if client["id"] in self.ids and client["code"]})
        if len(codes) > 1:
            return notice(
                "warning", f"Billed in {' and '.join(codes)}: they can be merged only while no money is involved."
            )
        return None

    def _survivor_node(self, case: Case) -> Node:
        reasons = [
            h(
                "option",
                f"{words}  (#{number})",
                value=reason,
                selected=number == self.survivor and reason == "most active",
            )
            for reason, (number, words) in case.proposed.items()
        ]
        own = f"r{self.serial}"
        return h(
            "div",
            h("label", "Proposed to remain", for_=f"{own}-by"),
            h("select", reasons, id=f"{own}-by", class_="co-input", on={"change": self.propose}),
            h("label", h("input", type="checkbox", checked=self.keep_as_contact, id=f"{own}-contact", on={"change": self.ticked}),
              " Keep the others as contacts", for_=f"{own}-contact"),
            class_="co-case-options", key=f"options {case.item}",
        )  # fmt: skip

    def _decide_node(self, case: Case) -> Node:
        if self.armed is None:
            buttons = [
                button(f"{title} ({key.upper()})", call(self.arm, decision), look=look, aria_keyshortcuts=key)
                for decision, (title, key, look) in ASKED.items()
            ]
            return h("div", buttons, class_="co-buttons co-decide", key="ask")
        title = ASKED[self.armed][0]
        return h(
            "div",
            h("p", h("strong", "If you confirm: "), self._sentence(case), " No client is changed yet."),
            h("div",
              h("button", h("span", f"Confirm: {title} (Enter)"), type="button", class_="co-button co-primary", focus=self.focus,
                aria_keyshortcuts="Enter", on={"click": self.confirm}),
              button("Back (Esc)", self.disarm, aria_keyshortcuts="Escape"),
              h("span", "as ", h("strong", self.desk.operator), class_="co-faint"),
              class_="co-buttons"),
            class_="co-decide co-armed", key=f"armed {self.armed}",
        )  # fmt: skip

    def _sentence(self, case: Case) -> str:
        if self.armed == "different":
            return "these clients are never proposed again, nor are the clients they are merged into."
        if self.armed == "later":
            return "the case goes to those put off."
        replaced = [number for number in self.ids if number != self.survivor]
        text = (
            f"{_listed(replaced)} will become #{self.survivor} with the next merge" if replaced else "nobody is merged"
        )
        chosen = outcome(case, self.survivor, self.ids, {})
        moved = {name: number for name, number in self.taken.items() if chosen.get(name) != number}
        if moved:
            text += f", with {', '.join(f'{humanised(name).lower()} of #{number}' for name, number in moved.items())}"
        if self.left_out:
            text += f"; {_listed(sorted(self.left_out))} kept apart"
        return f"{text}."


def _listed(numbers: Sequence[int]) -> str:
    """Numbers of clients in a sentence, e.g. ``#3, #4 and #5``."""
    *firsts, last = (f"#{number}" for number in numbers)
    return f"{', '.join(firsts)} and {last}" if firsts else last
