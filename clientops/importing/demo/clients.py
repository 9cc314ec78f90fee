"""Clients of the demo book: names, companies, addresses, e-mail addresses, and how duplicates write them otherwise."""

from __future__ import annotations

from clientops.importing.demo.builder import Draft
from clientops.importing.demo.seeded_random import chance, moment, one_of, pick, skewed

MAIL_PROVIDERS = (
    "webmail.example",
    "postbox.example",
    "inbox.example",
    "mail.example.org",
    "example.net",
    "example.com",
)


def add_clients(draft: Draft) -> None:
    """Step ``client_rows``: the clients without their credit balance and billing contact; needs ``people``."""
    draft.add("faces", FACES)
    draft.add("sites", SITES)
    draft.add("mail_addresses", MAIL_ADDRESSES)
    draft.add("client_rows", CLIENT_ROWS)


def named(spelling: str) -> str:
    """SQL of a company's name in one of its two spellings."""
    text = f"{spelling}[form_id + 1]"
    for mark, number in (("w", "w_id"), ("v", "v_id"), ("t", "trade_id"), ("c", "city_id")):
        text = f"replace({text}, '{{{mark}}}', word[{number} + 1])"
    return text


# What each client is called and lives at, before duplicates write it their own way.
FACES = f"""
    with drawn as (
        select p.*, c.* exclude (locale_id, country, language, currency_code, weight, is_alphabetic),
            if(is_female, c.given_f_from + {skewed("given_key", "given", "c.given_f_count")},
                c.given_m_from + {skewed("given_key", "given", "c.given_m_count")}) as given_id,
            if(is_female, c.family_f_from + {skewed("family_key", "family", "c.family_f_count")},
                c.family_m_from + {skewed("family_key", "family", "c.family_m_count")}) as family_id,
            c.family_m_from + {skewed("company_key", "company w", "c.family_m_count")} as w_id,
            c.family_m_from + {pick("company_key", "company v", "c.family_m_count")} as v_id,
            c.trade_from + {pick("company_key", "trade", "c.trade_count")} as trade_id,
            c.form_from + {pick("company_key", "form", "c.form_count")} as form_id,
            c.street_from + {pick("address_key", "street", "c.street_count")} as street_id
        from people p join countries c using (locale_id)
        where p.role <> 'gone'
    ),
    -- Lists in one row instead of nine joins: the engine would build its tables from the clients, not from the words.
    lists as (
        select list(word order by id) as word, list(latin order by id) as latin, list(variant order by id) as variant,
            list(postcode order by id) as postcodes
        from words
    ),
    spelled as (
        select d.*, word[given_id + 1] as given, latin[given_id + 1] as given_latin, variant[given_id + 1] as nickname,
            word[family_id + 1] as family, latin[family_id + 1] as family_latin,
            {named("word")} as company, {named("variant")} as company_variant,
            concat_ws('-', nullif(latin[w_id + 1], ''),
                nullif(if(contains(word[form_id + 1], '{{v}}'), latin[v_id + 1], latin[trade_id + 1]), '')) as company_latin,
            replace(replace(replace(replace(street_shape, '{{w}}', rtrim(word[street_id + 1], '-/')),
                '{{n}}', (1 + {skewed("address_key", "house", 220)})::varchar),
                '{{a}}', (1 + {pick("address_key", "block", 6)})::varchar),
                '{{b}}', (1 + {pick("address_key", "lot", 28)})::varchar) as street,
            word[city_id + 1] as city, postcodes[city_id + 1] as postcode_start,
            lpad(({pick("address_key", "postcode", 100_000_000)})::varchar, 8, '0') as digits,
            {one_of("address_key", "letters", "AB", "CD", "EH", "JK", "LN", "PR", "ST", "WX")} as letters,
            string_split(phone, '|') as phone_starts
        from drawn d, lists
    )
    select id, role, origin_id, member, variation, is_company, is_alphabetic, language, country, state, city, street,
        given, given_latin, nickname, family, family_latin, company, company_variant, company_latin, created_on, ended_on,
        status, is_tax_exempt, currency_id, group_id, payment_method, auto_apply_credit, given_key, company_key, address_key,
        email_key,
        case postcode_shape
            when '0000 AA' then postcode_start || left(digits, 2) || ' ' || letters
            when 'AA0 0AA' then postcode_start || (1 + left(digits, 1)::integer) || ' ' || substr(digits, 2, 1) || letters
            when 'A0A 0A0' then postcode_start || left(digits, 1) || letters[1] || ' ' || substr(digits, 2, 1) || letters[2]
                || substr(digits, 3, 1)
            when '00-000' then postcode_start || '-' || left(digits, 3)
            when '000 00' then left(postcode_start || digits, 3) || ' ' || substr(digits, 4, 2)
            when '0000-000' then left(postcode_start || digits, 4) || '-' || substr(digits, 5, 3)
            when '000-0000' then left(postcode_start || digits, 3) || '-' || substr(digits, 4, 4)
            when '00000-000' then left(postcode_start || digits, 5) || '-' || substr(digits, 6, 3)
            else left(postcode_start || digits, length(postcode_shape))
        end as postcode,
        -- Multiplying by a number without common factors with the power of ten reaches every number once.
        phone_starts[1 + phone_key % length(phone_starts)]
            || lpad(((phone_key * 618033989 + 3141593) % (10 ** phone_digits)::bigint)::varchar, phone_digits, '0') as phone,
        if(has_tax_id, tax_start
            || lpad({pick("company_key", "tax", 1_000_000)}::varchar, greatest(tax_digits - 9, 0), '7')
            || lpad(((company_key * 381966011 + 2718281) % (10 ** least(tax_digits, 9))::bigint)::varchar, least(tax_digits, 9), '0')
            || tax_end, null) as tax_id
    from spelled
"""

