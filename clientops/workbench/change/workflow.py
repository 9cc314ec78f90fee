"""Form, preview, receipt: how every change is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from clientops.book.approval.proposals import propose
from clientops.book.write.preview import Preview, Receipt
from clientops.core.errors import NotAllowedError, RefusedError, StaleError
from clientops.core.plan import Rule
from clientops.core.readable import with_readable_names
from clientops.registry import rule as rule_named
from clientops.reports.lists.diff import describe, money_moved
from clientops.reports.lists.duplicate_warning import Likely, find_likely, other_warnings
from clientops.schema.tables import Tables
from clientops.workbench.change.confirm_name import NAME_FIELD, Requests, name_to_type, with_names
from clientops.workbench.change.diff_view import NAMING, changes_node, in_words, naming_node
from clientops.workbench.change.form import Form
from clientops.workbench.change.paste_rows import Pasting
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, icon, next_focus, notice
from clientops.workbench.ui.labels import in_titles, moment
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.widget import Work


class Change(Part):
    """One change from its form to its receipt; a preview is consumed by confirming it, whatever comes of it.

    Args:
        desk: The book.
        rule: The rule, or its name.
        fixed: Values of the request that are given.
        filled: Values that the form begins with.
        current: The row as it is, for a form that edits.
        requests: Requests that are complete already; then there is no form.
        each: Field and numbers: what the form asks for is asked for each of them, as one operation.
        hidden: Fields not shown.
        context: Tells drafts of the same form apart, e.g. the client it is about.
        on_close: Called by "Close", and by "Cancel" in the form, if given.
        on_applied: Called after it was applied or undone.
        warned: Asked with the tables at every preview: sentences that are shown in it as warnings.
    """

    def __init__(
        self,
        desk: Desk,
        rule: Rule | str,
        *,
        fixed: Mapping[str, Any] | None = None,
        filled: Mapping[str, Any] | None = None,
        current: Mapping[str, Any] | None = None,
        requests: Requests | None = None,
        each: tuple[str, list[int]] | None = None,
        hidden: tuple[str, ...] = (),
        context: str = "",
        on_close: Callable[..., Any] | None = None,
        on_applied: Callable[[Receipt], Any] | None = None,
        warned: Callable[[Tables], list[str]] | None = None,
    ) -> None:
        super().__init__()
        self.desk = desk
        self.rule = rule_named(rule) if isinstance(rule, str) else rule
        self.on_close, self.on_applied, self.warned = on_close, on_applied, warned
        self.each = each
        if each:
            fixed = {**(fixed or {}), each[0]: each[1][0]}
        if NAME_FIELD in self.rule.request.model_fields:
            fixed = {**(fixed or {}), NAME_FIELD: "typed when it is confirmed"}
        self.fixed = dict(fixed or {})
        self._made_with = {"fixed": fixed, "filled": filled, "current": current, "hidden": hidden}
        self.context = context
        self.requests = requests
        if requests is None and set(self.rule.request.model_fields) == set(fixed or {}):
            self.requests = [{each[0]: number} for number in each[1]] if each else dict(fixed or {})
        self.preview: Preview | None = None
        self.likely: tuple[Likely, ...] = ()
        self.warnings: list[str] = []
        self.receipt: Receipt | None = None
        self.undone: Receipt | None = None
        self.message: tuple[str, str] | None = None
        self.confirm_problems: dict[str, str] = {}
        self.proposed = False
        self.reason = ""
        self.seconds = 0.0
        self.focus = next_focus()
        self.form = self._new_form() if self.requests is None else None
        self.pasting: Pasting | None = None

    def _new_form(self) -> Form:
        draft = f"{self.rule.name} {self.context}".strip()
        return Form(
            self.desk, self.rule.request, self.asked, draft=draft, on_cancel=self.closed if self.on_close else None,
            **self._made_with,  # type: ignore[arg-type]
        )  # fmt: skip

    # -- from form to preview --------------------------------------------------------------------------------------

    def asked(self, request: Any) -> Work:
        """Plan what is asked for."""
        self.message = None
        requests = self.requests if self.requests is not None else request
        if self.each and self.requests is None:
            requests = [{**request, self.each[0]: number} for number in self.each[1]]
        return Work("Planning", lambda: self._plan(requests), self._planned)

    @property
    def asking(self) -> Form | Pasting | None:
        """What asks: rows of a spreadsheet or the form; nothing where the requests are given."""
        return self.pasting or self.form

    @property
    def can_paste(self) -> bool:
        """Whether several may be asked for at once, as rows of a spreadsheet: what is about one row that is there, may not."""
        is_of_one = self._made_with["current"] is not None or set(self.fixed) - {"client_id", NAME_FIELD}
        return self.desk.is_staff and self.form is not None and not is_of_one and not self.each

    def paste(self, _value: Any = None) -> None:
        """Ask for rows of a spreadsheet instead."""
        self.message = None
        self.pasting = Pasting(self.desk, self.rule.request, self.asked, fixed=self.fixed, on_cancel=self.one_at_a_time)

    def one_at_a_time(self, _value: Any = None) -> None:
        """Back to the form of one."""
        self.pasting = None
        self.back()

    def _plan(self, requests: Requests) -> Preview:
        began = time.perf_counter()
        if NAME_FIELD in self.rule.request.model_fields:
            requests = with_names(self.desk, requests)
        preview = self.desk.book.preview(self.rule, requests)
        if preview.is_applicable:
            self._describe(preview)
        self.seconds = time.perf_counter() - began
        return preview

    def _describe(self, preview: Preview) -> None:
        given = [(c.table, c.kind, c.count, c.sample) for c in preview.changes]
        with self.desk.book.tables() as tables:
            self.described = describe(tables, given)
            whole = all(c.count == len(c.sample) for c in preview.changes)
            self.money = money_moved(tables, given) if whole else ()
            self.typed_name = name_to_type(tables, preview) if self.rule.risk == "high" else ""
            self.likely = find_likely(tables, preview) if self.desk.is_staff else ()
            self.warnings = [
                *(self.warned(tables) if self.warned else []),
                *(self.pasting.doubts if self.pasting else []),
            ]

    def _planned(self, preview: Preview) -> None:
        if preview.problems:
            if self.asking:
                self.asking.show_problems(preview.problems)
            else:
                shown = "; ".join(in_titles(problem.message) for problem in preview.problems[:5])
                more = len(preview.problems) - 5
                self.message = ("error", f"This cannot be done: {shown}{f'; and {more} more' if more > 0 else ''}.")
        elif not preview.changes:
            self.message = ("info", "Nothing would change: everything is as asked for already.")
        else:
            self.preview, self.focus = preview, next_focus()
            self.confirm_problems = {}

    def show_preview(self, preview: Preview) -> None:
        """Show a preview that was made elsewhere."""
        self._describe(preview)
        self._planned(preview)

    # -- from preview to receipt -----------------------------------------------------------------------------------

    def back(self, _value: Any = None) -> None:
        """Return to the form; what was typed is still there."""
        self.preview, self.message = None, None
        if self.asking:
            self.asking.focus = next_focus()

    def confirmed(self, value: Any) -> Work | None:
        """Apply the preview, once."""
        values = value.get("values", {}) if isinstance(value, Mapping) else {}
        preview, self.reason = self.preview, str(values.get("reason", "")).strip()
        if preview is None:
            return None
        self.confirm_problems = {}
        if self.needs_reason and not self.reason:
            self.confirm_problems["reason"] = "A reason is needed; it is kept with the operation"
        typed = " ".join(str(values.get("name", "")).split())
        if self.rule.risk == "high" and typed.casefold() != self.typed_name.casefold():
            self.confirm_problems["name"] = f"Type {self.typed_name} to confirm"
        if self.confirm_problems:
            self.focus = next_focus()
            return None
        self.preview = None  # consumed, whatever comes of it
        apply = Work(
            self.rule.title, lambda: self._apply(preview), self._applied, failed=lambda error: self._failed(error, preview)
        )  # fmt: skip
        self._progress: tuple[str, float] = ("", 0.0)
        return Work(apply.title, apply.function, apply.done, apply.failed, progress=lambda: self._progress)

    @property
    def needs_reason(self) -> bool:
        """Whether it may not be applied without a reason."""
        return self.rule.risk != "low"

    def _apply(self, preview: Preview) -> Receipt:
        began = time.perf_counter()

        def said(what: str, share: float) -> None:
            self._progress = (what, share)

        self.desk.book.progress = said
        self.proposed = bool(preview.needed_because)
        if self.proposed:
            receipt = propose(self.desk.book, preview, reason=self.reason or None)
        else:
            receipt = self.desk.book.apply(preview, reason=self.reason or None, again=True)
        self.seconds = time.perf_counter() - began
        return receipt

    def _applied(self, receipt: Receipt) -> None:
        self.receipt, self.focus = receipt, next_focus()
        if self.form and not self.pasting:
            self.form.done()
        self.pasting = None
        if self.on_applied:
            self.on_applied(receipt)

    def _failed(self, error: Exception, preview: Preview) -> bool:
        if isinstance(error, (StaleError, RefusedError, NotAllowedError)):
            self.message = ("warning", str(error))
            if isinstance(error, RefusedError) and self.asking:
                self.asking.show_problems(error.problems)
            return True
        self.preview = preview  # a fault or a lock: it can be tried again, the same key is applied once
        return False

    # -- after the receipt -----------------------------------------------------------------------------------------

    def undo(self, _value: Any = None) -> Work | None:
        """Take the operation back."""
        receipt = self.receipt
        if receipt is None or self.undone:
            return None
        reason = f"Undo of operation {receipt.operation_id} from its receipt"
        return Work(
            "Undo", lambda: self.desk.book.undo(receipt.operation_id, reason=reason), self._taken_back, self._not_undone
        )  # fmt: skip

    def _taken_back(self, receipt: Receipt) -> None:
        self.undone, self.focus = receipt, next_focus()
        if self.on_applied:
            self.on_applied(receipt)

    def _not_undone(self, error: Exception) -> bool:
        if isinstance(error, RefusedError):
            self.message = ("warning", str(error))
        return isinstance(error, RefusedError)

    def again(self, _value: Any = None) -> None:
        """An empty form for another one."""
        self.preview = self.receipt = self.undone = self.message = self.pasting = None
        self.reason = ""
        self.form = self._new_form()

    def closed(self, _value: Any = None) -> Any:
        """Leave it."""
        if self.form:
            self.form.done()
        return self.on_close(None) if self.on_close else None

    # -- drawing ---------------------------------------------------------------------------------------------------

    def tree(self) -> Content:
        """Where it stands: form, preview or receipt."""
        said = h("div", notice(*self.message), role="alert", key="message") if self.message else None
        if self.receipt:
            return [said, self._receipt_node(self.receipt)]
        if self.preview:
            return [said, self._preview_node(self.preview)]
        if self.asking:
            help_text = (self.rule.request.__doc__ or "").split("\n\n")[0].strip()
            return card(
                h("p", help_text, class_="co-faint") if help_text else None,
                said, self.asking.tree(), title=self.rule.title,
                key=f"form {self.asking.serial}",
                tools=[
                    button("Several at once…", self.paste, look="quiet") if self.can_paste and not self.pasting else None,
                    h("span", "as ", h("strong", self.desk.operator), class_="co-faint"),
                ],
            )  # fmt: skip
        again = button("Preview again", call(self.asked, None), look="primary")
        close = button("Close", self.closed, look="quiet") if self.on_close else None
        return card(said, h("div", again, close, class_="co-buttons"), title=self.rule.title, key="no form")

    def _preview_node(self, preview: Preview) -> Node:
        counts = [(c.table, c.kind, c.count) for c in preview.changes]
        figures = [
            *self.money,
            *((with_readable_names(label[:1].upper() + label[1:]), value) for label, value in preview.summary),
        ]
        others = other_warnings(preview, self.likely)
        warnings = [
            *self.warnings,
            *(in_titles(w.message[:1].upper() + w.message[1:]) for w in others if w.code != NAMING),
        ]
        return h(
            "section",
            h("header", h("h2", "Preview: ", self.rule.title, tabindex="-1", focus=self.focus),
              h("div", h("span", f"planned in {self.seconds:.2f} s", class_="co-faint"), class_="co-tools")),
            h("p", h("strong", f"If you confirm: {in_words(counts)}."), " Nothing has been changed yet."),
            [self._likely_node(one) for one in self.likely[:10]],
            [notice("warning", sentence) for sentence in warnings[:10]],
            h("p", f"and {len(warnings) - 10} more warnings") if len(warnings) > 10 else None,
            naming_node(self.desk, others),
            h("dl", [h("div", h("dt", label), h("dd", value)) for label, value in figures], class_="co-sums") if figures else None,
            changes_node(self.desk, self.described),
            notice("info", f"A second person is needed: {preview.needed_because}. It waits until another operator approves it.") if preview.needed_because else None,
            self._confirm_node(preview),
            class_="co-card co-preview", key=f"preview {preview.key}",
        )  # fmt: skip

    def _likely_node(self, one: Likely) -> Node:
        use = button("Use the existing one", call(self.use_existing, one.client_id), key=f"use {one.client_id}")
        return notice("warning", one.sentence[:1].upper() + one.sentence[1:], use)

    def use_existing(self, client: int, _value: Any = None) -> Any:
        """Add nobody: go to the client who is there already."""
        if self.form:
            self.form.done()
        return self.desk.go(f"client/{client}")

    def _confirm_node(self, preview: Preview) -> Node:
        own = f"c{self.serial}"
        wrong = self.confirm_problems
        first = next(iter(wrong), "")
        danger = self.rule.risk == "high"

        def entry(name: str, label: Content, help_text: str, value: str) -> Node:
            return h(
                "div", h("label", label, for_=f"{own}-{name}"),
                h("input", type="text", id=f"{own}-{name}", name=name, value=value, class_="co-input", autocomplete="off",
                  aria_invalid="true" if name in wrong else None, aria_describedby=f"{own}-{name}-help",
                  focus=self.focus if name == first else 0),
                h("p", wrong.get(name) or help_text, id=f"{own}-{name}-help", class_="co-problem" if name in wrong else "co-help"),
                class_="co-field co-wide-field", key=name,
            )  # fmt: skip

        mark = h("span", " *", class_="co-required", aria_hidden="true") if self.needs_reason else None
        return h(
            "form",
            h("div",
              entry("reason", ["Reason", mark], "Why this is done; kept with the operation", self.reason),
              entry("name", ["To confirm, type ", h("strong", self.typed_name)], "This removes or replaces data", "") if danger else None,
              class_="co-fields"),
            h("div",
              h("button", icon("done"), h("span", f"Ask for approval: {self.rule.title}" if preview.needed_because else f"Confirm: {self.rule.title}"), type="submit", class_=f"co-button co-{'danger' if danger else 'primary'}"),
              button("Back to the form" if self.form else "Cancel", self.back if self.form else self.closed),
              h("span", "as ", h("strong", preview.operator), class_="co-faint"),
              class_="co-buttons"),
            class_="co-form co-confirm", novalidate=True, on={"submit": self.confirmed}, key="confirm",
        )  # fmt: skip

    def _receipt_node(self, receipt: Receipt) -> Node:
        number = receipt.operation_id
        undone = self.undone
        title = f"Undone by operation {undone.operation_id}" if undone else f"Done: operation {number}"
        if self.proposed and not undone:
            title = "It waits for a second person"
        said = f"{in_words(receipt.counts)[:1].upper()}{in_words(receipt.counts)[1:]}."
        if receipt.is_repeated:
            said = "This preview had been applied before; nothing was changed a second time. " + said
        if undone:
            said = f"Operation {number} was taken back: {in_words(undone.counts)}."
        return h(
            "section",
            h("div", icon("undo" if undone else "done"), class_="co-receipt-mark"),
            h("div",
              h("h2", title, tabindex="-1", focus=self.focus),
              h("p", h("strong", self.rule.title), " · ", moment(receipt.applied_at), " · ", self.desk.operator),
              h("p", said),
              h("p", "Reason: ", self.reason) if self.reason else None,
              h("p", f"Hash {receipt.sha256[:16]}… · confirmed in {self.seconds:.2f} s", class_="co-faint"),
              h("div",
                button("Undo", self.undo, picture="undo") if not undone and self.rule.name != "erase-person" else None,
                button("Another one", self.again) if self.form else None,
                button("Show operation", call(self.desk.go, f"operations/{(undone or receipt).operation_id}"), look="quiet") if self.desk.is_staff else None,
                button("Close", self.closed, look="quiet") if self.on_close else None,
                class_="co-buttons")),
            class_="co-card co-receipt", key=f"receipt {number} {bool(undone)}",
        )  # fmt: skip
