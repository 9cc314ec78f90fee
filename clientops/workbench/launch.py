"""Starting JupyterLab on the notebooks, for those who look inside; the server is for everybody else."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clientops.book.file.place import book_path
from clientops.core.errors import UsageError
from clientops.workbench.ui.user_files import state_folder

HOST = "127.0.0.1"
IDLE_SECONDS = 3600
STARTUP_SECONDS = 90.0


def lab(
    book: Path,
    *,
    port: int = 0,
    open_browser: bool = True,
    notebooks: Path | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Open JupyterLab on the notebooks, with our settings; returns when it is closed.

    Args:
        book: The book's file.
        port: Port on this machine; 0: any that is free.
        open_browser: Whether to open a browser.
        notebooks: Folder of the notebooks; else the ones that come with clientops.
        say: Told the address.
    """
    with _ended_by_signals(), serving(book, port=port, notebooks=notebooks) as (address, process):
        return _attend(address, process, say, open_browser=open_browser)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let whoever ends this program, or closes its terminal, end the server too; else it would go on alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, _end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


@contextmanager
def serving(
    book: Path, *, port: int = 0, notebooks: Path | None = None, log: Path | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A running server: the address to open, with its token, and its process; stopped at the end.

    Args:
        book: The book's file.
        port: Port on this machine; 0: any that is free.
        notebooks: Folder of the notebooks.
        log: File for what the server says.

    Raises:
        UsageError: The notebooks are not there, or the server does not start.
    """
    folder = (notebooks or notebook_folder()).absolute()
    token = secrets.token_urlsafe(24)
    port = port or _free_port()
    command = _lab_command(folder, port)
    out = log.open("wb") if log else subprocess.DEVNULL
    secret = tempfile.TemporaryDirectory(prefix="clientops-")  # not the command line, which others can read
    (Path(secret.name) / "jupyter_server_config.json").write_text(
        json.dumps({"IdentityProvider": {"token": token}}), encoding="utf-8"
    )
    environment = {**environment_of(book), "JUPYTER_CONFIG_PATH": secret.name}
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=out, stderr=subprocess.STDOUT)  # noqa: S603
    try:
        _wait_until_up(process, port)
        yield f"http://{HOST}:{port}/lab/tree/home.ipynb?token={token}", process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        secret.cleanup()
        if log:
            out.close()  # type: ignore[union-attr]


def notebook_folder() -> Path:
    """The notebooks that come with clientops.

    Raises:
        UsageError: They are not there.
    """
    beside = Path(__file__).resolve().parents[2] / "notebooks"
    installed = Path(sys.prefix) / "share" / "clientops" / "notebooks"
    for folder in (beside, installed):
        if (folder / "home.ipynb").exists():
            return folder
    raise UsageError(f"The notebooks are not there: neither {beside} nor {installed} has them")


def environment_of(book: Path) -> dict[str, str]:
    """Environment of the server and its kernels: this book, this Python, our Jupyter files and no one else's."""
    ours = Path(__file__).parent / "jupyter"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    return {
        **kept,
        "CLIENTOPS_BOOK": str(book_path(book)),
        "CLIENTOPS_PYTHON": sys.executable,
        "JUPYTER_PATH": str(ours),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_CONFIG_DIR": str(state_folder() / "jupyter"),
        "PYTHONWARNINGS": "ignore",
    }


def _shared_options(port: int) -> list[str]:
    options = [
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.allow_remote_access=False",
        "--KernelSpecManager.allowed_kernelspecs=python3",
        f"--MappingKernelManager.cull_idle_timeout={IDLE_SECONDS}",
        "--MappingKernelManager.cull_interval=120",
    ]
    if sys.platform.startswith("linux"):
        options.append("--KernelManager.transport=ipc")
    return options


def _lab_command(folder: Path, port: int) -> list[str]:
    settings = Path(__file__).parent / "jupyter" / "lab-settings"
    return [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--LabApp.app_settings_dir={settings}",
        "--LabApp.news_url=", "--LabApp.extension_manager=readonly", f"--ServerApp.root_dir={folder}",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *_shared_options(port),
    ]  # fmt: skip


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UsageError(f"The workbench did not start (exit code {process.returncode}); is port {port} in use?")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise UsageError(f"The workbench did not start within {STARTUP_SECONDS:g} s")


def _attend(address: str, process: subprocess.Popen[bytes], say: Callable[[str], None], *, open_browser: bool) -> int:
    say(f"clientops is at {address}")
    say("Close it with Ctrl+C.")
    if open_browser:
        webbrowser.open(address)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return 0
