"""The policy file: what it allows, and everything that is wrong with one, at once."""

from datetime import time
from decimal import Decimal

import pytest

from clientops import registry as operations
from clientops.book.approval.policy import AuditSettings, Person, SecondPerson, read_policy
from clientops.core.errors import PolicyError

WHOLE = """
[people]
maria = "clerk"
nora = { role = "approver", email = "nora@example.com" }
"*" = "viewer"
[[second_person]]
rules = ["issue-credit", "transfer-credit"]
above = "100.00"
[[second_person]]
rules = ["*"]
rows = 500
[audit]
credit_limit = 50
office_hours = "08:30-17:00"
office_days = "Mon-Wed, Sat"
time_zone = "Europe/Berlin"
"""


@pytest.fixture
def policy(tmp_path, monkeypatch):
    monkeypatch.delenv("CLIENTOPS_POLICY", raising=False)

    def read(text):
        (tmp_path / "clientops.toml").write_text(text)
        return read_policy(tmp_path / "book.duckdb", operations.every_rule)

    return read


def test_a_whole_policy(policy):
    """Roles, second persons and the audit's limits are read."""
    found = policy(WHOLE)
    assert found.person("Maria ") == Person("clerk")
    assert found.person("NORA") == Person("approver", "nora@example.com")
    assert found.person("somebody") == Person("viewer")
    assert found.second_person == (
        SecondPerson(("issue-credit", "transfer-credit"), Decimal("100.00")),
        SecondPerson(("*",), None, 500),
    )
    assert found.audit == AuditSettings(Decimal(50), time(8, 30), time(17), (1, 2, 3, 6), "Europe/Berlin")
    assert [found.may("nora", role) for role in ("viewer", "clerk", "approver", "admin")] == [True, True, True, False]


def test_names_of_days_hours_and_people_as_people_write_them(policy):
    """A week that begins on Sunday, a file of Windows with a mark before its text, a name with spaces around it."""
    found = policy("\ufeff[people]\n' Nora ' = 'approver'\n[audit]\noffice_days = 'Sun-Thu'")
    assert found.audit.days == (1, 2, 3, 4, 7)
    assert found.person("nora") == Person("approver")


def test_without_a_file_everybody_may_everything(tmp_path, monkeypatch):
    """No policy file: everything as if there were none of this."""
    monkeypatch.delenv("CLIENTOPS_POLICY", raising=False)
    found = read_policy(tmp_path / "book.duckdb", operations.every_rule)
    assert found.may("anybody", "admin")
    assert found.second_person == ()


def test_who_is_not_named_is_a_clerk(policy):
    """Unless the file says something about everybody else."""
    assert policy("").person("anybody") == Person("clerk")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("people = [", ["it is not TOML"], id="no TOML"),
        pytest.param("[people]\nmaria = 'boss'", ["line 2, people.maria: the role 'boss' is none of viewer, clerk, approver, admin"], id="role"),
        pytest.param("[people.maria]\nrole = 'clerk'\nemail = 'x'", ["people.maria: 'x' is no e-mail address"], id="e-mail"),
        pytest.param("[persons]\nmaria = 'clerk'", ["line 1, persons: there is no such field"], id="unknown table"),
        pytest.param("[[second_person]]\nabove = '10'", ["second_person 1.rules: a list of names of rules is needed"], id="no rules"),
        pytest.param(
            "[[second_person]]\nrules = ['*']\nabove = 'much'\nrows = -1",
            ["line 3, second_person 1.above: 'much' is no amount", "line 4, second_person 1.rows: -1 is no number of rows"], id="amount and rows",
        ),
        pytest.param("[[second_person]]\nrules = ['*']\nabove = 10.5", ["line 3, second_person 1.above: 10.5 is no amount"], id="float"),
        pytest.param("[second_person]\nrules = ['*']", ["second_person: write it as [[second_person]]"], id="one table"),
        pytest.param(
            "[audit]\ncredit_limit = 'x'\noffice_hours = '18-8'\noffice_days = 'Someday'\ntime_zone = 'Mars/Base'\nmood = 1",
            ["line 2, audit.credit_limit", "line 3, audit.office_hours: '18-8' are no hours", "line 4, audit.office_days", "line 5, audit.time_zone", "line 6, audit.mood: there is no such field"],
            id="audit",
        ),
        pytest.param("[people]\nmaria = 'clerk'\n' MARIA' = 'admin'", ["line 3, people. MARIA: that is maria again"], id="one person twice"),
        pytest.param("[[second_person]]\nrules = ['isue-credit', 'zzz']", ["line 2, second_person 1.rules: there is no rule 'isue-credit'; did you mean issue-credit?",
                     "line 2, second_person 1.rules: there is no rule 'zzz'; see: clientops rules"], id="no such rule"),
        pytest.param("[[second_person]]\nrules = ['*']\nabove = '1'\ndays = 0\n[[second_person]]\nrules = ['undo']\ndays = 3",
                     ["second_person 1.days: 0 is no number of days", "second_person 2.days: days are counted towards above"], id="days"),
        pytest.param("[people]\na = 1\nb = 'x'\n[audit]\nmood = 1", ["people.a: a table", "people.b: the role", "audit.mood"], id="everything at once"),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_said_at_once(policy, text, expected):
    """Each problem with its field, and its line where that can be told."""
    with pytest.raises(PolicyError) as caught:
        policy(text)
    assert len(caught.value.problems) == len(expected), caught.value.problems
    for part in expected:
        assert any(part in problem for problem in caught.value.problems), (part, caught.value.problems)


def test_a_named_file_must_be_there(tmp_path, monkeypatch):
    """Where CLIENTOPS_POLICY names another place and none is beside the book, nothing can be changed."""
    monkeypatch.setenv("CLIENTOPS_POLICY", str(tmp_path / "gone.toml"))
    with pytest.raises(PolicyError, match="a policy is taken from this place only"):
        read_policy(tmp_path / "book.duckdb", operations.every_rule)
