"""Protocols in virtual patients: conditions that never hold, and orders that wait as they say."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from imagingsim.cli import app
from imagingsim.cohort import VirtualWorld, read_population
from imagingsim.content import library, load
from imagingsim.workup import Outcome, check_protocol, read_catalogue, walk_world

CATALOGUE = read_catalogue(library())
POPULATION = read_population(library(), "scalp_masses", CATALOGUE)
HEAD = (
    "schema: imagingsim.workup/1\nversion: 1.0.0\ntitle: t\nabout: t\nsource: [none]\n"
    "differential: scalp_tumour\nhorizon_d: 400\nstart: scan\nendpoints: {dead: patient.dead}\n"
)


def ordered(fields: str, patient: int = 3) -> Outcome:
    """Return the walk of a virtual patient through one state that orders studies."""
    text = (
        f"{HEAD}states:\n  scan:\n    type: order\n{fields}    next: [{{to: wait}}]\n"
        "  wait: {type: wait, days: 90, next: [{to: done}]}\n  done: {type: end, outcome: done}\n"
    )
    protocol = check_protocol(load(text, where="p.yaml"), "p", CATALOGUE)
    world = VirtualWorld.of(POPULATION, CATALOGUE, seed=4, patient=patient)
    return walk_world(world, protocol)


THREE = "    orders: [{study: us_neck}, {study: mr_head}, {study: petct_fdg}]\n"


@pytest.mark.parametrize(("join", "back"), [("any", 1), ("2", 2), ("3", 3), ("all", 3)])
def test_a_state_goes_on_when_so_many_reports_are_back(join: str, back: int) -> None:
    outcome = ordered(f"{THREE}    join: {join}\n")
    reports = sorted(visit.report_day or 0.0 for visit in outcome.visits)
    assert outcome.steps[0].end_day == reports[back - 1]
    assert all(visit.status == "reported" for visit in outcome.visits)


def test_what_has_not_begun_is_given_up_and_costs_nothing() -> None:
    kept, given_up = (
        ordered(f"{THREE}    join: any\n"),
        ordered(f"{THREE}    join: any\n    cancel_rest: true\n"),
    )
    late = [one for one in kept.visits if (one.start_day or 0.0) > kept.steps[0].end_day]
    assert late
    left = [visit.study for visit in given_up.visits if visit.status == "cancelled"]
    assert left == [visit.study for visit in late]
    saved = sum(visit.cost for visit in late)
    assert given_up.totals.cost == pytest.approx(kept.totals.cost - saved)


def test_a_deadline_goes_on_without_what_is_late() -> None:
    outcome = ordered(f"{THREE}    deadline_d: 0.5\n")
    assert outcome.steps[0].end_day == 0.5
    assert all((visit.report_day or 0.0) > 0.5 for visit in outcome.visits)


def test_two_iodinated_studies_keep_their_distance() -> None:
    fields = (
        "    orders: [{study: ct_neck_chest, urgency: stat},"
        " {study: ct_chest_abdomen_pelvis, urgency: stat}]\n"
    )
    first, second = ordered(fields).visits
    assert (second.start_day or 0.0) - (first.start_day or 0.0) >= 0.5 - 1e-9


def test_an_interrupt_does_not_wait_for_the_state_to_be_over() -> None:
    text = (
        f"{HEAD}interrupts: [{{when: patient.performance >= 3, to: stop}}]\nstates:\n"
        "  scan: {type: wait, days: 399, next: [{to: done}]}\n"
        "  done: {type: end, outcome: done}\n  stop: {type: end, outcome: worse}\n"
    )
    protocol = check_protocol(load(text, where="p.yaml"), "p", CATALOGUE)
    left = CATALOGUE.evidence.performance.left_d[2]
    seen = 0
    for patient in range(200):
        world = VirtualWorld.of(POPULATION, CATALOGUE, seed=4, patient=patient)
        outcome = walk_world(world, protocol)
        if left < world.budget_d < 399 + left:
            seen += 1
            assert outcome.ending == "worse"
            assert outcome.totals.days == pytest.approx(world.budget_d - left, abs=1e-3)
    assert seen > 20


def test_a_condition_that_holds_for_nobody_is_noted_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "protocols" / "workups" / "rare.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f"{HEAD}states:\n  scan:\n    type: wait\n    days: 3\n    next:\n"
        "      - {when: patient.age > 129, to: done}\n      - {when: t > 2, to: done}\n"
        "      - {to: done}\n  done: {type: end, outcome: done}\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["check", str(file), "--sample", "2000"])
    assert done.exit_code == 0, done.output
    (note,) = (line for line in done.output.replace("\n", " ").split("note: ") if "129" in line)
    assert "rare.yaml:15: states.scan.next.0.when: 'patient.age > 129': asked" in note
    assert "t > 2'" not in note
