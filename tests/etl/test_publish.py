"""The public site: only public tables, every text escaped, whole or not at all, the same bytes."""

import csv
import io
import itertools
import json
import re
import shutil
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from etl.build import build
from etl.cli import main
from etl.errors import StoreError
from etl.publish import publish
from etl.publish.html import Html, escape, tag
from etl.publish.texts import TEXTS
from etl.store import MANIFEST, Store, file_digests

HOSTILE = """<script>alert("1")</script>'><img src=x onerror=alert(2)>"""
FORMULA = '=cmd|"/c calc"!A1'
TURNED = "安\u202eevil\x00乐"
COMMUNITIES = 24  # of the small model city
VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; it says when one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == name]


def pages_of(site: Path) -> dict[str, Page]:
    return {
        one.relative_to(site).as_posix(): Page(one.read_text(encoding="utf-8"))
        for one in sorted(site.rglob("*.html"))
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def site(model_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "site"
    publish(Store(model_store), out)
    return out


@pytest.fixture
def own_store(model_store: Path, tmp_path: Path) -> Store:
    """Store of one build that holds a public slice and nothing else; a test may change it."""
    folder = Store(model_store).current()
    mine = tmp_path / "store" / "builds" / folder.name
    (mine / "public").mkdir(parents=True)
    shutil.copy(folder / "public" / "public.duckdb", mine / "public")
    shutil.copy(folder / MANIFEST, mine)
    shutil.copy(model_store / "current.json", tmp_path / "store")
    return Store(tmp_path / "store")


def change(store: Store, *queries: str, given: list[object] | None = None) -> None:
    with duckdb.connect(str(store.current() / "public" / "public.duckdb")) as con:
        for query in queries:
            con.execute(query, given)


def test_a_site_is_made_of_the_public_slice_alone(own_store: Store, site: Path, tmp_path) -> None:
    publish(own_store, tmp_path / "out")

    assert file_digests(tmp_path / "out") == file_digests(site)


def test_every_page_is_there_in_both_languages_and_well_formed(site: Path) -> None:
    pages = pages_of(site)
    chinese = {name for name in pages if not name.startswith("en/")}

    assert len(chinese) == COMMUNITIES + 2
    assert {f"en/{name}" for name in chinese} == set(pages) - chinese
    for name, page in pages.items():
        assert page.all("html") == [{"lang": "en" if name.startswith("en/") else "zh-CN"}]
        assert len(page.all("h1")) == 1


def test_no_page_asks_for_anything_beyond_itself(site: Path) -> None:
    for name, page in pages_of(site).items():
        policy = next(
            one["content"]
            for one in page.all("meta")
            if one.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy.startswith("default-src 'none'; style-src 'sha256-"), name
        assert "unsafe" not in policy
        for tagged in ("script", "iframe", "img", "form", "object", "base"):
            assert page.all(tagged) == [], name
        for _, attributes in page.tags:
            assert "style" not in attributes
            assert not [one for one in attributes if one.startswith("on")]
        text = (site / name).read_text(encoding="utf-8")
        assert "://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "url(" not in text.replace("url(#", "")


def test_every_link_leads_to_a_file_of_the_site(site: Path) -> None:
    for name, page in pages_of(site).items():
        anchors = {one.get("id") for _, one in page.tags}
        for link in page.all("a"):
            path, _, anchor = str(link["href"]).partition("#")
            target = (site / name).parent / path if path else site / name
            assert target.resolve().is_file(), (name, link)
            if anchor and not path:
                assert anchor in anchors, (name, link)
            if anchor and path:
                assert f'id="{anchor}"' in target.read_text(encoding="utf-8")


def test_map_and_table_say_the_same_of_every_community(site: Path, model_store: Path) -> None:
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "public" / "public.duckdb"), read_only=True) as con:
        rows = con.execute(
            "SELECT name, name_en, stars, rating_state FROM core.communities "
            "JOIN mart.public_ratings USING (community_id) "
            "WHERE period = (SELECT max(period) FROM mart.public_ratings)"
        ).fetchall()
    assert {state for *_, state in rows} >= {"rated", "not_eligible"}
    page = pages_of(site)["index.html"]
    labels = [one["aria-label"] for one in page.all("a") if "aria-label" in one]
    grades = ["未获星级", "一星", "二星", "三星", "四星", "五星"]
    whys = {"not_eligible": "不符合参评条件", "no_data": "数据不足，未评级"}
    expected = [
        f"{name}：{grades[stars] if state == 'rated' else whys[state]}"
        for name, _, stars, state in rows
    ]
    assert sorted(labels) == sorted(expected)
    text = "".join(page.text)
    table = text[text.index("各小区评级") :]
    for name, _, stars, state in rows:
        said = "★" * stars + "☆" * (5 - stars) if state == "rated" else whys[state]
        assert re.search(re.escape(name) + r"[^0-9★]*" + re.escape(said), table), name


def test_a_community_without_a_rating_is_told_why(own_store: Store, tmp_path: Path) -> None:
    with duckdb.connect(str(own_store.current() / "public" / "public.duckdb")) as con:
        one, other, third = (
            row[0]
            for row in con.execute(
                "SELECT community_id FROM mart.public_ratings "
                "WHERE period = '2026' AND rating_state = 'rated' ORDER BY 1 LIMIT 3"
            ).fetchall()
        )
        for state, which in (("not_eligible", one), ("no_data", other)):
            con.execute(
                "UPDATE mart.public_ratings SET rating_state = ?, grade = NULL, stars = NULL, "
                "reason_en = 'Because of ' || ? WHERE community_id = ? AND period = '2026'",
                [state, state, which],
            )
        con.execute("DELETE FROM mart.public_ratings WHERE community_id = ?", [third])
    publish(own_store, tmp_path / "out")
    said = {
        which: "".join(pages_of(tmp_path / "out" / "en" / "community")[f"c-{which}.html"].text)
        for which in (one, other, third)
    }
    assert "does not meet the conditions" in said[one]
    assert "Because of not_eligible" in said[one]
    assert "Too little is known" in said[other]
    assert "Because of no_data" in said[other]
    assert "No rating of this community was published" in said[third]
    for text in said.values():
        assert "★" not in text.split("History")[0].split("Period before")[0]


def test_nothing_of_incidents_cameras_or_counts_is_published(site: Path, model_store: Path) -> None:
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        secret = [
            str(value)
            for query in (
                "SELECT incident_id FROM core.incidents LIMIT 200",
                "SELECT DISTINCT address FROM core.incidents WHERE address <> '' LIMIT 200",
                "SELECT camera_id FROM core.cameras LIMIT 200",
                "SELECT blind_spot_id FROM mart.blind_spots LIMIT 200",
            )
            for (value,) in con.execute(query).fetchall()
        ]
    assert len(secret) > 400
    everything = "".join(
        one.read_text(encoding="utf-8") for one in sorted(site.rglob("*")) if one.is_file()
    )
    assert [one for one in secret if f'"{one}"' in everything or f">{one}<" in everything] == []
    assert [one for one in secret if len(one) > 6 and one in everything] == []
    head = rows_of(site / "data" / "ratings.csv")[0]
    hidden = {"n_guards", "n_households", "score", "points", "lon", "x"}
    assert not hidden & set(head)
    shapes = json.loads((site / "data" / "communities.geojson").read_text(encoding="utf-8"))
    assert set(shapes["features"][0]["properties"]) == set(head)


def test_moving_every_camera_leaves_the_site_as_it_is(
    model_city: Path, site: Path, tmp_path: Path
) -> None:
    city = tmp_path / "city"
    shutil.copytree(model_city.parent, city)
    text = (city / "district.toml").read_text(encoding="utf-8")
    start = text.rindex("[[sources]]", 0, text.index('table = "cameras"'))
    following = text.find("[[sources]]", start + 5)
    without = text[:start] + (text[following:] if following > 0 else "")
    assert 'table = "cameras"' not in without
    (city / "district.toml").write_text(without, encoding="utf-8")
    store = Store(tmp_path / "store")
    build(city / "district.toml", store, now=datetime(2026, 7, 1))

    publish(store, tmp_path / "out")

    assert file_digests(tmp_path / "out") == file_digests(site)
    assert (tmp_path / "out" / MANIFEST).read_bytes() == (site / MANIFEST).read_bytes()


def test_hostile_texts_stay_text_on_every_page_and_in_every_file(
    own_store: Store, tmp_path: Path
) -> None:
    change(
        own_store,
        "UPDATE core.communities SET name = ?, name_en = ?",
        given=[HOSTILE, FORMULA],
    )
    change(own_store, "UPDATE core.streets SET name = ?, name_en = ?", given=[TURNED, HOSTILE])
    change(own_store, "UPDATE mart.public_items SET name_zh = ?, name_en = ?", given=[HOSTILE] * 2)
    change(own_store, "UPDATE mart.public_ratings SET reason_zh = ?", given=[HOSTILE])
    change(own_store, "UPDATE mart.public_ratings SET reason_en = ?", given=[FORMULA])
    change(own_store, "UPDATE meta.standards SET name_zh = ?, version = ?", given=[HOSTILE] * 2)
    change(
        own_store,
        "UPDATE meta.standards SET body = replace(body, '照明', '</title><script>')",
    )
    change(own_store, "UPDATE meta.build SET value = ? WHERE name = 'name'", given=[HOSTILE])
    out = tmp_path / "out"

    publish(own_store, out)

    pages = pages_of(out)
    for name, page in pages.items():
        assert page.all("script") == page.all("img") == [], name
        text = (out / name).read_text(encoding="utf-8")
        assert "\u202e" not in text
        assert "\x00" not in text
    assert any(HOSTILE in one for one in pages["index.html"].text)
    assert any("安\ufffdevil" in one for one in pages["index.html"].text)
    for file in ("ratings.csv", "items.csv"):
        for row in rows_of(out / "data" / file):
            for value in row.values():
                assert not value.startswith(("=", "+", "-", "@")), (file, value)
    assert rows_of(out / "data" / "ratings.csv")[0]["name_en"] == f"'{FORMULA}"
    shapes = json.loads((out / "data" / "communities.geojson").read_text(encoding="utf-8"))
    assert shapes["features"][0]["properties"]["name"] == HOSTILE


def test_no_community_number_names_a_file_outside_the_site(
    own_store: Store, tmp_path: Path
) -> None:
    change(
        own_store,
        "CREATE TEMP TABLE renamed AS SELECT community_id AS old, CASE row_number() OVER "
        "(ORDER BY community_id) WHEN 1 THEN '../../outside' WHEN 2 THEN 'same' WHEN 3 THEN 'SAME' "
        "WHEN 4 THEN 'a/b?c#d%20' WHEN 5 THEN '小区 1' WHEN 6 THEN repeat('x', 300) "
        "ELSE community_id END AS new FROM core.communities",
        "UPDATE mart.public_ratings SET community_id = new FROM renamed WHERE community_id = old",
        "UPDATE mart.public_items SET community_id = new FROM renamed WHERE community_id = old",
        "UPDATE core.communities SET community_id = new FROM renamed WHERE community_id = old",
    )
    out = tmp_path / "deep" / "out"
    found = publish(own_store, out)

    names = [one.name for one in (out / "community").iterdir()]
    assert len({one.lower() for one in names}) == found.n_communities
    assert all(re.fullmatch(r"[cd]-[A-Za-z0-9-]{1,40}\.html", one) for one in names)
    assert [one.name for one in tmp_path.iterdir() if "outside" in one.name] == []
    test_every_link_leads_to_a_file_of_the_site(out)


def test_publication_details_are_shown_when_given_and_only_then(
    own_store: Store, site: Path, tmp_path: Path
) -> None:
    plain = "".join(pages_of(site)["index.html"].text)
    assert "审图号" not in plain
    assert "异议" not in plain
    given = {"review_number": "浙S(2026)1号", "contact": "安星区公安分局 <治安大队>"}
    change(
        own_store,
        "UPDATE meta.build SET value = ? WHERE name = 'publication'",
        given=[json.dumps(given)],
    )
    publish(own_store, tmp_path / "out")
    pages = pages_of(tmp_path / "out")
    chinese, english = ("".join(pages[name].text) for name in ("index.html", "en/index.html"))
    assert "审图号：浙S(2026)1号" in chinese
    assert "21日内（即2026-07-21前" in chinese  # 2026-06-30 and 21 days
    assert "安星区公安分局 <治安大队>" in chinese
    assert "within 21 days of publication, until 2026-07-21" in english


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"review_numer": "1"}, r"publication\.review_numer: unknown key; expected one of review"),
        ({"contact": 110}, r"publication\.contact: found 110; expected a text"),
        ({"appeal_days": 0}, r"publication\.appeal_days: found 0; expected whole days from 1"),
        ({"appeal_days": True}, r"publication\.appeal_days: found True"),
    ],
)
def test_a_wrong_publication_table_is_refused_and_nothing_is_written(
    own_store: Store, tmp_path: Path, given: dict, said: str
) -> None:
    query = "UPDATE meta.build SET value = ? WHERE name = 'publication'"
    change(own_store, query, given=[json.dumps(given)])

    with pytest.raises(StoreError, match=said):
        publish(own_store, tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["store"]


def test_a_second_run_over_the_same_build_leaves_the_site_alone(
    own_store: Store, tmp_path: Path, capsys
) -> None:
    command = ["publish", "--store", str(own_store.path), "--out", str(tmp_path / "out"), "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] is False
    before = (tmp_path / "out" / "index.html").stat().st_ino

    assert main(command) == 0

    body = json.loads(capsys.readouterr().out)
    assert body["unchanged"] is True
    assert body["files"] == 1 + len(file_digests(tmp_path / "out"))
    assert (tmp_path / "out" / "index.html").stat().st_ino == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "store"]


def test_a_changed_build_replaces_the_site_whole(own_store: Store, tmp_path: Path) -> None:
    publish(own_store, tmp_path / "out")
    gone = sorted((tmp_path / "out" / "community").iterdir())[0]
    one = gone.stem.removeprefix("c-")
    change(own_store, "DELETE FROM core.communities WHERE community_id = ?", given=[one])

    publish(own_store, tmp_path / "out")

    assert not gone.exists()
    stated = json.loads((tmp_path / "out" / MANIFEST).read_text(encoding="utf-8"))["files"]
    assert stated == file_digests(tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "store"]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("out/index.html", "mine", r"out: holds files that anxing publish did not write"),
        ("out/manifest.json", '{"made_by": "another"}', r"did not write\. Move it away"),
        ("out/manifest.json", "not json", r"did not write"),
        ("out", "a file", r"out: is a file; expected a folder"),
    ],
)
def test_what_another_program_wrote_is_never_replaced(
    own_store: Store, tmp_path: Path, name: str, body: str, said: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(body, encoding="utf-8")

    with pytest.raises(StoreError, match=said):
        publish(own_store, tmp_path / "out")
    assert (tmp_path / name).read_text(encoding="utf-8") == body


@pytest.mark.parametrize("name", ["CNAME", "index.html"])
def test_a_site_that_someone_added_to_or_changed_is_not_replaced(
    own_store: Store, tmp_path: Path, name: str
) -> None:
    publish(own_store, tmp_path / "out")
    (tmp_path / "out" / name).write_text("by hand", encoding="utf-8")
    change(own_store, "UPDATE meta.build SET value = 'X' WHERE name = 'name'")

    with pytest.raises(StoreError, match=rf"out: {name} added or changed since it was published"):
        publish(own_store, tmp_path / "out")
    assert (tmp_path / "out" / name).read_text(encoding="utf-8") == "by hand"


@pytest.mark.parametrize("where", [".", "builds/site", ".."])
def test_a_site_does_not_lie_in_the_store_nor_hold_it(own_store: Store, where: str) -> None:
    with pytest.raises(StoreError, match="expected a folder apart"):
        publish(own_store, own_store.path / where)


def test_a_failed_run_leaves_the_old_site_and_no_rubbish(
    own_store: Store, tmp_path: Path, monkeypatch
) -> None:
    publish(own_store, tmp_path / "out")
    before = file_digests(tmp_path / "out")
    change(own_store, "UPDATE meta.build SET value = 'X' WHERE name = 'name'")
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if ".unfinished-" in path.name:
            raise OSError("disk full")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(StoreError, match="out: disk full; expected a folder that can be"):
        publish(own_store, tmp_path / "out")

    assert file_digests(tmp_path / "out") == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "store"]


