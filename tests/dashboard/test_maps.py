"""The description of a map refuses contradictions and classifies values by hand-checked rules."""

import base64
import gzip
import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.encode import encode
from dashboard.maps import GzShapes, Layer, MapError, MapView, Points, Tiles, map_texts
from dashboard.payload import bare_geojson, build_payload
from dashboard.styles import HIDDEN, Style, StyleError, Swatch, categories, graduated, single

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"phone": "138"}, "geometry": SQUARE},
            {"type": "Feature", "properties": {}, "geometry": None},
        ],
    }
)
RED, BLUE = Swatch("red", "#ff0000"), Swatch("blue", "#0000ff", pattern="hatch")


class Recorder:
    """Sends nothing, and remembers what it was asked to send."""

    def geometry(self, content):
        return {"hash": content.sha256}

    def points(self, content, text):
        return {"hash": content.sha256, "text": text}

    def tips(self, content, texts):
        return {"hash": content.sha256, "list": list(texts)}


def layer(**changes):
    given_fields = {
        "id": "a",
        "title": "A",
        "kind": "polygon",
        "geometry": GEOJSON,
        "feature_ids": ("x", "y"),
        "style": single("#112233"),
    }
    return Layer(**(given_fields | changes))


def view(*layers, **changes):
    return MapView(layers, "map", **({"centre": (121.0, 31.0)} | changes))


def test_categories_give_each_value_its_swatch_and_unknown_ones_no_data():
    style = categories({5: RED, 1: BLUE})
    assert style.classify([1, 5, None, 3], 4).tolist() == [1, 0, 2, 2]


def test_a_numpy_array_of_categories_is_read_like_a_list():
    style = categories({"a": RED, "b": BLUE})
    assert style.classify(np.array(["b", "a", "c"]), 3).tolist() == [1, 0, 2]


def test_a_value_on_a_break_belongs_to_the_class_above_it():
    # classes: below 1, 1 to below 5, 5 and more
    style = graduated([1, 5], ["few", "some", "many"])
    assert style.classify([0, 1, 4.99, 5, np.nan], 5).tolist() == [0, 1, 1, 2, 3]


@given(st.lists(st.floats(-1e6, 1e6)), st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=5))
def test_graduated_classes_count_the_breaks_reached(values, breaks):
    breaks = sorted(breaks)
    style = graduated(breaks, [""] * (len(breaks) + 1), colours=["#000000"] * (len(breaks) + 1))
    slow = [sum(v >= b for b in breaks) for v in values]
    assert style.classify(values, len(values)).tolist() == slow


def test_without_a_rule_every_feature_has_the_first_swatch():
    assert single("#112233").classify(None, 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Swatch("x", "red"), "#rrggbb in lower case"),
        (lambda: Swatch("x", "#ff0000", pattern="zigzag"), "pattern 'zigzag'"),
        (lambda: Swatch("x", "#ff0000", symbol="skull"), "symbol 'skull'"),
        (lambda: Style(()), "0 swatches"),
        (lambda: Style((RED,) * 33), "33 swatches"),
        (lambda: Style((RED, BLUE), keys=(1,)), "1 keys; 2"),
        (lambda: Style((RED, BLUE, RED), breaks=(5, 1)), "2 rising inner breaks"),
        (lambda: Style((RED, BLUE), breaks=(5, 6)), "1 rising inner breaks"),
        (lambda: single("#000000", stroke="black"), "stroke 'black'"),
        (lambda: graduated([1], ["a", "b"]), "2 classes; 3 to 6"),
    ],
)
def test_a_style_that_cannot_be_drawn_is_refused(make, said):
    with pytest.raises(StyleError, match=said):
        make()


def test_a_hidden_feature_keeps_its_place_and_has_no_class():
    assert layer(shown=[True, False]).codes().tolist() == [0, HIDDEN]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "volume"}, "kind 'volume'"),
        ({"values": [1]}, "1 values; 2"),
        ({"tooltips": [encode("a")]}, "1 tooltips; 2"),
        ({"shown": [True] * 3}, "3 shown; 2"),
        ({"tooltips": ["<b>", "x"]}, "'<b>' is not encoded"),
        ({"geometry": Points(np.zeros(2), np.zeros(2))}, "2 points for 2 ids of kind polygon"),
        (
            {"kind": "point", "geometry": Points(np.zeros(3), np.zeros(3))},
            "3 points for 2 ids of kind point",
        ),
    ],
)
def test_a_layer_that_contradicts_itself_is_refused(changes, said):
    with pytest.raises(MapError, match=said):
        layer(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"centre": None}, "exactly one was expected"),
        ({"bounds": (0, 0, 1, 1)}, "exactly one was expected"),
        ({"centre": (float("nan"), 31.0)}, "finite degrees"),
        ({"lang": "fr"}, "language 'fr'"),
    ],
)
def test_a_view_without_a_place_or_a_language_is_refused(changes, said):
    with pytest.raises(MapError, match=said):
        view(layer(), **changes)


