"""Structures, regions and bodies as they are written down."""

from imagingsim.anatomy.solid_records import Displace, Point, Solid, Thinning
from imagingsim.content import record


@record
class Source:
    """Where numbers come from."""

    about: str
    doi: str | None = None
    pmid: str | None = None
    url: str | None = None
    text: str | None = None


@record
class Clip:
    """Another structure's solid that bounds this one."""

    field: str
    margin_mm: float = 0.0
    smooth_mm: float = 0.0


@record
class Gap:
    """The noisy fat plane kept to everything fixed before."""

    mm: float = 0.0
    smooth_mm: float = 2.0


@record
class Halo:
    """A patchy rim of another tissue."""

    mm: float
    material: str = "visceral_fat"
    wavelength_mm: float = 14.0
    label: str | None = None


@record
class Patches:
    """Coverage that comes and goes."""

    contrast: float
    wavelength_mm: float
    bias: float = 0.0


@record
class TextureRecord:
    """How a tissue looks: up to two octaves of noise, and a pattern with its own numbers."""

    kind: str = "two_octave"
    amplitude_hu: tuple[float, float] = (0.0, 0.0)
    wavelength_mm: tuple[float, float] = (14.0, 4.0)
    stretch: Point = (1.0, 1.0, 1.0)
    pattern: dict[str, float] | None = None
    companion: str | None = None


@record
class LayerRecord:
    """A tissue, painted from ``inset_mm`` below the surface inwards (negative: from above it)."""

    material: str
    inset_mm: float = 0.0
    label: str | None = None
    texture: TextureRecord | None = None
    strength: float = 1.0
    patches: Patches | None = None
    over: tuple[str, ...] = ()
    soft: float = 1.0


@record
class KidneyKernel:
    """Cortex, pyramids and sinus of a kidney around an axis through its centre."""

    centre_mm: Point
    axis: Point
    sinus: str
    pyramids: tuple[tuple[float, float, float, float], ...]


@record
class BowelKernel:
    """Wall, mucosa, content and gas of a hollow organ.

    ``fold_mm`` is the height of the folds of the wall (0: smooth), ``fold_period_mm`` their
    distance along the organ; where it is collapsed the wall is thicker by the share ``collapse``.
    """

    kind: str
    wall_mm: float = 2.0
    fold_mm: float | None = None
    fold_period_mm: float = 4.6
    collapse: float = 0.5
    mucosa_mm: float = 0.9
    fluid_level_y_mm: float = -60.0
    gas_y_mm: float = -60.0
    wall: str = "gut_wall"
    mucosa: str = "gut_mucosa"
    content: str = "gut_fluid"
    gas: str = "bowel_gas"
    content_label: str | None = None
    gas_label: str | None = None
    seed: float | None = None


@record
class HaustraKernel:
    """Sacks of the colon: period along its length, and depth."""

    period_mm: float = 27.0
    depth_mm: float = 5.0
    seed: float | None = None


@record
class FasciaKernel:
    """A thin sheet around a structure, with strands to it."""

    away_mm: float = 11.0
    material: str = "connective_tissue"
    label: str | None = None


@record
class CortexKernel:
    """Grey ribbon, white matter and sulci inside a hull with true distances.

    Attributes
    ----------
    sulci
        Structure whose solid is all that parts the gyri or folia.
    ribbon_mm
        Thickness of the grey matter.
    widening
        Width of sulci, fissures and the space over the gyri: 0.4 in a young adult, 1 in old age.
    core_centre_mm, core_semi_mm, core_above_mm
        Ellipsoid (and lowest z) that sulci stay out of: corpus callosum and what lies below it;
        no size for none.
    white_label
        Label of the white matter, if it is not that of the structure.
    """

    sulci: str
    ribbon_mm: float = 2.9
    widening: float = 0.4
    core_centre_mm: Point = (0.0, 0.0, 0.0)
    core_semi_mm: Point = (0.0, 0.0, 0.0)
    core_above_mm: float = 0.0
    grey: str = "grey_matter"
    white: str = "white_matter"
    white_label: str | None = None
    fluid: str = "csf"


@record
class AirCellsKernel:
    """Cells of air between thin septa."""

    cell_mm: float = 6.0
    wall_mm: float = 0.75
    bone: str = "cortical_bone"
    air: str = "air"
    air_label: str | None = None


@record
class WallKernel:
    """A wall of layered muscle between its own surface and an inner structure."""

    inner: str
    costal_margin_mm: float = 96.0
    lateral_mm: float = 74.0
    fat: str = "visceral_fat"


