"""Scan statistics: SaTScan's samples, brute force, chance, and clusters that were planted."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo._scan_kernels import _may_exceed, log_ratio
from geo.errors import GeoError
from geo.scan import CIRCLE, ELLIPSES, Scan, expected_from_strata, scan

EARTH_M = 6_371_008.8


def new_york(shared_data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leukaemia in upstate New York: tract centres, tract of each case, people."""
    folder = shared_data / "oracles"
    cases = np.loadtxt(folder / "scan_ny_cases.txt")[:, 1].astype(int)
    place = np.repeat(np.arange(len(cases)), cases)
    centres = np.loadtxt(folder / "scan_ny_coords.txt")[:, 1:]
    return centres, place, np.loadtxt(folder / "scan_ny_pop.txt")[:, 2]


def told_by_satscan(path: Path) -> list[dict[str, object]]:
    """Read the clusters of a results file of SaTScan."""
    found: list[dict[str, object]] = []
    names = {
        "Number of cases": "observed", "Expected cases": "expected", "Relative risk": "risk",
        "Log likelihood ratio": "statistic", "Test statistic": "statistic", "P-value": "p",
        "Recurrence interval": "recurrence", "Time frame": "when",
    }  # fmt: skip
    lines = path.read_text().split("CLUSTERS DETECTED")[1].split("\n______")[0].splitlines()
    for line in lines:
        if "Location IDs included" in line:
            found.append({"ids": line.split(":")[1]})
        elif found and ".: " not in line and line.startswith(" " * 10):
            found[-1]["ids"] = str(found[-1]["ids"]) + line
        elif ".: " in line and (key := line.split("..")[0].strip(" .")) in names:
            found[-1][names[key]] = line.split(".: ")[1].strip()
    for one in found:
        one["ids"] = {part.strip() for part in str(one["ids"]).split(",") if part.strip()}
    return found


def test_leukaemia_in_new_york_gives_the_clusters_of_satscan(shared_data: Path) -> None:
    told = told_by_satscan(shared_data / "oracles" / "scan_ny_satscan96_cartesian_50pct.txt")
    xy, place, people = new_york(shared_data)

    found = scan(xy, place, model="poisson", population=people, rng=np.random.default_rng(1))

    assert len(told) == 6
    assert len(found.clusters) in (6, 7)  # the seventh has a p of 0.999 or 1
    for ours, theirs in zip(found.clusters, told, strict=False):
        assert {str(i + 1) for i in ours.places} == theirs["ids"]
        assert f"{ours.statistic:.6f}" == theirs["statistic"]
        assert (f"{ours.observed}", f"{ours.expected:.2f}", f"{ours.relative_risk:.2f}") == (
            theirs["observed"],
            theirs["expected"],
            theirs["risk"],
        )
        # its p is fitted by a Gumbel distribution, ours counted among 999: both are random
        assert ours.p == pytest.approx(float(str(theirs["p"])), abs=0.06)
    assert found.clusters[0].p <= 0.005


def test_the_sharpest_clusters_of_new_york_are_those_satscan_marks(shared_data: Path) -> None:
    xy, place, people = new_york(shared_data)

    found = scan(
        xy, place, model="poisson", population=people, overlap="gini", rng=np.random.default_rng(2)
    )

    # "Gini Cluster: Yes" stands at the first two of six
    assert [(len(one.places), one.observed) for one in found.clusters] == [(28, 100), (8, 38)]


