"""The rule that keeps what a search for duplicates finds, so that people can review it; no client is changed."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from math import log2
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.matching.decisions import current_decisions_sql
from clientops.matching.explain import WHY, WHY_NOT, bits_sql, words_sql
from clientops.matching.fit_on_book import SETTING, model_of_book
from clientops.matching.groups import duplicate_groups
from clientops.matching.lookup_candidates import CLIENT_COLUMNS
from clientops.matching.model import Model, shipped
from clientops.matching.search import scored_step, weights_in_words
from clientops.schema.definition import column_list
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Steps, Tables

FIND = "find-duplicates"
DECIDED = 9999.0
"""Score of a group whose every link a person decided."""


DUE = 0.1
"""Share of new or changed clients from which the scores of older pairs, which count who shares what, are out of date."""


def _parse_model(text: str) -> str:
    """The JSON of a model, in one spelling."""
    try:
        return Model.of(json.loads(text)).as_json()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("not a model; clientops duplicates tune writes one") from None


class FindDuplicates(Request):
    """Look for clients that were entered more than once, and keep what is found for review. No client is changed."""

    scope: Literal["all", "new"] = Field(
        "all",
        title="Look at",
        description="All clients, or only those that are new or changed since the last search, each against all",
    )
    since_operation: Id | None = Field(
        None, title="Since operation", description="Only clients that are new or changed after this operation"
    )
    threshold: Annotated[Decimal, Field(gt=0, lt=1, decimal_places=4)] | None = Field(
        None, title="Threshold", description="How likely a pair must be to join a group, e.g. 0.9; empty: 0.5"
    )
    model: Annotated[str, AfterValidator(_parse_model)] | None = Field(
        None, title="Model", description="A tuned model as JSON; empty: the one that fits the book"
    )
    engine: Literal["duckdb", "spark"] = Field(
        "duckdb", title="Engine", description="Where pairs are compared: here, or on Spark by the command line"
    )


def keep_duplicates(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Look for duplicates and keep the pairs with their evidence in words.

    Args:
        tables: Read-only tables; reads ``clients``, ``merged_clients``, ``duplicate_pairs``, ``duplicate_decisions``,
            ``settings`` and the history of ``clients``. For the engine ``spark`` the pairs are those of the attached ``staging.found_pairs``.
        requests: One row: ``scope``, ``since_operation``, ``threshold``, ``model``, ``engine``. See ``FindDuplicates``.
        today: Day of the search.
        now: Not used.

    Returns:
        Inserts, updates and deletes of ``match_keys``, by which clients who are being entered are compared at once, and of
        ``duplicate_pairs``: afterwards it has each pair of present clients that is worth
        a look, once. A search for new clients keeps what was found of the others, and comes to the same pairs of the new
        ones as one of all. Groups hold no two clients that a person decided to be different.
        A search of all clients keeps in ``settings`` the weights it used, where they are not the shipped ones: a given
        model, or the book's own (:func:`~clientops.matching.fit_on_book.own_weights`); searches for new clients and
        warnings use them.

    Problems:
        ``one_at_a_time``, ``no_staging``, ``unknown_operation``, ``not_together`` (Spark looks at all clients).
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", PROBLEMS)
    if steps.count("problems"):
        return steps.plan(problems="problems")
    [request] = requests.project("scope, since_operation, threshold, model, engine").fetchall()
    scope, since, likely, text, engine = request
    after = since or (steps.value(LAST_SEARCH) if scope == "new" else None)
    model = Model.of(json.loads(text)) if text else shipped() if after is None else model_of_book(tables)
    threshold = log2(float(likely / (1 - likely))) if likely is not None else model.threshold
    if after is not None:
        steps.add("new_clients", CHANGED.format(history=tables.history("clients"), columns=column_list(CLIENT_COLUMNS)),
                  after=after)  # fmt: skip
    model = _add_found(steps, model, threshold, engine, is_partial=after is not None, is_given=bool(text))
    _add_grouped(steps, model, threshold)
    steps.add("new_pairs", NEW.format(next_id=tables.next_id("duplicate_pairs")), today=today)
    steps.add("changed_pairs", CHANGED_PAIRS)
    steps.add("gone_pairs", GONE)
    marks = [] if engine == "spark" else [
        steps.insert("match_keys", "new_marks"), steps.update("match_keys", "changed_marks"), steps.delete("match_keys", "gone_marks")
    ]  # fmt: skip
    if after is None:
        _add_model(steps, model)
    weights = (
        [steps.insert("settings", "new_model"), steps.update("settings", "changed_model")] if after is None else []
    )
    return steps.plan(
        steps.insert("duplicate_pairs", "new_pairs"),
        steps.update("duplicate_pairs", "changed_pairs"),
        steps.delete("duplicate_pairs", "gone_pairs"),
        *marks,
        *weights,
        problems="problems",
        summary=_summary(steps, model, is_partial=after is not None),
    )


def _add_found(steps: Steps, model: Model, threshold: float, engine: str, *, is_partial: bool, is_given: bool) -> Model:
    """Steps ``found`` (what was looked for) and ``present_pairs`` (that and what was found before and still holds).

    Returned is the model that weighed.
    """
    source = "staging.found_pairs"
    if engine != "spark":
        only = "new_clients" if is_partial else ""
        model = scored_step(steps, model, min(model.review, threshold), only=only, with_marks=True, is_given=is_given)
        source = "scored_pairs"
    why, why_not = words_sql(WHY, with_counts=True), words_sql(WHY_NOT)
    steps.add("found", FOUND.format(source=source, why=why, why_not=why_not, evidence=bits_sql(model)))
    steps.add("present_pairs", f"from found {KEPT if is_partial else ''}")
    return model


def _add_model(steps: Steps, model: Model) -> None:
    """Steps ``new_model`` and ``changed_model``: what makes the setting that of a model, empty for the shipped one."""
    value = None if model == shipped() else model.as_json()
    steps.add("wanted_model", WANTED_MODEL, setting=SETTING, value=value)
    steps.add("new_model", NEW_MODEL.format(next_id=steps.tables.next_id("settings")))
    steps.add("changed_model", CHANGED_MODEL)


def _add_grouped(steps: Steps, model: Model, threshold: float) -> None:
    """Step ``wanted``: the rows of ``duplicate_pairs`` as they are to be, without numbers."""
    current = steps.add("current_decisions", current_decisions_sql())
    pairs = steps.tables.query("select left_id, right_id, score::double as score from present_pairs")
    groups = duplicate_groups(steps.tables, pairs, threshold, decisions=current, model=model)
    steps.tables.steps(found_groups=groups)  # seen by the next step under this name
    steps.add("wanted", WANTED)


def _summary(steps: Steps, model: Model, *, is_partial: bool) -> tuple[tuple[str, str], ...]:
    """Figures of the preview."""
    figures: list[tuple[str, Any]] = []
    if is_partial:
        figures.append(("New or changed clients", steps.count("new_clients")))
    counts = steps.value("select {p: count(*), g: count(distinct group_id)} from wanted")
    figures += [("Pairs to review", counts["p"]), ("Groups", counts["g"]), ("New pairs", steps.count("new_pairs"))]
    told = [*((label, f"{count:,}") for label, count in figures), ("Weights", weights_in_words(model))]
    if is_partial and (changed := _changed_since_full_search(steps)) > DUE:
        told.append(
            ("Search of all clients", f"due: {changed:.0%} of the clients are new or changed since the last one")
        )
    return tuple(told)


def _changed_since_full_search(steps: Steps) -> float:
    """Share of the clients that are new or changed since all were searched: what others share with them was counted then."""
    last = steps.value(LAST_FULL_SEARCH)
    if last is None:
        return 1.0
    changed = CHANGED.format(history=steps.tables.history("clients"), columns=column_list(CLIENT_COLUMNS))
    steps.add("changed_since_full", changed, after=last)
    return float(
        steps.value("select (select count(*) from changed_since_full) / greatest((select count(*) from clients), 1)")
    )


PROBLEMS = """
    select "row", 'scope' as field, 'one_at_a_time' as code, 'one search at a time; this is request ' || "row" as message
    from requests where "row" > (select min("row") from requests)
    union all
    select "row", 'engine', 'no_staging', 'pairs that Spark compared come from: clientops duplicates find --engine spark'
    from requests where engine = 'spark'
        and not exists (select 1 from duckdb_tables() where database_name = 'staging' and table_name = 'found_pairs')
    union all
    select "row", 'engine', 'not_together', 'engine spark looks at all clients; leave scope and since_operation away'
    from requests where engine = 'spark' and (scope = 'new' or since_operation is not null)
    union all
    select "row", 'since_operation', 'unknown_operation', 'there is no operation ' || since_operation
    from requests where since_operation > coalesce((select max(id) from history.operations), 0)
