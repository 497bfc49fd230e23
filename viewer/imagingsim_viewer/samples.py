"""The built-in cases as napari sample data: the body as it truly is, before any scanner."""

from imagingsim.anatomy import Case, read_case
from imagingsim.content import library
from imagingsim.scan.truth import true_body
from imagingsim_viewer.layers import LayerData, Shown, image_layer, label_layer

SPACING_MM = 3.0


def case_layers(case: Case, timepoint: str | None = None) -> list[LayerData]:
    """Return ideal CT numbers and the label map of a case, at its workup's start by default."""
    at = case.timepoint(timepoint or case.workup_timepoint).id
    image, labels = true_body(case, at, library=library(), spacing_mm=SPACING_MM)
    about = f"True anatomy, {at}: ideal CT, no scanner"
    shown = Shown("CT", "HU", f"Synthetic {case.id}", about, "truth")
    return [
        image_layer(image, f"{case.id} truth", shown),
        label_layer(labels, f"{case.id} structures"),
    ]


def net_72f() -> list[LayerData]:
    """Return the woman of 72 with a neuroendocrine tumour."""
    return _sample("net_72f")


def porocarcinoma_67m() -> list[LayerData]:
    """Return the man of 67 with porocarcinoma."""
    return _sample("porocarcinoma_67m")


def porocarcinoma_37m() -> list[LayerData]:
    """Return the man of 37 with porocarcinoma."""
    return _sample("porocarcinoma_37m")


def hidradenocarcinoma_45f() -> list[LayerData]:
    """Return the woman of 45 with hidradenocarcinoma."""
    return _sample("hidradenocarcinoma_45f")


def _sample(name: str) -> list[LayerData]:
    return case_layers(read_case(library(), name))
