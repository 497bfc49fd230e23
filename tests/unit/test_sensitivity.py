"""Uncertain parameters: what they may be, what they change, and what knowing them is worth."""

from dataclasses import replace
from functools import cache
from math import exp, pi, sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr, ndtri

from imagingsim.compare import (
    Comparison,
    Covariate,
    Kept,
    Parameter,
    Sets,
    acceptability,
    checked,
    decision_curves,
    dominance,
    draw_sets,
    information,
    parameters,
    partial_information,
    perfect_information,
    read_doubts,
    reliability,
    subgroups,
    tornado,
    with_values,
)
from imagingsim.compare.calibration import _binned, _row
from imagingsim.compare.sensitivity import SETS
from imagingsim.compare.tree import at
from imagingsim.comparing import compare_protocols
from imagingsim.content import Library, library
from imagingsim.errors import ContentError, WorkupError
from imagingsim.workup.evidence import Figure

NAMES = ("net_skin_metastases", "net_skin_biopsy_first")
QUANTILES = (np.arange(20_000) + 0.5) / 20_000


@cache
def asked() -> Comparison:
    """Return a small comparison."""
    return compare_protocols(NAMES, "skin_metastases", count=400, workers=1).asked


@cache
def known() -> dict[str, Parameter]:
    """Return its parameters by name."""
    return {one.name: one for one in parameters(asked(), read_doubts(library()))}


@pytest.mark.parametrize("name", ["sensitivity.CT.liver", "prices.petct_fdg"])
def test_beta_and_gamma_keep_mean_and_width(name: str) -> None:
    one = known()[name]
    draws = one.quantile(QUANTILES)
    assert draws.mean() == pytest.approx(one.value, rel=1e-3)
    assert draws.std() == pytest.approx((one.high - one.low) / (2 * 1.959964), rel=5e-3)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("sensitivity.CT.liver", 0.793, 0.899),
        ("specificity.CT.liver", 0.918, 0.968),
        ("interpretive_share", 0.203, 0.309),
        ("flags.claustrophobia", 0.0095, 0.0158),
    ],
)
def test_a_published_interval_goes_before_the_authored_one(
    name: str, low: float, high: float
) -> None:
    assert (known()[name].low, known()[name].high) == (low, high)


def test_a_lognormal_ends_where_its_interval_does() -> None:
    one = known()["survival.net_pancreas"]
    assert one.quantile(np.array([0.025, 0.5, 0.975])) == pytest.approx(
        [one.low, one.value, one.high]
    )


def test_a_parameter_changes_its_numbers_and_no_others() -> None:
    price, waits, stain = (known()[one] for one in ("prices.petct_fdg", "waits.ct", "stains.cdx2"))
    new = with_values(asked(), {price: 999.0, waits: 2.0, stain: 3.0})
    before, after = asked().protocols[1].catalogue, new.protocols[1].catalogue
    assert after.price("petct_fdg") == 999.0
    assert after.price("mr_abdomen") == before.price("mr_abdomen")
    ct, old_ct = (one.waits.waits["ct"].report for one in (after, before))
    assert ct == old_ct
    assert at(after.waits, ("waits", "ct", "urgent", "median_d")) == 2 * at(
        before.waits, ("waits", "ct", "urgent", "median_d")
    )
    assert after.waits.waits["mr"] == before.waits.waits["mr"]
    old, rate = before.markers["cdx2"].rate("net_gut"), after.markers["cdx2"].rate("net_gut")
    assert rate / (1 - rate) == pytest.approx(3 * old / (1 - old))


