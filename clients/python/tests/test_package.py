"""What is checked in is what the protos give, and what the README says works."""
from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

from labeler_client import Client

CLIENT = pathlib.Path(__file__).resolve().parents[1]


def test_modules_and_stubs_are_what_the_protos_give() -> None:
    ran = subprocess.run([sys.executable, "generate.py", "--check"], cwd=CLIENT, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


def test_importing_takes_nothing_that_debian_lacks_and_opens_no_connection() -> None:
    program = (
        "import socket, sys; socket.socket.connect = None; socket.getaddrinfo = None; before = set(sys.modules); import labeler_client; "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))")
    ran = subprocess.run([sys.executable, "-c", program], cwd=CLIENT, capture_output=True, text=True, timeout=60, check=True)
    loaded = {name for name in ran.stdout.split() if "cython" not in name}
    assert loaded <= {"labeler_client", "grpc", "grpc_tools", "google", "six"}  # grpc looks for grpc_tools, and does without


def test_the_readmes_programs_run(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    readme = (CLIENT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.S)
    assert len(blocks) >= 4
    monkeypatch.chdir(tmp_path)
    # The programs make their client as a user does, and this one is already connected.
    names: dict[str, object] = {"client": client}
    try:
        for number, block in enumerate(blocks):
            exec(compile(block.replace("client = Client()", ""), f"README.md block {number + 1}", "exec"), names)
    finally:
        client.delete_dataset("readme")
