"""The page a browser opens: language, role, menu, and the view that was asked for."""

from __future__ import annotations

import sys
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # Streamlit runs this file as a script, from wherever it is started
    sys.path.insert(0, str(ROOT))

from dashboard.access import Access, load_access  # noqa: E402
from dashboard.blocks import show_note  # noqa: E402
from dashboard.errors import DashboardError, StoreError  # noqa: E402
from dashboard.formats import Formats  # noqa: E402
from dashboard.page import Page  # noqa: E402
from dashboard.store import Build, current_build, open_slice, store_folder  # noqa: E402
from dashboard.texts import LANGUAGES, Texts, load_texts  # noqa: E402
from dashboard.viewer import (  # noqa: E402
    Viewer,
    current_viewer,
    demo_roles,
    is_demo,
    role_scopes,
)
from dashboard.views import SECTIONS, VIEWS  # noqa: E402

HERE = Path(__file__).resolve().parent
LOGO = HERE / "static" / "anxing.svg"
MOST_OPEN = 6  # pages that a bar of 1,280 points shows side by side


def main() -> None:
    """Serve one run of one session."""
    t = load_texts(_language())
    st.set_page_config(page_title=t("app.title"), page_icon=str(LOGO), layout="wide")
    st.logo(str(LOGO), size="large")
    st.html(HERE / "style.css")
    try:
        build = current_build(store_folder())
        access = load_access()
        viewer = current_viewer(build, access, _chosen())
        part = open_slice(build, viewer.kind, viewer.scope_id)
    except StoreError as error:
        st.title(t("app.no_store"))
        show_note(str(error), "warning")
        return
    _show_bar(t, build, access, viewer)
    links: dict[str, StreamlitPage] = {}
    formats = Formats(t.language, str(build.district.get("time_zone") or "UTC"))

    def open_page(name: str) -> None:
        page = Page(name, t, formats, viewer, build, part, access, links)
        _render(page)

    granted = access.pages(viewer.role)
    first = granted[0] if granted else next(iter(VIEWS))
    for name in VIEWS:
        links[name] = st.Page(
            partial(open_page, name),
            title=t(f"menu.{name}"),
            url_path=f"{name}-first" if name == first else name,
            default=name == first,
            visibility="visible" if name in granted else "hidden",
        )
    # The first page of a role lives at "/"; its own address must open it too, or a link that one
    # role shares says "page not found" to another.
    shared = st.Page(
        partial(open_page, first), title=t(f"menu.{first}"), url_path=first, visibility="hidden"
    )
    menu = _menu(t, granted, links)
    menu[""].append(shared)
    st.navigation(menu, position="top").run()
    _show_foot(t, formats, build)


def _menu(
    t: Texts, granted: tuple[str, ...], links: dict[str, StreamlitPage]
) -> dict[str, list[StreamlitPage]]:
    """Return the pages by section of the bar; the nameless one stands open."""
    many = len(granted) > MOST_OPEN
    groups = {
        section: [name for name in names if name in granted]
        for section, names in SECTIONS.items()
        if many
    }
    folded = {section: names for section, names in groups.items() if len(names) > 1}
    inside = {name for names in folded.values() for name in names}
    menu = {"": [link for name, link in links.items() if name not in inside]}
    return menu | {
        t(f"section.{section}"): [links[name] for name in names]
        for section, names in folded.items()
    }


def _render(page: Page) -> None:
    """Draw a page, or say why not: never a trace, never an empty screen."""
    if not page.access.may(page.viewer.role, page.name):
        st.title(page.t("app.denied"))
        show_note(page.t("app.denied_why", role=page.t(f"role.{page.viewer.role}")), "warning")
        return
    try:
        VIEWS[page.name](page)
    except DashboardError as error:
        show_note(str(error), "warning")


def _language() -> str:
    """Return the language of this session: chosen, in the address, or the browser's."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    if chosen not in LANGUAGES:
        locale = str(getattr(st.context, "locale", None) or "zh")
        chosen = "en" if locale.lower().startswith("en") else "zh"
    st.session_state["lang"] = chosen
    return str(chosen)


def _chosen() -> dict[str, object]:
    role = st.session_state.get("role") or st.query_params.get("role")
    scope = st.session_state.get(f"scope_{role}") or st.query_params.get("scope")
    return {"role": role, "scope": scope}


def _show_bar(t: Texts, build: Build, access: Access, viewer: Viewer) -> None:
    """Show who is looking, and the language switch."""
    with st.container(horizontal=True, vertical_alignment="center", key="ax_bar", gap="small"):
        if is_demo():
            st.html(f'<p class="ax-demo">{t("demo.banner")}</p>', width="content")
            _show_roles(t, build, access, viewer)
        else:
            st.html(f'<p class="ax-demo ax-quiet">{t("app.public_only")}</p>')
        st.segmented_control(
            t("app.language"),
            LANGUAGES,
            format_func=lambda code: load_texts(code)("app.language_name"),
            key="lang",
            required=True,
            label_visibility="collapsed",
        )
    st.query_params.update({"lang": t.language} | _address(viewer))


def _address(viewer: Viewer) -> dict[str, str]:
    if not is_demo():
        return {}
    return {"role": viewer.role} | ({"scope": viewer.scope_id} if viewer.scope_id else {})


def _show_roles(t: Texts, build: Build, access: Access, viewer: Viewer) -> None:
    roles = demo_roles(build, access)
    st.session_state["role"] = viewer.role
    st.selectbox(
        t("demo.role"),
        roles,
        format_func=lambda role: t(f"role.{role}"),
        key="role",
        label_visibility="collapsed",
        width=170,
    )
    scopes = role_scopes(build, access, viewer.role)
    if len(scopes) > 1:
        names = {scope.id: t.pick(scope.name, scope.name_en) for scope in scopes}
        key = f"scope_{viewer.role}"
        st.session_state[key] = viewer.scope_id
        st.selectbox(
            t("demo.scope"),
            list(names),
            format_func=lambda one: names[one],
            key=key,
            label_visibility="collapsed",
            width=240,
        )


def _show_foot(t: Texts, f: Formats, build: Build) -> None:
    """Say which build this is, and from when."""
    district = t.pick(build.district.get("name"), build.district.get("name_en"))
    text = t("app.foot", district=district, built=f.instant(build.built_at), build=build.id)
    st.html(f'<footer class="ax-foot">{escape(text)}</footer>')


main()
