"""Every number that decides something in the cut-out and its edge gate, with where it comes from.

"measured" = read off this project's runs over rendered products with exact alpha, real photos and synthetic plain
backdrops; the others are rules of construction. Lengths are shares of the longer side of the picture that a step works
on, so that they mean the same at any size. A change here changes results: raise `VERSION` with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

VERSION = "2"


@dataclass(frozen=True, slots=True)
class BackdropThresholds:
    """The backdrop gate: units are CIE Lab (L 0–100)."""

    ring: float = 0.04
    """Width of the border ring; some thousand pixels at 640, and most products stay clear of it."""
    iterations: int = 10
    """IRLS steps; the weights change by less than 1 % after seven (measured)."""
    cauchy: float = 2.385
    """Tuning constant of the Cauchy weight for 95 % efficiency on normal noise (Holland and Welsch 1977)."""
    sigma_plain: float = 4.0
    """Up to here an automatic cut-out is right in most pictures, from 6 on it fails (measured: IoU 0.84 and 0.44)."""
    outliers_plain: float = 0.40
    """Share of the ring that may lie away from the surface: a product at one edge, not a second backdrop."""


@dataclass(frozen=True, slots=True)
class CutoutThresholds:
    """From Lab distance to mask; Lab units, s = residual sigma of the backdrop."""

    side: int = 640
    """GrabCut's working size: 1024 costs five times as much and gains nothing (measured)."""
    thin_side: int = 1600
    """Working size for thin objects, which skip GrabCut and would vanish at 640."""
    darker_weight: float = 0.6
    """Darkening counts less than brightening: shadows darken."""
    shadow_darker: float = 35.0
    """A contact shadow on paper is less than this much darker than the paper (measured)."""
    shadow_chroma: float = 3.5
    """A shadow keeps the paper's chroma within max(this, 2 s)."""
    shadow_chroma_sigmas: float = 2.0
    shadow_texture: float = 2.0
    """Local standard deviation of L under which a dark patch counts as smooth, as shadows are (measured)."""
    shadow_damping: float = 0.35
    shadow_deepest: float = 0.10
    """Linear light left in the deepest contact shadow, as a share of the paper's (measured)."""
    shadow_spread: float = 0.15
    shadow_spread_slope: float = 0.30
    """A shadow scales R, G and B alike: their log ratios to the paper differ by less than 0.15 + 0.3 |log ratio|."""
    low: float = 4.0
    low_sigmas: float = 2.2
    high: float = 8.0
    high_sigmas: float = 4.0
    """Hysteresis: low = max(4, 2.2 s), high = max(8, 4 s): 2 is barely visible, 4 s is noise once in 10,000 pixels."""
    slopes: tuple[float, ...] = (0.6, 1.5, 3.0)
    """Lab units per pixel at 640: a flood from the border crosses the penumbra of a shadow below this, and stops at an
    object's edge. Three floods, because lamps and goods differ: the first keeps white goods on white paper whole."""
    slope_noises: float = 2.0
    brush: int = 5
    """Pixels at 640: the flood does not pass a gap in an edge narrower than twice this."""
    same: float = 2.0
    """An enclosed patch within max(this, 1.5 s) of the backdrop is a hole (a ring's, a handle's), not a white body."""
    edge: float = 2.5
    """Lab units per pixel: what counts as a visible edge; or three times the backdrop's own."""
    clear_of: float = 8 / 640
    """Edges nearer to the outline than this belong to it."""
    keep_more: float = 0.15
    """Of two proposals, one twice as large may have this much less of its outline on visible edges (measured)."""
    component: float = 0.01
    """A part smaller than this share of the biggest is dust: a kit's smallest item in the test photos has 2 %."""
    speck: float = 0.00003
    """A hole smaller than this share of the frame is noise and filled."""
    hole: float = 0.0015
    """A hole smaller than this is filled if it differs from the backdrop at all, a larger one if most of it does."""
    sure_core: float = 6 / 640
    sure_backdrop: float = 15 / 640
    strong: float = 25.0
    """So far from the backdrop, and no shadow, that it is product for certain."""
    grabcut_iterations: int = 2
    window_margin: float = 32 / 640
    """GrabCut sees the open region and this much around it: half the time of the whole frame, the same masks."""
    thin_core: float = 0.40
    """An object of which erosion by `sure_core` leaves less than this share is thin: chains, wires, cables."""
    thin_window: float = 13 / 1024
    thin_share: float = 0.60
    """Per-link half-maximum threshold: a link is what has 60 % of the local maximum distance."""
    seed: int = 20240607
    """OpenCV's generator before GrabCut's k-means: the same picture gives the same bytes."""


@dataclass(frozen=True, slots=True)
class MattingThresholds:
    """From mask to alpha."""

    side: int = 1280
    """Size at which the filter's coefficients are found; they are applied to the full resolution."""
    band: float = 0.008
    """Half width of the band in which alpha may be between 0 and 255."""
    radius: float = 0.006
    epsilon: float = 1e-4
    """Regularisation of the guided filter on 0–1 samples (He 2013): about 2.5 grey levels of texture are followed."""
    clear: float = 0.04
    solid: float = 0.96
    """Alpha under and over these is 0 and 1: what is left of the filter's averaging, not of the product."""


