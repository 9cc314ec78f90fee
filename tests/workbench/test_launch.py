"""The servers of the workbench end with the program that began them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# A server that answers at once stands for JupyterLab: what is tried is who ends it.
PROGRAM = """
import os, sys
from pathlib import Path
from clientops.workbench import launch

def command(folder, port):
    server = f"import http.server, os; print(os.getpid(), flush=True); http.server.HTTPServer(('127.0.0.1', {port}), http.server.SimpleHTTPRequestHandler).serve_forever()"
    return [sys.executable, "-c", f"open({sys.argv[1]!r}, 'w').write(str(__import__('os').getpid())); {server}"]

launch._lab_command = command
launch.lab(Path(sys.argv[1]), open_browser=False, say=lambda text: print(text, flush=True))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_server_ends_with_the_program(number: int, tmp_path: Path) -> None:
    """Ended by another program, by a closed terminal or by Ctrl+C, the program takes its server with it."""
    noted = tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(noted)], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert "clientops is at http://127.0.0.1:" in program.stdout.readline()
        program.stdout.readline()
        program.send_signal(number)
        program.wait(20)
    assert _ends(int(noted.read_text(encoding="utf-8")))


def _ends(process: int) -> bool:
    for _ in range(50):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
