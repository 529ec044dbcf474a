"""A throw-away page around the working map."""

import sys
from dataclasses import replace
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parent))
from town import town_view

from dashboard.leaflet.component import working_map
from dashboard.maps import Tiles

st.set_page_config(page_title="map", layout="wide")
lang = st.query_params.get("lang", "zh")
names = None
if "hostile" in st.query_params:
    from hostile import NAMES

    names = NAMES
st.title("辖区地图" if lang == "zh" else "Jurisdiction")
month = st.selectbox("月份" if lang == "zh" else "Month", range(13), key="month")
tabs = st.tabs(["地图", "说明"]) if "tabs" in st.query_params else [st.container()]
picked = None
if not st.checkbox("hide"):
    with tabs[-1]:
        town = town_view(lang=lang, month=month, names=names)
        if "tiles" in st.query_params:
            datum = st.query_params["tiles"]
            town = replace(town, base=Tiles("/tiles/{z}/{x}/{y}.png", "<b>测绘</b>", datum=datum))
        picked = working_map(town, key="town")
if "draw" in st.query_params:
    from streamlit_folium import st_folium

    from dashboard.folium_map import drawing_map

    zones = st_folium(
        drawing_map(town_view(lang=lang)),
        key="zones",
        height=420,
        use_container_width=True,
        returned_objects=["all_drawings"],
    )
    st.text(f"zones: {len(zones['all_drawings'] or [])}")
st.text(f"picked: {picked.layer_id}/{picked.feature_id}" if picked else "picked: none")
st.text(f"month: {month}")
