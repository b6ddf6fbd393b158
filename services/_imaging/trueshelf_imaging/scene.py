"""What a picture on a backdrop looks like pixel by pixel: distance, shadow, edges. Every cut-out starts from here."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from trueshelf_imaging import backdrop as backdrops
from trueshelf_imaging.backdrop import Backdrop
from trueshelf_imaging.colour import steepness, to_lab, to_linear
from trueshelf_imaging.pixels import Floats, Mask, Rgb
from trueshelf_imaging.thresholds import CUTOUT

_BLACK = 0.01
"""Linear light added before a logarithm, so that black has one."""
_LOG = np.log(to_linear(np.arange(256, dtype=np.uint8)) + np.float32(_BLACK))


def disc(radius: int) -> npt.NDArray[np.uint8]:
    """Return an elliptic kernel of that radius in pixels."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def bits(mask: Mask) -> npt.NDArray[np.uint8]:
    """Return the mask as uint8 0 and 1, without a copy where it is contiguous."""
    return np.ascontiguousarray(mask).view(np.uint8)


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture at working size; all arrays (height, width), Lab units per pixel where a unit is due."""

    rgb: Rgb
    backdrop: Backdrop
    distance: Floats
    """Euclidean Lab distance to the backdrop."""
    damped: Floats
    """The same, less where darker, much less where it looks like shadow."""
    smooth_shadow: Mask
    """Darker, of the paper's chroma, without texture."""
    shade: Mask
    """R, G and B scaled alike: backdrop in any shadow, or a grey product."""
    slope: Floats
    """Magnitude of the Lab gradient, per pixel."""
    noise: float
    """Median slope of the border ring."""

    @property
    def low(self) -> float:
        return max(CUTOUT.low, CUTOUT.low_sigmas * self.backdrop.sigma)

    @property
    def high(self) -> float:
        return max(CUTOUT.high, CUTOUT.high_sigmas * self.backdrop.sigma)

    @property
    def edge(self) -> float:
        """The slope from which something is a visible edge."""
        return max(CUTOUT.edge, 3 * self.noise)


def look(rgb: Rgb, backdrop: Backdrop | None = None, ring: Mask | None = None) -> Scene:
    """Return the scene of `rgb`; the backdrop is fitted to `ring` (default: the border ring) unless it is given."""
    lab = to_lab(rgb)
    height, width = lab.shape[:2]
    model = backdrop or backdrops.fit(lab, ring)
    paper = model.surface(height, width)
    distance, damped, smooth = _distances(lab, paper, model.sigma)
    soft = cv2.GaussianBlur(lab, (0, 0), max(0.8, max(height, width) / CUTOUT.side))
    slope = steepness(np.asarray(soft, np.float32))
    noise = float(np.median(slope[backdrops.ring(height, width) if ring is None else ring]))
    return Scene(
        rgb=rgb,
        backdrop=model,
        distance=distance,
        damped=damped,
        smooth_shadow=smooth,
        shade=_shade(rgb, paper),
        slope=slope,
        noise=noise,
    )


def _distances(lab: Floats, paper: Floats, sigma: float) -> tuple[Floats, Floats, Mask]:
    """Return (plain distance, damped distance, smooth shadow)."""
    difference = lab - paper
    light = difference[..., 0]
    chroma = np.hypot(difference[..., 1], difference[..., 2])
    weighted = np.sqrt(chroma**2 + np.where(light < 0, CUTOUT.darker_weight * light, light) ** 2)
    side = max(3, round(5 * max(lab.shape[:2]) / CUTOUT.side)) | 1
    mean = cv2.blur(lab[..., 0], (side, side))
    spread = np.sqrt(np.maximum(cv2.blur(lab[..., 0] ** 2, (side, side)) - mean**2, 0))
    shadow = (light < 0) & (light > -CUTOUT.shadow_darker) & (spread < CUTOUT.shadow_texture + sigma)
    shadow &= chroma < max(CUTOUT.shadow_chroma, CUTOUT.shadow_chroma_sigmas * sigma)
    damped = np.where(shadow, CUTOUT.shadow_damping * weighted, weighted)
    return np.sqrt(chroma**2 + light**2).astype(np.float32), damped.astype(np.float32), shadow


def _shade(rgb: Rgb, paper: Floats) -> Mask:
    """Return where the three linear channels are one factor, at most 1.03, times the paper's."""
    lit = np.clip(np.asarray(cv2.cvtColor(paper, cv2.COLOR_LAB2RGB), np.float32), 0, 1)
    channels = zip(cv2.split(rgb), cv2.split(np.rint(lit * 255).astype(np.uint8)), strict=True)
    red, green, blue = (_LOG[seen] - _LOG[paper] for seen, paper in channels)
    mean = (red + green + blue) / 3
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    limit = CUTOUT.shadow_spread + CUTOUT.shadow_spread_slope * np.clip(-mean, 0, 2)
    return np.asarray((mean < 0.03) & (mean > np.log(CUTOUT.shadow_deepest)) & (spread < limit))  # noqa: PLR2004 - as said
