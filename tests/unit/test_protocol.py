"""Protocol files: the built-in ones are sound, and each fault is named with its line."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from imagingsim.content import library, load, schema
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.workup import (
    Protocol,
    ProtocolFile,
    check_protocol,
    decisions,
    graphviz,
    mermaid,
    protocols,
    read_catalogue,
    read_protocol,
)
from imagingsim.workup.graph import transitions

CATALOGUE = read_catalogue(library())
GOOD = """\
schema: imagingsim.workup/1
version: 1.0.0
title: A short protocol
about: For tests.
source: [nobody]
differential: scalp_tumour
horizon_d: 365
endpoints: {tissue: path.diagnostic}
start: clinic
interrupts:
  - {when: patient.dead, to: died}
states:
  clinic:
    type: set
    labs: [egfr]
    next: [{to: scan}]
  scan:
    type: order
    orders:
      - {study: mr_head, only_if: lab.egfr >= 30}
    next:
      - {when: seen.skin, to: tissue}
      - {to: done}
  tissue:
    type: biopsy
    target: {regions: [skin]}
    technique: {skin: skin_punch}
    panels: [{name: one, markers: [p63], turnaround_d: 3}]
    next:
      - {when: not path.diagnostic and visits.tissue < 2, to: tissue}
      - {to: done}
  done: {type: end, outcome: done}
  died: {type: end, outcome: died}