SITES = """
    select company_key, if(company_latin = '', 'company', company_latin) || if(place > 1, place::varchar, '') || '.example' as domain
    from (
        select company_key, company_latin, row_number() over (partition by company_latin order by company_key) as place
        from faces where is_company and id = company_key
    )
"""

# The owner of an address is the client whose number is its key; a provider gives an address to one person only.
MAIL_ADDRESSES = f"""
    with styled as (
        select f.id, coalesce(if(role = 'agency' or {chance("f.id", "own domain", 850)}, s.domain, null),
                {one_of("f.id", "mail provider", *MAIL_PROVIDERS)}) as provider,
            if(role = 'agency', 0, {pick("f.id", "mail style", 10)}) as style, if(given_latin = '', 'kontakt', given_latin) as given,
            if(family_latin = '', 'mail', family_latin) as family, is_company
        from faces f left join sites s on s.company_key = if(f.is_company, f.company_key, null)
        where f.id = f.email_key
    ),
    written as (
        select id, provider, case
            when is_company and style < 2 then ['info', 'office', 'billing', 'hello'][1 + {pick("id", "mail box", 4)}]
            when style < 5 then given || '.' || family
            when style < 6 then left(given, 1) || '.' || family
            when style < 7 then left(given, 1) || family
            when style < 8 then family || '.' || given
            when style < 9 then given || '_' || family
            else given || family end as box
        from styled
    )
    select id as email_key,
        box || coalesce(nullif(row_number() over (partition by box, provider order by id), 1)::varchar, '') || '@' || provider as email
    from written
"""


