"""The bytes that review signs and audit checks."""

from collections.abc import Mapping

import rfc8785

from trueshelf_contracts.event import Event


def signable(event: Event | Mapping[str, object]) -> bytes:
    """Return the RFC 8785 canonical JSON of `event` without its `signature`.

    Takes the model, or the JSON object as it lay on the bus, so that a verifier needs no version of the models: fields
    that this release does not know are covered too.
    """
    data = event.model_dump(mode="json") if isinstance(event, Event) else dict(event)
    data.pop("signature", None)
    return canonical(data)


def canonical(value: object) -> bytes:
    """Return `value` as RFC 8785 canonical JSON: the same value has the same bytes, whoever writes it.

    Raises rfc8785.CanonicalizationError (a ValueError) for NaN, infinities and integers beyond ±(2^53 - 1).
    """
    return rfc8785.dumps(value)  # type: ignore[arg-type]
