"""Running the server: one process, the workbench on one port and the client area on another."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
import time
import webbrowser
from collections.abc import Callable
from dataclasses import replace

import uvicorn
from starlette.types import ASGIApp

from clientops.book.file.lease import close_books, hold_open
from clientops.core.errors import UsageError
from clientops.server.access import Access
from clientops.server.app import workbench_app
from clientops.server.gate import log
from clientops.server.settings import Settings, check_settings
from clientops.server.state import ServerState

HELD = 30.0
"""Seconds for which the server keeps the book's file open after its last use; given up at once where somebody waits."""
PATIENCE = 20
LINK_LASTS = 600.0


def serve(
    settings: Settings,
    *,
    client_area_port: int | None = None,
    say: Callable[[str], None] = print,
    open_browser: bool = False,
) -> int:
    """Serve a book until the process is told to end; running operations are finished first.

    Args:
        settings: The server's.
        client_area_port: Port of the client area, if it is to be served.
        say: Told the addresses.
        open_browser: Whether to open a browser.

    Raises:
        UsageError: The options do not go together, or a port is taken.
    """
    check_settings(settings)
    listener = _listen(settings.host, settings.port)
    settings = replace(settings, port=int(listener.getsockname()[1]))
    area_listener = None if client_area_port is None else _listen(settings.host, client_area_port)
    hold_open(HELD, for_writing=True)
    try:
        return asyncio.run(_serve(settings, listener, area_listener, say, open_browser=open_browser))
    finally:
        close_books()


async def _serve(
    settings: Settings,
    listener: socket.socket,
    area_listener: socket.socket | None,
    say: Callable[[str], None],
    *,
    open_browser: bool,
) -> int:
    state = ServerState(settings, Access(settings.book))
    servers = [_server(workbench_app(state), settings)]
    sockets = [listener]
    if area_listener is not None:
        from clientops.server.area import area_app

        area_settings = replace(
            settings, port=int(area_listener.getsockname()[1]), public_url=settings.client_area_url, client_area_url=""
        )
        servers.append(_server(area_app(state, area_settings), area_settings))
        sockets.append(area_listener)
        say(f"The client area is at {area_settings.address}")
    address = settings.address
    if settings.local:
        secret = secrets.token_urlsafe(32)
        state.once[secret] = time.monotonic() + LINK_LASTS
        address = f"{address}/once/{secret}"
    say(f"clientops is at {address}")
    say("Close it with Ctrl+C.")
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ending.set)
    tasks = [asyncio.create_task(server.serve([listening])) for server, listening in zip(servers, sockets, strict=True)]
    if open_browser:
        loop.call_later(0.5, webbrowser.open, address)
    stop = asyncio.create_task(ending.wait())
    await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
    state.is_ending = True
    log("ending")
    for sockets_of in state.all_sockets:
        await sockets_of.end()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*tasks, return_exceptions=True)
    stop.cancel()
    await loop.run_in_executor(None, state.threads.shutdown)
    return 0


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Signals are ours: several servers run in one process."""
        yield


def _server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=PATIENCE,
        timeout_keep_alive=15,
        limit_concurrency=4000,
        ws_max_size=24 * 2**20,
        ws_max_queue=16,
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
    )
    return _Server(config)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(f"clientops cannot listen at {host} port {port}: {error}; choose another --port") from error
    return listener
