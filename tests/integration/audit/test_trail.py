"""The whole service on real Kafka, PostgreSQL and S3: every record is logged, found, proved and verified."""

import asyncio
import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.audit_logs import example
from support.audit_trail import Trail, TrailFactory
from support.bus import until
from trueshelf_audit.adapters.keys import check_ed25519
from trueshelf_audit.domain.checkpoint import NoteKey, open_note
from trueshelf_audit.domain.merkle import check_inclusion, leaf_hash
from trueshelf_contracts.ids import draw_sample

pytestmark = pytest.mark.integration
SEED = bytes(range(32))


async def say_much(trail: Trail) -> dict[str, dict]:
    """Say something of each kind; return the events by name."""
    sku = "RING-1"
    approval = trail.review.signed(example("VariantApproved", sku=sku))
    withdrawal = trail.review.signed(example("ApprovalWithdrawn", sku=sku, approval_id=approval["event_id"]))
    skus = [f"S-{n}" for n in range(6)]
    members = [{"sku": name, "sku_version": 1} for name in skus]
    sample = [{"sku": name, "sku_version": 1} for name in draw_sample(SEED, skus, 5)]
    drawn = example("SpotCheckDrawn", seed=SEED.hex(), population=members, sample=sample)
    committed = example("SpotCheckCommitted", commitment=hashlib.sha256(SEED).hexdigest())
    await trail.say("trueshelf.ingest", example("SkuReady", sku=sku))
    await trail.say("trueshelf.ingest", example("BatchOpened", batch_id=approval["batch_id"]), key="batch")
    await trail.say("trueshelf.review", committed, key="batch")
    await trail.say("trueshelf.review", approval)
    await trail.say("trueshelf.review", drawn, key="batch")
    await trail.say("trueshelf.review", withdrawal)
    await trail.say("trueshelf.generate", b"\xff\x00 no json", headers=[("ce_id", None), ("x", b"\xff")])
    await trail.say("trueshelf.generate", None)
    await trail.say("trueshelf.qa", {"type": "FromTheFuture", "schema_version": 9, "sku": sku})
    return {"approval": approval, "withdrawal": withdrawal}


async def logged(trail: Trail, count: int) -> None:
    async def there() -> bool:
        return await trail.size() >= count

    await until(there, 60, f"{count} entries")


async def test_everything_that_is_said_is_logged_and_provable(trail_of: TrailFactory):
    """R-100: with source file, AI version, review date and approver, and nobody can change it unseen."""
    async with trail_of() as trail:
        said = await say_much(trail)
        await logged(trail, trail.sent)
        assert await trail.size() == trail.sent
        report = await trail.verify()
        assert report.ok, report.problems
        assert (report.entries, report.approvals, report.unreadable) == (trail.sent, 1, 3)

        async with trail.service.client("auditor") as client:
            answer = await client.get("/approvals", params={"sku": "RING-1"})
            (approved,) = answer.json()["approvals"]
            assert approved["approver"] == said["approval"]["actor"]["id"]
            assert approved["ai_version"] == said["approval"]["binding"]["generator"]
            assert approved["source_file"] == said["approval"]["original"]["key"]
            assert approved["reviewed_at"] == said["approval"]["decided_at"]
            assert approved["signature"] == "valid"
            assert approved["withdrawn"]["seq"] > approved["seq"]

            timeline = (await client.get("/timeline/RING-1")).json()["entries"]
            types = {entry["type"] for entry in timeline}
            assert types == {
                "SkuReady", "BatchOpened", "VariantApproved", "ApprovalWithdrawn", "FromTheFuture",
                "SpotCheckCommitted", "SpotCheckDrawn",
            }  # fmt: skip
            assert [entry["seq"] for entry in timeline] == sorted(entry["seq"] for entry in timeline)

            actor = said["approval"]["actor"]["id"]
            by_actor = (await client.get("/entries", params={"actor": actor, "type": "VariantApproved"})).json()
            assert [entry["event_id"] for entry in by_actor["entries"]] == [said["approval"]["event_id"]]
            none = await client.get("/entries", params={"actor": actor, "to": "2020-01-01T00:00:00Z"})
            assert none.json()["entries"] == []
            assert (await client.get("/entries", params={"from": "2026-01-01T00:00:00"})).status_code == 422

            seq = approved["seq"]
            proof = (await client.get(f"/proofs/{seq}")).json()
            key = NoteKey(trail.settings.origin, trail.log_key.public)
            checkpoint = open_note(proof["checkpoint"], key, check_ed25519)
            hashes = [base64.b64decode(part) for part in proof["hashes"]]
            check_inclusion(seq, checkpoint.size, leaf_hash(proof["leaf_data"].encode()), hashes, checkpoint.root)
            raw = (await client.get(f"/entries/{seq}")).json()
            assert json.loads(base64.b64decode(raw["value"])) == said["approval"]
            latest = (await client.get("/checkpoints/latest")).json()
            assert latest["key"] == str(key)
            assert (await client.get("/entries/999999")).status_code == 404
            assert (await client.get("/proofs/999999")).status_code == 404


async def test_reading_is_recorded_once_and_the_log_comes_to_rest(trail_of: TrailFactory):
    """A person's reading is an act; audit's own topic is read too, and that does not go round for ever."""
    async with trail_of() as trail:
        await trail.say("trueshelf.ingest", example("SkuReady", sku="RING-2"))
        await logged(trail, 1)
        async with trail.service.client("auditor", account="anna") as client:
            assert (await client.get("/entries", params={"sku": "RING-2"})).status_code == 200
        await logged(trail, 2)
        (act,) = await trail.look("SELECT actor_id, value FROM entries WHERE type = 'ActRecorded'")
        assert act["actor_id"] == "anna"
        assert json.loads(act["value"])["act"] == "audit.read"
        async with trail.service.client("auditor", account="poller", kind="machine") as client:
            assert (await client.get("/entries", params={"sku": "RING-2"})).status_code == 200
        stated = len(await trail.service.stated())
        await trail.say("trueshelf.ingest", example("SkuChanged", sku="RING-2"))
        await logged(trail, 3)
        assert await trail.size() == 3
        assert len(await trail.service.stated()) == stated == 1


