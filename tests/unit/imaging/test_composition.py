"""From a cut-out to a master: placement, shadows, declared gains, scenes (R-23, R-30, R-40, R-41, R-44, R-46)."""

import hashlib

import cv2
import numpy as np
import pytest

from trueshelf_imaging import adjust, backdrop, colour, compose, matting, setting, shadow
from trueshelf_imaging.pixels import Alpha, Rgb
from trueshelf_imaging.shades import Canvas, EmptyCutoutError, bounds

WHITE, GREY = (255, 255, 255), (240, 240, 240)
SPOT = setting.Spot(surface=0.8, centre=0.5, light_from=180.0, width_cm=120.0)


def photo(*, paper: tuple[float, float, float] = (205, 205, 205), shade: float = 0.0) -> tuple[Rgb, Alpha]:
    """A red bowl on paper, 800 x 600, with a cast shadow to its right that leaves 1 - `shade` of the light."""
    rng = np.random.default_rng(1)
    light = colour.to_linear(np.array(paper, np.uint8)) * np.ones((600, 800, 1), np.float32)
    cast = np.zeros((600, 800), np.float32)
    cv2.ellipse(cast, (500, 380), (150, 60), 0, 0, 360, (1.0,), -1)
    light = light * (1 - shade * cv2.GaussianBlur(cast, (0, 0), 14))[..., None]
    rgb = colour.from_linear(light.astype(np.float32)).astype(np.float64) + rng.normal(0, 1.0, (600, 800, 3))
    alpha = np.zeros((600, 800), np.uint8)
    cv2.ellipse(alpha, (380, 300), (170, 120), 0, 0, 360, 255, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)
    share = alpha[..., None] / 255
    red = np.array((160, 30, 35)) + rng.normal(0, 6, (600, 800, 3))
    return np.clip(rgb * (1 - share) + red * share, 0, 255).astype(np.uint8), alpha


def test_the_master_keeps_every_solid_pixel_of_the_source_r40_r41() -> None:
    rgb, alpha = photo(shade=0.5)
    canvas = Canvas.around(alpha, fill=0.85, aspect=1.0)
    for shade in (None, shadow.natural(rgb, alpha, canvas), shadow.contact(alpha, canvas)):
        made = compose.place(matting.clean_colours(rgb, alpha), alpha, GREY, canvas, shade)
        rows, columns = np.nonzero(alpha == 255)
        core = hashlib.sha256(made[rows + canvas.offset_y, columns + canvas.offset_x].tobytes()).hexdigest()
        assert compose.core_sha256(rgb, alpha) == (len(rows), core)
        offset = canvas.offset_x, canvas.offset_y
        assert compose.core_sha256(made, alpha, offset=offset) == (len(rows), core)
        made[canvas.offset_y + 300, canvas.offset_x + 400] += 1
        assert compose.core_sha256(made, alpha, offset=offset)[1] != core, "one bit is enough"


def test_a_core_outside_of_the_picture_is_no_proof() -> None:
    rgb, alpha = photo()
    with pytest.raises(ValueError, match="outside"):
        compose.core_sha256(rgb, alpha, offset=(300, 0))


@pytest.mark.parametrize(("fill", "aspect"), [(0.86, 1.0), (0.8, 0.75), (0.5, 1.5)])
def test_one_series_look_same_ground_fill_and_margins_whatever_the_photo_r23_r30(fill: float, aspect: float) -> None:
    rgb, alpha = photo()
    tight = slice(150, 440), slice(180, 590)
    for picture, cut in ((rgb, alpha), (rgb[tight], alpha[tight])):
        canvas = Canvas.around(cut, fill=fill, aspect=aspect)
        made = compose.place(picture, cut, GREY, canvas)
        assert tuple(made[0, 0]) == tuple(made[-1, -1]) == GREY
        left, top, right, bottom = bounds(cut)
        assert canvas.width / canvas.height == pytest.approx(aspect, abs=0.01)
        assert max((right - left) / canvas.width, (bottom - top) / canvas.height) == pytest.approx(fill, abs=0.01)
        x0, y0, x1, y1 = canvas.inside
        assert abs(x0 - (canvas.width - x1)) <= 1
        assert abs(y0 - (canvas.height - y1)) <= 1


def test_the_natural_shadow_is_the_ratio_of_photo_to_backdrop_r44() -> None:
    rgb, alpha = photo(shade=0.5)
    canvas = Canvas.around(alpha, fill=0.6, aspect=1.0)
    made = compose.place(matting.clean_colours(rgb, alpha), alpha, WHITE, canvas, shadow.natural(rgb, alpha, canvas))
    light = colour.to_linear(made)
    assert light[400 + canvas.offset_y, 570 + canvas.offset_x].mean() == pytest.approx(0.5, abs=0.09)
    assert np.ptp(made[400 + canvas.offset_y, 570 + canvas.offset_x]) == 0, "a shadow has no colour of its own"
    assert tuple(made[300 + canvas.offset_y, 150 + canvas.offset_x]) == WHITE, "where the photo has none, there is none"
    border = np.concatenate([made[0], made[-1], made[:, 0], made[:, -1]])
    assert (border == 255).all(), "it ends before the picture does"


def test_a_photo_without_a_shadow_gets_none() -> None:
    rgb, alpha = photo()
    canvas = Canvas.around(alpha, fill=0.7, aspect=1.0)
    made = compose.place(matting.clean_colours(rgb, alpha), alpha, WHITE, canvas, shadow.natural(rgb, alpha, canvas))
    left, top, right, bottom = canvas.inside
    made[top - 8 : bottom + 8, left - 8 : right + 8] = 255
    assert (made >= 253).all()


