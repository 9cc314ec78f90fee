"""Every way to make a change against every kind of policy: a table of who gets through, and nothing is changed by the others."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from clientops.book.approval import adopt_policy as adopting
from clientops.book.approval import proposals as approval
from clientops.book.book import Book
from clientops.book.erasure.rule import ERASE
from clientops.book.file.backup_log import backup_and_record
from clientops.book.write.internal_rules import apply_own
from clientops.cli import app
from clientops.core.errors import ClientopsError, NotAllowedError, PolicyError
from clientops.registry import every_rule, rule, rules
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from tests.books import tamper
from tests.builders import NOW, TODAY

PEOPLE = '[people]\nmaria = "clerk"\nnora = "approver"\nroot = "admin"\nviv = "viewer"\n"*" = "viewer"\n'
CREDIT = {"client_id": 1, "amount": "150", "description": "Generous"}
KINDS = {
    "viewer": PEOPLE,
    "always": PEOPLE + '[[second_person]]\nrules = ["*"]\n',
    "above": PEOPLE + '[[second_person]]\nrules = ["*"]\nabove = "0.00"\n',
    "rows": PEOPLE + '[[second_person]]\nrules = ["*"]\nrows = 0\n',
    "misspelt": PEOPLE + '[[second_person]]\nrules = ["undoo", "erase-persn"]\n',
    "no toml": PEOPLE + "[[second_person]\n",
    "wrong role": PEOPLE + 'otto = "boss"\n',
    "missing": "",
    "another": PEOPLE + "# another\n",
    "another allows all": '[people]\nmaria = "admin"\nviv = "admin"\n',
}
BROKEN = {"misspelt", "no toml", "wrong role", "missing", "another", "another allows all"}
NEEDS_SECOND = {"always", "above", "rows"}


def run(book, *words):
    """The command line; a refusal is raised."""
    result = CliRunner().invoke(app, ["--book", str(book.path), "--operator", book.operator, *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    if result.exit_code:
        raise ClientopsError(result.output)


def apply_now(book, name, request):
    return book.apply_now(rule(name), request, today=TODAY, now=NOW)


def in_a_form(book):
    """The form of issuing credit: filled in, previewed, confirmed."""
    change = Change(Desk(book), "issue-credit", requests=[CREDIT])
    if change.preview is None or change.preview.needed_because:
        raise NotAllowedError("refused")
    change.confirmed({"values": {"reason": "x"}})


def from_a_file(book):
    file = book.path.with_name("requests.csv")
    file.write_text("client_id,amount,description\n1,150,x\n")
    run(book, "apply", "issue-credit", file, "--reason", "x", "--yes")


def from_a_spreadsheet(book):
    file = book.path.with_name("clients.csv")
    file.write_text("first_name,last_name,email,currency\nA,B,a.b@example.org,EUR\n")
    run(book, "import", "csv", file, "--as", "clients", "--reason", "x", "--yes")


def directly(book):
    tamper(book.path, "update clients set credit_balance = 999 where id = 1")
    book.adopt_direct_changes(reason="x")


def put_back(book):
    tamper(book.path, "update clients set credit_balance = 999 where id = 1")
    book.revert_direct_changes(reason="x")


def erase(book):
    preview = book.preview(ERASE, {"client_id": 6, "confirm_name": "Alan Turing"})
    book.apply(preview, reason="x")


def by_a_proposal(book):
    approval.propose(book, book.preview(rule("issue-credit"), CREDIT, today=TODAY, now=NOW), reason="x")


def in_a_session(book):
    with book.session() as held:
        apply_now(held, "issue-credit", CREDIT)


# Each way, and for which kinds of policy it is open: (as which role) → kinds.
WAYS = {
    "apply_now": (lambda book: apply_now(book, "issue-credit", CREDIT), "maria", set()),
    "preview and apply": (lambda book: book.apply(book.preview(rule("issue-credit"), CREDIT, today=TODAY, now=NOW)), "maria", set()),
    "command line": (lambda book: run(book, "apply", "issue-credit", "-s", "client_id=1", "-s", "amount=150", "-s", "description=x", "--reason", "x", "--yes"), "maria", set()),
    "file": (from_a_file, "maria", set()),
    "form": (in_a_form, "maria", set()),
    "undo": (lambda book: book.undo(2), "maria", set()),
    "undo on the command line": (lambda book: run(book, "undo", 2, "--reason", "x", "--yes"), "maria", set()),
    "repair": (lambda book: apply_now(book, "mend", [{"rule": "issue-credit", "request": json.dumps(CREDIT)}]), "maria", set()),
    "statement": (lambda book: apply_now(book, "accept-match", {"statement_line_id": 1, "client_id": 1, "amount": "25"}), "maria", set()),
    "merge": (lambda book: apply_now(book, "merge-clients", {"replaced_id": 3, "survivor_id": 2}), "maria", set()),
    "unmerge": (lambda book: apply_now(book, "unmerge-clients", {"operation_id": 3}), "maria", {"above"}),
    "import": (from_a_spreadsheet, "maria", {"above"}),
    "adopt direct SQL": (directly, "root", NEEDS_SECOND),
    "adopt direct SQL as a clerk": (directly, "maria", set()),
    "put direct SQL back": (put_back, "root", NEEDS_SECOND),
    "erase": (erase, "root", {"above"}),
    "erase as an approver": (erase, "nora", set()),
    "propose": (by_a_proposal, "maria", NEEDS_SECOND),
    "approve": (lambda book: approval.approve(book, approval.review(book, 1, rule)), "nora", NEEDS_SECOND),
    "approve one's own": (lambda book: approval.approve(book, approval.review(book, 1, rule)), "maria", set()),
    "reject": (lambda book: approval.reject(book, 1, reason="x"), "nora", NEEDS_SECOND),
    "backup": (lambda book: backup_and_record(book, book.path.with_name("copy.duckdb")), "maria", NEEDS_SECOND),
    "compact": (Book.compact, "maria", NEEDS_SECOND),
    "session": (in_a_session, "maria", set()),
}  # fmt: skip


@pytest.fixture(scope="module")
def prepared(shop_file, tmp_path_factory):
    """The shop with a policy that an admin adopted, an operation, a merge and a proposal that waits."""
    path = tmp_path_factory.mktemp("suite") / "book.duckdb"
    shutil.copy(shop_file, path)
    maria = Book(path, operator="maria")
    apply_now(maria, "issue-credit", {**CREDIT, "amount": "10"})
    apply_now(maria, "merge-clients", {"replaced_id": 5, "survivor_id": 6})
    path.with_name("clientops.toml").write_text(PEOPLE)
    approval.propose(maria, maria.preview(rule("issue-credit"), CREDIT, today=TODAY, now=NOW), reason="x")
    return path


def state(book):
    """What must stay as it is when a change is refused: operations, and what the tables hold."""
    return book.head(), book.query("select id, credit_balance, first_name from clients order by id")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_who_gets_through(prepared, tmp_path, kind, way):
    """A way is open where the table says so, and where it is closed nothing changes."""
    path = shutil.copy(prepared, tmp_path / "book.duckdb")
    change, operator, open_for = WAYS[way]
    if kind in {"missing", "another", "another allows all"}:
        path.with_name("clientops.toml").write_text(PEOPLE)
        adopting.adopt(Book(path, operator="root"), reason="ours")
    path.with_name("clientops.toml").write_text(KINDS[kind])
    if kind == "missing":
        path.with_name("clientops.toml").unlink()
    book = Book(path, operator="viv" if kind == "viewer" else operator)
    before = state(book)
    if kind in open_for:
        change(book)
        assert book.verify().findings == ()
        return
    with pytest.raises(ClientopsError) as caught:
        change(book)
    if kind in BROKEN and not isinstance(caught.value, NotAllowedError):
        assert "clientops.toml" in str(caught.value), caught.value
    assert book.head() == before[0]
    if "direct" not in way.lower():
        assert state(book) == before


@pytest.mark.parametrize("kind", ["misspelt", "no toml", "wrong role"])
def test_a_wrong_policy_is_not_adopted(prepared, tmp_path, kind):
    """Nor one in which nobody is an admin."""
    path = shutil.copy(prepared, tmp_path / "book.duckdb")
    for text in (KINDS[kind], '[people]\nmaria = "clerk"\n'):
        path.with_name("clientops.toml").write_text(text)
        with pytest.raises(PolicyError):
            adopting.adopt(Book(path, operator="root"), reason="x")


def test_who_adopts_and_drops(prepared, tmp_path):
    """An admin of the policy that the book has, not of the file that somebody put there; in any order, provably."""
    path = shutil.copy(prepared, tmp_path / "book.duckdb")
    file = path.with_name("clientops.toml")
    file.write_text(PEOPLE)
    root, maria = Book(path, operator="root"), Book(path, operator="maria")
    for operator in ("maria", "nora", "viv", "otto"):
        with pytest.raises(NotAllowedError, match="adopt-policy needs an admin"):
            adopting.adopt(Book(path, operator=operator), reason="x")
    done = adopting.adopt(root, reason="ours")
    assert adopting.adopted_by(root).operation_id == done.operation_id
    file.write_text('[people]\nmaria = "admin"\n')
    for change in (adopting.adopt, adopting.drop):
        with pytest.raises(NotAllowedError, match="needs an admin"):
            change(maria, reason="x")
    with pytest.raises(PolicyError, match="another one"):
        maria.undo(done.operation_id)
    file.unlink()
    with pytest.raises(PolicyError, match="no such file"):
        apply_now(root, "issue-credit", CREDIT)
    file.write_text(PEOPLE)
    with pytest.raises(NotAllowedError, match="needs an admin"):
        maria.undo(done.operation_id)
    adopting.drop(root, reason="x")
    apply_now(maria, "issue-credit", CREDIT)
    assert root.verify().findings == ()


def test_no_environment_and_no_folder_changes_it(prepared, tmp_path, monkeypatch):
    """CLIENTOPS_POLICY and the working folder are of no account."""
    path = shutil.copy(prepared, tmp_path / "book.duckdb")
    path.with_name("clientops.toml").write_text(PEOPLE)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "clientops.toml").write_text('[people]\nviv = "admin"\n')
    monkeypatch.setenv("CLIENTOPS_POLICY", str(tmp_path / "own" / "clientops.toml"))
    monkeypatch.chdir(tmp_path / "own")
    with pytest.raises(NotAllowedError, match="viv is a viewer"):
        apply_now(Book(path, operator="viv"), "issue-credit", CREDIT)


def test_an_operation_keeps_policy_and_role(prepared, tmp_path):
    """Its hash, and the role of the operator, in the chain."""
    path = shutil.copy(prepared, tmp_path / "book.duckdb")
    path.with_name("clientops.toml").write_text(PEOPLE)
    book = Book(path, operator="maria")
    number = apply_now(book, "issue-credit", CREDIT).operation_id
    ((details,),) = book.query("select details from history.operations where id = $id", id=number)[1]
    assert json.loads(details) == {"policy": book.policy.sha256, "role": "clerk"}
    tamper(path, f"update history.operations set details = replace(details, 'clerk', 'admin') where id = {number}")
    assert book.verify().findings


INTERNAL = [name for name, found in every_rule().items() if found.internal]


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_rules_are_not_applied_from_outside(book, name):
    """By no name, on the command line, in Python, with a preview, or in a repair; they are not offered."""
    assert name not in rules()
    with pytest.raises(ClientopsError, match="only clientops itself applies it"):
        rule(name)
    with pytest.raises(ClientopsError, match="only clientops itself applies it"):
        run(book, "apply", name, "-s", "x=1", "--reason", "x")
    for attempt in (book.preview, book.apply_now):
        with pytest.raises(NotAllowedError, match="only clientops itself applies"):
            attempt(every_rule()[name], {})
    with pytest.raises(ClientopsError, match="mends nothing"):
        apply_now(book, "mend", {"rule": name, "request": "{}"})


def test_only_tokens_of_a_delivery_open_an_account(book):
    """One's own token is refused, whatever its length, even by the way that deliveries take."""
    for token in ("a", "A" * 43):
        with pytest.raises(ClientopsError, match="token"):
            apply_own(book, every_rule()["begin-mail"], {"communication_id": 3, "token": token}, reason="x")


