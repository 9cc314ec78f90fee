"""What is sold and at which price, to which groups of clients, with which tax: a book that nothing was imported into."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Country, CurrencyCode, Line
from clientops.rules.services.add import NotNegative
from clientops.rules.services.dates import Cycle
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4)]
Colour = Annotated[str, Field(pattern=r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]


class AddGroup(Request):
    """Add a group of clients, e.g. resellers, with a discount on what is generated for them."""

    name: Line = Field(title="Name", description="E.g. Resellers")
    discount_percent: Percent = Field(Decimal(0), title="Discount", description="Percent off generated invoice items")
    separate_invoices: bool = Field(default=False, title="Separate invoices", description="One for each service")
    colour: Colour | None = Field(None, title="Colour", description="In lists, e.g. #c00")


def add_group(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add groups of clients.

    Args:
        tables: Read-only tables; reads ``groups``.
        requests: One row per group. See ``AddGroup``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``groups``, in row order.

    Problems:
        ``name_taken`` (whatever the case of its letters).

    Source:
        WHMCS "Client Groups".
    """
    return _add_named(tables, requests, "groups")


class SetTaxRate(Request):
    """Set the tax of a country or state from now on; the narrowest place that fits a client holds."""

    name: Line = Field(title="Name", description="As on invoices, e.g. VAT")
    rate: Percent = Field(title="Rate", description="Percent, e.g. 19; 0: none")
    country: Country | None = Field(None, title="Country", description="Empty: any")
    state: Line | None = Field(None, title="State", description="Of that country; empty: any")
    level: Literal["1", "2"] = Field("1", title="Level", description="First or second tax of an invoice")
    tax_class: Line | None = Field(None, title="Tax class", description="Class of goods that it is for, e.g. reduced; empty: all that have no rate of their own")  # fmt: skip


