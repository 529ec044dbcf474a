"""The command line: thin, one function a command, one clear message a cause."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from etl.commands_rating import add_rating_commands
from etl.errors import EtlError, StoreLockedError

DONE, REFUSED, USAGE, HELD = 0, 1, 2, 75
Command = Callable[[argparse.Namespace], int]


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        Arguments; those of the process when None.

    Returns
    -------
    int
        0 done; 1 refused, with one message per cause on the error stream; 2 usage; 75 another
        build holds the store.
    """
    options = _parser().parse_args(argv)
    command: Command = options.run
    try:
        return command(options)
    except StoreLockedError as error:
        return _refuse(error, options, HELD)
    except EtlError as error:
        return _refuse(error, options, REFUSED)
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        print("interrupted; what was served before is served still", file=sys.stderr)
        return 130


def _refuse(error: EtlError, options: argparse.Namespace, code: int) -> int:
    if getattr(options, "json", False):
        _print_json({"ok": False, "errors": str(error).splitlines()})
    print(f"anxing: {error}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="anxing", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_simulate(commands)
    for name, run, text in (
        ("check", _check, "read and check every file of a district; build nothing"),
        ("build", _build, "build a district into a store"),
    ):
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("district", type=Path, metavar="DISTRICT.toml")
        one.add_argument("--inputs", type=Path, help="folder of the input files")
        if name == "build":
            one.add_argument("--store", type=Path, required=True, help="folder of builds")
            one.add_argument("--seed", type=int, help="seed of everything random")
        _add_output(one)
        one.set_defaults(run=run)
    _add_serve(commands)
    _add_export(commands)
    _add_publish(commands)
    add_rating_commands(commands, _add_output, _say)
    for name, run, text in (
        ("verify", _verify, "hold every file of the served build against its manifest"),
        ("status", _status, "say what is served and how the last attempt ended"),
    ):
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("--store", type=Path, required=True, help="folder of builds")
        _add_output(one)
        one.set_defaults(run=run)
    return parser


def _add_output(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="answer as JSON on the output stream")
    one.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_demo(commands: Any) -> None:
    text = "simulate a model city, build it and serve it on this machine"
    one = commands.add_parser("demo", help=text, description=text)
    one.add_argument("--dir", type=Path, default=Path("demo"), help="folder for city and store")
    one.add_argument("--port", type=int, default=8501)
    one.add_argument("--no-serve", action="store_true", help="build only")
    _add_output(one)
    one.set_defaults(run=_demo)


def _add_simulate(commands: Any) -> None:
    text = "write the files of a model city, with the truth that was planted"
    one = commands.add_parser("simulate", help=text, description=text)
    one.add_argument("out", type=Path, metavar="OUT")
    one.add_argument("--communities", type=int, default=40)
    one.add_argument("--cameras", type=int)
    one.add_argument("--incidents", type=int)
    one.add_argument("--buildings", type=int, help="about how many")
    one.add_argument("--seed", type=int)
    _add_output(one)
    one.set_defaults(run=_simulate)


def _add_serve(commands: Any) -> None:
    text = "serve the dashboard over a store"
    one = commands.add_parser("serve", help=text, description=text)
    one.add_argument("--store", type=Path, required=True, help="folder of builds")
    one.add_argument("--address", default="127.0.0.1", help="address to listen on")
    one.add_argument("--port", type=int, default=8501)
    one.add_argument(
        "--public", action="store_true", help="serve the published ratings only, without roles"
    )
    one.set_defaults(run=_serve)


def _add_export(commands: Any) -> None:
    text = "write one table of the served build as a file"
    one = commands.add_parser("export", help=text, description=text)
    one.add_argument("table", metavar="TABLE", help="for example communities or mart.coverage")
    one.add_argument("--store", type=Path, required=True, help="folder of builds")
    one.add_argument(
        "--out", type=Path, required=True, help="FILE.csv, .xlsx, .geojson, .gpkg or .parquet"
    )
    _add_output(one)
    one.set_defaults(run=_export)


def _add_publish(commands: Any) -> None:
    text = "write the public site of the served build: static pages and open data"
    one = commands.add_parser("publish", help=text, description=text)
    one.add_argument("--store", type=Path, required=True, help="folder of builds")
    one.add_argument("--out", type=Path, required=True, metavar="SITE", help="folder of the site")
    _add_output(one)
    one.set_defaults(run=_publish)


def _simulate(options: argparse.Namespace) -> int:
    from etl.progress import watched
    from etl.simulate import SEED, simulate

    with watched(not options.quiet) as progress:
        district = simulate(
            options.out,
            communities=options.communities,
            cameras=options.cameras,
            incidents=options.incidents,
            buildings=options.buildings,
            seed=SEED if options.seed is None else options.seed,
            progress=progress,
        )
    _say(options, {"ok": True, "district": str(district)}, f"model city written: {district}")
    return DONE


def _check(options: argparse.Namespace) -> int:
    import tempfile

    from etl.build import check
    from etl.progress import watched
    from etl.reporting import report_body, report_text

    with tempfile.TemporaryDirectory() as scratch, watched(not options.quiet) as progress:
        report, filler = check(
            options.district, Path(scratch), folder=options.inputs, progress=progress
        )
    body = report_body(filler.files, report)
    _say(options, {"ok": True, **body}, report_text(body))
    return DONE


def _build(options: argparse.Namespace) -> int:
    from etl.build import SEED, build
    from etl.precompile import start
    from etl.progress import watched
    from etl.store import Store

    if compiling := start(quiet=options.quiet):
        compiling.wait()
    with watched(not options.quiet) as progress:
        done = build(
            options.district,
            Store(options.store),
            folder=options.inputs,
            seed=SEED if options.seed is None else options.seed,
            progress=progress,
        )
    if done.unchanged:
        text = f"nothing to do: the inputs are those of {done.folder.name}, which is served"
        _say(options, {"ok": True, "unchanged": True, "build_id": done.folder.name}, text)
        return DONE
    from etl.reporting import build_text, served_body

    body = served_body(done.folder)
    _say(options, {"ok": True, "unchanged": False, **body}, build_text(body))
    return DONE


def _serve(options: argparse.Namespace) -> int:
    from etl.serving import serve
    from etl.store import Store

    serve(Store(options.store), address=options.address, port=options.port, public=options.public)


def _demo(options: argparse.Namespace) -> int:
    from etl.build import build
    from etl.precompile import start
    from etl.progress import watched
    from etl.serving import check_port, serve
    from etl.simulate import simulate
    from etl.store import Store

    if not options.no_serve:
        check_port("127.0.0.1", options.port)  # before the work, not after it
    city, store = options.dir / "city", Store(options.dir / "store")
    compiling = start(quiet=options.quiet)
    with watched(not options.quiet) as progress:
        district = city / "district.toml"
        if not district.exists():
            district = simulate(city, progress=progress)
        if compiling:
            compiling.wait()  # it has every core: beside it the build would compile the same
        build(district, store, progress=progress)
    if options.no_serve:
        _say(options, {"ok": True, "store": str(store.path)}, f"built: {store.path}")
        return DONE
    serve(store, address="127.0.0.1", port=options.port, public=False)


def _export(options: argparse.Namespace) -> int:
    from etl.export import export_table
    from etl.store import Store

    n = export_table(Store(options.store), options.table, options.out)
    _say(options, {"ok": True, "rows": n, "file": str(options.out)}, f"{n} rows: {options.out}")
    return DONE


def _publish(options: argparse.Namespace) -> int:
    from etl.publish import publish
    from etl.store import Store

    site = publish(Store(options.store), options.out)
    body = {
        "ok": True,
        "site": str(site.path),
        "build_id": site.build_id,
        "files": site.n_files,
        "communities": site.n_communities,
        "unchanged": site.unchanged,
    }
    text = f"{site.n_files} files, {site.n_communities} communities: {site.path}"
    _say(options, body, f"nothing to do: {site.path} is up to date" if site.unchanged else text)
    return DONE


def _verify(options: argparse.Namespace) -> int:
    from etl.errors import StoreError
    from etl.store import Store, verify_build

    folder = Store(options.store).current()
    if folder is None:
        raise StoreError(f"{options.store}: no build; expected one. Run anxing build first.")
    faults = verify_build(folder)
    if faults:
        raise StoreError("\n".join(f"{folder.name}/{one}. Build again." for one in faults))
    text = f"{folder.name}: every file is as its manifest says"
    _say(options, {"ok": True, "build_id": folder.name}, text)
    return DONE


def _status(options: argparse.Namespace) -> int:
    from etl.reporting import status_body, status_text
    from etl.store import Store

    body = status_body(Store(options.store))
    _say(options, {"ok": True, **body}, status_text(body))
    return DONE


def _say(options: argparse.Namespace, body: dict[str, Any], text: str) -> None:
    if getattr(options, "json", False):
        _print_json(body)
    else:
        print(text)


def _print_json(body: dict[str, Any]) -> None:
    print(json.dumps(body, ensure_ascii=False, indent=1, default=str))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUTF8", "1")
    sys.exit(main())
