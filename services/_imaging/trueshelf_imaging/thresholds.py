"""Every number that decides something in the cut-out and its edge gate, with where it comes from.

"measured" = read off this project's runs over rendered products with exact alpha, real photos and synthetic plain
backdrops; the others are rules. Lengths are shares of the longer side of the picture that a step works on. A change
here changes results: raise `VERSION` with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

VERSION = "3"


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
    coarse: int = 480
    thin_side: int = 1600
    """Working sizes: of all that is not said here; of GrabCut, half the time of 640 (measured), as the edge is found at
    full size after it; of thin objects, which skip GrabCut and would vanish at 640."""
    darker_weight: float = 0.6
    """Darkening counts less than brightening: shadows darken."""
    shadow_darker: float = 35.0
    """A contact shadow on paper is less than this much darker than the paper (measured)."""
    shadow_chroma: float = 3.5
    shadow_chroma_sigmas: float = 2.0
    """A shadow keeps the paper's chroma within max(3.5, 2 s)."""
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
    slopes: tuple[float, ...] = (0.6, 1.5)
    """Lab units per pixel at 640: a flood from the border crosses the penumbra of a shadow below this, and stops at an
    object's edge. Two, because lamps and goods differ: the first keeps white goods on white paper whole. A third won
    nothing (measured)."""
    slope_noises: float = 2.0
    brush: int = 5
    """Pixels at 640: the flood does not pass a gap in an edge narrower than twice this."""
    same: float = 2.0
    """An enclosed patch within max(this, 1.5 s) of the backdrop is a hole (a ring's, a handle's), not a white body."""
    edge: float = 2.5
    """Lab units per pixel: what counts as a visible edge; or three times the backdrop's own."""
    clear_of: float = 8 / 640
    """Edges nearer to the outline than this belong to it."""
    rim: int = 3
    """Pixels at 640 on either side of an outline that are neither inside nor outside for certain."""
    weights: tuple[float, ...] = (1.0, 1.0, 4.0, 0.5, 0.5)
    """For edges under the outline; against visible edges left outside, the judge's product left outside, a rim as pale
    as the paper, other colours left outside. Found by search over the calibration products on nine papers."""
    edgeless: float = 0.01
    """Visible edges left outside, share of the outline; with less, what the judge calls product there counts less."""
    component: float = 0.01
    speck: float = 0.00003
    """A part under this share of the biggest is dust (a kit's smallest has 2 %), a hole under this of the frame."""
    hole: float = 0.0015
    """A hole smaller than this is filled if it differs from the backdrop at all, a larger one if most of it does."""
    sure_core: float = 6 / 640
    strong: float = 25.0
    """So far from the backdrop, and no shadow, that it is product for certain."""
    grabcut_iterations: int = 2
    window_margin: float = 32 / 640
    """GrabCut sees the open region and this much around it."""
    thin_core: float = 0.40
    """An object of which erosion by `sure_core` leaves less than this share is thin: chains, wires, cables."""
    thin_window: float = 13 / 1024
    thin_share: float = 0.40
    """A link is what has 40 % of the local maximum distance: read off drawn chains that no benchmark shows."""
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
    around: float = 0.04
    """Margin around the mask that is looked at: the filter's reach and the colour line's."""
    epsilon: float = 1e-4
    """Regularisation of the guided filter on 0–1 samples (He 2013): about 2.5 grey levels of texture are followed."""
    clear: float = 0.04
    solid: float = 0.96
    """Alpha under and over these is 0 and 1: what is left of the filter's averaging, not of the product."""


@dataclass(frozen=True, slots=True)
class LineThresholds:
    """The colour line at the edge; lengths are shares of the longer side at `MATTING.side`, colours 0 to 1."""

    sure: float = 3 / 1280
    """So far from the outline everything is inside or outside for certain."""
    wide: float = 20 / 1280
    near: float = 8 / 1280
    """How far around the paper's colour is looked for, and the product's, which has more of them."""
    least: float = 0.05
    """Paper and product nearer to each other than this have no line; from twice that on it counts in full."""
    spread: float = 0.12
    """Deviation of the product on the line from which it is trusted less; at twice that not at all."""
    thin: float = 9 / 1280
    beside: float = 5 / 1280
    """Asked is what an opening by `thin` takes away, so that filled links open, and what is `beside` the outline."""


