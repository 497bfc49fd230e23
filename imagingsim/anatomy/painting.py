"""Turns the layers and kernels of a structure into instructions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from imagingsim.anatomy.layers import DEFAULTS
from imagingsim.anatomy.levels import STEP_MM, depth_mm, settled
from imagingsim.anatomy.placement import seed_of
from imagingsim.anatomy.records import (
    AirCellsKernel,
    BowelKernel,
    CortexKernel,
    FasciaKernel,
    KidneyKernel,
    LayerRecord,
    Structure,
    TextureRecord,
    WallKernel,
)  # fmt: skip
from imagingsim.anatomy.solid_compiler import SolidCompiler
from imagingsim.errors import UnknownNameError
from imagingsim.geometry import Baked, Step
from imagingsim.geometry import machine as m
from imagingsim.geometry.evaluation import field_box, field_values
from imagingsim.units import FloatArray

if TYPE_CHECKING:
    from imagingsim.anatomy.compiler import Compiler

_HOLLOW = {"small_bowel": 0, "colon": 1, "stomach": 2, "duodenum": 3}
_FOLD_MM = {"small_bowel": 1.9, "colon": 0.0, "stomach": 2.6, "duodenum": 1.5}
_CONTENT = {"small_bowel": "bowel_fluid", "duodenum": "bowel_fluid", "stomach": "stomach_food"}
_NO_LABEL = "fat"


@dataclass
class Painter:
    """Paints one structure: rim, kernel, layers."""

    compiler: Compiler
    solids: SolidCompiler
    structure: Structure
    target: int
    arc: int
    painted: dict[tuple[str, str | None, str], int] = field(default_factory=dict)

    def paint(self) -> None:
        """Write every instruction that paints the structure."""
        self._halo()
        kernel = self.structure.kernel
        if kernel is not None:
            for name in ("gerota", "kidney", "bowel", "cortex", "air_cells", "body_wall"):
                record = getattr(kernel, name)
                if record is not None:
                    getattr(self, f"_{name}")(record)
        layers = self.structure.layers
        if self.structure.material is not None:
            layers = (LayerRecord(material=self.structure.material), *layers)
        for layer in layers:
            self._layer(layer)

    @property
    def label(self) -> str:
        """Label of the structure."""
        return self.structure.label if self.structure.label is not None else self.structure.id

    def _shared(self, layer: LayerRecord) -> int:
        """Return one layer for all that look alike: coverages of a tissue painted twice add up."""
        texture = self._hanging(layer)
        look = (layer.material, layer.label, repr(texture))
        if look not in self.painted:
            self.painted[look] = self._new(layer.material, layer.label, texture)
        return self.painted[look]

    def _new(
        self, material: str, label: str | None = None, texture: TextureRecord | None = None,
        fields: tuple[int, ...] = (), pattern: dict[str, float] | None = None,
    ) -> int:  # fmt: skip
        name = self.label if label is None else label
        return self.compiler.layers.add(
            self.structure.id, name, material, texture, fields or (self.target,), pattern
        )

    def _add(self, operation: int, a: int, b: int, *numbers: float) -> None:
        self.compiler.program.add(
            Step(operation, self.target, a, b, tuple(float(n) for n in numbers))
        )

    def _halo(self) -> None:
        halo = self.structure.halo
        if halo is None:
            return
        layer = self._new(halo.material, halo.label or _NO_LABEL)
        seed = seed_of(f"{self.structure.id}.halo")
        self._add(m.HALO, layer, -1, halo.mm * self.solids.place.scale, halo.wavelength_mm, seed)

    def _layer(self, layer: LayerRecord) -> None:
        index = self._shared(layer)
        over = layer.over or self.structure.over
        mask = self.compiler.layers.mask(over) if over else -1
        patches = (0.0, 1.0, 0.0, 0.0)
        if layer.patches is not None:
            seed = seed_of(f"{self.structure.id}.{layer.material}")
            patches = (
                layer.patches.contrast, layer.patches.wavelength_mm, seed, layer.patches.bias,
            )  # fmt: skip
        inset = layer.inset_mm + (self.structure.thicken_mm if layer.inset_mm > 0.0 else 0.0)
        self._add(
            m.PAINT, index, mask, -inset * self.solids.place.scale, layer.soft,
            layer.strength, *patches,
        )  # fmt: skip

    def _hanging(self, layer: LayerRecord) -> TextureRecord | None:
        """Return the texture of a layer; that of the lung follows gravity."""
        look = layer.texture or self.compiler.textures.get(layer.material)
        if look is None or look.kind != "lung" or self._gravity[1] == 1.0:
            return layer.texture
        given = {**DEFAULTS["lung"], **(look.pattern or {})}
        middle = given["centre_y_mm"]
        for name in ("rind_y_mm", "centre_y_mm"):
            given[name] = depth_mm(given[name], middle, self._gravity)
        return dataclasses.replace(look, pattern=given)

    @property
    def _gravity(self) -> FloatArray:
        return np.array(self.compiler.around.gravity)

    def _solid(self, band_mm: float) -> Baked:
        """Return the solid of the structure on a coarse lattice, right so far from its surface."""
        program = self.compiler.program
        box = field_box(program.steps, program.fields, self.target)
        return field_values(
            program, self.target, box, STEP_MM, STEP_MM, self.compiler.around, band_mm=band_mm
        )

    def _gerota(self, record: FasciaKernel) -> None:
        layer = self._new(record.material, record.label or _NO_LABEL)
        self._add(m.FASCIA, layer, -1, record.away_mm, seed_of(f"{self.structure.id}.fascia"))

    def _kidney(self, record: KidneyKernel) -> None:
        place = self.solids.place
        base = self._new("renal_cortex")
        self._new("renal_medulla")
        self._new("visceral_fat", f"kidney_sinus_{self.structure.id.rsplit('_', 1)[-1]}")
        pyramids: list[float] = []
        for x, y, z, height in record.pyramids:
            pyramids += [*place.direction((x, y, z)), height]
        at = self.compiler.program.add_extra(pyramids)
        axis = place.direction(record.axis)
        self._add(
            m.KIDNEY, self.solids.find(record.sinus), base, at, len(record.pyramids),
            *place.point(record.centre_mm), *(axis / np.linalg.norm(axis)),
            seed_of(self.structure.id),
        )  # fmt: skip

    def _bowel(self, record: BowelKernel) -> None:
        if record.kind not in _HOLLOW:
            raise UnknownNameError.of("hollow organ", record.kind, sorted(_HOLLOW))
        seed = record.seed if record.seed is not None else seed_of(f"{self.structure.id}.content")
        base = self._new(record.wall)
        self._new(record.mucosa)
        scale = self.solids.place.scale
        wall = (record.wall_mm + self.structure.thicken_mm) * scale
        level = settled(lambda: self._solid(wall + STEP_MM), wall, self._gravity)
        pattern = {"seed": seed, "fluid_level_y_mm": level(record.fluid_level_y_mm)}
        kind = _CONTENT.get(record.kind)
        known = self.compiler.textures.get(record.content) or TextureRecord(kind="plain")
        texture = known if kind is None else _with_kind(known, kind)
        self._new(record.content, record.content_label, texture, (self.arc,), pattern)
        self._new(record.gas, record.gas_label)
        fold = _FOLD_MM[record.kind] if record.fold_mm is None else record.fold_mm
        self._add(
            m.HOLLOW, self.arc, base, _HOLLOW[record.kind], wall, seed,
            level(record.fluid_level_y_mm), level(record.gas_y_mm), fold * scale,
            record.fold_period_mm * scale, record.collapse, record.mucosa_mm * scale,
        )  # fmt: skip

    def _cortex(self, record: CortexKernel) -> None:
        base = self._new(record.grey)
        self._new(record.white, record.white_label)
        self._new(record.fluid, "csf")
        place = self.solids.place
        self._add(
            m.CORTEX, self.solids.find(record.sulci), base, record.ribbon_mm, record.widening,
            *place.point(record.core_centre_mm), *(place.scale * v for v in record.core_semi_mm),
            place.point((0.0, 0.0, record.core_above_mm))[2],
        )  # fmt: skip

    def _air_cells(self, record: AirCellsKernel) -> None:
        base = self._new(record.bone)
        self._new(record.air, record.air_label)
        seed = seed_of(f"{self.structure.id}.cells")
        self._add(m.CELLS, -1, base, record.cell_mm, record.wall_mm, seed)

    def _body_wall(self, record: WallKernel) -> None:
        texture = TextureRecord(
            kind="wall_sheets", amplitude_hu=(3.0, 2.5), wavelength_mm=(18.0, 4.0),
            companion=record.fat,
        )  # fmt: skip
        pattern = {"costal_margin_mm": record.costal_margin_mm, "lateral_mm": record.lateral_mm}
        fields = (self.target, self.solids.find(record.inner))
        index = self._new("muscle", None, texture, fields, pattern)
        self._add(m.PAINT, index, -1, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0)


def _with_kind(texture: TextureRecord, kind: str) -> TextureRecord:
    return TextureRecord(
        kind=kind, amplitude_hu=texture.amplitude_hu, wavelength_mm=texture.wavelength_mm
    )
