"""The review of duplicates, without a browser."""

from __future__ import annotations

import base64
import io

import openpyxl
import pytest

from clientops.book.book import Book
from clientops.registry import rule
from clientops.workbench import frame as shell
from tests.books import insert
from tests.workbench.screens import Hand

ZOFIA = {
    "first_name": "Zofia", "last_name": "Szczepańska", "email": "zofia@gmail.com", "address1": "ul. Długa 12", "city": "Kraków",
    "postcode": "31-147", "country": "PL", "phone": "+48601234567",
}  # fmt: skip
FIRM = {
    "first_name": None,
    "last_name": None,
    "company_name": "Nordlicht Solar GmbH",
    "email": "info@nordlicht.de",
    "phone": "+49431556677",
    "postcode": "24103",
    "country": "DE",
}


@pytest.fixture
def pairs(book):
    """Zofia three times, a company twice, and Ada of the shop once more, in another currency; looked for already."""
    insert(
        book,
        clients=[
            {"id": 10, **ZOFIA}, {"id": 11, **ZOFIA, "first_name": "Zofai", "phone": None}, {"id": 12, **ZOFIA, "city": "Wieliczka"},
            {"id": 20, **FIRM}, {"id": 21, **FIRM, "company_name": "NORDLICHT SOLAR"},
            {"id": 30, "first_name": "Ada", "last_name": "Lovelace", "email": "ada.lovelace@example.com", "currency_id": 2, "country": "DE"},
        ],
        services=[{"id": 90, "client_id": 12, "status": "Active"}],
        domains=[{"id": 90, "client_id": 30, "recurring_amount": 12}],
    )  # fmt: skip
    book.apply_now(rule("find-duplicates"), {}, reason="test")
    return book


def decisions(book):
    columns = "left_id, right_id, decision, survivor_id, take_from_replaced, decided_by"
    return book.query(f"select {columns} from duplicate_decisions order by left_id, right_id")[1]


def shown(hand: Hand) -> tuple[int, ...]:
    """Numbers of the clients on the screen."""
    return tuple(int(node.text.split()[0].lstrip("#")) for node in hand.view.drawn.find(class_="co-case-number"))


def to(hand: Hand, text: str, most: int = 9) -> Hand:
    """Go on until a case shows a text."""
    for _ in range(most):
        if text in hand.view.drawn.find(class_="co-review")[0].text:
            return hand
        hand.click("Next")
    raise AssertionError(f"no case shows {text!r}")


def test_a_decision_takes_two_keys_and_the_case_disappears(at, pairs):
    """Merge and confirm records the decision with survivor and operator; the next case comes, and nothing was merged."""
    hand = to(at("duplicates", pairs), "#20")
    hand.click("Merge (M)")
    assert "#21 will become #20 with the next merge" in hand.text
    assert decisions(pairs) == []
    hand.click("Confirm: Merge (Enter)")
    assert decisions(pairs) == [(20, 21, "same", 20, None, "maria")]
    assert "Accepted: 2 clients become #20" in hand.text
    assert "#21" not in hand.view.drawn.find(class_="co-review")[0].text
    assert pairs.query("select count(*) from clients where id in (20, 21)")[1] == [(2,)]


def test_the_keys_are_named_on_the_buttons(at, pairs):
    """Each decision, its confirmation and the way back have a key that the browser reads off the button."""
    hand = at("duplicates", pairs)

    def keys():
        return {
            n.attributes["aria-keyshortcuts"]
            for n in hand.view.drawn.find(tag="button")
            if "aria-keyshortcuts" in n.attributes
        }

    assert keys() >= {"m", "d", "l", "n", "1", "2"}
    hand.click("Different (D)")
    assert keys() >= {"Enter", "Escape"}
    hand.click("Back (Esc)")
    assert keys() >= {"m", "d", "l"}


def test_most_certain_first_then_later_comes_last(at, pairs):
    """The queue begins with the most certain case; what is put off leaves it and waits under its own tab."""
    hand = at("duplicates", pairs)
    with pairs.tables() as tables:
        scores = tables.query(
            "select max(group_score) from duplicate_pairs group by group_id order by 1 desc"
        ).fetchall()
    assert len(scores) == 3
    first = shown(hand)
    with pairs.tables() as tables:
        best = tables.query(
            "select group_id from duplicate_pairs order by group_score desc, group_id limit 1"
        ).fetchall()
    assert (best[0][0],) == first[:1]
    hand.click("Later (L)")
    hand.click("Confirm: Later (Enter)")
    assert shown(hand) != first
    assert hand.has_button("Put off (1)")
    hand.click("Put off (1)")
    assert shown(hand) == first