def test_fever_in_new_york_city_gives_the_clusters_of_satscan(shared_data: Path) -> None:
    folder = shared_data / "oracles"
    told = told_by_satscan(folder / "satscan103_result_NYCfever.txt")
    rows = [row.split() for row in (folder / "satscan_NYCfever.geo").read_text().splitlines()]
    ids = [row[0] for row in rows if row]
    lat, lon = np.array([[float(v) for v in row[1:3]] for row in rows if row]).T
    x = np.radians(lon) * np.cos(np.radians(40.7))
    xy = EARTH_M * np.column_stack([x, np.radians(lat)])
    cases = [row.split() for row in (folder / "satscan_NYCfever.cas").read_text().splitlines()]
    place = [ids.index(row[0]) for row in cases if row for _ in range(int(row[1]))]
    day = [int(row[2].split("/")[2]) - 1 for row in cases if row for _ in range(int(row[1]))]
    settings_of_the_prm = {
        "model": "permutation", "n_times": 24, "prospective": True, "max_radius_m": 3000,
        "max_length": 7,
    }  # fmt: skip

    every = scan(
        xy, np.array(place), np.array(day), **settings_of_the_prm, rng=np.random.default_rng(1)
    )
    early = scan(
        xy, np.array(place), np.array(day), **settings_of_the_prm, rng=np.random.default_rng(2),
        stop_after=50,
    )  # fmt: skip

    assert (every.n_cases, every.n_places, every.n_times) == (194, 192, 24)
    for found in (every, early):
        assert len(found.clusters) == len(told) == 3
        for ours, theirs in zip(found.clusters, told, strict=True):
            assert {ids[i] for i in ours.places} == theirs["ids"]
            assert f"{ours.statistic:.6f}" == theirs["statistic"]
            assert (f"{ours.observed}", f"{ours.expected:.2f}") == (
                theirs["observed"],
                theirs["expected"],
            )
            first, last = str(theirs["when"]).split(" to ")
            assert (ours.first + 1, ours.last + 1) == (
                int(first.rsplit("/", 1)[1]),
                int(last.rsplit("/", 1)[1]),
            )
            # 207 random data sets there, about 200 or 999 here: four standard errors
            error = np.sqrt(0.25 / 207 + 0.25 / len(found.null))
            assert ours.p == pytest.approx(float(str(theirs["p"])), abs=4 * error)
            assert ours.recurrence == pytest.approx(1 / ours.p)
    # SaTScan stopped after 207 replications, 50 of which were as likely
    assert (early.null >= early.clusters[0].statistic * (1 - 1e-9)).sum() == 50
    assert early.null[-1] >= early.clusters[0].statistic * (1 - 1e-9)
    assert early.clusters[0].p == 50 / len(early.null)
    assert 120 < len(early.null) < 350


def test_a_scan_by_hand() -> None:
    # Four places in a row with 10 people each; 6 of 8 cases in the first two, of 4 expected:
    # 6 ln(6/4) + 2 ln(2/4) = 2.432791 - 1.386294 = 1.046496. Either alone: 3 ln(3/2) + 5 ln(5/6)
    # = 1.216395 - 0.911608 = 0.304788.
    xy = np.array([[0.0, 0.0], [1.0, 0.0], [10.0, 0.0], [20.0, 0.0]])
    place = np.array([0, 0, 0, 1, 1, 1, 2, 3])

    found = scan(xy, place, model="poisson", population=np.full(4, 10.0), replications=0)

    (one,) = found.clusters
    assert (sorted(one.places), one.radius_m, one.observed, one.expected) == ([0, 1], 1.0, 6, 4.0)
    assert one.statistic == pytest.approx(6 * np.log(1.5) + 2 * np.log(0.5))
    assert (one.ratio, one.relative_risk) == (1.5, 3.0)
    assert (one.first, one.last, one.axis_ratio) == (0, 0, 1.0)
    assert np.isnan([one.p, one.recurrence]).all()
    assert found.null.size == 0


def slow_best(
    xy: np.ndarray, place: np.ndarray, time: np.ndarray, expected: np.ndarray, weight: np.ndarray,
    *, prospective: bool, most: float, radius_m: float, lengths: tuple[int, int], min_cases: int,
    ratio: float = 1.0, bearing: float = 0.0,
) -> float:  # fmt: skip
    """Try every zone of every centre and every span of time, one after the other."""
    n, t = expected.shape
    counts = np.zeros((n, t))
    np.add.at(counts, (place, time), 1)
    total, best = len(place), 0.0
    turn = np.radians(bearing)
    along = xy @ [np.sin(turn), np.cos(turn)] / ratio
    across = xy @ [np.cos(turn), -np.sin(turn)]
    for centre in range(n):
        away = np.hypot(along - along[centre], across - across[centre])
        for radius in np.unique(away):
            inside = away <= radius + 1e-9
            if weight[inside].sum() > most + 1e-9 or radius * ratio > radius_m + 1e-9:
                continue
            for begin in range(t):
                for end in range(begin + 1, t + 1):
                    if not lengths[0] <= end - begin <= lengths[1] or (prospective and end < t):
                        continue
                    c, mu = (v[inside, begin:end].sum() for v in (counts, expected))
                    if c < min_cases or c <= mu * (1 + 1e-12):
                        continue
                    value = c * np.log(c / mu)
                    if c < total:
                        value += (total - c) * np.log((total - c) / (total - mu))
                    best = max(best, value)
    return best


