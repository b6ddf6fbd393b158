"""Object storage: content-addressed, so that writing twice is harmless and what is read can be checked.

The `minio` client is synchronous: its calls run in threads of their own behind a limiter, with time-outs of our own
(messaging.md 12). The service's process never holds more than `parallel` objects on their way.
"""

import asyncio
import contextlib
import hashlib
import io
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Literal, Self, TypeVar, get_args
from urllib.parse import urlsplit

import structlog
import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from trueshelf_contracts.refs import ImageRef, ObjectRef
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.errors import Outage, RuntimeFailure, Transient
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.telemetry import METRICS

Area = Literal["originals", "sources", "drafts", "evidence", "packs", "audit"]
AREAS: tuple[Area, ...] = get_args(Area)
"""originals is the quarantine: bytes as they were sent, never served."""

T = TypeVar("T")
log = structlog.get_logger(__name__)

_MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "NoSuchObject", "ResourceNotFound"})
_OURS_TO_FIX = frozenset(
    {
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidBucketName",
        "NotImplemented",
        "InvalidArgument",
    }
)


class ObjectMissing(RuntimeFailure):
    """No such object. Content-addressed writes come before any reference, so something removed it."""


class ObjectDamaged(RuntimeFailure):
    """The stored bytes are not those that the reference names."""


def key_of(sha256: str, media_type: str) -> str:
    """Return the key of an object: its hash, spread over folders, with an ending for people and file systems."""
    return f"{sha256[:2]}/{sha256}{_ENDINGS.get(media_type, '')}"


_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "application/json": ".json",
    "application/zip": ".zip",
    "text/csv": ".csv",
}


