"""The served app: `streamlit run dashboard/server.py`, with settings from `.streamlit` beside it.

Environment: ANXING_STORE is the folder of builds; ANXING_TILE_HOSTS lists, separated by spaces, the
origins of tile servers that districts use; ANXING_SECRET is shared by several processes behind
one address.
"""

import os
from pathlib import Path
from threading import Thread

import streamlit as st

import dashboard.views  # noqa: F401  (loads charts and maps now, not when the first visitor waits)
from dashboard.hot_hours import warm
from dashboard.routes import make_middleware, make_routes

HERE = Path(__file__).resolve().parent
STORE_FOLDER = os.environ.get("ANXING_STORE")

# the first reader of a part of the day would wait a second for kernels to be loaded or compiled
Thread(target=warm, name="warm", daemon=True).start()

app = st.App(
    HERE / "app.py",
    routes=make_routes(
        build_pointer=Path(STORE_FOLDER) / "current.json" if STORE_FOLDER else None,
        prefix=st.get_option("server.baseUrlPath") or "",
    ),
    middleware=make_middleware(tile_hosts=tuple(os.environ.get("ANXING_TILE_HOSTS", "").split())),
)
