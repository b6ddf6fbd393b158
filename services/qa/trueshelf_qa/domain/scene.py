"""One picture and what was found in it, made once however often it is compared."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.pixels import Floats, Rgb, shrink
from trueshelf_imaging.views import View
from trueshelf_qa.domain.product import Product, find_product

SIDE = 1024
"""Longer side at which pictures are compared."""
KEPT = 2
"""Scenes that a process keeps: at 12 megapixels one holds about 80 MB."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture in its own frame, before anything is aligned."""

    full: Rgb
    """The picture as it came."""
    ground: Rgb | None = None
    """The picture that its product was set into, of the same size; None where the ground has to be found."""

    @cached_property
    def rgb(self) -> Rgb:
        """The picture at work size."""
        return shrink(self.full, SIDE)

    @cached_property
    def lab(self) -> Floats:
        return to_lab(self.rgb)

    @cached_property
    def product(self) -> Product:
        return find_product(self.lab, None if self.ground is None else to_lab(shrink(self.ground, SIDE)))

    @cached_property
    def view(self) -> View:
        """What registration needs of it: features, gradients."""
        sure = self.product.sure
        return View(self.rgb, sure if self.product.plain else np.zeros_like(sure))


class Kept:
    """The scenes that were used last: drafts of one photo follow each other."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._scenes: OrderedDict[Hashable, Scene] = OrderedDict()

    def scene(self, key: Hashable, make: Callable[[], Rgb]) -> Scene:
        """Return the scene of `key`, a hash of the bytes it is made of and of what was done to them."""
        if key in self._scenes:
            self._scenes.move_to_end(key)
            return self._scenes[key]
        made = Scene(make())
        self._scenes[key] = made
        while len(self._scenes) > self._most:
            self._scenes.popitem(last=False)
        return made
