"""Request tables: checks over several fields."""

from typing import Any, ClassVar

from clientops.requests import CrossCheck, FieldError, Request, read_requests

CALLS: list[tuple[Any, ...]] = []


def add_unit(amount: int | None, unit: str | None) -> dict[str, Any]:
    CALLS.append((amount, unit))
    if amount is not None and unit == "dozen":
        return {"amount": amount * 12, "unit": "piece"}
    if unit is None:
        raise FieldError("unit", "unit is missing: pieces or dozens", "no_unit")
    return {}


def refuse_many(amount: int | None) -> dict[str, Any]:
    if amount is not None and amount > 100:
        raise FieldError("amount", f"amount {amount} is too many; at most 100")
    return {}


class Order(Request):
    """Order something."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (
        CrossCheck(("amount", "unit"), add_unit),
        CrossCheck(("amount",), refuse_many),
    )

    amount: int
    unit: str | None = None
    note: str | None = None


def test_cross_checks_replace_values_and_find_problems():
    """A cross-check reads fields, after those of single fields and after the checks before it; the others stay."""
    read = read_requests(Order, [
        {"amount": 2, "unit": "dozen", "note": "x"}, {"amount": 3, "unit": "piece"}, {"amount": 3}, {"amount": 9, "unit": "dozen"},
    ])  # fmt: skip
    assert read.rows.to_pylist() == [
        {"row": 1, "amount": 24, "unit": "piece", "note": "x"},
        {"row": 2, "amount": 3, "unit": "piece", "note": None},
        {"row": 3, "amount": 3, "unit": None, "note": None},
        {"row": 4, "amount": 108, "unit": "piece", "note": None},
    ]
    assert [(p.row, p.field, p.code) for p in read.problems] == [(3, "unit", "no_unit"), (4, "amount", "bad_value")]


def test_cross_checks_run_once_a_combination():
    """A million equal requests cost one check, and each of them gets its problem."""
    CALLS.clear()
    read = read_requests(Order, [{"amount": 1}] * 50 + [{"amount": 1, "unit": "piece"}] * 50)
    assert CALLS == [(1, None), (1, "piece")]
    assert [p.row for p in read.problems] == list(range(1, 51))


def test_unreadable_fields_are_not_checked_again():
    """What hangs on a field that is missing or could not be read is not reported on top."""
    read = read_requests(Order, [{"amount": "many"}, {"unit": None}, {"amount": 1}])
    assert [(p.row, p.field, p.code) for p in read.problems] == [
        (1, "amount", "bad_value"), (2, "amount", "missing"), (3, "unit", "no_unit"),
    ]  # fmt: skip