"""

# A search that was undone does not count, nor one that looked at a part only.
LAST_SEARCH = f"""
    with standing as (
        select * from history.operations o
        where not exists (
            select 1 from history.operations u where u.undoes_id = o.id
                and not exists (select 1 from history.operations again where again.undoes_id = u.id)
        )
    )
    select max(o.id) from standing o join history.requests r on r.operation_id = o.id
    where o.rule = '{FIND}' and (r.request ->> 'since_operation') is null
"""

LAST_FULL_SEARCH = f"{LAST_SEARCH.rstrip()} and coalesce(r.request ->> 'scope', 'all') = 'all'"

CHANGED = """
    with rows_then as (
        select operation_id, id, sign, hash({columns}) as what from {history} where operation_id > $after
    )
    select distinct id from rows_then group by operation_id, id having min(sign) = 1 or min(what) <> max(what)
"""

FOUND = """
    select left_id, right_id, round(score, 4)::decimal(9, 4) as score, {why} as why, {why_not} as why_not,
        {evidence} as evidence
    from {source}
"""

KEPT = """
    union all
    select p.left_id, p.right_id, p.score, p.why, p.why_not, p.evidence
    from duplicate_pairs p join clients l on l.id = p.left_id join clients r on r.id = p.right_id
    where p.left_id not in (select id from new_clients) and p.right_id not in (select id from new_clients)
