"""The widget that shows a part in the browser and calls it when something happens there."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import anywidget
import traitlets

from clientops.book.file.connection import interrupt
from clientops.workbench.ui.errors import Trouble, is_strict, trouble_of
from clientops.workbench.ui.nodes import Call, Node, Part, flatten, h, wire

PATIENCE = 0.35
BEAT = 0.5


@dataclass(frozen=True)
class Work:
    """Something that may take long: done beside the screen, with a cancel button once it does.

    Attributes:
        title: What is being done, e.g. ``Planning``.
        function: Does it, and returns its result; it must not touch the screen.
        done: Called with the result, before the screen is drawn anew.
        failed: Called with the error if it ended so; else the screen shows it as trouble.
        can_cancel: Whether it may be broken off.
        progress: Returns what it is at and how far (0 to 1), if that is known.
    """

    title: str
    function: Callable[[], Any]
    done: Callable[[Any], Any]
    failed: Callable[[Exception], bool] | None = None
    can_cancel: bool = True
    progress: Callable[[], tuple[str, float]] | None = None


@lru_cache(maxsize=8)
def asset(*names: str) -> str:
    """Text of files that the package ships for the browser, one behind the other."""
    folder = resources.files("clientops.workbench.ui") / "assets"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


class View(anywidget.AnyWidget):  # type: ignore[misc]
    """Shows a part, and hands it what happens in the browser.

    Events come by names that were in the last drawing; any other name, such as that of a button that a double click
    hits a second time, is passed over.

    Args:
        part: What is shown.
        on_route: Called with the route that the browser is at.
        on_drawn: Called once, when the browser shows the view and what it asked for first is answered.
    """

    _esm = asset("picker.js", "cells.js", "grid.js", "view.js")
    _css = asset("style.css", "review.css")
    tree = traitlets.Any().tag(sync=True)
    route = traitlets.Unicode("").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, part: Part, *, on_route: Callable[[str], Any] | None = None, on_drawn: Callable[[], Any] | None = None
    ) -> None:
        self.part = part
        self.on_route = on_route
        self.on_drawn = on_drawn
        self.may_go_on: Callable[[], bool] = part.may_go_on
        self.trouble: Trouble | None = None
        self.work: Work | None = None
        self._lock = threading.RLock()
        self._names: dict[tuple[Any, ...], str] = {}
        self._live: dict[str, Call] = {}
        self._worker: threading.Thread | None = None
        self._began = 0.0
        self._is_cancelled = False
        self._busy_until = float("inf")
        self.drawn: Node = h("div")
        super().__init__(tree=self._draw())
        self.on_msg(self._heard)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the part as it is now."""
        with self._lock:
            self.tree = self._draw()

    def _draw(self) -> Any:
        try:
            inside = flatten(self.part.tree())
        except Exception as error:
            if is_strict():
                raise
            self.trouble = trouble_of(error)
            inside = ()
        parts = [self._trouble_node(), self._work_node(), *inside]
        self.drawn = h("div", *parts, class_="co-page")
        live: dict[str, Call] = {}

        def name_of(what: Call) -> str:
            name = self._names.setdefault(what.key, f"h{len(self._names) + 1}")
            live[name] = what
            return name

        tree = wire(self.drawn, name_of)
        self._live = live
        return tree

    def _trouble_node(self) -> Node | None:
        if self.trouble is None:
            return None
        from clientops.workbench.ui.components import notice

        reference = f"Reference {self.trouble.reference}" if self.trouble.reference else None
        close = h("button", "Close", type="button", class_="co-button co-quiet", on={"click": self._forget})
        return h("div", notice("error", self.trouble.sentence, reference, close), role="alert", key="trouble")

    def _work_node(self) -> Node | None:
        if self.work is None:
            return None
        what, share = self.work.progress() if self.work.progress else ("", 0.0)
        seconds = int(time.monotonic() - self._began)
        cancel = h("button", "Cancel", type="button", class_="co-button", on={"click": self.cancel})
        return h(
            "div",
            h("span", class_="co-spinner", aria_hidden="true"),
            h("strong", self.work.title),
            h("span", f"{what} · {seconds} s" if what else f"{seconds} s", class_="co-faint"),
            h("progress", max="1", value=str(share)) if share else None,
            cancel if self.work.can_cancel else None,
            class_="co-working",
            role="status",
            key="work",
        )

    def _forget(self, _value: Any = None) -> None:
        self.trouble = None

    # -- events ----------------------------------------------------------------------------------------------------

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """A message from the browser. It may be forged: the part checks the values."""
        if not isinstance(content, Mapping):
            return
        if not self.may_go_on():
            self._over(content.get("ask"))
            return
        self._busy_until = float("inf")
        name, value, asked = content.get("h"), content.get("v"), content.get("ask")
        if name == "route":
            self._run(Call(self._routed), value)
        elif asked is not None:
            self.send({"reply": asked, "v": self._answer(name, value)})
        elif (what := self._live.get(str(name))) is not None and (self.work is None or what.method == self.cancel):
            self._run(what, value)
        self._busy_until = time.monotonic()
        self.send({"done": True})
        if self.on_drawn:
            on_drawn, self.on_drawn = self.on_drawn, None
            on_drawn()

    def _over(self, asked: Any) -> None:
        """The person may not go on: nothing that was drawn before can be called any more, and nothing is answered."""
        self._live = {}
        with self._lock:
            self.part.dismiss()
            self.tree = self._draw()
        if asked is not None:
            self.send({"reply": asked, "v": {"options": [], "rows": [], "total": 0, "error": "gone"}})
        self.send({"done": True})

    def _routed(self, route: Any) -> Any:
        return self.on_route(str(route or "")) if self.on_route else None

    def _answer(self, name: Any, value: Any) -> Any:
        what = self._live.get(str(name))
        if what is None:
            return {"options": [], "rows": [], "total": 0, "error": "gone"}
        try:
            return what.method(*what.arguments, value)
        except Exception as error:
            if is_strict():
                raise
            self.trouble = trouble_of(error)
            self.refresh()
            return {"options": [], "rows": [], "total": 0, "error": "failed", "message": self.trouble.sentence}

    def _run(self, what: Call, value: Any) -> None:
        with self._lock:
            self.trouble = None if what.method != self.cancel else self.trouble
            try:
                result = what.method(*what.arguments, value)
                if isinstance(result, Work):
                    self._start(result)
            except Exception as error:
                if is_strict():
                    raise
                self.trouble = trouble_of(error)
            self.tree = self._draw()

    def seconds_still(self) -> float:
        """For how long nothing has happened in the browser; zero while something that was asked for there goes on."""
        return 0.0 if self.work is not None else max(0.0, time.monotonic() - self._busy_until)

    # -- long work -------------------------------------------------------------------------------------------------

    def begin(self, work: Work) -> None:
        """Do some work as if it had been asked for in the browser."""
        with self._lock:
            self._start(work)
            self.tree = self._draw()

    def _start(self, work: Work) -> None:
        """Do it beside the screen; what is done at once shows no progress."""
        finished: list[tuple[Any, Exception | None]] = []

        def run() -> None:
            try:
                finished.append((work.function(), None))
            except Exception as error:  # noqa: BLE001  # shown on the screen by _finish
                finished.append((None, error))

        self.work, self._began, self._is_cancelled = work, time.monotonic(), False
        context = contextvars.copy_context()
        self._worker = threading.Thread(target=lambda: context.run(run))
        self._worker.start()
        self._worker.join(PATIENCE)
        if finished:
            self._finish(work, *finished[0])
        else:
            threading.Thread(target=lambda: contextvars.copy_context().run(self._watch, work, finished)).start()

    def _watch(self, work: Work, finished: list[tuple[Any, Exception | None]]) -> None:
        worker = self._worker
        while worker is not None and worker.is_alive():
            self.refresh()
            worker.join(BEAT)
            if self._is_cancelled and worker.is_alive():
                self.cancel()
        with self._lock:
            self._finish(work, *finished[0])
            self.tree = self._draw()

    def _finish(self, work: Work, result: Any, error: Exception | None) -> None:
        self.work = self._worker = None
        try:
            if error is None:
                after = work.done(result)
                if isinstance(after, Work):
                    self._start(after)
            elif work.failed is None or not work.failed(error):
                raise error  # noqa: TRY301  # told like any other trouble
        except Exception as trouble:
            if is_strict():
                raise
            self.trouble = trouble_of(trouble)

    def cancel(self, _value: Any = None) -> None:
        """Break the work off; what comes between two statements is broken off at the next."""
        self._is_cancelled = True
        if self._worker is not None and self._worker.ident is not None:
            interrupt(self._worker.ident)

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until no work is going on; for tests and scripts."""
        deadline = time.monotonic() + seconds
        while self.work is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        with self._lock:  # until it is drawn
            return
