"""Mails as text: a template and the facts of one client in, subject and body out.

A template is a text file ``NAME.LANGUAGE.jinja``: one line with the subject, a line ``---``, and the body. A folder of
the business's own templates goes before the built-in ones. Templates run in a sandbox and can reach the facts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from clientops.core.errors import UsageError
from clientops.core.money import format_money
from clientops.core.readable import visible

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class Letter:
    """A mail's text.

    Attributes:
        subject: One line.
        body: Plain text.
    """

    subject: str
    body: str


def render(name: str, language: str | None, facts: Mapping[str, Any], folder: Path | None = None) -> Letter:
    """Write a mail.

    Args:
        name: Name of the template, e.g. ``welcome``.
        language: The client's language, e.g. ``de`` or ``de-AT``; English where there is no template in it.
        facts: What the template may name: ``company``, ``client``, and what the mail is about; see ``facts``.
        folder: The business's own templates.

    Raises:
        UsageError: There is no such template, or it names something that is not there.
    """
    loaders: list[BaseLoader] = [PackageLoader("clientops.mail", "templates")]
    if folder:
        loaders.insert(0, FileSystemLoader(folder))
    # Plain text: there is no HTML to escape for.
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader(loaders), autoescape=False, undefined=StrictUndefined
    )
    known = environment.list_templates()
    languages = [language, language.split("-")[0], DEFAULT_LANGUAGE] if language else [DEFAULT_LANGUAGE]
    written = next((code for code in languages if f"{name}.{code}.jinja" in known), None)
    if written is None:
        raise UsageError(f"The mail {name} cannot be written: there is no template {name}.{DEFAULT_LANGUAGE}.jinja")
    # An Austrian who is written to in German gets amounts as Austrians write them.
    locale = language if language and language.split("-")[0] == written and _is_locale(language) else written
    currency = facts.get("client", {}).get("currency", "EUR")
    environment.filters["money"] = partial(_show_money, default=currency, locale=locale.replace("-", "_"))
    environment.filters["date"] = partial(_show_date, locale=locale.replace("-", "_"))
    try:
        text = environment.get_template(f"{name}.{written}.jinja").render(facts)
    except (TemplateError, TypeError, ValueError) as error:
        raise UsageError(f"The mail {name} cannot be written: {error}") from error
    subject, mark, body = text.partition("\n---\n")
    if not mark:
        raise UsageError(f"The mail {name} cannot be written: its template has no line --- below the subject")
    return Letter(visible(" ".join(subject.split())), visible(body.strip()) + "\n")


def _is_locale(code: str) -> bool:
    from babel.localedata import exists

    return bool(exists(code.replace("-", "_")))


def _show_money(amount: Decimal, currency: str | None = None, *, default: str, locale: str) -> str:
    return format_money(amount, currency or default, locale)


def _show_date(day: date | datetime | None, *, locale: str) -> str:
    from babel.dates import format_date

    return str(format_date(day, "long", locale=locale)) if day else ""
