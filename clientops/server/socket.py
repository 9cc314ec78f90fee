"""The socket of a page: events in, the screen out, a sign of life every second, and coming back after a lost connection."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from clientops.server.gate import Bucket, Meters
from clientops.server.page import Outbox, Page, Pages

LARGEST = 24 * 2**20
"""Characters of a message at most: a pasted table or a statement as base64."""
SLOWEST = 30.0
"""Seconds that a browser may take to accept what is sent; then it is taken to be gone."""
ROUND = 15.0
GOING_AWAY, REFUSED, BUSY = 1001, 1008, 1013

Maker = Callable[[str], Page | None]


class Sockets:
    """Serves the sockets of one kind of page.

    Args:
        pages: Where pages are kept.
        meters: What is counted.
        run: Runs a function in a thread.
        area: ``workbench`` or ``client area``.
    """

    def __init__(self, pages: Pages, meters: Meters, run: Callable[..., Any], area: str) -> None:
        self.pages, self.meters, self.run, self.area = pages, meters, run, area
        self.events = Bucket(20.0, 200.0)
        self.open: set[WebSocket] = set()

    async def serve(self, socket: WebSocket, owner: str, make: Callable[[], Page]) -> None:
        """Serve one socket until it is closed.

        Args:
            socket: The socket; not accepted yet.
            owner: Whose page it is.
            make: Makes a page, in a thread.
        """
        await socket.accept()
        outbox = Outbox(asyncio.get_running_loop())
        page: Page | None = None
        self.open.add(socket)
        sender = None
        try:
            hello = await asyncio.wait_for(self._receive(socket), 10)
            page = self.pages.find(str(hello.get("hello", "")), owner)
            is_known = page is not None
            if page is None:
                if not self.pages.has_room(owner):
                    await socket.send_text(json.dumps({"busy": True}))
                    await socket.close(BUSY)
                    return
                page = await self.run(make)
                self.pages.add(page)
            page.attach(outbox)
            self.meters.pages.labels(self.area).inc()
            await socket.send_text(json.dumps({"page": page.id, "resumed": is_known}))
            sender = asyncio.create_task(self._send(socket, outbox))
            await self._listen(socket, page, outbox, owner)
        except (WebSocketDisconnect, TimeoutError, ValueError):
            with suppress(RuntimeError):
                await socket.close(REFUSED)
        finally:
            self.open.discard(socket)
            if sender is not None:
                sender.cancel()
                self.meters.pages.labels(self.area).dec()
            if page is not None:
                page.detach(outbox)

    async def _receive(self, socket: WebSocket) -> dict[str, Any]:
        text = await socket.receive_text()
        if len(text) > LARGEST:
            raise ValueError("too long")
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("not an object")  # noqa: TRY004
        return found

    async def _listen(self, socket: WebSocket, page: Page, outbox: Outbox, owner: str) -> None:
        events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(100)
        worker = asyncio.create_task(self._work(page, events))
        try:
            while True:
                message = await self._receive(socket)
                if "ping" in message:
                    outbox.say({"pong": message["ping"]})
                    continue
                if wait := self.events.take(owner):
                    await asyncio.sleep(min(wait, 5))
                await events.put(message)
        finally:
            await events.put({"end": True})
            worker.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _work(self, page: Page, events: asyncio.Queue[dict[str, Any]]) -> None:
        """Hand events to the page one after another, in a thread; those sent before a connection was lost, too."""
        while "end" not in (message := await events.get()):
            began = time.perf_counter()
            async with page.events:
                await self.run(page.heard, message)
            self.meters.events.inc()
            self.meters.event_seconds.observe(time.perf_counter() - began)

    async def _send(self, socket: WebSocket, outbox: Outbox) -> None:
        try:
            while True:
                await outbox.changed.wait()
                if outbox.is_full:
                    break
                for message in outbox.take():
                    await asyncio.wait_for(socket.send_text(json.dumps(message, default=str)), SLOWEST)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            pass
        with suppress(RuntimeError):
            await socket.close(REFUSED)

    async def watch(self, page_may: Callable[[Page], bool]) -> None:
        """Now and then: forget pages nobody comes back to, and end those whose people may no longer see them."""
        while True:
            await asyncio.sleep(ROUND)
            self.pages.clear(600.0)
            for page in self.pages.all():
                if page.outbox is not None and not await self.run(page_may, page):
                    page.outbox.say({"ended": True})

    async def end(self) -> None:
        """Tell every browser that the server ends, so that it comes back by itself."""
        for socket in list(self.open):
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(json.dumps({"leaving": True}))
                await socket.close(GOING_AWAY)
