"""The list of layers of a phantom, and how each looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from imagingsim.anatomy.kept_documents import read_kept
from imagingsim.anatomy.placement import seed_of
from imagingsim.anatomy.records import TextureRecord
from imagingsim.anatomy.sampled import Layer
from imagingsim.content import Library, record
from imagingsim.errors import UnknownNameError
from imagingsim.geometry import Texture
from imagingsim.geometry import machine as m

FILE = "phantoms/bodies/textures.yaml"

_KINDS = {
    "plain": m.PLAIN, "two_octave": m.TWO_OCTAVE, "fat_septa": m.FAT_SEPTA,
    "muscle_fibres": m.MARBLED, "wall_sheets": m.WALL_SHEETS, "lung": m.LUNG,
    "trabecular": m.TRABECULAR, "lobulated": m.LOBULATED, "stool": m.TWO_OCTAVE,
    "stomach_food": m.STOMACH_FOOD, "bowel_fluid": m.BOWEL_FLUID,
}  # fmt: skip

_PATTERNS: dict[str, tuple[tuple[str, float], ...]] = {
    "fat_septa": (("amplitude_hu", -2.0), ("wavelength_mm", 34.0)),
    "muscle_fibres": (("share", 0.4), ("wavelength_mm", 9.0), ("bias", -0.1)),
    "wall_sheets": (("costal_margin_mm", 96.0), ("lateral_mm", 74.0)),
    "lung": (("gradient_hu_mm", 0.45), ("rind_hu", 60.0), ("rind_y_mm", 45.0),
             ("centre_y_mm", -20.0)),
    "trabecular": (("amplitude_hu", 19.0), ("wavelength_mm", 3.0)),
    "lobulated": (("bias", 0.45), ("wavelength_mm", 6.5)),
    "stomach_food": (("fluid_level_y_mm", -58.0),),
    "bowel_fluid": (("mucus_hu", 42.0), ("seed", 0.0)),
}  # fmt: skip
"""Per kind of texture the numbers of its pattern, in order, with their defaults."""
DEFAULTS: Mapping[str, Mapping[str, float]] = {kind: dict(row) for kind, row in _PATTERNS.items()}

_COMPANIONS = {"muscle_fibres": "visceral_fat", "lobulated": "visceral_fat",
               "wall_sheets": "visceral_fat"}  # fmt: skip
_EXTRA_HU = {"lung": 150.0, "stomach_food": 35.0, "stool": 0.0}
_PEAK = 3.3


@record
class Textures:
    """The file of textures: one for each tissue that has any."""

    textures: dict[str, TextureRecord]


@dataclass
class LayerList:
    """Layers in the making; the first is the air outside."""

    known: Mapping[str, TextureRecord]
    layers: list[Layer] = field(default_factory=lambda: [Layer("air", "", "air")])
    textures: list[Texture] = field(default_factory=lambda: [Texture()])
    masks: list[tuple[str, ...]] = field(default_factory=list)

    def add(
        self,
        structure: str,
        label: str,
        material: str,
        own: TextureRecord | None = None,
        fields: Sequence[int] = (),
        pattern: Mapping[str, float] | None = None,
    ) -> int:
        """Append a layer and return its index.

        Parameters
        ----------
        own
            Its texture; by default that of the material.
        fields
            What its texture reads: its own distance, and what its kernel adds.
        pattern
            Numbers of the pattern that its kernel knows.
        """
        look = own or self.known.get(material) or TextureRecord(kind="plain")
        companion = -1
        if look.kind in _COMPANIONS:
            companion = self.add(structure, label, look.companion or _COMPANIONS[look.kind])
        texture = _texture(look, seed_of(structure), fields, pattern or {}, companion)
        self.layers.append(Layer(structure, label, material, texture.hu_per_count))
        self.textures.append(texture)
        return len(self.layers) - 1

    def mask(self, names: tuple[str, ...]) -> int:
        """Return the number of the mask of everything with one of these labels or materials."""
        if names not in self.masks:
            self.masks.append(names)
        return self.masks.index(names)

    def classes(self) -> m.UInt8:
        """Return (layers, masks): 1 where a layer belongs to a mask."""
        out = np.zeros((len(self.layers), max(len(self.masks), 1)), np.uint8)
        for j, names in enumerate(self.masks):
            for i, layer in enumerate(self.layers):
                out[i, j] = bool({layer.label, layer.material, layer.structure} & set(names))
        return out


def read_textures(library: Library) -> Mapping[str, TextureRecord]:
    """Read the texture of every tissue."""
    folder, name = FILE.removesuffix(".yaml").rsplit("/", 1)
    return read_kept(library, "texture file", folder, name, Textures).textures


def _texture(
    look: TextureRecord,
    seed: float,
    fields: Sequence[int],
    pattern: Mapping[str, float],
    companion: int,
) -> Texture:
    if look.kind not in _KINDS:
        raise UnknownNameError.of("texture", look.kind, sorted(_KINDS))
    names = _PATTERNS.get(look.kind, ())
    given = {**(look.pattern or {}), **pattern}
    numbers = [
        look.amplitude_hu[0], look.wavelength_mm[0], look.amplitude_hu[1], look.wavelength_mm[1],
        seed, *look.stretch, *(given.get(name, default) for name, default in names),
    ]  # fmt: skip
    reads = _reads(look.kind, len(fields))
    hu = _PEAK * (abs(look.amplitude_hu[0]) + abs(look.amplitude_hu[1]))
    hu += _EXTRA_HU.get(look.kind, 0.0)
    if look.kind in ("trabecular", "fat_septa", "bowel_fluid"):
        hu += abs(numbers[8]) * (_PEAK if look.kind == "trabecular" else 1.0)
    return Texture(
        _KINDS[look.kind], tuple(numbers), hu / 127.0, tuple(fields)[: len(reads)], reads, companion
    )


def _reads(kind: str, count: int) -> tuple[tuple[float, float], ...]:
    """Return the reach and depth a pattern asks of the fields it reads."""
    wanted: tuple[tuple[float, float], ...] = ()
    if kind in ("lung", "lobulated"):
        wanted = ((0.0, 14.0),)
    elif kind == "wall_sheets":
        wanted = ((0.0, 45.0), (45.0, 3.0))
    elif kind == "bowel_fluid":
        wanted = ((0.0, 0.0),)
    return wanted[:count]
