"""Slow work: decoding a photo in a throw-away child, then making source and preview from its pixels."""

from dataclasses import dataclass
from typing import Any

from trueshelf_contracts.refs import Finding, ImageRef, ObjectRef
from trueshelf_ingest.captures import DECODE, Captures, DecodePayload
from trueshelf_ingest.domain.gate import Measurements, judge, refused
from trueshelf_ingest.ports import Photos
from trueshelf_ingest.sql import SQL
from trueshelf_runtime.db import Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.jobs import Job, JobSpec
from trueshelf_runtime.sandbox import ChildPool, Limits, run_untrusted

NOTES = {
    "sixteen_bit_reduced": "16 bits per channel were reduced to 8",
    "alpha_flattened": "transparent parts were laid on white",
    "profile_unreadable": "its colour profile could not be read: taken as sRGB",
    "cmyk_without_profile": "CMYK without a profile: colours are approximate",
}
FINISH = Limits(seconds=60, memory_mb=3_000)


@dataclass(frozen=True, slots=True)
class Decoding:
    """The decode job."""

    captures: Captures
    photos: Photos
    children: ChildPool
    limits: Limits

    def specs(self) -> tuple[JobSpec[Any], ...]:
        """What the runtime's worker runs."""
        return (
            JobSpec(
                DECODE,
                DecodePayload,
                run=self.run,
                exhausted=self.give_up,
                max_attempts=4,
                time_limit=self.limits.seconds + FINISH.seconds + 60,
                concurrency=2,
            ),
        )

    async def run(self, job: Job[DecodePayload]) -> None:
        """Decode, measure, store source and preview, then state the outcome in one transaction."""
        row = await self.captures.db.fetchrow(SQL["capture_get"], job.payload.capture_id)
        if row is None or row["state"] != "received":
            return
        original = await self.photos.get(ObjectRef.model_validate(row["original"]))
        request = {"declared": row["declared_format"]}
        decoded = await run_untrusted("trueshelf_ingest.decode:decode", request, blobs=(original,), limits=self.limits)
        size = {"width": decoded.value["width"], "height": decoded.value["height"]}
        done = await self.children.call("trueshelf_ingest.pixels:finish", size, blobs=decoded.blobs, limits=FINISH)
        findings = self._findings(decoded.value, done.value["measured"], row["shot"])
        if refused(findings):
            async with self.captures.db.transaction() as tx:
                if await job.claim(tx):
                    await self.captures.refuse(tx, job.payload.capture_id, findings)
            return
        source = await self._store(done.blobs[0], done.value["source"])
        preview = await self._store(done.blobs[1], done.value["preview"])
        async with self.captures.db.transaction() as tx:
            if await job.claim(tx):
                await self.captures.accept(tx, job.payload.capture_id, source, preview, findings)

    async def give_up(self, job: Job[DecodePayload], error: Exception, tx: Tx) -> None:
        """A photo that cannot be decoded is refused, whatever the decoder died of."""
        if isinstance(error, Refused):
            finding = Finding(code=error.code, severity="refuse", message=f"{error.message}; {error.advice}")
        else:
            message = f"could not be decoded within its limits ({type(error).__name__}); export it again as JPEG"
            finding = Finding(code="undecodable", severity="refuse", message=message)
        await self.captures.refuse(tx, job.payload.capture_id, (finding,))

    def _findings(self, decoded: dict[str, Any], measured: dict[str, float], shot: str) -> tuple[Finding, ...]:
        noted = tuple(Finding(code=code, severity="note", message=NOTES[code]) for code in decoded["notes"])
        sides = sorted((int(decoded["width"]), int(decoded["height"])))
        judged = judge(
            Measurements(
                long_side=sides[1],
                short_side=sides[0],
                blur=measured["blur"],
                clipped_white=measured["clipped_white"],
                clipped_black=measured["clipped_black"],
                backdrop_sigma=measured["backdrop_sigma"],
                jpeg_quality=decoded["jpeg_quality"],
                has_exif=decoded["has_exif"],
            ),
            self.captures.versions.policies.gate,
            shot,
        )
        return noted + judged

    async def _store(self, png: bytes, what: dict[str, Any]) -> ImageRef:
        return await self.photos.put_image(
            "sources",
            png,
            "image/png",
            width=what["width"],
            height=what["height"],
            pixel_sha256=what["pixel_sha256"],
        )
