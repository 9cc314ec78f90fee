"""What a verification finds."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 100


@dataclass(frozen=True)
class Finding:
    """Something that does not fit.

    Attributes:
        code: ``operation_changed``, ``operation_missing``, ``history_changed``, ``history_gap``, ``table_differs``,
            ``requests_changed``, ``erasure_forged``, ``time_falls``, ``time_ahead``, ``cut_back``, ``anchor_forged``, ``foreign_object`` or
            ``schema_changed``.
        message: A sentence that names the place.
        operation_id: Operation it is about, if it is one.
        table: Table it is about, if it is one.
        row_id: Row it is about, if it is one.
    """

    code: str
    message: str
    operation_id: int | None = None
    table: str | None = None
    row_id: int | None = None
