"""Commands about who may use a server: operators, and tokens for programs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.text import Text

from clientops.commands.apply import Json
from clientops.commands.context import Context, context_of
from clientops.commands.output import console, fail, print_json, print_table, told_plainly
from clientops.core.errors import NotAllowedError, UsageError
from clientops.registry import rule as rule_named

operators = typer.Typer(help="People who may sign in at the server.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens for programs that use the server.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The operator's name, as in the policy.")]
DAY = 86_400.0


def _access(shared: Context) -> Any:
    """The file of operators of the book, for an admin.

    Raises:
        NotAllowedError: The policy does not make this operator an admin.
    """
    from clientops.server.access import Access

    book = shared.book()
    if not book.policy.may(book.operator, "admin"):
        role = book.policy.person(book.operator).role
        raise NotAllowedError(f"{book.operator} has the role {role}, and an admin decides who may use the server")
    return Access(book.path), book.operator


@operators.command("invite")
def invite(
    ctx: typer.Context,
    name: Name,
    email: Annotated[str, typer.Option("--email", help="Their e-mail address; also what they may sign in with.")] = "",
    as_json: Json = False,
) -> None:
    """Let a person sign in: prints a link, valid for 7 days, with which they choose a password."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json):
        access, by = _access(shared)
        secret = access.invite(name, email=email, by=by, now=time.time())
        link = f"/invitation#{secret}"
        if as_json or shared.as_json:
            print_json({"operator": name, "link": link})
        else:
            console.print(Text(f"Send {name} this link, after the server's address: {link}"))


@operators.command("list")
def list_operators(ctx: typer.Context, as_json: Json = False) -> None:
    """Show who may sign in, and how."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json):
        found = _access(shared)[0].operators()
        if as_json or shared.as_json:
            print_json(found)
            return
        rows = [
            (o.name, o.email, "disabled" if o.is_disabled else "invited" if o.is_invited else "active",
             "password and code" if o.has_totp else "password" if o.has_password else "")
            for o in found
        ]  # fmt: skip
        print_table(("operator", "e-mail", "state", "signs in with"), rows)


@operators.command("disable")
def disable(ctx: typer.Context, name: Name) -> None:
    """Let a person in no more; their sessions and tokens end at once."""
    with told_plainly():
        _access(context_of(ctx))[0].disable(name)
        console.print(Text(f"{name} is disabled."), style="bold green")


@operators.command("enable")
def enable(ctx: typer.Context, name: Name) -> None:
    """Let a disabled person in again."""
    with told_plainly():
        _access(context_of(ctx))[0].disable(name, disabled=False)
        console.print(Text(f"{name} may sign in again."), style="bold green")


@operators.command("reset-code")
def reset_code(ctx: typer.Context, name: Name) -> None:
    """Remove a person's second factor, e.g. when their phone is lost."""
    with told_plainly():
        access, _ = _access(context_of(ctx))
        if access.operator(name) is None:
            raise UsageError(f"operator: there is no {name!r}")
        access.set_totp(name, None)
        console.print(Text(f"{name} signs in without a code until they set one up again."), style="bold green")


@tokens.command("create")
def create_token(
    ctx: typer.Context,
    operator: Annotated[str, typer.Option("--operator", help="In whose name the program acts.")],
    scope: Annotated[str, typer.Option("--scope", help="read, propose (changes wait for a person) or apply.")] = "read",
    rules: Annotated[
        list[str] | None, typer.Option("--rule", help="Only this rule; may be given several times.")
    ] = None,
    amount: Annotated[
        str, typer.Option("--amount", help="Money one change may move at most, in the default currency.")
    ] = "",
    days: Annotated[int, typer.Option("--days", min=0, max=3660, help="Days that it is valid; 0: until revoked.")] = 90,
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "",
    as_json: Json = False,
) -> None:
    """Make a token; it is shown once."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json):
        access, by = _access(shared)
        for name in rules or ():
            rule_named(name)
        now = time.time()
        secret = access.create_token(
            operator, scope=scope, by=by, now=now, label=label, rules=tuple(rules or ()), amount=_amount(amount),
            expires_at=now + days * DAY if days else None,
        )  # fmt: skip
        if as_json or shared.as_json:
            print_json({"operator": operator, "scope": scope, "token": secret})
        else:
            console.print(Text(secret))
            console.print(Text("It is not shown again; keep it where the program finds it, e.g. in CLIENTOPS_TOKEN."))


def _amount(text: str) -> str:
    if not text:
        return ""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        fail(f"--amount {text!r} is not an amount like 100.00")
    return f"{amount:f}"


@tokens.command("list")
def list_tokens(ctx: typer.Context, as_json: Json = False) -> None:
    """Show all tokens and what they may do."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json):
        found = _access(shared)[0].tokens()
        if as_json or shared.as_json:
            print_json(found)
            return
        now = time.time()
        rows = [
            (t.id, t.name, t.label, t.scope, ", ".join(t.rules) or "all", t.amount or "any", _day(t.expires_at), _day(t.used_at),
             "revoked" if t.revoked_at else "expired" if t.expires_at and t.expires_at < now else "valid")
            for t in found
        ]  # fmt: skip
        print_table(("token", "operator", "for", "scope", "rules", "amount", "expires", "last used", "state"), rows)


def _day(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()


@tokens.command("revoke")
def revoke_token(ctx: typer.Context, number: Annotated[int, typer.Argument(help="Number of the token.")]) -> None:
    """End a token at once."""
    with told_plainly():
        _access(context_of(ctx))[0].revoke_token(number, now=time.time())
        console.print(Text(f"Token {number} is revoked."), style="bold green")
