"""Pages that are not screens: sign-in, sessions, and the frame that a screen is drawn in."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from clientops.workbench.ui.widget import asset


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The templates; everything in them is escaped."""
    return Environment(loader=PackageLoader("clientops.server"), autoescape=select_autoescape(default=True))


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page made from a template."""
    text = templates().get_template(name).render(assets=versions(), **values)
    return HTMLResponse(text, status)


def _own(name: str) -> str:
    return (resources.files("clientops.server") / "assets" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def assets() -> dict[str, tuple[str, bytes]]:
    """Files for the browser by name: their type and content. Nothing else is ever loaded, and nothing from elsewhere."""
    screen = asset("picker.js", "cells.js", "grid.js", "view.js").replace("export default { render };", "")
    texts = {
        "screen.js": ("text/javascript", f"{screen}\n{_own('screen.js')}"),
        "sign.js": ("text/javascript", _own("sign.js")),
        "style.css": ("text/css", f"{asset('style.css', 'review.css')}\n{_own('server.css')}"),
        "icon.svg": ("image/svg+xml", _own("icon.svg")),
    }
    return {name: (kind, text.encode()) for name, (kind, text) in texts.items()}


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Address of each file, which changes with its content, so that browsers may keep it."""
    return {
        name.partition(".")[0]: f"/assets/{hashlib.sha256(content).hexdigest()[:16]}/{name}"
        for name, (_, content) in assets().items()
    }


async def serve_asset(request: Request) -> Response:
    """A file for the browser."""
    found = assets().get(request.path_params["name"])
    if found is None:
        return Response("There is no such file", 404)
    kind, content = found
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(content, media_type=f"{kind}; charset=utf-8", headers=headers)