class ObjectStore:
    """The areas of one installation, each a bucket named `<prefix>-<area>`."""

    def __init__(self, client: Minio, pool: urllib3.PoolManager, prefix: str, region: str, parallel: int) -> None:
        self._client = client
        self._pool = pool
        self._prefix = prefix
        self._region = region
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="storage")
        self._limiter = asyncio.Semaphore(parallel)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        endpoint: str,
        access_key: str,
        secret_key: str,
        *,
        region: str = "us-east-1",
        prefix: str = "trueshelf",
        parallel: int = 4,
    ) -> AsyncIterator[Self]:
        """Open the store. No request is made: a server that is down shows itself at the first call."""
        parts = urlsplit(endpoint if "//" in endpoint else f"http://{endpoint}")
        pool = urllib3.PoolManager(
            num_pools=4,
            maxsize=parallel,
            block=True,
            timeout=urllib3.Timeout(connect=2, read=30),
            retries=urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
        )
        client = Minio(
            parts.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=parts.scheme == "https",
            region=region,
            http_client=pool,
        )
        store = cls(client, pool, prefix, region, parallel)
        try:
            yield store
        finally:
            await asyncio.to_thread(store._threads.shutdown, wait=True, cancel_futures=True)
            pool.clear()

    @classmethod
    def of(cls, settings: RuntimeSettings) -> contextlib.AbstractAsyncContextManager[Self]:
        """Open the store that the settings name."""
        return cls.open(
            settings.s3_endpoint,
            settings.s3_access_key,
            settings.s3_secret_key.get_secret_value(),
            region=settings.s3_region,
            prefix=settings.bucket_prefix,
        )

    def bucket(self, area: Area) -> str:
        return f"{self._prefix}-{area}"

    async def put(
        self, area: Area, data: bytes, media_type: str, *, width: int | None = None, height: int | None = None
    ) -> ObjectRef:
        """Store `data` under its SHA-256 and return where it lies. Repeating is harmless.

        Raises Outage when S3 is down; Transient when it refuses for a reason that an operator can mend.
        """
        if "/" not in media_type:
            raise ValueError(f"{media_type!r} is no media type; an S3 server refuses a PUT without a proper one")
        sha256 = await asyncio.to_thread(_sha256, data)
        ref = ObjectRef(
            bucket=self.bucket(area),
            key=key_of(sha256, media_type),
            sha256=sha256,
            size=len(data),
            media_type=media_type,
            width=width,
            height=height,
        )
        crash_point("storage.before_put")
        await self._call(
            "put",
            lambda: self._client.put_object(
                ref.bucket, ref.key, io.BytesIO(data), len(data), content_type=media_type, part_size=64 * 1024 * 1024
            ),
        )
        crash_point("storage.after_put")
        return ref

    async def put_image(
        self, area: Area, data: bytes, media_type: str, *, width: int, height: int, pixel_sha256: str
    ) -> ImageRef:
        """Store an image that we decoded ourselves; `pixel_sha256` as `ImageRef` defines it."""
        ref = await self.put(area, data, media_type, width=width, height=height)
        return ImageRef(
            **ref.model_dump(exclude={"width", "height"}), width=width, height=height, pixel_sha256=pixel_sha256
        )

    async def get(self, ref: ObjectRef) -> bytes:
        """Return the object's bytes. Raises ObjectMissing, ObjectDamaged (size or hash differ), Outage."""
        data = await self._call("get", lambda: self._read(ref), f"{ref.bucket}/{ref.key}")
        if len(data) != ref.size or await asyncio.to_thread(_sha256, data) != ref.sha256:
            METRICS.storage_failures.labels("get", "damaged").inc()
            raise ObjectDamaged(
                f"{ref.bucket}/{ref.key} holds {len(data)} bytes that are not the {ref.size} bytes with SHA-256 "
                f"{ref.sha256}: restore it from a backup"
            )
        return data

    async def exists(self, ref: ObjectRef) -> bool:
        """Say whether an object of that size lies there (its hash is not read)."""
        try:
            found = await self._call("stat", lambda: self._client.stat_object(ref.bucket, ref.key), ref.key)
        except ObjectMissing:
            return False
        return bool(found.size == ref.size)

    async def remove(self, ref: ObjectRef) -> None:
        """Remove the object; one that is gone already is no error."""
        with contextlib.suppress(ObjectMissing):
            await self._call("remove", lambda: self._client.remove_object(ref.bucket, ref.key))

    async def ensure_buckets(self) -> list[str]:
        """Make the buckets that are missing and return their names."""
        made = []
        for area in AREAS:
            name = self.bucket(area)
            if not await self._call("bucket", lambda name=name: self._client.bucket_exists(name)):  # type: ignore[misc]
                await self._call("bucket", lambda name=name: self._make(name))  # type: ignore[misc]
                made.append(name)
        return made

    async def ping(self) -> None:
        """Raise Outage unless S3 answers and our buckets are there."""
        name = self.bucket("sources")
        if not await self._call("ping", lambda: self._client.bucket_exists(name)):
            raise Outage(f"S3 answers, but has no bucket {name}: run `trueshelf up` or create it")

    def _make(self, name: str) -> None:
        try:
            self._client.make_bucket(name, location=self._region)
        except S3Error as error:
            if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:  # somebody was quicker
                raise

    def _read(self, ref: ObjectRef) -> bytes:
        response = self._client.get_object(ref.bucket, ref.key)
        try:
            # One byte more than promised is enough to know; a swapped object cannot fill our memory.
            return bytes(response.read(ref.size + 1))
        finally:
            response.close()
            response.release_conn()

    async def _call(self, verb: str, work: Callable[[], T], place: str = "") -> T:
        started = time.monotonic()
        try:
            async with self._limiter:
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except Exception as error:
            translated = _translate(error, f"{verb} {place}".strip())
            METRICS.storage_failures.labels(verb, type(translated).__name__).inc()
            if translated is error:
                raise
            raise translated from error
        finally:
            METRICS.storage_seconds.labels(verb).observe(time.monotonic() - started)


def _translate(error: Exception, what: str) -> Exception:
    """Return what the SDK's error means in our vocabulary."""
    match error:
        case S3Error() if error.code in _MISSING:
            return ObjectMissing(f"S3 {what}: {error.code}; something removed it")
        case S3Error() if error.code in _OURS_TO_FIX:
            return Transient(f"S3 {what} was refused: {error.code} ({error.message}); check the keys and bucket rights")
        case S3Error() | ServerError() | InvalidResponseError() | urllib3.exceptions.HTTPError() | OSError():
            return Outage(f"S3 {what} failed: {_short(error)}")
        case MinioException():
            return Transient(f"S3 {what} failed: {_short(error)}")
        case _:
            return error


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
