"""Keys of clients."""

from __future__ import annotations

from typing import Any

import pytest

from clientops.core.plan import as_dicts
from clientops.matching.normalise import KEY_COLUMNS, dialling, normalise
from tests.matching.builders import book

CASES = [
    pytest.param(
        {"first_name": " María  José ", "last_name": "Gil"},
        {"given": "maria jose", "given_first": "maria"},
        id="accents, blanks",
    ),
    pytest.param({"first_name": "Prof. Dr. Hans"}, {"given": "hans"}, id="titles"),
    pytest.param({"first_name": "Dr"}, {"given": "dr"}, id="a name that is a title"),
    pytest.param({"first_name": "Conrad R. S."}, {"given": "conrad"}, id="middle initials"),
    pytest.param({"first_name": "J."}, {"given": "j"}, id="initial"),
    pytest.param({"first_name": "Bob"}, {"given": "bob", "given_first": "robert"}, id="nickname"),
    pytest.param(
        {"first_name": "A", "last_name": "O'Neil-Müller"}, {"surname": "oneil muller"}, id="apostrophe, hyphen, umlaut"
    ),
    pytest.param({"last_name": "Mueller"}, {"surname": "muller"}, id="umlaut spelt out"),
    pytest.param(
        {"last_name": "Weiß Łukasz Øst"}, {"surname": "lukasz ost", "given": "weiss"}, id="letters beside accents"
    ),
    pytest.param({"last_name": "Козлов"}, {"surname": "kozlov"}, id="Cyrillic"),
    pytest.param({"last_name": "Παπαδόπουλος"}, {"surname": "papadopoylos"}, id="Greek"),
    pytest.param({"last_name": "王"}, {"surname": "王"}, id="Chinese"),
    pytest.param({"last_name": "أحمد"}, {"surname": "احمد"}, id="Arabic"),
    pytest.param({"last_name": "King Jr."}, {"surname": "king", "generation": "jr"}, id="junior"),
    pytest.param({"last_name": "King III"}, {"surname": "king", "generation": "iii"}, id="the third"),
    pytest.param({"first_name": "Ada", "last_name": "Byron"}, {"name": "ada byron"}, id="name"),
    pytest.param({"first_name": "Byron", "last_name": "Ada"}, {"name": "ada byron"}, id="name swapped"),
    pytest.param({"last_name": "Ada Byron"}, {"name": "ada byron", "given": "ada"}, id="name in one field"),
    pytest.param({"first_name": "A.", "last_name": "Byron"}, {"name": None}, id="an initial makes no name"),
    pytest.param({"company_name": "ACME Solutions S.r.l."}, {"company": "acmesolutions"}, id="legal form with dots"),
    pytest.param(
        {"company_name": "Müller & Söhne GmbH & Co. KG"}, {"company": "mullerandsohne"}, id="several legal forms"
    ),
    pytest.param({"company_name": "Ромашка ООО"}, {"company": "romashka"}, id="Cyrillic legal form"),
    pytest.param({"company_name": "GmbH"}, {"company": "gmbh"}, id="a company called like a form"),
    pytest.param({"company_name": "Kataskeves Α.Ε."}, {"company": "kataskeves"}, id="Greek legal form with dots"),
    pytest.param(
        {"company_name": "Tisk Soukup, akciová společnost"}, {"company": "tisksoukup"}, id="legal form in words"
    ),
    pytest.param({"company_name": "AB Lind"}, {"company": "lind"}, id="legal form first"),
    pytest.param({"company_name": "株式会社山崎出版"}, {"company": "山崎出版"}, id="legal form without a blank"),
    pytest.param({"company_name": "山崎出版(株)"}, {"company": "山崎出版"}, id="Japanese legal form in short"),
    pytest.param({"company_name": "한진 ㈜"}, {"company": "한진"}, id="legal form in one sign"),
    pytest.param({"company_name": "株式会社"}, {"company": "株式会社"}, id="nothing but a legal form"),
    pytest.param({"company_name": "مؤسسة السرور"}, {"company": "السرور"}, id="Arabic legal form"),
    pytest.param({"company_name": "Kumar एंड Sons प्रा. लि."}, {"company": "kumarandsons"}, id="Hindi"),
    pytest.param({"company_name": "Petit et Fils"}, {"company": "petitandfils"}, id="French and"),
    pytest.param({"company_name": "Wolk i Chleb"}, {"company": "wolkandchleb"}, id="Polish and"),
    pytest.param({"company_name": "Et Cetera"}, {"company": "etcetera"}, id="no and at the beginning"),
    pytest.param({"email": " Ada.Byron+Shop@GoogleMail.com "}, {"email": "adabyron@gmail.com"}, id="gmail"),
    pytest.param({"email": "Ada.Byron+x@Example.com"}, {"email": "ada.byron@example.com"}, id="plus tag, dots kept"),
    pytest.param({"email": "+x@example.com"}, {"email": "+x@example.com"}, id="nothing but a tag"),
    pytest.param({"email": "nonsense"}, {"email": None}, id="no e-mail"),
    pytest.param({"email": "Info@example.com"}, {"is_role_mail": True}, id="role mailbox"),
    pytest.param({"phone": "0331 949-2271", "country": "DE"}, {"phone": "493319492271"}, id="national number"),
    pytest.param({"phone": "+49 (331) 9492271", "country": "US"}, {"phone": "493319492271"}, id="international number"),
    pytest.param({"phone": "0049 331 9492271"}, {"phone": "493319492271"}, id="two noughts"),
    pytest.param({"phone": "1 (212) 555-0100", "country": "us"}, {"phone": "12125550100"}, id="American with 1"),
    pytest.param({"phone": "212.555.0100 x12", "country": "US"}, {"phone": "12125550100"}, id="extension"),
    pytest.param({"phone": "8 912 345-67-89", "country": "RU"}, {"phone": "79123456789"}, id="Russian with 8"),
    pytest.param({"phone": "110", "country": "DE"}, {"phone": None}, id="too short"),
    pytest.param({"tax_id": "DE 811 223 344", "country": "DE"}, {"tax_id": "811223344"}, id="VAT number with country"),
    pytest.param({"tax_id": "EL123456789", "country": "GR"}, {"tax_id": "123456789"}, id="Greek VAT number"),
    pytest.param({"tax_id": "DE811223344"}, {"tax_id": "DE811223344"}, id="VAT number, country unknown"),
    pytest.param({"tax_id": "n/a"}, {"tax_id": None}, id="no tax number"),
    pytest.param(
        {"address1": "Hafenstr. 7", "postcode": "24103"},
        {"address": "7hafen/24103", "street": "hafen"},
        id="street short",
    ),
    pytest.param({"address1": "Hafenstraße 7", "postcode": "24103"}, {"address": "7hafen/24103"}, id="street long"),
    pytest.param({"address1": "7 High Street", "postcode": "ab1 2cd"}, {"address": "7high/AB12CD"}, id="number first"),
    pytest.param({"address1": "Flat 3, 7 High St.", "postcode": "AB12CD"}, {"address": "7high/AB12CD"}, id="flat"),
    pytest.param({"address1": "High Street"}, {"address": None, "street": "high"}, id="no house number"),
    pytest.param({"postcode": "12345-6789", "country": "US"}, {"postcode": "12345"}, id="ZIP+4"),
    pytest.param({}, dict.fromkeys(set(KEY_COLUMNS) - {"id", "is_role_mail"}), id="nothing"),
    pytest.param(
        {"first_name": "", "email": " ", "phone": "-"}, {"given": None, "email": None, "phone": None}, id="blanks"
    ),
]


@pytest.mark.parametrize(("client", "expected"), CASES)
def test_keys(client: dict[str, Any], expected: dict[str, Any]) -> None:
    """A field that people write in many ways has one key."""
    keys = as_dicts(normalise(book({"id": 1, **client})))[0]
    assert {name: keys[name] for name in expected} == expected


def test_columns() -> None:
    """Keys have the documented columns, one row a client."""
    tables = book({"first_name": "Ada"}, {"first_name": "Ada"})
    assert normalise(tables).columns == list(KEY_COLUMNS)
    assert normalise(tables).aggregate("count(*)").fetchone() == (2,)


@pytest.mark.parametrize(
    ("country", "expected"), [("DE", ("49", "0")), ("IT", ("39", "")), ("XX", ("", "")), ("Ä", ("", ""))]
)
def test_dialling(country: str, expected: tuple[str, str]) -> None:
    """The calling code of a country and the digit before national numbers; nothing for what is no country."""
    assert dialling(country) == expected
