"""The DNS records of a domain as a zone file."""

from __future__ import annotations

from clientops.core.errors import UsageError
from clientops.core.readable import both_forms, unicode_name
from clientops.rules.domains.names import parse_domain_name
from clientops.schema.tables import Tables

ORDER = ("NS", "A", "AAAA", "CAA", "MX", "TXT", "SRV", "CNAME")


def find_domain(tables: Tables, text: str) -> int:
    """Number of the domain that a number or a name, in either form, finds; the one that runs comes first.

    Raises:
        UsageError: There is none, or the text is no domain name.
    """
    wanted = text.strip().lstrip("#")
    if wanted.isdigit() and len(wanted) < 18:
        row = tables.query("select id from domains where id = $id", id=int(wanted)).fetchone()
    else:
        try:
            name = parse_domain_name(wanted)
        except ValueError as error:
            raise UsageError(f"{text!r} is neither a domain's number nor a name: it {error}") from error
        row = tables.query(BY_NAME, name=name, readable=unicode_name(name)).fetchone()
    if row is None:
        raise UsageError(f"There is no domain {text!r}")
    return int(row[0])


BY_NAME = """
    select id from domains where lower(name) in ($name, $readable)
    order by status in ('Active', 'Grace', 'Pending', 'Pending Registration', 'Pending Transfer') desc, id desc limit 1
"""


def zone_text(tables: Tables, domain_id: int) -> str:
    """A domain's records as a zone file, which other name servers and ``import-zone`` read; empty if there are none.

    Records of the domain itself come first, then each host's; types in the order of ``ORDER``. There is no SOA record:
    that is the name server's own.
    """
    rows = tables.query(RECORDS, domain_id=domain_id).fetchall()
    if not rows:
        return ""
    domain = str(rows[0][0]).lower()
    rows.sort(key=lambda row: (row[1] != "@", _by_parent(row[1]), ORDER.index(row[2]), row[4]))
    widest = max(len(row[1]) for row in rows)
    lines = [f"{name:{widest}}  {ttl:>6}  IN  {kind:5}  {content}" for _, name, kind, ttl, content in rows]
    return "\n".join([f"; {both_forms(domain)}, domain {domain_id}", f"$ORIGIN {domain}.", *lines, ""])


def _by_parent(name: str) -> list[str]:
    return name.split(".")[::-1]


RECORDS = """
    select domains.name, lower(dns_records.name), dns_records.type, dns_records.ttl, dns_records.content
    from dns_records join domains on domains.id = dns_records.domain_id where domains.id = $domain_id
"""
