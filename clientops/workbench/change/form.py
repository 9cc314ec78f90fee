"""A form made from a request model: any rule gets one without a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from clientops.core.plan import Problem
from clientops.reports.lists.row_names import read_currency, read_label
from clientops.reports.lists.search import search_rows
from clientops.schema.requests import Request
from clientops.workbench.change.fields import Field, entered, fields_of
from clientops.workbench.change.resolve_names import read_named
from clientops.workbench.change.unsent_input import drop_draft, keep_draft, read_draft
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, next_focus, notice
from clientops.workbench.ui.labels import in_titles, moment
from clientops.workbench.ui.markdown import markdown
from clientops.workbench.ui.nodes import Content, Node, Part, call, h

OPERATORS = ("author", "operator")
CHOICES = {"addon": "add-on"}  # what is not written as people write it


class Form(Part):
    """The fields of a request model, checked as one leaves them, with a draft kept as one types.

    Args:
        desk: The book.
        model: Model of the request.
        on_submit: Called with the request's values once they can be read.
        submit: Text of the button.
        fixed: Values that are given and not shown.
        filled: Values that the form begins with.
        current: The row as it is, for a form that edits: what is left as it is, is not asked for; what is emptied is
            asked to be cleared.
        draft: Name its draft is kept under; empty: none is kept.
        hidden: Fields not shown.
        on_cancel: Called by a cancel button, if there is to be one.
    """

    def __init__(
        self,
        desk: Desk,
        model: type[Request],
        on_submit: Callable[[dict[str, Any]], Any],
        *,
        submit: str = "Preview",
        fixed: Mapping[str, Any] | None = None,
        filled: Mapping[str, Any] | None = None,
        current: Mapping[str, Any] | None = None,
        draft: str = "",
        hidden: tuple[str, ...] = (),
        on_cancel: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        self.desk, self.model, self.on_submit, self.submit_text = desk, model, on_submit, submit
        self.fixed, self.current, self.draft, self.on_cancel = dict(fixed or {}), current, draft, on_cancel
        left_out = {*self.fixed, *hidden, *(("clear",) if current is not None else ())}
        self.fields = tuple(field for field in fields_of(model) if field.name not in left_out)
        self.problems: dict[str, str] = {}
        self.touched: set[str] = set()
        self.labels: dict[tuple[str, str], str] = {}  # by field and value: what was picked before has another one
        self.restored: float | None = None
        self.focus = next_focus()
        self.focus_on = self.fields[0].name if self.fields else ""
        self.values = self._first_values(filled or {})
        if draft and (kept := read_draft(desk.book.path, desk.operator, draft)):
            known = {field.name for field in self.fields}
            self.restored = kept[0]
            self.values.update({n: v for n, v in kept[1].items() if n in known and isinstance(v, (str, bool))})
        self._read_labels()

    def _first_values(self, filled: Mapping[str, Any]) -> dict[str, str | bool]:
        values: dict[str, str | bool] = {}
        for field in self.fields:
            if self.current is not None and field.name in self.current:
                values[field.name] = entered(field, self.current[field.name])
            elif field.name in filled:
                values[field.name] = entered(field, filled[field.name])
            elif field.name in OPERATORS and self.current is None:
                values[field.name] = self.desk.operator
            else:
                values[field.name] = field.default
        return values

    # -- events ----------------------------------------------------------------------------------------------------

    def typed(self, values: Any) -> None:
        """Keep a draft of what was typed."""
        self._take(values)
        if self.draft:
            secret = {field.name for field in self.fields if field.is_secret}
            changed = {n: v for n, v in self.values.items() if n not in secret and v != self._begun[n]}
            keep_draft(self.desk.book.path, self.desk.operator, self.draft, changed)

    def left(self, value: Any) -> None:
        """Check a field that was left."""
        if isinstance(value, Mapping):
            self.typed(value.get("values"))
            name = str(value.get("name"))
            if self.values.get(name) not in ("", None):
                self.touched.add(name)
        self._read_labels()
        self.problems = {
            p.field: self.said(p) for p in reversed(self._read()[1]) if p.field in self.touched and p.code != "missing"
        }

    def submitted(self, value: Any) -> Any:
        """Check everything, and hand the values on if they can be read."""
        if isinstance(value, Mapping):
            self.typed(value.get("values"))
        self._read_labels()
        self.touched = {field.name for field in self.fields}
        request, problems = self._read()
        self.show_problems(problems)
        return None if problems else self.on_submit(request)

    def show_problems(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        """Show problems under their fields and go to the first of them."""
        self.problems = {}
        for problem in problems:
            shown = next((name for name in problem.fields if self._has(name)), "")
            self.problems.setdefault(shown, self.said(problem))
        first = next((field.name for field in self.fields if field.name in self.problems), "")
        self.focus, self.focus_on = next_focus(), first

    def forget_draft(self, _value: Any = None) -> None:
        """Begin anew."""
        self.done()
        self.values = dict(self._begun)
        self.problems, self.restored, self.labels = {}, None, {}
        self._read_labels()

    def done(self) -> None:
        """What was typed is no longer needed."""
        if self.draft:
            drop_draft(self.desk.book.path, self.desk.operator, self.draft)

    def said(self, problem: Problem) -> str:
        """A problem as a sentence that begins with the field's label."""
        for field in self.fields:
            if problem.field == field.name and field.kind == "pick" and problem.code in ("bad_value", "unknown_name"):
                return f"Choose one from the list; {self.values[field.name]!r} finds no single one"
            if problem.field == field.name and problem.message.startswith(field.name + " "):
                return in_titles(f"{field.label}{problem.message[len(field.name) :]}")
        return in_titles(problem.message[:1].upper() + problem.message[1:])

    # -- values ----------------------------------------------------------------------------------------------------

    @property
    def _begun(self) -> dict[str, str | bool]:
        return self._first_values({})

    def _has(self, name: str) -> bool:
        return any(field.name == name for field in self.fields)

    def _take(self, values: Any) -> None:
        if not isinstance(values, Mapping):
            return
        for field in self.fields:
            given = values.get(field.name)
            if isinstance(given, bool if field.kind == "tick" else str):
                self.values[field.name] = given

    def _read(self) -> tuple[dict[str, Any], list[Problem]]:
        """The request, and what is wrong with it."""
        request: dict[str, Any] = {**self.fixed, **self.values}
        if self.current is not None:
            request, emptied = dict(self.fixed), []
            for field in self.fields:
                value, before = self.values[field.name], entered(field, self.current.get(field.name))
                if value == before and field.name in self.current:
                    continue
                if value == "" and before:
                    emptied.append(field.name)
                elif value != "":
                    request[field.name] = value
            if emptied and "clear" in self.model.model_fields:
                request["clear"] = emptied
        [found], problems = read_named(self.desk.book, self.model, [request])
        return dict(found), problems

    def _read_labels(self) -> None:
        """Names of the rows that are picked, and the currency that money is in."""
        wanted = [(f.name, f.picks, str(self.values[f.name])) for f in self.fields if f.picks and self.values[f.name]]
        client = str(self.values.get("client_id") or self.fixed.get("client_id") or "")
        self.currency = ""
        if not wanted and not client:
            return
        with self.desk.book.tables() as tables:
            for name, picks, value in wanted:
                self.labels[name, value] = read_label(tables, picks, int(value)) if value.isdigit() else ""
            if client.isdigit() and any(field.kind == "money" for field in self.fields):
                self.currency = read_currency(tables, int(client))

    # -- drawing ---------------------------------------------------------------------------------------------------

    def tree(self) -> Content:
        """The form."""
        ticks = [field for field in self.fields if field.kind == "tick"]
        others = [field for field in self.fields if field.kind != "tick"]
        return h(
            "form",
            self._restored_node(),
            self._all_problems_node(),
            h("div", [self._field_node(field) for field in others], class_="co-fields") if others else None,
            h("div", [self._tick_node(field) for field in ticks], class_="co-ticks") if ticks else None,
            h(
                "div",
                h("button", self.submit_text, type="submit", class_="co-button co-primary"),
                button("Cancel", self.on_cancel, look="quiet") if self.on_cancel else None,
                h("span", "Nothing changes before you confirm it.", class_="co-faint") if self.submit_text == "Preview" else None,
                class_="co-buttons",
            ),
            class_="co-form",
            novalidate=True,
            autocomplete="off",
            on={"typing": self.typed, "leave": self.left, "submit": self.submitted},
        )  # fmt: skip

    def _restored_node(self) -> Node | None:
        if self.restored is None:
            return None
        when = moment(datetime.fromtimestamp(self.restored).astimezone())
        return notice("info", f"This is your draft of {when}.", button("Begin anew", self.forget_draft, look="quiet"))

    def _all_problems_node(self) -> Node | None:
        general = self.problems.get("")
        return h("div", notice("error", general), role="alert", key="general") if general else None

    def _ids(self, field: Field) -> tuple[str, str, str]:
        base = f"f{self.serial}-{field.name}"
        return base, f"{base}-help", f"{base}-problem"

    def _field_node(self, field: Field) -> Node:
        own, help_id, problem_id = self._ids(field)
        problem = self.problems.get(field.name)
        described = " ".join(x for x in (problem_id if problem else "", help_id if field.help else "") if x) or None
        mark = h("span", " *", class_="co-required", aria_hidden="true") if field.is_required else None
        wide = "co-wide-field" if field.kind in ("long", "pick") else ""
        return h(
            "div",
            h("label", field.label, mark, for_=own),
            self._input_node(field, own, described, bool(problem)),
            h("p", problem, id=problem_id, class_="co-problem", key="problem") if problem else None,
            self._drawn_node(field),
            h("p", field.help, id=help_id, class_="co-help", key="help") if field.help else None,
            class_=f"co-field {'co-wrong' if problem else ''} {wide}",
            key=f"field {field.name}",
        )

    def _input_node(self, field: Field, own: str, described: str | None, wrong: bool) -> Node:  # noqa: FBT001
        value = self.values[field.name]
        focus = self.focus if field.name == self.focus_on else 0
        shared: dict[str, Any] = {
            "id": own, "name": field.name, "aria_describedby": described, "aria_invalid": "true" if wrong else None,
            "aria_required": "true" if field.is_required else None, "class_": "co-input", "focus": focus,
        }  # fmt: skip
        if field.kind == "pick":
            properties = {
                "id": own, "name": field.name, "value": value, "text": self.labels.get((field.name, str(value)), ""), "invalid": wrong,
                "required": field.is_required, "describedby": described, "label": field.label, "labelled": True,
                "search": call(self.search, field.name), "eager": field.picks != "clients",
                "placeholder": "Name, company, e-mail, phone or number" if field.picks == "clients" else "Type to search",
            }  # fmt: skip
            return Node("co-picker", properties, key="pick", focus=focus)
        if field.kind == "choice":
            options = [
                h("option", self._choice_text(field, choice), value=choice, selected=choice == value) for choice in field.choices
            ]  # fmt: skip
            return h("select", options, **{**shared, "value": value})
        if field.kind == "long":
            return h("textarea", rows="10" if field.is_markdown else "4", value=value, **shared)
        types = {"date": "date", "moment": "datetime-local", "secret": "password"}
        modes = {"money": "decimal", "number": "numeric", "date": None}
        more: dict[str, Any] = {"autocomplete": "new-password"} if field.kind == "secret" else {}
        entry = h(
            "input",
            type=types.get(field.kind, "text"),
            inputmode=modes.get(field.kind),
            value=value,
            key="entry",
            **more,
            **shared,
        )
        if field.kind == "money":
            # Keys: the currency comes when the client is known, and the entry beside it must stay the same element.
            affix = h("span", self.currency, class_="co-affix", key="currency") if self.currency else None
            return h("div", affix, entry, class_="co-affixed")
        return entry

    def _drawn_node(self, field: Field) -> Node | None:
        text = str(self.values[field.name])
        if not field.is_markdown or not text.strip():
            return None
        return h(
            "section", markdown(text), class_="co-drawn", aria_label=f"{field.label}, as it will look", key="drawn"
        )

    def _choice_text(self, field: Field, choice: str) -> str:
        shown = CHOICES.get(choice, choice.replace("_", " "))
        return shown or ("unchanged" if self.current is not None else "choose…" if field.is_required else "not given")

    def _tick_node(self, field: Field) -> Node:
        own, help_id, _ = self._ids(field)
        return h(
            "div",
            h("input", type="checkbox", id=own, name=field.name, checked=bool(self.values[field.name]),
              aria_describedby=help_id if field.help else None),
            h("div", h("label", field.label, for_=own), h("p", field.help, id=help_id, class_="co-help") if field.help else None),
            class_="co-tick", key=f"field {field.name}",
        )  # fmt: skip

    def search(self, name: str, text: Any) -> dict[str, Any]:
        """Rows for a picker; where the form is about a client, only rows of that client."""
        field = next(field for field in self.fields if field.name == name)
        client = str(self.fixed.get("client_id") or self.values.get("client_id") or "")
        with self.desk.book.tables() as tables:
            rows = search_rows(tables, field.picks, str(text or ""), client=int(client) if client.isdigit() else None)
        return {"options": [found.as_option() for found in rows]}
