"""The real server as a process of its own on a free port of this machine."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SERVE = (
    "import sys; from pathlib import Path; from medreason.cli._review_serve import serve; "
    "from medreason.review.server.settings import Settings; "
    "serve(Path(sys.argv[1]), Settings(port=int(sys.argv[2]), hours=float(sys.argv[3])), '127.0.0.1')"
)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Running:
    """A server; ``with`` ends it.

    Args:
        study: The study file.
        hours: Life of a session.
    """

    def __init__(self, study: Path, *, hours: float = 12.0, port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(study), str(self.port), str(hours)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._wait()

    def _wait(self, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(self.said())
            try:
                urllib.request.urlopen(f"{self.url}/static/icon.svg", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.end()
        raise RuntimeError("the server does not answer")

    def said(self) -> str:
        """All that it printed; only after its end."""
        assert self.process.stdout
        return self.process.stdout.read().decode()

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