def test_a_damaged_slice_is_one_clear_message(own_store: Store, tmp_path: Path) -> None:
    (own_store.current() / "public" / "public.duckdb").write_bytes(b"not a database")

    with pytest.raises(StoreError, match=r"public\.duckdb: .*expected the public tables"):
        publish(own_store, tmp_path / "out")


def test_a_name_without_english_is_marked_as_chinese(own_store: Store, tmp_path: Path) -> None:
    change(own_store, "UPDATE core.communities SET name = '金溪佳苑', name_en = NULL")
    publish(own_store, tmp_path / "out")
    page = (tmp_path / "out" / "en" / "index.html").read_text(encoding="utf-8")
    assert page.count('<span lang="zh-CN">金溪佳苑</span>') == COMMUNITIES


def test_no_build_is_one_clear_message(tmp_path: Path, capsys) -> None:
    code = main(["publish", "--store", str(tmp_path / "none"), "--out", str(tmp_path / "out")])

    assert code == 1
    assert "no build; expected one. Run anxing build first." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_grades_without_stars_have_signs_that_differ(own_store: Store, tmp_path: Path) -> None:
    body = {
        "published": True,
        "grades": [
            {"id": "a", "name_en": "Good", "name_zh": "良", "cut": 80},
            {"id": "b", "name_en": "General", "name_zh": "中", "cut": 0},
        ],
        "items": [],
    }
    change(own_store, "UPDATE meta.standards SET body = ?", given=[json.dumps(body)])
    change(
        own_store,
        "UPDATE mart.public_ratings SET stars = NULL, previous_stars = NULL, "
        "grade = CASE WHEN stars >= 3 THEN 'a' ELSE 'b' END WHERE rating_state = 'rated'",
    )
    publish(own_store, tmp_path / "out")
    page = pages_of(tmp_path / "out")["en/index.html"]
    text = "".join(page.text)
    assert {"Go", "Ge"} <= set(page.text)
    assert "★" not in text
    assert "Good (" in text