@dataclass(frozen=True, slots=True)
class EdgeThresholds:
    """The edge gate between removal and replacement (R-24). A finding beyond its number refuses the cut-out."""

    agreement: float = 0.80
    """IoU with the best rival: wrong masks that nothing else saw lie under 0.6; 0.95 would refuse half of the good."""
    agreement_warn: float = 0.95
    support: float = 0.65
    """Share of the outline on visible edges: 0.77 to 1 for good cut-outs, 0.4 to 0.6 for white goods on white paper
    (measured)."""
    left_out: float = 0.04
    """Edges left outside as share of the outline: up to 0.036 for good ones, 0.045 for a half lost bowl (measured)."""
    frame_run: float = 0.02
    """Share of the frame's outline along which the product may touch it before it counts as clipped (R-07)."""
    fragments: int = 12
    crumb: float = 0.25
    """Parts beyond dust under this share of the biggest: a kit has at most a dozen, a shattered cut-out has dozens.
    Beads and bulbs are many too, but of one size."""
    tint: float = 0.30
    """Share of the solid edge that has the backdrop's colour although the product behind it does not: a halo."""
    shadow_warn: float = 0.05
    """Share of the cut-out that looks like smooth shadow; a grey side of the product looks the same, so it warns."""
    smallest: float = 0.005
    largest: float = 0.92
    """Share of the frame: less is a missed product, more is a backdrop taken for product."""
    soft: float = 0.45
    """Share of half-transparent pixels: chains reach 0.35 (measured), fog is more."""


@dataclass(frozen=True, slots=True)
class BoxedThresholds:
    """Cut-outs from a person's box; distances in units of the surroundings' own spread."""

    around: float = 0.10
    """Width of the surroundings that the box's inside is compared with, share of the longer side."""
    least: int = 200
    """Pixels of surroundings, or there is nothing to compare with."""
    colours: int = 8
    samples: int = 6000
    """Clusters of the surroundings' colours, and pixels that are clustered."""
    smallest: int = 12
    """Pixels of a cluster, or its spread means nothing."""
    noise: float = 2.0
    noise_light: float = 3.0
    """Lab units added to every spread: sensor noise and JPEG."""
    lowest: float = 2.2
    highest: float = 5.0
    """Bounds of Otsu's threshold on that distance."""
    short: float = 0.055
    """The smaller result may fall short of the larger one by this share of the box's width times height. Read off boxed
    pictures of both halves: a lost lid is 0.06, a box drawn too large 0.05."""


@dataclass(frozen=True, slots=True)
class PeelThresholds:
    """Shadow and paper that a cut-out kept, pixels and Lab units at `CUTOUT.side`; read off pictures of both halves."""

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
    shaded: float = 0.6
    paler: float = 12.0
    """An opening shows paper in shade if this share of it has the paper's ratio of channels and if it is no further
    from the paper than this: up to 11 in links and loops, 13 and more on grey bodies."""
    white: float = 80.0
    """Lightness of the paper over which an enclosed patch of it may be a white body as well."""


@dataclass(frozen=True, slots=True)
class ConfidenceThresholds:
    """When a cut-out is certain; `limits` are the signs at which it alone is no longer so."""

    shadow: float = 0.2
    product: float = 0.8
    """The judge's sure shadow and product."""
    limits: Mapping[str, float] = field(
        default_factory=lambda: {
            "disagreement": 0.11,
            "unsupported": 0.16,
            "left_out": 0.053,
            "contact": 0.0015,
            "pale_rim": 0.44,
            "like_paper": 0.136,
            "halo": 0.73,
            "soft": 0.33,
            "judged_shadow": 0.80,
            "judged_pale": 0.077,
            "judged_left": 0.10,
            "colour_left": 0.30,
            "sigma": 6.0,
        }
    )
    """Found by random search on calibration products, on nine papers: most certain ones right, fewest wrong
    (docs/cutout.md). `contact` is a rule: whatever touches the border, if only a floor joint, is looked at."""
    certain: float = 1.0
    refuse: float = 8.0


BACKDROP = BackdropThresholds()
CONFIDENCE = ConfidenceThresholds()
PEEL = PeelThresholds()
BOXED = BoxedThresholds()
CUTOUT = CutoutThresholds()
MATTING = MattingThresholds()
LINE = LineThresholds()
EDGES = EdgeThresholds()
