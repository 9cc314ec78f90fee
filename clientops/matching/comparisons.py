"""How two clients are compared: what each field's evidence is, as SQL over the keys of both (``given_l``, ``given_r``).

Each comparison sorts a pair into one level. Fields that agree together for one reason are kept apart from proof of
identity: colleagues share company, address and phone, so ``together`` takes back what these say twice.
"""

from __future__ import annotations

SEVERAL = 4
"""What more clients than this have in common is nobody's own: an agency's e-mail, a common name."""


def _misspelt(left: str, right: str) -> str:
    """Condition: the two differ by a letter or by little."""
    return (
        f"(abs(strlen({left}) - strlen({right})) < 3 and (jaro_winkler_similarity({left}, {right}) >= 0.88"
        f" or (least(strlen({left}), strlen({right})) > 2 and {_one_letter(left, right)})))"
    )


def _one_letter(left: str, right: str) -> str:
    """Condition: one letter was changed, added, left out or swapped with its neighbour."""
    return (
        f"(levenshtein({left}, {right}) = 1"
        f" or (levenshtein({left}, {right}) = 2 and damerau_levenshtein({left}, {right}) = 1))"
    )


def _is_slip(left: str, right: str, namesakes_left: str = "1", namesakes_right: str = "1") -> str:
    """Condition on the counts of two spellings: one is a slip of the pen, since nearly nobody else writes it so.

    A name that all its namesakes share is no one else's: the slip was copied.
    """
    return (
        f"({left} <= {namesakes_left} or {right} <= {namesakes_right}"
        f" or 20 * least({left}, {right}) <= greatest({left}, {right}))"
    )


def _scripts_differ(left: str, right: str) -> str:
    """Condition: one is in Latin letters, the other is not."""
    return f"((strlen({left}) = length({left})) <> (strlen({right}) = length({right})))"


def _other_sex(left: str, right: str) -> str:
    """Condition: the names differ at their end only, as those of men and women do: Paul and Paula, Mario and Maria."""
    return (
        f"(strlen({left}) > 2 and strlen({right}) > 2"
        f" and ({left} in ({right} || 'a', {right} || 'e') and right({right}, 1) not in ('a', 'e', 'i', 'o', 'u')"
        f" or {right} in ({left} || 'a', {left} || 'e') and right({left}, 1) not in ('a', 'e', 'i', 'o', 'u')"
        f" or left({left}, -1) = left({right}, -1) and right({left}, 1) in ('a', 'o') and right({right}, 1) in ('a', 'o')))"
    )


_NAMESAKES = ("n_name_l", "n_name_r")


def _given_sql(  # noqa: PLR0917, two of each
    left: str, right: str, left_first: str, right_first: str, left_count: str, right_count: str
) -> str:
    return f"""case
        when {left} is null or {right} is null then 'unknown'
        when {left} = {right} then 'same'
        when {left_first} = {right_first} then 'nickname'
        when strlen({left}) = 1 or strlen({right}) = 1 then
            case when left({left}, 1) = left({right}, 1) then 'initial' else 'different' end
        when {_scripts_differ(left, right)} then 'unknown'
        when starts_with({left}, {right}) or starts_with({right}, {left}) or {_misspelt(left, right)} then
            case when {_is_slip(left_count, right_count, *_NAMESAKES)} and not {_other_sex(left, right)} then 'misspelt'
                else 'near' end
        else 'different' end"""


GIVEN = _given_sql("given_l", "given_r", "given_first_l", "given_first_r", "n_given_l", "n_given_r")

SURNAME = f"""case
        when surname_l is null or surname_r is null then 'unknown'
        when surname_l = surname_r then 'same'
        when starts_with(surname_l, surname_r || ' ') or starts_with(surname_r, surname_l || ' ')
            or ends_with(surname_l, ' ' || surname_r) or ends_with(surname_r, ' ' || surname_l) then 'part'
        when {_scripts_differ("surname_l", "surname_r")} then 'unknown'
        when {_misspelt("surname_l", "surname_r")} then
            case when {_is_slip("n_surname_l", "n_surname_r", *_NAMESAKES)} then 'misspelt' else 'near' end
        else 'different' end"""

