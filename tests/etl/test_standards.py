"""Standards are read whole and refused with every fault, naming file, key and value."""

from pathlib import Path

import pytest

from etl.rating.measures import MEASURES, may_be_published
from etl.standards import StandardError, find_standard, list_standards, load_standard

SHIPPED = (
    "care-compare",
    "five-grade",
    "food-hygiene",
    "hazard-campaign",
    "manager-demerit",
    "plan-targets",
    "security-star",
)
SMALL = """
id = "small"
version = "1"
name_en = "Small"
name_zh = "小"
text_en = "Two items."
text_zh = "两项。"
source_en = "By hand."
source_zh = "手工。"
max_score = 100
published = true
monotone = true
missing = "zero"

[enough]
max_missing_fraction = 0.5

[scorers.office]
name_en = "Office"
name_zh = "办公室"

[[items]]
id = "a"
name_en = "A"
name_zh = "甲"
text_en = "First."
text_zh = "第一。"
weight = 60
rule = "score"
scorer = "office"

[[items]]
id = "b"
name_en = "B"
name_zh = "乙"
text_en = "Second."
text_zh = "第二。"
weight = 40
rule = "linear"
measure = "criminal_relative"
full_at = 0.5
zero_at = 2.0
scorer = "office"

[[grades]]
id = "good"
name_en = "Good"
name_zh = "良"
cut = 80
stars = 5

[[grades]]
id = "poor"
name_en = "Poor"
name_zh = "差"
cut = 0
stars = 0
"""
CAP = """
[[caps]]
id = "cap"
name_en = "Cap"
name_zh = "封顶"
"""
STREAK = """
[[consequences]]
kind = "streak"
name_en = "Streak"
name_zh = "连续"
length = 2
"""
RELATIVE = """
[relative]
group = "station_id"
min_group = 5
"""


def load(folder: Path, text: str) -> object:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return load_standard(path)


@pytest.mark.parametrize("standard_id", SHIPPED)
def test_shipped_standards_load_in_both_languages(standard_id: str) -> None:
    standard = find_standard(standard_id)
    texts = [standard.name, standard.text, standard.source]
    texts += [one.name for one in standard.items] + [one.text for one in standard.items]
    texts += [one.name for one in standard.grades] + list(standard.scorers.values())
    assert all(one.en.isascii() and not one.zh.isascii() for one in texts)


def test_exactly_the_shipped_standards_are_there() -> None:
    assert list_standards() == SHIPPED


def test_security_star_is_the_scheme_of_its_source() -> None:
    standard = find_standard("security-star")
    assert [(one.cut, one.stars, one.reward_yuan) for one in standard.grades] == [
        (90, 5, 5000),
        (80, 4, 4000),
        (70, 3, 3000),
        (60, 2, 2000),
        (0, 0, None),
    ]
    assessed = {one.item_id: one.weight for one in standard.items if one.is_assessed}
    assert assessed == {
        "lighting": 8,
        "gate_access": 12,
        "video_upkeep": 12,
        "perimeter": 8,
        "internal_management": 10,
        "guard_team": 12,
        "disputes_mediation": 8,
    }
    assert sum(one.weight for one in standard.items) == 100
    assert [one.check_id for one in standard.eligibility] == [
        "buildings",
        "enclosed",
        "occupancy",
        "construction_permit",
        "company_registered",
    ]


@pytest.mark.parametrize("standard_id", SHIPPED)
def test_published_standards_rest_on_nothing_that_must_stay_inside(standard_id: str) -> None:
    standard = find_standard(standard_id)
    assert not standard.published or all(may_be_published(one) for one in standard.measures())


def test_no_measure_of_the_engine_is_camera_coverage() -> None:
    assert not [one for one in MEASURES if "camera" in one or "coverage" in one or "seen" in one]


def test_the_small_standard_is_good(tmp_path: Path) -> None:
    load(tmp_path, SMALL)


def test_digest_and_version_are_those_of_the_file(tmp_path: Path) -> None:
    first = load_standard(_written(tmp_path, SMALL))
    second = load_standard(_written(tmp_path, SMALL + "\n"))
    assert first.version == "1"
    assert first.digest != second.digest
    assert len(first.digest) == 64


