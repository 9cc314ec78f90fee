"""Other ways of finding duplicates, fed with our normalised keys, for the benchmark."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from clientops.matching.model import shipped

Finder = Callable[[Any], pa.Table]
FILLED = ("given", "surname", "company", "email", "phone", "tax_id", "address", "postcode", "city")


def splink_fixed() -> Finder:
    """Splink with composite comparisons and our bits, no training; each block's limit is kept by leaving keys out."""
    from splink import DuckDBAPI, Linker, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    bits = shipped().bits

    def levels(comparison: str, *conditions: tuple[str, str]) -> list[dict[str, Any]]:
        return [
            {
                "sql_condition": condition,
                "label_for_charts": level,
                "m_probability": min(0.99, 2 ** bits[comparison].get(level, 0) / 2**20),
                "u_probability": min(0.99, 2 ** bits[comparison].get(level, 0) / 2**20)
                / 2 ** bits[comparison].get(level, 0),
            }
            for level, condition in conditions
        ]

    def near(one: str, other: str) -> str:
        return f"(jaro_winkler_similarity({one}, {other}) >= 0.88 or (strlen({one}) > 2 and levenshtein({one}, {other}) = 1))"

    firm = "given_l is null and surname_l is null and given_r is null and surname_r is null"
    given = f"(given_first_l = given_first_r or {near('given_l', 'given_r')})"
    surname = f"(surname_l = surname_r or {near('surname_l', 'surname_r')})"
    phone = "(phone_l = phone_r or levenshtein(phone_l, phone_r) <= 1)"
    company = "(company_l = company_r or tax_id_l = tax_id_r or jaro_winkler_similarity(company_l, company_r) >= 0.9)"
    address = "(address_l = address_r or (house_l = house_r and jaro_winkler_similarity(street_l, street_r) >= 0.85))"
    own = f"(({firm}) or (company_l is null and company_r is null))"
    comparisons = {
        "firm": levels(
            "firm",
            ("person", f"not ({firm})"),
            ("unknown", "company_l is null or company_r is null"),
            ("same", "company_l = company_r"),
            ("part", "starts_with(company_l, company_r) or starts_with(company_r, company_l)"),
            ("misspelt", "jaro_winkler_similarity(company_l, company_r) >= 0.92"),
            ("different", "ELSE"),
        ),
        "person": levels(
            "person",
            ("firm", firm),
            ("same", "name_l = name_r"),
            ("unknown", "(given_l is null and surname_l is null) or (given_r is null and surname_r is null)"),
            ("surname only", "(given_l is null or given_r is null) and surname_l = surname_r"),
            ("half different", "given_l is null or given_r is null or surname_l is null or surname_r is null"),
            ("misspelt", f"{given} and {surname}"),
            (
                "initial",
                f"(strlen(given_l) = 1 or strlen(given_r) = 1) and left(given_l, 1) = left(given_r, 1) and {surname}",
            ),
            ("swapped and misspelt", f"{near('given_l', 'surname_r')} and {near('given_r', 'surname_l')}"),
            ("relative", surname),
            ("married", f"{given} and company_l is null and company_r is null"),
            ("renamed", given),
            ("different", "ELSE"),
        ),
        "generation": levels(
            "generation", ("same", "generation_l is not distinct from generation_r"), ("different", "ELSE")
        ),
        "email": levels(
            "email",
            ("unknown", "email_l is null or email_r is null"),
            ("shared", "email_l = email_r and is_role_mail_l"),
            ("same", "email_l = email_r"),
            ("mailbox", "split_part(email_l, '@', 1) = split_part(email_r, '@', 1)"),
            ("misspelt", "strlen(email_l) > 8 and levenshtein(email_l, email_r) <= 1"),
            ("different", "ELSE"),
        ),
        "phone": levels(
            "phone", ("unknown", "phone_l is null or phone_r is null"), ("same", phone), ("different", "ELSE")
        ),
        "tax_id": levels(
            "tax_id",
            ("unknown", f"tax_id_l is null or tax_id_r is null or not {own}"),
            ("same", "levenshtein(tax_id_l, tax_id_r) <= 2"),
            ("different", "ELSE"),
        ),
        "organisation": levels(
            "organisation",
            ("unknown", own),
            ("same", company),
            ("unknown", "company_l is null or company_r is null"),
            ("different", "ELSE"),
        ),
        "address": levels(
            "address",
            ("same", "address_l = address_r"),
            ("misspelt", address),
            ("postcode", "postcode_l = postcode_r"),
            ("city", "city_l = city_r"),
            ("unknown", "postcode_l is null or postcode_r is null or street_l is null or street_r is null"),
            ("different", "ELSE"),
        ),
        "together": levels(
            "together",
            ("phone, organisation and address", f"not {own} and {phone} and {company} and {address}"),
            ("phone and organisation", f"not {own} and {phone} and {company}"),
            ("phone and address", f"{phone} and {address}"),
            ("organisation and address", f"not {own} and {company} and {address}"),
            ("no", "ELSE"),
        ),
    }

    def find(keys: Any) -> pa.Table:
        capped = ", ".join(
            f"case when count(*) over (partition by {', '.join(key)}) <= {most} then hash({', '.join(key)}) end as block_{n}"
            for n, (key, most) in enumerate(shipped().blocks)
        )
        connection = duckdb.connect()
        connection.register("keys", keys.to_arrow_table())
        connection.execute(f"create table input as select *, {capped} from keys")
        for n, (key, _) in enumerate(shipped().blocks):
            given_all = " and ".join(f"({part}) is not null" for part in key)
            connection.execute(f"update input set block_{n} = null where not ({given_all})")
        odds = 2 ** shipped().prior
        settings = {
            "link_type": "dedupe_only",
            "unique_id_column_name": "id",
            "probability_two_random_records_match": odds / (1 + odds),
            "comparisons": [
                {"output_column_name": name, "comparison_levels": each} for name, each in comparisons.items()
            ],
            "blocking_rules_to_generate_predictions": [block_on(f"block_{n}") for n in range(len(shipped().blocks))],
        }
        linker = Linker(
            DuckDBAPI(connection).register(connection.table("input"), dataset_display_name="clients"), settings
        )
        found = linker.inference.predict(threshold_match_weight=0)
        return _pairs(connection, found.physical_name)

    return find


