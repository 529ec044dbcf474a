"""Who has how many stars, why, since when, and by which standard; the public's page too."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import layers
from dashboard.blocks import (
    Card,
    downloads,
    lacking,
    plain,
    show_cards,
    show_lead,
    show_list,
    show_note,
    show_table,
    stars_text,
)
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.queries import ratings
from dashboard.rating_parts import show_rating
from dashboard.rating_quality import show_quality, with_years
from dashboard.standard import standard_names


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    public = page.viewer.role == "public"
    st.title(plain(t("ratings.title", area=page.scope_name)))
    show_lead(t("ratings.lead_public" if public else "ratings.lead"))
    table = "mart.public_ratings" if public else "mart.ratings"
    if not lacking(page, table):
        _explore(page)
    st.header(t("ratings.standard"))
    show_lead(t("ratings.standard_lead"))
    st.page_link(page.links["standards"], label=t("ratings.open_standards"))


def read_ratings(page: Page) -> pd.DataFrame:
    """Return the ratings this viewer may see, with the name in the session's language."""
    found = ratings.published(page) if page.viewer.role == "public" else ratings.internal(page)
    found["shown_name"] = [page.name_of(r) for r in found.to_dict("records")]
    found["reason"] = [page.t.pick(r.reason_zh, r.reason_en) for r in found.itertuples()]
    return found


@st.fragment
def _explore(page: Page) -> None:
    """Draw the filters, the distribution, the map and the ranking; reruns alone."""
    t = page.t
    rows = _filtered(page, read_ratings(page))
    if rows.empty:
        show_note(t("ratings.none"), "plain")
        return
    _cards(page, rows)
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        style = layers.star_style(page)
        shown = set(rows["community_id"])
        view = layers.view(
            page,
            [
                layers.community_layer(page, layers.star_values(rows), style,
                                       layers.star_tips(page, rows), title=t("layer.communities"),
                                       shown=lambda one: one in shown),
                layers.jurisdiction_layer(page),
            ],
            title=t("ratings.map"),
            bounds=layers.area_bounds(page),
            height_px=480,
            selected=("communities", str(st.query_params.get("c", ""))),
        )  # fmt: skip
        picked = working_map(view, key="ratings_map")
    with right:
        row = _picked(page, rows, picked.feature_id if picked else None)
        if row is None:
            show_note(t("ratings.pick"), "info")
            _movers(page, rows)
        else:
            _explain(page, row)
    _table(page, rows)
    if page.viewer.role != "public":
        show_quality(page, str(rows.loc[0, "standard_id"]), str(rows.loc[0, "period"]))


def _filtered(page: Page, rows: pd.DataFrame) -> pd.DataFrame:
    t = page.t
    names = standard_names(page)
    rated = set(rows["standard_id"])
    known = [one for one in names if one in rated] or sorted(rated)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        standard = st.selectbox(
            t("filter.standard"), known, format_func=lambda one: names.get(one, one),
            key="ratings_standard", width=220,
        )  # fmt: skip
        rows = rows[rows["standard_id"] == standard]
        periods = sorted(set(rows["period"]), reverse=True)
        period = st.selectbox(t("filter.rating_period"), periods, key="ratings_period", width=140)
        rows = rows[rows["period"] == period]
        stars = st.pills(
            t("filter.stars"), (5, 4, 3, 2, 1, 0), selection_mode="multi", key="ratings_stars",
            format_func=lambda one: t(f"stars.{one}"),
        )  # fmt: skip
        word = st.text_input(t("filter.name"), key="ratings_name", width=200)
    if stars:
        rows = rows[rows["stars"].isin(stars)]
    if word:
        hay = rows["name"].fillna("").astype(str) + " " + rows["name_en"].fillna("").astype(str)
        rows = rows[hay.str.contains(word.strip(), case=False, regex=False)]
    return rows.reset_index(drop=True)


def _cards(page: Page, rows: pd.DataFrame) -> None:
    t, f = page.t, page.f
    rated = rows["stars"].notna()
    cards = [Card(t("ratings.rated"), f.count(int(rated.sum())),
                  unit=t("card.of", n=f.count(len(rows))))]  # fmt: skip
    for n in (5, 4, 3, 2):
        count = int((rows["stars"] == n).sum())
        cards.append(
            Card(
                stars_text(n),
                f.count(count),
                lines=(t("ratings.share", share=f.share(count / len(rows))),),
            )
        )
    fewer = int((rows["stars"] < 2).sum())
    cards.append(Card(t("ratings.below"), f.count(fewer)))
    show_cards(cards, t("ratings.figures"))


