"""Photoroom's image editing API: POST {base_url}/v2/edit, multipart; the answer is the picture itself.

A version can be named for AI backgrounds (a header); for virtual models the interface has none, so those offers are
`unversioned` and their record says so. No idempotency key is known. By its documentation errors are not charged.
"""

from trueshelf_generate.adapters.wire import Received, Wire, sniffed
from trueshelf_generate.domain.calls import Answer, Order, Useless

INTERFACE = "photoroom-edit/2"
MODEL_HEADER = "pr-ai-background-model-version"
_SUCCESS = 200


class Photoroom:
    """The configured account."""

    interface = INTERFACE

    def __init__(self, wire: Wire, key: str) -> None:
        self._wire = wire
        self._key = key

    async def make(self, order: Order) -> Answer:
        """Make one call and return the picture's bytes, not decoded. Raises CallFailed."""
        offer = order.offer
        headers = {"x-api-key": self._key}
        if offer.mode == "lifestyle":
            headers[MODEL_HEADER] = offer.model
        got = await self._wire.post(
            "/v2/edit",
            headers=headers,
            fields=_fields(order),
            picture=("imageFile", order.picture),
            most=self._wire.external.max_bytes,
        )
        if got.status != _SUCCESS:
            raise self._wire.failure(got)
        if got.headers.get("pr-unsupported-attributes"):
            raise Useless("answer_not_as_ordered", **got.seen)
        return Answer(got.body, sniffed(got.body, got.media_type, got), got.seen["request_id"], _seed(got, order))


def _fields(order: Order) -> dict[str, str]:
    offer = order.offer
    fields = {"outputSize": f"{offer.width}x{offer.height}", "export.format": "png"}
    if offer.mode == "lifestyle":
        fields |= {"removeBackground": "true", "background.prompt": offer.prompt}
        if order.seed is not None:
            fields["background.seed"] = str(order.seed)
    else:
        fields |= {"removeBackground": "false", "virtualModel.mode": "ai.auto"}
        if offer.prompt:
            fields["virtualModel.prompt"] = offer.prompt
    return fields | dict(offer.parameters)


def _seed(got: Received, order: Order) -> int | None:
    """Return the seed that was used: the server says it of backgrounds."""
    said = got.headers.get("pr-ai-background-seed", "")
    return int(said) if said.isdigit() and len(said) < 19 else order.seed  # noqa: PLR2004 - a bigint in the ledger
