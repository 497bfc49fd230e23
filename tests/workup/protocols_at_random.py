"""Texts of random protocols; many are unsound, which is part of the test."""

from hypothesis import strategies as st

BODIES = {
    "set": "labs: [egfr]",
    "decide": "title: think",
    "wait": "days: 30",
    "biopsy": (
        "target: {regions: [skin]}\n    technique: {skin: skin_punch}\n"
        "    panels: [{name: one, markers: [p63], turnaround_d: 3}]"
    ),
}
GUARDS = (
    "seen.skin",
    "not path.diagnostic",
    "t > 100",
    "post.porocarcinoma > 0.3",
    "known(lab.cea)",
)


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Return the text of a random protocol; many are unsound."""
    names = [f"s{i}" for i in range(draw(st.integers(1, 5)))]
    states = []
    for name in names:
        kind = draw(st.sampled_from(sorted(BODIES)))
        to = draw(st.sampled_from([*names, "done"]))
        when = draw(st.sampled_from(GUARDS))
        default = draw(st.sampled_from([*names, "done"]))
        states.append(
            f"  {name}:\n    type: {kind}\n    {BODIES[kind]}\n"
            f"    next: [{{when: '{when}', to: {to}}}, {{to: {default}}}]\n"
        )
    return (
        "schema: imagingsim.workup/1\nversion: 1.0.0\ntitle: random\nabout: random\n"
        "source: [none]\ndifferential: scalp_tumour\nhorizon_d: 400\nstart: s0\nstates:\n"
        + "".join(states)
        + "  done: {type: end, outcome: done}\n"
    )
