"""From what a child answered to a draft with everything that says how it was made (R-31)."""

from dataclasses import dataclass
from typing import Any

from trueshelf_contracts.generate import EdgeGate, Generator, PixelProof, Transform
from trueshelf_contracts.refs import Finding, ImageRef, ObjectRef, Placement
from trueshelf_generate.domain.preset import Preset
from trueshelf_generate.outcomes import Made
from trueshelf_generate.ports import Facts
from trueshelf_imaging.versions import COMPOSITION

COMPOSITE, KEPT_LIGHT = "composite", "keep_light"
MEASURED = ("method", "sigma", "agreement", "opencv", "confidence")


@dataclass(frozen=True, slots=True)
class Order:
    """What one draft is made of."""

    preset: Preset
    cutout: Facts
    alpha: ObjectRef
    scene: Facts | None
    wish: dict[str, Any] | None
    """RegenerationChange as JSON, where a person asked for this draft."""

    @property
    def pictures(self) -> tuple[ObjectRef, ...]:
        """What the child needs to see."""
        scene = () if self.scene is None else (ImageRef.model_validate(self.scene["image"]),)
        return (ImageRef.model_validate(self.cutout["source"]), self.alpha, *scene)

    def request(self) -> dict[str, Any]:
        """Return the request of `drafting:replace`."""
        request: dict[str, Any] = {"preset": self.preset.body()}
        if self.scene is not None:
            request |= {"scene": self.scene["spot"], "height_cm": (self.wish or {}).get("height_cm")}
        return request


def transforms_of(value: dict[str, Any], *, neutralised: bool) -> tuple[Transform, ...]:
    """Return what the child did to the whole picture, as declared."""
    transforms = [Transform(kind="placement", placement=Placement(**value["placement"]))]
    if value.get("divided"):
        transforms.append(Transform(kind="keep_light"))
    if value["gain"] is not None:
        kind = "white_balance" if neutralised else "gain"
        transforms.append(Transform(kind=kind, channel_gain=tuple(value["gain"])))  # type: ignore[arg-type]
    return tuple(transforms)


def composed(order: Order, value: dict[str, Any], pictures: tuple[ImageRef, ImageRef]) -> Made:
    """Return the draft: master and preview, and the versions of the cut-out's recipe and of the composition."""
    measured, cutout, preset = order.cutout["measured"], order.cutout, order.preset
    hinted = bool(cutout["hints"].get("box") or cutout["hints"].get("strokes"))
    found = {name: measured[name] for name in MEASURED if name in measured}
    return Made(
        master=pictures[0],
        preview=pictures[1],
        generator=Generator(
            name=COMPOSITE,
            version=f"{cutout['recipe']}.{COMPOSITION}",
            parameters=parameters_of(order, value) | found | {"hinted": hinted},
            seed=measured.get("seed"),
            generative=False,
        ),
        transforms=transforms_of(value, neutralised=preset.neutralise),
        cutout=order.alpha,
        edge_gate=EdgeGate(passed=True, findings=tuple(Finding.model_validate(one) for one in cutout["findings"])),
        pixel_proof=None if value["proof"] is None else PixelProof(**value["proof"]),
        background=preset.background,
        shadow=preset.shadow,
        scene=None if order.scene is None else ImageRef.model_validate(order.scene["image"]),
    )


def lit(preset: Preset, value: dict[str, Any], pictures: tuple[ImageRef, ImageRef]) -> Made:
    """Return the draft of a photo that was not cut, but divided by its backdrop."""
    return Made(
        master=pictures[0],
        preview=pictures[1],
        generator=Generator(
            name=KEPT_LIGHT,
            version=COMPOSITION,
            parameters=values_of(preset) | {name: value[name] for name in ("clipped", "sigma", "opencv")},
            generative=False,
        ),
        transforms=transforms_of(value, neutralised=False),
        background=preset.background,
    )


def parameters_of(order: Order, value: dict[str, Any]) -> dict[str, Any]:
    """Return the preset's version, hash and values, and what the child measured."""
    request = order.request()
    told: dict[str, Any] = {name: value[name] for name in ("opencv", "true_to_size") if name in value}
    if request.get("height_cm"):
        told["height_cm"] = request["height_cm"]
    return values_of(order.preset) | told


def values_of(preset: Preset) -> dict[str, Any]:
    """Return the preset's version, hash and values (R-29, R-31)."""
    named = {"preset_version": preset.version, "preset_sha256": preset.sha256}
    return named | {name: kept for name, kept in preset.body().items() if name not in ("title", "mode")}
