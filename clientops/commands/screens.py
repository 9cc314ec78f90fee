"""Commands that open the workbench: JupyterLab, a server for many, or the same server for one person on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.commands.context import context_of
from clientops.commands.output import console, told_plainly

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0: any that is free.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")]
AreaPort = Annotated[
    int | None,
    typer.Option("--client-area-port", min=0, max=65535, help="Port of the client area; without it there is none."),
]


def lab(ctx: typer.Context, port: Port = 0, browser: Browser = True) -> None:
    """Open JupyterLab on the notebooks."""
    from clientops.workbench import launch

    shared = context_of(ctx)
    with told_plainly():
        shared.book()  # says so here if there is none, not in the browser
        code = launch.lab(shared.path, port=port, open_browser=browser, say=_say)
    raise typer.Exit(code)


def web_app(
    ctx: typer.Context,
    port: Port = 0,
    browser: Browser = True,
    client_area_port: AreaPort = None,
) -> None:
    """Open the workbench in a browser, for you alone on this machine, with a link that works once."""
    from clientops.server.run import serve
    from clientops.server.settings import Settings

    shared = context_of(ctx)
    with told_plainly():
        book = shared.book()
        settings = Settings(book.path, port=port, local=book.operator)
        code = serve(settings, client_area_port=client_area_port, say=_say, open_browser=browser)
    raise typer.Exit(code)


def serve_book(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the workbench and the API.")] = 8400,
    public_url: Annotated[
        str, typer.Option("--public-url", help="Address people open, e.g. https://books.example.com.")
    ] = "",
    client_area_port: AreaPort = None,
    client_area_url: Annotated[
        str, typer.Option("--client-area-url", help="Address clients open, e.g. https://my.example.com.")
    ] = "",
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", help="Certificate, if the server speaks TLS itself.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="Key of the certificate.")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy in front speaks TLS and sets X-Forwarded-For.")
    ] = False,
    proxy_user_header: Annotated[
        str, typer.Option("--proxy-user-header", help="Header in which that proxy names who signed in there.")
    ] = "",
) -> None:
    """Serve the workbench, the HTTP API and the client area to many people.

    Invite people with: clientops operator invite NAME. What each may do is in the policy.
    """
    from clientops.server.run import serve
    from clientops.server.settings import Settings, oidc_from_environment

    shared = context_of(ctx)
    with told_plainly():
        book = shared.book()
        settings = Settings(
            book.path, host=host, port=port, public_url=public_url, tls_cert=tls_cert, tls_key=tls_key,
            behind_proxy=behind_proxy, user_header=proxy_user_header, client_area_url=client_area_url,
        )  # fmt: skip
        settings = replace(settings, oidc=oidc_from_environment())
        code = serve(settings, client_area_port=client_area_port, say=_say)
    raise typer.Exit(code)


def _say(text: str) -> None:
    console.print(Text(text), style="bold green")
