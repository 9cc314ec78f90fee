"""Values that people type."""

import re

import pytest

from clientops.rules.kit.parsers import (
    parse_country,
    parse_currency,
    parse_email,
    parse_language,
    parse_line,
    parse_phone,
    parse_postcode,
    parse_tax_id,
    tax_numbers,
)


@pytest.mark.parametrize(
    ("parse", "given", "expected"),
    [
        pytest.param(parse_email, ("Ada@EXAMPLE.com",), "Ada@example.com", id="e-mail: domain in lower case"),
        pytest.param(parse_email, ("ünï@exämple.de",), "ünï@exämple.de", id="e-mail in any script"),
        pytest.param(parse_line, ("Ame\u0301lie",), "Amélie", id="composed"),
        pytest.param(parse_line, ("👩‍👩‍👧 שלום 日本",), "👩‍👩‍👧 שלום 日本", id="any script and emoji"),
        pytest.param(parse_country, ("de",), "DE", id="country code"),
        pytest.param(parse_country, ("DEU",), "DE", id="code of three letters"),
        pytest.param(parse_country, ("Germany",), "DE", id="English name"),
        pytest.param(parse_country, ("Österreich",), "AT", id="own name"),
        pytest.param(parse_country, ("UK",), "GB", id="alias"),
        pytest.param(parse_country, ("Czech Republic",), "CZ", id="older name"),
        pytest.param(parse_country, ("CÔTE D'IVOIRE",), "CI", id="accents and apostrophe"),
        pytest.param(parse_currency, (" eur ",), "EUR", id="currency"),
        pytest.param(parse_language, ("Deutsch",), "de", id="language by name"),
        pytest.param(parse_language, ("pt_br",), "pt-BR", id="language of a country"),
        pytest.param(parse_phone, ("030 123456", "DE"), "+4930123456", id="national digits"),
        pytest.param(parse_phone, ("+44 20 7946 0958", "DE"), "+442079460958", id="of another country"),
        pytest.param(parse_phone, ("0049 30 123456", None), "+4930123456", id="00 for +"),
        pytest.param(parse_phone, ("(202) 555-0123 ext 12", "US"), "+12025550123 ext. 12", id="extension"),
        pytest.param(parse_postcode, ("D-10115", "DE"), "10115", id="country before the postcode"),
        pytest.param(parse_postcode, ("ec1y8sy", "GB"), "EC1Y 8SY", id="blank where it belongs"),
        pytest.param(parse_postcode, ("00950", "PL"), "00-950", id="hyphen where it belongs"),
        pytest.param(parse_postcode, ("999077", "HK"), "999077", id="country without postcodes"),
        pytest.param(parse_postcode, ("12345-6789", "US"), "12345-6789", id="ZIP+4"),
        pytest.param(parse_tax_id, ("136 695 976", "DE"), "DE136695976", id="VAT number gets its prefix"),
        pytest.param(parse_tax_id, ("DE136695976", None), "DE136695976", id="EU number without country"),
        pytest.param(parse_tax_id, ("GR094259216", "GR"), "EL094259216", id="Greece is EL"),
        pytest.param(parse_tax_id, ("XI980780684", "GB"), "XI980780684", id="Northern Ireland"),
        pytest.param(parse_tax_id, ("ATU13585627", "DE"), "ATU13585627", id="of another EU country"),
        pytest.param(parse_tax_id, ("181/815/08155", "DE"), "18181508155", id="other kind of number"),
        pytest.param(parse_tax_id, ("91-1144442", "US"), "911144442", id="outside the EU"),
        pytest.param(parse_tax_id, ("JM-12 3", "JM"), "JM-12 3", id="country that no check is known for"),
    ],
)
def test_reads(parse, given, expected):
    """What people type becomes the form that the tables keep."""
    assert parse(*given) == expected


@pytest.mark.parametrize(
    ("parse", "given", "says"),
    [
        pytest.param(parse_email, ("ada@",), "like ada@example.com", id="e-mail without domain"),
        pytest.param(parse_email, ("Ada <ada@x.de>",), "angle brackets", id="e-mail with a name"),
        pytest.param(parse_email, ("a@x.de, b@x.de",), "ada@example.com", id="two e-mails"),
        pytest.param(parse_line, ("a\nb",), "a line break", id="two lines"),
        pytest.param(parse_line, ("a\x00b",), "U+0000", id="NUL"),
        pytest.param(parse_country, ("Germny",), "did you mean Germany (DE)?", id="country misspelt"),
        pytest.param(parse_country, ("EU",), "like DE", id="a union is no country"),
        pytest.param(parse_currency, ("DEM",), "like EUR", id="currency of the past"),
        pytest.param(parse_currency, ("EURO",), "like EUR", id="no currency code"),
        pytest.param(parse_language, ("klingon",), "like en", id="no language"),
        pytest.param(parse_language, ("de-XX",), "like en", id="language of nowhere"),
        pytest.param(parse_phone, ("030 123456", None), "+49 30 123456", id="national digits without country"),
        pytest.param(parse_phone, ("12", "DE"), "in Germany (DE); write it like +49 30 123456", id="too short"),
        pytest.param(parse_phone, ("+1 555", None), "like +1 201-555-0123", id="no such number"),
        pytest.param(parse_phone, ("+999 123456", None), "like +49 30 123456", id="no such country code"),
        pytest.param(parse_postcode, ("1011", "DE"), "Germany (DE); write it like 26133", id="too short for DE"),
        pytest.param(parse_postcode, ("abc", "US"), "write it like 95014", id="letters in the US"),
        pytest.param(parse_tax_id, ("DE136695977", "DE"), "check digit", id="check digit"),
        pytest.param(parse_tax_id, ("12", "DE"), "wrong length; write it like DE136695976", id="length"),
        pytest.param(parse_tax_id, ("12345", None), "give the country too", id="no country"),
        pytest.param(parse_tax_id, ("!!!!", "JM"), "3 to 30 letters and digits", id="no letters or digits"),
    ],
)
def test_refuses(parse, given, says):
    """What cannot be is refused, with what would be right."""
    with pytest.raises(ValueError, match=re.escape(says)):
        parse(*given)


def test_examples_of_tax_numbers_are_right():
    """The number that a refusal shows as an example would be accepted."""
    wrong = []
    for country, kinds in tax_numbers().items():
        for kind, example in kinds:
            try:
                parse_tax_id(example, country)
            except ValueError as error:
                wrong.append((country, kind, str(error)))
    assert wrong == []
    assert len(tax_numbers()) > 60


def test_what_was_read_reads_the_same_again():
    """Reading twice changes nothing: a form can show what the tables keep."""
    for country, kinds in tax_numbers().items():
        once = parse_tax_id(kinds[0][1], country)
        assert parse_tax_id(once, country) == once
    for text, country in [("(202) 555-0123 ext 12", "US"), ("030 123456", "DE")]:
        once = parse_phone(text, country)
        assert parse_phone(once, country) == once
        assert parse_phone(once) == once