def splink_defaults() -> Finder:
    """Splink as its documentation sets it up: a comparison a field from the library, trained on the data itself."""
    import splink.comparison_library as library
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    comparisons = {
        "given": library.NameComparison("given"),
        "surname": library.NameComparison("surname"),
        "company": library.JaroWinklerAtThresholds("company"),
        "email": library.EmailComparison("email"),
        "phone": library.ExactMatch("phone"),
        "tax_id": library.ExactMatch("tax_id"),
        "address": library.LevenshteinAtThresholds("address"),
        "postcode": library.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        "city": library.ExactMatch("city").configure(term_frequency_adjustments=True),
    }

    def find(keys: Any) -> pa.Table:
        connection = duckdb.connect()
        connection.register("keys", keys.to_arrow_table())
        connection.execute("create table input as from keys")
        used = [name for name in FILLED if _share(connection, name) > 0.02]
        rules = [rule for rule in BLOCKS if set(rule) <= set(used)]
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="id",
            comparisons=[comparisons[name] for name in used],
            blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
        )
        linker = Linker(
            DuckDBAPI(connection).register(connection.table("input"), dataset_display_name="clients"), settings
        )
        certain = [
            block_on(*rule)
            for rule in (("given", "surname", "email"), ("given", "surname", "postcode"), ("given", "surname", "phone"))
            if set(rule) <= set(used)
        ]
        linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
        for rule in (("given", "surname"), ("postcode",), ("email",)):
            if set(rule) <= set(used):
                linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
        found = linker.inference.predict(threshold_match_weight=0)
        return _pairs(connection, found.physical_name)

    return find


def recordlinkage_ecm() -> Finder:
    """The recordlinkage toolkit: blocks, Jaro-Winkler and exact comparisons, its unsupervised classifier (ECM)."""
    import recordlinkage

    warnings.filterwarnings("ignore")

    def find(keys: Any) -> pa.Table:
        frame = keys.df().set_index("id")
        used = [name for name in FILLED if frame[name].notna().mean() > 0.02]
        indexer = recordlinkage.Index()
        for rule in BLOCKS:
            if set(rule) <= set(used):
                indexer.block(list(rule))
        pairs = indexer.index(frame)
        compare = recordlinkage.Compare()
        for name in used:
            if name in {"given", "surname", "company", "address"}:
                compare.string(name, name, method="jarowinkler", threshold=0.88)
            else:
                compare.exact(name, name)
        features = compare.compute(pairs, frame)
        same = recordlinkage.ECMClassifier().fit_predict(features)
        left, right = (same.get_level_values(level).to_numpy() for level in (0, 1))
        ordered = [(min(a, b), max(a, b)) for a, b in zip(left.tolist(), right.tolist(), strict=True)]
        weight = features.loc[same].sum(axis=1).tolist()
        return pa.table({
            "left_id": pa.array([a for a, _ in ordered], pa.int64()),
            "right_id": pa.array([b for _, b in ordered], pa.int64()),
            "score": pa.array(weight, pa.float64()),
        })  # fmt: skip

    return find


BLOCKS = (
    ("email",), ("phone",), ("tax_id",), ("given", "surname"), ("address",), ("surname", "postcode"), ("given", "postcode"),
    ("company", "surname"), ("company", "given"),
)  # fmt: skip
WAYS: dict[str, Callable[[], Finder]] = {
    "Splink, fixed weights": splink_fixed,
    "Splink, defaults": splink_defaults,
    "recordlinkage": recordlinkage_ecm,
}


def _share(connection: duckdb.DuckDBPyConnection, name: str) -> float:
    row = connection.execute(f"select count({name}) / greatest(count(*), 1) from input").fetchone()
    return float(row[0]) if row else 0.0


def _pairs(connection: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    return connection.sql(
        f"select least(id_l, id_r) as left_id, greatest(id_l, id_r) as right_id, match_weight as score from {name}"
    ).to_arrow_table()


def write_febrl(loaded: Any, place: Path, name: str, *, with_number: bool) -> None:
    """A febrl set as clients: name, address, suburb, postcode and, perhaps, the social security number as tax number."""
    import pandas as pd

    frame = (pd.concat(loaded) if isinstance(loaded, tuple) else loaded).reset_index()
    texts = {
        "first_name": frame.given_name,
        "last_name": frame.surname,
        "address1": frame.street_number.fillna("") + " " + frame.address_1.fillna(""),
        "city": frame.suburb,
        "postcode": frame.postcode,
        "tax_id": frame.soc_sec_id if with_number else frame.soc_sec_id.where(frame.soc_sec_id.isna()),
    }
    columns = {
        key: pa.array([None if pd.isna(v) or not str(v).strip() else str(v) for v in values], pa.string())
        for key, values in texts.items()
    }
    numbers = pa.array(range(1, len(frame) + 1), pa.int64())
    party = frame.rec_id.str.extract(r"rec-(\d+)")[0].astype(int).tolist()
    pq.write_table(pa.table({"id": numbers, **columns}), place / f"{name}.parquet")
    pq.write_table(pa.table({"client_id": numbers, "party_id": party}), place / f"{name}.truth.parquet")