def test_only_what_the_protocols_come_across_is_varied() -> None:
    names = set(known())
    assert {"prices.skin_excision", "survival.merkel", "waits.pet"} <= names
    assert not names & {"prices.craniectomy", "waits.us", "stains.nut", "yields.craniectomy.other"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("shape: beta, low: 0.2", "give both"),
        ("shape: beta, factor: 2", "use shape odds"),
        ("shape: gamma, patients: 30", "for a probability"),
        ("shape: odds, factor: 2", "are `alike`"),
        ("shape: beta, low: 0.2, high: 0.4, patients: 30", "give one of"),
        ("shape: beta, patients: 30, alike: 1", "common `factor`"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(tmp_path: Path, row: str, message: str) -> None:
    file = tmp_path / "protocols" / "catalogue" / "uncertainty.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f"parameters:\n  a: {{title: a, at: [x], source: none, {row}}}\n")
    with pytest.raises(ContentError, match=message) as told:
        read_doubts(Library((tmp_path,)))
    assert "uncertainty.yaml:2" in str(told.value)


def test_a_pattern_that_names_nothing_is_refused() -> None:
    row = replace(read_doubts(library())["prices"], at=("tariff.price.*.amount",))
    with pytest.raises(WorkupError, match=r"nothing is called tariff\.price"):
        parameters(asked(), {"prices": row})


def test_sets_are_the_same_for_any_order_and_go_on_where_they_stopped(tmp_path: Path) -> None:
    sets = Sets(asked(), tuple(known().values())[:4], SETS + 2, 60)
    keep = Kept.part(tmp_path / "psa", "mark")
    keep.write(0, pl.DataFrame(sets.block(0)))
    again = draw_sets(sets, keep=Kept.part(tmp_path / "psa", "mark"))
    assert again.equals(draw_sets(replace(sets, count=SETS + 3)).head(SETS + 2))
    assert again["set"].to_list() == list(range(SETS + 2))


def test_a_tornado_goes_on_where_it_stopped(tmp_path: Path) -> None:
    some = list(known().values())[:3]
    asking = {"count": 80, "effect": "localised", "willing": 2000.0}
    whole = tornado(asked(), some, **asking)  # type: ignore[arg-type]
    keep = Kept.part(tmp_path / "tornado", "mark")
    tornado(asked(), some[:2], keep=keep, **asking)  # type: ignore[arg-type]
    before = {one.name: one.stat().st_mtime_ns for one in keep.folder.glob("*.parquet")}
    again = tornado(asked(), some, keep=keep, **asking)  # type: ignore[arg-type]
    assert again.equals(whole)
    assert len(before) == 2
    assert all((keep.folder / name).stat().st_mtime_ns == when for name, when in before.items())


def test_the_bar_of_a_price_is_as_long_as_the_study_is_used() -> None:
    price = known()["prices.petct_fdg"]
    row = tornado(asked(), [price], count=400, effect="localised", willing=2000.0).row(
        0, named=True
    )
    made = []
    for value in (0.0, 1.0):
        block = with_values(asked(), {price: value}).block(0)
        made.append(block[f"{NAMES[1]}/cost"].mean() - block[f"{NAMES[0]}/cost"].mean())
    assert row["swing"] == pytest.approx(
        abs(made[1] - made[0]) * (price.high - price.low), rel=1e-3
    )
    assert row["clear"]


def unit_loss(mean: float, spread: float) -> float:
    """Return the value of information of a normal gain: Raiffa and Schlaifer 1961."""
    z = abs(mean) / spread
    return float(spread * (exp(-(z**2) / 2) / sqrt(2 * pi) - z * ndtr(-z)))


def test_information_is_worth_what_the_closed_form_says() -> None:
    # net benefit 0 against a + b, both normal and independent: all at once, and a alone
    rng = np.random.default_rng(1)
    a = 3.0 + 10.0 * ndtri(rng.permutation(QUANTILES))
    b = 5.0 * ndtri(rng.permutation(QUANTILES))
    worth = np.stack([np.zeros_like(a), a + b], axis=1)
    assert perfect_information(worth) == pytest.approx(unit_loss(3.0, sqrt(125.0)), rel=0.02)
    assert partial_information(worth, a) == pytest.approx(unit_loss(3.0, 10.0), rel=0.02)
    assert partial_information(worth, b) == pytest.approx(unit_loss(3.0, 5.0), rel=0.05)


def test_a_parameter_without_effect_is_not_called_worth_knowing() -> None:
    rng = np.random.default_rng(2)
    gain, noise = rng.normal(1.0, 5.0, 400), rng.random(400)
    sets = pl.DataFrame({"A/cost": np.zeros(400), "B/cost": -gain, "A/localised": np.zeros(400),
                         "B/localised": np.zeros(400), "p/x": gain, "p/y": noise})  # fmt: skip
    found = information(sets, ["A", "B"], [("y", "idle"), ("x", "all")], effect="localised",
                        willing=1.0, prefix="p/")  # fmt: skip
    assert found["parameter"].to_list() == ["x", "y"]
    assert found["clear"].to_list() == [True, False]


def test_net_benefit_is_worth_less_cost_with_the_error_of_the_difference() -> None:
    found = compare_protocols(NAMES, "skin_metastases", count=600, workers=1, willing=3000.0)
    row = found.net_benefits.filter(
        (pl.col("protocol") == NAMES[1]) & (pl.col("willing") == 3000.0)
    ).row(0, named=True)
    worth = [
        3000.0 * found.patients[f"{one}/localised"].to_numpy()
        - found.patients[f"{one}/cost"].to_numpy().astype(float)
        for one in NAMES
    ]
    apart = worth[1] - worth[0]
    assert row["net_benefit"] == pytest.approx(worth[1].mean())
    assert row["difference"] == pytest.approx(apart.mean())
    assert row["error"] == pytest.approx(apart.std(ddof=1) / 600**0.5)
    with pytest.raises(WorkupError, match="at least 2 patients"):
        compare_protocols(NAMES, "skin_metastases", count=1)


def test_acceptability_by_hand() -> None:
    cost = np.array([[1.0, 2.0], [1.0, 4.0]])
    effect = np.array([[0.0, 1.0], [0.0, 1.0]])
    curves = acceptability(cost, effect, np.array([0.0, 2.0, 5.0]))
    assert curves.best.tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    assert curves.optimal.tolist() == [0, 0, 1]
    # at 2 the means are -1 and -1; knowing would give 0 and -1
    assert curves.evpi.tolist() == pytest.approx([0.0, 0.5, 0.0])


def test_dominance_counts_the_sets() -> None:
    sets = pl.DataFrame({"A/cost": [1.0, 3.0], "B/cost": [2.0, 2.0], "A/localised": [0.5, 0.5],
                         "B/localised": [0.5, 0.6]})  # fmt: skip
    assert dominance(sets, ["A", "B"], ("cost", "-localised")).tolist() == [0.5, 0.5]


def test_a_decision_curve_by_hand() -> None:
    patients = pl.DataFrame({"A/certainty": [0.9, 0.6, 0.3, 0.95], "A/correct": [True, False, True,
                                                                               False]})  # fmt: skip
    found = decision_curves(patients, ["A"], np.array([0.2, 0.5]))
    # at .2: two right, two wrong of weight 1/4; at .5: one right, two wrong of weight 1
    assert found["net_benefit"].to_list() == pytest.approx([(2 - 0.5) / 4, (1 - 2) / 4])
    assert found["treated"].to_list() == [1.0, 0.75]


def test_decision_curves_are_those_of_the_patients_one_by_one() -> None:
    found = compare_protocols(NAMES, "skin_metastases", count=700, workers=1)
    row = found.decision_curves.filter(
        (pl.col("protocol") == NAMES[1]) & (pl.col("threshold") == 0.6)
    ).row(0, named=True)
    gains = []
    for name in NAMES:
        sure = found.patients[f"{name}/certainty"].to_numpy() >= 0.6
        right = found.patients[f"{name}/correct"].to_numpy()
        gains.append(np.where(sure, np.where(right, 1.0, -1.5), 0.0))
    assert row["net_benefit"] == pytest.approx(gains[1].mean())
    assert row["error"] == pytest.approx(gains[1].std(ddof=1) / 700**0.5)
    apart = gains[1] - gains[0]
    assert row["difference"] == pytest.approx(apart.mean())
    assert row["difference_error"] == pytest.approx(apart.std(ddof=1) / 700**0.5)


def test_groups_add_up_to_everyone_and_wider_intervals_hold_more() -> None:
    found = compare_protocols(
        NAMES, "skin_metastases", count=1500, workers=1, subgroups=["age:65:75", "pacemaker"]
    )
    rows = found.subgroups
    assert rows is not None
    age = rows.filter((pl.col("covariate") == "age") & (pl.col("measure") == "cost"))
    assert age["group"].to_list() == ["below 65", "65 to 75", "75 or more"]
    all_of_them = np.average(age["difference"].to_numpy(), weights=age["count"].to_numpy())
    whole = found.filter((pl.col("protocol") == NAMES[1]) & (pl.col("measure") == "cost"))
    assert all_of_them == pytest.approx(whole["difference"][0])
    assert (rows["low_all"] <= rows["low"]).all()
    assert rows["p_differs"].is_between(0, 1).all()


def test_where_patients_are_met_is_a_group_of_its_own() -> None:
    frame = compare_protocols(NAMES, "skin_metastases", count=300, workers=1).patients
    small = replace(asked(), count=300)
    with pytest.raises(WorkupError, match="one setting only"):
        checked(small, ["setting"])
    ward = replace(small.population.file, settings={"ward": Figure(value=0.1, source="none")})
    small = replace(small, population=replace(small.population, file=ward))
    alive = subgroups(small, frame, [Covariate("setting")]).filter(pl.col("measure") == "alive")
    assert alive["group"].to_list() == [ward.setting, "ward"]
    assert alive["mean"][1] < alive["mean"][0] - 0.05


def test_groups_that_are_alike_are_rarely_called_different() -> None:
    # the group is the patient's number: nothing can differ
    frame = compare_protocols(NAMES, "skin_metastases", count=2000, workers=1).patients
    random = frame.with_columns(disease=(pl.col("patient") % 4).cast(pl.Int16))
    found = subgroups(asked(), random, [Covariate("disease")])
    assert found["p_differs"].min() > 0.001  # type: ignore[operator]


def test_cuts_that_fall_are_refused() -> None:
    with pytest.raises(WorkupError, match="must rise"):
        Covariate.of("age:80:65")
    with pytest.raises(WorkupError, match="not a number"):
        Covariate.of("age:old")


def test_beliefs_are_as_often_true_as_they_are_strong() -> None:
    # aim of issue 5: expected calibration error at most .03 when population and belief agree
    curve, errors = reliability(replace(asked(), count=6000), count=6000)
    named = errors.filter(pl.col("diagnosis").is_in(["all", "top"]))
    assert (named["ece"] <= 0.03).all()
    assert curve["count"].sum() == 2 * 6000 * len(asked().population.differential.diagnoses)
    merkel = errors.filter((pl.col("diagnosis") == "merkel") & (pl.col("protocol") == NAMES[0]))
    assert merkel["true"][0] == pytest.approx(0.1, abs=0.02)


def test_beliefs_that_are_too_strong_are_found_out() -> None:
    chance, true = np.repeat([0.9, 0.1], 50), np.tile([True, False], 50)
    tally = _row("protocol", "merkel", _binned(chance, true, true & (chance > 0.5)))
    assert tally["ece"] == pytest.approx(0.4)
    assert (tally["believed"], tally["true"], tally["named"]) == pytest.approx((0.5, 0.5, 0.5))
