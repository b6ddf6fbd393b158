"""The AsyncAPI 3.0 document of the bus, generated from the registry and committed as `contracts/asyncapi.json`."""

from collections.abc import Mapping
from typing import Any

from trueshelf_contracts.compat import Change
from trueshelf_contracts.event import Event
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import PARTITIONS, RETENTION_DAYS, TOPICS, Topic, dlq_topic, group_id, groups

_DAY_MS = 24 * 3600 * 1000
_KAFKA_BINDING = "0.5.0"


def document() -> dict[str, Any]:
    """Return channels (one per topic and one per dead-letter topic), operations and messages of the whole bus."""
    events = {event.__name__: event for topic in TOPICS for event in topic.events}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Trueshelf bus",
            "version": "1.0.0",
            "description": (
                "One topic per producing service, CloudEvents 1.0 in Kafka's binary mode; the record's key keeps all "
                "facts about one subject from one producer in order. One dead-letter topic per consumer group."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {
            **{topic.owner: _channel(topic) for topic in TOPICS},
            **{f"dlq.{consumer}.{topic.owner}": _dlq_channel(consumer, topic) for consumer, topic in groups()},
        },
        "operations": {
            **{f"{topic.owner}.send": _send(topic) for topic in TOPICS},
            **{f"{consumer}.receive.{topic.owner}": _receive(consumer, topic) for consumer, topic in groups()},
        },
        "components": {
            "messages": {
                **{name: _message(event) for name, event in sorted(events.items())},
                "DeadLetter": {
                    "title": "A record that a group could not take in",
                    "summary": "JSON: key, value and headers in base64, the record's place, what failed and how often.",
                },
            },
            "schemas": {"CloudEventHeaders": _headers()},
        },
    }


def _bindings(partitions: int, retention_days: int) -> dict[str, Any]:
    config = {"retention.ms": retention_days * _DAY_MS, "cleanup.policy": ["delete"]}
    return {
        "kafka": {"partitions": partitions, "topicConfiguration": config, "bindingVersion": _KAFKA_BINDING},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"What {topic.owner} says. Only {topic.owner} may write here.",
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"} for event in topic.events},
        "bindings": _bindings(PARTITIONS, RETENTION_DAYS),
    }


def _dlq_channel(consumer: Service, topic: Topic) -> dict[str, Any]:
    return {
        "address": dlq_topic(consumer, topic.owner),
        "description": f"Records of {topic.name} that {consumer} could not take in; `trueshelf dlq` shows and replays.",
        "messages": {"DeadLetter": {"$ref": "#/components/messages/DeadLetter"}},
    }


def _send(topic: Topic) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": f"{topic.owner} states its facts (through its outbox)",
        "channel": {"$ref": f"#/channels/{topic.owner}"},
    }


def _receive(consumer: Service, topic: Topic) -> dict[str, Any]:
    group = {"type": "string", "enum": [group_id(consumer, topic.owner)]}
    return {
        "action": "receive",
        "summary": f"{consumer} reads {topic.name}",
        "channel": {"$ref": f"#/channels/{topic.owner}"},
        "bindings": {"kafka": {"groupId": group, "bindingVersion": _KAFKA_BINDING}},
        "x-dead-letter": dlq_topic(consumer, topic.owner),
    }


def _message(event: type[Event]) -> dict[str, Any]:
    version = event.model_fields["schema_version"].default
    return {
        "name": event.__name__,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "headers": {
            "allOf": [{"$ref": "#/components/schemas/CloudEventHeaders"}],
            "properties": {"ce_type": {"pattern": rf"^trueshelf\.[a-z]+\.{event.__name__}\.v{version}$"}},
        },
        "payload": {"$ref": f"./schemas/{event.__name__}.json"},
    }


def _headers() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "CloudEvents 1.0, Kafka protocol binding, binary content mode",
        "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject", "content-type"],
        "properties": {
            "ce_specversion": {"type": "string", "const": "1.0"},
            "ce_id": {"type": "string", "format": "uuid", "description": "the event's id"},
            "ce_type": text,
            "ce_source": {"type": "string", "pattern": "^/trueshelf/[a-z]+$"},
            "ce_time": {"type": "string", "format": "date-time"},
            "ce_subject": {"type": "string", "description": "the record's key"},
            "content-type": {"type": "string", "const": "application/json"},
            "traceparent": {"type": "string", "description": "W3C trace context, where a trace runs"},
        },
    }


def compare_documents(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what changed on the bus: a topic, group, partition count or message that is gone or other is breaking."""
    changes: list[Change] = []
    before, after = old.get("channels", {}), new["channels"]
    for name in sorted(before):
        if name not in after:
            changes.append(Change("asyncapi", name, breaking=True, what="channel removed"))
            continue
        changes += [
            Change("asyncapi", f"{name}.{message}", breaking=True, what="message taken off the topic")
            for message in sorted(before[name]["messages"].keys() - after[name]["messages"].keys())
        ]
        changes += [
            Change("asyncapi", f"{name}.{part}", breaking=True, what="changed, and every key would move")
            for part in ("address", "bindings")
            if before[name].get(part) != after[name].get(part)
        ]
    gone = sorted(old.get("operations", {}).keys() - new["operations"].keys())
    changes += [
        Change("asyncapi", name, breaking=True, what="operation removed: a reader loses its group") for name in gone
    ]
    if not changes and old != new:
        changes.append(Change("asyncapi", "", breaking=False, what="document differs"))
    return changes