def test_different_is_for_good(at, pairs):
    """Clients decided to be different do not come back, also not with the next search."""
    hand = to(at("duplicates", pairs), "#20")
    hand.click("Different (D)")
    hand.click("Confirm: Different (Enter)")
    pairs.apply_now(rule("find-duplicates"), {}, reason="again")
    again = at("duplicates/all", pairs)
    page = again.ask(again.node(tag="co-grid"), "page", {"offset": 0, "limit": 50})
    assert sorted(row["cells"][1].split(", ")[0] for row in page["rows"]) == ["1", "10"]


def test_undo_the_last_shows_its_case_again(at, pairs):
    """Undo takes the decision back as an operation of its own and shows the case again."""
    hand = to(at("duplicates", pairs), "#20")
    hand.click("Merge (M)")
    hand.click("Confirm: Merge (Enter)")
    hand.click("Undo the last")
    assert decisions(pairs) == []
    assert "#20" in hand.view.drawn.find(class_="co-review")[0].text
    assert pairs.operations(limit=1)[0].rule == "undo"


def test_survivor_fields_and_members_are_chosen_by_click(at, pairs):
    """Of three clients one remains, one gives a field, one is left out; the decision says all of that."""
    hand = to(at("duplicates", pairs), "#10")
    hand.click("○ Keep this one (1)")
    hand.click("Leave out")
    city = next(n for n in hand.view.drawn.find(tag="button") if n.attributes.get("aria-label") == "City: Wieliczka")
    hand.say({"h": hand.name_of(city, "click"), "v": None})
    hand.click("Merge (M)")
    assert "#12 will become #10 with the next merge, with address" in hand.text or "city of #12" in hand.text
    hand.click("Confirm: Merge (Enter)")
    found = {(a, b): (d, s, t) for a, b, d, s, t, _ in decisions(pairs)}
    assert found[10, 12][:2] == ("same", 10)
    assert "city" in found[10, 12][2].split()
    assert "address1" in found[10, 12][2].split()
    assert (found[10, 11], found[11, 12]) == (("different", None, None), ("different", None, None))


def test_what_differs_is_marked(at, pairs):
    """Rows that differ say so, and the letters that differ are marked."""
    hand = to(at("duplicates", pairs), "#10")
    assert [n.text for n in hand.view.drawn.find(class_="co-differs")]
    unlike = {n.find(tag="th")[0].text for n in hand.view.drawn.find(class_="co-case-differs")}
    assert unlike == {"First name • differs", "Phone • differs", "City • differs"}


def test_two_people_never_see_the_same_case(pairs):
    """What one has on the screen is skipped for another, and comes back when it is left."""
    hands = [
        Hand(shell.screen("duplicates", book=Book(pairs.path, operator=name))) for name in ("maria", "jonas", "ada")
    ]
    cases = [hand.view.drawn.find(class_="co-review")[0].find(class_="co-case-number")[0].text for hand in hands]
    assert len(set(cases)) == 3
    fourth = Hand(shell.screen("duplicates", book=Book(pairs.path, operator="eve")))
    assert "on somebody else's screen" in fourth.text
    hands[0].click("Merged")
    fourth.click("Review")
    assert fourth.view.drawn.find(class_="co-case-number")[0].text == cases[0]


def test_a_decision_of_somebody_else_in_between_is_not_overwritten(at, pairs):
    """Where another decided about the pair meanwhile, nothing is recorded, and it is said."""
    hand = to(at("duplicates", pairs), "#20")
    hand.click("Merge (M)")
    pairs.apply_now(
        rule("decide-duplicates"),
        {"left_id": 20, "right_id": 21, "decision": "different", "decided_by": "eve"},
        reason="x",
    )
    hand.click("Confirm: Merge (Enter)")
    assert "Nothing was recorded" in hand.text
    assert decisions(pairs) == [(20, 21, "different", None, None, "eve")]


