"""Tables that somebody sent: encodings, delimiters, titles, sheets."""

from __future__ import annotations

import re
from datetime import datetime
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from clientops.core.errors import UsageError
from clientops.importing.tabular import read_text_table


@pytest.mark.parametrize(
    ("content", "delimiter", "encoding"),
    [
        pytest.param("client_id,amount\n1,2\n", ",", "utf-8", id="commas"),
        pytest.param("client_id;amount\n1;2,5\n", ";", "utf-8", id="semicolons with commas inside"),
        pytest.param("client_id\tamount\n1\t2\n", "\t", "utf-8", id="tabs"),
        pytest.param("client_id|amount\n1|2\n", "|", "utf-8", id="bars"),
        pytest.param("\ufeffclient_id,amount\n1,2\n", ",", "utf-8", id="byte order mark"),
    ],
)
def test_delimiters(tmp_path, content, delimiter, encoding):
    """The delimiter is the one the headings use."""
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    table = read_text_table(path)
    assert (table.delimiter, table.encoding, table.rows.column_names) == (delimiter, encoding, ["client_id", "amount"])


def test_utf16_and_line_breaks_in_values(tmp_path):
    """What Excel calls Unicode text is read, and a line break inside quotes stays in its value."""
    path = tmp_path / "t.csv"
    path.write_text('client_id\tdescription\n1\t"two\nlines 名前"\n', encoding="utf-16")
    assert read_text_table(path).rows.to_pylist() == [{"client_id": "1", "description": "two\nlines 名前"}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("t.csv", b"", "is empty", id="empty"),
        pytest.param("t.xlsx", b"PK\x03\x04 nonsense", "cannot be read as an Excel file", id="a broken Excel file"),
        pytest.param(
            "t.xlsx", b"a,b\n1,2\n", r"is no Excel file.*let its name end in \.csv", id="text named like Excel"
        ),
        pytest.param(
            "t.csv", b"PK\x03\x04 nonsense", r"is no text: it is an Excel file, which needs", id="Excel named like text"
        ),
        pytest.param("t.xlsx", b"%PDF-1.4\n", "is a PDF, which is not read here", id="PDF"),
        pytest.param("t.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "an Excel file of before 2007", id="old Excel"),
        pytest.param("t.xls", b"<html><table>", "is a web page or XML", id="web page"),
        pytest.param("t.csv", b'[{"a": 1}]', "is JSON", id="JSON"),
        pytest.param("t.xlsx", b"", "is empty", id="empty Excel file"),
        pytest.param("t.csv", b'a,b\n"x', "cannot be read as a table", id="a quote that never ends"),
    ],
)
def test_unreadable(tmp_path, name, content, message):
    """What is no table is said so, with the place."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_text_table(path)


NAMES = {
    "German": "Jürgen Müßig, Große Straße",
    "French": "Hélène Lefèvre, rue de l’Église, œuvre",
    "Spanish": "Núñez Ibáñez",
    "Italian": "Nicolò più così è",
    "Danish": "Søren Ærø Åse",
    "Portuguese": "João Conceição Simões",
    "Polish": "Łukasz Wiśniewski, ul. Źródlana",
    "Czech": "Jiří Dvořák, Němec",
    "Hungarian": "Győző Szűcs",
    "Russian": "Юрий Жуков, Москва",
    "Japanese": "太郎 山田、東京のビル",
    "Icelandic": "Þór Sigurðsson, Ísafjörður",
    "Turkish": "Ayşe Yılmaz, İstanbul",
    "Greek": "Γιώργος Παπαδόπουλος, Αθήνα",
    "Greek capital": "Άγγελος Νικολάου",
    "Taiwanese": "陳大文，台北市",
    "Chinese": "王伟，北京市朝阳区",
    "Korean": "김철수, 서울특별시 강남구 역삼동",
    "Hebrew": "דוד כהן, תל אביב",
    "Arabic": "محمد أحمد، القاهرة",
    "Thai": "สมชาย ใจดี กรุงเทพ",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        *[(name, "cp1252") for name in ("German", "French", "Spanish", "Italian", "Danish", "Portuguese")],
        *[(name, "cp1250") for name in ("Polish", "Czech", "Hungarian")],
        *[("Polish", "iso8859_2"), ("Russian", "cp1251"), ("Russian", "koi8_r"), ("Japanese", "cp932")],
        *[("Icelandic", "cp1252"), ("Turkish", "cp1254"), ("Turkish", "iso8859_9"), ("Greek", "cp1253")],
        *[("Greek", "iso8859_7"), ("Greek capital", "cp1253"), ("Greek capital", "iso8859_7"), ("Taiwanese", "big5")],
        *[("Chinese", "gb18030"), ("Korean", "euc_kr"), ("Japanese", "euc_jp"), ("Hebrew", "cp1255")],
        *[("Arabic", "cp1256"), ("Thai", "cp874"), ("Russian", "iso8859_5")],
        *[(name, encoding) for name in ("French", "Japanese") for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")],
    ],
)  # fmt: skip
def test_encodings_are_told_by_the_bytes(tmp_path, language, encoding):
    """Names come in as they were written, also where the first of them stands far behind in the file."""
    path = tmp_path / "t.csv"
    for plain in (0, 30_000):
        lines = ["client_id;first name"] + ["1;Ada Lovelace"] * plain + [f"2;{NAMES[language]}"] * 20
        path.write_bytes("\r\n".join(lines).encode(encoding))
        assert read_text_table(path).rows.column("first name")[-1].as_py() == NAMES[language]


@pytest.mark.parametrize(
    ("name", "encoding", "readings"),
    [
        pytest.param("Γιώργος", "cp1253", "'Γιώργος' (cp1253) or 'Гйюсгпт' (cp1251)", id="Greek or Russian"),
        pytest.param("Nový", "cp1252", "'Nový' (cp1252) or 'Novı' (cp1254)", id="Western or Turkish"),
        pytest.param("王伟", "gb18030", "'王伟' (gb18030) or '藍琉' (euc_jp)", id="Chinese or Japanese"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_asked_for(tmp_path, name, encoding, readings):
    """One short name could be two; both are shown, and nothing is read until the person says which."""
    path = tmp_path / "t.csv"
    path.write_bytes(f"client_id;first name\n1;Ada\n2;{name}\n".encode(encoding))
    with pytest.raises(UsageError, match=r"cannot be told.*name the encoding, or save it as UTF-8") as refused:
        read_text_table(path)
    assert readings in str(refused.value)
    assert read_text_table(path, encoding=encoding).rows.column("first name")[1].as_py() == name


def test_what_stands_around_a_table_is_left_out(tmp_path):
    """A title above, Excel's line about the delimiter, empty lines and lines of delimiters are no rows."""
    path = tmp_path / "t.csv"
    for above in ("", "Clients of 2026\n\n", "Clients of 2026;;\n;;\n", "sep=;\n"):
        path.write_text(above + "client_id;amount;description\n1;2,5;x\n;;\n\n2;3;y\n;;\n", encoding="utf-8")
        rows = read_text_table(path).rows.to_pylist()
        assert [row["client_id"] for row in rows] == ["1", "2"], above
        assert rows[0]["amount"] == "2,5"
    path.write_text("sep=^\nclient_id^amount\n1^2,5\n", encoding="utf-8")
    assert read_text_table(path).rows.to_pylist() == [{"client_id": "1", "amount": "2,5"}]


