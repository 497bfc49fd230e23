"""Bodies: the region files of a folder, what they extend, and their frames and landmarks."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from imagingsim.anatomy import calibration
from imagingsim.anatomy.compiler import expand
from imagingsim.anatomy.deformations import Move, total_shift_mm
from imagingsim.anatomy.habitus import Habitus, HabitusFile, joined, pulled, refuse_misfits
from imagingsim.anatomy.habitus_records import TissueChange
from imagingsim.anatomy.kept_documents import read_kept
from imagingsim.anatomy.layers import read_textures
from imagingsim.anatomy.lever_masses import LeverMasses, read_lever_masses
from imagingsim.anatomy.placement import placement
from imagingsim.anatomy.records import BodyRecord, Region, Site, Structure, TextureRecord
from imagingsim.anatomy.state import REST, BodyState, StateFile, in_state
from imagingsim.content import Library
from imagingsim.errors import ContentError, UnknownNameError
from imagingsim.units import FloatArray

FOLDER = "phantoms/bodies"
GRAMMAR = "imagingsim.anatomy/1"


@dataclass(frozen=True, eq=False)
class Body:
    """A body without lesions, as a document: nothing is computed yet.

    Attributes
    ----------
    name
        Its folder, e.g. ``"adult_male"``.
    record
        Frames, warp, landmarks, spine and ribs, with what it extends filled in.
    structures
        Left and right written out, ids unique, in the order of the files.
    textures
        How each tissue looks.
    label_numbers
        Number of each segmentation label.
    moves
        What a habitus bends, stretches or swells.
    tissue_changes
        What it changes in the tissues.
    seed
        Individual variation; 0 is the reference person.
    state, breath
        How the patient lies and breathes, and how that moves the body at rest.
    """

    name: str
    record: BodyRecord
    structures: tuple[Structure, ...]
    textures: Mapping[str, TextureRecord]
    label_numbers: Mapping[str, int]
    moves: tuple[Move, ...] = ()
    tissue_changes: tuple[TissueChange, ...] = ()
    seed: int = 0
    state: BodyState = REST
    breath: tuple[Move, ...] = ()

    @property
    def scale(self) -> tuple[float, float, float]:
        """Patient millimetres per millimetre of the document."""
        return self.record.scale or (1.0, 1.0, 1.0)

    @cached_property
    def landmarks(self) -> Mapping[str, float]:
        """Height z of each landmark in the patient, mm, on the axis of the body."""
        known = self.record.landmarks or {}
        heights = np.array([[0.0, 0.0, z] for z in known.values()]).reshape(-1, 3)
        moved = heights + total_shift_mm(self.moves, heights)
        return {k: float(z) * self.scale[2] for k, z in zip(known, moved[:, 2], strict=True)}

    def landmark_mm(self, name: str) -> float:
        """Return the height z of a landmark in the patient, mm."""
        if name not in self.landmarks:
            raise UnknownNameError.of("landmark", name, sorted(self.landmarks))
        return self.landmarks[name]

    @property
    def sites(self) -> Mapping[str, Site]:
        """Named places for lesions, in the document."""
        return self.record.sites or {}

    def to_document_mm(self, points_mm: object, frame: str) -> FloatArray:
        """Return points of a frame in the document's millimetres."""
        place = placement(frame, self.record.frames or {}, self.scale)
        return place.point(points_mm)

    def structure(self, name: str) -> Structure:
        """Return a structure by its id."""
        for known in self.structures:
            if known.id == name:
                return known
        raise UnknownNameError.of("structure", name, sorted(s.id for s in self.structures))


def read_body(
    library: Library, name: str, *, arms: str = "down", habitus: Habitus | None = None,
    state: BodyState = REST, calibrated: bool = True,
) -> Body:  # fmt: skip
    """Read a body and its region files.

    Parameters
    ----------
    arms
        ``"down"``, or ``"up"`` as for a scan of the trunk.
    habitus
        How the person differs from the reference person; not at all when not given.
    state
        How the patient lies and breathes.
    calibrated
        Whether organs are grown to their reference masses, as its calibration table says.

    Raises
    ------
    ContentError
        Naming the file and line of everything that is wrong.
    """
    variant = None if arms == "down" else f"arms_{arms}"
    record, structures = _read(library, name, variant)
    if variant is not None and variant not in (record.variants or {}):
        known = ["down", *(v.removeprefix("arms_") for v in record.variants or {})]
        raise UnknownNameError.of(f"posture of the arms of {name}", arms, known)
    turned = (record.variant_frames or {}).get(variant or "", {})
    record = dataclasses.replace(record, frames={**(record.frames or {}), **turned})
    if calibrated:
        _refuse_strangers(library, name, structures)
    grown = _calibrated(library, name, structures) if calibrated else tuple(structures)
    body = Body(name, record, grown, read_textures(library), _label_numbers(library))
    if habitus is not None:
        masses = _lever_masses(library, name)
        body = pulled(body, read_habitus(library, name), habitus, masses)
    if state.is_rest:
        return body
    return in_state(body, read_states(library, name), state)