@dataclass(frozen=True, slots=True)
class EdgeThresholds:
    """The edge gate between removal and replacement (R-24). A finding beyond its number refuses the cut-out."""

    agreement: float = 0.80
    """IoU with the best rival: all wrong masks of the rendered set that nothing else caught lie under 0.6 (measured).
    0.95 would be sure, and refuse half of the good ones."""
    agreement_warn: float = 0.95
    support: float = 0.65
    """Share of the outline on visible edges: 0.77 to 1 for good cut-outs, 0.4 to 0.6 for white goods on white paper
    (measured)."""
    left_out: float = 0.04
    """Edges left outside as share of the outline: up to 0.036 for good ones, 0.045 for a half lost bowl (measured)."""
    frame_run: float = 0.02
    """Share of the frame's outline along which the product may touch it before it counts as clipped (R-07)."""
    fragments: int = 12
    """Parts beyond dust; a kit has at most a dozen, a shattered cut-out has dozens."""
    tint: float = 0.30
    """Share of the solid edge that has the backdrop's colour although the product behind it does not: a halo."""
    shadow_warn: float = 0.05
    """Share of the cut-out that looks like smooth shadow; a grey side of the product looks the same, so it warns."""
    smallest: float = 0.005
    largest: float = 0.92
    """Share of the frame: less is dust or a missed product, more is a backdrop taken for product."""
    soft: float = 0.45
    """Share of half-transparent pixels in the cut-out: chains reach 0.35 (measured), fog is more."""


@dataclass(frozen=True, slots=True)
class BoxedThresholds:
    """Cut-outs from a person's box; distances in units of the surroundings' own spread."""

    around: float = 0.10
    """Width of the surroundings that the box's inside is compared with, share of the longer side."""
    least: int = 200
    """Pixels of surroundings, or there is nothing to compare with."""
    colours: int = 8
    """Clusters of the surroundings' colours."""
    samples: int = 6000
    smallest: int = 12
    """Pixels of a cluster, or its spread means nothing."""
    noise: float = 2.0
    noise_light: float = 3.0
    """Lab units that are added to every spread: sensor noise and JPEG."""
    lowest: float = 2.2
    highest: float = 5.0
    """Bounds of Otsu's threshold on that distance."""
    short: float = 0.055
    """By so much of the box's width times height the smaller result may fall short of the larger one. Read off the
    boxed pictures of both halves: a lost lid is 0.06, the gap between a product and a box that a person drew 0.05."""


@dataclass(frozen=True, slots=True)
class PeelThresholds:
    """Shadow that a cut-out kept, pixels and Lab units at `CUTOUT.side`.

    Read off the rendered photos of both halves, and held against other renders (docs/cutout.md).
    """

    rounds: int = 2
    unlikely: float = 0.35
    """What the judge gives less than this is a candidate."""
    smallest: int = 25
    at_outline: float = 0.12
    """Share of a place's rim that lies outside the cut-out, from which on it lies at the outline."""
    fading: float = 0.7
    """Distance to the paper just outside of a shadow as a share of its own: 0.4 to 0.62; beside products 1 and more."""
    soft: float = 4.65
    """Steepest median slope of a shadow's outer rim: 3.0 to 4.6 for shadows, 6 and more for sides of products."""
    soft_share: float = 0.165
    """The same as a share of how dark the shadow is: 0.08 to 0.157 for shadows, 0.18 to 0.4 for pale sides."""


@dataclass(frozen=True, slots=True)
class ConfidenceThresholds:
    """When a cut-out is certain; `limits` are the signs at which it alone is no longer so."""

    shadow: float = 0.2
    product: float = 0.8
    """What the judge calls shadow and product for sure."""
    limits: Mapping[str, float] = field(
        default_factory=lambda: {
            "disagreement": 0.40,
            "unsupported": 0.16,
            "left_out": 0.053,
            "contact": 0.0015,
            "pale_rim": 0.44,
            "like_paper": 0.134,
            "halo": 0.63,
            "soft": 0.49,
            "judged_shadow": 0.41,
            "judged_pale": 0.049,
            "judged_left": 0.048,
            "sigma": 6.0,
        }
    )
    """Found by random search on the calibration half: most certain ones right, fewest wrong (docs/cutout.md). `contact`
    is a rule: whatever touches the border, if only a floor joint, is looked at."""
    certain: float = 1.0
    refuse: float = 8.0
    smallest_hole: int = 100
    smooth: float = 1.5
    like_paper: float = 12.0
    """A shaded opening's slope and distance to the paper: up to 9 for openings, 18 and more for grey bodies."""
    dark_rim: float = 20.0


BACKDROP = BackdropThresholds()
CONFIDENCE = ConfidenceThresholds()
PEEL = PeelThresholds()
BOXED = BoxedThresholds()
CUTOUT = CutoutThresholds()
MATTING = MattingThresholds()
EDGES = EdgeThresholds()
