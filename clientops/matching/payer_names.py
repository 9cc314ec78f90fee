"""Names as banks write them, compared with names of clients: any script, any order, with or without legal form."""

from __future__ import annotations

from functools import lru_cache

from clientops.matching.normalise import any_of, folded_sql, words
from clientops.schema.definition import quote_text

# Full-width Latin letters and digits, and half-width kana, whose voice marks are dropped as accents are.
_WIDE = "".join(chr(code) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)))
_NARROW = "".join(chr(ord(sign) - 0xFEE0) for sign in _WIDE)
_HALF = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ"
_FULL = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォャュョッー"
)


def plain_sql(column: str) -> str:
    """SQL of a name in lower case, in Latin letters where there are such, with single blanks between words."""
    wide = f"translate(translate(coalesce({column}, ''), '{_WIDE}{_HALF}', '{_NARROW}{_FULL}'), 'ﾞﾟ''’`´', '')"
    folded = folded_sql(f"strip_accents(lower({wide}))")
    return rf"trim(regexp_replace({folded}, '[^\p{{L}}\p{{M}}\p{{N}}]+', ' ', 'g'))"


def without_form_sql(plain: str) -> str:
    """SQL of a plain name without legal forms: ``B.V.``, ``S.à r.l.``, ``Sp. z o.o.``, ``ООО`` and the like."""
    started = rf"regexp_replace({plain}, '^(?:{any_of('leading_forms')}) ', '')"
    ended = rf"regexp_replace({started}, '(?: (?:{_forms()}))+$', '')"
    glued = rf"trim(regexp_replace({ended}, '^(?:{any_of('glued_forms')})|(?:{any_of('glued_forms')})$', '', 'g'))"
    return f"coalesce(nullif({glued}, ''), {plain})"


@lru_cache(maxsize=1)
def _forms() -> str:
    """Legal forms as alternatives; short ones also with blanks where points were."""
    spaced = {" ?".join(form) for form in words()["legal_forms"] if form.isascii() and form.isalpha() and len(form) < 6}
    return "|".join(sorted(spaced, key=lambda form: (-len(form), form))) + "|" + any_of("legal_forms")


def words_sql(plain: str) -> str:
    """SQL of the words of a plain name, without titles and conjunctions if others remain."""
    left_out = ", ".join(quote_text(word) for word in (*words()["titles"], *words()["conjunctions"], "the"))
    every = f"string_split({plain}, ' ')"
    kept = f"list_filter({every}, lambda word: word not in ({left_out}))"
    return f"case when len({kept}) > 0 then {kept} else {every} end"


def name_key_sql(column: str) -> str:
    """SQL of a name's words in alphabetical order, without case, accents, titles and legal forms; empty without a name.

    ``Müller, Anna``, ``ANNA MUELLER`` and ``Dr. Anna Müller`` have one key, as have ``Straße GmbH`` and ``STRASSE``.
    """
    return f"array_to_string(list_sort({words_sql(without_form_sql(plain_sql(column)))}), ' ')"


def glued_sql(column: str) -> str:
    """SQL of a name without blanks, in the order it is written: for scripts that have none between the names."""
    return f"replace({without_form_sql(plain_sql(column))}, ' ', '')"