def _written(folder: Path, text: str) -> Path:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("weight = 60", "weight = 50", r"small\.toml, items\.weight: found '90 in sum'; expected"),
        ("cut = 80", "cut = 101", r"grades\.good\.cut: found 101.*can be reached \(best 100\)"),
        ("cut = 80", "cut = 0", r"grades\.cut: found \[0.*strictly falling cuts"),
        ("cut = 0", "cut = 10", r"grades\.poor\.cut: found 10.*every score has a grade"),
        ("cut = 80\n", "", r"grades\.cut: found \[None.*a cut for each grade"),
        ("stars = 5", "stars = 6", r"grades\[1\]\.stars: found 6; expected a number from 0 to 5"),
        ("stars = 0", "stars = 5.0\n", None),
        ('scorer = "office"', 'scorer = "nobody"', r"items\.a\.scorer: found 'nobody'"),
        ('rule = "score"', 'rule = "guess"', r"items\[1\]\.rule: found 'guess'; expected one of"),
        (
            "full_at",
            "ful_at",
            r"items\[2\]\.full_at: found None.*\n.*items\[2\]\.ful_at: found 0.5",
        ),
        ("zero_at = 2.0", "zero_at = 0.5", r"items\.b\.zero_at: found 0\.5"),
        ("zero_at = 2.0", "zero_at = 0.2", r"items\.b\.rule.*never fall when criminal_relative"),
        ('id = "b"', 'id = "a"', r"items\.id: found 'a'; expected each id once"),
        ('"criminal_relative"', '"n_criminal"', r"measure: found 'n_criminal'.*bare incident"),
        ('"criminal_relative"', '"seen_fraction"', r"measure: found 'seen_fraction'.*no camera"),
        ('"criminal_relative"', '"wind"', r"measure: found 'wind'; expected a known measure"),
        ("max_score = 100", 'max_score = "lots"', r"max_score: found 'lots'; expected a number"),
        ("max_score = 100", "max_score = 0", r"max_score: found 0; expected a number from 1"),
        ("published = true", "published = 1", r"published: found 1; expected true or false"),
        ('version = "1"\n', "", r"version: found None; expected a text"),
        ('name_zh = "甲"', 'name_zh = ""', r"items\[1\]\.name_zh: found ''"),
        ('missing = "zero"', 'missing = "guess"', r"missing: found 'guess'; expected one of zero"),
        ('id = "small"', 'id = "other"', r"id: found 'other'; expected 'small', the name"),
        ("[enough]", "[enoug]", r"enough: found None; expected a table"),
        ("max_missing_fraction = 0.5", "max_missing_fraction = 5", r"found 5; .* from 0 to 1"),
        ("version = ", "colour = 3\nversion = ", r"colour: found 3; expected a known key"),
        ("[scorers.office]", "[scorers]\noffice = 3\n[other]", r"scorers\.office: found 3"),
    ],
)
def test_a_fault_names_file_key_and_value(
    tmp_path: Path, old: str, new: str, match: str | None
) -> None:
    text = SMALL.replace(old, new, 1)
    if match is None:
        load(tmp_path, text)
        return
    with pytest.raises(StandardError, match=match):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        (
            CAP + 'kind = "flag_cap"\nmeasure = "n_awards"\nat_least = 1\n',
            r"caps\.cap\.grade: found None",
        ),
        (
            CAP + 'kind = "flag_cap"\nmeasure = "n_awards"\nat_least = 1\ngrade = "top"\n',
            r"caps\.cap\.grade: found 'top'; expected one of good, poor",
        ),
        (
            CAP + 'kind = "flag_cap"\nitem = "z"\nbelow = 1\ngrade = "poor"\n',
            r"caps\.cap\.item: found 'z'; expected one of a, b",
        ),
        (
            CAP
            + 'kind = "flag_cap"\nitem = "a"\nmeasure = "n_awards"\nbelow = 1\ngrade = "poor"\n',
            r"caps\[1\]\.item: found 'a'; expected either item or measure",
        ),
        (
            CAP + 'kind = "flag_cap"\nitem = "a"\nbelow = 1\nabove = 2\ngrade = "poor"\n',
            r"caps\[1\]: found \['above', 'below'\]; expected exactly one of",
        ),
        (
            CAP + 'kind = "worst_item_cap"\nitems = ["a", "q"]\nlimits = [[0.5, "good"]]\n',
            r"caps\.cap\.items: found 'q'",
        ),
        (
            CAP
            + 'kind = "worst_item_cap"\nitems = ["a"]\nlimits = [[0.5, "good"], [0.7, "poor"]]\n',
            r"caps\.cap\.limits: found \[0\.5, 0\.7\]; expected limits from strict to mild",
        ),
        (
            CAP + 'kind = "worst_item_cap"\nitems = ["a"]\nlimits = [[1.5, "good"]]\n',
            r"caps\.cap\.limits: found 1\.5; expected a limit that the worst item can keep",
        ),
        (
            CAP + 'kind = "worst_item_cap"\nitems = ["a"]\nlimits = [["x", 1]]\n',
            r"caps\[1\]\.limits: found .*; expected a list of pairs",
        ),
        (
            CAP + 'kind = "certainty_cap"\ngrade = "none"\nlow_at_least = 70\n',
            r"caps\.cap\.grade: found 'none'",
        ),
        (
            STREAK + 'id = "s"\nof = "t"\n' + STREAK + 'id = "t"\nof = "s"\n',
            r"consequences\.of: found \['s', 't'\]; expected no circle",
        ),
        (STREAK + 'id = "s"\nof = "u"\n', r"consequences\.s\.of: found 'u'"),
        (STREAK + 'id = "s"\ngrades = ["bad"]\n', r"consequences\.s\.grades: found 'bad'"),
        (STREAK + 'id = "s"\n', r"consequences\[1\]: found \[\]; expected exactly one of grades"),
        (RELATIVE, r"grades\.share: found \[None, None\]; expected a share above 0"),
        (RELATIVE + "colour = 1\n", r"relative\.colour: found 1"),
        (
            '[[consequences]]\nkind = "demerits"\nid = "d"\nname_en = "D"\nname_zh = "记分"\n'
            'measure = "n_notices"\nper_event = 2\nclean_periods = 1\n',
            r"consequences\.d\.levels: found \[\]; expected at least one level",
        ),
    ],
)
def test_a_faulty_rule_names_the_reference_that_is_wrong(
    tmp_path: Path, more: str, match: str
) -> None:
    with pytest.raises(StandardError, match=match):
        load(tmp_path, SMALL + more)