def test_a_decision_about_a_part_of_the_case_in_between_counts(at, pairs):
    """Where another decided about two of three clients meanwhile, nothing is recorded, and the case is shown as it stands."""
    hand = to(at("duplicates", pairs), "#10")
    hand.click("Merge (M)")
    pairs.apply_now(
        rule("decide-duplicates"),
        {"left_id": 10, "right_id": 11, "decision": "different", "decided_by": "eve"},
        reason="x",
    )
    hand.click("Confirm: Merge (Enter)")
    assert "Nothing was recorded" in hand.text
    assert [row[2] for row in decisions(pairs)] == ["different"]


def test_other_currencies_are_warned_of(at, pairs):
    """A case of two currencies says that money forbids the merge; the bulk merge lists it as left out, and merges the rest."""
    hand = to(at("duplicates", pairs), "#30")
    assert "Billed in EUR and JPY" in hand.text
    for _ in range(3):
        hand.click("Merge (M)")
        hand.click("Confirm: Merge (Enter)")
    hand.click("Accepted (5)")
    hand.click("Preview the merge")
    assert "Left out 1" in hand.text
    assert "with money involved both need one currency" in hand.text
    assert "Clients replaced 3" in hand.text
    hand.submit(reason="Reviewed")
    assert "Done: operation" in hand.text
    assert pairs.query("select replaced_id, survivor_id from merged_clients order by 1")[1] == [
        (10, 12),
        (11, 12),
        (21, 20),
    ]
    assert pairs.verify().is_clean


def test_accept_all_that_is_certain(at, pairs):
    """All cases above 0.99 are decided in one operation, after a preview that names them; the others still wait."""
    hand = at("duplicates", pairs)
    hand.click("Accept all above 0.99…")
    assert "#20 Nordlicht Solar GmbH" in hand.text
    assert "duplicate decisions added" in hand.text
    assert decisions(pairs) == []
    hand.submit(reason="Certain")
    assert {d for *_, d, _, _, _ in decisions(pairs)} == {"same"}
    assert {row[:2] for row in decisions(pairs)} >= {(20, 21), (10, 11), (10, 12)}


def test_decisions_go_out_to_a_spreadsheet_and_come_back(at, pairs):
    """What waits is handed over as a spreadsheet; its rows with decisions, pasted, become decisions after a preview."""
    hand = at("duplicates", pairs)
    hand.click("Download for a spreadsheet")
    sent = next(message for message in hand.sent if "download" in message)
    sheet = openpyxl.load_workbook(io.BytesIO(base64.b64decode(sent["base64"]))).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    place = rows[0].index("decision")
    case = next(row for row in rows[1:] if row[0] == 20)
    case[place] = "Different"
    hand.click("Paste decisions…")
    hand.submit(
        rows="\n".join(
            "\t".join("" if v is None else str(v) for v in row)
            for row in (rows[0], case, next(row for row in rows[1:] if row[0] != 20))
        )
    )
    assert "1 duplicate decision added" in hand.text
    hand.submit(reason="From the spreadsheet")
    assert [row[:3] for row in decisions(pairs)] == [(20, 21, "different")]


def test_pasted_rows_without_decisions_are_told(at, pairs):
    """Rows without headings or decisions are answered with what is missing."""
    hand = at("duplicates", pairs)
    hand.click("Paste decisions…")
    hand.submit(rows="20\t21\tdifferent")
    assert "There is no decision in these rows" in hand.text


def test_take_back_of_one_group(at, pairs):
    """A replaced client selected among those merged comes back after a preview."""
    pairs.apply_now(rule("merge-clients"), {"replaced_id": 21, "survivor_id": 20}, reason="x")
    hand = at("duplicates/merged", pairs)
    grid = hand.view.drawn.find(tag="co-grid")[0]
    what = grid.attributes["actions"][0]["handler"]
    name = next(n for n, c in hand.view._live.items() if c.key == what.key)
    [(entry,)] = pairs.query("select id from merged_clients")[1]
    hand.say({"h": name, "v": [entry]})
    assert "Clients that come back 1" in hand.text
    hand.submit(reason="Two after all")
    assert pairs.query("select count(*) from clients where id = 21")[1] == [(1,)]


