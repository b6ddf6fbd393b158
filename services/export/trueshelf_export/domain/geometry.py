"""Where a master's pixels lie in a marketplace's canvas: resized by one factor, padded, never stretched (R-83)."""

from dataclasses import dataclass

MAX_UPSCALE = 1.0
"""A master is never enlarged: invented sharpness is not the product. A smaller canvas of the same shape is taken."""


class MasterTooSmallError(Exception):
    """Not even the marketplace's smallest picture can be filled without enlarging the master."""

    def __init__(self, master: tuple[int, int], minimum: tuple[int, int], needed: tuple[int, int]) -> None:
        super().__init__(
            f"the approved picture has {master[0]}x{master[1]} pixels; the marketplace asks for at least "
            f"{minimum[0]}x{minimum[1]}, and pictures are never enlarged: at least {needed[0]}x{needed[1]} are needed"
        )
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Fit:
    """All in pixels. Result x = scale · master x + left, likewise y."""

    canvas: tuple[int, int]
    size: tuple[int, int]
    left: int
    top: int
    scale: float


def fit(master: tuple[int, int], canvas: tuple[int, int], minimum: tuple[int, int]) -> Fit:
    """Return how a master of (width, height) lies centred in the canvas.

    Where the master is too small for the canvas, the canvas shrinks with its shape kept, down to `minimum`.
    Raises MasterTooSmallError below that.
    """
    scale = min(canvas[0] / master[0], canvas[1] / master[1])
    if scale > MAX_UPSCALE:
        shrink = MAX_UPSCALE / scale
        scale = MAX_UPSCALE
        smaller = (round(canvas[0] * shrink), round(canvas[1] * shrink))
        if smaller[0] < minimum[0] or smaller[1] < minimum[1]:
            raise MasterTooSmallError(master, minimum, _needed(master, canvas, minimum))
        canvas = smaller
    size = (min(canvas[0], max(1, round(master[0] * scale))), min(canvas[1], max(1, round(master[1] * scale))))
    return Fit(canvas, size, (canvas[0] - size[0]) // 2, (canvas[1] - size[1]) // 2, scale)


def _needed(master: tuple[int, int], canvas: tuple[int, int], minimum: tuple[int, int]) -> tuple[int, int]:
    """Return the smallest size of the master's shape that fills the smallest canvas of the profile's shape."""
    factor = max(minimum[0] / canvas[0], minimum[1] / canvas[1])
    least = (canvas[0] * factor, canvas[1] * factor)
    scale = min(least[0] / master[0], least[1] / master[1])
    return (-(-round(master[0] * scale * 100) // 100), -(-round(master[1] * scale * 100) // 100))