# Given name against surname, only where both initials allow it.
_CAN_BE_SWAPPED = (
    "left(given_l, 1) = left(surname_r, 1) and left(surname_l, 1) = left(given_r, 1)"
    " or given_l is null and left(surname_l, 1) = left(given_r, 1)"
    " or given_r is null and left(surname_r, 1) = left(given_l, 1)"
    " or surname_l is null and left(given_l, 1) = left(surname_r, 1)"
    " or surname_r is null and left(given_r, 1) = left(surname_l, 1)"
)
_ACROSS = _given_sql("given_l", "surname_r", "given_first_l", "surname_r", "n_given_l", "n_surname_r")
_BACK = _given_sql("surname_l", "given_r", "surname_l", "given_first_r", "n_surname_l", "n_given_r")
ACROSS = f"case when {_CAN_BE_SWAPPED} then {_ACROSS} else 'different' end"
BACK = f"case when {_CAN_BE_SWAPPED} then {_BACK} else 'different' end"


def _words_of(side: str) -> str:
    return f"string_split(words_{side}, ' ')"


def _own_words(side: str, other: str) -> str:
    """Words of one company's name that the other's lacks."""
    return f"list_filter({_words_of(side)}, lambda word: not list_contains({_words_of(other)}, word))"


def _is_acronym(short: str, long: str) -> str:
    """Condition: one name is made of the first letters of the other's words."""
    initials = f"list_transform({_words_of(long)}, lambda word: left(word, 1))"
    return (
        f"(strlen(company_{short}) between 2 and 6 and strlen(company_{short}) = len({_words_of(long)})"
        f" and list_sort(string_split(company_{short}, '')) = list_sort({initials}))"
    )


_OWN_LEFT, _OWN_RIGHT = _own_words("l", "r"), _own_words("r", "l")

# One name is misspelt: a word differs by little, and all others are the same.
_WORD_MISSPELT = f"""(len({_OWN_LEFT}) = 1 and len({_OWN_RIGHT}) = 1 and not regexp_matches(({_OWN_LEFT})[1], '[0-9]')
    and jaro_winkler_similarity(({_OWN_LEFT})[1], ({_OWN_RIGHT})[1]) >= 0.88)"""

FIRM = f"""case
        when not (given_l is null and surname_l is null and given_r is null and surname_r is null) then 'person'
        when company_l is null or company_r is null then 'unknown'
        when company_l = company_r then 'same'
        when {_scripts_differ("company_l", "company_r")} then 'unknown'
        when words_l = words_r then 'other order'
        when least(strlen(company_l), strlen(company_r)) > 4
            and (starts_with(company_l, company_r) or starts_with(company_r, company_l)
                or len({_OWN_LEFT}) = 0 or len({_OWN_RIGHT}) = 0) then 'part'
        when jaro_winkler_similarity(company_l, company_r) >= 0.92 and
            (not contains(words_l, ' ') or not contains(words_r, ' ') or len({_OWN_LEFT}) < 2 and len({_OWN_RIGHT}) < 2)
            or {_WORD_MISSPELT} then
            case when {_is_slip("n_company_l", "n_company_r")} then 'misspelt' else 'near' end
        when {_is_acronym("l", "r")} or {_is_acronym("r", "l")} then 'acronym'
        when len({_OWN_LEFT}) <= len({_words_of("l")}) - 2 then 'some words'
        when len({_OWN_LEFT}) < len({_words_of("l")}) then 'one word'
        else 'different' end"""

CROWD = 8
"""An address of more clients is no home: a block of flats, a dormitory, a virtual office."""

