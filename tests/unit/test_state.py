"""Breathing and posture move the body with its lesions; a slow scan sees their average."""

import dataclasses

import numpy as np
import pytest

from imagingsim.anatomy import Body, BodyState, Phantom, StateFile, Structure, sample
from imagingsim.anatomy.records import BodyRecord
from imagingsim.anatomy.state import POSITIONS, Position, in_state
from imagingsim.content import parse
from imagingsim.errors import AcquisitionError, ContentError
from imagingsim.grid import Grid
from imagingsim.pet import BreathingSample, over_cycle

STATE = """\
state: imagingsim.state/1
move: [{carry: {centre_mm: [0, 0, 0], semi_mm: [60, 60, 60], shift: [0, 0, -8], solid: 0.6}}]
tissue: [{tissue: lung, property: density, expiration: 0.24, inspiration: 0.14}]
free: [{breathing: 0, share: 0.5}, {breathing: 1, share: 0.5}]
oral_contrast: oral_contrast
sources: []
"""
STRUCTURES = """\
- {id: skin, rank: 1, solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [90, 90, 90]}}], material: fat}
- {id: liver, rank: 2, solid: [{ellipsoid: {centre_mm: [10, 5, 0], semi_mm: [12, 12, 12]}}], material: liver}
"""  # noqa: E501
LESION = {
    "id": "lesion", "frame": "world", "rank": 9, "material": "tumour",
    "solid": [{"ellipsoid": {"centre_mm": [10, 5, 0], "semi_mm": [5, 5, 5]}}],
}  # fmt: skip
GRID = Grid.axial((40, 40, 40), (2.0, 2.0, 2.0), (-39.0, -39.0, -39.0))


@pytest.fixture
def file() -> StateFile:
    return parse(STATE, StateFile, where="state.yaml")


def phantom(file: StateFile, state: BodyState) -> Phantom:
    structures = parse(STRUCTURES, tuple[Structure, ...], where="x")
    body = Body("ball", BodyRecord(title="ball"), structures, {}, {})
    return Phantom(in_state(body, file, state), (LESION,))


def centre_mm(patient: Phantom, label: str) -> np.ndarray:
    found = np.argwhere(sample(patient, GRID).mask(label)).mean(axis=0)
    return np.asarray(GRID.position_mm(*found))


@pytest.mark.parametrize("label", ["liver", "lesion"])
def test_a_lesion_breathes_with_its_organ(file: StateFile, label: str) -> None:
    deep = phantom(file, BodyState(breathing=1.0))
    np.testing.assert_allclose(centre_mm(deep, label), [10.0, 5.0, -8.0], atol=0.4)


def test_a_prone_patient_is_turned_over(file: StateFile) -> None:
    prone = phantom(file, BodyState(position="prone"))
    np.testing.assert_allclose(centre_mm(prone, "lesion"), [-10.0, -5.0, 0.0], atol=0.4)


STOMACH = """\
- {id: skin, rank: 1, solid: [{ellipsoid: {centre_mm: [0, 0, 0], semi_mm: [60, 60, 60]}}], material: fat}
- id: stomach
  rank: 2
  solid: [{tube: {points: [[-20, -10, 0, 20], [20, 10, 0, 16]]}}]
  kernel: {bowel: {kind: stomach, wall_mm: 2, fold_mm: 0, fluid_level_y_mm: -8}}
"""  # noqa: E501


def stomach(file: StateFile, position: Position) -> tuple[np.ndarray, np.ndarray]:
    """Return how much gas and how much fluid each voxel holds."""
    structures = parse(STOMACH, tuple[Structure, ...], where="x")
    body = Body("ball", BodyRecord(title="ball"), structures, {}, {})
    sampled = sample(Phantom(in_state(body, file, BodyState(position=position))), GRID)
    materials = np.array(sampled.materials)
    gas, fluid = (sampled.property_map(materials == m) for m in ("bowel_gas", "gut_fluid"))
    return gas, fluid


@pytest.mark.parametrize("position", POSITIONS)
def test_gas_rises_and_keeps_its_volume_however_the_patient_lies(
    file: StateFile, position: Position
) -> None:
    (gas, fluid), (usual, _) = stomach(file, position), stomach(file, "supine")
    down = GRID.points_mm()[..., 1]
    assert gas.sum() == pytest.approx(usual.sum(), rel=0.1)
    assert down[gas > 0.6].max() <= down[fluid > 0.6].min() + 2.0


@pytest.mark.parametrize("position", POSITIONS)
def test_a_point_is_found_again_at_rest(file: StateFile, position: Position) -> None:
    patient = phantom(file, BodyState(breathing=0.7, position=position))
    there = patient.to_world_mm([10.0, 5.0, 20.0])
    np.testing.assert_allclose(patient.at_rest_mm(there), [[10.0, 5.0, 20.0]], atol=0.05)


def test_full_lungs_are_thinner(file: StateFile) -> None:
    half = phantom(file, BodyState(breathing=0.5)).body
    assert half.tissue_changes[0].to == pytest.approx(0.19)


def test_a_breath_deeper_than_deep_is_refused() -> None:
    with pytest.raises(ContentError, match="between 0 and 1"):
        parse("{breathing: 1.2}", BodyState, where="x")


def test_a_cycle_that_is_not_whole_is_refused() -> None:
    with pytest.raises(ContentError, match=r"sum to 0\.9; make them sum to 1"):
        parse(STATE.replace("share: 0.5}]", "share: 0.4}]"), StateFile, where="x")


def test_a_slow_scan_sees_the_average(file: StateFile) -> None:
    moments = [sample(phantom(file, BodyState(breathing=depth)), GRID) for depth in (0.0, 1.0)]
    cycle = over_cycle([(0.25, moments[0]), (0.75, moments[1])], moments[0])
    values = np.array([float(layer.label == "lesion") for layer in cycle.layers])
    mean = 0.25 * moments[0].property_map(values) + 0.75 * moments[1].property_map(values)
    np.testing.assert_allclose(cycle.property_map(values), mean, atol=1e-6)
    assert cycle.usual is moments[1]
    assert not cycle.is_still
    assert BreathingSample.still(moments[0]).is_still


def test_moments_on_different_grids_are_refused(file: StateFile) -> None:
    one = sample(phantom(file, BodyState()), GRID)
    other = dataclasses.replace(
        one, grid=Grid.axial((40, 40, 40), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0))
    )
    with pytest.raises(AcquisitionError, match="on one grid from one body"):
        over_cycle([(1.0, one)], other)
