"""The working map: a Streamlit component that restyles in place and answers with what was picked.

It needs the routes of :mod:`dashboard.routes`, so it draws only in an app served by
:mod:`dashboard.server` (or another `streamlit.App` with these routes).
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from dashboard.geometry_store import STORE, GeometryStore
from dashboard.leaflet import bundle
from dashboard.maps import GzShapes, MapView
from dashboard.payload import INLINE_POINTS_CHARS, INLINE_TIPS, build_payload
from dashboard.routes import BROWSER_COOKIE

NAME = "anxing_map"

# Kept tiny: Streamlit sends it with every rerun. Leaflet and the rest come from an address that
# the browser keeps for good.
LOADER = """
const live = new WeakMap();
let loading;
function start(root, data) {
  const node = document.createElement("div");
  node.className = "anxing";
  node.style.height = data.height + "px";
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  const styled = new Promise((done) => { sheet.onload = sheet.onerror = done; });
  sheet.href = data.base + "assets/" + data.style;
  root.append(sheet, node);
  loading = loading || import(new URL(data.base + "assets/" + data.script, location.href).href);
  return { node, ready: Promise.all([loading, styled]) };
}
export default function (component) {
  const { data, parentElement: root, setStateValue } = component;
  let entry = live.get(root);
  if (!entry) { entry = start(root, data); live.set(root, entry); }
  entry.data = data;
  entry.set = setStateValue;
  entry.node.style.height = data.height + "px";
  entry.ready.then(() => {
    if (live.get(root) !== entry) return;
    if (entry.map) { if (entry.data === data) entry.map.update(data); return; }
    const inner = document.createElement("div");
    entry.node.replaceChildren(inner);
    entry.map = AnxingMap.attach(AnxingMap.newMap(inner, entry.data.tiles), entry.data,
      { key: data.key, onPick: (at) => entry.set("picked", at) });
  });
  return () => {
    live.delete(root);
    if (entry.map) entry.map.destroy();
    entry.node.remove();
  };
}
"""

_mount = st.components.v2.component(NAME, js=LOADER)


class Pick(NamedTuple):
    """The feature a reader chose."""

    feature_id: str
    layer_id: str


class UrlSender:
    """Sends large content by address, signed for the browser of this session."""

    def __init__(self, store: GeometryStore, browser: str) -> None:
        """Keep what addresses are made of."""
        self._store = store
        self._browser = browser

    def geometry(self, content: GzShapes) -> dict[str, Any]:
        """Put the content in the store and give its address."""
        self._store.put(content)
        return {
            "url": self._store.url(content.sha256, browser=self._browser),
            "hash": content.sha256,
        }

    def points(self, content: GzShapes, text: str) -> dict[str, Any]:
        """Send some hundred points as they are and more by address."""
        if len(text) <= INLINE_POINTS_CHARS:
            return {"text": text, "hash": content.sha256}
        return self.geometry(content)

    def tips(self, content: GzShapes, texts: Sequence[str]) -> dict[str, Any]:
        """Send a short list as it is and a long one by address."""
        if len(texts) <= INLINE_TIPS:
            return {"list": list(texts), "hash": content.sha256}
        return self.geometry(content)


def working_map(view: MapView, *, key: str) -> Pick | None:
    """Draw a map and give what its reader has picked.

    Parameters
    ----------
    view
        The map. Values, tooltips and hidden features may change from run to run: the map stays
        where it is and fetches no geometry twice.
    key
        Name of the map on the page; its place and the layers switched off are kept under it.

    Returns
    -------
    Pick or None
        The feature picked last, None before that and after a click beside every feature. When the
        layer's geometry changes the pick is forgotten.
    """
    payload = build_payload(view, UrlSender(STORE, st.context.cookies.get(BROWSER_COOKIE, "")))
    prefix = (st.get_option("server.baseUrlPath") or "").strip("/")
    payload |= {
        "base": f"/{prefix}/" if prefix else "/",
        "script": bundle.script().name,
        "style": bundle.style().name,
        "key": key,
    }
    hashes = {layer["id"]: layer["data"]["hash"] for layer in payload["layers"]}
    answer = _mount(key=key, data=payload, default={"picked": None}, on_picked_change=_noted)
    return read_pick(answer.get("picked"), view, hashes)


def read_pick(answer: object, view: MapView, hashes: dict[str, str]) -> Pick | None:
    """Turn the browser's answer, a position, into an id; what does not fit is no pick.

    Parameters
    ----------
    answer
        What the component holds: a mapping with `layer`, `index` and perhaps `hash`.
    view
        The map as drawn in this run.
    hashes
        Content hash of each layer's geometry in this run.

    Returns
    -------
    Pick or None
        None for nothing picked, another layer, a position out of range, a layer that may not be
        picked, or a position counted in geometry that has changed since.
    """
    if not isinstance(answer, dict):
        return None
    layer = view.layer(str(answer.get("layer")))
    index = answer.get("index")
    if layer is None or not layer.pickable or type(index) is not int or not 0 <= index < layer.n:
        return None
    if answer.get("hash", hashes[layer.id]) != hashes[layer.id]:
        return None
    return Pick(layer.feature_ids[index], layer.id)


def payload_size(payload: dict[str, Any]) -> int:
    """Give the bytes a rerun sends, for tests and benchmarks."""
    return len(json.dumps(payload).encode())


def _noted() -> None:
    """Stand in for the callback that Streamlit asks for before it keeps a state value."""