def test_lines_with_another_number_of_values_are_named(tmp_path):
    """The person is told which lines to look at."""
    path = tmp_path / "t.csv"
    path.write_text("a;b;c\n1;2;3\n4;5\n6;7;8\n1;2;3;4\n", encoding="utf-8")
    with pytest.raises(UsageError, match="there are 3 headings, but line 3 has 2, line 5 has 4 of values"):
        read_text_table(path)


def test_a_sheet_of_several_is_read_and_the_others_are_named(tmp_path):
    """The first sheet with anything in it, or the one that is asked for; a title, merged cells and empty rows are no rows."""
    path, book = tmp_path / "t.xlsx", Workbook()
    sheet = book.create_sheet("Clients")
    book.create_sheet("Old").append(["client_id"])
    for row in (["Our clients"], [], ["client_id", "amount"], ["007", 5], [], [8, "6"]):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    book.save(path)
    table = read_text_table(path)
    assert (table.sheet, table.other_sheets) == ("Clients", ("Sheet", "Old"))
    assert table.rows.to_pylist() == [{"client_id": "007", "amount": "5"}, {"client_id": "8", "amount": "6"}]
    assert table.numbers == {"client_id": {"8"}, "amount": {"5"}}
    assert read_text_table(path, sheet="Old").rows.num_rows == 0
    with pytest.raises(UsageError, match="has no sheet 'New'; it has Sheet, Clients, Old"):
        read_text_table(path, sheet="New")


def test_formulas_count_with_their_results(tmp_path):
    """A result that Excel kept is read; a formula without one would seem empty, and is refused by its cell."""
    path, kept, book = tmp_path / "t.xlsx", tmp_path / "kept.xlsx", Workbook()
    for row in (["client_id", "amount", "paid_on"], [1, "=1+1", datetime(2026, 1, 2)]):
        book.active.append(row)
    book.save(path)
    with pytest.raises(UsageError, match=r"formulas whose results are not in the file \(B2\)"):
        read_text_table(path)
    with ZipFile(path) as given, ZipFile(kept, "w") as written:
        for name in given.namelist():
            written.writestr(name, re.sub(rb"</f><v ?/>|</f><v></v>", b"</f><v>2</v>", given.read(name)))
    assert read_text_table(kept).rows.to_pylist() == [{"client_id": "1", "amount": "2", "paid_on": "2026-01-02"}]
