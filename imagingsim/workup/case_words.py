"""What a case and its images say in words: the patient, facts of the disease, contrast given."""

from imagingsim.anatomy.case import Case
from imagingsim.anatomy.case_records import Evidence
from imagingsim.series import CtTechnique, MrTechnique
from imagingsim.study import Study
from imagingsim.workup.outcome import Person

UNIT_WORDS = {"1": "", "1e-5/year": "per 100,000 a year"}
FLAG_WORDS = {
    "pacemaker": ("pacemaker", "defibrillator"),
    "claustrophobia": ("claustrophobi",),
    "iodine_allergy": ("iodin",),
    "metformin": ("metformin",),
    "diabetes": ("diabetes",),
    "cement": ("cement", "vertebroplasty"),
    "pregnant": ("pregnan",),
    "anticoagulated": ("anticoagul", "warfarin", "phenprocoumon", "xaban", "dabigatran", "heparin"),
}
"""Words in the case's implants, drugs, allergies and illnesses that set a flag of ``patient.``."""


def contrast_of(study: Study) -> tuple[str, ...]:
    """Return what was injected, each dose once."""
    found = {}
    for one in study.series:
        if isinstance(one.technique, CtTechnique | MrTechnique) and one.technique.contrast:
            dose = one.technique.contrast
            found[f"{dose.agent} {dose.concentration_mg_ml:g} mg/mL, {dose.volume_ml:.0f} mL"] = 1
    return tuple(found)


def person_of(case: Case) -> Person:
    """Return the patient at the beginning of the workup."""
    patient = case.patient
    history = tuple(fact.text for fact in (*patient.comorbidities, *patient.implants))
    drugs = tuple(fact.text for fact in patient.medication)
    return Person(
        patient.sex, case.age_y(case.workup_timepoint), patient.weight_kg, patient.height_m,
        (*history, *drugs),
    )  # fmt: skip


def fact_of(one: Evidence) -> str:
    """Return a fact in words, with its number when it has one."""
    counted = one.unit == "1" and any(letter.isdigit() for letter in one.text)
    if one.value is None or counted:
        return one.text
    joint = " " if one.text.endswith(("about", "in", "of")) else ": "
    unit = UNIT_WORDS.get(one.unit or "", one.unit or "")
    return f"{one.text}{joint}{one.value:g} {unit}".strip()