def _picked(page: Page, rows: pd.DataFrame, picked: str | None) -> pd.Series | None:
    if picked is not None and picked != st.session_state.get("said_ratings"):
        st.session_state["said_ratings"] = st.query_params["c"] = picked
    chosen = rows[rows["community_id"] == st.query_params.get("c", "")]
    return None if chosen.empty else chosen.iloc[0]


def _movers(page: Page, rows: pd.DataFrame) -> None:
    """Show who rose and who fell since the period before."""
    t = page.t
    st.subheader(t("ratings.moved"))
    known = rows.dropna(subset=["stars", "previous_stars"])
    moved = known[known["stars"] != known["previous_stars"]]
    if moved.empty:
        show_note(t("ratings.none_moved"), "plain")
        return
    step = moved["stars"] - moved["previous_stars"]
    moved = moved.assign(step=step).sort_values(["step", "shown_name"], ascending=[False, True])
    moved["word"] = [t("ratings.rose" if n > 0 else "ratings.fell") for n in moved["step"]]
    show_table(page, moved, {
        "shown_name": (t("table.community"), "text"), "word": (t("table.moved"), "text"),
        "previous_stars": (t("table.previous"), "stars"), "stars": (t("table.stars"), "stars"),
    }, name="movers", at_most_px=380)  # fmt: skip


def _explain(page: Page, row: pd.Series) -> None:
    """Say why a community has its stars, as far as this viewer may know."""
    t = page.t
    st.subheader(plain(row["shown_name"]))
    if page.viewer.role == "public":
        _explain_public(page, row)
        return
    show_rating(page, row)
    st.page_link(page.links["dossier"], label=t("overview.open_dossier"),
                 query_params=dict(st.query_params) | {"c": str(row["community_id"])})  # fmt: skip


def _explain_public(page: Page, row: pd.Series) -> None:
    t = page.t
    lines = [
        stars_text(row["stars"]) or t.word("state", row["rating_state"]),
        t("ratings.period", period=row["period"]),
    ]
    if pd.notna(row["previous_stars"]):
        lines.append(t("rating.previous", stars=t(f"stars.{int(row['previous_stars'])}")))
    if row["reason"]:
        lines.append(row["reason"])
    show_list(lines)
    if lacking(page, "mart.public_items"):
        return
    items = ratings.public_items(page, str(row["community_id"]), str(row["standard_id"]),
                                 str(row["period"]))  # fmt: skip
    items["item"] = [t.pick(r.name_zh, r.name_en) or r.item_id for r in items.itertuples()]
    items["band_word"] = [t(f"band.{b}") for b in items["band"]]
    show_table(page, items, {
        "item": (t("table.item"), "text"), "band_word": (t("table.band"), "text"),
    }, name="bands")  # fmt: skip


def _table(page: Page, rows: pd.DataFrame) -> None:
    t = page.t
    st.header(t("ratings.ranking"))
    rows = rows.assign(state_word=[t.word("state", s) for s in rows["rating_state"]])
    rows = with_years(page, rows)
    columns = {
        "shown_name": (t("table.community"), "text"), "stars": (t("table.stars"), "stars"),
        "previous_stars": (t("table.previous"), "stars"),
        "state_word": (t("table.state"), "text"), "reason": (t("table.reason"), "text"),
        "scores": (t("history.by_year"), "bars"), "stars_by_year": (t("history.stars"), "text"),
        "firm_word": (t("firm.title"), "text"), "same_fraction": (t("firm.same"), "percent"),
    }  # fmt: skip
    columns = {name: how for name, how in columns.items() if name in rows}
    if page.viewer.role != "public":
        columns |= {
            "score": (t("table.score"), "number"), "score_low": (t("table.score_low"), "number"),
            "score_high": (t("table.score_high"), "number"),
            "has_enough_data": (t("table.enough"), "bool"),
            "reward_yuan": (t("table.reward"), "yuan"),
            "security_index": (t("table.index"), "number"),
        }  # fmt: skip
    at = show_table(
        page, rows, columns, name="ratings", select=True, at_most_px=460, alt=t("ratings.ranking")
    )
    if at is not None:
        chosen = str(rows.loc[at, "community_id"])
        if st.session_state.get("said_rating_table") != chosen:
            st.session_state["said_rating_table"] = st.query_params["c"] = chosen
            st.rerun(scope="fragment")
    downloads(page, "ratings", {"ratings": rows})
