"""Reverse charge: invoices without tax to businesses of other EU countries, who owe the tax themselves.

Source:
    Directive 2006/112/EC, articles 44, 196 (services to a taxable person of another member state) and 226 (11a): such an
    invoice carries the words "Reverse charge". WHMCS "VAT Settings": tax exempt EU clients, except the home country.
"""

from __future__ import annotations

import re

import pyarrow as pa

from clientops.schema.tables import Steps

NOTE = "Reverse charge: the recipient of this supply owes the VAT (Article 196 of Directive 2006/112/EC)."

# The member states by ISO code; Greek numbers begin with EL.
EU = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL",
    "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip

OWN_COMPANY = f"""
    with kept as (
        select nullif(trim(max(value) filter (name = 'company_tax_id')), '') as company_tax_id,
            upper(nullif(trim(max(value) filter (name = 'company_country')), '')) as company_country,
            coalesce(lower(max(value) filter (name = 'reverse_charge')) not in ('no', 'false', 'off', '0'), true) as is_reverse_charge_on,
            coalesce(nullif(trim(max(value) filter (name = 'reverse_charge_note')), ''), '{NOTE}') as reverse_charge_note
        from settings
    )
    select *, coalesce(company_country, case when upper(company_tax_id[:2]) = 'EL' then 'GR'
        when upper(company_tax_id[:2]) in {EU} then upper(company_tax_id[:2]) end) as own_country
    from kept
"""

# Clients of EU countries whose VAT numbers are to be tried; without our own country nobody is foreign.
CANDIDATES = f"""
    select client_id, upper(country) as country, tax_id, own_country
    from billed_addresses cross join own_company
    where tax_id is not null and not is_tax_exempt and upper(country) in {EU} and own_country is distinct from upper(country)
        and (own_country is null or own_country in {EU})
    order by client_id
"""


def add_foreign_vat(steps: Steps, prefix: str = "") -> None:
    """Find the billed clients who have a valid VAT number of another EU country.

    Args:
        steps: With ``billed_addresses``. Later steps may read ``own_company`` (one row: ``company_tax_id``,
            ``own_country``, ``is_reverse_charge_on``, ``reverse_charge_note``), ``foreign_vat`` (``client_id``) and
            ``vat_of_unknown_origin`` (``client_id``: ours is not known, so nobody's is foreign).
        prefix: In front of ``billed_addresses`` and of the two lists of clients.
    """
    if "own_company" not in steps:
        steps.add("own_company", OWN_COMPANY)
    asked = steps.add(f"{prefix}vat_candidates", CANDIDATES.replace("billed_addresses", f"{prefix}billed_addresses"))
    valid = [(number, own) for number, country, tax_id, own in asked.fetchall() if is_vat_number(tax_id, country)]
    tried = pa.table(
        [pa.array([n for n, _ in valid], pa.int64()), pa.array([own is not None for _, own in valid], pa.bool_())],
        names=["client_id", "is_foreign"],
    )
    steps.tables.steps(**{f"{prefix}tried_vat": steps.tables.given(tried)})
    steps.add(f"{prefix}foreign_vat", f"select client_id from {prefix}tried_vat where is_foreign")
    steps.add(f"{prefix}vat_of_unknown_origin", f"select client_id from {prefix}tried_vat where not is_foreign")


def is_vat_number(text: str, country: str) -> bool:
    """Whether a text is a VAT number of an EU country (ISO code), with or without its prefix, by its shape and check digits.

    >>> is_vat_number("DE 136 695 976", "DE"), is_vat_number("136695976", "DE"), is_vat_number("DE136695976", "FR")
    (True, True, False)
    """
    from stdnum.eu import vat

    prefix = "EL" if country == "GR" else country
    number = re.sub(r"[^0-9A-Z+*]", "", text.upper())
    if number[:2] == "GR" == country:
        number = f"EL{number[2:]}"
    if country not in EU:
        return False
    return bool(vat.is_valid(number if number.startswith(prefix) else prefix + number))


def noted_sql(notes: str) -> str:
    """SQL of the notes (SQL) of an invoice with the words that reverse charge wants, once, where it applies; else without.

    Reads the columns ``is_reverse_charge`` and ``reverse_charge_note``.
    """
    return f"""(case when is_reverse_charge and not contains(coalesce({notes}, ''), reverse_charge_note)
            then concat_ws(chr(10), nullif(trim({notes}), ''), reverse_charge_note)
        when not is_reverse_charge then nullif(trim(replace({notes}, reverse_charge_note, ''), ' ' || chr(10)), '')
        else {notes} end)"""


def reverse_charge_figures(steps: Steps) -> tuple[tuple[str, str], ...]:
    """What the preview says about reverse charge, if anything."""
    return tuple(steps.add("reverse_charge_figures", FIGURES).fetchall())


FIGURES = """
    select 'Reverse charge' as label, case when count(*) = 1
            then 'no tax for client ' || min(bill_places.client_id) || ', whose VAT number ' || min(tax_id) || ' is of another EU country'
            else 'no tax on ' || count(*) || ' invoices of clients with a VAT number of another EU country' end as figure
    from bill_places join billed_clients using (client_id) where is_reverse_charge having count(*) > 0
"""

# One row for the whole table; ``bills`` has the rows.
UNKNOWN_ORIGIN = """
    select min(bills."row") as "row", 'client_id' as field, 'own_country_unknown' as code,
        'client ' || min(client_id) || case when count(distinct client_id) > 1
            then ' and ' || (count(distinct client_id) - 1) || ' more have a valid VAT number of an EU country' else
            ' has a valid VAT number of an EU country' end
        || ' and is billed with tax: for reverse charge set company_country or company_tax_id (set-business)' as message
    from bills join vat_of_unknown_origin using (client_id) join bill_totals using (bill_id)
    where tax1 + tax2 > 0 and (select is_reverse_charge_on from own_company) having count(*) > 0
"""
