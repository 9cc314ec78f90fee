"""DNS records as people write them."""

import pytest

from clientops.rules.domains.dns_syntax import EXAMPLES, HERE, TYPES, parse_content, parse_host, read_zone


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        pytest.param("A", " 192.0.2.1 ", "192.0.2.1", id="A"),
        pytest.param("AAAA", "2001:DB8:0:0::1", "2001:db8::1", id="AAAA in short"),
        pytest.param("CNAME", "www", f"www.{HERE}", id="a host of the domain"),
        pytest.param("CNAME", "Www.Example.NET", "www.example.net.", id="a name with dots is complete"),
        pytest.param("NS", "ns1.müller.de.", "ns1.xn--mller-kva.de.", id="IDNA"),
        pytest.param("CNAME", "@", HERE, id="the domain itself"),
        pytest.param("MX", "10  mail.example.net", "10 mail.example.net.", id="MX"),
        pytest.param("MX", "0 .", "0 .", id="takes no mail"),
        pytest.param("TXT", "v=spf1 mx -all", '"v=spf1 mx -all"', id="TXT without quotes"),
        pytest.param("TXT", '"a" "b"', '"a" "b"', id="TXT in pieces"),
        pytest.param("TXT", 'say "hi" \\ ü', '"say \\"hi\\" \\\\ \\195\\188"', id="TXT with what must be escaped"),
        pytest.param("TXT", "x" * 300, f'"{"x" * 255}" "{"x" * 45}"', id="a long TXT"),
        pytest.param("SRV", "10 5 5060 sip", f"10 5 5060 sip.{HERE}", id="SRV"),
        pytest.param("CAA", "0 issue letsencrypt.org", '0 issue "letsencrypt.org"', id="CAA"),
    ],
)
def test_data_has_one_form(kind, text, kept):
    """Data is kept as dnspython writes it, whose form is read as itself."""
    assert parse_content(kind, text) == kept
    assert parse_content(kind, kept) == kept
    assert parse_content(kind, kept, is_zone_file=True) == kept


def test_examples_are_good():
    """What a refusal says would be right, is."""
    for kind in TYPES:
        assert parse_content(kind, EXAMPLES[kind])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", "@"), ("@", "@"), ("WWW", "www"), ("*", "*"), ("*.Dev", "*.dev"), ("_dmarc", "_dmarc"), ("ä", "xn--4ca"),
        ("_sip._tcp", "_sip._tcp"), ("www.example.com.", "www.example.com."),
    ],
)  # fmt: skip
def test_hosts(text, kept):
    """Hosts are lower-case ASCII; a complete one keeps its dot."""
    assert parse_host(text) == kept


ZONE = """\
$ORIGIN example.com.
$TTL 1h
@ IN SOA ns1 hostmaster (
    2026112001 2h 1h ; serial; refresh
    2w 1h )
    IN NS ns1.example.net.
    300 IN MX 10 mail
www IN 600 A 192.0.2.1 ; the web
    AAAA 2001:db8::1
txt TXT "a;b" "(c"
TXT TXT "TXT"
$ORIGIN dev
a CNAME @
"""


def test_zone_file():
    """Comments, brackets, missing hosts, classes and times in either order, and origins are understood; SOA is left out."""
    records, problems = read_zone(ZONE)
    assert problems == []
    assert [(r.line, r.name, r.type, r.ttl, r.content) for r in records] == [
        (6, "example.com.", "NS", 3600, "ns1.example.net."),
        (7, "example.com.", "MX", 300, "10 mail.example.com."),
        (8, "www.example.com.", "A", 600, "192.0.2.1"),
        (9, "www.example.com.", "AAAA", 3600, "2001:db8::1"),
        (10, "txt.example.com.", "TXT", 3600, '"a;b" "(c"'),
        (11, "txt.example.com.", "TXT", 3600, '"TXT"'),
        (13, "a.dev.example.com.", "CNAME", 3600, "dev.example.com."),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("a A 1.2.3", "write it like 192.0.2.1", id="no address"),
        pytest.param("a AAAA 192.0.2.1", "write it like 2001:db8::1", id="the other kind of address"),
        pytest.param("a A", "cannot be the data", id="nothing behind"),
        pytest.param("a", "ends too early", id="a host alone"),
        pytest.param("a PTR b", "type PTR is not kept here", id="another type"),
        pytest.param("a CH A 192.0.2.1", "class CH is not taken", id="another class"),
        pytest.param("a 1x A 192.0.2.1", "is no time to live", id="no time"),
        pytest.param("a MX mail", "write it like 10 mail.example.net.", id="no preference"),
        pytest.param("a MX 70000 mail", "not an unsigned 16-bit integer", id="too large a preference"),
        pytest.param("-a A 192.0.2.1", "cannot be part of a name", id="no host"),
        pytest.param("$INCLUDE /etc/passwd", "$INCLUDE is not taken", id="another file"),
        pytest.param("$GENERATE 1-9999999 a$ A 192.0.2.$", "$GENERATE is not taken", id="many of one"),
        pytest.param("$TTL soon", "is no time to live", id="no time for all"),
        pytest.param("a MX 10 192.0.2.1", "not with the address 192.0.2.1", id="an address as host"),
        pytest.param('a TXT "open', "cannot be the data", id="a quote that never ends"),
    ],
)
def test_lines_that_cannot_be_taken(line, words):
    """Each wrong line is named with its number, and the others are still read."""
    records, problems = read_zone(f"x A 192.0.2.9\n{line}\ny A 192.0.2.8\nz PTR q\n")
    assert [p.line for p in problems] == [2, 4]
    assert words in problems[0].message
    assert {r.name.split(".")[0] for r in records} == {"x", "y"}


def test_an_empty_zone_file_is_none():
    """A file without a record says so."""
    assert "no record in it" in read_zone("; nothing\n")[1][0].message
