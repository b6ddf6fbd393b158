"""The driver: products through the whole path by the public API only, whatever dies on the way.

Every call is sent again, byte for byte and with the same Idempotency-Key, until somebody answers; every answer goes
into the history, and the checker holds the stack to it.
"""

import hashlib
import random
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from chaos.history import PATIENT, History, Persistent
from support.live import LiveStack
from support.photos import product_photo
from trueshelf_cli.drill import ApiError, DrillReviewer, Json, answered
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.client import token_for

SENIORS = ("drill-aigerim", "drill-marat", "drill-nadia")
OTHER = "drill-saule"
"""Decides only what the others may not: all three may have approved something of one SKU."""
SMALL = (400, 400)
ARRIVAL = 20.0
"""Seconds that review's facts get to reach export before an order is placed all the same, and refused with reasons."""


@dataclass(frozen=True, slots=True)
class Work:
    """How much, and how it is spread."""

    skus: int
    seed: int
    window: int = 12
    """SKUs on their way at once."""
    three_shots: int = 4
    """Every n-th SKU has three photos (0: none); the others have one, the rest is waived by name."""
    plain: bool = False
    """Approve everything at once: no rejection, no dispute."""
    size: tuple[int, int] = (1160, 1160)
    """Of the photos: the product fills enough of it for the marketplace's smallest side."""
    large_every: int = 1
    """Every n-th SKU has photos of `size`; the others have small ones, whose packs are refused with that reason."""
    marketplace: str = "ebay"
    patience: float = 60.0
    """Seconds without any acknowledgement after which the run counts as stalled."""


