"""The book: the only writer. Its methods open it, call the functions beside this file, and close it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import duckdb

from clientops.book.approval.permissions import (
    Gate,
    authority,
    both_gates,
    check_role,
    concerns_policy,
    policy_gate,
    refuse_internal,
)
from clientops.book.approval.policy import Policy
from clientops.book.approval.policy_in_force import policy_in_force
from clientops.book.file.compact import compact_book, due_file, write_backup
from clientops.book.file.connection import attached, connected, database_transaction, one_sentence
from clientops.book.file.create import book_version, create_book, upgrade_book
from clientops.book.file.defaults import Registry, default_rules
from clientops.book.file.defaults import default_operator as default_operator  # noqa: PLC0414
from clientops.book.file.defaults import default_path as default_path  # noqa: PLC0414
from clientops.book.file.place import book_path
from clientops.book.proof import direct_changes as direct
from clientops.book.proof import direct_sql as drift
from clientops.book.proof import verify
from clientops.book.read import history as reading
from clientops.book.read.as_of import Moment, hide_past, operation_at, show_past
from clientops.book.read.one_select import check_one_select
from clientops.book.write.apply import apply_preview, receipt_of
from clientops.book.write.make_preview import make_preview
from clientops.book.write.preview import Preview, Receipt, blank_preview
from clientops.book.write.record import last_operation
from clientops.book.write.undo import UNDO
from clientops.core.errors import BookError, ClientopsError, RefusedError, UsageError
from clientops.core.plan import Rule
from clientops.schema.days import day_of, read_zone
from clientops.schema.definition import schema_version
from clientops.schema.requests import RequestTable, Source
from clientops.schema.tables import Tables, Value

WAIT = 30.0
UPGRADED = (
    "The book was brought up from version {before} to {version}, after a backup beside it. Days are counted in the time zone {zone}, "
    "this machine's unless a setting says otherwise: clientops apply set-business --set time_zone=… changes it"
)


class Book:
    """One DuckDB file with everything in it, and the only way to change it.

    Args:
        path: The file; see ``default_path``.
        operator: Who works with it; see ``default_operator``.
        wait: Seconds to wait for others who use it, at most.
        rules: Gives every rule by its name; else those of this package.

    Raises:
        BookError: There is no such file, or it is not a book; a ``NewerBookError`` if a later clientops made it.
            An older book is migrated, after a backup beside it.

    >>> Book.create("shop.duckdb", operator="maria").apply_now(ISSUE_CREDIT, {...})  # doctest: +SKIP
    """

    def __init__(
        self,
        path: str | Path,
        *,
        operator: str | None = None,
        wait: float = WAIT,
        rules: Registry = default_rules,
    ) -> None:
        self.path = book_path(path)
        self.operator = operator or default_operator()
        self.wait = wait
        self.rules = rules
        self.progress: Callable[[str, float], None] = lambda _what, _share: None
        self.moment: int | None = None
        self.signed_in, self.also = "", cast("Gate | None", None)  # how they were known; what else is asked of changes
        self._held: tuple[int, duckdb.DuckDBPyConnection] | None = None
        self.zone, self.upgraded = ZoneInfo("UTC"), ""
        with self._open(write=False) as connection:
            version = book_version(connection, self.path)
        if version < schema_version():
            upgrade_book(self.path, version, who=self.operator, wait=wait)
            with self._open(write=False):
                pass
            self.upgraded = UPGRADED.format(version=schema_version(), before=version, zone=self.zone.key)
        if due_file(self.path).exists():
            self.compact()

    @classmethod
    def create(cls, path: str | Path, *, operator: str | None = None, wait: float = WAIT) -> Book:
        """Make an empty book and open it."""
        create_book(book_path(path), who=operator or default_operator())
        return cls(path, operator=operator, wait=wait)

    # -- changing ------------------------------------------------------------------------------------------------

    def preview(
        self,
        rule: Rule,
        requests: Source | RequestTable,
        *,
        today: date | None = None,
        now: datetime | None = None,
        staging: str | Path | None = None,
    ) -> Preview:
        """Plan what a rule would change, and change nothing; problems are in the preview, not raised."""
        refuse_internal(rule)
        asked = blank_preview(rule, requests, self.operator, self.zone, today=today, now=now, staging=staging)
        return self._preview(asked)

    def _preview(self, preview: Preview) -> Preview:
        """Plan what a blank preview asks for."""
        self._refuse_in_the_past()
        with self._open(write=False, staging=preview.staging) as connection, one_sentence():
            policy = self._policy(connection, preview)
            check_role(policy, self.operator, preview.rule.name, "clerk", told=preview.rule.least)
            return make_preview(connection, preview, policy, self.operator, rules=self.rules, progress=self.progress)

    def apply(
        self, preview: Preview, *, reason: str | None = None, operator: str | None = None, proposal: int | None = None,
        again: bool | None = None,
    ) -> Receipt:  # fmt: skip
        """Apply what a preview showed: planned again on the tables as they are, it must be the same.

        Applying it twice applies it once; the receipt of the second time says so.

        Args:
            preview: What was shown.
            reason: Why.
            operator: Who applies it; else who made the preview.
            proposal: Proposal of another person that this approves.
            again: Whether requests that were applied before may be applied again; None: a single one only.

        Raises:
            NotAllowedError: The policy does not let this person do it, or not alone.
            StaleError: The book changed since the preview so that it would do something else.
            RefusedError: The preview has problems, or the changes break a reference or an invariant.
        """
        if proposal is None:
            refuse_internal(preview.rule)
        if preview.problems:
            raise RefusedError(preview.problems)
        preview = replace(preview, again=again)
        if not preview.rule.rewrites:
            return self._write(preview, reason, operator or preview.operator, proposal=proposal)
        if self._is_held:
            raise UsageError("A person cannot be erased inside a session: the file is written anew")
        due_file(self.path).touch(mode=0o600)
        try:
            return self._write(preview, reason, operator or preview.operator, proposal=proposal)
        finally:
            self.compact()

    def apply_now(
        self,
        rule: Rule,
        requests: Source | RequestTable,
        *,
        reason: str | None = None,
        key: str | None = None,
        today: date | None = None,
        now: datetime | None = None,
        staging: str | Path | None = None,
        only_good: bool = False,
        again: bool | None = None,
    ) -> Receipt:
        """Plan and apply in one go.

        Args:
            rule: The rule.
            requests: What is asked for.
            reason: Why.
            key: A name of the caller's for this application; the same key is applied once.
            today: The day it counts for; else this machine's.
            now: The moment; else this machine's.
            staging: File with rows to be imported, if the rule needs one.
            only_good: Leave out requests with problems (they are in the receipt) and apply the others.
            again: As in ``apply``.

        Raises:
            RefusedError: There are problems; nothing was changed.
        """
        refuse_internal(rule)
        if rule.rewrites:
            raise UsageError("A person is erased after a preview only")
        preview = blank_preview(rule, requests, self.operator, self.zone, today=today, now=now, staging=staging)
        preview = replace(preview, again=again, key=key or preview.key)
        return self._write(preview, reason, preview.operator, only_good=only_good)

    def undo(self, operation_id: int, *, reason: str | None = None) -> Receipt:
        """Take an operation back, as a new operation; refused where rows changed since, naming the operations."""
        return self.apply_now(UNDO, {"operation_id": operation_id}, reason=reason)

    def _refuse_in_the_past(self) -> None:
        if self.moment is not None:
            raise UsageError(f"This is the book as it was after operation {self.moment}: nothing can be changed there")

    def _write(
        self,
        preview: Preview,
        reason: str | None,
        operator: str,
        *,
        only_good: bool = False,
        proposal: int | None = None,
        is_clients_own: bool = False,
    ) -> Receipt:
        self._refuse_in_the_past()
        with self._open(write=True, staging=preview.staging) as connection:
            if done := receipt_of(connection, preview.key):
                return done
            policy = self._policy(connection, preview)
            gate = policy_gate(
                connection, policy, preview, operator, proposal=proposal, rules=self.rules, is_clients_own=is_clients_own
            )  # fmt: skip
            details = {name: value for name, value in (("proposal", proposal), ("signed_in", self.signed_in)) if value}
            try:
                with database_transaction(connection):
                    return apply_preview(
                        connection, preview, reason, operator, progress=self.progress, gate=both_gates(gate, self.also), only_good=only_good,
                        details=details | authority(policy, operator),
                    )  # fmt: skip
            except duckdb.Error as error:
                # The engine may fail after the commit itself (a full disk at the checkpoint): then it is in.
                if "COMMIT succeeded" not in str(error):
                    raise ClientopsError(f"Nothing was changed: {str(error).splitlines()[0]}") from error
        with self._open(write=False) as connection:
            if done := receipt_of(connection, preview.key):
                return replace(done, is_repeated=False)
        raise BookError("The disk may be full: it is not certain that the operation was written; look at the log")

    # -- reading -------------------------------------------------------------------------------------------------

    @property
    def policy(self) -> Policy:
        """The policy in force, read each time; without a policy file everybody may do everything.

        Raises:
            PolicyError: The file is wrong, or another one than the book recorded; all problems are in it.
        """
        with self._open(write=False) as connection:
            return self._policy(connection)

    def _policy(self, connection: duckdb.DuckDBPyConnection, preview: Preview | None = None) -> Policy:
        """The policy that a change is judged by."""
        is_about_policy = preview is not None and concerns_policy(preview, self.rules)
        return policy_in_force(connection, self.path, self.rules, is_about_policy=is_about_policy)

    def past(self, moment: Moment) -> Book:
        """The same book as it was then: everything that reads answers as of that moment, and nothing can be changed.

        Args:
            moment: After an operation (its number), at the end of a day, or at a time with zone.
        """
        with self._open(write=False) as connection:
            number = operation_at(connection, moment)
        past = copy(self)
        past.moment = number if self.moment is None else min(number, self.moment)
        return past

    @contextmanager
    def tables(self, as_of: Moment | None = None) -> Iterator[Tables]:
        """The tables, read-only, now or as they were: after an operation, at the end of a day, or at a moment."""
        with self._tables_and_connection(as_of) as (tables, _):
            yield tables

    @contextmanager
    def _tables_and_connection(self, as_of: Moment | None) -> Iterator[tuple[Tables, duckdb.DuckDBPyConnection]]:
        as_of = self.moment if as_of is None else as_of
        with self._open(write=False) as connection:
            if as_of is None:
                yield Tables(connection, is_gated=True), connection
            else:
                number = operation_at(connection, as_of)
                number = number if self.moment is None else min(number, self.moment)
                show_past(connection, number)
                try:
                    yield Tables(connection, number, is_gated=True), connection
                finally:
                    with suppress(duckdb.Error):  # after an error inside, the engine has dropped it all
                        hide_past(connection)

    def query(self, sql: str, as_of: Moment | None = None, **values: Value) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows of one SELECT over the tables, now or as they were; anything else is a UsageError."""
        check_one_select(sql)
        with self._tables_and_connection(as_of) as (tables, connection):
            connection.execute("set python_enable_replacements = false")
            relation = tables.query(sql, **values)
            return relation.columns, relation.fetchall()

    def operations(self, **filters: Any) -> list[reading.OperationLine]:
        """Operations, the newest first; see ``reading.read_operations`` for the filters."""
        with self._open(write=False) as connection:
            return reading.read_operations(connection, last=self.moment, **filters)

    def operation(self, operation_id: int, limit: int = 1000) -> reading.OperationDetail:
        """One operation with its requests and the exact rows before and after."""
        with self._open(write=False) as connection:
            return reading.read_operation(connection, operation_id, limit, self.moment)

    def row_history(self, table: str, row_id: int) -> list[reading.RowChange]:
        """Everything that happened to a row, the oldest first."""
        with self._open(write=False) as connection:
            return reading.read_row_history(connection, table, row_id, self.moment)

    def head(self) -> tuple[int, str]:
        """Number and hash of the newest operation; to be written down elsewhere."""
        with self._open(write=False) as connection:
            return last_operation(connection, self.moment)

    # -- trust ---------------------------------------------------------------------------------------------------

    def verify(self, head: str | None = None, **more: Any) -> verify.Report:
        """Whether tables, history and the chain agree, and old heads and anchors are in it; see ``verify.verify``."""
        with self._open(write=False) as connection:
            return verify.verify(connection, head, **more)

    def check(self) -> list[tuple[str, str, int, str]]:
        """Flaws of the tables themselves: see ``verify.check``."""
        with self._tables_and_connection(None) as (_, connection):
            return verify.check(connection)

    def direct_changes(self, between: Callable[[], None] = lambda: None) -> list[drift.DirectChange]:
        """Rows that were changed by other means than operations; see ``direct.find_direct``."""
        return direct.find_direct(self, between)

    def adopt_direct_changes(self, *, reason: str) -> Receipt:
        """Record rows that were changed by other means as an operation ``direct-sql``."""
        return direct.adopt_direct(self, reason)

    def revert_direct_changes(self, *, reason: str) -> Receipt:
        """Record rows that were changed by other means, and undo that at once: both stay in the history."""
        found = direct.adopt_direct(self, reason, remove_copies=True)
        return self.undo(found.operation_id, reason=reason) if found.counts else found

    def backup(self, target: str | Path) -> None:
        """Write a consistent copy of the book to a new file while others go on reading."""
        check_role(self.policy, self.operator, "record-backup", "clerk")
        if self._is_held:
            raise UsageError("A backup cannot be made inside a session: the file is being written")
        write_backup(self.path, book_path(target), who=self.operator, wait=self.wait)

    def compact(self) -> None:
        """Write the file anew: smaller, and without a trace of what was removed or erased."""
        if not due_file(self.path).exists():  # after an erasure the file is written anew, whoever comes next
            check_role(self.policy, self.operator, "compact", "clerk")
        if self._is_held:
            raise UsageError("The file cannot be written anew inside a session")
        compact_book(self.path, who=self.operator, wait=self.wait)

    @contextmanager
    def session(self) -> Iterator[Book]:
        """Keep the book to oneself for several calls from this thread: faster, and nobody comes between.

        Others wait meanwhile, so keep it short; every operation is still committed on its own.
        """
        if self._is_held:
            yield self
            return
        with connected(self.path, write=True, who=self.operator, wait=self.wait) as connection:
            self._held = (threading.get_ident(), connection)
            try:
                yield self
            finally:
                self._held = None

    @property
    def _is_held(self) -> bool:
        """Whether this thread has a session; others take turns."""
        return self._held is not None and self._held[0] == threading.get_ident()

    @contextmanager
    def _open(self, *, write: bool, staging: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        held = self._held
        if held is not None and held[0] == threading.get_ident():
            with attached(held[1], staging):
                yield held[1]
                self.zone = read_zone(held[1]) or self.zone
            return
        with connected(self.path, write=write, who=self.operator, wait=self.wait, staging=staging) as connection:
            yield connection
            self.zone = read_zone(connection) or self.zone

    def today(self) -> date:
        """The day it is for the business, in the time zone that the book had when it was last opened."""
        return day_of(datetime.now(UTC), self.zone)