PERSON = """case
        when {firm} <> 'person' then 'firm'
        when name_l = name_r then
            case when {given} = 'same' then 'same' when given_l = surname_r or given_r = surname_l then 'swapped' else 'nickname' end
        when {given} in ('same', 'nickname', 'misspelt') and {surname} in ('same', 'misspelt') then 'misspelt'
        when {across} in ('same', 'nickname', 'misspelt') and {back} in ('same', 'nickname', 'misspelt')
            then 'swapped and misspelt'
        when {given} = 'initial' and {surname} in ('same', 'misspelt') then 'initial'
        when {across} = 'initial' and {back} in ('same', 'misspelt') then 'initial'
        when {back} = 'initial' and {across} in ('same', 'misspelt') then 'initial'
        when {given} in ('same', 'nickname', 'misspelt') and {surname} = 'part' then 'part'
        when {given} = 'unknown' and {surname} in ('same', 'misspelt') then 'surname only'
        when {surname} = 'unknown' and {given} in ('same', 'nickname', 'misspelt') then 'given name only'
        when {across} in ('same', 'misspelt') and {back} = 'unknown' then 'one name'
        when {back} in ('same', 'misspelt') and {across} = 'unknown' then 'one name'
        when {given} = 'unknown' and {surname} = 'unknown' then
            case when given_l is not null and surname_l is not null and given_r is not null and surname_r is not null
                then 'other script' else 'unknown' end
        when {given} = 'near' and {surname} in ('same', 'misspelt', 'part', 'near') then 'near'
        when {surname} = 'near' and {given} in ('same', 'nickname', 'misspelt') then
            case when company_l is null and company_r is null then 'near surname' else 'near' end
        when {surname} in ('same', 'misspelt', 'part') then 'relative'
        -- Colleagues can have one given name, people who live together hardly: they married.
        when {given} in ('same', 'nickname', 'misspelt') and {surname} = 'different' then
            case when company_l is not null or company_r is not null then 'renamed'
                -- In a block of flats or a virtual office strangers have one given name.
                when greatest(n_address_l, n_address_r) > {crowd} then 'different' else 'married' end
        when {given} = 'unknown' or {surname} = 'unknown' then 'half different'
        else 'different' end""".replace("{crowd}", str(CROWD))

# Namesakes at one provider have addresses that differ by a number, or by a dot or dash between the names.
_LETTERS = "translate({}, '0123456789._-', '')"

GENERATION = """case when generation_l is not distinct from generation_r then 'same' else 'different' end"""

# Of a letter that differs among the first three, what follows is the same: cheaper to see than the distance is to count.
_SAME_END = """right(email_l, least(length(email_l), length(email_r)) - 3)
            = right(email_r, least(length(email_l), length(email_r)) - 3)"""

EMAIL = f"""case
        when email_l is null or email_r is null then 'unknown'
        when email_l = email_r then
            case when (is_role_mail_l and {{firm}} = 'person') or n_email_l > {SEVERAL} then 'shared' else 'same' end
        when ord(email_l) = ord(email_r) and split_part(email_l, '@', 1) = split_part(email_r, '@', 1) then 'mailbox'
        when (ord(email_l) = ord(email_r) or least(ord(email_l), ord(email_r)) < 58)
            and {_LETTERS.format("email_l")} = {_LETTERS.format("email_r")} then 'near'
        when strlen(email_l) > 8 and abs(strlen(email_l) - strlen(email_r)) < 2
            and (left(email_l, 2) = left(email_r, 2) or {_SAME_END}) and {_one_letter("email_l", "email_r")}
            -- The e-mails of Marie and Maria differ because their names do.
            then case when {{given}} = 'near' then 'different' else 'misspelt' end
        -- Who has a domain of their own has another mailbox, too.
        when surname_l = surname_r and strlen(surname_l) > 4 and (contains(split_part(email_l, '@', 2), surname_l)
            or contains(split_part(email_r, '@', 2), surname_r)) then 'own domain'
        else 'different' end"""

# One digit differs: what comes before the last five, or the last four, is the same.
_MAY_DIFFER_BY_A_DIGIT = """(right(phone_l, 4) = right(phone_r, 4)
    or left(phone_l, least(length(phone_l), length(phone_r)) - 5) = left(phone_r, least(length(phone_l), length(phone_r)) - 5))"""

PHONE = f"""case
        when phone_l is null or phone_r is null then 'unknown'
        when phone_l = phone_r then 'same'
        when strlen(phone_l) > 8 and ({_MAY_DIFFER_BY_A_DIGIT} and levenshtein(phone_l, phone_r) = 1
            or right(phone_l, 9) = right(phone_r, 9)) then 'misspelt'
        else 'different' end"""

# A tax number is a person's or firm's own, or that of the company they work for: then it is organisation's.
_OWN_TAX_ID = "({firm} <> 'person' or (company_l is null and company_r is null))"
TAX_ID = f"""case
        when tax_id_l is null or tax_id_r is null or not {_OWN_TAX_ID} then 'unknown'
        when tax_id_l = tax_id_r then 'same'
        when levenshtein(tax_id_l, tax_id_r) <= 2 then 'misspelt'
        else 'different' end"""

