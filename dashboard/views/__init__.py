"""The pages, by name, in the order of the menu."""

from collections.abc import Callable

from dashboard.page import Page
from dashboard.views import cameras, coverage, data, dossier, hotspots, overview, patrols, ratings

VIEWS: dict[str, Callable[[Page], None]] = {
    "overview": overview.render,
    "dossier": dossier.render,
    "coverage": coverage.render,
    "cameras": cameras.render,
    "patrols": patrols.render,
    "hotspots": hotspots.render,
    "ratings": ratings.render,
    "data": data.render,
}

# How the bar groups the pages of a role that has many; a group of one stands alone.
SECTIONS: dict[str, tuple[str, ...]] = {
    "incidents": ("hotspots",),
    "cameras": ("coverage", "cameras", "patrols"),
    "rating": ("ratings",),
}
