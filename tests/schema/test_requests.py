"""Request tables: values of every type and source, checks over several fields, and all that can be wrong."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Literal

import duckdb
import pyarrow as pa
import pytest

from clientops.core.errors import UsageError
from clientops.schema.requests import (
    CrossCheck,
    FieldError,
    Id,
    Ids,
    Money,
    PositiveMoney,
    Request,
    Text,
    read_requests,
)

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


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Everything(Request):
    """A request with a field of each type."""

    client_id: Id
    amount: PositiveMoney | None = None
    balance: Money | None = None
    count: int | None = None
    ids: Ids | None = None
    day: date | None = None
    moment: datetime | None = None
    is_on: bool = True
    kind: Literal["one", "two"] = "one"
    colour: Colour = Colour.RED
    text: Text | None = None
    plain: str | None = None


DEFAULTS: dict[str, Any] = {
    "amount": None, "balance": None, "count": None, "ids": None, "day": None, "moment": None, "is_on": True,
    "kind": "one", "colour": "red", "text": None, "plain": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param({"client_id": "7"}, {}, id="left out: the defaults"),
        pytest.param({**dict.fromkeys(DEFAULTS, ""), "client_id": " 7 "}, {}, id="empty: the defaults"),
        pytest.param({**dict.fromkeys(DEFAULTS, "  "), "client_id": 7}, {}, id="spaces: the defaults"),
        pytest.param({**dict.fromkeys(DEFAULTS), "client_id": 7}, {}, id="None: the defaults"),
        pytest.param({"client_id": 7, "amount": "12.5"}, {"amount": Decimal("12.5000")}, id="an amount as text"),
        pytest.param({"client_id": 7, "amount": Decimal("0.0001")}, {"amount": Decimal("0.0001")}, id="the smallest"),
        pytest.param(
            {"client_id": 7, "balance": "-99999999999999.9999"}, {"balance": Decimal("-99999999999999.9999")}, id="the largest"
        ),
        pytest.param({"client_id": 7, "amount": "1e3"}, {"amount": Decimal(1000)}, id="an exponent"),
        pytest.param({"client_id": 7, "amount": "1E13"}, {"amount": Decimal(10**13)}, id="a large exponent"),
        pytest.param({"client_id": 7, "ids": "3, 1;2 #5"}, {"ids": [3, 1, 2, 5]}, id="several numbers in a text"),
        pytest.param({"client_id": 7, "ids": 3}, {"ids": [3]}, id="one number"),
        pytest.param({"client_id": 7, "ids": [3, "4"]}, {"ids": [3, 4]}, id="a list"),
        pytest.param({"client_id": 7, "day": "2028-02-29"}, {"day": date(2028, 2, 29)}, id="a leap day"),
        pytest.param(
            {"client_id": 7, "moment": "2026-11-30 14:05+02:00"}, {"moment": datetime(2026, 11, 30, 12, 5, tzinfo=UTC)}, id="a moment"
        ),
        pytest.param({"client_id": 7, "is_on": "no"}, {"is_on": False}, id="no"),
        pytest.param({"client_id": 7, "is_on": False}, {"is_on": False}, id="False"),
        pytest.param({"client_id": 7, "kind": " two "}, {"kind": "two"}, id="one of a list"),
        pytest.param({"client_id": 7, "colour": "blue"}, {"colour": "blue"}, id="one of an enum"),
        pytest.param({"client_id": 7, "text": "  ünï 🦆 \n x "}, {"text": "ünï 🦆 \n x"}, id="a text, stripped"),
        pytest.param({"client_id": 7, "plain": " O'Brien \"x\" "}, {"plain": "O'Brien \"x\""}, id="quotes"),
    ],
)  # fmt: skip
def test_values_are_read(given, read):
    """What people and files give becomes the model's type; what is not given becomes its default."""
    table = read_requests(Everything, given)
    assert table.problems == ()
    assert table.rows.to_pylist() == [{"row": 1, "client_id": 7, **DEFAULTS, **read}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"client_id": ""}, "client_id is missing", id="required, empty"),
        pytest.param({"amount": 5}, "client_id is missing", id="required, left out"),
        pytest.param({"client_id": "x"}, "client_id 'x' is not a whole number", id="no number"),
        pytest.param({"client_id": "1.5"}, "client_id '1.5' is not a whole number", id="half a number"),
        pytest.param({"client_id": 0}, "client_id 0 must be more than 0", id="number 0"),
        pytest.param({"client_id": "9" * 30}, f"client_id '{'9' * 30}' must be less than {2**62}", id="a huge number"),
        pytest.param({"count": 10**30}, f"count {10**30} must be less than {2**63}", id="a huge count"),
        pytest.param({"ids": "1, " + "9" * 30}, f"ids '1, {'9' * 30}' must be less than {2**62}", id="a huge number in a list"),
        pytest.param({"ids": "1 x"}, "ids '1 x' is not a whole number", id="a word in a list"),
        pytest.param({"amount": "twelve"}, "amount 'twelve' is not a number; write it like 12.50", id="a word"),
        pytest.param({"amount": "12,50"}, "amount '12,50' is not a number; write it like 12.50", id="a comma"),
        pytest.param({"amount": "-1"}, "amount '-1' must be more than 0", id="below 0"),
        pytest.param({"amount": "0.00001"}, "amount '0.00001' has more than 4 decimals", id="too fine"),
        pytest.param({"balance": "123456789012345"}, "balance '123456789012345' is too large; at most 14 digits before the point", id="too large"),
        pytest.param({"balance": "NaN"}, "balance 'NaN' is not a number; write it like 12.50", id="not a number"),
        pytest.param({"balance": "Infinity"}, "balance 'Infinity' is not a number; write it like 12.50", id="infinity"),
        pytest.param({"day": "30.11.2026"}, "day '30.11.2026' is not a date; write it like 2026-11-30", id="another date"),
        pytest.param({"day": "2026-02-30"}, "day '2026-02-30' is not a date; write it like 2026-11-30", id="no such day"),
        pytest.param({"moment": "noon"}, "moment 'noon' is not a moment; write it like 2026-11-30 14:05", id="no moment"),
        pytest.param({"is_on": "perhaps"}, "is_on 'perhaps' must be yes or no", id="perhaps"),
        pytest.param({"kind": "three"}, "kind 'three' must be one of 'one' or 'two'", id="none of the list"),
        pytest.param({"colour": "green"}, "colour 'green' must be one of 'red' or 'blue'", id="none of the enum"),
        pytest.param({"text": "x" * 20_001}, f"text '{'x' * 57}…' is too long; at most 20000 characters", id="too long"),
        pytest.param({"text": 5}, "text 5 must be text", id="a number for a text"),
        pytest.param({"text": "a\x00b"}, r"text 'a\x00b' contains the character U+0000, which cannot be seen; leave it out", id="NUL"),
        pytest.param({"plain": "\x1b[31mred"}, r"plain '\x1b[31mred' contains the character U+001B, which cannot be seen; leave it out", id="an escape"),
        pytest.param({"text": "a\u202eb"}, r"text 'a\u202eb' contains the character U+202E, which cannot be seen; leave it out", id="a text turned round"),
        pytest.param({"text": "\ud800"}, r"text '\ud800' has half a character in it (a lone surrogate); type it again", id="half a character"),
        pytest.param({"day": "1950-01-01"}, "day '1950-01-01' cannot be; it must be from 1970-01-01 to 2100-12-31", id="a day long ago"),
        pytest.param({"day": "2999-01-01"}, "day '2999-01-01' cannot be; it must be from 1970-01-01 to 2100-12-31", id="a day far ahead"),
        pytest.param({"moment": "9999-12-31 10:00"}, "moment '9999-12-31 10:00' cannot be; it must be from 1970-01-01 to 2100-12-31", id="a moment far ahead"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_read(given, message):
    """The problem names the field, the value and what would be allowed."""
    (problem,) = read_requests(
        Everything, {"client_id": 7, **given} if "client_id" not in given and message[:9] != "client_id" else given
    ).problems
    assert (problem.row, problem.message, problem.code) == (
        1,
        message,
        "missing" if "missing" in message else "bad_value",
    )
    assert problem.field == message.split()[0]


def test_all_problems_are_collected_in_request_order():
    """Nothing stops at the first; a column that nobody knows is told once."""
    read = read_requests(Everything, [
        {"client_id": "x", "amount": "y", "extra": 1}, {"client_id": 7}, {"client_id": None, "kind": "three"},
    ])  # fmt: skip
    assert [(p.row, p.field, p.code) for p in read.problems] == [
        (0, "extra", "unknown_column"), (1, "amount", "bad_value"), (1, "client_id", "bad_value"),
        (3, "client_id", "missing"), (3, "kind", "bad_value"),
    ]  # fmt: skip
    assert len(read) == 3


TYPED = pa.table(
    {
        "client_id": pa.array([7, 8, 7], pa.int64()),
        "amount": pa.array([Decimal("1.5"), None, Decimal(2)], pa.decimal128(18, 4)),
        "is_on": pa.array([False, None, True]),
        "plain": pa.array(["x", "", " y "]),
    }
)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda: TYPED, id="an Arrow table"),
        pytest.param(lambda: TYPED.slice(0), id="a sliced one"),
        pytest.param(lambda: pa.concat_tables([TYPED.slice(0, 1), TYPED.slice(1)]), id="one in pieces"),
        pytest.param(lambda: duckdb.connect().from_arrow(TYPED), id="a relation"),
        pytest.param(TYPED.to_pylist, id="a list of mappings"),
        pytest.param(lambda: [{k: None if v is None else str(v) for k, v in row.items()} for row in TYPED.to_pylist()], id="texts of a file"),
        pytest.param(lambda: [Everything(**{k: v for k, v in row.items() if v is not None}) for row in TYPED.to_pylist()], id="models"),
    ],
)  # fmt: skip
def test_every_source_reads_the_same(source):
    """Requests mean the same however they come: typed or as text, one by one or as a table."""
    read = read_requests(Everything, source())
    assert read.problems == ()
    assert read.rows.to_pylist() == [
        {"row": 1, "client_id": 7, **DEFAULTS, "amount": Decimal("1.5"), "is_on": False, "plain": "x"},
        {"row": 2, "client_id": 8, **DEFAULTS},
        {"row": 3, "client_id": 7, **DEFAULTS, "amount": Decimal(2), "plain": "y"},
    ]
    assert read.rows.schema.field("amount").type == pa.decimal128(18, 4)


