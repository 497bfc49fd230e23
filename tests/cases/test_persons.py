"""Persons that are asked for weigh what they shall, and breathe as people do."""

import numpy as np
import pytest
from scipy import ndimage

from imagingsim.anatomy import (
    BodyState,
    Phantom,
    SampledPhantom,
    asked_habitus,
    read_body,
    read_states,
    sample,
)
from imagingsim.anatomy.habitus import changed_tissues
from imagingsim.anatomy.state import BREATH_STEPS, in_state
from imagingsim.content import library
from imagingsim.grid import Grid
from imagingsim.scan.visit import visit_of
from imagingsim.scripting import load_case
from imagingsim.survey import Scales, Scout, body_mass, read_references
from imagingsim.tissue import read_tissues
from imagingsim.units import FloatArray

PERSONS = (
    ("adult_male", "height_m=1.83,weight_kg=104,age_y=50"),
    ("adult_male", "height_m=1.7,weight_kg=56,age_y=25"),
    ("adult_female", "height_m=1.58,weight_kg=74,age_y=72"),
)


ORGANS = ("liver", "spleen", "kidney_left", "kidney_right")


@pytest.mark.slow
@pytest.mark.parametrize(("body", "words"), PERSONS)
def test_a_person_weighs_what_was_asked_and_keeps_their_organs(body: str, words: str) -> None:
    habitus = asked_habitus(words)
    assert habitus is not None
    person = read_body(library(), body, habitus=habitus)
    ratio = (habitus.height_m or 0.0) / (read_body(library(), body).record.height_m or 1.0)
    references = read_references(library()).of_height(ratio)
    scales = Scales(Scout(Phantom(person)), read_tissues(library()), spacing_mm=4.0)
    whole = body_mass(scales, person, references)
    assert whole.reference_kg == pytest.approx(habitus.weight_kg)
    assert abs(whole.error_percent) < 3.0
    rows = [references.by_organ[organ] for organ in ORGANS]
    off = {m.organ: round(m.error_percent) for m in scales.masses(rows, person.record.sex)}
    assert max(map(abs, off.values())) <= 12, off


def test_a_deep_breath_never_folds_the_body() -> None:
    """The Jacobian of the way a breath takes each point stays well above nought."""
    states = read_states(library(), "adult_male")
    mesh = np.stack(
        np.meshgrid(*(np.arange(*ends, 8.0) for ends in ((-176, 177), (-136, 137), (-200, 440))),
                    indexing="ij"), axis=-1,
    )  # fmt: skip
    there = mesh.reshape(-1, 3)
    for _ in range(BREATH_STEPS):
        there = there + sum(
            (move.times(1.0 / BREATH_STEPS).one.shift_mm(there) for move in states.move),
            np.zeros_like(there),
        )
    slopes = [np.gradient(there.reshape(mesh.shape), 8.0, axis=axis) for axis in range(3)]
    jacobian = np.linalg.det(np.stack(slopes, axis=-1))
    assert jacobian.min() > 0.3
    assert jacobian.max() < 3.5


CHEST = Grid.axial((88, 62, 78), (4.0, 4.0, 4.0), (-154.0, -126.0, 60.0))


def breath(depth: float) -> tuple[SampledPhantom, FloatArray]:
    """Return the chest, and the density of each of its layers."""
    body = read_body(library(), "adult_male", arms="up")
    if depth:
        body = in_state(body, read_states(library(), "adult_male"), BodyState(breathing=depth))
    tissues = changed_tissues(read_tissues(library()), body.tissue_changes)
    found = sample(Phantom(body), CHEST)
    return found, tissues.array((x.material for x in found.layers), "density")


def pieces(share: FloatArray) -> int:
    """Return in how many pieces of more than a hundredth of its volume something lies."""
    found, _ = ndimage.label(share > 0.5)
    sizes = np.bincount(found.ravel())[1:]
    return int((sizes > 0.01 * sizes.sum()).sum())


@pytest.mark.slow
def test_a_deep_breath_fills_the_lungs_and_keeps_their_mass() -> None:
    volumes, masses, domes = [], [], []
    for depth in (0.0, 1.0):
        found, density = breath(depth)
        lung = np.array([float(x.label.startswith("lung_")) for x in found.layers])
        share = found.property_map(lung)
        volumes.append(float(share.sum()) * CHEST.voxel_ml / 1000.0)
        masses.append(float(found.property_map(lung * density).sum()) * CHEST.voxel_ml)
        liver = found.property_map(np.array([float(x.label == "liver") for x in found.layers]))
        dome = liver[:, 21:34, 15:25].max(axis=(1, 2))  # about x -75, y -15
        domes.append(60.0 + 4.0 * float(np.flatnonzero(dome > 0.5).max()))
        assert pieces(liver) == 1
        assert pieces(share) == 2
    assert 3.2 < volumes[0] < 4.2
    assert 4.7 < volumes[1] < 6.0
    assert masses[1] == pytest.approx(masses[0], rel=0.05)
    assert 20.0 <= domes[0] - domes[1] <= 60.0


@pytest.mark.slow
def test_a_scan_holds_the_chest_that_a_deep_breath_lifts() -> None:
    """The box of a scan ends in air on all sides, in the state in which it is taken."""
    visit = visit_of(load_case("net_72f"), "ct_chest", library=library(), seed=1)
    series = visit.protocol.series[0]
    assert visit.state(series).breathing > 0.0
    box = visit.box(series)
    rows, columns = (int((high - low) / 6.0) + 9 for low, high in (box.posterior_mm, box.left_mm))
    first = (box.left_mm[0] - 24.0, box.posterior_mm[0] - 24.0, box.superior_mm[0])
    grid = Grid.axial((24, rows, columns), (12.0, 6.0, 6.0), first)
    tissue = sample(visit.in_state(visit.state(series)), grid).first > 0
    beyond = np.ones_like(tissue)
    beyond[:, 4:-4, 4:-4] = False
    assert tissue.any()
    assert not (tissue & beyond).any()