"""


def check(text: str) -> Protocol:
    """Check a protocol text."""
    return check_protocol(load(text, where="p.yaml"), "p", CATALOGUE)


def test_the_short_protocol_is_sound() -> None:
    assert set(check(GOOD).file.states) == {"clinic", "scan", "tissue", "done", "died"}


@pytest.mark.parametrize("name", protocols(library()))
def test_every_built_in_protocol_is_sound(name: str) -> None:
    assert read_protocol(library(), name, CATALOGUE).file.source


def test_an_unknown_protocol_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="net_skin_metastases"):
        read_protocol(library(), "nope", CATALOGUE)


def test_the_schema_of_a_protocol_can_be_exported() -> None:
    assert "states" in schema(ProtocolFile)["properties"]


def test_the_protocol_of_the_manual_is_sound() -> None:
    manual = Path(__file__).parents[2] / "docs" / "protocols.md"
    found = re.search(r"```yaml\n(.*?)```", manual.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    assert len(check(found.group(1)).file.states) == 5


def a_misspelt_key(text: str) -> str:
    """p.yaml:20: states.scan.on_bloked: unknown key; remove it or correct its spelling"""
    return (
        text.replace(
            "      - {study: mr_head, only_if: lab.egfr >= 30}",
            "      - {study: mr_head, only_if: lab.egfr >= 30}\n    on_bloked: skip",
        )
        .replace("    orders:\n      - {study", "    orders: [{study")
        .replace(">= 30}\n", ">= 30}]\n")
    )


def an_unknown_state(text: str) -> str:
    """p.yaml:16: states.clinic.next.0.to: unknown state 'skan'; known: clinic, scan"""
    return text.replace("next: [{to: scan}]", "next: [{to: skan}]")


def no_default(text: str) -> str:
    """p.yaml:21: states.scan.next: the last transition must be the default"""
    return text.replace("      - {when: seen.skin, to: tissue}\n      - {to: done}",
                        "      - {when: seen.skin, to: tissue}")  # fmt: skip


def a_default_in_the_middle(text: str) -> str:
    """only the last transition may lack `when`; those after it never fire"""
    return text.replace("{when: seen.skin, to: tissue}", "{to: tissue}")


def an_orphan(text: str) -> str:
    """states.lost: no walk reaches this state"""
    return text + "  lost: {type: end, outcome: lost}\n"


def a_dead_end_loop(text: str) -> str:
    """no walk gets from here to an end"""
    loop = "  again: {type: wait, days: 1, next: [{to: again}]}\n"
    return text.replace("  done: {", loop + "  done: {").replace(
        "- {when: seen.skin, to: tissue}",
        "- {when: seen.skin, to: tissue}\n      - {when: seen.node, to: again}",
    )


def an_endless_cycle(text: str) -> str:
    """may never end; put a biopsy or a wait of fixed days into it"""
    return text.replace("next:\n      - {when: seen.skin, to: tissue}",
                        "next:\n      - {when: not seen.skin, to: clinic}\n"
                        "      - {when: seen.skin, to: tissue}")  # fmt: skip


def an_unknown_study(text: str) -> str:
    """p.yaml:20: states.scan.orders.0.study: unknown study 'mr_hed'"""
    return text.replace("study: mr_head", "study: mr_hed")


def an_unknown_marker(text: str) -> str:
    """unknown marker 'p36'"""
    return text.replace("[p63]", "[p36]")


def an_unknown_region(text: str) -> str:
    """unknown region 'skinn'"""
    return text.replace("regions: [skin]", "regions: [skinn]")


def a_region_without_technique(text: str) -> str:
    """region 'node' has no technique; add it"""
    return text.replace("regions: [skin]", "regions: [skin, node]")


def an_unknown_procedure(text: str) -> str:
    """unknown procedure 'punch'"""
    return text.replace("skin: skin_punch", "skin: punch")


def a_misspelt_name_in_a_guard(text: str) -> str:
    """unknown name 'lab.egrf'; did you mean lab.egfr?"""
    return text.replace("lab.egfr >= 30", "lab.egrf >= 30")


def a_misspelt_namespace(text: str) -> str:
    """unknown name 'pateint.dead'; did you mean patient.dead?"""
    return text.replace("{when: patient.dead", "{when: pateint.dead")


def a_guard_that_is_no_condition(text: str) -> str:
    """'lab.egfr' is not a condition; compare it with something"""
    return text.replace("lab.egfr >= 30", "lab.egfr")


def a_text_compared_with_a_number(text: str) -> str:
    """compares a text with a number; compare like with like"""
    return text.replace("lab.egfr >= 30", "timepoint > 3")


def a_guard_that_calls(text: str) -> str:
    """only calls of abs, count, known, max, min, since with plain arguments are allowed"""
    return text.replace("lab.egfr >= 30", "open('x') == 1")


def a_report_of_a_study_never_ordered(text: str) -> str:
    """unknown name 'report.ct_chest.lung'"""
    return text.replace("when: seen.skin", "when: report.ct_chest.lung")


def an_interrupt_to_no_end(text: str) -> str:
    """p.yaml:11: interrupts.0.to: 'clinic' is no end; an interrupt must lead to one"""
    return text.replace("to: died}", "to: clinic}")


def a_wait_that_says_too_much(text: str) -> str:
    """a wait needs one of days, timepoint and until; days may stand beside timepoint; correct it"""
    return text.replace("labs: [egfr]", "days: 3\n    until: seen.skin").replace(
        "type: set", "type: wait"
    )


def a_wait_without_time_limit(text: str) -> str:
    """a wait until something needs timeout_d; add it"""
    return text.replace("labs: [egfr]", "until: seen.skin").replace("type: set", "type: wait")


def an_unknown_kind_of_state(text: str) -> str:
    """p.yaml:13: states.clinic"""
    return text.replace("type: set", "type: sett")


def an_unknown_differential(text: str) -> str:
    """p.yaml:6: differential: unknown differential 'scalp'; known:"""
    return text.replace("differential: scalp_tumour", "differential: scalp")


def an_unknown_start(text: str) -> str:
    """p.yaml:9: start: unknown state 'klinik'"""
    return text.replace("start: clinic", "start: klinik")


def a_number_written_as_text(text: str) -> str:
    """p.yaml:7: horizon_d"""
    return text.replace("horizon_d: 365", "horizon_d: '365'")


def a_key_twice(text: str) -> str:
    """p.yaml:10: found duplicate key"""
    return text.replace("start: clinic\n", "start: clinic\nstart: scan\n")


def a_negative_wait(text: str) -> str:
    """states.clinic.days: Input should be greater than 0"""
    return text.replace("labs: [egfr]", "days: -3").replace("type: set", "type: wait")


def a_deadline_at_once(text: str) -> str:
    """p.yaml:21: states.scan.deadline_d: must be more than 0 days, got 0"""
    return text.replace("lab.egfr >= 30}\n", "lab.egfr >= 30}\n    deadline_d: 0\n")


def a_wait_beyond_the_horizon(text: str) -> str:
    """states.scan: cannot be reached before day 400, and the horizon is day 365"""
    return text.replace("labs: [egfr]", "days: 400").replace("type: set", "type: wait").replace(
        "lab.egfr >= 30", "patient.age > 30"
    )  # fmt: skip


def a_number_outside_its_range(text: str) -> str:
    """p.yaml:22: states.scan.next.0.when: 't > 500' can never hold here"""
    return text.replace("when: seen.skin", "when: t > 500")


def a_probability_in_percent(text: str) -> str:
    """'post.porocarcinoma > 60' can never hold here"""
    return text.replace("when: seen.skin", "when: post.porocarcinoma > 60")


def a_division_by_nothing(text: str) -> str:
    """'t / 0 > 1' divides by 0, which can be 0"""
    return text.replace("when: seen.skin", "when: t / 0 > 1")


def a_division_by_what_can_be_nothing(text: str) -> str:
    """divides by cost, which can be 0; ask for `cost > 0`"""
    return text.replace("when: seen.skin", "when: dose / cost > 1")


def a_contradiction(text: str) -> str:
    """'t > 5 and t < 3' can never hold here; it contradicts itself"""
    return text.replace("when: seen.skin", "when: t > 5 and t < 3")


def a_guard_behind_another(text: str) -> str:
    """p.yaml:23: states.scan.next.1.when: 't > 9' can never be reached: an earlier condition"""
    return text.replace(
        "- {when: seen.skin, to: tissue}",
        "- {when: t > 5, to: tissue}\n      - {when: t > 9, to: done}",
    )


def conditions_that_leave_nothing_over(text: str) -> str:
    """p.yaml:21: states.scan.next: the conditions leave nothing over"""
    return text.replace(
        "- {when: seen.skin, to: tissue}",
        "- {when: seen.skin, to: tissue}\n      - {when: not seen.skin, to: done}",
    )


def what_nobody_can_know_yet(text: str) -> str:
    """can never hold here; nothing before makes path.ki67 known"""
    return text.replace("when: seen.skin", "when: path.ki67 > 20")


def what_cannot_have_been_seen(text: str) -> str:
    """can never hold here; nothing before can make seen.liver true"""
    return text.replace("when: seen.skin", "when: seen.liver")


def more_visits_than_allowed(text: str) -> str:
    """visits.tissue > 2' can never hold here; it contradicts itself, or asks for a number"""
    return text.replace("visits.tissue < 2", "visits.tissue > 2")


