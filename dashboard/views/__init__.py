"""The pages, by name, in the order of the menu."""

from collections.abc import Callable

from dashboard.page import Page
from dashboard.views import (
    accuracy,
    alarms,
    cameras,
    clock,
    clusters,
    companies,
    concentration,
    coverage,
    data,
    dossier,
    hazards,
    hotspots,
    overview,
    patrols,
    ratings,
    standards,
    tonight,
)

VIEWS: dict[str, Callable[[Page], None]] = {
    "overview": overview.render,
    "dossier": dossier.render,
    "coverage": coverage.render,
    "cameras": cameras.render,
    "patrols": patrols.render,
    "clusters": clusters.render,
    "alarms": alarms.render,
    "tonight": tonight.render,
    "hotspots": hotspots.render,
    "clock": clock.render,
    "concentration": concentration.render,
    "accuracy": accuracy.render,
    "ratings": ratings.render,
    "hazards": hazards.render,
    "companies": companies.render,
    "standards": standards.render,
    "data": data.render,
}

# How the bar groups the pages of a role that has many; a group of one stands alone.
SECTIONS: dict[str, tuple[str, ...]] = {
    "incidents": (
        "clusters",
        "alarms",
        "tonight",
        "hotspots",
        "clock",
        "concentration",
        "accuracy",
    ),
    "cameras": ("coverage", "cameras", "patrols"),
    "rating": ("ratings", "hazards", "companies", "standards"),
}
