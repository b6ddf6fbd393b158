"""The object store on a real S3: content-addressed, checked on the way back, patient errors when the server is away."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator

import pytest
from minio import Minio

from support.backing import S3Server
from trueshelf_runtime.errors import Outage, Transient
from trueshelf_runtime.storage import AREAS, ObjectDamaged, ObjectMissing, ObjectStore

pytestmark = pytest.mark.integration


@pytest.fixture
async def store(s3: S3Server) -> AsyncIterator[ObjectStore]:
    async with ObjectStore.open(s3.endpoint, s3.access_key, s3.secret_key, prefix="platform") as store:
        await store.ensure_buckets()
        yield store


def client(s3: S3Server) -> Minio:
    return Minio(s3.endpoint.split("//")[1], s3.access_key, s3.secret_key, secure=False, region="us-east-1")


async def test_buckets_are_made_once(store: ObjectStore, s3: S3Server) -> None:
    assert await store.ensure_buckets() == []
    names = {bucket.name for bucket in client(s3).list_buckets()}
    assert {f"platform-{area}" for area in AREAS} <= names
    await store.ping()


async def test_what_is_put_is_got_and_putting_twice_is_one_object(store: ObjectStore, s3: S3Server) -> None:
    data = b"\x00 bytes \xff" * 1000
    refs = [await store.put("evidence", data, "image/png", width=3, height=4) for _ in range(2)]
    assert refs[0] == refs[1]
    assert refs[0].sha256 == hashlib.sha256(data).hexdigest()
    assert await store.get(refs[0]) == data
    assert await store.exists(refs[0])
    stat = client(s3).stat_object(refs[0].bucket, refs[0].key)
    assert stat.content_type == "image/png"
    image = await store.put_image("drafts", data, "image/png", width=3, height=4, pixel_sha256="0" * 64)
    assert (image.width, image.height, image.bucket) == (3, 4, "platform-drafts")


async def test_many_at_once_all_arrive(store: ObjectStore) -> None:
    refs = await asyncio.gather(*(store.put("packs", str(n).encode() * 10_000, "application/zip") for n in range(20)))
    assert [await store.get(ref) for ref in refs] == [str(n).encode() * 10_000 for n in range(20)]


async def test_a_missing_object_says_so(store: ObjectStore) -> None:
    ref = await store.put("evidence", b"gone soon", "text/csv")
    await store.remove(ref)
    await store.remove(ref)
    assert not await store.exists(ref)
    with pytest.raises(ObjectMissing, match=ref.sha256):
        await store.get(ref)


@pytest.mark.parametrize("other", [b"as long as it was", b"short", b"very much longer than it ever was"])
async def test_a_damaged_object_never_passes(store: ObjectStore, s3: S3Server, other: bytes) -> None:
    ref = await store.put("evidence", b"AS LONG AS IT WAS", "text/plain")
    client(s3).put_object(ref.bucket, ref.key, io.BytesIO(other), len(other), content_type="text/plain")
    with pytest.raises(ObjectDamaged, match="restore it"):
        await store.get(ref)


async def test_a_wrong_secret_is_an_operators_fault_not_an_outage(s3: S3Server) -> None:
    async with ObjectStore.open(s3.endpoint, s3.access_key, "wrong", prefix="platform") as store:
        with pytest.raises(Transient, match="check the keys"):
            await store.put("evidence", b"x", "text/plain")


async def test_a_server_that_is_down_is_an_outage_and_comes_back(store: ObjectStore, s3: S3Server) -> None:
    ref = await store.put("evidence", b"before", "text/plain")
    await asyncio.to_thread(s3.stop)
    try:
        for attempt in (store.get(ref), store.put("evidence", b"x", "text/plain"), store.ping()):
            with pytest.raises(Outage):
                await attempt
    finally:
        await asyncio.to_thread(s3.start)
    assert await store.get(ref) == b"before"


async def test_nothing_listens_there() -> None:
    async with ObjectStore.open("http://127.0.0.1:9", "a", "b") as store:
        with pytest.raises(Outage, match="S3 put failed"):
            await store.put("evidence", b"x", "text/plain")


async def test_a_media_type_is_always_given(store: ObjectStore) -> None:
    with pytest.raises(ValueError, match="media type"):
        await store.put("evidence", b"x", "")
