"""How a WHMCS calculates tax, as settings of the business here."""

from __future__ import annotations

_ON = "lower(trim(value)) in ('1', 'on', 'yes', 'true')"

# Each setting of WHMCS, its name here and its value (SQL of ``value``); an empty one is not taken where it says nothing.
_SETTINGS = (
    ("TaxPerLineItem", "tax_rounding", f"case when {_ON} then 'item' else 'invoice' end"),
    ("TaxL2Compound", "tax_compound", f"case when {_ON} then 'yes' else 'no' end"),
    ("TaxDomains", "tax_domains", f"case when {_ON} then 'yes' else 'no' end"),
    (
        "TaxType",
        "tax_mode",
        "case lower(trim(value)) when 'inclusive' then 'inclusive' when 'exclusive' then 'exclusive' end",
    ),
    ("TaxCode", "company_tax_id", "nullif(trim(value), '')"),
    ("TaxEUHomeCountry", "company_country", "upper(nullif(trim(value), ''))"),
    ("TaxEUTaxExempt", "reverse_charge", f"case when {_ON} then 'yes' else 'no' end"),
)

_FOUND = " union all ".join(
    f"select {place} as place, '{name}' as name, '{setting}' as setting, {value} as value from staging.tblconfiguration where setting = '{setting}'"
    for place, (setting, name, value) in enumerate(_SETTINGS)
)

# A WHMCS that keeps nothing of TaxPerLineItem calculates on the sum.
FOUND_SETTINGS = f"""
    with found as (select place, name, setting, min(value) as value from ({_FOUND}) where value is not null group by all)
    from found
    union all
    select 0, 'tax_rounding', 'TaxPerLineItem', 'invoice'
    where exists (from staging.tblconfiguration) and not exists (from found where name = 'tax_rounding')
"""

# What is set here already stays; what differs is said.
NEW_SETTINGS = """
    select {next_id} + row_number() over (order by place) as id, name, value
    from found_settings where name not in (select name from settings where coalesce(trim(value), '') <> '')
"""

SETTING_WARNINGS = """
    select 0 as "row", f.name as field, case f.name when 'tax_mode' then 'tax_mode' else 'setting_differs' end as code,
        f.name || ' is ' || f.value || ' in this WHMCS (' || f.setting || ') and ' || kept.value
            || ' here: left as it is; set-business changes it' as message
    from found_settings f join (select name, max(value) as value from settings group by name) kept using (name)
    where coalesce(trim(kept.value), '') <> '' and lower(kept.value) <> lower(f.value)
"""
