"""What is refused: the problems of a request table, as a person gets them, from reading it and from the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clientops.book.write.plan import run_rule
from clientops.core.errors import RefusedError
from clientops.core.plan import Problem, Rule
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.builders import NOW, TODAY


def problems_of(book: Tables, rule: Rule, rows: Sequence[Mapping[str, Any]]) -> tuple[Problem, ...]:
    """Every problem of a request table, in row order."""
    try:
        run_rule(book._connection, rule, read_requests(rule.request, rows), TODAY, NOW)
    except RefusedError as refused:
        return tuple(refused.problems)
    return ()


def assert_refused(
    book: Tables, rule: Rule, good: Mapping[str, Any], cases: Sequence[tuple[Mapping[str, Any], str, str]]
) -> None:
    """Bad requests in one table are all refused at once, each by its row, field and code, and with a reason.

    Args:
        book: Tables in memory.
        rule: The rule.
        good: A request without a fault; it is the first row, and must not be complained of.
        cases: (what is different, field, code) of one request each; a value of None leaves the field out.
    """
    rows = [dict(good)] + [
        {name: value for name, value in {**good, **different}.items() if value is not None} for different, _, _ in cases
    ]
    found = problems_of(book, rule, rows)
    expected = sorted((place, field, code) for place, (_, field, code) in enumerate(cases, 2))
    got = sorted((p.row, p.field, p.code) for p in found)
    assert set(got) ^ set(expected) == set()
    assert got == expected
    for problem in found:
        assert len(problem.message) > 10, problem
        assert not problem.message.endswith("."), problem
