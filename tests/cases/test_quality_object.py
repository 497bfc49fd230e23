"""The test object that ships with the program, scanned like a patient."""

import re
from pathlib import Path

import numpy as np
import pytest

from imagingsim import scan, survey
from imagingsim.anatomy import read_quality_object
from imagingsim.content import Library, library
from imagingsim.errors import AcquisitionError, ContentError
from imagingsim.grid import Grid
from imagingsim.survey.quality import noise_power
from imagingsim.survey.resolution import modulation_transfer
from imagingsim.volume import Volume

NAME = "image_quality_cylinder"


def test_a_rod_of_no_structure_is_named_with_its_line(tmp_path: Path) -> None:
    text = library().text(f"phantoms/quality/{NAME}.yaml")
    folder = tmp_path / "phantoms" / "quality"
    folder.mkdir(parents=True)
    (folder / "bad.yaml").write_text(text.replace("structure: rod_air", "structure: rod_ear"))
    with pytest.raises(ContentError, match=r"bad.yaml:\d+: .*there is no structure 'rod_ear'"):
        read_quality_object(Library((tmp_path, *library().roots)), "bad")


def test_contrast_medium_is_refused() -> None:
    thing = read_quality_object(library(), NAME)
    with pytest.raises(
        AcquisitionError, match=re.escape("takes unenhanced CT only, but ct_arterial")
    ):
        scan.scan_object(thing, "ct_pancreas_two_phase", library=library(), seed=1)


def test_the_noise_power_of_white_noise_is_flat_and_sums_to_the_variance() -> None:
    slices = np.random.default_rng(1).normal(0.0, 7.0, (40, 64, 64))
    power = noise_power(slices, 0.5)
    assert power[:, 1] == pytest.approx(7.0**2 * 0.5**2, rel=0.15)


def test_the_transfer_of_a_gaussian_spot_is_a_gaussian() -> None:
    sigma, pixel = 0.8, 0.4
    grid = Grid.axial((5, 128, 128), (2.0, pixel, pixel), (-25.4, -25.4, -4.0))
    points = grid.points_mm()
    spot = 1000.0 * np.exp(-((points[..., 0] - 3) ** 2 + points[..., 1] ** 2) / 2 / sigma**2)
    curve = modulation_transfer(Volume(spot, grid, "CT number", "HU"), (3.0, 0.0, 0.0))
    known = np.exp(-2.0 * (np.pi * sigma * curve[:, 0]) ** 2)
    assert np.abs(curve[:, 1] - known)[curve[:, 0] < 0.5].max() < 0.03


@pytest.mark.slow
def test_the_scanner_passes_its_acceptance_test() -> None:
    study = scan.scan_object(
        read_quality_object(library(), NAME), "ct_biopsy_slab", library=library(), seed=1
    )
    found = survey.measure_quality(study.series[0].volume, read_quality_object(library(), NAME))
    assert [rod.name for rod in found.inserts if not rod.within] == []
    assert abs(found.water_hu) < 2.0
    assert abs(found.edge_hu) < 3.0
    assert found.wire is not None
    assert 3.0 < found.wire.half_lp_cm < 3.9
    for edge in found.edges:
        assert edge.half_lp_cm == pytest.approx(found.wire.half_lp_cm, abs=0.3), edge.name
    for bar in found.bars[:3]:  # 4 to 6 line pairs per cm, above two pixels
        expected = np.interp(bar.lp_cm / 10.0, *found.wire.curve.T)
        assert bar.modulation == pytest.approx(expected, abs=0.06), bar.lp_cm
    assert found.resolved_lp_cm == 5.0
    largest = found.faint[0]
    assert largest.contrast_hu == pytest.approx(10.0, abs=1.0)
    assert largest.contrast_to_noise > 0.5
