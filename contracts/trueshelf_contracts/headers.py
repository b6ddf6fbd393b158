"""CloudEvents 1.0 in Kafka's binary mode: the event's attributes as record headers, its data as the value."""

from trueshelf_contracts.event import Event
from trueshelf_contracts.refs import Service


def cloud_event_headers(event: Event, producer: Service, traceparent: str | None = None) -> dict[str, str]:
    """Return the record headers of `event` (CloudEvents Kafka binding 1.0.2, section 3.2)."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(event.event_id),
        "ce_type": f"trueshelf.{producer}.{event.type}.v{event.schema_version}",
        "ce_source": f"/trueshelf/{producer}",
        "ce_time": event.occurred_at.isoformat(),
        "ce_subject": event.key,
        "content-type": "application/json",
    }
    if traceparent:
        headers["traceparent"] = traceparent
    return headers
