"""Small photos for tests that need no real product: sharp structure on plain paper, cut out with certainty."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SHOTS = ("front", "profile", "macro")


def product_photo(
    seed: int, shot: str = "front", *, size: tuple[int, int] = (640, 480), cluttered: bool = False
) -> bytes:
    """Return a JPEG of a made-up box with stripes and a label; another seed is another product.

    `cluttered` puts it on a table with other things, which the backdrop gate must refuse.
    """
    rng = np.random.default_rng(seed)
    width, height = size
    paper = np.full((height, width, 3), (214, 212, 208), np.float64)
    if cluttered:
        paper = rng.integers(0, 255, size=(height // 16, width // 16, 3)).repeat(16, 0).repeat(16, 1)[:height, :width]
    image = Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    colour = tuple(int(c) for c in rng.integers(20, 110, size=3))
    inset = {"front": 0.2, "profile": 0.26, "macro": 0.12}[shot]
    box = (int(width * inset), int(height * inset), int(width * (1 - inset)), int(height * (1 - inset)))
    draw.rounded_rectangle(box, radius=width // 25, fill=colour)
    for stripe in range(4):
        x = box[0] + (box[2] - box[0]) * (stripe + 1) // 5
        tint = tuple(int(c) for c in rng.integers(40, 160, size=3))
        draw.rectangle((x - width // 60, box[1] + height // 20, x + width // 60, box[3] - height // 20), fill=tint)
    draw.text((box[0] + width // 25, box[1] + height // 25), f"TS-{seed}", fill=(235, 230, 90))
    image = image.filter(ImageFilter.GaussianBlur(0.6))
    noisy = np.asarray(image, np.float64) + rng.normal(0, 1.2, (height, width, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=93)
    return out.getvalue()
