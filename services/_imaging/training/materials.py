"""Random colours and materials. Colours are linear light, 0 to 1.

Here and in the other modules of a scene the order in which numbers are drawn is part of the data: another order makes
other pictures.
"""

import colorsys
import math
from dataclasses import dataclass
from random import Random
from typing import Any

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a thing is made with: the studio kit, the scene's random numbers and the thing's number in the scene."""

    kit: Any
    draw: Random
    number: int

    def material(self, part: int = 0) -> Any:
        """Return a random material; `part` tells the materials of one thing apart by name."""
        kit, draw = self.kit, self.draw
        kind = draw.random()
        tone = colour(draw)
        name = f"m{self.number + part}_{draw.random():.6f}"
        if kind < 0.14:
            metal = draw.choice([kit.GOLD, kit.ROSE, kit.SILVER, kit.STEEL, kit.BRASS])
            return kit.metal(name, metal, draw.uniform(0.08, 0.4))
        if kind < 0.19:
            tint = tuple(draw.uniform(0.8, 1) for _ in range(3))
            return kit.glass(name, tint, draw.uniform(1.2, 1.5), draw.choice([0, 0, 0.2]))
        if kind < 0.42:
            return self._grained(kind, name, tone)
        return kit.pbr(
            name,
            tone,
            draw.uniform(0.1, 0.9),
            bump=draw.choice([0, 0, 0.004, 0.02]),
            bscale=draw.uniform(3, 25),
            cvar=draw.choice([0, 0, 0.2, 0.6]),
            cscale=draw.uniform(0.3, 2),
            coat=draw.choice([0, 0, 0.5]),
        )

    def _grained(self, kind: float, name: str, tone: Colour) -> Any:
        """Return fabric, leather or wood."""
        kit, draw = self.kit, self.draw
        if kind < 0.30:
            rough, scale, bump = draw.uniform(0.5, 0.9), draw.uniform(4, 16), draw.uniform(0.01, 0.05)
            return kit.pbr(name, tone, rough, kind="fabric", bscale=scale, bump=bump, sheen=0.3)
        if kind < 0.36:
            return kit.pbr(name, tone, 0.5, kind="leather", bscale=draw.uniform(3, 12))
        brown = (draw.uniform(0.3, 0.6), draw.uniform(0.15, 0.3), draw.uniform(0.06, 0.13))
        return kit.pbr(name, brown, 0.5, kind="wood", bscale=draw.uniform(6, 16), tile=(1, 0.1, 1), bump=0.012)


def colour(draw: Random) -> Colour:
    """Return a colour: 22 % pale, 20 % grey, 13 % black, the rest of any hue."""
    kind = draw.random()
    if kind < 0.22:
        value = draw.uniform(0.5, 0.88)
        return value, value * draw.uniform(0.96, 1.02), value * draw.uniform(0.9, 1.02)
    if kind < 0.42:
        value = draw.uniform(0.12, 0.55)
        return value, value * draw.uniform(0.95, 1.03), value * draw.uniform(0.93, 1.06)
    if kind < 0.55:
        value = draw.uniform(0.005, 0.06)
        return value, value, value
    return colorsys.hsv_to_rgb(draw.random(), draw.uniform(0.2, 0.95), draw.uniform(0.05, 0.9))


def paper(draw: Random) -> Colour:
    """Return a paper: 36 % white, 32 % grey and 22 % tinted to a fifth, 10 % black."""
    kind = draw.random()
    if kind < 0.40:
        value = draw.uniform(0.68, 0.85)
    elif kind < 0.75:
        value = draw.uniform(0.22, 0.65)
    else:
        value = draw.uniform(0.3, 0.75)
    tint = 0.03 if kind < 0.75 else 0.2
    if draw.random() >= 0.9:
        return 0.03, 0.03, 0.033
    red, green, blue = (min(0.9, value * (1 + draw.uniform(-tint, tint))) for _ in range(3))
    return red, green, blue


def turn(draw: Random) -> float:
    """Return an angle in radians, any direction."""
    return draw.uniform(0, 6.28)


UPRIGHT = math.pi / 2