def test_something_else_on_the_paper_is_no_shadow() -> None:
    rgb, alpha = photo()
    rgb[250:290, 620:660] = (60, 60, 60)
    canvas = Canvas.around(alpha, fill=0.5, aspect=1.0)
    made = compose.place(matting.clean_colours(rgb, alpha), alpha, WHITE, canvas, shadow.natural(rgb, alpha, canvas))
    assert made[270 + canvas.offset_y, 640 + canvas.offset_x].min() >= 250


def test_a_shadow_is_not_guessed_on_clutter() -> None:
    rgb, alpha = photo()
    clutter = np.random.default_rng(2).integers(0, 256, (30, 40, 3), np.uint8).repeat(20, 0).repeat(20, 1)
    mixed = np.where(alpha[..., None] > 0, rgb, clutter)
    with pytest.raises(shadow.NoPlainBackdropError):
        shadow.natural(mixed, alpha, Canvas.around(alpha, fill=0.7, aspect=1.0))


def test_the_soft_shadow_lies_where_the_product_stands() -> None:
    _, alpha = photo()
    canvas = Canvas.around(alpha, fill=0.7, aspect=1.0)
    light = shadow.contact(alpha, canvas).rows(0, canvas.height, canvas.width)
    left, top, right, bottom = canvas.inside
    middle = (left + right) // 2
    assert light[bottom + 2, middle] < 0.9
    assert light[max(0, top - 4), middle] == pytest.approx(1.0, abs=0.01)
    assert light[:3].min() > 0.995
    assert light.min() >= 1 - shadow.STRENGTH - 1e-5


def test_neutralising_makes_the_paper_grey_and_keeps_its_luminance() -> None:
    rgb, _ = photo(paper=(215, 205, 190))
    gain = adjust.neutralising(backdrop.fit(colour.to_lab(rgb)))
    assert adjust.gentle(gain)
    paper = adjust.gained(rgb, gain)[:40, :40].reshape(-1, 3).mean(axis=0)
    assert np.ptp(paper) < 1.5
    before = colour.to_lab(rgb)[:40, :40, 0].mean()
    assert colour.to_lab(adjust.gained(rgb, gain))[:40, :40, 0].mean() == pytest.approx(before, abs=0.5)


def test_a_gain_is_one_table_per_channel_and_one_is_nothing() -> None:
    rgb, _ = photo()
    assert (adjust.gained(rgb, (1.0, 1.0, 1.0)) == rgb).all()
    assert adjust.exposure(1.0) == (2.0, 2.0, 2.0)
    assert not adjust.gentle((1.0, 1.0, 1.3))
    assert adjust.times((1.1, 1.0, 0.9), (1.0, 1.2, 1.0)) == (1.1, 1.2, 0.9)


def test_an_empty_cutout_cannot_be_placed() -> None:
    with pytest.raises(EmptyCutoutError):
        Canvas.around(np.zeros((40, 40), np.uint8), fill=0.85, aspect=1.0)


def scene(width: int = 900, height: int = 700) -> Rgb:
    """A wall and a table that begins at 60 %."""
    made = np.full((height, width, 3), (200, 190, 170), np.uint8)
    made[int(0.6 * height) :] = (140, 110, 80)
    return made


def test_in_a_scene_the_product_stands_on_its_surface_in_true_size_r46() -> None:
    rgb, alpha = photo()
    left, top, right, bottom = bounds(alpha)
    made = setting.set_into(matting.clean_colours(rgb, alpha), alpha, scene(), SPOT, height_cm=20.0, fill=0.9)
    changed = np.abs(made.rgb.astype(int) - scene()).max(axis=2)
    product = (made.rgb[..., 0] > 120) & (made.rgb[..., 1] < 60)
    rows, columns = np.nonzero(product)
    assert rows.max() + 1 == pytest.approx(0.8 * 700, abs=2), "its lowest point is on the surface line"
    assert (columns.min() + columns.max()) / 2 == pytest.approx(450, abs=2)
    assert np.ptp(rows) + 1 == pytest.approx(20 / 120 * 900, abs=6), "20 of the 120 centimetres"
    assert (np.ptp(columns) + 1) / (np.ptp(rows) + 1) == pytest.approx((right - left) / (bottom - top), abs=0.03)
    assert made.scale == pytest.approx(20 / 120 * 900 / (bottom - top), rel=0.01)
    assert (changed[:300] == 0).all(), "nothing else is added to the scene"
    x, y = made.scale * 380 + made.offset_x, made.scale * 300 + made.offset_y
    assert product[round(y), round(x)], "the declared placement leads to the product"


def test_the_shadow_in_a_scene_falls_away_from_the_light() -> None:
    rgb, alpha = photo()
    for light_from, side in ((180.0, 1), (0.0, -1)):
        spot = setting.Spot(0.8, 0.5, light_from, None)
        made = setting.set_into(rgb, alpha, scene(), spot, height_cm=None, fill=0.4)
        dark = np.where(made.rgb[..., 1] > 60, scene().astype(int)[..., 1] - made.rgb[..., 1], 0)
        left, right = dark[:, :450].sum(), dark[:, 450:].sum()
        assert side * right > side * left + 500


def test_a_product_is_never_enlarged_nor_cut_off_by_a_scene_r41() -> None:
    rgb, alpha = photo()
    with pytest.raises(setting.DoesNotFitError) as small:
        setting.set_into(rgb, alpha, scene(4000, 3000), SPOT, height_cm=60.0, fill=0.9)
    assert small.value.code == "too_few_pixels"
    with pytest.raises(setting.DoesNotFitError) as large:
        setting.set_into(rgb, alpha, scene(300, 200), SPOT, height_cm=90.0, fill=0.9)
    assert large.value.code == "does_not_fit"