def set_tax_rate(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set tax rates by level, place and class of goods; invoices that are there stay as they are.

    Args:
        tables: Read-only tables; reads ``tax_rates``.
        requests: One row per level, place and class. See ``SetTaxRate``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``tax_rates``, or updates where the level, place and class has a rate already.

    Problems:
        ``state_without_country``, ``twice`` (a level, place and class in two rows).

    Source:
        WHMCS "Tax Configuration".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", RATES_ASKED)
    steps.add("problems", RATE_PROBLEMS)
    steps.add("changed", "select known_id as id, name, rate from asked where known_id is not null")
    steps.add("added", ADDED_RATES.format(next_id=tables.next_id("tax_rates")))
    return steps.plan(steps.update("tax_rates", "changed"), steps.insert("tax_rates", "added"), problems="problems")


RATES_ASKED = """
    with given as (select * replace (level::tinyint as level) from requests)
    select given.*, known.id as known_id,
        row_number() over (partition by given.level, given.country, lower(given.state), lower(given.tax_class) order by given."row") > 1 as is_again
    from given left join (
        select level, upper(nullif(country, '')) as country, lower(nullif(state, '')) as state, lower(nullif(tax_class, '')) as tax_class, min(id) as id
        from tax_rates group by all
    ) known on known.level = given.level and known.country is not distinct from given.country
        and known.state is not distinct from lower(given.state) and known.tax_class is not distinct from lower(given.tax_class)
"""

RATE_PROBLEMS = """
    select "row", 'country' as field, 'state_without_country' as code, 'country is missing: state ' || state || ' is a part of one' as message
    from asked where state is not null and country is null
    union all
    select "row", 'rate', 'twice', 'the rate of level ' || level || ' in ' || coalesce(country, 'any country')
        || coalesce(', ' || state, '') || coalesce(' for class ' || tax_class, '') || ' is in an earlier row already'
    from asked where is_again
"""

ADDED_RATES = """
    select {next_id} + row_number() over (order by "row") as id, level, name, country, state, rate, tax_class
    from asked where known_id is null
"""


class AddProduct(Request):
    """Add a product to the catalogue; set-product-price gives it its prices."""

    name: Line = Field(title="Name", description="E.g. Webspace M")
    group_name: Line | None = Field(None, title="Group", description="In the catalogue")
    kind: Literal["hosting", "reseller", "server", "other"] = Field("hosting", title="Kind")
    pay_kind: Literal["recurring", "one time", "free"] = Field("recurring", title="Paid")
    description: Line | None = Field(None, title="Description", description="What the client gets")
    is_taxed: bool = Field(default=True, title="Taxed")
    tax_class: Line | None = Field(None, title="Tax class", description="Class of goods with a tax rate of its own, e.g. reduced; empty: standard")  # fmt: skip
    is_hidden: bool = Field(default=False, title="Hidden", description="Not shown in the catalogue")


def add_product(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add products to the catalogue.

    Args:
        tables: Read-only tables; reads ``products``.
        requests: One row per product. See ``AddProduct``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``products``, in row order.

    Problems:
        ``name_taken`` (whatever the case of its letters).

    Source:
        WHMCS "Products and Bundles".
    """
    return _add_named(tables, requests, "products")


class EditProduct(Request):
    """Change a product of the catalogue: only what is given. Services that run keep their prices; later invoices have its tax class."""

    product_id: Id = Field(title="Product", json_schema_extra={"picks": "products"})
    name: Line | None = Field(None, title="Name", description="E.g. Webspace M")
    group_name: Line | None = Field(None, title="Group", description="In the catalogue")
    description: Line | None = Field(None, title="Description", description="What the client gets")
    is_taxed: bool | None = Field(None, title="Taxed")
    tax_class: Line | None = Field(None, title="Tax class", description="Class of goods with a tax rate of its own, e.g. reduced")  # fmt: skip
    is_hidden: bool | None = Field(None, title="Hidden", description="Not shown in the catalogue")
    is_retired: bool | None = Field(None, title="Retired", description="No longer sold")
    clear: ColumnNames | None = Field(
        None, title="Empty these fields", description="group_name, description, tax_class"
    )


_OF_PRODUCT = ("name", "group_name", "description", "is_taxed", "tax_class", "is_hidden", "is_retired")


def edit_product(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change products where something is given; what is left empty stays as it is.

    Args:
        tables: Read-only tables; reads ``products``.
        requests: One row per change: ``product_id``, any fields, ``clear``. Later rows of one product win. See
            ``EditProduct``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``products``.

    Problems:
        ``unknown_product``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``name_taken``.

    Source:
        WHMCS "Products and Bundles".
    """
    steps = tables.steps(requests=requests)
    steps.add("edited", edited_sql("products", "product_id", _OF_PRODUCT))
    general = edit_problems_sql("products", "product_id", _OF_PRODUCT, ("group_name", "description", "tax_class"))
    steps.add("problems", f"{general} union all {PRODUCT_NAME_TAKEN}")
    return steps.plan(steps.update("products", "edited"), problems="problems")


PRODUCT_NAME_TAKEN = """
    select max(requests."row"), 'name', 'name_taken', 'name ' || edited.name || ' is that of another product'
    from requests join edited on edited.id = requests.product_id
    where requests.name is not null and (
        exists (from products where lower(products.name) = lower(edited.name) and products.id not in (select id from edited))
        or exists (from edited other where other.id <> edited.id and lower(other.name) = lower(edited.name)))
    group by edited.id, edited.name
"""


class SetProductPrice(Request):
    """Set the price of a product for a billing cycle in a currency; services that run keep what they cost."""

    product_id: Id = Field(title="Product", json_schema_extra={"picks": "products"})
    currency: CurrencyCode | None = Field(None, title="Currency", description="Empty: the default one of the book")
    billing_cycle: Cycle = Field("monthly", title="Billing cycle")
    amount: NotNegative = Field(title="Price", description="Of each cycle; once for one time")
    setup_fee: NotNegative = Field(Decimal(0), title="Set-up fee", description="Once, with the first cycle")


def set_product_price(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set prices by product, currency and billing cycle; they are offered from now on.

    Args:
        tables: Read-only tables; reads ``products``, ``product_prices``, ``currencies``.
        requests: One row per product, currency and cycle. See ``SetProductPrice``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``product_prices``, or updates where there is such a price already.

    Problems:
        ``unknown_product``, ``unknown_currency``, ``wrong_cycle`` (the product is paid otherwise), ``free_costs``,
        ``not_minor_unit``, ``twice``.

    Source:
        WHMCS "Product Pricing".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", PRICES_ASKED)
    steps.add("problems", PRICE_PROBLEMS)
    steps.add("changed", "select known_id as id, amount, setup_fee from asked where known_id is not null")
    steps.add("added", ADDED_PRICES.format(next_id=tables.next_id("product_prices")))
    return steps.plan(
        steps.update("product_prices", "changed"), steps.insert("product_prices", "added"), problems="problems"
    )


PRICES_ASKED = """
    with given as (
        select requests.*, currencies.id as currency_id, currencies.code, currencies.minor_digits, products.pay_kind
        from requests
        left join currencies on currencies.code = coalesce(requests.currency,
            (select code from currencies where is_default order by id limit 1))
        left join products on products.id = requests.product_id
    )
    select given.*, known.id as known_id,
        row_number() over (partition by product_id, currency_id, billing_cycle order by "row") > 1 as is_again
    from given left join (
        select product_id, currency_id, billing_cycle, min(id) as id from product_prices group by all
    ) known using (product_id, currency_id, billing_cycle)
"""

PRICE_PROBLEMS = f"""
    select "row", 'product_id' as field, 'unknown_product' as code, 'there is no product ' || product_id as message
    from asked where pay_kind is null and product_id is not null
    union all
    select "row", 'currency', 'unknown_currency', 'currency ' || coalesce(currency, '') || ' is not one of this book, which has '
        || coalesce((select string_agg(code, ', ' order by code) from currencies), 'none yet; add it first (add-currency)')
    from asked where currency_id is null
    union all
    select "row", 'billing_cycle', 'wrong_cycle', 'billing_cycle ' || billing_cycle || ' does not go with product ' || product_id || ', which is '
        || case pay_kind when 'recurring' then 'recurring' else pay_kind || ': write ' || pay_kind end
    from asked where (pay_kind = 'recurring' and billing_cycle in ('free', 'one time')) or (pay_kind <> 'recurring' and billing_cycle <> pay_kind)
    union all
    select "row", 'amount', 'free_costs', 'amount ' || amount || ' of a free product must be 0'
    from asked where pay_kind = 'free' and amount + setup_fee > 0
    union all
    select "row", one.field, 'not_minor_unit', one.field || ' ' || one.value || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from (select "row", code, minor_digits, unnest([{{'field': 'amount', 'value': amount}}, {{'field': 'setup_fee', 'value': setup_fee}}]) as one from asked)
    where not {is_minor_unit_sql("one.value")}
    union all
    select "row", 'billing_cycle', 'twice', 'the ' || billing_cycle || ' price of product ' || product_id || ' in ' || code || ' is in an earlier row already'
    from asked where is_again and currency_id is not null
"""

ADDED_PRICES = """
    select {next_id} + row_number() over (order by "row") as id, product_id, currency_id, billing_cycle, setup_fee, amount
    from asked where known_id is null
"""


def _add_named(tables: Tables, requests: Relation, table: str) -> Plan:
    """Add the requests as they are to a table whose rows have names of their own."""
    steps = tables.steps(requests=requests)
    steps.add("problems", NAME_TAKEN.format(table=table, noun=table.removesuffix("s")))
    steps.add("added", ADDED_NAMED.format(next_id=tables.next_id(table)))
    return steps.plan(steps.insert(table, "added"), problems="problems")


NAME_TAKEN = """
    select "row", 'name' as field, 'name_taken' as code, 'name ' || requests.name || ' is that of {noun} ' || min(known.id) as message
    from requests join {table} known on lower(known.name) = lower(requests.name) group by "row", requests.name
    union all
    select "row", 'name', 'name_taken', 'name ' || name || ' is in an earlier row already'
    from requests where name is not null qualify row_number() over (partition by lower(name) order by "row") > 1
"""

ADDED_NAMED = """
    select {next_id} + row_number() over (order by "row") as id, * exclude ("row") from requests
"""


RULES: tuple[Rule, ...] = (
    Rule("add-group", "Add group of clients", add_group, AddGroup, group="book"),
    Rule("set-tax-rate", "Set tax rate", set_tax_rate, SetTaxRate, risk="medium", group="book"),
    Rule("add-product", "Add product", add_product, AddProduct, group="book"),
    Rule("edit-product", "Edit product", edit_product, EditProduct, risk="medium", group="book"),
    Rule("set-product-price", "Set price of product", set_product_price, SetProductPrice, risk="medium", group="book"),
)