def a_diagnosis_nobody_thinks_of(text: str) -> str:
    """can never hold here"""
    return text.replace("when: seen.skin", "when: post.top == 'porocarcinomma'")


def a_truth_compared_with_a_number(text: str) -> str:
    """compares a truth with a number; compare like with like"""
    return text.replace("when: seen.skin", "when: seen.skin > 0")


def a_number_taken_for_a_truth(text: str) -> str:
    """takes t for a condition; compare it with something"""
    return text.replace("when: seen.skin", "when: seen.skin and t")


def a_way_out_of_the_language(text: str) -> str:
    """only calls of abs, count, known, max, min, since with plain arguments are allowed"""
    return text.replace("when: seen.skin", "when: \"__import__('os').system('true') == 0\"")


def a_study_ordered_twice(text: str) -> str:
    """states.scan.orders: study 'mr_head' is named 2 times; name it once"""
    return text.replace(
        "- {study: mr_head, only_if: lab.egfr >= 30}",
        "- {study: mr_head}\n      - {study: mr_head}",
    )


def a_stain_asked_for_twice(text: str) -> str:
    """states.tissue.panels.0.markers: marker 'p63' is named 2 times; name it once"""
    return text.replace("[p63]", "[p63, p63]")


def a_target_nothing_can_show(text: str) -> str:
    """nothing before shows a lesion of region 'lung'"""
    return text.replace("regions: [skin]", "regions: [lung]").replace(
        "skin: skin_punch", "lung: ct_core"
    )