def read_states(library: Library, name: str) -> StateFile:
    """Read the states of a body: its own file, or that of the body it extends."""
    folder = f"{FOLDER}/{name}"
    if library.has(f"{folder}/state.yaml"):
        return library.read("state", folder, "state", StateFile)
    base = library.read("body", folder, "body", BodyRecord).extends
    if base is None:
        raise ContentError(f"{name} has no state.yaml, so it can only be at rest; add one")
    return read_states(library, base)


def _calibrated(library: Library, name: str, structures: list[Structure]) -> tuple[Structure, ...]:
    """Return structures grown by the body's calibration table, or that of what it extends."""
    folder = f"{FOLDER}/{name}"
    if not library.has(f"{folder}/{calibration.FILE}"):
        record = read_kept(library, "body", folder, "body", BodyRecord)
        if record.extends is None:
            return tuple(structures)
        return _calibrated(library, record.extends, structures)
    growth = calibration.read_growth(library, folder)
    return calibration.grow(structures, growth)


def _refuse_strangers(library: Library, name: str, structures: list[Structure]) -> None:
    """Refuse a calibration table of the body's own that names what the body does not have."""
    folder = f"{FOLDER}/{name}"
    strange = sorted(set(calibration.read_growth(library, folder)) - {s.id for s in structures})
    if strange:
        file = f"{folder}/{calibration.FILE}"
        raise ContentError(
            "\n".join(
                f"{file}: no structure is called {one!r}; {calibration.REMEDY}" for one in strange
            )
        )


def read_habitus(library: Library, name: str) -> HabitusFile:
    """Read the levers of a body, and those of the body it extends."""
    folder = f"{FOLDER}/{name}"
    own = read_kept(library, "habitus", folder, "habitus", HabitusFile)
    base = read_kept(library, "body", folder, "body", BodyRecord).extends
    return joined(own, None if base is None else read_habitus(library, base))


def _lever_masses(library: Library, name: str) -> LeverMasses | None:
    """Return what the levers of a body weigh, or those of the body it extends."""
    folder = f"{FOLDER}/{name}"
    found = read_lever_masses(library, folder)
    base = read_kept(library, "body", folder, "body", BodyRecord).extends
    return found if found is not None or base is None else _lever_masses(library, base)


def check_habitus(library: Library, name: str) -> None:
    """Refuse a body's habitus file whose levers do not fit its structures."""
    body = name.split("/", maxsplit=1)[0]
    refuse_misfits(read_body(library, body), read_habitus(library, body))


def _read(library: Library, name: str, variant: str | None) -> tuple[BodyRecord, list[Structure]]:
    folder = f"{FOLDER}/{name}"
    record = read_kept(library, "body", folder, "body", BodyRecord)
    structures: dict[str, Structure] = {}
    base = None
    if record.extends is not None:
        base, inherited = _read(library, record.extends, variant)
        structures = {s.id: s for s in inherited if s.id not in record.without}
    own = () if variant is None else (record.variants or {}).get(variant, ())
    for region in (*record.regions, *own):
        for found in _region(library, folder, region):
            structures[found.id] = found
    return record if base is None else _filled(record, base), list(structures.values())


def _filled(record: BodyRecord, base: BodyRecord) -> BodyRecord:
    """Return a record with what it does not say taken from the one it extends."""
    changes = {
        f.name: getattr(base, f.name)
        for f in dataclasses.fields(base)
        if f.name not in ("regions", "without", "extends", "scale")
        and getattr(record, f.name) in (None, ())
    }
    for name in ("landmarks", "sites", "frames"):
        merged = {**(getattr(base, name) or {}), **(getattr(record, name) or {})}
        changes[name] = merged or None
    return dataclasses.replace(record, **changes)


def _region(library: Library, folder: str, name: str) -> list[Structure]:
    region = read_kept(library, "region of a body", folder, name, Region)
    if region.anatomy != GRAMMAR:
        raise ContentError(
            f"{folder}/{name}.yaml: grammar {region.anatomy!r} is not known; write {GRAMMAR}."
        )
    framed = [
        s if s.frame is not None else dataclasses.replace(s, frame=region.frame)
        for s in region.structures
    ]
    return expand(framed)


def _label_numbers(library: Library) -> Mapping[str, int]:
    file = f"{FOLDER}/labels.csv"
    if not library.has(file):
        return {}
    rows = [line.split(",")[:2] for line in library.text(file).splitlines()[1:] if line.strip()]
    return {name: int(number) for number, name in rows}
