"""What a merge drops without anybody having chosen it: settings and numbers of replaced clients that the survivor does not get."""

from __future__ import annotations

_FLAGS = {
    "reverse_charge": "reverse charge",
    "auto_apply_credit": "apply credit",
    "separate_invoices": "separate invoices",
    "overdue_notices": "overdue notices",
    "late_fees": "late fees",
    "auto_status": "suggested status",
}
_VALUES = {
    "group_id": "group",
    "payment_method": "payment method",
    "language": "language",
}


def _shown(value: str, column: str) -> str:
    """SQL of a value as the warning shows it."""
    if column in _FLAGS:
        return f"case {value} when true then 'yes' when false then 'no' else 'not set' end"
    return f"coalesce(nullif(trim({value}::varchar), ''), 'none')"


def _dropped(column: str, label: str) -> str:
    """SQL of the words about one column, null where it is not dropped."""
    theirs, kept = f"c.{column}", f"s.{column}"
    differs = f"{theirs} is distinct from {kept}"
    if column not in _FLAGS:
        differs = f"lower(trim({theirs}::varchar)) is distinct from lower(trim({kept}::varchar))"
    return (
        f"case when {theirs} is not null and trim({theirs}::varchar) <> '' and {differs} "
        f"then '{label} ' || {_shown(theirs, column)} || ' (survivor: ' || {_shown(kept, column)} || ')' end"
    )


_PARTS = ",\n        ".join(_dropped(column, label) for column, label in {**_FLAGS, **_VALUES}.items())


def _plain(number: str) -> str:
    return f"upper(regexp_replace(coalesce({number}, ''), '[^0-9A-Za-z]', '', 'g'))"


# Steps ``members``, ``profiles`` (each client of a group) and ``survivors`` (as they become).
DROPPED = f"""
    with compared as (
        select m."row", m.replaced_id, m.survivor_id, concat_ws(', ', {_PARTS}) as dropped,
            c.tax_id as their_tax_id, c.country as their_country, s.tax_id as kept_tax_id, s.country as kept_country
        from members m join clients c on c.id = m.replaced_id join survivors s on s.id = m.survivor_id
    )
    select "row", 'replaced_id' as field, 'setting_dropped' as code,
        'settings of client ' || replaced_id || ' are dropped by survivor ' || survivor_id || ': ' || dropped as message
    from compared where dropped <> ''
    union all
    select "row", 'replaced_id', 'tax_id_dropped', 'tax number ' || their_tax_id || ' of client ' || replaced_id || ' is dropped: survivor '
        || survivor_id || case when trim(coalesce(kept_tax_id, '')) <> '' then ' has ' || kept_tax_id
            else ' is in ' || coalesce(kept_country, 'no country') || ', client ' || replaced_id || ' in '
                || coalesce(their_country, 'no country') end
        || '; take_from_replaced tax_id keeps it'
    from compared where {_plain("their_tax_id")} <> '' and {_plain("their_tax_id")} <> {_plain("kept_tax_id")}
"""
