"""The real service as a process of the tests' own, which they may kill."""
from __future__ import annotations

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Service:
    """A server with its PostgreSQL and trainer, in a folder of its own, where callers need keys."""

    def __init__(self) -> None:
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="labeler-python-"))
        self._folder.chmod(0o755)  # the user that PostgreSQL runs as has to get in
        self._port = _free_ports()
        self._key_file = self._folder / "admin-key"
        self._log = self._folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port + 1}"

    @property
    def http_address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def admin_key(self) -> str:
        return self._key_file.read_text(encoding="utf-8").strip()

    def start(self) -> None:
        """Starts the server (again), and waits until it can work."""
        server, trainer = _assembly("LabelerService.Server"), _assembly("LabelerService.Trainer")
        environment = {**os.environ, "LABELER_TRAINER_DLL": str(trainer)}
        environment.pop("LABELER_POSTGRES", None)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["dotnet", str(server), "--data", str(self._folder / "data"), "--port", str(self._port), "--grpc-port", str(self._port + 1),
                 "--require-keys", "--admin-key-file", str(self._key_file)],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 90
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service did not start:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 of the server; its PostgreSQL and trainer are left to notice."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ends everything and removes the folder."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=60)
        shutil.rmtree(self._folder)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.http_address}/readyz", timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def _assembly(project: str) -> pathlib.Path:
    """An executable of the service: that which the environment names, as the launcher does, else the latest build of this repository."""
    given = os.environ.get(f"LABELER_{project.rpartition('.')[2].upper()}_DLL")
    if given:
        return pathlib.Path(given)
    built = list((ROOT / "artifacts" / "bin").glob(f"{project}/release*/{project}.dll"))
    if not built:
        raise RuntimeError(f"{project} is not built: run `./labeler test PythonClient`, or `./labeler serve` once")
    return max(built, key=lambda path: path.stat().st_mtime)


def _free_ports() -> int:
    """A port that is free, and whose neighbour is."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
                return port
            except (OSError, OverflowError):
                continue
