"""More processes than partitions: the one without a partition is well, and takes over (messaging.md 9)."""

import secrets

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from support.backing import KafkaServer
from support.bus import until
from trueshelf_runtime.bus import is_spare

pytestmark = pytest.mark.integration


async def test_a_member_without_a_partition_is_a_spare_and_takes_over(kafka: KafkaServer):
    topic = f"spare-{secrets.token_hex(4)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()
    options = {"bootstrap_servers": kafka.bootstrap, "group_id": topic, "session_timeout_ms": 6000}
    first, second = (AIOKafkaConsumer(topic, **options) for _ in range(2))
    assert not is_spare(first), "it has not joined yet"
    await first.start()
    await second.start()
    try:
        await until(lambda: sorted([is_spare(first), is_spare(second)]) == [False, True], what="one spare of two")
        owner, spare = (second, first) if is_spare(first) else (first, second)
        await owner.stop()
        await until(spare.assignment, what="the spare taking over")
        assert not is_spare(spare)
    finally:
        await first.stop()
        await second.stop()
