"""An export, loaded into a real WHMCS: it arrives, it is known to have arrived, and it overwrites nothing of others."""

from __future__ import annotations

import csv
from pathlib import Path

from clientops.book.book import Book
from clientops.exporting.whmcs import export_whmcs
from clientops.importing.whmcs.mysql import read_mysql
from clientops.importing.whmcs.rule import IMPORT_WHMCS
from clientops.registry import rule

REQUEST = {"source": "whmcs", "time_zone": "Asia/Tokyo"}


class There:
    """A WHMCS of one's own, and a book that is filled from it."""

    def __init__(self, server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.book = Book.create(folder / "b.duckdb", operator="maria")

    def run(self, sql: str) -> str:
        """What statements say there."""
        return self.server.run(sql, "back").strip()

    def imports(self) -> dict[tuple[str, str], int]:
        """Import; which rows changed here by it."""
        staging = self.folder / "staging.duckdb"
        staging.unlink(missing_ok=True)
        read_mysql(self.server.url.replace("/whmcs", "/back"), staging)
        counts = self.book.apply_now(IMPORT_WHMCS, REQUEST, staging=staging, reason="x").counts
        return {(table, kind): number for table, kind, number in counts}

    def does(self, name: str, **request: object) -> None:
        """Carry out a rule here."""
        self.book.apply_now(rule(name), request, reason="x")

    def export(self, name: str, since: int | None = None) -> tuple[Path, dict[str, int]]:
        """Export; the folder, and the rows of each file."""
        with self.book.tables() as tables:
            return self.folder / name, dict(export_whmcs(tables, self.folder / name, since=since))


CLASHES = {
    "other capitals": ("update tblclients set city = upper(city) where id = 1", 'tblclients 1: city is "BERLIN" there, was imported as "Berlin", is "Lisboa" here'),
    "deleted": ("delete from tblclients where id = 1", "tblclients 1: deleted there since"),
    "number taken": (
        "insert into tblcredit (clientid, date, description, amount, relid) values (2, '2026-11-01', 'Theirs', 7, 0)",
        "another row has this number there",
    ),
    "column too narrow": (
        "alter table tblclients modify city varchar(5) not null",
        "tblclients.csv: 1 values do not fit into the columns of tblclients",
    ),
    "engine": ("alter table tblcredit engine = MyISAM", "tblcredit: its engine MyISAM cannot load all or nothing"),
}  # fmt: skip
STATE = "select city, credit from tblclients where id = 1; select count(*), sum(amount) from tblcredit"
KEEP = "create or replace table kept_{0} as select * from tbl{0};"
PUT_BACK = "alter table tblclients modify city text not null; alter table tbl{0} engine = InnoDB; delete from tbl{0}; insert into tbl{0} select * from kept_{0};"


def test_there_and_back(server, tmp_path):
    """What changed here is loaded there whole or not at all, touches nothing else, and is known to be there afterwards."""
    server.run("drop database if exists back; create database back character set utf8mb4", "mysql")
    server.run("grant select on back.* to reader", "mysql")
    server.run(server.dump().decode("utf-8", "surrogateescape"), "back")
    there = There(server, tmp_path)
    there.run("update tblclients set city = 'Berlin' where id = 1")
    there.run("update tblhosting set nextduedate = '2026-01-07', nextinvoicedate = '2026-02-07' where id = 1")
    assert there.imports()
    there.does("issue-credit", client_id=1, amount="2.50", description="=1+1")
    there.does(
        "add-client", first_name="Eve", last_name="Tan & Co", email="eve@example.com", currency="EUR", phone="+4930123"
    )
    there.does("edit-client", client_id=1, city="Lisboa")
    there.does("edit-service", service_id=1, next_due_on="2026-03-07")
    there.does("add-note", client_id=1, body="Called")  # at a part of a second, which WHMCS has not
    there.does("reply-ticket", ticket_id=1, message="We look at it")
    folder, written = there.export("back")
    assert {"tblclients.csv": 2, "tblcredit.csv": 1}.items() <= written.items()
    # A reply there to a ticket that is gone was not imported; its number is left to it.
    assert there.book.query("select max(id) from ticket_replies where id < 1000")[1] == [(4,)]
    assert there.run("select id from tblticketreplies order by id desc limit 1") == "3"

    for clash, told in CLASHES.values():
        there.run("".join(KEEP.format(name) for name in ("clients", "credit")))
        there.run(clash)
        before = there.run(STATE)
        for options in ((), ("--force",)) if clash.startswith("update") else ((),):
            code, said = server.try_load(folder, "back", *options)
            assert told in said
            assert "Nothing was loaded" in said
            assert code or options
            assert there.run(STATE) == before, options
        there.run("".join(PUT_BACK.format(name) for name in ("clients", "credit")))

    # What was changed there in other columns, or to the same, stands in nobody's way, and stays.
    there.run("update tblclients set city = 'Lisboa', state = 'BE' where id = 1")
    other = "select password, phonenumber, lastname, state from tblclients where id = 1"
    before = there.run(other)
    for _ in range(2):  # once more does no harm
        server.load(folder, "back")
    assert there.run(other) == before
    assert there.run("select nextinvoicedate from tblhosting where id = 1") == "2026-03-07"
    assert there.run("select description from tblcredit order by id desc limit 1") == "=1+1"
    assert there.export("still")[1] == written, "nobody has looked whether it arrived"
    assert there.imports() == {
        ("source_ids", "insert"): sum(written.values()),
        ("clients", "update"): 1,  # the state
    }
    assert there.export("nothing")[1] == {}

    write_over(there)
    assert there.imports() == {}


def write_over(there: There) -> None:
    """All that an export of everything has, written over what is there."""
    folder, written = there.export("everything", since=0)
    loads = []
    for file in folder.glob("tbl*.csv"):
        with file.open(encoding="utf-8", newline="") as rows:
            names = [f"`{name}`" for name in next(csv.reader(rows))]
        listed, given = ", ".join(names), ", ".join(f"{name} = values({name})" for name in names)
        loads.append(
            f"create temporary table incoming like {file.stem}; load data local infile '{file.name}' into table incoming "
            "character set utf8mb4 fields terminated by ',' optionally enclosed by '\"' escaped by '' lines terminated by "
            f"'\\n' ignore 1 lines ({listed}); insert into {file.stem} ({listed}) select {listed} from incoming "
            f"on duplicate key update {given}; drop temporary table incoming;"
        )
    assert len(loads) == len(written) > 15
    (folder / "load.sql").write_text("\n".join(loads), "utf-8")
    there.server.load(folder, "back")