@dataclass(slots=True)
class Flow:
    """One run of the work."""

    live: LiveStack
    work: Work
    history: History
    repeat: bool = True
    """Send some acknowledged calls once more: the answer must be the same."""
    stage: str = "nothing"
    _decided: set[str] = field(default_factory=set)
    _delivered: int = 0
    _whole: bool = False
    _failure: BaseException | None = None
    _ordered: dict[str, str] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _again: dict[str, float] = field(default_factory=dict)
    _clients: dict[tuple[str, ...], httpx.Client] = field(default_factory=dict)

    def run(self) -> bool:
        """Return True when everything came to its end, False when it stalled."""
        sender = threading.Thread(target=self._deliver_all, name="deliver", daemon=True)
        sender.start()
        try:
            while not self._step():
                if self._failure is not None:
                    raise self._failure
                if time.monotonic() - self.history.last > self.work.patience:
                    self.history.write("stalled", stage=self.stage)
                    return False
                time.sleep(0.3)
        finally:
            self._whole = True
            sender.join(timeout=PATIENT)
            for client in self._clients.values():
                client.close()
            self.history.close()
        return True

    def progress(self) -> float:
        """Return roughly how much is done, 0 to 1: SKUs decided count most."""
        decided = len(self._decided) / self.work.skus
        return 0.15 * self._delivered / self.work.skus + 0.75 * decided + 0.1 * bool(self._ended)

    def _client(self, service: Service, role: Role, account: str) -> httpx.Client:
        name = (service, role, account, threading.current_thread().name)
        if name not in self._clients:
            written = self.live.written

            def sign(request: httpx.Request) -> httpx.Request:
                levels: Any = {"*": "senior"} if role == "reviewer" else None
                request.headers["Authorization"] = f"Bearer {token_for(role, written, account=account, levels=levels)}"
                return request

            transport = Persistent(service, self.history)
            url = written["services"][service]["url"]
            self._clients[name] = httpx.Client(base_url=url, timeout=30, auth=sign, transport=transport)
        return self._clients[name]

    # intake

    def _deliver_all(self) -> None:
        try:
            ingest = self._client("ingest", "capturer", "drill-capturer")
            intake = answered(ingest.post("/intakes", json={"reference": f"chaos-{self.work.seed}"}))["intake_id"]
            for number in range(self.work.skus):
                while self._delivered - len(self._decided) >= self.work.window and not self._whole:
                    time.sleep(0.2)
                if self._whole:
                    return
                self._deliver(ingest, intake, number)
                self._delivered += 1
            answered(ingest.post(f"/intakes/{intake}/complete"))
            self._delivered = self.work.skus
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            self._failure = error

    def _deliver(self, ingest: httpx.Client, intake: str, number: int) -> None:
        sku = f"CHAOS-{number:04d}"
        many = self.work.three_shots and number % self.work.three_shots == 0
        shots = ("front", "profile", "macro") if many else ("front",)
        waived = {shot: "one photo is enough here" for shot in ("profile", "macro") if shot not in shots}
        body = {"intake_id": intake, "category": "home", "title": f"Box {number}", "waived": waived}
        self._twice(ingest, "PUT", f"/skus/{sku}", json=body)
        size = self.work.size if number % self.work.large_every == 0 else SMALL
        for shot in shots:
            # Drawn as close-ups, all three: seeds apart, so that no two photos are the same.
            photo = product_photo(number * 10 + shots.index(shot) + self.work.seed, "macro", size=size)
            form = {"intake_id": intake, "shot": shot, "rights_basis": "own"}
            files = {"photo": ("photo.jpg", photo, "image/jpeg")}
            note = {"X-Note": hashlib.sha256(photo).hexdigest(), "Idempotency-Key": f"{sku}-{shot}"}
            self._twice(ingest, "POST", f"/skus/{sku}/captures", data=form, files=files, headers=note)
        self._twice(ingest, "POST", f"/skus/{sku}/complete")

    def _twice(self, client: httpx.Client, method: str, path: str, **what: Any) -> Json:
        """Send it; every fifth time send it once more although it was acknowledged."""
        said = answered(client.request(method, path, **what))
        if self.repeat and int(hashlib.sha256(path.encode()).hexdigest(), 16) % 5 == 0:
            answered(client.request(method, path, **what))
        return said

    # review

    def _step(self) -> bool:
        """Decide what can be decided, order what can be ordered; True when nothing is left to do."""
        for line in self._open_cases():
            self._decide(line)
        batches = self._batches()
        for batch in batches:
            if batch["state"] in {"passed", "released"} and batch["batch_id"] not in self._ordered:
                self._order(batch)
        for batch_id, order in self._ordered.items():
            if batch_id not in self._ended and self._packed(order):
                self._ended.add(batch_id)
        members = sum(len(batch["members"]) for batch in batches)
        waiting = [b["state"] for b in batches if b["batch_id"] not in self._ended]
        self.stage = f"{self._delivered} delivered, {len(self._decided)} decided, batches left: {waiting or 'none'}"
        return self._delivered == self.work.skus and members == self.work.skus and not waiting

    def _reader(self) -> httpx.Client:
        return self._client("review", "reviewer", SENIORS[0])

    def _open_cases(self) -> Iterator[Json]:
        answer = self._reader().get("/cases", params={"state": "open", "limit": 200})
        if answer.is_error:
            raise ApiError(answer)
        now = time.monotonic()
        for line in answer.json():
            if self._again.get(line["case_id"], 0.0) < now:
                yield line

    def _batches(self) -> list[Json]:
        answer = self._reader().get("/batches", params={"limit": 200})
        if answer.is_error:
            raise ApiError(answer)
        lines = answer.json()
        return [answered(self._reader().get(f"/batches/{line['batch_id']}")) for line in lines]

    def _decide(self, line: Json) -> None:
        """Let the first practice account that may decide it do so; what nobody may decide now is tried again later."""
        chance = random.Random(f"{self.work.seed}-{line['case_id']}")
        accounts = list(SENIORS)
        chance.shuffle(accounts)
        for account in (*accounts, OTHER):
            reviewer = DrillReviewer(account, self._client("review", "reviewer", account))
            try:
                case = reviewer.lease(line["case_id"])
                self._as_script_says(reviewer, case, 1.0 if self.work.plain else chance.random())
            except ApiError as refused:
                if refused.status in {403, 404, 409}:
                    continue
                raise
            if case["slot"] == "main":
                self._decided.add(case["sku"])
            return
        self._again[line["case_id"]] = time.monotonic() + 2

    def _as_script_says(self, reviewer: DrillReviewer, case: Json, roll: float) -> None:
        main = case["kind"] == "slot" and case["slot"] == "main"
        regenerable = any(o["kind"] == "regenerate" and o["open"] for o in case["then_open"])
        disputable = any(o["kind"] == "dispute" and o["open"] for o in case["decisions_open"])
        if main and case["round"] == 1 and regenerable and roll < 0.15:
            reviewer.reject(case, {"kind": "regenerate", "change": {"note": "again"}})
        elif main and disputable and roll < 0.25:
            reviewer.dispute(case)
        else:
            reviewer.work(case)

    # export

    def _order(self, batch: Json) -> None:
        skus = sorted({m["sku"] for m in batch["members"] if m["approvals"].get("main")})
        export = self._client("export", "uploader", "drill-uploader")
        marketplace = self.work.marketplace
        if not skus:
            self._ordered[batch["batch_id"]] = ""
            self._ended.add(batch["batch_id"])
            return
        since = self._again.setdefault(batch["batch_id"], time.monotonic())
        if not all(self._exportable(export, sku) for sku in skus) and time.monotonic() - since < ARRIVAL:
            return
        profile = answered(export.get(f"/profiles/{marketplace}"))
        if profile["standing"] != "current":
            body = {
                "source": "drill: the profile as shipped",
                "checked_on": datetime.now(UTC).date().isoformat(),
                "answers": {item["item"]: "yes" for item in profile["checklist"]},
            }
            key = {"Idempotency-Key": f"rules-{marketplace}-{body['checked_on']}"}
            answered(export.post(f"/profiles/{marketplace}/confirmations", json=body, headers=key))
        lists = answered(export.get("/checklists"))
        order = {"marketplace": marketplace, "skus": skus, "answers": {i["item"]: "yes" for i in lists["pack"]}}
        key = {"Idempotency-Key": f"order-{batch['batch_id']}"}
        first = answered(export.post("/orders", json=order, headers=key))
        again = answered(export.post("/orders", json=order, headers=key)) if self.repeat else first
        if first["order_id"] != again["order_id"]:
            self.history.write("double", what="order", first=first["order_id"], second=again["order_id"])
        self._ordered[batch["batch_id"]] = first["order_id"]

    def _exportable(self, export: httpx.Client, sku: str) -> bool:
        answer = export.get("/exportable", params={"sku": sku, "marketplace": self.work.marketplace})
        if answer.is_error:
            raise ApiError(answer)
        return all(view["exportable"] for view in answer.json())

    def _packed(self, order: str) -> bool:
        view = answered(self._client("export", "uploader", "drill-uploader").get(f"/orders/{order}"))
        return all(pack["state"] in {"ready", "refused", "withdrawn"} for pack in view["packs"])


def fresh_seed() -> int:
    return secrets.randbelow(100_000)
