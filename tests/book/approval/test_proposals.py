"""Four eyes: what needs a second person is refused alone, waits, and is applied by another one, exactly as shown."""

import json
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from clientops.book.approval import proposals as approval
from clientops.book.approval.amounts_moved import money_moved
from clientops.book.book import Book
from clientops.book.erasure.rule import ERASE
from clientops.book.write.plan import run_rule, settle
from clientops.cli import app
from clientops.core.errors import ClientopsError, NotAllowedError, PolicyError, StaleError, UsageError
from clientops.registry import rule
from clientops.schema.requests import read_requests
from tests.books import fill_shop, tamper
from tests.builders import NOW, TODAY

POLICY = """
[people]
maria = "clerk"
carl = "clerk"
nora = "approver"
root = "admin"
"*" = "viewer"
[[second_person]]
rules = ["issue-credit", "transfer-credit", "adjust-credit", "record-payment"]
above = "100.00"
[[second_person]]
rules = ["delete-client", "undo"]
[[second_person]]
rules = ["edit-client"]
rows = 1
"""
CREDIT = {"client_id": 1, "amount": "150", "description": "Generous"}


@pytest.fixture
def as_(book):
    """The book of the shop under the policy, for an operator."""
    (book.path.parent / "clientops.toml").write_text(POLICY)
    return lambda operator: Book(book.path, operator=operator)


def preview(book, name="issue-credit", request=CREDIT):
    return book.preview(rule(name), request, today=TODAY, now=NOW)


def propose(book, *given):
    approval.propose(book, preview(book, *given), reason="please")
    return approval.waiting(book)[-1].id


def credit(book):
    return book.query("select credit_balance from clients where id = 1")[1][0][0]


@pytest.mark.parametrize(
    ("name", "request_", "because"),
    [
        pytest.param("issue-credit", CREDIT, "it moves 150.00 in the default currency, more than 100.00", id="above"),
        pytest.param("issue-credit", {**CREDIT, "amount": "100"}, "", id="at the limit"),
        pytest.param("issue-credit", {"client_id": 4, "amount": "16001", "description": "x"}, "it moves 100.01 in the default currency", id="another currency"),
        pytest.param("issue-credit", {"client_id": 4, "amount": "16000", "description": "x"}, "", id="another currency, at the limit"),
        pytest.param("issue-credit", [{**CREDIT, "amount": "60"}, {"client_id": 2, "amount": "60", "description": "x"}], "it moves 120.00", id="many small ones"),
        pytest.param("transfer-credit", {"client_id": 1, "to_client_id": 2, "amount": "50"}, "", id="a transfer counts once"),
        pytest.param("adjust-credit", {"client_id": 1, "credit_balance": "151"}, "it moves 101.00", id="an adjustment"),
        pytest.param("record-payment", {"client_id": 1, "amount": "101"}, "it moves 101.00", id="a payment"),
        pytest.param("remove-credit", {"client_id": 1, "amount": "50", "description": "x"}, "", id="a rule not listed"),
        pytest.param("undo", {"operation_id": 1}, "undo always needs a second person", id="always"),
        pytest.param("edit-client", [{"client_id": 1, "city": "A"}, {"client_id": 2, "city": "B"}], "it changes 2 rows, more than 1", id="rows"),
        pytest.param("edit-client", {"client_id": 1, "city": "A"}, "", id="one row"),
    ],
)  # fmt: skip
def test_what_needs_a_second_person(as_, name, request_, because):
    """The preview says why, and applying it alone is refused in the same words; nothing is changed."""
    book = as_("maria")
    found = preview(book, name, request_)
    assert found.problems == ()
    assert found.needed_because.startswith(because) if because else found.needed_because == ""
    head = book.head()
    if because:
        for attempt in (lambda: book.apply(found), lambda: book.apply_now(rule(name), request_, today=TODAY, now=NOW)):
            with pytest.raises(NotAllowedError, match="so a second person is needed") as caught:
                attempt()
            assert caught.value.waits
        assert book.head() == head
    else:
        book.apply(found)