@record
class Kernel:
    """A pattern of its own; one of them, or haustra beside bowel."""

    kidney: KidneyKernel | None = None
    bowel: BowelKernel | None = None
    haustra: HaustraKernel | None = None
    gerota: FasciaKernel | None = None
    cortex: CortexKernel | None = None
    air_cells: AirCellsKernel | None = None
    body_wall: WallKernel | None = None


@record
class Redistance:
    """Bake the solid to a lattice, with true distances, smoothed a little."""

    step_mm: float = 1.5
    smooth_mm: float = 1.0
    exact: bool = True


@record
class Structure:
    """One entry of a region file: solids, modifiers, layers, in the order they apply.

    Attributes
    ----------
    levels
        Vertebral levels the entry is made for, one structure each; ``{level}`` in any text of the
        entry is that level.
    grow_mm
        By how much the finished solid is grown (+) or shrunk (-) before it meets its neighbours.
    thicken_mm
        By how much its wall grows inwards: every layer that lies below the surface moves deeper.
        Calibration to reference masses fills both; see `calibration`.
    """

    id: str
    solid: tuple[Solid, ...] = ()
    rank: float = 0.0
    mirror: bool = False
    levels: tuple[str, ...] = ()
    frame: str | None = None
    label: str | None = None
    displace: tuple[Displace, ...] = ()
    redistance: Redistance | None = None
    grow_mm: float = 0.0
    thicken_mm: float = 0.0
    inside: tuple[Clip, ...] = ()
    outside: tuple[Clip, ...] = ()
    gap: Gap | None = None
    halo: Halo | None = None
    kernel: Kernel | None = None
    material: str | None = None
    layers: tuple[LayerRecord, ...] = ()
    over: tuple[str, ...] = ()
    fix: bool | None = None
    note: str | None = None
    sources: tuple[Source, ...] = ()


@record
class Region:
    """A region file."""

    anatomy: str
    structures: tuple[Structure, ...]
    frame: str = "body"
    sources: tuple[Source, ...] = ()


@record
class FrameRecord:
    """A rigid frame: its origin and turn (about x, then y, then z) in its parent.

    With ``pivot_mm`` the turn is about that point of the frame. A ``sided`` frame is given for the
    left; structures of the right stand in its mirror image. ``scale`` is the parent's mm per mm of
    the frame: heads of women are smaller than those of men, but less so than the rest.
    """

    origin_mm: Point = (0.0, 0.0, 0.0)
    scale: float = 1.0
    rotate_deg: Point = (0.0, 0.0, 0.0)
    pivot_mm: Point = (0.0, 0.0, 0.0)
    parent: str = "body"
    sided: bool = False


@record
class Warp:
    """A slow random shift of all coordinates, which breaks symmetry.

    ``profile`` gives shares of the amplitude at heights z, in between they are interpolated.
    """

    amplitude_mm: float = 2.0
    wavelength_mm: float = 80.0
    seed: int = 1
    profile: tuple[tuple[float, float], ...] = ()


@record
class Site:
    """A named place for lesions."""

    structure: str
    at_mm: Point
    frame: str = "body"


@record
class VertebraRecord:
    """Size and place of a vertebral body: half width, half depth and height of its disc above."""

    level: str
    centre_mm: tuple[float, float]
    height_mm: float
    half_width_mm: float
    half_depth_mm: float
    tilt_deg: float


@record
class RibRecord:
    """Course of a rib: heights of head, most lateral point and front end, and how far it goes."""

    number: int
    head_z_mm: float
    lateral_z_mm: float
    front_z_mm: float
    sweep_deg: float
    cartilage: tuple[Point, ...] = ()


@record
class BodyRecord:
    """The file ``body.yaml`` of a body.

    ``variants`` names region files that are read last, for a posture such as ``arms_up``;
    ``variant_frames`` says how that posture turns and shifts frames.
    """

    title: str
    sex: str | None = None
    height_m: float | None = None
    weight_kg: float | None = None
    extends: str | None = None
    scale: Point | None = None
    without: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    variants: dict[str, tuple[str, ...]] | None = None
    variant_frames: dict[str, dict[str, FrameRecord]] | None = None
    frames: dict[str, FrameRecord] | None = None
    warp: Warp | None = None
    landmarks: dict[str, float] | None = None
    sites: dict[str, Site] | None = None
    spine: tuple[VertebraRecord, ...] = ()
    ribs: tuple[RibRecord, ...] = ()
    rib_cage: str | None = None
    note: str | None = None
    sources: tuple[Source, ...] = ()


@record
class Modification:
    """A change of a structure of the body that a case makes."""

    id: str
    remove: bool = False
    thinning: tuple[Thinning, ...] = ()