def test_rows_keep_their_numbers():
    """A column ``row`` numbers the requests; those that are left out leave a gap."""
    read = read_requests(
        Everything, [{"row": 5, "client_id": 1}, {"row": "9", "client_id": "x"}, {"row": 7, "client_id": 3}]
    )
    assert [(p.row, p.field) for p in read.problems] == [(9, "client_id")]
    kept = read.without([9])
    assert (kept.rows.column("row").to_pylist(), kept.problems, len(kept)) == ([5, 7], (), 2)


@pytest.mark.parametrize("numbers", [[1, 1], [1, None], ["one", 2], [1.5, 2]], ids=str)
def test_rows_must_be_numbered_each_once(numbers):
    """Numbers that are none, or stand twice, could not say which request a problem is of."""
    with pytest.raises(UsageError, match="The column row numbers the requests"):
        read_requests(Everything, [{"row": number, "client_id": 1} for number in numbers])


def test_no_requests_are_a_table_of_none():
    """An empty file is no error, and asks for nothing."""
    for source in ([], TYPED.slice(0, 0)):
        read = read_requests(Everything, source)
        assert (len(read), read.problems, read.rows.column_names[0]) == (0, (), "row")


def test_what_is_no_table_is_refused():
    """A path or a text given for requests is said to be one."""
    with pytest.raises(UsageError, match="cannot be read from a str"):
        read_requests(Everything, "credits.csv")


def test_a_relation_of_the_rows_has_the_types(request):
    """The rule sees bigint, decimal and timestamp columns, whatever came in."""
    with duckdb.connect() as connection:
        relation = read_requests(Everything, {"client_id": "7"}).relation(connection)
        kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    assert kinds == {
        "row": "BIGINT", "client_id": "BIGINT", "amount": "DECIMAL(18,4)", "balance": "DECIMAL(18,4)", "count": "BIGINT",
        "ids": "BIGINT[]", "day": "DATE", "moment": "TIMESTAMP WITH TIME ZONE", "is_on": "BOOLEAN", "kind": "VARCHAR",
        "colour": "VARCHAR", "text": "VARCHAR", "plain": "VARCHAR",
    }  # fmt: skip
