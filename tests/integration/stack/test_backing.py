"""The three servers start, answer, survive a kill with what was acknowledged, and stop."""

import io

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from minio import Minio

from support.backing import KafkaServer, PostgresServer, S3Server, wait_until
from support.services import ServiceDbFactory
from trueshelf_runtime.topics_admin import ensure_topics, wanted

pytestmark = pytest.mark.integration


async def test_postgres_keeps_what_was_committed_before_a_kill(postgres: PostgresServer):
    async def run(statement: str):
        connection = await asyncpg.connect(postgres.dsn)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    await run("CREATE TABLE IF NOT EXISTS survivor (id int)")
    await run("INSERT INTO survivor VALUES (7)")
    postgres.kill()
    with pytest.raises(ConnectionRefusedError):
        await run("SELECT 1")
    postgres.start()
    assert [row["id"] for row in await run("SELECT id FROM survivor")] == [7]
    await run("DROP TABLE survivor")
    postgres.restart()


async def test_postgres_asks_for_a_password(postgres: PostgresServer):
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn, password="wrong")


async def test_service_role_cannot_change_tables_and_audit_cannot_change_rows(service_db: ServiceDbFactory):
    for service, may_update in (("qa", True), ("audit", False)):
        db = await service_db(service, migrated=False)
        owner = await asyncpg.connect(db.owner_dsn)
        await owner.execute(f"CREATE TABLE {service}.entry (id int)")
        await owner.close()
        role = await asyncpg.connect(db.dsn)
        await role.execute(f"INSERT INTO {service}.entry VALUES (1)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute(f"DROP TABLE {service}.entry")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute("CREATE TABLE public.mine (id int)")
        for change in (f"UPDATE {service}.entry SET id = 2", f"DELETE FROM {service}.entry"):
            if may_update:
                await role.execute(change)
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await role.execute(change)
        await role.close()


async def test_one_service_cannot_read_another(service_db: ServiceDbFactory):
    qa = await service_db("qa", database="two_services", migrated=False)
    await service_db("review", database="two_services", migrated=False)
    role = await asyncpg.connect(qa.dsn)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await role.execute("CREATE TABLE review.mine (id int)")
    await role.close()


async def test_kafka_has_every_topic_and_keeps_a_record_over_a_restart(topics: KafkaServer):
    options = {"bootstrap_servers": topics.bootstrap}
    assert await ensure_topics(options) == [], "a second run makes nothing"
    producer = AIOKafkaProducer(**options, acks="all", enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait("trueshelf.console", b"kept", key=b"k")
    await producer.stop()
    topics.restart()
    consumer = AIOKafkaConsumer("trueshelf.console", **options, auto_offset_reset="earliest", group_id="test-keeps")
    await consumer.start()
    try:
        assert {*(topic.name for topic in wanted())} <= await consumer.topics()
        assert (await consumer.getone()).value == b"kept"
    finally:
        await consumer.stop()


def test_s3_keeps_objects_and_refuses_wrong_keys(s3: S3Server):
    host = s3.endpoint.removeprefix("http://")
    client = Minio(host, access_key=s3.access_key, secret_key=s3.secret_key, secure=False)
    client.make_bucket("backing-test")
    client.put_object("backing-test", "a/b", io.BytesIO(b"bytes"), 5, content_type="image/png")
    s3.kill()
    s3.start()
    wait_until(lambda: client.stat_object("backing-test", "a/b").size == 5, what="the object")
    stranger = Minio(host, access_key=s3.access_key, secret_key="wrong" * 8, secure=False)
    with pytest.raises(Exception, match=r"SignatureDoesNotMatch|AccessDenied|Forbidden"):
        stranger.stat_object("backing-test", "a/b")
