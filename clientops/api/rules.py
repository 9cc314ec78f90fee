"""The pure rules by name, for tables in memory: ``rules.issue_credit(tables, requests)`` plans and writes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from clientops.api.changes import Problems
from clientops.api.display import heading, html, html_table, paragraph
from clientops.api.frames import requests_of
from clientops.api.results import Result
from clientops.core.errors import UsageError
from clientops.core.plan import Plan as EnginePlan
from clientops.core.plan import read_problems
from clientops.registry import rule as rule_named
from clientops.registry import rules as all_rules
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables


class Plan:
    """What a rule would change; complete and independent of the tables."""

    def __init__(self, rule: str, plan: EnginePlan | None, problems: Problems) -> None:
        self.rule = rule
        self.problems = problems
        self.warnings = Problems(read_problems(plan.warnings) if plan and plan.warnings is not None else (), "warnings")
        self.changes: dict[str, Result] = {
            f"{change.kind} {change.table}": Result(
                change.rows.order("id").to_arrow_table(), f"{change.kind} {change.table}"
            )
            for change in (plan.changes if plan else ())
        }

    def __getitem__(self, change: str) -> Result:
        """Rows of one change, e.g. ``plan["insert credit_entries"]``."""
        if change not in self.changes:
            raise UsageError(f"The plan has no change {change!r}; it has {', '.join(self.changes) or 'none'}")
        return self.changes[change]

    def __repr__(self) -> str:
        parts = [f"Plan of {self.rule}"]
        parts += [repr(result) for result in self.changes.values()]
        parts += [f"  row {p.row}, {p.field}: {p.message}" for p in self.problems]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        parts = [heading(f"Plan of {self.rule}")]
        parts += [paragraph(f"Row {p.row}: {p.message}", "problem") for p in self.problems]
        parts += [paragraph(w.message, "warning") for w in self.warnings]
        for name, result in self.changes.items():
            parts += [
                heading(name, f"{len(result):,} rows"),
                html_table(result.columns, result.fetchall(), len(result)),
            ]
        return html(*parts)


class Rules:
    """Every rule as a function of tables and requests."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            rule = rule_named(name.replace("_", "-"))
        except UsageError as error:
            raise AttributeError(str(error)) from None

        def planned(
            tables: Tables,
            requests: Any = None,
            *,
            today: date | None = None,
            now: datetime | None = None,
            **fields: Any,
        ) -> Plan:
            now = now or datetime.now(UTC)
            read = read_requests(rule.request, requests_of(requests, fields))
            if read.problems:
                return Plan(rule.name, None, Problems(read.problems))
            plan = rule.function(tables, read.relation(tables.connection), today=today or now.date(), now=now)
            return Plan(rule.name, plan, Problems(read_problems(plan.problems)))

        planned.__name__ = planned.__qualname__ = name
        planned.__doc__ = rule.function.__doc__
        return planned

    def __dir__(self) -> list[str]:
        return [name.replace("-", "_") for name in all_rules()]


rules = Rules()
__all__ = ["Plan", "Rules", "rules"]
