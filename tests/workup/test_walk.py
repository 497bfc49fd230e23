"""Walks of the four cases with a scanner that costs nothing: is every fact reached, in order?"""

import dataclasses
import json
from functools import cache

import pytest
from fakes import FakeCase, fake_case, probe_of, protocol_of, scanner

from imagingsim.anatomy.case_records import Fact
from imagingsim.reading import Reader
from imagingsim.study import Study
from imagingsim.workup import Outcome, walk

NAMES = ["net_72f", "porocarcinoma_67m", "porocarcinoma_37m", "hidradenocarcinoma_45f"]


@cache
def outcome_of(name: str, seed: int = 1) -> Outcome:
    """Return the outcome of a case's reference protocol."""
    case = fake_case(name)
    return walk(case, protocol_of(name), scanner(case), seed=seed, probe=probe_of(case))


def states(outcome: Outcome) -> list[str]:
    """Return the states a walk went through."""
    return [step.state for step in outcome.steps]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    case = fake_case(name)
    again = walk(case, protocol_of(name), scanner(case), seed=1, probe=probe_of(case))
    assert again.timeline_json() == outcome_of(name).timeline_json()


@pytest.mark.parametrize("name", NAMES)
def test_the_timeline_is_json_with_every_step_and_no_image(name: str) -> None:
    outcome = outcome_of(name)
    tree = json.loads(outcome.timeline_json())
    assert [step["state"] for step in tree["steps"]] == states(outcome)
    assert "not for diagnosis" in tree["notice"]
    assert len(tree["studies"]) == outcome.totals.studies


@pytest.mark.parametrize("name", NAMES)
def test_time_never_runs_backwards_and_costs_add_up(name: str) -> None:
    outcome = outcome_of(name)
    days = [day for step in outcome.steps for day in (step.start_day, step.end_day)]
    assert days == sorted(days)
    spent = sum(visit.cost for visit in outcome.visits) + sum(one.cost for one in outcome.samplings)
    assert outcome.totals.cost == pytest.approx(spent)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_says_why_the_next_one_was_chosen(name: str) -> None:
    assert all(step.choice is not None and step.choice.why for step in outcome_of(name).steps[:-1])


@pytest.mark.parametrize("name", NAMES)
def test_each_study_is_archived_once_under_its_own_name(name: str) -> None:
    case = fake_case(name)
    kept: list[Study] = []
    outcome = walk(
        case, protocol_of(name), scanner(case), seed=1, probe=probe_of(case), archive=kept.append
    )
    assert [study.id for study in kept] == [study.id for study in outcome.studies]
    assert len({study.id for study in kept}) == len(kept)
    assert [study.start for study in kept] == sorted(study.start for study in kept)


def test_net_72f_goes_from_ct_to_mr_to_skin_and_dies_before_the_primary_is_found() -> None:
    outcome = outcome_of("net_72f")
    assert states(outcome) == ["clinic", "ct", "mr", "tissue", "receptor", "died"]
    assert outcome.ending == "died_before_primary_found"
    assert outcome.totals.days == pytest.approx(33.0, abs=0.01)
    assert outcome.totals.studies == 2
    (dotatoc,) = (visit for visit in outcome.visits if visit.study == "pet_ga68_dotatoc")
    assert dotatoc.status in {"cancelled", "unavailable"}
    assert dotatoc.report_day is None


def test_net_72f_has_the_reported_labs() -> None:
    labs = {lab.test: lab.flag for lab in outcome_of("net_72f").steps[0].labs}
    for test, flag in {
        "haemoglobin": "low", "mcv": "high", "aptt": "low", "folate": "low", "d_dimer": "high",
        "cea": "high",
    }.items():  # fmt: skip
        assert labs[test] == flag


def test_net_72f_has_the_reported_stains_and_the_others_are_outstanding() -> None:
    (sampling,) = outcome_of("net_72f").samplings
    assert sampling.lesion is not None
    assert sampling.lesion.startswith("skin_scalp")
    lineage, site = sampling.panels
    assert {one.marker: one.positive for one in lineage.results} == dict.fromkeys(
        ("ck_pan", "ck18", "ck19", "synaptophysin"), True
    )
    assert site.reported_day is None
    assert {"chromogranin_a", "ki67", "ttf1"} <= set(site.markers)