def test_who_was_taken_back_can_be_kept_apart_for_good(at, pairs):
    """After a merge was taken back, the way to decide that they are different is there: previewed, and told in pairs."""
    pairs.apply_now(rule("merge-clients"), {"replaced_id": 21, "survivor_id": 20}, reason="x")
    operation = pairs.operations()[0].id
    hand = at("duplicates/unmerge-clients", pairs)
    hand.submit(operation_id=str(operation))
    assert "keep them apart" not in hand.text
    hand.submit(reason="Two after all")
    assert "merged again by the next bulk merge: #21 and #20." in hand.text
    hand.click("They are different: keep them apart…")
    assert decisions(pairs) == []
    assert "1 duplicate decision added" in hand.text
    assert "#20 Nordlicht Solar GmbH · #21 NORDLICHT SOLAR · different" in hand.text
    hand.submit(reason="Two firms")
    [(left, right, decision, _, _, by)] = decisions(pairs)
    assert (left, right, decision, by) == (20, 21, "different", pairs.operator)
    assert "keep them apart" not in hand.text


def test_a_merge_that_was_taken_back_and_merged_again_asks_nothing(at, pairs):
    """Undoing the taking back leaves nobody to be kept apart."""
    pairs.apply_now(rule("merge-clients"), {"replaced_id": 21, "survivor_id": 20}, reason="x")
    hand = at("duplicates/unmerge-clients", pairs)
    hand.submit(operation_id=str(pairs.operations()[0].id))
    hand.submit(reason="Two after all")
    hand.click("Undo")
    assert "keep them apart" not in hand.text


def test_several_replaced_are_told_in_one_sentence(at, pairs):
    """All who are replaced stand in a list; with everybody left out nobody is merged, and it is said so."""
    hand = to(at("duplicates", pairs), "3 clients")
    review = hand.view.part.screens["duplicates"].review
    hand.click("Merge (M)")
    first, second, last = sorted(review.case.ids)
    replaced = [f"#{number}" for number in (first, second, last) if number != review.survivor]
    assert f"{replaced[0]} and {replaced[1]} will become #{review.survivor}" in hand.text
    hand.click("Back (Esc)")
    for number in set(review.case.ids) - {review.survivor}:
        review.include(number)
    hand.click("Merge (M)")
    assert f"nobody is merged; {replaced[0]} and {replaced[1]} kept apart." in hand.text


def test_progress_counts_pairs(at, pairs):
    """What is decided and what waits are counted in the same unit: a case of three clients is two or three pairs."""
    hand = at("duplicates", pairs)
    waiting = pairs.query("select count(*) from duplicate_pairs")[1][0][0]
    assert f"{waiting} pairs" in hand.text
    [case] = [c for c in (hand.view.part.screens["duplicates"].review.case,) if c]
    hand.click("Later (L)")
    hand.click("Confirm: Later (Enter)")
    hand.click("Different (D)")
    hand.click("Confirm: Different (Enter)")
    decided = len([d for d in decisions(pairs) if d[2] == "different"])
    left = waiting - len(case.pairs) - decided
    assert f"{decided / (decided + left):.0%}" in hand.text
    assert f"Decided {decided} pair" in hand.text


@pytest.mark.parametrize(("most", "name"), [(20_000, "merged-clients.html"), (0, "merged-clients.csv")])
def test_report_of_merges_is_whole(at, pairs, monkeypatch, most, name):
    """The report is a page; where there are more merges than a page holds it is a table with all of them."""
    monkeypatch.setattr("clientops.workbench.screens.duplicates.MOST_ON_A_PAGE", most)
    pairs.apply_now(rule("merge-clients"), {"replaced_id": 21, "survivor_id": 20}, reason="Same firm")
    hand = at("duplicates/merged", pairs)
    hand.click("Report")
    sent = next(message for message in hand.sent if "download" in message)
    assert sent["download"] == name
    assert "Same firm" in base64.b64decode(sent["base64"]).decode()


def test_home_says_how_many_wait(at, pairs):
    """The home screen counts the cases that wait, and a case is opened from there."""
    assert "3 Possible duplicates" in at("home", pairs).text
    listed = at("home/duplicates", pairs)
    page = listed.ask(listed.node(tag="co-grid"), "page", {"offset": 0, "limit": 10})
    assert (
        "Two clients" in at(f"duplicates/case/{page['rows'][-1]['id']}", pairs).text
        or "3 clients" in at("duplicates", pairs).text
    )


def test_a_book_that_was_never_searched(at, book):
    """Where nobody looked yet, the screen says so and offers it."""
    hand = at("duplicates", book)
    assert "Nobody has looked for duplicates yet" in hand.text
    hand.click("Look for duplicates")
    assert "Preview: Find duplicates" in hand.text or "Nothing would change" in hand.text