def test_a_district_without_published_standards_says_so(own_store: Store, tmp_path: Path) -> None:
    change(
        own_store,
        "DELETE FROM mart.public_ratings",
        "DELETE FROM mart.public_items",
        "UPDATE meta.standards SET body = '{\"published\": false}'",
    )
    found = publish(own_store, tmp_path / "out")
    pages = pages_of(tmp_path / "out")
    for name in ("en/index.html", "en/method.html"):
        assert "No rating is published" in "".join(pages[name].text)
    shapes = json.loads((tmp_path / "out/data/communities.geojson").read_text(encoding="utf-8"))
    assert len(shapes["features"]) == found.n_communities
    assert rows_of(tmp_path / "out" / "data" / "ratings.csv") == []


def test_the_method_page_says_every_item_grade_cap_and_condition(
    site: Path, model_store: Path
) -> None:
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "public" / "public.duckdb"), read_only=True) as con:
        body = json.loads(con.execute("SELECT body FROM meta.standards").fetchone()[0])
    for language, name in (("zh", "method.html"), ("en", "en/method.html")):
        text = "".join(pages_of(site)[name].text)
        for part in ("items", "grades", "caps", "eligibility"):
            assert body[part]
            for one in body[part]:
                assert one[f"name_{language}"] in text
        assert body[f"source_{language}"] in text
        assert "`" not in text
    assert "all points at 0.4; none from 2" in text
    assert "1 points off for each 0.1 short" in text
    assert "Full, 90% or more" in text