@pytest.mark.parametrize("seed", range(2, 5))
def test_net_72f_has_histology_and_no_primary_whatever_the_seed(seed: int) -> None:
    outcome = outcome_of("net_72f", seed)
    assert outcome.samplings[0].histology is not None
    endpoints = {one.name: one.value for one in outcome.endpoints}
    assert endpoints["tissue_diagnosis"] is True
    assert endpoints["primary_found"] is False


def test_porocarcinoma_67m_goes_from_plaque_to_pet_to_resection_to_the_ear() -> None:
    outcome = outcome_of("porocarcinoma_67m")
    wanted = ["clinic", "excision", "follow_up", "plaques", "punch", "staging", "resection",
              "healing", "ent", "ct_neck", "oncology", "treatment", "kidneys", "restaging",
              "palliative", "palliated"]  # fmt: skip
    assert states(outcome) == wanted
    targets = [one.lesion for one in outcome.samplings]
    assert targets[0] == "scalp_primary"
    assert str(targets[1]).startswith("plaque_")
    assert targets[2] == "suboccipital_right"
    assert all(one.histology is not None and one.histology.malignant for one in outcome.samplings)


def test_renal_failure_blocks_iodine_in_porocarcinoma_67m() -> None:
    outcome = outcome_of("porocarcinoma_67m")
    early, late = (visit for visit in outcome.visits if visit.study == "ct_neck_chest")
    assert early.status == "reported"
    assert late.status == "blocked"
    assert "eGFR below 30" in late.why[0]
    assert outcome.ending == "palliative_care"


def test_porocarcinoma_37m_images_in_parallel_and_its_ki67_rises() -> None:
    outcome = outcome_of("porocarcinoma_37m")
    staging = next(step for step in outcome.steps if step.state == "staging")
    assert [visit.study for visit in staging.visits] == ["mr_head", "petct_fdg"]
    percents = [one.ki67_percent for one in outcome.samplings if one.ki67_percent is not None]
    assert percents == [30.0, 50.0]
    timepoints = [study.timepoint for study in outcome.studies]
    assert timepoints == ["first_recurrence", *["intracranial_recurrence"] * 2, "six_months",
                          "one_year"]  # fmt: skip
    assert outcome.samplings[-1].region == "lung"


def test_hidradenocarcinoma_takes_nodule_and_node() -> None:
    outcome = outcome_of("hidradenocarcinoma_45f")
    assert [one.lesion for one in outcome.samplings] == [
        "scalp_nodule",
        "neck_node",
        "scalp_nodule",
    ]
    assert max(outcome.steps[-1].belief, key=lambda one: one.probability).diagnosis == (
        "hidradenocarcinoma"
    )


def with_implant(name: str, text: str) -> FakeCase:
    """Return a case whose patient carries something more."""
    case = fake_case(name)
    implants = (*case.patient.implants, Fact(text=text, source="authored: test"))
    patient = dataclasses.replace(case.patient, implants=implants)
    return FakeCase(case.id, dataclasses.replace(case.content, patient=patient), case.library)


def test_a_pacemaker_keeps_the_patient_out_of_the_magnet() -> None:
    case = with_implant("porocarcinoma_37m", "pacemaker, not MR conditional")
    outcome = walk(case, protocol_of(case.id), scanner(case), seed=1, probe=probe_of(case))
    status = {visit.status for visit in outcome.visits if visit.modality == "MR"}
    assert status == {"blocked"}
    assert all(study.series[0].modality != "MR" for study in outcome.studies)


def test_a_reader_who_sees_nothing_leads_elsewhere() -> None:
    case = fake_case("porocarcinoma_37m")
    outcome = walk(
        case, protocol_of(case.id), scanner(case), seed=4, probe=probe_of(case),
        reader=Reader(threshold=99.0),
    )  # fmt: skip
    assert outcome.ending == "no_metastasis_seen"


def test_the_needle_and_not_the_plan_decides_what_is_in_the_core() -> None:
    """The probe says fat everywhere: the biopsy fails, twice, and the walk goes on to FDG."""
    case = fake_case("hidradenocarcinoma_45f")
    inside = probe_of(case)

    def fat(timepoint: str) -> object:
        layers = inside(timepoint)
        return lambda points: [
            dataclasses.replace(one, label="", material="subcutaneous_fat") if one.label else one
            for one in layers(points)
        ]

    outcome = walk(case, protocol_of(case.id), scanner(case), seed=1, probe=fat)  # type: ignore[arg-type]
    assert all(one.histology and not one.histology.adequate for one in outcome.samplings)
    assert outcome.samplings[0].histology is not None
    assert "missed" in outcome.samplings[0].histology.diagnosis