async def test_only_auditors_and_administrators_read(trail_of: TrailFactory):
    async with trail_of() as trail:
        for role in ("capturer", "operator", "reviewer", "uploader"):
            async with trail.service.client(role) as client:
                for path in ("/entries", "/approvals", "/timeline/X", "/entries/0", "/proofs/0", "/checkpoints/latest"):
                    assert (await client.get(path)).status_code == 403, (role, path)
                assert (await client.post("/verify")).status_code == 403


async def test_a_record_that_is_published_twice_is_two_entries_and_one_approval(trail_of: TrailFactory):
    async with trail_of() as trail:
        approval = trail.review.signed(example("VariantApproved", sku="RING-3"))
        for _ in range(3):
            await trail.say("trueshelf.review", approval)
        await logged(trail, 3)
        report = await trail.verify()
        assert report.ok, report.problems
        assert (report.entries, report.approvals, report.repeated) == (3, 1, 2)
        async with trail.service.client("admin") as client:
            assert len((await client.get("/approvals")).json()["approvals"]) == 1


async def test_an_approval_that_review_did_not_sign_is_named(trail_of: TrailFactory):
    """Who can write on review's topic still cannot approve."""
    async with trail_of() as trail:
        await trail.say("trueshelf.review", trail.review.signed(example("VariantApproved", sku="RING-4")))
        forged = {**trail.review.signed(example("VariantApproved", sku="RING-4")), "sku": "RING-5"}
        await trail.say("trueshelf.review", forged)
        await logged(trail, 2)
        (row,) = await trail.look("SELECT signature FROM entries WHERE sku = 'RING-5'")
        assert row["signature"] == "invalid"
        report = await trail.verify()
        assert report.first is not None
        assert report.first.kind == "signature"
        assert report.approvals == 1


async def test_checkpoints_are_copied_and_a_verification_can_be_asked_for(trail_of: TrailFactory):
    async with trail_of() as trail:
        await trail.say("trueshelf.ingest", example("SkuReady", sku="RING-6"))
        await logged(trail, 1)
        async with trail.service.client("auditor") as client:
            asked = (await client.post("/verify")).json()
            deadline = asyncio.get_running_loop().time() + 60
            while (done := (await client.get(f"/verifications/{asked['id']}")).json())["state"] != "done":
                assert asyncio.get_running_loop().time() < deadline, done
                await asyncio.sleep(0.1)
        assert done["ok"], done["report"].get("first") or done["report"]["problems"]
        assert done["report"]["entries"] >= 1

        async def copied() -> bool:
            newest = (await trail.look("SELECT max(tree_size) FROM checkpoints"))[0][0]
            return bool(await trail.look("SELECT 1 FROM checkpoint_copies WHERE tree_size = $1", newest))

        await until(copied, 20, "a copy of the newest checkpoint")
        report = await trail.verify(ours(trail))
        assert report.ok, report.problems
        assert report.copies >= 1


def ours(trail: Trail) -> list[str]:
    """The bucket is the session's: other tests' logs keep their copies there too."""
    return [note for note in trail.copies() if note.startswith(f"{trail.settings.origin}\n")]


def command(trail: Trail, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `trueshelf audit …` as an auditor does, with the public keys only."""
    keys = ["--key", str(trail.directory / "log.pub"), "--review-keys", str(trail.directory / "review.pub")]
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRUESHELF_")}
    program = "import sys; from trueshelf_audit.cli import app; app(prog_name='trueshelf audit')"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments, *keys], cwd=trail.directory, env=env, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


async def test_the_command_verifies_the_database_and_an_exported_file(trail_of: TrailFactory, tmp_path: Path):
    async with trail_of() as trail:
        await say_much(trail)
        await logged(trail, trail.sent)
    origin = ["--origin", trail.settings.origin]
    there = await asyncio.to_thread(command, trail, "verify", "--dsn", trail.db.dsn, *origin)
    assert there.returncode == 0, there.stdout + there.stderr
    assert "The log is whole" in there.stdout

    file = tmp_path / "log.jsonl"
    exported = await asyncio.to_thread(command, trail, "export", str(file), "--dsn", trail.db.dsn)
    assert exported.returncode == 0, exported.stderr
    offline = await asyncio.to_thread(command, trail, "verify", str(file), "--json", *origin)
    assert offline.returncode == 0, offline.stdout + offline.stderr
    assert json.loads(offline.stdout)["entries"] == trail.sent

    lines = file.read_text().splitlines()
    number = next(index for index, line in enumerate(lines) if '"VariantApproved"' in line)
    bad = json.loads(lines[number])
    value = base64.b64decode(bad["entry"]["value"]).replace(b'"slot": "main"', b'"slot": "macro"')
    bad["entry"]["value"] = base64.b64encode(value).decode()
    lines[number] = json.dumps(bad)
    file.write_text("\n".join(lines) + "\n")
    found = await asyncio.to_thread(command, trail, "verify", str(file), *origin)
    assert found.returncode == 1
    assert f"Entry {bad['entry']['seq']} is the first bad one" in found.stdout

    missing = await asyncio.to_thread(command, trail, "verify", "--dsn", "postgresql://nobody@127.0.0.1:1/x")
    assert missing.returncode == 2
