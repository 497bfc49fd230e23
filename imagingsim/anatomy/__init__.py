"""Bodies, phantoms and their sampling; knows no modality.

A body is a folder of region files. Each lists *structures*: solids (ellipsoid, tube, loft, box,
plane, field, shell, formula, vertebra, rib, disc, tree, rope), joined in order; then
modifiers (displace, inside, outside, gap, halo, kernel); then layers, painted from the surface
inwards. Structures are placed stiff to soft, by ``rank``; a later one with a ``gap`` keeps a small
noisy distance to everything fixed before. Lesions are structures like any other, spliced in by
rank. The grammar is `records.Structure` and `solid_records.Solid`.

`compiler` turns the structures into a program for `imagingsim.geometry`; `sampling` runs it.
Seeds of noise come from ids, so adding a structure changes nothing far from it.
"""

from imagingsim.anatomy.body import Body, check_habitus, read_body, read_habitus, read_states
from imagingsim.anatomy.calibration import Growth, grow
from imagingsim.anatomy.case import Case, ResolvedLesion, read_case
from imagingsim.anatomy.case_file import CaseFile
from imagingsim.anatomy.compiler import needs
from imagingsim.anatomy.habitus_asking import asked_habitus
from imagingsim.anatomy.habitus_records import Habitus, HabitusFile
from imagingsim.anatomy.phantom import Phantom
from imagingsim.anatomy.quality_object import QualityFile, QualityObject, read_quality_object
from imagingsim.anatomy.records import BodyRecord as BodyFile
from imagingsim.anatomy.records import Modification, Structure
from imagingsim.anatomy.records import Region as RegionFile
from imagingsim.anatomy.sampled import Layer, SampledPhantom
from imagingsim.anatomy.sampling import sample, sample_points
from imagingsim.anatomy.state import REST, BodyState, Level, StateFile
from imagingsim.anatomy.warming import warm_up

__all__ = [
    "REST", "Body", "BodyFile", "BodyState", "Case", "CaseFile", "Growth", "Habitus", "HabitusFile",
    "Layer", "Level", "Modification", "Phantom", "QualityFile", "QualityObject", "RegionFile",
    "ResolvedLesion", "SampledPhantom", "StateFile", "Structure", "asked_habitus", "check_habitus",
    "grow", "needs", "read_body", "read_case", "read_habitus", "read_quality_object", "read_states",
    "sample", "sample_points", "warm_up",
]  # fmt: skip
