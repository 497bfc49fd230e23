"""Whether a rule of the catalogue speaks of a study, or of a way to take tissue."""

from imagingsim.workup.catalogue import Procedure, StudyRow
from imagingsim.workup.consequences import Applies


def about_procedure(applies: Applies, procedure: Procedure) -> bool:
    """Tell whether a rule speaks of a procedure."""
    return applies.bleeding_risk in (procedure.bleeding_risk, "any")


def about_study(applies: Applies, study: str, row: StudyRow) -> bool:
    """Tell whether a rule speaks of a study."""
    asked = [
        (applies.study, study),
        (applies.contrast, row.contrast),
        (applies.tracer, row.tracer),
        (applies.modality, row.modality),
    ]
    given = [wanted == found for wanted, found in asked if wanted is not None]
    return bool(given) and all(given)
