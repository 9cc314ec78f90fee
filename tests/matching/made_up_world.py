"""Names, places and shared lines that a made-up client base draws from."""

from __future__ import annotations

import importlib
import random
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

Record = dict[str, Any]

FIELDS = (
    "first_name", "last_name", "company_name", "email", "address1", "address2", "city", "state", "postcode",
    "country", "phone", "tax_id",
)  # fmt: skip

# Locale, country, share, dialling code, digits of a number, postcode pattern, street words.
PLACES = (
    ("en_US", "US", 24, "1", 10, "#####", ("{} Street", "{} Avenue", "{} Road", "{} Drive")),
    ("en_GB", "GB", 12, "44", 10, "@@# #@@", ("{} Street", "{} Road", "{} Lane", "{} Close")),
    ("de_DE", "DE", 16, "49", 10, "#####", ("{}straße", "{}weg", "{} Allee", "Am {}")),
    ("fr_FR", "FR", 8, "33", 9, "#####", ("Rue de {}", "Avenue {}", "Boulevard {}")),
    ("es_ES", "ES", 7, "34", 9, "#####", ("Calle {}", "Avenida {}", "Plaza {}")),
    ("it_IT", "IT", 6, "39", 10, "#####", ("Via {}", "Piazza {}", "Corso {}")),
    ("nl_NL", "NL", 6, "31", 9, "#### @@", ("{}straat", "{}laan", "{}weg")),
    ("sv_SE", "SE", 4, "46", 9, "### ##", ("{}gatan", "{}vägen")),
    ("tr_TR", "TR", 4, "90", 10, "#####", ("{} Caddesi", "{} Sokak")),
    ("en_IN", "IN", 6, "91", 10, "######", ("{} Road", "{} Nagar", "{} Marg")),
    ("ru_RU", "RU", 3, "7", 10, "######", ("улица {}", "проспект {}")),
    ("el_GR", "GR", 2, "30", 10, "### ##", ("Οδός {}",)),
    ("zh_CN", "CN", 2, "86", 11, "######", ("{}路",)),
)
FORMS = {
    "US": ("Inc.", "LLC", "Corp."), "GB": ("Ltd", "Limited", "PLC"), "DE": ("GmbH", "AG", "UG"),
    "FR": ("SARL", "SAS"), "ES": ("S.L.", "S.A."), "IT": ("S.r.l.", "S.p.A."), "NL": ("B.V.",), "SE": ("AB",),
    "TR": ("A.Ş.",), "IN": ("Pvt Ltd",), "RU": ("ООО",), "GR": ("A.E.",), "CN": ("Co., Ltd",),
}  # fmt: skip
MAILS = ("gmail.com", "gmail.com", "gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "icloud.com", "web.de")
TRADES = (
    "Solutions", "Consulting", "Media", "Design", "Systems", "Logistics", "Foods", "Studio", "Labs", "Partners",
    "Trading", "Software", "Bau", "Digital", "Travel", "Energy", "Health", "Motors", "Print", "Security",
)  # fmt: skip
SYLLABLES = (
    "ba", "bel", "bor", "cas", "cha", "dal", "den", "dor", "el", "fal", "fen", "gar", "gil", "gor", "hal", "han", "hol",
    "jan", "kal", "ker", "kos", "lam", "len", "lin", "lor", "mal", "mar", "mer", "mon", "nal", "nor", "ol", "pal", "per",
    "quin", "ran", "ros", "sal", "sen", "sol", "tal", "ten", "tor", "val", "ver", "wal", "wen", "wol", "yan", "zan",
)  # fmt: skip
ROLES = ("info", "office", "contact", "billing", "admin", "hello")


@dataclass
class World:
    """Names, places and shared lines that parties draw from; all from one seed."""

    seed: int
    size: int
    rare: float = 0.4
    gaps: float = 0.0
    names: int = 5000
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.mails: set[str] = set()
        self.shares = list(accumulate(place[2] for place in PLACES))
        self.given, self.family, self.cities, self.streets = {}, {}, {}, {}
        for locale, country, share, *_ in PLACES:
            provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
            family = list(getattr(provider, "last_names", None) or provider.last_names_male)
            given = [*_plain(provider, "first_names_male"), *_plain(provider, "first_names_female")]
            self.random.shuffle(given)
            self.given[country] = _ranked(given[: self.names])
            self.family[country] = _ranked(family[: self.names])
            count = max(3, min(400, self.size * share // 20_000))
            self.cities[country] = [(self.word(2), self.postcodes(country)) for _ in range(count)]
            self.streets[country] = [self.word(2) for _ in range(300)]
        self.buildings = [
            self.address("US" if n % 2 else "DE") | {"phone": None} for n in range(max(2, self.size // 400))
        ]
        for building in self.buildings:
            building["phone"] = self.phone(building["country"])

    def word(self, syllables: int) -> str:
        return "".join(self.random.choices(SYLLABLES, k=syllables)).capitalize()

    def place(self) -> tuple[Any, ...]:
        return self.random.choices(PLACES, cum_weights=self.shares)[0]

    def surname(self, country: str) -> str:
        if country not in {"RU", "GR", "CN"} and self.random.random() < self.rare:
            return self.word(self.random.choice((2, 3, 3)))
        names, weights = self.family[country]
        return self.random.choices(names, cum_weights=weights)[0]

    def first(self, country: str) -> str:
        names, weights = self.given[country]
        return self.random.choices(names, cum_weights=weights)[0]

    def near(self, country: str, name: str) -> str | None:
        """Another given name that begins alike: Marie and Maria, Jan and Jana."""
        names = [other for other in self.given[country][0] if other != name and other[:3] == name[:3]]
        names = [other for other in names if abs(len(other) - len(name)) < 2]
        return self.random.choice(names) if names else None

    def postcodes(self, country: str) -> list[str]:
        pattern = next(place[5] for place in PLACES if place[1] == country)
        head = len(pattern) // 2
        start = self._fill(pattern[:head])
        return [start + self._fill(pattern[head:]) for _ in range(12)]

    def _fill(self, pattern: str) -> str:
        letters = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUWXYZ"}
        return "".join(self.random.choice(letters[sign]) if sign in letters else sign for sign in pattern)

    def address(self, country: str) -> Record:
        city, codes = self.random.choice(self.cities[country])
        streets = next(place[6] for place in PLACES if place[1] == country)
        name = self.random.choice(streets).format(self.random.choice(self.streets[country]))
        number = self.random.randint(1, 180)
        line = f"{number} {name}" if country in {"US", "GB", "FR", "IN"} else f"{name} {number}"
        suite = f"Suite {self.random.randint(1, 90)}" if self.random.random() < 0.1 else None
        return {
            "address1": line, "address2": suite, "city": city, "postcode": self.random.choice(codes),
            "country": country, "state": None,
        }  # fmt: skip

    def phone(self, country: str) -> str:
        _, _, _, code, digits, _, _ = next(place for place in PLACES if place[1] == country)
        return f"+{code}{self.random.randint(2, 9)}" + "".join(self.random.choices("0123456789", k=digits - 1))

    def mail(self, record: Record, domain: str) -> str:
        """An address that nobody else has."""
        while (found := self._mail(record, domain)) in self.mails:
            pass
        self.mails.add(found)
        return found

    def _mail(self, record: Record, domain: str) -> str:
        first = latin(record["first_name"]) or self.word(2).lower()
        last = latin(record["last_name"]) or self.word(2).lower()
        shape = self.random.choice(
            ("{f}.{l}", "{f}{l}", "{i}.{l}", "{l}.{f}", "{f}{n}", "{f}.{l}{n}", "{l}{n}", "{f}{l}{n}")
        )
        return shape.format(f=first, l=last, i=first[:1], n=self.random.randint(1, 9999)) + "@" + domain

    def person(self, country: str, **given: Any) -> Record:
        record = dict.fromkeys(FIELDS) | self.address(country)
        record |= {"first_name": self.first(country), "last_name": self.surname(country)} | given
        record["email"] = given.get("email") or self.mail(record, self.random.choice(MAILS))
        record["phone"] = given.get("phone") or (self.phone(country) if self.random.random() < 0.8 else None)
        if self.random.random() < 0.1:
            record["tax_id"] = "".join(self.random.choices("0123456789", k=10))
        return record

    def company(self, country: str) -> Record:
        name = f"{self.surname(country) if self.random.random() < 0.5 else self.word(3)} {self.random.choice(TRADES)}"
        record = dict.fromkeys(FIELDS) | self.address(country)
        if self.random.random() < 0.15:
            building = self.random.choice(self.buildings)
            record |= building if self.random.random() < 0.4 else building | {"phone": self.phone(building["country"])}
            country = record["country"]
        else:
            record["phone"] = self.phone(country)
        record["company_name"] = f"{name} {self.random.choice(FORMS[country])}"
        if self.random.random() < 0.6:
            record["tax_id"] = country + "".join(self.random.choices("0123456789", k=9))
        record["domain"] = f"{latin(name) or self.word(3).lower()}.{self.random.choice(('com', 'net', 'eu'))}"
        return record


def _plain(provider: Any, name: str) -> list[str]:
    return sorted(getattr(provider, name))


def _ranked(names: list[str]) -> tuple[list[str], list[float]]:
    """Names with Zipf-like weights, most frequent first, as running sums."""
    names = list(dict.fromkeys(names))
    return names, list(accumulate(1 / (rank + 8) for rank in range(len(names))))


def latin(text: str | None) -> str:
    return "".join(sign for sign in (text or "").lower() if sign.isascii() and sign.isalpha())
