"""What cannot be done is refused before a body is built."""

from dataclasses import replace

import pytest

from imagingsim import scan
from imagingsim.anatomy import Case, read_case
from imagingsim.content import library
from imagingsim.errors import AcquisitionError
from imagingsim.scan import visit
from imagingsim.series import Subject

LIBRARY = library()


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    """A patient whose kidneys nobody has asked about, and a body that must not be built."""
    known = visit.subject_of

    def unknown(case: Case, timepoint: str) -> Subject:
        return replace(known(case, timepoint), egfr_ml_min_1p73=None)

    monkeypatch.setattr(visit, "subject_of", unknown)
    monkeypatch.setattr(visit, "warm_up", lambda: pytest.fail("the scan has begun"))
    return read_case(LIBRARY, "net_72f")


@pytest.mark.parametrize("acquisition", ["ct_pancreas_two_phase", "ct_neck"])
def test_contrast_without_known_renal_function(case: Case, acquisition: str) -> None:
    with pytest.raises(AcquisitionError, match="net_72f: iodinated contrast is asked for"):
        scan.acquire(case, acquisition, library=LIBRARY, seed=1)
    with pytest.raises(AcquisitionError, match="renal function is not known"):
        scan.raw_scan(case, acquisition, library=LIBRARY)


def test_a_raw_scan_of_an_acquisition_without_ct(case: Case) -> None:
    with pytest.raises(AcquisitionError, match="mr_head_gd holds no CT"):
        scan.raw_scan(case, "mr_head_gd", library=LIBRARY)