def test_certainty_is_asked_only_where_high_scores_are_good(tmp_path: Path) -> None:
    cap = CAP + 'kind = "certainty_cap"\ngrade = "poor"\nlow_at_least = 70\n'
    text = SMALL.replace("max_score", 'direction = "lower"\nmax_score', 1) + cap
    text = text.replace("cut = 80", "cut = 20").replace("cut = 0", "cut = 100")
    with pytest.raises(StandardError, match=r"caps\.cap\.kind: found 'certainty_cap'"):
        load(tmp_path, text)


def test_shares_of_relative_grades_sum_to_one(tmp_path: Path) -> None:
    text = SMALL.replace("cut = 80", "share = 0.3").replace("cut = 0", "share = 0.6") + RELATIVE
    with pytest.raises(StandardError, match=r"grades\.share: found '0\.9 in sum'; expected 1"):
        load(tmp_path, text)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("weight = 60", "weight = 50").replace("cut = 80", "cut = 101")
    with pytest.raises(StandardError) as caught:
        load(tmp_path, text)
    assert len(str(caught.value).splitlines()) == 2


def test_unknown_standard_names_those_that_exist() -> None:
    with pytest.raises(StandardError, match=r"found 'gold-star'; expected one of care-compare,"):
        find_standard("gold-star")


def test_a_citys_own_standard_comes_before_the_shipped_one(tmp_path: Path) -> None:
    own = SMALL.replace('id = "small"', 'id = "security-star"', 1)
    (tmp_path / "security-star.toml").write_text(own, encoding="utf-8")
    assert find_standard("security-star", [tmp_path]).name.en == "Small"


def test_a_file_that_is_not_toml_says_so(tmp_path: Path) -> None:
    with pytest.raises(StandardError, match=r"small\.toml: not readable as TOML"):
        load(tmp_path, "id = ")
    (tmp_path / "small.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StandardError, match="expected a rating standard in UTF-8"):
        load_standard(tmp_path / "small.toml")
