"""What rows are called: the names that people know instead of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from clientops.core.money import minor_digits, round_money, show_sql
from clientops.core.readable import way_of_paying_sql, with_readable_names
from clientops.schema.days import payment_day_sql
from clientops.schema.definition import quote_name
from clientops.schema.tables import Tables


def name_sql(row: str) -> str:
    """SQL of a person's name, of a row known as ``row`` in the query."""
    return f"nullif(trim(concat_ws(' ', {row}.first_name, {row}.last_name)), '')"


def party_sql(row: str) -> str:
    """SQL of what a client is called: company and person, else the e-mail address, else the number."""
    names = f"nullif(concat_ws(', ', nullif(trim({row}.company_name), ''), {name_sql(row)}), '')"
    return f"coalesce({names}, nullif(trim({row}.email), ''), 'client ' || {row}.id)"


def party_contains_sql(row: str, party: str, text: str) -> str:
    """SQL of whether what a client is called (``party``, SQL) contains a text (SQL), in whatever case.

    Putting the names of a million clients together takes a second. So the text's first word, which must stand in one of
    the columns of ``row``, is looked for there before.
    """
    word = f"split_part(regexp_replace(lower({text}), '[ ,]+', ' ', 'g'), ' ', 1)"
    places = [f"lower({row}.{name})" for name in ("company_name", "first_name", "last_name", "email")]
    quick = " or ".join(
        f"coalesce(contains({place}, {word}), false)" for place in [*places, f"{row}.id::varchar", "'client'"]
    )
    return f"(case when {quick} then contains(lower({party}), lower({text})) else false end)"


LABELS: dict[str, str] = {
    "clients": party_sql("clients"),
    "contacts": f"concat_ws(' · ', {name_sql('contacts')}, email)",
    "users": f"concat_ws(' · ', {name_sql('users')}, email)",
    "currencies": "code",
    "promotions": "code",
    "articles": "title",
    "invoices": "'Invoice ' || coalesce(nullif(number, ''), id::varchar) || coalesce(' of ' || issued_on, '')",
    "services": "concat_ws(' · ', (select p.name from products p where p.id = product_id), domain, billing_cycle)",
    "addons": "coalesce(name, description, 'add-on ' || id)",
    "orders": "'Order ' || coalesce(nullif(number, ''), id::varchar)",
    "tickets": "concat_ws(' ', '#' || coalesce(nullif(number, ''), id::varchar), subject)",
    "transactions": (
        f"concat_ws(' · ', strftime({payment_day_sql()}, '%Y-%m-%d'), kind, {way_of_paying_sql('gateway')}, (amount_in - amount_out)::varchar, reference)"
    ),
    "credit_entries": "concat_ws(' · ', entry_on::varchar, amount::varchar, description)",
    "affiliates": f"'Affiliate: ' || (select {party_sql('c')} from clients c where c.id = client_id)",
    "statement_lines": "concat_ws(' · ', booked_on::varchar, amount::varchar, payer_name, description)",
    "sign_offs": "period_from || ' to ' || period_to",
    "sign_off_figures": "concat_ws(' ', figure || ':', row_count, amount::varchar, currency_code)",
    "statements": "concat_ws(' · ', source, file_name, from_on::varchar)",
    "dns_records": "concat_ws(' ', name, type, content)",
    "notes": "left(body, 60)",
    "communications": "concat_ws(' · ', kind, subject)",
    "user_clients": "'permission ' || id",
    "duplicate_decisions": "'#' || left_id || ' and #' || right_id || ': ' || decision",
    "duplicate_pairs": "'#' || left_id || ' and #' || right_id",
}


def _money_of(amount: str, currency_id: str) -> str:
    """SQL of an amount with its currency; the bare amount where that is not known."""
    written = show_sql(amount, "k.code", "k.minor_digits")
    return f"coalesce((select {written} from currencies k where k.id = {currency_id}), ({amount})::varchar)"


