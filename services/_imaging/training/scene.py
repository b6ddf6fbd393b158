"""One scene: 1 to 6 random things on paper, a camera, a light, a phone's picture and its exact alpha."""

import math
from random import Random
from typing import Any

import bpy
import numpy as np

from training.materials import Bench, paper
from training.things import thing

WIDTH, HEIGHT = 384, 288
_SAMPLES = 8
_PRIME = 7919
"""Spreads the seeds of neighbouring scenes."""


def scene(kit: Any, number: int) -> tuple[Any, Any]:
    """Return picture (HEIGHT, WIDTH, 3) uint8 sRGB and alpha (HEIGHT, WIDTH) uint8 of scene `number`."""
    draw = Random(number * _PRIME)
    kit.reset(None, number)
    _arrange(kit, draw)
    points = kit.prod_points()
    extent = float((points.max(0) - points.min(0)).max())
    elevation = _look(kit, draw, points)
    light = draw.choice(["window", "window", "softbox", "lamp", "studio"])
    dark = _ground(kit, draw, extent, elevation, number)
    kit.set_env(light, number, draw.choice([-1, 1]), rot=0.0)
    if draw.random() < 0.45:
        _sun(kit, draw)
    kit.setup(WIDTH, HEIGHT, _SAMPLES, 0.15, number, 5)
    bpy.context.scene.render.threads = 1
    rgb = _expose(kit, draw, kit.shoot("scene"), dark=dark, seed=number)
    alpha = kit.alpha_pass(_SAMPLES)
    return rgb, (np.clip(alpha, 0, 1) * 255 + 0.5).astype(np.uint8)


def _arrange(kit: Any, draw: Random) -> None:
    """Stand the things beside each other on z = 0; some overlap, some stand apart."""
    placed: list[tuple[float, float, float]] = []
    for number in range(draw.choice([1, 1, 1, 1, 2, 2, 3, 4, 6])):
        objects, points = thing(Bench(kit, draw, number))
        middle = (points.min(0) + points.max(0)) / 2
        radius = float(np.linalg.norm((points.max(0) - points.min(0))[:2]) / 2)
        x, y = 0.0, 0.0
        if placed:
            beside = placed[draw.randrange(len(placed))]
            angle = draw.uniform(0, 6.28)
            gap = draw.choice([0.55, 0.85, 1.05, 1.2])
            x = beside[0] + math.cos(angle) * (beside[2] + radius) * gap
            y = beside[1] + math.sin(angle) * (beside[2] + radius) * gap
        kit.group(objects, kit.TM((x - middle[0], y - middle[1], -points[:, 2].min())))
        placed.append((x, y, radius))
    bpy.context.view_layer.update()


def _look(kit: Any, draw: Random, points: Any) -> float:
    """Set the camera up; return its elevation in degrees over the paper.

    It fills 0.4 to 0.92 of the frame, or 1.12: then the things reach over the border.
    """
    elevation = draw.choice([draw.uniform(10, 35), draw.uniform(25, 60), draw.uniform(55, 88)])
    azimuth, lens = -90 + draw.uniform(-40, 40), draw.uniform(26, 60)
    fills = [draw.uniform(0.4, 0.7), draw.uniform(0.6, 0.92), draw.uniform(0.6, 0.92)]
    fill = draw.choice([*fills, 1.12 if draw.random() < 0.4 else 0.9])
    roll = draw.uniform(-4, 4)
    aside = draw.uniform(-0.06, 0.06), draw.uniform(-0.06, 0.06)
    kit.camera(points, azimuth, elevation, lens, fill, roll=roll, off=aside)
    return float(elevation)


def _ground(kit: Any, draw: Random, extent: float, elevation: float, seed: int) -> bool:
    """Lay the paper, or in 7 % of scenes marble or linen; return whether the paper is black."""
    shade = paper(draw)
    kit.paper = lambda _kind: shade
    kind = "white" if draw.random() < 0.93 else draw.choice(["marble", "linen"])
    kit.ground(kind, extent, wall=draw.random() < 0.35 and elevation < 45, seed=seed)
    return max(shade) < 0.1


def _sun(kit: Any, draw: Random) -> None:
    """Add a directed light of 1 to 30 degrees: hard to soft shadows."""
    kit.use(kit.STAGE)
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy = draw.choice([0.6, 1.5, 4])
    lamp.angle = math.radians(draw.choice([1, 4, 12, 30]))
    holder = bpy.data.objects.new("sun", lamp)
    kit.STAGE.objects.link(holder)
    holder.rotation_euler = (draw.uniform(-1, 1), draw.uniform(-1, 1), 0)


def _expose(kit: Any, draw: Random, linear: Any, *, dark: bool, seed: int) -> Any:
    """Return what a phone makes of `linear` light: exposure, cast, noise, vignette, sharpening; uint8 sRGB."""
    level = linear[..., :3].mean(-1)
    exposure = draw.uniform(0.75, 1.0) * min(0.84 / np.percentile(level, 96), 0.6 / level.mean())
    if dark:
        exposure *= 0.35
    cast = (1 + draw.uniform(-0.06, 0.08), 1, 1 + draw.uniform(-0.1, 0.06))
    noise = draw.choice([0.3, 0.7, 1.2])
    vignette, sharp = draw.uniform(0, 0.2), draw.uniform(0.2, 0.7)
    return kit.phone(linear, exposure, seed, cast, iso=noise, vig=vignette, sharp=sharp)
