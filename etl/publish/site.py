"""A site is written whole beside the old one, then takes its place; only our own is replaced."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etl.errors import StoreError
from etl.publish import opendata
from etl.publish.community import write_community
from etl.publish.marks import marks_of
from etl.publish.method import write_method
from etl.publish.pages import write_index
from etl.publish.read import Published, read_public
from etl.publish.texts import LANGUAGES
from etl.store import MANIFEST, Store, file_digests, write_json

MADE_BY = "anxing publish"


@dataclass(frozen=True)
class Site:
    """What was published, and where."""

    path: Path
    build_id: str
    n_files: int
    n_communities: int
    unchanged: bool


def publish(store: Store, out: Path) -> Site:
    """Write the public site of the served build.

    Parameters
    ----------
    store
        Store to read; of its served build only the public slice is opened.
    out
        Folder of the site. What is there is replaced when this command wrote it and nobody changed
        it since, and is refused otherwise.

    Returns
    -------
    Site
        What was written; `unchanged` when the site was up to date and was left alone.

    Raises
    ------
    StoreError
        If there is no build, the folder holds something else, or the publication table is wrong.

    Notes
    -----
    Pages and manifest carry no clock, no build number and no address of this machine: the same
    public tables give the same bytes, whatever changed elsewhere in the district.
    """
    build = store.current()
    if build is None:
        raise StoreError(f"{store.path}: no build; expected one. Run anxing build first.")
    place = out.resolve()
    _check_place(place, store.path.resolve(), out)
    site = read_public(build)
    try:
        n_files, unchanged = _write(site, place)
    except OSError as error:
        raise StoreError(
            f"{out}: {error.strerror or error}; expected a folder that can be written. "
            "Mend that, or choose another folder for --out."
        ) from error
    return Site(out, build.name, n_files, len(site.communities), unchanged)


def _write(site: Published, place: Path) -> tuple[int, bool]:
    """Write the site beside its place and move it there; how many files, whether it was there."""
    beside = place.with_name(f".{place.name}.unfinished-{os.getpid()}")
    place.parent.mkdir(parents=True, exist_ok=True)
    beside.mkdir()
    try:
        for name, body in _files(site):
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(body)
        files = file_digests(beside)
        write_json(beside / MANIFEST, _manifest(site, files))
        old = place / MANIFEST
        unchanged = old.exists() and old.read_bytes() == (beside / MANIFEST).read_bytes()
        if not unchanged:
            _replace(place, beside)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return len(files) + 1, unchanged


def _files(site: Published) -> Iterator[tuple[str, bytes]]:
    """Yield the relative name and content of every file, pages in both languages."""
    for language in LANGUAGES:
        folder = "" if language == "zh" else f"{language}/"
        yield f"{folder}index.html", write_index(site, language).encode()
        yield f"{folder}method.html", write_method(site, language).encode()
        ids = [one.community_id for one in site.communities]
        marks = {one.standard_id: marks_of(one, ids, language) for one in site.standards}
        for one in site.communities:
            page = write_community(site, one, language, marks)
            yield f"{folder}community/{one.slug}.html", page.encode()
    yield "data/ratings.csv", opendata.write_ratings(site)
    yield "data/items.csv", opendata.write_items(site)
    yield "data/communities.geojson", opendata.write_shapes(site)


def _manifest(site: Published, files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "made_by": MADE_BY,
        "district_id": site.district_id,
        "as_of": site.as_of.isoformat(),
        "standards": {one.standard_id: one.digest for one in site.standards},
        "files": files,
    }


def _check_place(place: Path, store: Path, said: Path) -> None:
    if place == store or store in place.parents or place in store.parents:
        raise StoreError(
            f"{said}: is the store, or holds it, or lies in it; expected a folder apart. "
            "Choose another folder for --out."
        )
    if not place.exists():
        return
    mend = "Move it away, or choose another folder for --out."
    if not place.is_dir():
        raise StoreError(f"{said}: is a file; expected a folder. {mend}")
    found = file_digests(place)
    stated = _stated(place)
    if stated is None:
        if found or (place / MANIFEST).exists():
            raise StoreError(f"{said}: holds files that anxing publish did not write. {mend}")
        return
    strange = sorted(name for name in found if found[name] != stated.get(name))
    if strange:
        more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
        raise StoreError(
            f"{said}: {', '.join(strange[:3])}{more} added or changed since it was published; "
            f"expected the site as written, because replacing it would lose them. {mend}"
        )


def _stated(place: Path) -> dict[str, Any] | None:
    """Return the files that a site's manifest names, None when it is not a site of ours."""
    try:
        body = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(body, dict) or body.get("made_by") != MADE_BY:
        return None
    files = body.get("files")
    return files if isinstance(files, dict) else None


def _replace(place: Path, fresh: Path) -> None:
    """Put the new folder in the place of the old one; the old one returns when that fails."""
    if not place.exists():
        fresh.rename(place)
        return
    old = place.with_name(f".{place.name}.replaced-{os.getpid()}")
    place.rename(old)
    try:
        fresh.rename(place)
    except OSError:
        old.rename(place)
        raise
    shutil.rmtree(old)