def a_technique_for_no_target(text: str) -> str:
    """states.tissue.technique.lung: 'lung' is no target here"""
    return text.replace("skin: skin_punch", "skin: skin_punch, lung: ct_core")


def a_parameter_without_source(text: str) -> str:
    """p.yaml:8: params.floor.source: required key is missing; add it"""
    return text.replace("endpoints:", "params: {floor: {value: 30}}\nendpoints:")


def a_parameter_nobody_uses(text: str) -> str:
    """p.yaml:8: params.floor: no condition asks for param.floor; use it or remove it"""
    return text.replace("endpoints:", "params: {floor: {value: 30, source: me}}\nendpoints:")


def an_interrupt_at_once(text: str) -> str:
    """p.yaml:11: interrupts.0.when: 't < 1' holds at once, so every walk ends before it begins"""
    return text.replace("when: patient.dead", "when: t < 1")


def no_end(text: str) -> str:
    """states: no state is an end; add one of `type: end`"""
    return text.replace("type: end, outcome: done", "type: decide, next: [{to: clinic}]").replace(
        "type: end, outcome: died", "type: decide, next: [{to: clinic}]"
    )


def no_endpoint(text: str) -> str:
    """p.yaml:8: endpoints: nothing is asked at the end; add an endpoint"""
    return text.replace("{tissue: path.diagnostic}", "{}")


def an_endpoint_nobody_reaches(text: str) -> str:
    """p.yaml:8: endpoints.tissue: 'path.ki67 > 20' can never hold here"""
    return text.replace("tissue: path.diagnostic", "tissue: path.ki67 > 20")


def more_reports_than_orders(text: str) -> str:
    """states.scan.join: waits for 2 reports of 1 orders; give a number from 1 to 1, all, or any"""
    return text.replace("lab.egfr >= 30}\n", "lab.egfr >= 30}\n    join: 2\n")


def nothing_to_give_up(text: str) -> str:
    """states.scan.cancel_rest: nothing is left to give up when all reports are waited for"""
    return text.replace("lab.egfr >= 30}\n", "lab.egfr >= 30}\n    cancel_rest: true\n")


def a_rule_overridden_that_is_not_in_the_way(text: str) -> str:
    """iodine_allergy does not stand in the way of mr_head; remove it"""
    return text.replace("mr_head, only_if", "mr_head, despite: {iodine_allergy: mine}, only_if")


def a_substitute_there_is_not(text: str) -> str:
    """states.scan.on_blocked: the catalogue has no substitute for mr_head"""
    return text.replace("lab.egfr >= 30}\n", "lab.egfr >= 30}\n    on_blocked: substitute\n")


def an_unknown_blood_test(text: str) -> str:
    """p.yaml:15: states.clinic.labs: unknown blood test 'egrf'"""
    return text.replace("labs: [egfr]", "labs: [egrf]")


