"""What to tell a person when a draft that should have been bought was not made."""

from collections.abc import Mapping
from types import MappingProxyType

from trueshelf_generate.domain.plan import Refusal

OTHERWISE = "Choose one of our own modes, or keep the original."
_LATER = f"Ask again later, or tell the operator. {OTHERWISE}"
_MONEY = "The call was charged and stands in the credits. Ask again only if another call is worth its price."

_SAID: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "generator_busy": ("the external generator has too much to do", _LATER),
        "generator_failed": ("the external generator failed", _LATER),
        "generator_unreachable": ("the external generator cannot be reached", _LATER),
        "generator_away": ("the external generator was not to be had for too long", _LATER),
        "generator_redirects": (
            "the external generator's address leads elsewhere, and photos are sent to no other host",
            f"The operator corrects base_url (docs/generators.md). {OTHERWISE}",
        ),
        "generator_key_refused": (
            "the external generator does not accept our key",
            f"The operator checks the key and its rights (docs/generators.md). {OTHERWISE}",
        ),
        "generator_out_of_credits": (
            "the account at the external generator is empty",
            f"The operator buys credits there. {OTHERWISE}",
        ),
        "content_policy": (
            "the external generator's content rules forbid this picture",
            f"Choose another photo. {OTHERWISE}",
        ),
        "generator_rejected": (
            "the external generator does not accept this order or photo",
            f"The operator compares the offer with the interface (docs/generators.md). {OTHERWISE}",
        ),
        "answer_not_an_image": ("the external generator answered with something that is no picture", _MONEY),
        "answer_by_address": (
            "the external generator answered with an address instead of a picture; addresses are never followed",
            f"The operator sets response_format to b64_json (docs/generators.md). {_MONEY}",
        ),
        "answer_too_large": ("the external generator's answer is larger than allowed", _MONEY),
        "answer_undecodable": ("the external generator's picture is damaged", _MONEY),
        "answer_not_as_ordered": ("the external generator passed over a part of the order", _MONEY),
        "outcome_unknown": (
            (
                "a paid call to the external generator was cut off, so nobody knows whether it was charged; "
                "it is counted as spent"
            ),
            (
                "It is not repeated by itself. Ask again if another call is worth its price; "
                "the operator compares the credits page with the generator's bill."
            ),
        ),
        "offer_gone": (
            "the offer that this draft was planned with is no longer configured",
            f"Ask again with an offer of today. {OTHERWISE}",
        ),
    }
)


def codes() -> tuple[str, ...]:
    """Return every end that has a sentence of its own."""
    return tuple(_SAID)


def said(code: str) -> Refusal:
    """Return the refusal for the end of a call; a code without a sentence is a failure of the generator."""
    message, advice = _SAID.get(code, _SAID["generator_failed"])
    return Refusal(code, message, advice)


def wrong_size(width: int, height: int, wanted_width: int, wanted_height: int) -> Refusal:
    """Return the refusal of a picture of another size than ordered: it would have to be stretched (R-83)."""
    return Refusal(
        "answer_wrong_size",
        f"the external generator answered with {width} x {height} pixels; {wanted_width} x {wanted_height} were "
        "ordered",
        _MONEY,
        round(width / height, 4),
        round(wanted_width / wanted_height, 4),
    )


def over_cap(scope: str, spent: int, price: int, cap: int) -> Refusal:
    """Return the refusal of a call that a cap forbids; `scope` is batch or month (R-32)."""
    return Refusal(
        f"cap_{scope}",
        f"{spent} credits of this {scope} are spent and this call costs {price}; the cap is {cap}",
        f"The operator raises the cap of the {scope} (docs/generators.md), or waits. {OTHERWISE}",
        float(spent + price),
        float(cap),
    )
