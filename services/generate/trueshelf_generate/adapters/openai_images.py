"""The `images/edits` interface of OpenAI, which many servers that one runs oneself speak, too.

POST {base_url}/images/edits, multipart: image, model, prompt, n, size; the answer is JSON with the picture as base64.
"""

import asyncio

from trueshelf_generate.adapters.wire import JSON_OVERHEAD, Received, Wire, from_base64, sniffed
from trueshelf_generate.domain.calls import Answer, CallFailed, Declined, Order, Useless

INTERFACE = "openai-images-edits/1"
_POLICY = frozenset({"moderation_blocked", "content_policy_violation"})
_EMPTY = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "credit_balance_exhausted"}
)
_SUCCESS = 200


class OpenAiImages:
    """One configured server."""

    interface = INTERFACE

    def __init__(self, wire: Wire, key: str) -> None:
        self._wire = wire
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def make(self, order: Order) -> Answer:
        """Make one call and return the picture's bytes, not decoded. Raises CallFailed."""
        external, offer = self._wire.external, order.offer
        headers = {**self._headers, "X-Client-Request-Id": str(order.call_id)}
        if external.idempotency_header:
            headers[external.idempotency_header] = str(order.call_id)
        fields = {
            "model": offer.model,
            "prompt": offer.prompt,
            "n": "1",
            "size": f"{offer.width}x{offer.height}",
            **offer.parameters,
        }
        if order.seed is not None:
            fields["seed"] = str(order.seed)
        got = await self._wire.post(
            "/images/edits",
            headers=headers,
            fields=fields,
            picture=("image", order.picture),
            most=external.max_bytes * 4 // 3 + JSON_OVERHEAD,
        )
        if got.status != _SUCCESS:
            raise self._failure(got)
        return await asyncio.to_thread(_answer, got, order, external.max_bytes)

    def _failure(self, got: Received) -> CallFailed:
        error = got.json().get("error")
        words = {str(error.get(name)) for name in ("code", "type")} if isinstance(error, dict) else set()
        if got.status < 500 and words & _EMPTY:  # noqa: PLR2004 - also said with 429 and 400
            return Declined("generator_out_of_credits", account=True, **got.seen)
        return self._wire.failure(got, "content_policy" if words & _POLICY else "")


def _answer(got: Received, order: Order, most: int) -> Answer:
    """Return the one picture of a successful answer. Raises Useless: it was charged."""
    named = got.seen
    entries = got.json().get("data")
    entry = entries[0] if isinstance(entries, list) and len(entries) == 1 else None
    if not isinstance(entry, dict):
        raise Useless("answer_not_an_image", **named)
    if not entry.get("b64_json"):
        raise Useless("answer_by_address" if entry.get("url") else "answer_not_an_image", **named)
    data = from_base64(entry["b64_json"], got)
    if len(data) > most:
        raise Useless("answer_too_large", **named)
    return Answer(data, sniffed(data, "", got), got.seen["request_id"], order.seed)