def test_shapes_are_in_degrees_and_turn_as_geojson_asks(site: Path, model_store: Path) -> None:
    shapes = json.loads((site / "data" / "communities.geojson").read_text(encoding="utf-8"))
    assert len(shapes["features"]) == COMMUNITIES
    for one in shapes["features"]:
        ring = one["geometry"]["coordinates"][0]
        assert all(120 < lon < 122 and 30 < lat < 31 for lon, lat in ring)
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
        assert area > 0


def test_texts_are_whole_in_both_languages() -> None:
    for key, one in TEXTS.items():
        assert one.zh, key
        assert one.en, key
        assert set(re.findall(r"{\w+}", one.zh)) == set(re.findall(r"{\w+}", one.en)), key


def test_text_is_escaped_once_and_markup_never() -> None:
    assert escape("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#x27;"
    assert tag("p", tag("b", "<i>"), None, title='"') == '<p title="&quot;"><b>&lt;i&gt;</b></p>'
    assert tag("p", Html("<br>")) == "<p><br></p>"
    assert tag("meta", name="a", content=None) == '<meta name="a">'


def test_dates_and_the_period_before_are_those_of_each_rating(
    site: Path, model_store: Path
) -> None:
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "public" / "public.duckdb"), read_only=True) as con:
        which, now, before, n_items = con.execute(
            "SELECT a.community_id, a.stars, b.stars, (SELECT count(*) FROM mart.public_items i "
            "WHERE i.community_id = a.community_id AND i.period = '2026') "
            "FROM mart.public_ratings a JOIN mart.public_ratings b USING (community_id) "
            "WHERE a.period = '2026' AND b.period = '2025' AND a.stars <> b.stars ORDER BY 1"
        ).fetchone()
    # The latest period ends with the data on 2026-06-30, the one before with its year.
    days = {row["period"]: row["as_of"] for row in rows_of(site / "data" / "ratings.csv")}
    assert days == {"2025": "2025-12-31", "2026": "2026-06-30"}
    page = pages_of(site)[f"en/community/c-{which}.html"]
    text = "|".join(page.text)
    words = ["No star", "One star", "Two stars", "Three stars", "Four stars", "Five stars"]
    facts = text[text.index("As of|") : text.index("Reason|")]
    assert facts.startswith("As of|2026-06-30|Period before|")
    assert words[before] in facts
    history = text[text.index("History|") : text.index("Compared with others|")]
    assert history.index(words[now]) < history.index("2026-06-30")
    assert history.index("2026-06-30") < history.index(words[before])
    assert history.index(words[before]) < history.index("2025-12-31")
    items = text[text.index("Points earned|") : text.index("History|")]
    assert len(re.findall(r"(?:[■□]{4}|No evidence)", items)) == n_items


def test_the_map_is_north_up_and_blue_is_good(site: Path, model_store: Path) -> None:
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "public" / "public.duckdb"), read_only=True) as con:
        rows = con.execute(
            "SELECT name, lat, stars FROM core.communities JOIN mart.public_ratings "
            "USING (community_id) WHERE period = '2026'"
        ).fetchall()
    page = pages_of(site)["index.html"]
    drawn = dict(
        zip(
            [one["aria-label"].partition("：")[0] for one in page.all("a") if "aria-label" in one],
            [one for one in page.all("path") if str(one.get("d", "")).count("L") > 1],
            strict=True,
        )
    )
    tops = {name: float(re.match(r"M\S+ ([0-9.]+)", str(drawn[name]["d"]))[1]) for name in drawn}
    north = max(rows, key=lambda row: row[1])[0]
    south = min(rows, key=lambda row: row[1])[0]
    assert tops[north] < tops[south]
    for name, _, stars in rows:
        if stars is not None:
            assert drawn[name]["class"] == f"k{5 - stars}"
    assert ".map .k0{fill:#1b5e94}" in (site / "index.html").read_text(encoding="utf-8")