@settings(deadline=None, max_examples=80)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(["permutation", "poisson", "poisson by time"]),
    st.booleans(), st.sampled_from([0.5, 0.3, 0.12]), st.sampled_from([np.inf, 2.0]),
    st.sampled_from([(1, 3), (2, 4), (1, 40)]), st.sampled_from([1, 2, 4]),
)  # fmt: skip
def test_the_best_cluster_is_that_of_brute_force(
    seed: int, kind: str, prospective: bool, share: float, radius_m: float,
    lengths: tuple[int, int], min_cases: int,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    n, t, m = rng.integers(6, 12), rng.integers(5, 9), rng.integers(8, 40)
    xy = rng.integers(0, 4, (n, 2)).astype(float)  # ties, and places at one spot
    xy[0], xy[1] = (0, 0), (3, 3)
    place, time = rng.integers(0, n, m), rng.integers(0, t, m)
    place[:2], time[:2] = (0, 1), (0, 1)
    people = None
    if kind == "permutation":
        expected = np.outer(np.bincount(place, minlength=n), np.bincount(time, minlength=t)) / m
    elif kind == "poisson":
        people = rng.integers(1, 9, n).astype(float)
        expected = np.outer(people / people.sum(), np.full(t, m / t))
    else:
        people = rng.integers(1, 9, (n, t)).astype(float)
        expected = people * m / people.sum()
    weight = expected.sum(axis=1)

    try:
        found = scan(
            xy, place, time, model="permutation" if people is None else "poisson", n_times=int(t),
            population=people, prospective=prospective, max_share=share, max_radius_m=radius_m,
            min_length=lengths[0], max_length=lengths[1], min_cases=min_cases, replications=0,
        )  # fmt: skip
    except GeoError as error:
        assert "every place holds more" in str(error)  # noqa: PT017
        spot = np.unique(xy, axis=0, return_inverse=True)[1].ravel()
        assert (np.bincount(spot, weight)[spot] > share * m).all()
        return

    best = slow_best(
        xy, place, time, expected, weight, prospective=prospective, most=share * m,
        radius_m=radius_m, lengths=(lengths[0], min(int(t), lengths[1])), min_cases=min_cases,
    )  # fmt: skip
    assert max((one.statistic for one in found.clusters), default=0.0) == pytest.approx(
        best, abs=1e-9
    )
    assert_consistent(found, place, time, expected)


def assert_consistent(
    found: Scan, place: np.ndarray, time: np.ndarray, expected: np.ndarray
) -> None:
    """Each cluster counts its own cases, and shares no place with another."""
    seen: set[int] = set()
    for one in found.clusters:
        inside = np.isin(place, one.places) & (time >= one.first) & (time <= one.last)
        assert inside.sum() == one.observed
        assert one.expected == pytest.approx(
            expected[one.places, one.first : one.last + 1].sum(), abs=1e-9
        )
        assert not seen & set(one.places.tolist())
        seen |= set(one.places.tolist())
    assert all(a.statistic >= b.statistic - 1e-9 for a, b in pairwise(found.clusters))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1.5, 3.0]), st.integers(1, 5))
def test_the_best_ellipse_is_that_of_brute_force(seed: int, ratio: float, angles: int) -> None:
    rng = np.random.default_rng(seed)
    xy, place = rng.uniform(0, 4, (9, 2)), rng.integers(0, 9, 25)
    people = rng.integers(1, 9, 9).astype(float)
    expected = people[:, None] * 25 / people.sum()

    found = scan(
        xy, place, model="poisson", population=people, shapes=((ratio, angles),),
        max_radius_m=3.0, replications=0,
    )  # fmt: skip

    best = [
        slow_best(
            xy, place, np.zeros(25, int), expected, expected[:, 0], prospective=False, most=12.5,
            radius_m=3.0, lengths=(1, 1), min_cases=2, ratio=ratio, bearing=180 * k / angles,
        )
        for k in range(angles)
    ]  # fmt: skip
    value = found.clusters[0].statistic if found.clusters else 0.0
    assert value == pytest.approx(max(best), abs=1e-9)
    if found.clusters:
        assert found.clusters[0].axis_ratio == ratio
        assert found.clusters[0].bearing_deg in [180 * k / angles for k in range(angles)]