def misspelled(text: str, purpose: str) -> str:
    """SQL of a text with two letters swapped, one dropped, or one doubled, never the first."""
    place = f"(2 + {pick('f.id', purpose, f'length({text}) - 2')})"
    swapped = f"left({text}, {place} - 1) || {text}[{place} + 1] || {text}[{place}] || substr({text}, {place} + 2)"
    dropped = f"left({text}, {place} - 1) || substr({text}, {place} + 1)"
    doubled = f"left({text}, {place}) || substr({text}, {place})"
    return f"""case when length({text}) < 4 then {text} || right({text}, 1) else case {pick("f.id", purpose + " kind", 3)}
        when 0 then {doubled} when 1 then {dropped} else if({swapped} = {text}, {dropped}, {swapped}) end end"""


PART = pick("f.id", "part", 3)
WORDS_WITH_SPACES = "('de', 'en', 'fr', 'nl', 'es', 'it', 'sv', 'pt')"

CLIENT_ROWS = f"""
    with written as (
        select f.*, m.email, {PART} as part,
            case variation when 'typo' then if({PART} < 2, {misspelled("family", "typo")}, family)
                when 'spelling' then if({
    PART
} = 0, upper(family), strip_accents(family)) else family end as family_as_written,
            case variation when 'typo' then if({PART} = 2, {misspelled("given", "typo given")}, given)
                when 'nickname' then coalesce(nickname, given[1] || '.')
                when 'spelling' then if({
    PART
} = 0, upper(given), strip_accents(given)) else given end as given_as_written,
            case variation when 'company spelling' then company_variant
                when 'legal form' then if(language in {WORDS_WITH_SPACES} and company like '% % %',
                    regexp_replace(company, ' [^ ]+$', ''), company_variant)
                when 'spelling' then upper(company) else company end as company_as_written,
            coalesce(variation = 'missing fields', false) as has_gaps
        from faces f left join mail_addresses m using (email_key)
    )
    select id,
        if(variation = 'swapped names', family_as_written, given_as_written) as first_name,
        if(variation = 'swapped names', given_as_written, family_as_written) as last_name,
        if(is_company and not (has_gaps and part = 1), company_as_written, null) as company_name,
        case variation when 'plus tag' then replace(email, '@', '+' || {
    one_of("id", "tag", "hosting", "shop", "2", "web")
} || '@')
            when 'spelling' then upper(email[1]) || substr(email, 2)
            else if(has_gaps and part = 2, null, email) end as email,
        if(has_gaps and part = 0, null, street) as address1,
        case when has_gaps then null when not {chance("address_key", "floor", 90)} then null
            when language = 'de' then (1 + {pick("address_key", "storey", 5)}) || '. OG'
            when language = 'en' then 'Suite ' || (1 + {pick("address_key", "storey", 40)}) end as address2,
        if(has_gaps and part = 0, null, city) as city,
        if(has_gaps and part = 0, null, state) as state,
        if(has_gaps and part = 0, null, postcode) as postcode,
        country,
        case when has_gaps and part < 2 then null
            when variation = 'spelling' then regexp_replace(phone, '^\\+(\\d{{2}})(\\d{{3}})(\\d+)$', '00\\1 \\2 \\3')
            else phone end as phone,
        if(has_gaps or variation = 'spelling', null, tax_id) as tax_id,
        is_tax_exempt, currency_id, group_id, status, auto_apply_credit, payment_method, language,
        not {chance("id", "no reminders", 40)} as overdue_notices, not {chance("id", "no late fees", 60)} as late_fees,
        status <> 'Closed' as auto_status, {chance("id", "no marketing", 300)} as email_opt_out,
        {chance("id", "verified", 800)} as email_verified,
        case when {chance("id", "remark", 40)} then {
    one_of(
        "id",
        "remark text",
        "Calls on Fridays only",
        "Wants invoices by post",
        "Pays late, but pays",
        "Was a client of the old shop",
        "Ask for Ms Weber",
    )
} end as admin_notes,
        created_on,
        case when {chance("id", "logged in", 780)} then {
    moment(
        f"created_on + {pick('id', 'last login', 'coalesce(ended_on, $today - 1) - created_on + 1')}",
        "id",
        "login time",
    )
}
            end as last_login_at
    from written
"""
