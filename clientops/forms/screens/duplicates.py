"""Duplicates: clients that are there twice, and how they become one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clientops.forms.change import Change
from clientops.forms.desk import Desk
from clientops.forms.element import Content, call, h
from clientops.forms.grid import Grid
from clientops.forms.look import button, card, notice
from clientops.forms.shell import Screen
from clientops.operations import rules
from clientops.reports.duplicates import MERGED, SAME_ADDRESS


class Main(Screen):
    """Clients that look the same, and merging by hand."""

    title = "Duplicates"
    lead = "Clients that are there twice: compare them, merge them, take a merge back."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.change: Change | None = None
        self.same = Grid(
            desk,
            SAME_ADDRESS,
            on_open=lambda number: desk.go(f"client/{number}"),
            actions=(("Merge into the oldest…", self.merge),) if "merge-clients" in rules() else (),
        )
        self.merged = Grid(desk, MERGED, on_open=lambda number: desk.go(f"record/merged_clients/{number}"), size=10)

    def show(self, arguments: list[str]) -> None:
        """``duplicates/merge-clients`` begins a merge."""
        self.changed(None)
        if arguments and arguments[0] in rules():
            survivor = int(arguments[1]) if len(arguments) > 1 and arguments[1].isdigit() else None
            self.change = self._change(arguments[0], {"survivor_id": survivor} if survivor else None)

    def begin(self, name: str, _value: Any = None) -> None:
        """The form of a rule."""
        self.change = self._change(name, None)

    def merge(self, numbers: list[int]) -> Any:
        """Merge the selected clients into the one with the lowest number, after a preview."""
        survivor, *others = sorted(set(numbers))
        if not others:
            return None
        requests: list[Mapping[str, Any]] = [{"replaced_id": number, "survivor_id": survivor} for number in others]
        self.change = Change(
            self.desk, "merge-clients", requests=requests, on_close=self.close, on_applied=self.changed
        )
        return self.change.asked(None)

    def _change(self, name: str, filled: Mapping[str, Any] | None) -> Change:
        return Change(self.desk, name, filled=filled, on_close=self.close, on_applied=self.changed)

    def close(self, _value: Any = None) -> None:
        """Leave the form."""
        self.change = None

    def changed(self, _receipt: object) -> None:
        """Something was changed."""
        self.same.refresh()
        self.merged.refresh()

    def tree(self) -> Content:
        """What can be begun, the lists."""
        listed = [rule for rule in rules().values() if rule.name in ("merge-clients", "unmerge-clients", "unmerge")]
        begin = h(
            "div",
            [
                button(r.title, call(self.begin, r.name), look="primary" if r.name == "merge-clients" else "")
                for r in listed
            ],
            class_="co-buttons",
            key="begin",
        )
        return [
            self.change.tree() if self.change else begin if listed else notice("info", "Merging comes with a later version."),
            card(self.same.tree(), title="Clients that share an e-mail address", key="same"),
            card(self.merged.tree(), title="Merged before", key="merged"),
        ]  # fmt: skip
