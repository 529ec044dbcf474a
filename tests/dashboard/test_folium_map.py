"""Maps that leave the app carry nothing but what they show, and call no one."""

import json
import re

import folium
import numpy as np
import pytest
from folium.plugins import MarkerCluster

from dashboard.encode import encode
from dashboard.folium_map import (
    Inline,
    drawing_map,
    folium_map,
    offline,
    portable_map,
    render_page,
    script_json,
)
from dashboard.leaflet import bundle
from dashboard.maps import Layer, MapError, MapView, Points, Tiles
from dashboard.styles import Swatch, categories, single

HOSTILE = "${alert(1)}`</script><script>alert(2)</script>'\"{{7*7}}{%raw%}{#gone#}{{{8*8}}}"


def town(**changes):
    given_fields = {
        "id": "cameras",
        "title": HOSTILE,
        "kind": "point",
        "geometry": Points(np.array([121.0, 121.1, 121.2]), np.array([31.0, 31.1, 31.2])),
        "feature_ids": ("id-one", "id-two", "id-three"),
        "style": categories({1: Swatch(HOSTILE, "#112233"), 2: Swatch("b", "#445566")}),
        "values": [1, 2, 1],
        "tooltips": [encode(HOSTILE), encode("乙"), encode("丙")],
    }
    layer = Layer(**(given_fields | changes))
    base = Tiles("https://tiles.example/{z}/{x}/{y}.png", "who")
    return MapView((layer,), HOSTILE, bounds=(121.0, 31.0, 121.2, 31.2), base=base)


def payload_of(page: bytes) -> dict:
    found = re.search(r"AnxingMap\.attach\(map_main, (\{.*\}), \{\}\);", page.decode())
    return json.loads(found[1])


def test_the_file_is_the_same_for_the_same_view():
    assert portable_map(town()) == portable_map(town())


def test_hostile_text_appears_nowhere_as_it_was():
    page = portable_map(town()).decode()
    own = page.replace(bundle.script().text, "")
    for piece in ("${alert", "`<", "<script>alert", "{{7*7}}"):
        assert piece not in own
    assert own.count("</script>") == own.count("<script>")
    assert payload_of(portable_map(town()))["layers"][0]["title"] == HOSTILE


def test_the_file_has_no_address_to_load_from():
    page = portable_map(town()).decode().replace(bundle.script().text, "")
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)
    assert "url(images/" not in page
    assert "tiles.example" not in page
    assert "default-src 'none'" in page


def test_ids_stay_out_of_the_file():
    assert b"id-one" not in portable_map(town())


def test_features_hidden_by_a_filter_are_not_in_the_file():
    layer = payload_of(portable_map(town(shown=[False, True, False])))["layers"][0]
    assert layer["tips"]["list"] == ["乙"]
    assert layer["codes"] == "AQ=="  # one byte, class 1
    assert len(layer["data"]["text"]) == 12  # eight bytes in base64


def test_hidden_shapes_are_not_in_the_file_either():
    shapes = [{"type": "Point", "coordinates": [121 + i / 10, 31]} for i in range(3)]
    text = json.dumps(
        {"features": [{"geometry": s, "properties": {"p": "SECRET"}} for s in shapes]}
    )
    page = portable_map(town(geometry=text, shown=[True, False, False]))
    assert [
        f["geometry"]["coordinates"]
        for f in payload_of(page)["layers"][0]["data"]["json"]["features"]
    ] == [[121.0, 31]]
    assert b"SECRET" not in page


def test_the_page_can_be_enlarged_and_names_its_language():
    page = portable_map(town()).decode()
    assert "user-scalable" not in page
    assert '<html lang="zh">' in page


def test_script_json_means_the_same_and_holds_no_live_character():
    value = {"a": [HOSTILE, "\u2028", 1.5, None]}
    assert json.loads(script_json(value)) == value
    assert not set("<>&'`$\u2028") & set(script_json(value))
    assert not re.search(r"\{[{%#]", script_json(value))


def test_a_drawing_map_links_only_to_what_the_app_serves():
    drawn = drawing_map(town(pickable=True))
    links = [
        link
        for element in (drawn, *drawn._children.values())
        for kind in ("default_js", "default_css")
        for _, link in getattr(element, kind, [])
    ]
    assert len(links) == 4
    assert all(re.match(r"\.\./\.\./(assets|vendor)/", link) for link in links)
    assert not any("://" in link for link in links)


def test_a_drawing_map_speaks_the_language_of_its_reader():
    words = next(c for c in drawing_map(town())._children.values() if c._name == "DrawWords").words
    assert json.loads(words)["draw"]["toolbar"]["buttons"]["polygon"] == "画多边形"


def test_folium_itself_keeps_its_own_links():
    drawing_map(town())
    assert any("://" in link for _, link in folium.Map(tiles=None).default_js)


def test_an_element_that_needs_more_than_is_vendored_is_refused_by_name():
    drawn = folium_map(town())
    drawn.add_child(MarkerCluster())
    with pytest.raises(MapError, match="MarkerCluster: needs markerclusterjs"):
        offline(drawn, root="")


def test_an_icon_marker_is_refused():
    drawn = folium_map(town())
    drawn.add_child(folium.Marker((31, 121), icon=folium.Icon()))
    with pytest.raises(MapError, match="Icon needs fonts"):
        render_page(drawn, title="", lang="zh")


def test_a_popup_finds_its_script_inside_the_file():
    drawn = folium_map(town())
    drawn.add_child(folium.CircleMarker((31, 121), popup=folium.Popup(encode("a"))))
    assert b"jQuery v3.7.1" in render_page(drawn, title="", lang="zh")


def test_a_script_that_ends_its_own_element_is_refused():
    with pytest.raises(MapError, match="holds </script"):
        Inline("script", "a</SCRIPT>b")


def test_a_view_given_by_its_centre_opens_there():
    layer = Layer("a", "A", "point", Points(np.zeros(1), np.zeros(1)), ("x",), single("#112233"))
    page = portable_map(MapView((layer,), "t", centre=(121.5, 31.25), zoom=15))
    assert payload_of(page)["place"] == {"bounds": None, "centre": [121.5, 31.25], "zoom": 15}
    assert b"center: [31.25, 121.5]" in page