RESET = '[people]\nmaria = "clerk"\n[[second_person]]\nrules = ["set-password"]\n'


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("set-password", {"user_id": 1, "password": "four words for ada"}),
        ("send-password-reset", {"user_id": 1}),
        ("add-user", {"email": "m@example.org", "password": "four words for ada", "client_id": 2}),
    ],
)
def test_a_reset_by_staff_counts_as_a_password_that_is_set(book, name, request_):
    """Whatever gives a user another password needs the second person that set-password needs."""
    book.path.with_name("clientops.toml").write_text(RESET)
    with pytest.raises(NotAllowedError, match="second person"):
        apply_now(book, name, request_)


def test_the_proposer_is_who_proposed(book):
    """Whatever the request says: whoever applied the proposing operation does not approve it."""
    book.path.with_name("clientops.toml").write_text(
        '[people]\nnora = "approver"\nmaria = "clerk"\n[[second_person]]\nrules = ["issue-credit"]\n'
    )
    nora = Book(book.path, operator="nora")
    preview = nora.preview(rule("issue-credit"), CREDIT, today=TODAY, now=NOW)
    nora.operator = "maria"  # as a forged request would say
    request = approval.propose(nora, preview)
    assert request.operation_id
    with nora._open(write=False) as connection:
        connection.execute("select 1")
    tamper(book.path, "update proposals set proposed_by = 'nobody' where id = 1")
    maria = Book(book.path, operator="maria")
    with pytest.raises(NotAllowedError, match="nobody approves their own"):
        approval.approve(maria, approval.review(maria, 1, rule))


