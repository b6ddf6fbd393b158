"""Random things, none of them a product: boxes, cylinders, balls, rings, vessels, cords, links, cloth, outlines.

A shape makes its objects in the kit's current collection around the origin; `size` is about half its width in cm.
"""

import math
from collections.abc import Callable
from typing import Any

import bpy
import numpy as np

from training.materials import UPRIGHT, Bench, turn

Shape = Callable[[Bench, float, Any], None]
_HERE = (0, 0, 0)
_WORDS = ["ORLA", "Nº 7", "TERA", "sol", "100 g", "MILK", "x20"]
_MOST_LINKS = 130


def thing(bench: Bench) -> tuple[list[Any], Any]:
    """Return the objects of one random thing and its vertices, (n, 3) float64 in cm."""
    kit, draw = bench.kit, bench.draw
    material = bench.material()
    kind = draw.random()
    before = kit.track()
    size = draw.uniform(1.5, 6)
    shape = next(shape for limit, shape in _SHAPES if kind < limit)
    shape(bench, size, material)
    objects = kit.since(before)
    rotation = (0.0, 0.0, turn(draw))
    if shape not in _FLAT and draw.random() < 0.25:
        tilt = draw.choice([UPRIGHT, draw.uniform(-0.5, 0.5)])
        rotation = (tilt, draw.uniform(-0.3, 0.3), rotation[2])
    kit.group(objects, kit.TM(_HERE, rotation))
    bpy.context.view_layer.update()
    return objects, np.concatenate([points for points in map(kit.obj_points, objects) if len(points)])


def _box(bench: Bench, size: float, material: Any) -> None:
    kit, draw = bench.kit, bench.draw
    sides = (size * draw.uniform(0.3, 1.6), size * draw.uniform(0.3, 1.6), size * draw.uniform(0.1, 1.6))
    kit.box(sides, _HERE, material, size * draw.choice([0.01, 0.04, 0.12]))
    if draw.random() < 0.5:
        word, high = draw.choice(_WORDS), size * draw.uniform(0.12, 0.3)
        kit.text3d(word, high, _HERE, bench.material(50), rot=(UPRIGHT, 0, 0), ext=size * 0.9)


def _cylinder(bench: Bench, size: float, material: Any) -> None:
    draw = bench.draw
    radius, height = size * draw.uniform(0.2, 0.8), size * draw.uniform(0.15, 2)
    top = None if draw.random() < 0.6 else size * draw.uniform(0.05, 0.8)
    bench.kit.cyl(radius, height, _HERE, material, size * 0.03, r2=top)


def _ball(bench: Bench, size: float, material: Any) -> None:
    draw = bench.draw
    stretch = draw.uniform(0.5, 1.2), draw.uniform(0.5, 1.2), draw.uniform(0.3, 1.2)
    bench.kit.ball(size * 0.6, _HERE, material, *stretch)


def _ring(bench: Bench, size: float, material: Any) -> None:
    draw = bench.draw
    radius = size * draw.uniform(0.4, 1.0)
    thick = radius * draw.uniform(0.04, 0.35)
    pitch = draw.choice([0, 0, UPRIGHT, draw.uniform(0, 3)])
    bench.kit.torus(radius, thick, material, rot=(pitch, draw.uniform(-0.2, 0.2), draw.uniform(0, 3)))


def _vessel(bench: Bench, size: float, material: Any) -> None:
    """Turn a profile, hollow or solid; now and then with a handle."""
    kit, draw = bench.kit, bench.draw
    height = 0.0
    profile = [(0.0, 0.0)]
    radius = size * draw.uniform(0.2, 0.6)
    for _ in range(draw.randint(2, 5)):
        profile.append((max(0.08 * size, radius), height))
        height += size * draw.uniform(0.15, 0.7)
        radius *= draw.uniform(0.6, 1.5)
    top = max(0.08 * size, radius)
    profile.append((top, height))
    if draw.random() < 0.6:
        profile += [(top * 0.92, height), (top * 0.85, height * 0.15), (0, height * 0.12)]
    else:
        profile.append((0, height))
    kit.lathe(kit.rprof(profile, size * 0.05), material, 64)
    if draw.random() < 0.4:
        wall = profile[min(2, len(profile) - 1)][0]
        bow = [
            (wall * 0.8, 0, height * 0.2),
            (wall + size * 0.45, 0, height * 0.3),
            (wall + size * 0.5, 0, height * 0.7),
            (wall * 0.8, 0, height * 0.85),
        ]
        thick = size * draw.uniform(0.03, 0.09)
        kit.tube(kit.smooth_path(bow, 50), thick, material if draw.random() < 0.7 else bench.material(60))


