"""Serving: a port that is taken, and what is left behind when it is ended."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from etl.cli import main
from etl.errors import StoreError
from etl.serving import check_port

LOCAL = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as one:
        one.bind((LOCAL, 0))
        return int(one.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((LOCAL, port)) == 0


def wait_for(port: int, *, there: bool) -> None:
    until = time.monotonic() + 60
    while answers(port) != there:
        assert time.monotonic() < until, f"port {port} is {'closed' if there else 'open'}"
        time.sleep(0.1)


def test_a_taken_port_is_told_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind((LOCAL, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StoreError, match=rf"--port {port}: .* name another one with --port"):
            check_port(LOCAL, port)
    check_port(LOCAL, port)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(StoreError, match="expected a free port of this machine"):
        check_port("192.0.2.1", free_port())


def test_a_demo_whose_port_is_taken_builds_nothing(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((LOCAL, 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert main(["demo", "--dir", str(tmp_path / "demo"), "--port", port]) != 0
    assert not (tmp_path / "demo").exists()


def test_no_server_is_left_behind(tmp_path: Path) -> None:
    store, port = tmp_path / "store", free_port()
    (store / "builds" / "one").mkdir(parents=True)
    (store / "builds" / "one" / "manifest.json").write_text("{}", "utf-8")
    (store / "current.json").write_text('{"path": "builds/one"}', "utf-8")
    command = [sys.executable, "-m", "etl.cli", "serve", "--store", str(store)]
    process = subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.DEVNULL)
    try:
        wait_for(port, there=True)
    finally:
        process.terminate()
        process.wait(30)
    wait_for(port, there=False)
