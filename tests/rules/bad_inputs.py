"""Many wrong requests in one table: all of them are named at once, each by its row, field and code, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clientops.book.write.resolve_names import find_rows
from clientops.core.plan import Problem
from clientops.registry import rules
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.builders import NOW, TODAY

Case = tuple[Mapping[str, Any], str, str, str]


def all_problems(book: Tables, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Every problem of a table of requests, whether reading finds it or the rule, as a preview shows them."""
    rule = rules()[name]
    read = find_rows(book, read_requests(rule.request, rows))
    found = rule.function(book, read.relation(book._connection), today=TODAY, now=NOW).problem_list()
    unread = {(problem.row, problem.field) for problem in read.problems}
    found = [problem for problem in found if (problem.row, problem.field) not in unread]
    return sorted({*read.problems, *found}, key=lambda problem: (problem.row, problem.field, problem.code))


def assert_each_is_named(book: Tables, name: str, good: Mapping[str, Any], cases: Sequence[Case]) -> None:
    """Each case (what differs from the good request, field, code, words) is refused for its reason, and only for it.

    The good request stands in the table's first row and has no problem. ``None`` leaves a field out.
    """
    assert len(cases) >= 20
    rows = [{k: v for k, v in {**good, **wrong}.items() if v is not None} for wrong, _, _, _ in cases]
    found = all_problems(book, name, [good, *rows])
    wanted = [(row, field, code) for row, (_, field, code, _) in enumerate(cases, 2)]
    named = [(p.row, p.field, p.code) for p in found]
    assert named == wanted, (sorted({*named} - {*wanted}), sorted({*wanted} - {*named}))
    for problem, (_, _, _, words) in zip(found, cases, strict=True):
        assert words in problem.message, problem
        assert not problem.message.endswith("."), problem
