"""Virtual patients: draws, populations, what a reader sees of them, conditions on arrays."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingsim.cohort import Plan, Population, check_population, read_population
from imagingsim.cohort.conditions import Vague, holding
from imagingsim.cohort.draws import normal, uniform
from imagingsim.cohort.observation import observer
from imagingsim.content import library, load
from imagingsim.errors import ContentError, UnknownNameError, WorkupError
from imagingsim.workup import guard, read_catalogue, read_protocol
from imagingsim.workup.names import REGIONS

CATALOGUE = read_catalogue(library())
IDS = np.arange(40_000, dtype=np.uint64)
TEXT = library().text("protocols/populations/skin_metastases.yaml")


@cache
def population(name: str = "skin_metastases") -> Population:
    """Return a population of the library."""
    return read_population(library(), name, CATALOGUE)


def test_draws_are_uniform_and_streams_do_not_know_each_other() -> None:
    one, other = uniform(1, "a", IDS), uniform(1, "b", IDS)
    assert one.mean() == pytest.approx(0.5, abs=4 * (1 / 12) ** 0.5 / 200)
    assert one.var() == pytest.approx(1 / 12, rel=0.03)
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / 200
    assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < 4 / 200
    assert abs(np.corrcoef(one, uniform(1, "a", IDS, 1))[0, 1]) < 4 / 200


def test_a_draw_is_the_same_alone_and_in_company() -> None:
    assert (normal(3, "x", IDS, np.arange(len(IDS)))[17:20] == normal(
        3, "x", IDS[17:20], np.arange(17, 20)
    )).all()  # fmt: skip


def test_a_patient_is_the_same_alone_and_in_company() -> None:
    many, alone = population().draw(5, IDS[:300]), population().draw(5, IDS[123:124])
    assert many.disease[123] == alone.disease[0]
    assert (many.size_mm[123] == alone.size_mm[0]).all()
    assert many.budget_d[123] == alone.budget_d[0]
    assert all(many.labs[name][123] == alone.labs[name][0] for name in many.labs)


def test_diseases_come_as_often_as_their_weights() -> None:
    rows = list(population().differential.diagnoses.values())
    share = np.array([row.weight for row in rows]) / sum(row.weight for row in rows)
    found = np.bincount(population().draw(2, IDS).disease, minlength=len(rows)) / len(IDS)
    assert np.abs(found - share).max() < 4 * np.sqrt(share * (1 - share) / len(IDS)).max()


def test_what_concerns_some_is_drawn_for_no_others() -> None:
    chance = population("scalp_masses").file.flags["pregnant"].chance
    values = population("scalp_masses").draw(2, IDS).values
    could = (values["female"] == 1) & (values["age"] >= 15) & (values["age"] <= 49)
    assert not values["pregnant"][~could].any()
    found, error = values["pregnant"][could].mean(), np.sqrt(chance / could.sum())
    assert found == pytest.approx(chance, abs=4 * error)


@pytest.mark.parametrize("region", ["liver", "bone", "lung"])
def test_the_published_sensitivity_and_specificity_come_out(region: str) -> None:
    patients = population().draw(4, IDS)
    patients.values["cement"][:] = 0.0
    one = observer("ct_chest_abdomen_pelvis", CATALOGUE, population())
    everyone = np.arange(len(IDS))
    found, blind = one.read(patients, everyone, np.zeros_like(everyone))
    column = one.row.regions.index(region)
    there = patients.involved[:, REGIONS.index(region)]
    rate = CATALOGUE.evidence.rate("CT", region)
    assert not blind.any()
    for share, wanted, count in (
        (found[there, column].mean(), rate.sensitivity, there.sum()),
        (1 - found[~there, column].mean(), rate.specificity, (~there).sum()),
    ):
        assert share == pytest.approx(wanted, abs=4 * (wanted * (1 - wanted) / count) ** 0.5)


def test_cement_hides_liver_and_adrenals_on_ct_and_nothing_else() -> None:
    clean, hidden = population().draw(4, IDS), population().draw(4, IDS)
    clean.values["cement"][:], hidden.values["cement"][:] = 0.0, 1.0
    everyone = np.arange(len(IDS))
    for study, worse in (
        ("ct_chest_abdomen_pelvis", {"liver", "adrenal"}), ("mr_abdomen", set()),
        ("petct_fdg", set()),
    ):  # fmt: skip
        one = observer(study, CATALOGUE, population())
        before = one.read(clean, everyone, np.zeros_like(everyone))[0]
        after = one.read(hidden, everyone, np.zeros_like(everyone))[0]
        there = clean.involved[:, one.regions]
        lost = ((before & ~after) & there).sum(axis=0)
        assert {one.row.regions[k] for k in np.flatnonzero(lost)} == worse
        assert not ((after & ~before) & there).any()


def test_lesions_missed_by_one_study_are_missed_more_often_by_the_next() -> None:
    patients = population().draw(4, IDS)
    everyone, first = np.arange(len(IDS)), np.zeros(len(IDS), np.int64)
    found = {}
    for study in ("ct_chest_abdomen_pelvis", "mr_abdomen"):
        one = observer(study, CATALOGUE, population())
        found[study] = one.read(patients, everyone, first)[0][:, one.row.regions.index("liver")]
    there = patients.involved[:, REGIONS.index("liver")]
    missed = there & ~found["ct_chest_abdomen_pelvis"]
    assert found["mr_abdomen"][missed].mean() < found["mr_abdomen"][there].mean() - 0.05


NAMES = {"lab.egfr": ("lab", "egfr"), "seen.liver": ("seen", "liver"), "t": ("t",)}
ATOMS = ["seen.liver", "lab.egfr < 45", "t > 3", "known(lab.egfr)", "lab.egfr / t > 10",
         "max(t, lab.egfr) >= 30", "count(seen.liver, t > 3) == 1", "20 < lab.egfr <= 60",
         "since(lab.egfr) > 0"]  # fmt: skip
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"
        ),
    ),
    max_leaves=5,
)
VALUES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from([0.0, 20.0, 45.0, 60.0])),
        st.one_of(st.none(), st.booleans()),
        st.sampled_from([0.0, 3.0, 4.5]),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@given(CONDITIONS, VALUES)
def test_conditions_mean_the_same_on_arrays_and_one_by_one(
    text: str, rows: list[tuple[float | None, bool | None, float]]
) -> None:
    one = guard(text)

    def vague(name: tuple[str, ...]) -> Vague:
        values = [row[list(NAMES.values()).index(name)] for row in rows]
        known = np.array([value is not None for value in values])
        return Vague(np.array([0.0 if v is None else float(v) for v in values]), known)

    apart = [one.holds(dict(zip(NAMES.values(), row, strict=True)).get) for row in rows]
    assert holding(one, vague, len(rows)).tolist() == apart


def test_a_protocol_of_other_diseases_is_refused() -> None:
    protocol = read_protocol(library(), "net_skin_metastases", CATALOGUE)
    with pytest.raises(WorkupError, match="scalp_tumour"):
        Plan.of(protocol, population("scalp_masses"))


def test_an_unknown_population_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="skin_metastases"):
        read_population(library(), "nobody", CATALOGUE)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  merkel: {fdg", "  merkle: {fdg", "merkel is missing"),
        ("  cement: {chance: 0.02", "  cement: {chance: 1.2", "less than or equal to 1"),
        ("  egfr: {shape", "  egfrr: {shape", "unknown blood test 'egfrr'"),
        ("    other: {median_mm", "    elsewhere: {median_mm", "no size for `other`"),
        ("centre: 5.8", "centre: -5.8", "median above 0"),
        ("differential: skin", "differential: skim", "unknown differential"),
    ],
)
def test_a_fault_of_a_population_has_its_line(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(ContentError, match=says) as caught:
        check_population(load(TEXT.replace(old, new), where="p.yaml"), "p", CATALOGUE)
    assert "p.yaml:" in str(caught.value)
