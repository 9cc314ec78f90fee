"""What can be done with a row: every rule of the registry that is about such a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clientops.book.erasure.rule import ERASE
from clientops.core.plan import Rule
from clientops.registry import rules
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button
from clientops.workbench.ui.nodes import Content, Part, call, h

FIRST = ("edit-client", "issue-credit", "record-payment", "add-contact", "set-status", "issue-invoice", "apply-credit", "edit-invoice", "add-invoice-item", "edit-invoice-item", "edit-contact", "refund-payment",
         "edit-service", "change-service", "add-addon", "terminate-service", "edit-addon", "add-dns-record", "edit-domain", "import-zone", "renew-domain",
         "accept-order", "edit-dns-record", "cancel-order")  # fmt: skip


def rules_about(field: str) -> list[Rule]:
    """Rules whose requests name a row by this field, those used most first."""
    found = [rule for rule in rules().values() if field in rule.request.model_fields]
    return sorted(found, key=lambda rule: FIRST.index(rule.name) if rule.name in FIRST else len(FIRST))


def _begins_as_it_is(rule: Rule, field: str) -> bool:
    """Whether a form begins with the row as it is: one that edits it, and asks for what differs alone."""
    return rule.name.startswith("edit-") and not any(
        info.is_required() for name, info in rule.request.model_fields.items() if name != field
    )


class Actions(Part):
    """Buttons for what can be done with a row, and the change that is being made.

    Args:
        desk: The book.
        field: Field of the requests that names the row, e.g. ``client_id``.
        number: The row's number.
        current: Reads the row as it is, for forms that edit it.
        on_applied: Called after something was changed.
        shown: How many buttons stand in front; the others are behind "More".
    """

    def __init__(
        self,
        desk: Desk,
        field: str,
        number: int,
        *,
        current: Callable[[], Mapping[str, Any]],
        on_applied: Callable[..., Any],
        shown: int = 4,
    ) -> None:
        super().__init__()
        self.desk, self.field, self.number, self.current, self.on_applied, self.shown = (
            desk,
            field,
            number,
            current,
            on_applied,
            shown,
        )
        self.rules = rules_about(field) + ([ERASE] if field == "client_id" else [])
        self.change: Change | None = None

    def begin(self, name: str, _value: Any = None) -> Any:
        """Show the form of a rule for this row; one that asks for nothing more shows its preview."""
        rule = next(rule for rule in self.rules if rule.name == name)
        current = self.current() if _begins_as_it_is(rule, self.field) else None
        fixed = {self.field: self.number}
        self.change = Change(
            self.desk, rule, fixed=fixed, current=current, context=f"{self.field} {self.number}",
            on_close=self.close, on_applied=self.on_applied,
        )  # fmt: skip
        return self.change.asked(None) if self.change.form is None else None

    def close(self, _value: Any = None) -> None:
        """Leave the form."""
        self.change = None

    def tree(self) -> Content:
        """The buttons, or the change that is being made in their place."""
        if self.change is not None:
            return self.change.tree()
        if not self.rules:
            return None
        first, more = self.rules[: self.shown], self.rules[self.shown :]
        return h(
            "div",
            [button(rule.title, call(self.begin, rule.name), key=rule.name) for rule in first],
            h("details", h("summary", "More", class_="co-button"),
              h("div", [button(r.title, call(self.begin, r.name), look="quiet") for r in more], class_="co-menu"), class_="co-more", key="more") if more else None,
            class_="co-buttons", key="actions",
        )  # fmt: skip
