"""The dossier of one community (一小区一档) as a PDF, set by Typst without a browser or network."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from etl.errors import StoreError
from etl.notice.dossier_rows import describe_community, read_community
from etl.notice.plan import draw_plan
from etl.notice.served import open_served
from etl.paths import ROOT
from etl.store import Store

TEMPLATE = ROOT / "data" / "notice" / "dossier.typ"
WORDS = ROOT / "data" / "notice" / "dossier.toml"
# Debian's fonts-noto-cjk, and where other systems keep the same fonts.
FONT_FOLDERS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk", "/usr/share/fonts")
FAMILY = "Noto Sans CJK SC"
Language = Literal["zh", "en"]


def write_dossier(
    store: Store,
    community_id: str,
    out: Path,
    *,
    fonts: Path | None = None,
    language: Language = "zh",
) -> None:
    """Write the dossier of one community.

    Parameters
    ----------
    store
        Store of builds; the one served is read.
    community_id
        A community of it.
    out
        PDF; replaced. The same build gives the same bytes.
    fonts
        Folder that holds Noto Sans CJK; Debian's when None.
    language
        Of the labels; names stay as the files have them.

    Raises
    ------
    StoreError
        When nothing is served, there is no such community, or no Chinese font is found.
    """
    import typst

    folder = find_fonts((str(fonts),) if fonts is not None else FONT_FOLDERS)
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))[language]
    with open_served(store) as served:
        read_community(served, community_id)
        plan = draw_plan(served, community_id)
        data = describe_community(served, community_id, plan, words, language)
    data["fonts"] = [FAMILY]
    # Only this font and the words of `data` come in: no system font, no package, no clock.
    pdf = typst.compile(
        str(TEMPLATE),
        font_paths=[folder],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=0,
    )
    out.write_bytes(pdf)


def find_fonts(folders: Sequence[str]) -> str:
    """Return the first folder that holds the Chinese font.

    Parameters
    ----------
    folders
        Where to look.

    Returns
    -------
    str
        The folder.

    Raises
    ------
    StoreError
        When none has it; install it or name its folder.
    """
    import typst

    for folder in folders:
        if not Path(folder).is_dir():
            continue
        known = typst.Fonts(include_system_fonts=False, font_paths=[folder])
        if FAMILY in known.families():
            return folder
    raise StoreError(
        f"dossier: found no font {FAMILY!r} in {', '.join(folders)}; expected one for Chinese. "
        "Install Debian's fonts-noto-cjk, or name the folder with --fonts."
    )
