"""Check a bundle: python verify_evidence.py bundle.zip [SHA-256 that you noted ...]; evidence-format.md specifies it."""

import hashlib
import json
import sys
import zipfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

CLIENT, FORMAT, PERSONAL = " (client area)", "clientops-evidence-1", ["operator", "reason", "summary", "copies_removed"]
OPERATORS = {"operator", "decided_by", "proposed_by", "rejected_by", "made_by"}
HASHED = """id rule operator applied_at today key undoes_id request_count change_count request_fields personal_fields
    requests_sha256 requests_personal_sha256 changes_sha256 details personal_sha256 version""".split()
CHANGE = "table_name kind columns row_count sha256 personal personal_sha256".split()
ERASED = "operation_id part kind sign id column_name sha256".split()
ORDER = "erased_by operation operation_id part kind id sign column_name made_at signature".split()
KNOWN = {*HASHED, *CHANGE, *ERASED, *ORDER}
KNOWN |= {*"previous_sha256 reason salt cells changes format timestamp made_by".split()}
LISTS = [f"{name}.jsonl" for name in "operations outside requests erased_values anchors".split()]
Row = dict[Any, Any]
compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def check(holds: object, message: str) -> None:
    if not holds:
        raise ValueError(message)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sized(value: str | None) -> str:
    return "~" if value is None else f"{len(value.encode())}:{value}"


def read(name: str, content: bytes, count: int) -> list[Row]:
    rows: list[Row] = [json.loads(line) for line in content.decode().split("\n")[:-1]]
    fits = "\n".join([*map(compact, rows), ""]) == content.decode() and KNOWN.issuperset(n for row in rows for n in row)
    check(fits and len(rows) == count, f"{name} has not {count} rows, or they are not as clientops writes them")
    places = [tuple(row.get(key, "") for key in ORDER) for row in rows]
    check(places == sorted({*places}), f"{name}: a row is out of order, or there twice")
    return rows


def leaf(place: str, names: list[str], row: Row, salt: str, kept: Row) -> str:
    """The hash of a row's personal values; of what was erased, the hash that was kept."""
    hashes = []
    for name in names:
        value, is_operator = row[name], name == "operator" or name.endswith("_by")
        is_own = is_operator and value is not None and not value.endswith(CLIENT)
        is_blank = value in (None, "(erased)", "(erased)" + CLIENT, f"erased-{place.partition('#')[2]} (erased)")
        check(is_own or is_blank or not {"", name} & kept.keys(), f"{name} of row {place} counts as erased, and is not")
        own = value["sha256"] if isinstance(value, dict) else sha(f"{salt}{value}")
        hashes.append(kept.get(name) or ("~" if value is None or (name in OPERATORS and is_own) else own))
    return kept.get("") or sha("|".join([place, *hashes]))


