"""Every subscriber of every service is built by the runtime, which builds it as messaging.md P0–P11 want it."""

import re
from pathlib import Path
from typing import get_args

import pytest
from faststream import AckPolicy
from faststream.kafka.subscriber.usecase import DefaultSubscriber

from trueshelf_contracts.event import ActRecorded
from trueshelf_contracts.refs import Service
from trueshelf_contracts.review import VariantApproved
from trueshelf_contracts.topics import TOPICS, group_id
from trueshelf_runtime.bus import Consumers, RawSubscription, Subscription, build_broker
from trueshelf_runtime.crash import CATALOGUE
from trueshelf_runtime.db import Tx
from trueshelf_runtime.delivery import SettleMiddleware
from trueshelf_runtime.settings import RuntimeSettings


async def _handler(event: object, tx: Tx) -> None: ...


def _consumers(service: Service) -> Consumers:
    topics = [topic for topic in TOPICS if service in topic.consumers]
    subscriptions = [
        RawSubscription(topic.owner, _handler)
        if service == "audit"
        else Subscription(topic.owner, {ActRecorded: _handler})
        for topic in topics
    ]
    settings = RuntimeSettings(service=service, pg_dsn="postgresql://nowhere")
    return Consumers(settings, None, subscriptions)


@pytest.mark.parametrize("service", get_args(Service))
def test_every_subscriber_is_acknowledged_only_after_its_effect(service: Service):
    consumers = _consumers(service)
    broker = build_broker(consumers._settings, consumers.intakes, consumers.settlers, consumers.acks)
    assert len(broker.subscribers) == len(consumers.intakes) == len([t for t in TOPICS if service in t.consumers])
    by_topic = {intake.topic.name: intake for intake in consumers.intakes}
    for subscriber in broker.subscribers:
        intake = by_topic[subscriber.topic_names[0]]
        assert type(subscriber) is DefaultSubscriber, "no batch (P7), one worker (P4)"
        assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR, "P0, P0b"
        assert subscriber.group_id == group_id(service, intake.producer), "P8"
        assert subscriber.topic_names == [f"trueshelf.{intake.producer}"], "one subscriber reads one topic"
        arguments = subscriber._connection_args
        assert arguments["auto_offset_reset"] == "earliest", "P8"
        assert arguments["session_timeout_ms"] == 15_000
        assert arguments["heartbeat_interval_ms"] == 3_000
        assert arguments["rebalance_timeout_ms"] == 60_000
        assert arguments["max_poll_interval_ms"] == 600_000
        assert arguments.get("enable_auto_commit") is False, "P0"
        outermost = subscriber._broker_middlewares[0]
        assert outermost.func is SettleMiddleware
    assert broker.config.broker_config.graceful_timeout == 20, "P10"
    assert broker.config.broker_config.allow_auto_create_topics is False, "P11"


def test_a_topic_cannot_be_subscribed_twice():
    settings = RuntimeSettings(service="qa", pg_dsn="postgresql://nowhere")
    twice = [Subscription("ingest", {ActRecorded: _handler}), RawSubscription("ingest", _handler)]
    with pytest.raises(ValueError, match="twice"):
        Consumers(settings, None, twice)


def test_an_event_of_another_topic_cannot_be_subscribed():
    with pytest.raises(ValueError, match="never states VariantApproved"):
        Subscription("ingest", {VariantApproved: _handler})


def test_nothing_but_the_runtime_builds_a_broker_or_a_consumer():
    """Services reach the bus only through Subscription and RawSubscription."""
    root = Path(__file__).parents[2] / "services"
    own = [path for path in root.rglob("*.py") if "_runtime" not in path.parts]
    offenders = [
        str(path.relative_to(root))
        for path in own
        for word in ("import aiokafka", "from aiokafka", "from faststream", "import faststream")
        if word in path.read_text(encoding="utf-8")
    ]
    assert offenders == []


def test_the_crash_points_of_the_runtime_are_those_of_its_catalogue():
    """A chaos test that asks for a point nobody passes would wait for ever."""
    used = {
        name
        for path in (Path(__file__).parents[2] / "services" / "_runtime" / "trueshelf_runtime").rglob("*.py")
        for name in re.findall(r'^\s+crash_point\("([a-z_.]+)"\)', path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert used == set(CATALOGUE)
