"""The AsyncAPI document says what the registry says."""

from collections.abc import Iterator
from typing import Any

from trueshelf_contracts import asyncapi, schema
from trueshelf_contracts.topics import PARTITIONS, TOPICS, dlq_topic, group_id, groups

DOCUMENT = schema.committed(schema.FOLDER)["asyncapi"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_committed_document_is_the_generated_one():
    assert asyncapi.document() == DOCUMENT
    assert DOCUMENT["asyncapi"] == "3.0.0"


def test_every_reference_leads_somewhere():
    for reference in references(DOCUMENT):
        if reference.startswith("#/"):
            node = DOCUMENT
            for part in reference[2:].split("/"):
                node = node[part]
        else:
            assert (schema.FOLDER / reference).is_file(), reference


def test_every_topic_and_event_is_a_channel_and_a_message():
    for topic in TOPICS:
        channel = DOCUMENT["channels"][topic.owner]
        assert channel["address"] == topic.name
        assert set(channel["messages"]) == {event.__name__ for event in topic.events}
        assert channel["bindings"]["kafka"]["partitions"] == PARTITIONS
        assert DOCUMENT["operations"][f"{topic.owner}.send"]["action"] == "send"


def test_every_group_is_an_operation_with_its_dead_letters():
    for consumer, topic in groups():
        operation = DOCUMENT["operations"][f"{consumer}.receive.{topic.owner}"]
        assert operation["bindings"]["kafka"]["groupId"]["enum"] == [group_id(consumer, topic.owner)]
        address = DOCUMENT["channels"][f"dlq.{consumer}.{topic.owner}"]["address"]
        assert operation["x-dead-letter"] == address == dlq_topic(consumer, topic.owner)


def test_messages_carry_cloud_event_headers():
    headers = DOCUMENT["components"]["schemas"]["CloudEventHeaders"]
    assert {"ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion"} <= set(headers["required"])
    for name, message in DOCUMENT["components"]["messages"].items():
        if name != "DeadLetter":
            assert message["payload"] == {"$ref": f"./schemas/{name}.json"}
            assert message["headers"]["allOf"] == [{"$ref": "#/components/schemas/CloudEventHeaders"}]