ORGANISATION = f"""case
        when {_OWN_TAX_ID} then 'unknown'
        when company_l = company_r and levenshtein(tax_id_l, tax_id_r) > 2 then 'other number'
        when company_l = company_r or words_l = words_r or tax_id_l = tax_id_r then 'same'
        when company_l is null or company_r is null then 'unknown'
        when levenshtein(tax_id_l, tax_id_r) > 2 then 'different'
        when least(strlen(company_l), strlen(company_r)) > 4
            and (starts_with(company_l, company_r) or starts_with(company_r, company_l)) then 'misspelt'
        when jaro_winkler_similarity(company_l, company_r) >= 0.9 then
            case when levenshtein(company_l, company_r) <= 2 and {_is_slip("n_company_l", "n_company_r")} then 'misspelt'
                else 'near' end
        else 'different' end"""

_NEAR_CITY = "(ord(city_l) = ord(city_r) and jaro_winkler_similarity(city_l, city_r) >= 0.9)"
_NEAR_POSTCODE = "jaro_winkler_similarity(postcode_l, postcode_r) >= 0.86"
_NEAR_PLACE = f"(postcode_l = postcode_r or city_l = city_r or {_NEAR_CITY} or {_NEAR_POSTCODE})"

ADDRESS = f"""case
        when address_l = address_r then 'same'
        when house_l = house_r and (street_l = street_r or jaro_winkler_similarity(street_l, street_r) >= 0.85)
            and {_NEAR_PLACE} then 'misspelt'
        when house_l = house_r and street_l = street_r and (postcode_l is null or postcode_r is null)
            and (city_l is null or city_r is null) then 'misspelt'
        when street_l = street_r and {_NEAR_PLACE} then 'street'
        when postcode_l = postcode_r then 'postcode'
        when city_l = city_r or {_NEAR_CITY} and {_NEAR_POSTCODE} then 'city'
        when (postcode_l is null or postcode_r is null) and (street_l is null or street_r is null) then 'unknown'
        when (postcode_l is null or postcode_r is null) and (city_l is null or city_r is null) then 'unknown'
        else 'different' end"""

_PHONE, _ORGANISATION, _ADDRESS = (
    f"{{{name}}} in ('same', 'misspelt')" for name in ("phone", "organisation", "address")
)
TOGETHER = f"""case
        when {_PHONE} and {_ORGANISATION} and {_ADDRESS} then 'phone, organisation and address'
        when {_PHONE} and {_ORGANISATION} then 'phone and organisation'
        when {_PHONE} and {_ADDRESS} then 'phone and address'
        when {_ORGANISATION} and {_ADDRESS} then 'organisation and address'
        else 'no' end"""

SOMEONE_ELSE = """case
        when {firm} not in ('person', 'unknown', 'different') and {tax_id} <> 'same' and house_l <> house_r
            and {address} not in ('same', 'misspelt') then 'another site'
        when {person} = 'surname only' and ({address} in ('same', 'misspelt') or {phone} in ('same', 'misspelt')
            or {email} in ('same', 'shared')) then 'a household'
        when {person} in ('relative', 'near', 'different', 'half different') and {email} = 'same' then 'shares e-mail'
        else 'no' end"""

STEPS = {"firm": FIRM, "given": GIVEN, "surname": SURNAME, "across": ACROSS, "back": BACK}
"""Comparisons that others read; ``firm`` is evidence of its own too."""

FIELDS = {
    "person": PERSON,
    "generation": GENERATION,
    "email": EMAIL,
    "phone": PHONE,
    "tax_id": TAX_ID,
    "organisation": ORGANISATION,
    "address": ADDRESS,
}
"""Evidence of each field; ``{name}`` stands for the level of a step."""

COMBINED = {"together": TOGETHER, "someone_else": SOMEONE_ELSE}
"""Evidence of fields that go together; ``{name}`` stands for the level of a field."""

EVIDENCE = ("firm", *FIELDS, *COMBINED)
"""Names of the comparisons whose levels make up the score, in the order they are told."""

COUNTED = ("name", "given", "surname", "company", "email", "phone", "tax_id", "address", "postcode")
"""Keys whose number of clients is counted (``n_email``): the more have a value, the less it says."""

SHARED = ("name", "email", "phone", "company", "address")
"""Keys whose count stays with a pair that agrees in them (``email_count``)."""
