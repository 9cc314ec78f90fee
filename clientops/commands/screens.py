"""Commands that open the workbench: JupyterLab, or the same notebooks as a web app."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from clientops.commands.context import context_of
from clientops.commands.output import console, told_plainly

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0: any that is free.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")]


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
    client_area: Annotated[
        bool, typer.Option("--client-area", help="Serve only what a client sees after logging in.")
    ] = False,
) -> None:
    """Serve the notebooks as a web app on this machine, with no code visible."""
    from clientops.workbench import launch

    shared = context_of(ctx)
    with told_plainly():
        shared.book()
        code = launch.app(shared.path, port=port, open_browser=browser, say=_say, client_area=client_area)
    raise typer.Exit(code)


def _say(text: str) -> None:
    console.print(Text(text), style="bold green")
