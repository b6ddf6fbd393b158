"""12-megapixel photos as a telephone would send them, of the sample catalogue's products."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SAMPLES = Path(__file__).parents[2] / "deploy" / "samples" / "photos"
PRODUCTS = ("bag-cognac-gold", "headphones-black", "bag-cognac-silver")
"""What the cut-out manages and qa does not stop: a case of each can be approved by keys alone."""
SIZE = (4000, 3000)
NOISE = 2.0
"""Standard deviation per channel, of 255: a sensor's; without it a picture of this size is too easy to decode."""


def large_photo(seed: int) -> bytes:
    """Return a JPEG of 4000 x 3000 pixels: a product enlarged with a sensor's noise; another seed, another picture."""
    chance = np.random.default_rng(seed)
    with Image.open(SAMPLES / f"{PRODUCTS[seed % len(PRODUCTS)]}_front.jpg") as photo:
        image = photo.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
    if seed // len(PRODUCTS) % 2:
        image = ImageOps.mirror(image)
    noisy = np.asarray(image, np.float32) + chance.normal(0, NOISE, (SIZE[1], SIZE[0], 3)).astype(np.float32)
    out = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=94)
    return out.getvalue()