MENDING = [{"rule": "issue-credit", "request": json.dumps(CREDIT)}]
ALONE = "[people]\nnora = 'approver'\n[[second_person]]\nrules = ['issue-credit', 'remove-credit']\nabove = '100'\n"


@pytest.fixture
def alone(book):
    """The book of the shop where only issuing and removing credit need a second person."""
    (book.path.parent / "clientops.toml").write_text(ALONE)
    return lambda operator: Book(book.path, operator=operator)


def apply_now(book, name, request):
    return book.apply_now(rule(name), request, today=TODAY, now=NOW).operation_id


def test_mending_is_no_way_round(alone):
    """What a mending carries out counts as the rule that it carries out."""
    maria = alone("maria")
    with pytest.raises(NotAllowedError, match=r"it moves 150\.00"):
        apply_now(maria, "mend", MENDING)
    apply_now(maria, "mend", [{"rule": "issue-credit", "request": json.dumps({**CREDIT, "amount": "100"})}])
    number = propose(maria, "mend", MENDING)
    nora = alone("nora")
    done = approval.approve(nora, approval.review(nora, number, rule))
    with pytest.raises(NotAllowedError, match=r"it moves 150\.00"):
        maria.undo(done.operation_id)


def test_undo_is_no_way_round(alone):
    """Taking back what needed a second person needs one, and so does bringing it again by undoing the undo."""
    maria, nora = alone("maria"), alone("nora")
    done = approval.approve(nora, approval.review(nora, propose(maria), rule))
    with pytest.raises(NotAllowedError, match="so a second person is needed"):
        maria.undo(done.operation_id)
    request = {"operation_id": done.operation_id}
    undone = approval.approve(nora, approval.review(nora, propose(maria, "undo", request), rule))
    assert credit(maria) == 50
    with pytest.raises(NotAllowedError, match="so a second person is needed"):
        maria.undo(undone.operation_id)
    small = apply_now(maria, "issue-credit", {**CREDIT, "amount": "10"})
    maria.undo(small)


def test_rule_named_in_words_of_an_undo(alone):
    """Where a rule always needs a second person, undoing it says so by both names."""
    maria = alone("maria")
    number = apply_now(maria, "issue-credit", {**CREDIT, "amount": "10"})
    (maria.path.parent / "clientops.toml").write_text("[[second_person]]\nrules = ['issue-credit']")
    with pytest.raises(NotAllowedError, match="undo of issue-credit always needs a second person"):
        maria.undo(number)


def test_small_ones_add_up_where_days_are_given(alone):
    """With days, what the same person moved alone counts too; what was approved or undone does not, nor another's."""
    maria, nora = alone("maria"), alone("nora")
    policy = maria.path.parent / "clientops.toml"
    named = ALONE.replace("[people]", "[people]\nmaria = 'clerk'\ncarl = 'clerk'")  # those not named count as one
    policy.write_text(named + "days = 7")
    approval.approve(nora, approval.review(nora, propose(maria), rule))
    taken_back = apply_now(maria, "issue-credit", {**CREDIT, "amount": "60"})
    maria.undo(taken_back)
    small = {"client_id": 4, "amount": "9600", "description": "x"}
    apply_now(Book(maria.path, operator="MARIA "), "issue-credit", small)
    for other in (nora, Book(maria.path, operator="carl")):
        apply_now(other, "issue-credit", small)
    for name in ("maria", "Maria"):
        with pytest.raises(NotAllowedError, match=r"it moves 60\.00 .* within 7 days 120\.00, more than 100"):
            apply_now(Book(maria.path, operator=name), "remove-credit", small)
    apply_now(maria, "issue-credit", {**CREDIT, "amount": "40"})
    policy.write_text(named)
    apply_now(maria, "remove-credit", small)


