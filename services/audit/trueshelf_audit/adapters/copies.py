"""Copies of checkpoints in object storage, area `audit`.

The runtime's store writes them; listing is asked of S3 itself, because what a rolled-back database remembers of copies
was rolled back with it.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from trueshelf_runtime.errors import Outage
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.storage import Area, ObjectStore

AREA: Area = "audit"
MEDIA_TYPE = "text/plain"
MAX_NOTE = 4096
"""Bytes; a larger object is no checkpoint."""
_TIMEOUT = urllib3.Timeout(connect=2, read=30)


class StoredCopies:
    """`ports.Copies` over S3."""

    def __init__(self, store: ObjectStore, settings: RuntimeSettings) -> None:
        self._store = store
        self._settings = settings

    async def keep(self, note: str) -> dict[str, object]:
        reference = await self._store.put(AREA, note.encode(), MEDIA_TYPE)
        return reference.model_dump(mode="json")

    async def all(self) -> list[str]:
        settings = self._settings
        secret = settings.s3_secret_key.get_secret_value()
        bucket = self._store.bucket(AREA)
        return await asyncio.to_thread(
            list_notes, settings.s3_endpoint, settings.s3_access_key, secret, settings.s3_region, bucket
        )


def list_notes(endpoint: str, access_key: str, secret_key: str, region: str, bucket: str) -> list[str]:
    """Return every note in `bucket`. Blocks. Raises Outage when S3 does not answer or the bucket is missing."""
    parts = urlsplit(endpoint if "//" in endpoint else f"http://{endpoint}")
    with urllib3.PoolManager(timeout=_TIMEOUT, retries=urllib3.Retry(total=2, backoff_factor=0.2)) as pool:
        client = Minio(
            parts.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=parts.scheme == "https",
            region=region,
            http_client=pool,
        )
        try:
            return list(_notes(client, bucket))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            message = f"object storage at {parts.netloc} does not answer, so the copies of checkpoints cannot be read"
            raise Outage(message) from error
        except (MinioException, S3Error) as error:
            raise Outage(f"the copies of checkpoints in {bucket} cannot be read: {error}") from error


def notes_in(folder: Path) -> list[str]:
    """Return every note in a folder of files, as an operator keeps them elsewhere."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size <= MAX_NOTE]
    return [path.read_text(encoding="utf-8", errors="replace") for path in files]


def _notes(client: Minio, bucket: str) -> Iterator[str]:
    for item in client.list_objects(bucket, recursive=True):
        if not item.object_name or (item.size or 0) > MAX_NOTE:
            continue
        response = client.get_object(bucket, item.object_name)
        try:
            yield response.read().decode(errors="replace")
        finally:
            response.close()
            response.release_conn()
