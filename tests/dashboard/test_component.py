"""The working map as the server sees it: what it sends, and what it makes of an answer."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.encode import encode
from dashboard.geometry_store import GeometryStore
from dashboard.leaflet.component import LOADER, Pick, UrlSender, payload_size, read_pick
from dashboard.maps import Layer, MapView, Points
from dashboard.payload import INLINE_TIPS, build_payload
from dashboard.styles import single

POINTS = Points(np.array([121.0, 121.1]), np.array([31.0, 31.1]))


def points_layer(layer_id, **changes):
    fields = {"geometry": POINTS, "feature_ids": ("x", "y"), "style": single("#112233")}
    return Layer(layer_id, "title", "point", **(fields | changes))


VIEW = MapView((points_layer("a", pickable=True), points_layer("b")), "map", centre=(121.0, 31.0))
HASHES = {"a": "h1", "b": "h2"}


def test_a_position_becomes_the_id_of_its_feature():
    assert read_pick({"layer": "a", "index": 1, "hash": "h1"}, VIEW, HASHES) == Pick("y", "a")
    assert read_pick({"layer": "a", "index": 0}, VIEW, HASHES) == Pick("x", "a")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "a",
        {},
        {"layer": "a"},
        {"layer": "nowhere", "index": 0},
        {"layer": "b", "index": 0},
        {"layer": "a", "index": 2},
        {"layer": "a", "index": -1},
        {"layer": "a", "index": True},
        {"layer": "a", "index": "0"},
        {"layer": "a", "index": 0, "hash": "older"},
        {"layer": ["a"], "index": 0},
    ],
)
def test_an_answer_that_does_not_fit_is_no_pick(answer):
    assert read_pick(answer, VIEW, HASHES) is None


@pytest.mark.parametrize(("n", "inline"), [(INLINE_TIPS, True), (INLINE_TIPS + 1, False)])
def test_long_tooltip_lists_travel_by_address(n, inline):
    store = GeometryStore(b"k")
    made = points_layer(
        "a",
        geometry=Points(np.zeros(n), np.zeros(n)),
        feature_ids=tuple(map(str, range(n))),
        tooltips=[encode(f"村{i}") for i in range(n)],
    )
    tips = build_payload(MapView((made,), "m", centre=(0.0, 0.0)), UrlSender(store, "b"))["layers"][
        0
    ]["tips"]
    assert ("list" in tips) == inline
    assert ("url" in tips) == (not inline)
    assert (store.get(tips["hash"]) is None) == inline


def test_a_rerun_of_a_city_sends_a_few_bytes_a_feature():
    n = 20_000
    made = points_layer(
        "a",
        geometry=Points(np.linspace(121, 122, n), np.linspace(31, 32, n)),
        feature_ids=tuple(map(str, range(n))),
        tooltips=[encode(f"安星村{i}") for i in range(n)],
    )
    payload = build_payload(
        MapView((made,), "m", centre=(0, 0)), UrlSender(GeometryStore(b"k"), "")
    )
    # one byte a feature for its class, four thirds of it in base64, and the words around it
    assert payload_size(payload) < 1.34 * n + 3_000


def test_the_loader_sent_on_every_rerun_stays_small():
    assert len(LOADER) < 3_000


def page() -> None:
    import numpy as np
    import streamlit as st

    from dashboard.leaflet.component import working_map
    from dashboard.maps import Layer, MapView, Points
    from dashboard.styles import single

    layer = Layer(
        "cameras",
        "Cameras",
        "point",
        Points(np.array([121.0]), np.array([31.0])),
        ("cam-7",),
        single("#112233"),
        pickable=True,
    )
    picked = working_map(MapView((layer,), "map", centre=(121.0, 31.0)), key="map")
    st.text(f"picked {picked.feature_id}" if picked else "picked nothing")


def test_the_page_sends_one_payload_and_reads_a_click_from_session_state():
    app = AppTest.from_function(page).run(timeout=20)
    assert app.text[0].value == "picked nothing"
    sent = json.loads(app.get("bidi_component")[0].proto.json)
    assert [layer["id"] for layer in sent["layers"]] == ["cameras"]
    assert sent["script"].startswith("map.")
    assert "cam-7" not in json.dumps(sent)
    app.session_state["map"] = {"picked": {"layer": "cameras", "index": 0}}
    assert app.run(timeout=20).text[0].value == "picked cam-7"