DAYS = '[people]\nmaria = "clerk"\n[[second_person]]\nrules = ["issue-credit"]\nabove = "100"\ndays = 30\n'


def test_the_window_is_the_clocks(book):
    """A moment in the future does not leave the window; names that the policy does not know share one limit."""
    from datetime import UTC, datetime, timedelta

    book.path.with_name("clientops.toml").write_text(DAYS)
    small = {**CREDIT, "amount": "90"}
    apply_now(book, "issue-credit", small)
    later = datetime.now(UTC) + timedelta(days=400)
    with pytest.raises(NotAllowedError, match=r"180\.00, more than 100"):
        book.apply_now(rule("issue-credit"), small, now=later, today=later.date())
    Book(book.path, operator="john1").apply_now(rule("issue-credit"), small, today=TODAY, now=NOW)
    with pytest.raises(NotAllowedError, match="others whom the policy does not name"):
        Book(book.path, operator="john2").apply_now(rule("issue-credit"), small, today=TODAY, now=NOW)


def test_a_rate_of_ones_own_makes_nothing_small(book):
    """Money in a currency that a clerk has just added is not counted by that rate."""
    book.path.with_name("clientops.toml").write_text(DAYS)
    apply_now(book, "add-currency", {"code": "XAF", "rate": "1000000"})
    apply_now(book, "add-client", {"first_name": "A", "last_name": "B", "email": "a@example.org", "currency": "XAF"})
    number = book.query("select max(id) from clients")[1][0][0]
    with pytest.raises(NotAllowedError, match="money in XAF, whose rate nobody"):
        apply_now(book, "issue-credit", {"client_id": number, "amount": "90", "description": "x"})


def test_repairs_add_up(book):
    """Small amounts by repairs and by the rule itself count together over days."""
    book.path.with_name("clientops.toml").write_text(DAYS)
    repair = [{"rule": "issue-credit", "request": json.dumps({**CREDIT, "amount": "60"})}]
    apply_now(book, "mend", repair)
    for name, request in (("mend", repair), ("issue-credit", {**CREDIT, "amount": "60"})):
        with pytest.raises(NotAllowedError, match=r"120\.00, more than 100"):
            apply_now(book, name, request)


def test_retention_is_the_clocks(book):
    """A day in the future erases nothing earlier, in Python and on the command line."""
    from datetime import date

    late = date(2099, 1, 1)
    found = book.preview(ERASE, {"client_id": 1, "confirm_name": "Ada Lovelace"}, today=late)
    assert [p.code for p in found.problems] == ["must_be_kept"]
    with pytest.raises(ClientopsError, match="2099-01-01"):
        run(book, "erase-person", 1, "--name", "Ada Lovelace", "--today", "2099-01-01", "--reason", "x")
