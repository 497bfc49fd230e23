"""Texts of random protocols; some are unsound, which is part of the test."""

from hypothesis import strategies as st

BODIES = {
    "set": ("labs: [egfr]", "labs: [all]", "examine: [skin]"),
    "decide": ("title: think",),
    "wait": ("days: 30", "until: path.outstanding == 0 and seen.any\n    timeout_d: 12.5"),
    "order": (
        "orders: [{study: mr_head, urgency: stat}, {study: ct_neck_chest}, {study: petct_fdg}]\n"
        "    join: 2\n    cancel_rest: true",
        "orders: [{study: ct_neck_chest}, {study: petct_fdg, only_if: patient.age < 60}]\n"
        "    on_blocked: substitute\n    deadline_d: 9",
        "orders: [{study: us_neck, urgency: routine}, {study: mr_head}]\n    join: any",
        "orders: [{study: ct_neck_chest, despite: {iodine_renal_failure: 'life at risk'}}]",
        "orders: [{study: mr_head}]\n    on_blocked: stop",
    ),
    "biopsy": (
        "target: {regions: [skin]}\n    technique: {skin: skin_punch}\n"
        "    panels: [{name: one, markers: [p63], turnaround_d: 3}]",
        "target: {regions: [lung, skin]}\n    technique: {skin: wide_excision, lung: ct_core}\n"
        "    panels: [{name: one, markers: [p63, nut], turnaround_d: 30, background: true}]",
    ),
}
GUARDS = (
    "seen.skin",
    "not path.diagnostic",
    "t > 100",
    "post.porocarcinoma > 0.3",
    "known(lab.egfr)",
    "not seen.node and path.outstanding > 0",
)
INTERRUPTS = ("patient.dead", "patient.performance >= 4", "seen.lung and t > 20", "cost > 4000")
BEGINNING = """\
  clinic: {type: set, labs: [egfr], examine: [skin], next: [{to: look}]}
  look:
    type: order
    orders: [{study: us_neck}, {study: petct_fdg}]
    join: any
    next: [{to: sample}]
  sample:
    type: biopsy
    target: {regions: [skin]}
    technique: {skin: skin_punch}
    max_visits: 1
    panels: [{name: first, markers: [p63, ki67], turnaround_d: 9, background: true}]
    next: [{to: s0}]
"""
"""What makes every condition possible."""


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Return the text of a random protocol; some are unsound."""
    names = [f"s{i}" for i in range(draw(st.integers(1, 5)))]
    states = []
    for i, name in enumerate(names):
        kind = draw(st.sampled_from(sorted(BODIES)))
        body = draw(st.sampled_from(BODIES[kind]))
        onwards = [*names[i + 1 :], "done"]
        back = body == "days: 30" or kind == "biopsy" or draw(st.integers(0, 9)) == 0
        to = draw(st.sampled_from([*names, "done"] if back else onwards))
        when = draw(st.sampled_from(GUARDS))
        default = onwards[0]
        states.append(
            f"  {name}:\n    type: {kind}\n    {body}\n"
            f"    next: [{{when: '{when}', to: {to}}}, {{to: {default}}}]\n"
        )
    stops = draw(st.lists(st.sampled_from(INTERRUPTS), unique=True, max_size=3))
    interrupts = ", ".join(f"{{when: {one}, to: stopped}}" for one in stops)
    stopped = "  stopped: {type: end, outcome: stopped}\n" if stops else ""
    return (
        "schema: imagingsim.workup/1\nversion: 1.0.0\ntitle: random\nabout: random\n"
        "source: [none]\ndifferential: scalp_tumour\nhorizon_d: 400\nstart: clinic\n"
        f"endpoints: {{tissue: path.diagnostic}}\ninterrupts: [{interrupts}]\nstates:\n"
        + BEGINNING
        + "".join(states)
        + "  done: {type: end, outcome: done}\n"
        + stopped
    )