def _cord(bench: Bench, size: float, material: Any) -> None:
    kit, draw = bench.kit, bench.draw
    thick = size * draw.choice([0.015, 0.03, 0.06, 0.12])
    kit.tube(kit.smooth_path(_wander(bench, size * 1.2, draw.randint(4, 9)), 200), thick, material)
    if draw.random() < 0.5:
        kit.cyl(thick * 2.5, thick * 6, _HERE, bench.material(70), rot=(UPRIGHT, 0, 0))


def _links(bench: Bench, size: float, material: Any) -> None:
    """Lay links or beads on a closed path or a part of it."""
    kit, draw = bench.kit, bench.draw
    loop = kit.smooth_path(_loop(bench, size * 1.1, draw.randint(6, 9)), 300, True)
    step = size * draw.uniform(0.07, 0.2)
    at = kit.resample(np.asarray(loop), step=step, closed=True)
    at = at[: int(len(at) * draw.choice([1, 1, 0.6]))][:_MOST_LINKS]
    beads = draw.random() < 0.5
    for number in range(len(at) - 1):
        along = at[number + 1] - at[number]
        heading = math.atan2(along[1], along[0])
        if beads:
            kit.ball(step * 0.48, tuple(at[number]), material, seg=12)
        else:
            middle = tuple((at[number] + at[number + 1]) / 2)
            roll = (number % 2) * UPRIGHT * 0.6
            kit.torus(step * 0.5, step * 0.12, material, loc=middle, rot=(roll, 0, heading), seg=20)


def _cloth(bench: Bench, size: float, material: Any) -> None:
    """A soft slab: cloth, cushion, pouch."""
    draw, count = bench.draw, 60
    wide, deep, thick = size * draw.uniform(0.6, 1.8), size * draw.uniform(0.6, 1.8), size * draw.uniform(0.04, 0.4)
    phase = [draw.uniform(0, 6) for _ in range(6)]
    flare = draw.uniform(0, 0.25)
    points = np.zeros((count, count, 3))
    steps = np.linspace(-1, 1, count)
    for row, u in enumerate(steps):
        for column, v in enumerate(steps):
            edge = max(0, (1 - abs(u) ** 8)) ** 0.5 * max(0, (1 - abs(v) ** 8)) ** 0.5
            points[row, column] = (
                u * wide * (1 + flare * v + 0.04 * math.sin(4 * v + phase[0])),
                v * deep * (1 + 0.04 * math.sin(5 * u + phase[1])),
                thick * edge * (1 + 0.25 * math.sin(3 * u + phase[2]) * math.sin(4 * v + phase[3])),
            )
    bench.kit.grid(points, mat=material)


def _outline(bench: Bench, size: float, material: Any) -> None:
    """Extrude a polygon of 3 to 9 corners."""
    draw = bench.draw
    count = draw.randint(3, 9)
    reach = [size * draw.uniform(0.3, 1.1) for _ in range(count)]
    angles = [2 * math.pi * number / count for number in range(count)]
    corners = [(far * math.cos(angle), far * math.sin(angle)) for far, angle in zip(reach, angles, strict=True)]
    bench.kit.prism(np.array(corners), size * draw.uniform(0.03, 0.6), material, size * 0.01)


def _loop(bench: Bench, radius: float, count: int) -> list[tuple[float, float, float]]:
    """Return `count` points around the origin, each at 0.6 to 1.1 of `radius` in x and in y."""
    draw = bench.draw
    turn(draw)  # one number that only the open path uses
    angles = np.linspace(0, 2 * math.pi, count, endpoint=False)
    return [
        (
            radius * draw.uniform(0.6, 1.1) * math.cos(angle),
            radius * draw.uniform(0.6, 1.1) * math.sin(angle),
            0.0,
        )
        for angle in angles
    ]


def _wander(bench: Bench, radius: float, count: int) -> list[tuple[float, float, float]]:
    """Return a walk of `count` points that turns by at most 1.2 radians a step."""
    draw = bench.draw
    heading = turn(draw)
    at = np.array([draw.uniform(-radius, radius), draw.uniform(-radius, radius)])
    points = []
    for _ in range(count):
        points.append((at[0], at[1], 0.0))
        heading += draw.uniform(-1.2, 1.2)
        at = at + radius * 0.5 * np.array([math.cos(heading), math.sin(heading)])
    return points


_SHAPES: tuple[tuple[float, Shape], ...] = (
    (0.16, _box),
    (0.28, _cylinder),
    (0.34, _ball),
    (0.42, _ring),
    (0.56, _vessel),
    (0.68, _cord),
    (0.78, _links),
    (0.90, _cloth),
    (1.00, _outline),
)
"""Upper limits of a number from 0 to 1: the share of each shape."""
_FLAT = (_cord, _links)
"""Shapes that always lie on the paper."""
