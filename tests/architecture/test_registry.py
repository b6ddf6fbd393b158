"""The registry is whole: every topic has an owner and readers, every group a dead-letter topic, every event a home."""

from collections import Counter
from typing import get_args

import pytest

from trueshelf_contracts import schema
from trueshelf_contracts.event import Event
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import (
    BY_OWNER,
    INBOX_DAYS,
    PARTITIONS,
    REGISTRY,
    RETENTION_DAYS,
    TOPICS,
    Topic,
    dlq_topic,
    group_id,
    groups,
)

SERVICES = set(get_args(Service))
SHARED = {"ActRecorded", "PolicyPublished"}


def test_every_service_owns_exactly_one_topic():
    assert Counter(topic.owner for topic in TOPICS) == Counter(SERVICES)
    assert set(BY_OWNER) == SERVICES
    assert all(REGISTRY[topic.name] is topic for topic in TOPICS)


def test_every_topic_is_read_by_audit_and_console():
    """R-100: nothing is said that audit does not hear."""
    for topic in TOPICS:
        assert {"audit", "console"} <= set(topic.consumers), topic.name
        assert len(set(topic.consumers)) == len(topic.consumers)
        assert set(topic.consumers) <= SERVICES


def test_every_group_has_a_dead_letter_topic_of_its_own():
    names = [dlq_topic(consumer, topic.owner) for consumer, topic in groups()]
    group_ids = [group_id(consumer, topic.owner) for consumer, topic in groups()]
    assert len(names) == len(set(names)) == len(group_ids) == len(set(group_ids))
    assert not set(names) & set(REGISTRY)


def test_an_event_of_its_own_has_one_producer():
    producers = Counter(event.__name__ for topic in TOPICS for event in topic.events)
    assert {name for name, count in producers.items() if count > 1} == SHARED
    for topic in TOPICS:
        assert {event.__name__ for event in topic.events} >= SHARED, topic.name


def concrete(kind: type[Event]) -> set[type[Event]]:
    below = {leaf for child in kind.__subclasses__() for leaf in concrete(child)}
    return below | ({kind} if "type" in vars(kind).get("__annotations__", {}) and kind is not Event else set())


def test_no_event_is_without_a_topic():
    placed = {event for topic in TOPICS for event in topic.events}
    defined = {event for event in concrete(Event) if event.__module__.startswith("trueshelf_contracts.")}
    assert defined == placed


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.owner)
def test_type_and_class_have_the_same_name(topic: Topic):
    for event in topic.events:
        assert event.model_fields["type"].default == event.__name__
        assert event.model_config.get("frozen") is True
        assert event.__doc__, f"{event.__name__} says nothing about itself"


def test_an_inbox_row_outlives_its_record():
    assert INBOX_DAYS >= RETENTION_DAYS + 7
    assert PARTITIONS == 12


def test_every_event_and_document_has_schema_and_examples():
    schemas = schema.committed(schema.FOLDER / "schemas")
    examples = schema.committed(schema.FOLDER / "examples")
    assert set(schemas) == set(schema.models())
    assert set(examples) == {f"{name}.{variant}" for name in schema.models() for variant in ("full", "minimal")}
