"""A made-up client base with known truth: duplicates of every kind, and people who only look like one.

Colleagues of one company, members of one household, fathers and sons, namesakes, customers of one agency and companies
in one building are different clients. A duplicate is the same person, or the same company without a person, entered
again with typos, swapped names, another address, another e-mail …
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import pyarrow as pa

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
NICKNAMES = {
    "robert": "Bob", "william": "Bill", "james": "Jim", "michael": "Mike", "elizabeth": "Liz", "thomas": "Tom",
    "david": "Dave", "christopher": "Chris", "matthew": "Matt", "alexander": "Alex", "katherine": "Kate",
    "jennifer": "Jenny", "joseph": "Joe", "daniel": "Dan", "anthony": "Tony", "stephen": "Steve", "margaret": "Peggy",
    "rebecca": "Becky", "susan": "Sue", "andreas": "Andi", "benjamin": "Ben", "samuel": "Sam", "timothy": "Tim",
}  # fmt: skip
SYLLABLES = (
    "ba", "bel", "bor", "cas", "cha", "dal", "den", "dor", "el", "fal", "fen", "gar", "gil", "gor", "hal", "han", "hol",
    "jan", "kal", "ker", "kos", "lam", "len", "lin", "lor", "mal", "mar", "mer", "mon", "nal", "nor", "ol", "pal", "per",
    "quin", "ran", "ros", "sal", "sen", "sol", "tal", "ten", "tor", "val", "ver", "wal", "wen", "wol", "yan", "zan",
)  # fmt: skip
ROLES = ("info", "office", "contact", "billing", "admin", "hello")
TYPO_LETTERS = "abcdefghijklmnopqrstuvwxyz"


WORLDS: dict[str, dict[str, Any]] = {
    "mixed": {},
    "common surnames": {"rare": 0.03},
    "few names": {"rare": 0.0, "names": 40},
    "gaps": {"gaps": 0.35},
    "gaps and many duplicates": {"rare": 0.03, "gaps": 0.35, "share": 0.2},
}
"""Kinds of books: what :func:`make_clients` is told beside size and seed."""


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
        first = _latin(record["first_name"]) or self.word(2).lower()
        last = _latin(record["last_name"]) or self.word(2).lower()
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
        record["domain"] = f"{_latin(name) or self.word(3).lower()}.{self.random.choice(('com', 'net', 'eu'))}"
        return record


def make_parties(world: World, count: int) -> list[Record]:
    """At least ``count`` different clients, as clean records."""
    parties: list[Record] = []
    kinds = ((460, _lone), (120, _household), (240, _staff), (140, _firm), (3, _agency), (30, _namesakes))
    weights = list(accumulate(weight for weight, _ in kinds))
    while len(parties) < count:
        _, kind = world.random.choices(kinds, cum_weights=weights)[0]
        parties += kind(world)
    return parties[:count]


def _lone(world: World) -> list[Record]:
    return [world.person(world.place()[1])]


def _household(world: World) -> list[Record]:
    """Two to four people of one surname and address; sometimes father and son, or twins with near names."""
    country = world.place()[1]
    head = world.person(country)
    shared = {key: head[key] for key in ("last_name", "address1", "address2", "city", "postcode")}
    people = [head]
    for _ in range(world.random.choice((1, 1, 2, 3))):
        line = head["phone"] if world.random.random() < 0.5 else None
        mail = head["email"] if world.random.random() < 0.12 else None
        person = world.person(country, **shared, phone=line, email=mail)
        if person["first_name"] not in {other["first_name"] for other in people}:
            people.append(person)
    dice = world.random.random()
    if len(people) == 1:
        return people
    if dice < 0.12:
        people[1]["first_name"] = head["first_name"]
        people[1]["last_name"] += " Jr."
        people[1]["email"] = world.mail(people[1] | {"last_name": head["last_name"]}, world.random.choice(MAILS))
    elif dice < 0.2:
        people[1]["first_name"] = world.near(country, head["first_name"]) or people[1]["first_name"]
    return people


def _staff(world: World) -> list[Record]:
    """People of one company: its name, tax id, address and often its line, each with a name of their own."""
    company = world.company(world.place()[1])
    people = []
    for _ in range(world.random.choice((1, 1, 1, 1, 2, 2, 3, 4, 6))):
        person = world.person(company["country"])
        person |= {key: company[key] for key in FIELDS if company[key] and key != "phone"}
        person["phone"] = company["phone"] if world.random.random() < 0.6 else world.phone(company["country"])
        role = world.random.random() < 0.15
        person["email"] = f"{ROLES[0]}@{company['domain']}" if role else world.mail(person, company["domain"])
        people.append(person)
    return people


def _firm(world: World) -> list[Record]:
    """A company without a person."""
    company = world.company(world.place()[1])
    company["email"] = f"{world.random.choice(ROLES)}@{company.pop('domain')}"
    return [company]


def _agency(world: World) -> list[Record]:
    """Customers that an agency entered with its own e-mail and phone."""
    agency = world.company(world.place()[1])
    mail, people = f"{ROLES[0]}@{agency['domain']}", []
    for _ in range(min(world.random.choice((3, 6, 12, 40)), max(3, world.size // 50))):
        firm = world.company(agency["country"]) if world.random.random() < 0.5 else world.person(agency["country"])
        firm.pop("domain", None)
        people.append(
            firm | {"email": mail, "phone": agency["phone"] if world.random.random() < 0.7 else firm["phone"]}
        )
    return people


def _namesakes(world: World) -> list[Record]:
    """Two people of one name, often in one town."""
    one = world.person(world.place()[1])
    two = world.person(one["country"], first_name=one["first_name"], last_name=one["last_name"])
    if world.random.random() < 0.5:
        two |= {"city": one["city"], "postcode": one["postcode"]}
    return [one, two]


def _typo(world: World, text: str) -> str:
    if len(text) < 3:
        return text
    at = world.random.randrange(1, len(text) - 1)
    letter = world.random.choice("0123456789" if text[at].isdigit() else TYPO_LETTERS)
    return world.random.choice((
        text[:at] + letter + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    ))  # fmt: skip


def _mistype(*names: str) -> Callable[[World, Record], None]:
    def spoil(world: World, record: Record) -> None:
        name = world.random.choice(names)
        if record[name]:
            record[name] = _typo(world, record[name])

    return spoil


def _forget(*names: str) -> Callable[[World, Record], None]:
    def spoil(world: World, record: Record) -> None:
        record[world.random.choice(names)] = None

    return spoil


def _swap_names(_: World, record: Record) -> None:
    record["first_name"], record["last_name"] = record["last_name"], record["first_name"]


def _shorten(world: World, record: Record) -> None:
    first = record["first_name"]
    if first:
        initial = first[0] + ("." if world.random.random() < 0.5 else "")
        record["first_name"] = NICKNAMES.get(first.lower(), initial if world.random.random() < 0.5 else first)


def _decorate(world: World, record: Record) -> None:
    if record["first_name"]:
        record["first_name"] = (
            f"{world.random.choice(('Dr.', 'Mr', 'Mrs.', 'Prof. Dr.', 'Ing.'))} {record['first_name']}"
        )


def _middle(world: World, record: Record) -> None:
    if record["first_name"]:
        record["first_name"] += f" {world.random.choice('ABCDEFGHJKLMRST')}."


def _marry(world: World, record: Record) -> None:
    if record["last_name"]:
        record["last_name"] = world.surname(record["country"])


def _plain_accents(_: World, record: Record) -> None:
    table = str.maketrans("áàâäåéèêëíìîïóòôöúùûüçñşğıß", "aaaaaeeeeiiiioooouuuucnsgis")
    for name in ("first_name", "last_name", "company_name", "address1", "city"):
        record[name] = record[name] and record[name].translate(table)


def _shout(world: World, record: Record) -> None:
    for name in ("first_name", "last_name", "company_name", "address1", "city"):
        record[name] = record[name] and (record[name].upper() if world.random.random() < 0.7 else record[name].lower())


def _nobody(_: World, record: Record) -> None:
    if record["company_name"]:
        record["first_name"] = record["last_name"] = None


def _other_form(world: World, record: Record) -> None:
    if record["company_name"]:
        stem = record["company_name"].rsplit(" ", 1)[0]
        record["company_name"] = (
            stem if world.random.random() < 0.6 else f"{stem} {world.random.choice(('Group', 'Ltd.'))}"
        )


def _other_mail(world: World, record: Record) -> None:
    record["email"] = world.mail(record, world.random.choice(MAILS))


def _tag_mail(world: World, record: Record) -> None:
    if record["email"]:
        local, _, domain = record["email"].partition("@")
        record["email"] = f"{local}+{world.random.choice(('shop', 'hosting', 'billing'))}@{domain}".upper()


def _dot_mail(_: World, record: Record) -> None:
    if record["email"] and "gmail" in record["email"]:
        local, _, domain = record["email"].partition("@")
        record["email"] = local[:2] + "." + local[2:] + "@" + domain.replace("gmail", "googlemail")


def _other_phone(world: World, record: Record) -> None:
    record["phone"] = world.phone(record["country"])


def _format_phone(world: World, record: Record) -> None:
    if record["phone"]:
        code = next(place[3] for place in PLACES if place[1] == record["country"])
        rest = record["phone"].removeprefix(f"+{code}")
        trunk = "0" if code not in {"1", "39", "34"} else ""
        record["phone"] = world.random.choice((
            f"{trunk}{rest[:3]} {rest[3:]}", f"+{code} ({rest[:3]}) {rest[3:6]}-{rest[6:]}", f"00{code}{rest}",
        ))  # fmt: skip


def _move(world: World, record: Record) -> None:
    record |= world.address(record["country"])


def _abbreviate(_: World, record: Record) -> None:
    if record["address1"]:
        for long, short in (("Street", "St."), ("Avenue", "Ave"), ("Road", "Rd"), ("straße", "str."), ("Drive", "Dr")):
            record["address1"] = record["address1"].replace(long, short)


SPOILERS: tuple[tuple[int, Callable[[World, Record], None]], ...] = (
    (10, _mistype("first_name", "last_name", "company_name")), (8, _mistype("email")), (5, _mistype("phone")),
    (8, _mistype("address1", "city", "postcode")), (2, _mistype("tax_id")), (5, _swap_names), (7, _shorten),
    (4, _decorate), (4, _middle), (2, _marry), (5, _plain_accents), (5, _shout), (6, _other_form), (10, _other_mail),
    (4, _tag_mail), (3, _dot_mail), (7, _other_phone), (7, _format_phone), (10, _move), (6, _abbreviate),
    (6, _forget("phone", "email")), (5, _forget("address1", "postcode")), (4, _forget("company_name", "tax_id")),
    (2, _forget("first_name")), (1, _nobody),
)  # fmt: skip


def duplicate(world: World, party: Record) -> Record:
    """The same party entered once more, spoilt in nought to four ways."""
    record = dict(party)
    weights = list(accumulate(weight for weight, _ in SPOILERS))
    for _ in range(world.random.choice((0, 1, 1, 2, 2, 3, 4))):
        world.random.choices(SPOILERS, cum_weights=weights)[0][1](world, record)
    return record


def leave_gaps(world: World, record: Record) -> Record:
    """The same record without some of what was never asked for."""
    for name in ("email", "phone", "address1", "postcode", "tax_id"):
        if record[name] and world.random.random() < world.gaps:
            record[name] = None
    return record


def make_clients(
    size: int, seed: int, *, share: float = 0.08, rare: float = 0.4, gaps: float = 0.0, names: int = 5000
) -> tuple[pa.Table, pa.Table]:
    """Clients and their truth.

    Args:
        size: Number of clients.
        seed: Anything; the same seed gives the same clients.
        share: Share of parties that were entered more than once, in groups of two to five.
        rare: Share of people whose surname is rare.
        gaps: Share of e-mails, phones, addresses and postcodes that were never asked for.
        names: Number of given names and of surnames in use in a country, beside the rare ones.

    Returns:
        ``id`` and the twelve columns of ``clients`` that identify a party; and ``client_id, party_id``.
    """
    world = World(seed, size, rare, gaps, names)
    parties = make_parties(world, int(size / (1 + share * 1.6)) + 1)
    records: list[tuple[Record, int]] = []
    for number, party in enumerate(parties):
        copies = world.random.choice((1, 1, 1, 2, 4)) if world.random.random() < share else 0
        records.append((leave_gaps(world, dict(party)), number))
        records += [(leave_gaps(world, duplicate(world, party)), number) for _ in range(copies)]
    world.random.shuffle(records)
    records = records[:size]
    columns = {name: pa.array([record[name] for record, _ in records], pa.string()) for name in FIELDS}
    ids = pa.array(range(1, len(records) + 1), pa.int64())
    truth = pa.table({"client_id": ids, "party_id": pa.array([party for _, party in records], pa.int64())})
    return pa.table({"id": ids, **columns}), truth


def _plain(provider: Any, name: str) -> list[str]:
    return sorted(getattr(provider, name))


def _ranked(names: list[str]) -> tuple[list[str], list[float]]:
    """Names with Zipf-like weights, most frequent first, as running sums."""
    names = list(dict.fromkeys(names))
    return names, list(accumulate(1 / (rank + 8) for rank in range(len(names))))


def _latin(text: str | None) -> str:
    return "".join(sign for sign in (text or "").lower() if sign.isascii() and sign.isalpha())