FAULTS: list[tuple[str, tuple[Callable[[str], str], ...]]] = [
    ("misspelt key", (a_misspelt_key, an_unknown_kind_of_state)),
    ("unknown state", (an_unknown_state, an_unknown_start, an_interrupt_to_no_end)),
    ("unknown study or procedure", (an_unknown_study, an_unknown_procedure)),
    ("unknown region, marker or blood test",
     (an_unknown_region, an_unknown_marker, an_unknown_blood_test, a_region_without_technique)),
    ("unknown name or parameter",
     (a_misspelt_name_in_a_guard, a_misspelt_namespace, a_report_of_a_study_never_ordered,
      an_unknown_differential, a_rule_overridden_that_is_not_in_the_way)),
    ("branch without default", (no_default, a_default_in_the_middle)),
    ("orphan", (an_orphan, a_technique_for_no_target, a_parameter_nobody_uses)),
    ("no way to an end", (a_dead_end_loop, no_end, a_wait_beyond_the_horizon)),
    ("endless cycle", (an_endless_cycle,)),
    ("wrong type",
     (a_text_compared_with_a_number, a_truth_compared_with_a_number, a_number_taken_for_a_truth,
      a_guard_that_is_no_condition, a_number_written_as_text)),
    ("number out of range",
     (a_negative_wait, a_deadline_at_once, a_number_outside_its_range, a_probability_in_percent,
      more_visits_than_allowed)),
    ("division by nothing", (a_division_by_nothing, a_division_by_what_can_be_nothing)),
    ("contradiction", (a_contradiction, a_diagnosis_nobody_thinks_of)),
    ("never reached", (a_guard_behind_another, conditions_that_leave_nothing_over)),
    ("never known",
     (what_nobody_can_know_yet, what_cannot_have_been_seen, an_endpoint_nobody_reaches)),
    ("out of the language", (a_guard_that_calls, a_way_out_of_the_language)),
    ("named twice", (a_key_twice, a_study_ordered_twice, a_stain_asked_for_twice)),
    ("target nothing shows", (a_target_nothing_can_show, a_substitute_there_is_not)),
    ("no source, no question", (a_parameter_without_source, no_endpoint)),
    ("interrupt at once", (an_interrupt_at_once,)),
    ("waiting for what does not come",
     (more_reports_than_orders, nothing_to_give_up, a_wait_that_says_too_much,
      a_wait_without_time_limit)),
]  # fmt: skip
"""Kinds of faults, each with ways to make it."""


@pytest.mark.parametrize(
    "fault",
    [pytest.param(one, id=f"{kind}: {one.__name__}") for kind, row in FAULTS for one in row],
)
def test_a_fault_is_named_with_its_place(fault: Callable[[str], str]) -> None:
    with pytest.raises(ContentError) as caught:
        check(fault(GOOD))
    assert str(fault.__doc__) in str(caught.value)
    assert re.match(r"p\.yaml:\d+: ", str(caught.value))


def test_twenty_kinds_of_faults_are_caught() -> None:
    assert len(FAULTS) >= 20


def test_all_faults_are_named_at_once_in_the_order_of_the_file() -> None:
    with pytest.raises(ContentError) as caught:
        check(an_unknown_marker(an_unknown_study(an_interrupt_to_no_end(GOOD))))
    lines = [int(line.split(":")[1]) for line in str(caught.value).splitlines()]
    assert len(lines) >= 3
    assert lines == sorted(lines)


@pytest.mark.parametrize("draw", [mermaid, graphviz])
def test_a_drawing_has_every_state_and_every_way(draw: Callable[[Protocol], str]) -> None:
    protocol = read_protocol(library(), "net_skin_metastases")
    lines = draw(protocol).splitlines()
    for name, state in protocol.file.states.items():
        assert any(line.strip().startswith(name) for line in lines)
        for step in transitions(state):
            assert any(
                re.match(rf"{name} -(-)?>.*\b{step.to}\b", line.strip()) for line in lines
            ), f"{name} to {step.to}"


def test_a_decision_table_tries_in_the_order_of_the_file() -> None:
    protocol = read_protocol(library(), "net_skin_metastases")
    rows = list(decisions(protocol))
    assert rows[0].state == "(any time)"
    assert [one.to for one in rows if one.state == "ct"] == ["mr", "mr", "tissue"]
    assert [one.when for one in rows if one.state == "ct"][-1] == "otherwise"