def along_a_street(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make a lattice of places with twice the cases along a street to the north-east."""
    rng = np.random.default_rng(seed)
    xy = np.stack(np.meshgrid(np.arange(15.0), np.arange(15.0)), axis=-1).reshape(-1, 2) * 100
    street = (abs(xy[:, 0] - xy[:, 1]) < 1) & (xy[:, 0] > 200) & (xy[:, 0] < 1100)
    rate = np.where(street, 12.0, 4.0)
    return xy, np.repeat(np.arange(225), rng.poisson(rate)), street


def test_an_ellipse_follows_a_street_that_a_circle_cannot() -> None:
    xy, place, street = along_a_street()
    people = np.ones(225)
    rng = np.random.default_rng(0)

    round_one = scan(xy, place, model="poisson", population=people, replications=0).clusters[0]
    long_one = scan(
        xy, place, model="poisson", population=people, shapes=ELLIPSES, replications=99, rng=rng
    ).clusters[0]

    assert long_one.statistic > round_one.statistic + 5
    assert (long_one.axis_ratio, long_one.bearing_deg, long_one.p) == (4.0, 45.0, 0.01)
    assert street[long_one.places].mean() > 0.8
    punished = scan(
        xy, place, model="poisson", population=people, shapes=ELLIPSES, penalty=1.0, replications=0
    ).clusters[0]
    s = punished.axis_ratio
    circle = scan(xy, place, model="poisson", population=people, shapes=CIRCLE, replications=0)
    assert punished.statistic >= circle.clusters[0].statistic
    total, n, mu = len(place), punished.observed, punished.expected
    plain = n * np.log(n / mu) + (total - n) * np.log((total - n) / (total - mu))
    assert punished.statistic == pytest.approx(plain * 4 * s / (s + 1) ** 2)


@pytest.mark.parametrize("prospective", [True, False])
@pytest.mark.parametrize("model", ["permutation", "poisson"])
def test_p_is_even_where_all_is_chance(model: str, prospective: bool) -> None:
    p = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        xy, place, time = (
            rng.uniform(0, 1, (40, 2)),
            rng.integers(0, 40, 300),
            rng.integers(0, 12, 300),
        )
        people = np.ones(40) if model == "poisson" else None
        found = scan(
            xy, place, time, model=model, n_times=12, population=people, prospective=prospective,
            max_share=0.2, max_length=4, replications=39, rng=rng,
        )  # fmt: skip
        p.append(found.clusters[0].p if found.clusters else 1.0)
    # 120 draws from 0.025, 0.05, ... 1: each share within four standard errors
    for level in (0.05, 0.1, 0.25, 0.5, 0.75):
        assert np.mean(np.array(p) <= level + 1e-9) == pytest.approx(
            level, abs=4 * np.sqrt(level * (1 - level) / 120)
        )


def a_year(seed: int, planted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make a year of cases at 300 places, and some more at nine of them from day 352 on."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 5000, (300, 2))
    place = rng.choice(300, 4000, p=rng.dirichlet(np.full(300, 2.0)))
    near = np.argsort(((xy - 2500) ** 2).sum(axis=1))[:9]
    place = np.concatenate([place, rng.choice(near, planted)])
    time = np.concatenate([rng.integers(0, 365, 4000), rng.integers(352, 359, planted)])
    return xy, place, time, near


@pytest.mark.parametrize("n_times", [359, 365])
def test_a_planted_cluster_is_found_with_its_dates(n_times: int) -> None:
    xy, place, time, near = a_year(3, 30)
    place, time = place[time < n_times], time[time < n_times]
    settings_ = {"model": "permutation", "n_times": n_times, "max_share": 0.06, "max_length": 10}

    year = scan(xy, place, time, **settings_, rng=np.random.default_rng(0), replications=199)
    now = scan(
        xy, place, time, **settings_, rng=np.random.default_rng(0), replications=199,
        prospective=True,
    )  # fmt: skip

    (one,) = year.significant()
    assert (one.p, one.first, one.last) == (0.005, 352, 358)
    assert len(set(near) & set(one.places)) >= 7
    assert np.isnan(one.recurrence)
    if n_times == 359:
        assert now.clusters[0].first == 352
        assert set(now.clusters[0].places) == set(one.places)
        assert now.clusters[0].recurrence == 200
    else:  # it ended six days ago
        assert all(each.last == 364 for each in now.clusters)


def test_nothing_planted_gives_nothing_to_report() -> None:
    told = 0
    for seed in range(30):
        xy, place, time, _ = a_year(seed, 0)
        found = scan(
            xy, place, time, model="permutation", n_times=365, prospective=True, max_share=0.06,
            max_length=10, replications=99, rng=np.random.default_rng(seed), stop_after=10,
        )  # fmt: skip
        told += len(found.significant()) > 0
    assert told <= 5  # 1 or 2 of 30 by chance; 6 or more once in 300 times


def test_places_by_people_who_grow_in_number_are_no_cluster() -> None:
    # twice the people from time 6 on in half of the places, and twice the cases there
    rng = np.random.default_rng(1)
    xy = rng.uniform(0, 1, (50, 2))
    people = np.ones((50, 12))
    people[xy[:, 0] > 0.5, 6:] = 4.0
    counts = rng.poisson(people * 3)
    place, time = (np.repeat(one.ravel(), counts.ravel()) for one in np.indices(people.shape))
    grown = scan(xy, place, time, model="poisson", population=people, rng=rng, replications=99)
    same = scan(xy, place, time, model="poisson", population=people[:, 0], rng=rng, replications=99)

    assert grown.clusters[0].p > 0.05
    assert same.clusters[0].p == 0.01
    assert same.clusters[0].first == 6


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    xy, place, time, _ = a_year(0, 10)
    given_ = {
        "model": "permutation", "n_times": 365, "max_share": 0.05, "max_length": 8,
        "replications": 24,
    }  # fmt: skip
    two = scan(xy, place, time, **given_, rng=np.random.default_rng(7))
    monkeypatch.setattr("geo._scan_null.THREAD_WORTH", 0)  # in pieces, as large scans are
    monkeypatch.setattr("geo._threads.n_threads", lambda: 1)
    monkeypatch.setattr("geo._scan_null.n_threads", lambda: 1)
    one = scan(xy, place, time, **given_, rng=np.random.default_rng(7))
    other = scan(xy, place, time, **given_, rng=np.random.default_rng(8))

    assert two.null.tolist() == one.null.tolist()
    assert [c.p for c in two.clusters] == [c.p for c in one.clusters]
    assert other.null.tolist() != one.null.tolist()


def test_centres_apart_may_share_places_but_not_centres() -> None:
    xy, place, _ = along_a_street(1)
    apart = scan(xy, place, model="poisson", population=np.ones(225), replications=0).clusters
    centres = scan(
        xy, place, model="poisson", population=np.ones(225), replications=0, overlap="centres"
    ).clusters

    assert len(centres) > len(apart)
    assert apart[0].places.tolist() == centres[0].places.tolist()
    for i, one in enumerate(centres):
        for other in centres[:i]:
            assert one.centre not in other.places
            assert other.centre not in one.places


def test_expected_cases_follow_the_strata() -> None:
    # 10 cases among 100 old people, 5 among 1000 young ones: 0.1 and 0.005 each
    found = expected_from_strata(np.array([[50.0, 200.0], [50.0, 800.0]]), np.array([10.0, 5.0]))

    assert found.tolist() == [6.0, 9.0]


SPOTS = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
CASES = np.array([0, 1, 1, 2, 2, 2])
DAYS = np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": SPOTS[:1]}, r"1 places at 1 spot; two spots .* Use smaller places"),
        ({"points": np.zeros((3, 2))}, r"3 places at 1 spot; two spots"),
        ({"points": np.where(SPOTS == 100, np.nan, SPOTS)}, r"2 places have no coordinates"),
        ({"place": np.array([1] * 6)}, r"all 6 cases are of one place; at least two .*'poisson'"),
        ({"time": np.array([2] * 6)}, r"all 6 cases are of one time; at least two"),
        ({"place": np.array([0, 1, 1, 2, 2, 3])}, r"1 cases have no usable place \(the first is 3"),
        ({"time": np.array([0, 1, np.nan, 0, 1, -1])}, r"2 cases have no usable time .*is nan"),
        ({"time": DAYS[:4]}, r"6 places and 4 times of cases; equally many"),
        ({"place": CASES[:1], "time": DAYS[:1]}, r"1 cases; at least min_cases, 2, were expected"),
        ({"time": None, "n_times": 3}, r"n_times is 3 without time"),
        ({"population": np.ones(3)}, r"population with model 'permutation'"),
        ({"model": "poisson"}, r"'poisson' without population"),
        ({"model": "poisson", "population": np.ones(2)}, r"population has shape \(2,\); \(3,\)"),
        ({"model": "poisson", "population": np.array([1, np.nan, 1])}, r"missing or negative"),
        ({"model": "poisson", "population": np.zeros(3)}, r"or 0 everywhere"),
        ({"model": "poisson", "population": np.array([1.0, 0, 1])}, r"cases where population is 0"),
        ({"max_share": 0.6}, r"max_share is 0.6; a share in \(0, 0.5\]"),
        ({"max_share": 0.1}, r"every place holds more than 10%"),
        ({"max_radius_m": 0.0}, r"max_radius_m is 0.0; metres > 0"),
        ({"shapes": ((0.5, 3),)}, r"axis ratios of at least 1"),
        ({"penalty": -1.0}, r"penalty is -1.0; 0 \(none\), 0.5 or 1"),
        ({"min_length": 4}, r"min_length is 4 and max_length 1 of 3 times"),
        ({"rng": None}, r"9 without rng; both was expected.*pass rng=np.random"),
        ({"stop_after": 0, "min_cases": 0}, r"min_cases is 0; .*stop_after is 0; at least 1"),
    ],
)
def test_what_cannot_be_scanned_is_refused_in_words(
    change: dict[str, object], message: str
) -> None:
    given_ = {
        "points": SPOTS, "place": CASES, "time": DAYS, "model": "permutation", "replications": 9,
        "rng": np.random.default_rng(0),
    } | change  # fmt: skip
    with pytest.raises(GeoError, match=message):
        scan(**given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("population", "cases", "message"),
    [
        (np.ones(3), np.ones(3), r"shape \(3,\)"),
        (np.ones((3, 2)), np.ones(3), r"cases \(3,\)"),
        (-np.ones((3, 2)), np.ones(2), r"negative or missing"),
        (np.array([[1.0, 0.0]]), np.ones(2), r"stratum without people"),
    ],
)
def test_strata_that_do_not_fit_are_refused(
    population: np.ndarray, cases: np.ndarray, message: str
) -> None:
    with pytest.raises(GeoError, match=message):
        expected_from_strata(population, cases)


def test_all_cases_in_one_place_are_a_cluster_when_people_live_elsewhere_too() -> None:
    found = scan(
        SPOTS, np.zeros(9, int), model="poisson", population=np.ones(3), replications=99,
        rng=np.random.default_rng(0),
    )  # fmt: skip

    (one,) = found.clusters
    assert (one.places.tolist(), one.observed, one.expected, one.p) == ([0], 9, 3.0, 0.01)
    assert one.relative_risk == np.inf
    assert one.statistic == pytest.approx(9 * np.log(3))


def test_nowhere_more_than_expected_gives_no_cluster() -> None:
    found = scan(
        SPOTS, np.repeat([0, 1, 2], 4), model="poisson", population=np.ones(3), replications=9,
        rng=np.random.default_rng(0),
    )  # fmt: skip

    assert found.clusters == ()
    assert len(found.null) == 9


def test_only_what_is_likely_enough_is_told_beside_the_likeliest() -> None:
    rng = np.random.default_rng(4)
    xy, place, time, near = a_year(4, 25)
    far = np.argsort(((xy - 600) ** 2).sum(axis=1))[:5]
    place = np.concatenate([place, rng.choice(far, 20)])
    time = np.concatenate([time, rng.integers(100, 105, 20)])
    settings_ = {
        "model": "permutation", "n_times": 365, "max_share": 0.05, "max_length": 8,
        "replications": 60,
    }  # fmt: skip
    every = scan(xy, place, time, **settings_, rng=np.random.default_rng(0))
    for level in (0.02, 0.05, 0.4):
        some = scan(xy, place, time, **settings_, max_p=level, rng=np.random.default_rng(0))
        assert [one.statistic for one in some.clusters] == [
            one.statistic for one in every.clusters if one.p <= level
        ]
    assert len(every.significant()) >= 2
    nobody = scan(xy[:50], np.arange(100) % 50, np.arange(100) // 4 % 25, model="permutation",
                  max_p=0.01, replications=19, rng=rng)  # fmt: skip
    assert len(nobody.clusters) <= 1
    assert len(near) == 9


def test_what_is_ruled_out_cheaply_does_not_exceed_the_best() -> None:
    ruled_out = 0
    for n in range(1, 31):
        for expected in np.linspace(0.3, 29.7, 99):
            value = log_ratio(n, expected, 30.0)
            for best in (0.0, 0.5 * value, 0.999 * value, 0.5, 3.0, 10.0):
                may = _may_exceed(n, expected, 30.0, best)
                assert may or value <= best + 1e-12
                ruled_out += not may
    assert ruled_out > 5000
