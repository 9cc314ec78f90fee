"""The ways in which a client is entered once more."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from tests.matching.made_up_world import MAILS, PLACES, Record, World

NICKNAMES = {
    "robert": "Bob", "william": "Bill", "james": "Jim", "michael": "Mike", "elizabeth": "Liz", "thomas": "Tom",
    "david": "Dave", "christopher": "Chris", "matthew": "Matt", "alexander": "Alex", "katherine": "Kate",
    "jennifer": "Jenny", "joseph": "Joe", "daniel": "Dan", "anthony": "Tony", "stephen": "Steve", "margaret": "Peggy",
    "rebecca": "Becky", "susan": "Sue", "andreas": "Andi", "benjamin": "Ben", "samuel": "Sam", "timothy": "Tim",
}  # fmt: skip
TYPO_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def typo(world: World, text: str) -> str:
    """A text with a letter or digit changed, left out, added or swapped with its neighbour."""
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
            record[name] = typo(world, record[name])

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