def test_it_waits_until_another_applies_it(as_):
    """Asked for by one, applied by another: once, as shown, and the operation names both."""
    maria, nora = as_("maria"), as_("nora")
    number = propose(maria)
    assert credit(maria) == 50
    (waits,) = approval.waiting(nora)
    assert (waits.proposed_by, waits.rule, waits.requests, waits.reason, waits.moved_on) == (
        "maria",
        "issue-credit",
        ({**CREDIT, "amount": "150.0000"},),
        "please",
        False,
    )
    found = approval.review(nora, number, rule)
    assert found.is_as_shown
    receipt = approval.approve(nora, found)
    assert credit(nora) == 200
    assert approval.waiting(nora) == []
    assert approval.approve(nora, found).is_repeated
    assert credit(nora) == 200
    line = nora.operation(receipt.operation_id).line
    assert (line.operator, line.reason) == ("nora", "please")
    ((details,),) = nora.query("select details from history.operations where id = $id", id=receipt.operation_id)[1]
    assert json.loads(details)["proposal"] == number
    assert maria.verify().findings == ()
    assert maria.check() == []


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        pytest.param("maria", "maria asked for it, and nobody approves their own", id="oneself"),
        pytest.param("MARIA ", "nobody approves their own", id="oneself, spelled otherwise"),
        pytest.param("carl", "carl is a clerk, and approving issue-credit needs an approver", id="a clerk"),
    ],
)
def test_who_may_not_approve(as_, operator, message):
    """Nobody their own, and no clerk; a viewer does not even get a preview."""
    number = propose(as_("maria"))
    book = as_(operator)
    with pytest.raises(NotAllowedError, match=message):
        approval.approve(book, approval.review(book, number, rule))
    assert credit(book) == 50


def test_an_approver_does_not_approve_their_own(as_):
    """Approvers and admins need a second person too."""
    for operator in ("nora", "root"):
        book = as_(operator)
        with pytest.raises(NotAllowedError):
            book.apply(preview(book))
        number = propose(book)
        with pytest.raises(NotAllowedError, match="nobody approves their own"):
            approval.approve(book, approval.review(book, number, rule))


def test_a_viewer_changes_nothing(as_):
    """Not by a rule, a proposal, a rejection or by adopting direct SQL; reading goes on."""
    book, number = as_("viv"), propose(as_("maria"))
    tamper(book.path, "update clients set city = 'x' where id = 1")
    for attempt in (
        lambda: preview(book), lambda: book.apply_now(rule("edit-client"), {"client_id": 1, "city": "A"}), lambda: book.undo(1),
        lambda: book.backup(book.path.with_name("copy.duckdb")), book.compact,
        lambda: approval.reject(book, number, reason="no"), lambda: book.adopt_direct_changes(reason="x"), lambda: book.revert_direct_changes(reason="x"),
    ):  # fmt: skip
        with pytest.raises(NotAllowedError, match="viv is a viewer"):
            attempt()
    with pytest.raises(NotAllowedError, match="maria is a clerk, and direct-sql needs an admin"):
        as_("maria").adopt_direct_changes(reason="x")
    assert book.query("select count(*) from clients")[1] == [(6,)]
    assert not book.path.with_name("copy.duckdb").exists()
    with pytest.raises(NotAllowedError, match="viv is a viewer, and erase-person needs an admin"):
        book.preview(ERASE, {"client_id": 1, "confirm_name": "x"})
    as_("root").revert_direct_changes(reason="x")


def test_another_change_cannot_go_in_its_place(as_):
    """An approval is of what was asked for: other requests or another rule under its number are refused."""
    nora = as_("nora")
    number = propose(as_("maria"))
    with pytest.raises(UsageError, match="not what proposal 1 asks for"):
        nora.apply(preview(nora, request={**CREDIT, "amount": "999"}), proposal=number)
    with pytest.raises(UsageError, match="There is no proposal 77"):
        nora.apply(preview(nora), proposal=77)


def test_when_the_book_moved_on_it_is_shown_anew(as_):
    """What it would do now is another thing: the review says so, and applies what it showed, not what was asked then."""
    maria, nora = as_("maria"), as_("nora")
    number = propose(maria, "adjust-credit", {"client_id": 1, "credit_balance": "500"})
    old = approval.review(nora, number, rule)
    maria.apply_now(rule("issue-credit"), {"client_id": 1, "amount": "1", "description": "x"}, today=TODAY, now=NOW)
    assert approval.waiting(nora)[0].moved_on
    with pytest.raises(StaleError):
        approval.approve(nora, old)
    found = approval.review(nora, number, rule)
    assert not found.is_as_shown
    approval.approve(nora, found)
    assert credit(nora) == 500