_CLIENT_CURRENCY = "(select c.currency_id from clients c where c.id = client_id)"
_STATEMENT_CURRENCY = "(select s.currency_id from statements s where s.id = statement_id)"
_LINE = f"concat_ws(' · ', booked_on::varchar, {_money_of('amount', _STATEMENT_CURRENCY)}, payer_name, description)"
# Labels of few rows, which may look up more than a search through all rows can.
NAMED: dict[str, str] = {
    "transactions": (
        f"concat_ws(' · ', strftime({payment_day_sql()}, '%Y-%m-%d'), kind, {way_of_paying_sql('gateway')}, "
        f"{_money_of('amount_in - amount_out', 'currency_id')}, reference)"
    ),
    "credit_entries": f"concat_ws(' · ', entry_on::varchar, {_money_of('amount', _CLIENT_CURRENCY)}, description)",
    "statement_lines": _LINE,
    "matches": (
        f"coalesce((select {_LINE} from statement_lines l where l.id = statement_line_id), 'line ' || statement_line_id) || ' → ' "
        "|| coalesce('transaction ' || transaction_id, 'nothing of clients')"
    ),
    "allocations": (
        f"concat_ws(' · ', {_money_of('amount', '(select c.currency_id from clients c join invoices i on i.client_id = c.id where i.id = invoice_id)')}, "
        "'transaction ' || transaction_id || ' → invoice ' || coalesce((select nullif(i.number, '') from invoices i where i.id = invoice_id), invoice_id::varchar))"
    ),
    "invoice_items": (
        f"concat_ws(' · ', description, {_money_of('amount', '(select c.currency_id from clients c join invoices i on i.client_id = c.id where i.id = invoice_id)')})"
    ),
}


def country_name(code: str | None) -> str:
    """What a country is called, e.g. ``Germany`` for ``DE``; the code itself where it is no country."""
    from babel import Locale

    return str(Locale("en").territories.get((code or "").upper(), code or ""))


def language_name(code: str | None) -> str:
    """What a language is called, e.g. ``Portuguese (Brazil)`` for ``pt-BR``; the code itself where it is none."""
    from babel import Locale

    language, _, country = (code or "").replace("_", "-").partition("-")
    name = Locale("en").languages.get(language.lower(), code or "")
    return f"{name} ({country_name(country)})" if country else str(name)


def amount_text(amount: Decimal, code: str) -> str:
    """An amount as screens show it, e.g. ``EUR 1,234.50``."""
    digits = minor_digits(code)
    return f"{code} {round_money(amount, digits):,.{digits}f}"


def label_sql(table: str) -> str:
    """SQL of what a row of a table is called."""
    from clientops.schema.definition import table as schema_of

    if table in LABELS:
        return LABELS[table]
    columns = schema_of(table).column_names
    chosen = next((name for name in ("name", "title", "subject", "description", "reference") if name in columns), "")
    return f"coalesce(nullif({quote_name(chosen)}, ''), '#' || id)" if chosen else "'#' || id"


def read_labels(tables: Tables, table: str, ids: Iterable[int]) -> dict[int, str]:
    """What rows of a table are called, by their numbers; rows that are gone are left out."""
    wanted = sorted({int(number) for number in ids})
    if not wanted:
        return {}
    listed = ", ".join(map(str, wanted))
    label = NAMED.get(table) or label_sql(table)
    rows = tables.query(f"select id, {label} from {quote_name(table)} where id in ({listed})").fetchall()
    return {number: with_readable_names(text) if text else f"#{number}" for number, text in rows}


def read_label(tables: Tables, table: str, number: int) -> str:
    """What a row is called, with its number in front; empty if there is none."""
    found = read_labels(tables, table, [number])
    return f"#{number} {found[number]}" if number in found else ""


def read_currency(tables: Tables, client_id: int) -> str:
    """Code of a client's currency; empty if there is no such client."""
    row = tables.query(CURRENCY, client_id=client_id).fetchone()
    return str(row[0]) if row else ""


CURRENCY = (
    "select code from currencies join clients on clients.currency_id = currencies.id where clients.id = $client_id"
)