def test_two_layers_of_one_name_are_refused():
    with pytest.raises(MapError, match="distinct ids"):
        view(layer(), layer())


def test_tiles_in_a_datum_the_browser_cannot_reach_are_refused():
    with pytest.raises(MapError, match="datum 'bd09'"):
        Tiles("/{z}/{x}/{y}.png", "me", datum="bd09")


def test_points_are_packed_as_millionths_of_a_degree():
    packed = Points(np.array([121.1234567, -1.0]), np.array([31.0, 0.0000005])).packed()
    # 0.5 millionths rounds to the even 0
    assert np.frombuffer(packed, "<i4").tolist() == [121123457, 31000000, -1000000, 0]


def test_a_label_is_a_short_number_and_travels_with_its_layer():
    made = layer(kind="point", labels=("1", ""), geometry=Points(np.zeros(2), np.zeros(2)))
    assert build_payload(view(made), Recorder())["layers"][0]["labels"] == ["1", ""]
    assert build_payload(view(layer()), Recorder())["layers"][0]["labels"] is None
    for text in ("<b>", "１", "12345", "a"):
        with pytest.raises(MapError, match="up to 4 digits were expected"):
            layer(labels=(text, ""))
    with pytest.raises(MapError, match="1 labels; 2 were expected"):
        layer(labels=("1",))


def test_the_browser_gets_no_ids_no_values_and_no_attributes():
    drawn = layer(
        feature_ids=("SECRET1", "SECRET2"),
        style=categories({"SECRET3": RED}),
        values=["SECRET3", "SECRET4"],
    )
    said = json.dumps(build_payload(view(drawn), Recorder()))
    assert "SECRET" not in said
    assert "138" not in json.dumps(bare_geojson(drawn.content()))


def test_class_numbers_travel_as_one_byte_a_feature():
    payload = build_payload(
        view(layer(style=categories({1: RED, 2: BLUE}), values=[2, 9])), Recorder()
    )
    assert base64.b64decode(payload["layers"][0]["codes"]) == bytes([1, 2])


def test_the_legend_shows_no_data_only_when_some_feature_has_none():
    style = categories({1: RED})
    for values, shown in (([1, 1], False), ([1, 7], True)):
        payload = build_payload(view(layer(style=style, values=values), lang="en"), Recorder())
        last = payload["layers"][0]["style"]["swatches"][-1]
        assert (last["label"], last["shown"]) == ("No data", shown)


def test_a_hidden_feature_is_not_one_without_data():
    drawn = layer(style=categories({1: RED}), values=[1, 1], shown=[True, False])
    payload = build_payload(view(drawn), Recorder())
    assert not payload["layers"][0]["style"]["swatches"][-1]["shown"]


def test_geometry_is_named_by_its_content_and_equal_content_has_equal_bytes():
    one, two = layer().content(), layer(geometry=GEOJSON.encode()).content()
    assert one == two
    assert one.sha256 == hashlib.sha256(GEOJSON.encode()).hexdigest()
    assert gzip.decompress(one.gz).decode() == GEOJSON
    assert layer(geometry=GzShapes("f" * 64, one.gz)).content().sha256 == "f" * 64


def test_points_in_memory_have_no_geojson():
    drawn = layer(kind="point", geometry=Points(np.zeros(2), np.zeros(2)))
    with pytest.raises(MapError, match="points in memory"):
        drawn.content()


def test_what_is_selected_is_named_by_position_and_forgotten_when_absent():
    for selected, said in (
        (("a", "y"), {"layer": "a", "index": 1}),
        (("a", "z"), None),
        (("b", "y"), None),
        (None, None),
    ):
        assert build_payload(view(layer(), selected=selected), Recorder())["selected"] == said


def test_bare_geometry_keeps_collections_and_drops_foreign_members():
    inner = {"type": "Point", "coordinates": [1, 2], "note": "x"}
    raw = {"features": [{"geometry": {"type": "GeometryCollection", "geometries": [inner]}}]}
    content = GzShapes("0", gzip.compress(json.dumps(raw).encode()))
    assert bare_geojson(content)["features"][0]["geometry"]["geometries"] == [
        {"type": "Point", "coordinates": [1, 2]}
    ]


def test_every_word_of_the_controls_exists_in_both_languages():
    def leaves(table, at=""):
        for key, value in table.items():
            if isinstance(value, dict):
                yield from leaves(value, f"{at}{key}.")
            else:
                assert value.strip()
                yield f"{at}{key}"

    assert sorted(leaves(map_texts("zh"))) == sorted(leaves(map_texts("en")))