def test_rejected_with_a_reason(as_):
    """It waits no more, cannot be applied, stays readable; who asked may withdraw; a clerk may not reject another's."""
    maria, nora = as_("maria"), as_("nora")
    number, second = propose(maria), propose(maria)
    found = approval.review(nora, number, rule)
    with pytest.raises(NotAllowedError, match="carl is a clerk, and rejecting needs an approver"):
        approval.reject(as_("carl"), number, reason="no")
    with pytest.raises(UsageError, match="reason is missing"):
        approval.reject(nora, number, reason=" ")
    approval.reject(nora, number, reason="Too much")
    approval.reject(maria, second, reason="My mistake")
    assert approval.waiting(nora) == []
    with pytest.raises(UsageError, match="Proposal 1 was rejected"):
        approval.approve(nora, found)
    with pytest.raises(ClientopsError, match="was rejected already"):
        approval.reject(nora, number, reason="again")
    asked = "select rejected_by, rejected_because from proposals order by id"
    assert nora.query(asked)[1] == [("nora", "Too much"), ("maria", "My mistake")]
    assert nora.verify().findings == ()


def test_what_cannot_wait(as_, tmp_path):
    """A change that reads a file, or holds a secret, is not kept; one with problems is refused."""
    book = as_("maria")
    with pytest.raises(ClientopsError, match="client 99"):
        approval.propose(book, preview(book, request={**CREDIT, "client_id": 99}))


def test_a_bad_policy_stops_changes_and_not_reading(as_):
    """Nothing is changed under a policy that cannot be read; the sentence has all problems."""
    book = as_("maria")
    found = preview(book)
    (book.path.parent / "clientops.toml").write_text("[people]\nmaria = 'boss'\n[audit]\nmood = 1")
    for attempt in (lambda: preview(book), lambda: book.apply(found), lambda: book.undo(1)):
        with pytest.raises(PolicyError, match=r"until the policy .* is mended: line 2, people.maria.*audit.mood"):
            attempt()
    assert credit(book) == 50


def test_money_of_new_clients_counts(empty_book):
    """Money that comes with a client that is new in the same operation is not free."""
    fill_shop(empty_book)
    with empty_book._open(write=False) as connection:
        requests = read_requests(rule("issue-credit").request, CREDIT)
        changes = settle(connection, run_rule(connection, rule("issue-credit"), requests, TODAY, NOW))
        assert money_moved(connection, changes, "maria").amount == Decimal("150.00")


def test_on_the_command_line(as_):
    """Refused with exit code 5; proposed, listed, approved; rejected; stale with exit code 3 and --anew."""
    path = as_("maria").path

    def run(operator, *words, code=0):
        result = CliRunner().invoke(
            app, ["--book", str(path), "--operator", operator, *map(str, words)], env={"COLUMNS": "250"}
        )
        assert result.exit_code == code, result.output
        return result.output

    ask = ("apply", "adjust-credit", "-s", "client_id=1", "-s", "credit_balance=500", "--reason", "Deal")
    assert "so a second person is needed; ask for one with --propose" in run("maria", *ask, code=5)
    assert "Proposal 1 waits for a second person" in run("maria", *ask, "--propose")
    assert "it moves 450.00" in run("nora", "waiting")
    assert "nobody approves their own" in run("maria", "approve", 1, code=5)
    assert "credit_balance: 50.00 → 500.00" in run("nora", "approve", 1, "--dry-run")
    run("maria", "apply", "issue-credit", "-s", "client_id=1", "-s", "amount=1", "-s", "description=x", "--reason", "x")
    assert "Apply it with --anew" in run("nora", "approve", 1, code=3)
    assert "asked for by maria" in run("nora", "approve", 1, "--anew")
    assert "Nothing waits" in run("nora", "waiting")
    assert "maria is clerk" in run("maria", "policy")
    assert "waits for a second person" in run("maria", "undo", 4, "--reason", "x", "--propose")
    (path.parent / "clientops.toml").write_text("[people]\nmaria = 'boss'")
    assert "line 2, people.maria" in run("maria", "policy", code=2)
