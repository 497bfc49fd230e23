"""Safety rules: whom they stop, and whom they let pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagingsim.content import library
from imagingsim.workup import read_catalogue
from imagingsim.workup.catalogue import Catalogue
from imagingsim.workup.guard import Value
from imagingsim.workup.safety import Verdict, of_procedure, of_study

CATALOGUE: Catalogue = read_catalogue(library())


class Bedside:
    """A walk whose chart and world know what they are told, and nothing else."""

    catalogue = CATALOGUE
    timepoint = "now"

    def __init__(self, **values: Value) -> None:
        self.values = {tuple(name.split("__")): value for name, value in values.items()}
        self.labs = {name[1]: value for name, value in self.values.items() if name[0] == "lab"}
        self.chart = self.world = self

    def lookup(self, name: tuple[str, ...]) -> Value:
        default = False if name[0] == "patient" else None
        return self.values.get(name, default)

    def lab(self, test: str, timepoint: str) -> None:
        """Return nothing: no other blood was drawn."""


def study(name: str, despite: tuple[str, ...] = (), **values: Value) -> Verdict:
    return of_study(name, Bedside(**values), despite)  # type: ignore[arg-type]


def procedure(name: str, **values: Value) -> Verdict:
    return of_procedure(name, Bedside(**values))  # type: ignore[arg-type]


@given(st.floats(0, 150))
def test_iodine_is_given_only_from_an_egfr_of_30(egfr: float) -> None:
    assert bool(study("ct_neck_chest", lab__egfr=egfr).blocked) == (egfr < 30)


def test_iodine_waits_for_an_egfr_that_nobody_knows() -> None:
    verdict = study("ct_neck_chest")
    assert not verdict.blocked
    assert verdict.hold_d == 1


def test_a_plain_ct_needs_no_kidneys() -> None:
    assert study("ct_chest", lab__egfr=5.0) == Verdict((), 0.0, (), ())


@given(st.floats(0, 150))
def test_group_two_gadolinium_is_allowed_at_any_egfr(egfr: float) -> None:
    verdict = study("mr_abdomen", lab__egfr=egfr)
    assert not verdict.blocked
    assert any("nephrogenic" in note for note in verdict.notes) == (egfr < 30)


def test_a_pacemaker_blocks_mr_and_not_ct() -> None:
    assert study("mr_head", patient__pacemaker=True, lab__egfr=90.0).blocked
    assert not study("ct_chest", patient__pacemaker=True).blocked


@given(st.floats(3, 30))
def test_fdg_waits_for_a_glucose_of_at_most_11(glucose: float) -> None:
    assert (study("petct_fdg", lab__glucose=glucose).hold_d > 0) == (glucose > 11.1)


@given(st.floats(0.8, 5), st.floats(5, 400))
def test_a_high_risk_biopsy_waits_for_inr_and_platelets(inr: float, platelets: float) -> None:
    verdict = procedure("ct_core", lab__inr=inr, lab__platelets=platelets)
    assert (verdict.hold_d > 0) == (inr > 1.8 or platelets < 50)


@pytest.mark.parametrize("name", ["skin_punch", "us_core"])
def test_a_low_risk_biopsy_tolerates_an_inr_of_two(name: str) -> None:
    assert procedure(name, lab__inr=2.0, lab__platelets=90.0).hold_d == 0


def test_aptt_is_noted_and_decides_nothing() -> None:
    verdict = procedure("ct_core", lab__aptt=22.5, lab__inr=1.0, lab__platelets=300.0)
    assert verdict.hold_d == 0
    assert any("APTT" in note for note in verdict.notes)


def test_the_risk_of_iodine_between_30_and_44_is_a_chance_and_no_block() -> None:
    verdict = study("ct_neck_chest", lab__egfr=38.0)
    assert not verdict.blocked
    assert [rule.probability for _, rule in verdict.risks] == [0.01]


def test_a_protocol_may_override_a_rule_and_takes_the_risk() -> None:
    verdict = study("ct_neck_chest", ("iodine_renal_failure",), lab__egfr=20.0)
    assert not verdict.blocked
    assert [rule.probability for _, rule in verdict.risks] == [0.085]


def test_what_is_put_off_is_put_right() -> None:
    assert study("petct_fdg", lab__glucose=14.0).becomes["glucose"] <= 11.1
    becomes = procedure("ct_core", lab__inr=2.5, lab__platelets=30.0).becomes
    assert becomes["inr"] <= 1.8
    assert becomes["platelets"] >= 50


def test_a_bedbound_patient_has_no_high_risk_biopsy() -> None:
    assert procedure("ct_core", patient__performance=4.0).blocked
    assert not procedure("us_core", patient__performance=4.0).blocked


def test_a_pregnant_patient_has_no_gadolinium_and_no_tracer_and_waits_a_day_for_a_ct() -> None:
    for name in ("mr_abdomen", "petct_fdg"):
        assert study(name, patient__pregnant=True, lab__egfr=90.0, lab__glucose=5.0).blocked
    verdict = study("ct_chest", patient__pregnant=True)
    assert not verdict.blocked
    assert verdict.hold_d == 1


def test_anticoagulants_are_withheld_before_a_high_risk_biopsy_only() -> None:
    normal = {"lab__inr": 1.0, "lab__platelets": 300.0}
    assert procedure("ct_core", patient__anticoagulated=True, **normal).hold_d == 3
    assert procedure("us_core", patient__anticoagulated=True, **normal).hold_d == 0
