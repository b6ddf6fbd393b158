"""Every golden example is read through its topic's union and written back without a difference."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from pydantic import BaseModel, ValidationError

from trueshelf_contracts import examples, schema
from trueshelf_contracts.event import Event
from trueshelf_contracts.headers import cloud_event_headers
from trueshelf_contracts.ids import draw_sample
from trueshelf_contracts.topics import TOPICS, Topic

EXAMPLES = schema.committed(schema.FOLDER / "examples")
EVENTS = [(topic, event.__name__) for topic in TOPICS for event in topic.events]
DOCUMENTS = [document.__name__ for document in schema.DOCUMENTS]
VARIANTS = ("full", "minimal")


def committed(name: str, variant: str) -> dict[str, Any]:
    return EXAMPLES[f"{name}.{variant}"]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("topic", "name"), EVENTS, ids=lambda value: getattr(value, "name", value))
def test_example_round_trips_through_its_topic(topic: Topic, name: str, variant: str):
    example = committed(name, variant)
    event = topic.decode(json.dumps(example).encode())
    assert type(event).__name__ == name
    assert event.model_dump(mode="json", exclude_unset=True) == example
    assert topic.decode(event.model_dump_json().encode()) == event
    assert event.key


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_round_trips(name: str, variant: str):
    example = committed(name, variant)
    document = schema.models()[name].model_validate(example)
    assert document.model_dump(mode="json", exclude_unset=True) == example


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_committed_schema_accepts_the_example(name: str):
    wanted = schema.committed(schema.FOLDER / "schemas")[name.rsplit(".", 1)[0]]
    assert validator_for(wanted) is Draft202012Validator
    Draft202012Validator.check_schema(wanted)
    Draft202012Validator(wanted).validate(EXAMPLES[name])


def unset_fields(value: object, place: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name not in value.model_fields_set:
                yield f"{place}.{name}"
            yield from unset_fields(getattr(value, name), f"{place}.{name}")
    elif isinstance(value, tuple):
        for member in value:
            yield from unset_fields(member, f"{place}[]")


@pytest.mark.parametrize("name", sorted(schema.models()))
def test_full_example_leaves_no_field_out(name: str):
    event = schema.models()[name].model_validate(committed(name, "full"))
    # An object that is no image has no pixels; what a policy or finding leaves out is its own choice.
    unset = [field for field in unset_fields(event, name) if not field.endswith((".width", ".height"))]
    assert unset == []


@pytest.mark.parametrize("name", sorted(schema.models()))
def test_minimal_example_without_one_more_field_is_refused(name: str):
    example = committed(name, "minimal")
    for field in [field for field in example if field != "type"]:
        with pytest.raises(ValidationError):
            schema.models()[name].model_validate({key: value for key, value in example.items() if key != field})


def test_examples_are_the_same_every_time():
    assert examples.examples() == examples.examples()
    assert {name: json.loads(schema.rendered(value)) for name, value in examples.examples().items()} == EXAMPLES


@pytest.mark.parametrize(("topic", "name"), EVENTS, ids=lambda value: getattr(value, "name", value))
def test_headers_follow_cloud_events(topic: Topic, name: str):
    event = topic.decode(json.dumps(committed(name, "full")).encode())
    headers = cloud_event_headers(event, topic.owner, "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert headers["ce_type"] == f"trueshelf.{topic.owner}.{name}.v1"
    assert headers["ce_id"] == str(event.event_id)
    assert headers["ce_subject"] == event.key
    assert headers["ce_source"] == f"/trueshelf/{topic.owner}"


def test_spot_draw_of_the_examples_is_recomputed():
    """R-69: the sample follows from the revealed seed, and the seed was committed before."""
    drawn, promised = committed("SpotCheckDrawn", "full"), committed("SpotCheckCommitted", "full")

    seed = bytes.fromhex(drawn["seed"])
    assert hashlib.sha256(seed).hexdigest() == promised["commitment"]
    sample = draw_sample(seed, [member["sku"] for member in drawn["population"]], drawn["rate"])
    assert sample == sorted(member["sku"] for member in drawn["sample"])


def test_unknown_type_and_unknown_version_are_refused():
    topic = TOPICS[0]
    example = committed("SkuReady", "full")
    for change in ({"type": "SkuVanished"}, {"schema_version": 2}):
        with pytest.raises(ValidationError):
            topic.decode(json.dumps({**example, **change}).encode())


def test_unknown_field_is_ignored_so_that_producers_may_grow():
    event = TOPICS[0].decode(json.dumps({**committed("SkuReady", "full"), "later": 1}).encode())
    assert isinstance(event, Event)
    assert not hasattr(event, "later")
