"""Start the dashboard over a store; it is another process, so that neither imports the other."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

from etl.errors import StoreError
from etl.store import Store


def serve(store: Store, *, address: str, port: int, public: bool) -> NoReturn:
    """Become the dashboard's server, until it is stopped.

    No other process is left behind when this one is ended.

    Parameters
    ----------
    store
        Store to serve; it must hold a build.
    address, port
        Where to listen. Beyond loopback only the public pages may be served: roles are chosen
        without sign-in.
    public
        Serve the published ratings only.

    Raises
    ------
    StoreError
        If there is no build, roles would be open beyond this machine, or the port is taken.
    """
    if store.current() is None:
        raise StoreError(
            f"{store.path}: no build; expected one. Run anxing build DISTRICT.toml --store "
            f"{store.path} first."
        )
    if not public and not _is_loopback(address):
        raise StoreError(
            f"--address {address}: roles are chosen without sign-in; expected a loopback address. "
            "Use 127.0.0.1, or --public for the published ratings alone."
        )
    command, environment = server_command(address, port), server_environment(store, public)
    check_port(address, port)
    print(f"Anxing: http://{address}:{port}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os.execve(command[0], command, environment)


def check_port(address: str, port: int) -> None:
    """Refuse a port at which nothing more can listen.

    Raises
    ------
    StoreError
        If the port is taken, or the address is none of this machine.
    """
    try:
        family, kind, proto, _, place = socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(place)
    except (OSError, OverflowError) as error:
        raise StoreError(
            f"--address {address} --port {port}: {error}; expected a free port of this machine. "
            "Stop what listens there, or name another one with --port."
        ) from error


def server_command(address: str, port: int) -> list[str]:
    """Return the command that runs the dashboard."""
    package = importlib.util.find_spec("dashboard")
    if package is None or not package.submodule_search_locations:
        raise StoreError(
            "dashboard: the package is not installed; expected it beside etl. Run make demo."
        )
    entry = Path(package.submodule_search_locations[0]) / "server.py"
    command = [sys.executable, "-m", "streamlit", "run", str(entry)]
    return [*command, f"--server.address={address}", f"--server.port={port}"]


def server_environment(store: Store, public: bool) -> dict[str, str]:
    """Return the environment of the dashboard: which store, and whether roles may be chosen."""
    chosen = {"ANXING_PUBLIC": "1"} if public else {"ANXING_DEMO": "1"}
    return {**os.environ, "ANXING_STORE": str(store.path.resolve()), **chosen}


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
