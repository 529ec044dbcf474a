"""Serves the throw-away page as the product is served."""

from pathlib import Path

import streamlit as st

from dashboard.routes import make_middleware, make_routes

app = st.App(Path(__file__).parent / "app.py", routes=make_routes(), middleware=make_middleware())