def hashes_of(rows: list[Row], texts: dict[str, bool], personal: str, salt: str, kept: Row) -> list[str]:
    """Hash of what is not personal in rows, and of what is; ``texts``: columns, and whether they are texts."""
    core, apart, names = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list), personal.split(",")
    for row in rows:
        values, cells = [f"{row['sign']:d}#{row['id']:d}"], row["cells"]
        check(cells.keys() == texts.keys(), f"row {values[0]} has not the columns that changed")
        for name in [name for name in texts if name not in names or name in OPERATORS]:
            shown = CLIENT.strip() if name in names and (cells[name] or "").endswith(CLIENT) else cells[name]
            values.append(sized(shown) if texts[name] or shown is None else shown)
        core[row["id"] // 1024].append("|".join(values))
        gone = kept.pop((row["id"], row["sign"]), {})
        apart[row["id"] // 1024].append(leaf(values[0], names, cells, salt, gone) if personal else "")
    whole = sha("".join(sha(";".join(block)) for block in core.values()))
    return [whole, sha("".join(sha("".join(block)) for block in apart.values())) if personal else ""]


def verify(bundle: Path, heads: list[str]) -> str:
    """What fits, in a sentence; a ValueError names the first thing that does not."""
    with zipfile.ZipFile(bundle) as archive:
        names = sorted(archive.namelist())
        files = {name: archive.read(name) for name in names}
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in names if name != "SHA256SUMS"]
    wrong = [line[66:] for line in {*sums} ^ {*files["SHA256SUMS"].decode().split("\n")} if line]
    check("\n".join([*sums, ""]) == files["SHA256SUMS"].decode(), f"not as SHA256SUMS lists it: {wrong[:1]}")
    check(files["verify_evidence.py"] == Path(__file__).read_bytes(), "the bundle has another verify_evidence.py")
    manifest: Row = json.loads(files["manifest.json"])
    begin, end, types, counts = (manifest[name] for name in ("begin", "end", "columns", "rows"))
    known = {*LISTS, "manifest.json", "SHA256SUMS", "verify_evidence.py", *(f"rows/{table}.jsonl" for table in types)}
    check([manifest["format"], sorted(known)] == [FORMAT, names], f"wrong format, or wrong files: {known ^ {*names}}")
    data = {name: read(name, files[name], counts[name]) for name in names if name.endswith(".jsonl")}
    rows, kept, erased = defaultdict[Any, Any](list), defaultdict[Any, Row](dict), defaultdict[int, list[Any]](list)
    for table in ["requests", *types]:
        for row in data["requests.jsonl" if table == "requests" else f"rows/{table}.jsonl"]:
            rows[row["operation_id"], table, row["kind"]].append(row)
    for row in data["erased_values.jsonl"]:
        erased[row["erased_by"]].append(tuple(row[name] for name in ERASED))
        gone = kept[row["operation_id"], row["part"], row["kind"]].setdefault((row["id"], row["sign"]), {})
        gone[row["column_name"]] = row["sha256"]
    last = [begin["operation"], begin["sha256"]]
    for row in [*data["operations.jsonl"], *data["outside.jsonl"]]:
        number, what = row["operation"], f"operation {row['operation']}"
        details: Row = json.loads(row["details"] or "{}")
        check(row["details"] in {None, compact(details)}, f"{what}: its details are not compact JSON")
        entries = ["|".join(map(str, entry)) for entry in sorted(erased.pop(number, []))]
        told = [details.get("erased_values", 0), details.get("erased_sha256", "") or sha("")]
        check(told == [len(entries), sha(";".join(entries))], f"{what} did not erase what is said of it")
        apart = {n: v if isinstance(v := details.pop(n, None), str | None) else compact(v) for n in PERSONAL[2:]}
        operator = CLIENT.strip() if row["operator"].endswith(CLIENT) else row["operator"]
        texts = {**row, "operator": operator, "details": row["details"] and compact(details)}
        own = sha(row["previous_sha256"] + sha("|".join(sized(texts[name]) for name in HASHED)))
        check([own, str(number)] == [row["sha256"], row["id"]], f"{what} was changed")
        day = datetime.fromisoformat(row["applied_at"]).astimezone(ZoneInfo(manifest["time_zone"])).date().isoformat()
        if not begin["operation"] < number <= end["operation"]:  # at the edges of the period, or what erased something
            at_edge = {begin["operation"]: [own == begin["sha256"], day < manifest["from"]]}
            at_edge[end["operation"] + 1] = [row["previous_sha256"] == last[1], day > manifest["to"]]
            check(all(at_edge.get(number, [])), f"{what} is not beside the period from {manifest['from']}")
            continue
        check(last == [number - 1, row["previous_sha256"]], f"{what} does not follow on operation {last[0]}")
        last, gone = [number, own], kept[number, "operations", ""].pop((number, 1), {})
        own = leaf(f"1#{number}", PERSONAL, {**row, **apart}, row["salt"], gone)
        check(own == row["personal_sha256"], f"the reason or summary of {what} was changed")
        own = sha(";".join("|".join(sized(each[name]) for name in each if name != "salt") for each in row["changes"]))
        count = str(sum(int(each["row_count"]) for each in row["changes"]))
        check([own, count] == [row["changes_sha256"], row["change_count"]], f"what {what} changed was changed")
        asked = ["request_fields", "request_count", "requests_sha256", "personal_fields", "requests_personal_sha256"]
        texts = dict(zip([*CHANGE, "salt"], ["requests", "", *(row[name] for name in [*asked, "salt"])], strict=True))
        for change in [texts, *row["changes"]]:
            table, kind = change["table_name"], change["kind"]
            names = [name for name in change["columns"].split(",") if name and (name != "id" or not kind)]
            fields = {name: not kind or types[table][name] == "VARCHAR" for name in names}
            images, gone = rows.pop((number, table, kind), []), kept[number, table, kind]
            found = [len(images), *hashes_of(images, fields, change["personal"], change["salt"], gone)]
            told = [int(change["row_count"]) * (1 + (kind == "update")), change["sha256"], change["personal_sha256"]]
            check(found == told, f"the {table} of {what} were changed")
    seen = {row["sha256"]: row["operation"] for row in [*data["outside.jsonl"], *data["operations.jsonl"]]}
    is_whole = last == [end["operation"], end["sha256"]] and (begin["sha256"] in seen or not begin["operation"])
    check(is_whole, "the operations do not go from the begin to the end that the manifest names")
    left = [place for place in kept if kept[place] and begin["operation"] < place[0] <= end["operation"]]
    check(not rows and not erased and not left, f"nothing belongs to {[*rows, *erased, *left][:1]}")
    for anchor in [*({"sha256": head, "operation": seen.get(head, 0)} for head in heads), *data["anchors.jsonl"]]:
        check(seen.get(anchor["sha256"]) == anchor["operation"], f"{anchor['sha256']} is of no operation in the bundle")
    return f"Everything fits: {len(data['operations.jsonl'])} operations to {last[0]}, with the hash {last[1]}"


if __name__ == "__main__":
    try:
        print(verify(Path(sys.argv[1]), sys.argv[2:]))
    except (ValueError, LookupError, TypeError, AttributeError, OSError, zipfile.BadZipFile) as error:
        sys.exit(f"It does not fit: {error}")