"""

WANTED = f"""
    select p.*, l.group_id, least(l.score, {DECIDED})::decimal(9, 4) as group_score
    from present_pairs p
    left join (found_groups l join found_groups r on r.group_id = l.group_id)
        on l.client_id = p.left_id and r.client_id = p.right_id
"""

NEW = """
    select {next_id} + row_number() over (order by left_id, right_id) as id, w.*, $today::date as found_on
    from wanted w anti join duplicate_pairs p on p.left_id = w.left_id and p.right_id = w.right_id
"""

CHANGED_PAIRS = """
    select p.id, w.score, w.group_id, w.group_score, w.why, w.why_not, w.evidence
    from wanted w join duplicate_pairs p on p.left_id = w.left_id and p.right_id = w.right_id
    where (w.score, w.group_id, w.group_score, w.why, w.why_not, w.evidence)
        is distinct from (p.score, p.group_id, p.group_score, p.why, p.why_not, p.evidence)
"""

WANTED_MODEL = "select $setting::varchar as name, $value::varchar as value"
NEW_MODEL = """
    select {next_id} + 1 as id, w.* from wanted_model w
    where w.value is not null and w.name not in (select name from settings)
"""
CHANGED_MODEL = """
    select s.id, w.value from wanted_model w join settings s on s.name = w.name where s.value is distinct from w.value
"""

GONE = """
    select p.id from duplicate_pairs p anti join wanted w on w.left_id = p.left_id and w.right_id = p.right_id
"""

RULES: tuple[Rule, ...] = (Rule(FIND, "Find duplicates", keep_duplicates, FindDuplicates, group="duplicates"),)
