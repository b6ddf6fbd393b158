"""Articles on a running drill stack: delivered, decided, spot-checked and packed through the public API alone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from support.live import Level, LiveStack, until
from trueshelf_cli.drill import ApiError, DrillReviewer, Json, answered

FIRST, SECOND, THIRD = "drill-aigerim", "drill-marat", "drill-nadia"
"""Three practice seniors: one approves, another looks again, a third ends quarantines."""
JUNIOR = "drill-timur"
UPLOADER = "drill-uploader"
WAIVED = {"profile": "one photo is enough for the test", "macro": "one photo is enough for the test"}
DONE = {"ready", "refused", "withdrawn"}


@dataclass(frozen=True, slots=True)
class Article:
    """One SKU with its photos by shot."""

    sku: str
    category: str
    photos: Mapping[str, bytes]
    source_type: str = "phone"
    kit: tuple[str, ...] = ()

    @property
    def card(self) -> Json:
        waived = {shot: why for shot, why in WAIVED.items() if shot not in self.photos}
        return {"category": self.category, "title": f"Box {self.sku}", "kit": list(self.kit), "waived": waived}


@dataclass(slots=True)
class Shelf:
    """A stack with articles on it; every name of one run carries `run`, so that runs do not meet."""

    live: LiveStack
    run: str
    articles: dict[str, Article] = field(default_factory=dict)

    def name(self, short: str) -> str:
        """Return the SKU that the test calls `short`."""
        return f"{short}-{self.run}"

    def category(self, short: str) -> str:
        """Return the category of a scenario: each has a batch of its own."""
        return f"{short}_{self.run}"

    # Delivering

    def deliver(self, reference: str, articles: Iterable[Article], *, complete: bool = True) -> Json:
        """Send articles as one intake; sending the same again is harmless."""
        with self.live.client("ingest", "capturer") as ingest:
            intake = answered(ingest.post("/intakes", json={"reference": f"{reference}-{self.run}"}))
            given = {"intake_id": intake["intake_id"]}
            for article in articles:
                self.articles[article.sku] = article
                answered(ingest.put(f"/skus/{article.sku}", json={**given, **article.card}))
                for shot, data in article.photos.items():
                    self.photograph(intake["intake_id"], article.sku, shot, data, article.source_type)
                answered(ingest.post(f"/skus/{article.sku}/complete"))
            if complete:
                answered(ingest.post(f"/intakes/{intake['intake_id']}/complete"))
            return answered(ingest.get(f"/intakes/{intake['intake_id']}"))

    def photograph(self, intake_id: str, sku: str, shot: str, data: bytes, source_type: str = "phone") -> Json:
        """Send one photo."""
        form = {"intake_id": intake_id, "shot": shot, "rights_basis": "own", "source_type": source_type}
        form |= {"warehouse_batch": "W-1", "colour_note": "as on the shelf"}
        with self.live.client("ingest", "capturer") as ingest:
            photo = {"photo": ("photo.jpg", data, "image/jpeg")}
            return answered(ingest.post(f"/skus/{sku}/captures", data=form, files=photo))

    # Deciding

    def reviewer(self, account: str = FIRST, level: Level = "senior") -> DrillReviewer:
        return self.live.reviewer(account, level)

    def cases(self, **asked: Any) -> list[Json]:
        return list(self.live.get("review", "/cases", **asked))

    def wait_case(self, sku: str, kind: str = "slot", slot: str | None = "main", round_: int | None = None) -> Json:
        """Return the SKU's open case once there is one of that kind, slot and round."""

        def look() -> Json | None:
            found = self.cases(sku=sku, kind=kind, state="open")
            return next((c for c in found if slot in {None, c["slot"]} and round_ in {None, c["round"]}), None)

        return until(look, f"an open {kind} case of {sku} {slot or ''} {round_ or ''}")

    def decide(self, sku: str, what: Callable[[DrillReviewer, Json], Json], by: str = FIRST, **case: Any) -> Json:
        """Let an account decide the SKU's open case, and wait until the decision is final; return the decision."""
        reviewer = self.reviewer(by)
        line = self.wait_case(sku, **case)
        taken = what(reviewer, reviewer.lease(line["case_id"]))
        self.wait_decided([line["case_id"]])
        return taken

    def wait_decided(self, case_ids: Iterable[str]) -> None:
        """Wait until the cases' decisions can no longer be taken back."""
        for case_id in case_ids:
            until(
                lambda c=case_id: self.live.get("review", f"/cases/{c}")["state"] not in {"open", "pending"},
                f"case {case_id} to be decided",
            )

    def approve(self, sku: str, slots: Iterable[str] = ("main",), by: str = FIRST) -> None:
        """Approve the best variant of each slot; returns when the approvals stand."""
        reviewer, taken = self.reviewer(by), []
        for slot in slots:
            line = self.wait_case(sku, slot=slot)
            reviewer.approve(reviewer.lease(line["case_id"]))
            taken.append(line["case_id"])
        self.wait_decided(taken)

    def batch_of(self, sku: str) -> str:
        """Return the batch of the SKU's newest version."""
        lines = [c for c in self.cases(sku=sku) if c["batch_id"]]
        return str(max(lines, key=lambda c: int(c["sku_version"]))["batch_id"])

    def batch(self, batch_id: str) -> Json:
        return dict(self.live.get("review", f"/batches/{batch_id}"))

    def wait_batch(self, batch_id: str, *states: str) -> Json:
        def look() -> Json | None:
            batch = self.batch(batch_id)
            return batch if batch["state"] in states else None

        return until(look, f"batch {batch_id} to be {' or '.join(states)}")

    def spot_check(self, sku: str, by: str = SECOND, *, good: bool = True) -> Json:
        """Look again at the sample of the SKU's batch; return the batch once it has passed or is held."""
        batch_id = self.batch_of(sku)
        batch = self.wait_batch(batch_id, "drawn", "passed")
        reviewer = self.reviewer(by)
        for line in self.cases(batch_id=batch_id, kind="spot", state="open"):
            reviewer.spot(reviewer.lease(line["case_id"]), good=good)
        return batch if batch["state"] == "passed" else self.wait_batch(batch_id, "passed", "quarantined")

    # Exporting

    def pack_answers(self) -> Json:
        return {item["item"]: "yes" for item in self.live.get("export", "/checklists")["pack"]}

    def exportable(self, sku: str, marketplace: str) -> Json:
        (view,) = self.live.get("export", "/exportable", sku=sku, marketplace=marketplace)
        return dict(view)

    def wait_exportable(self, sku: str, marketplace: str = "wildberries", *, yes: bool = True) -> Json:
        def look() -> Json | None:
            view = self.exportable(sku, marketplace)
            return view if view["exportable"] is yes else None

        return until(look, f"{sku} to be {'' if yes else 'not '}exportable to {marketplace}")

    def order(self, marketplace: str, *skus: str, **more: Any) -> Json:
        """Place an order with every item of scope pack answered."""
        body = {"marketplace": marketplace, "skus": list(skus), "answers": self.pack_answers(), **more}
        return self.live.post("export", "/orders", body, "uploader", UPLOADER)

    def pack(self, order: Json, sku: str) -> Json:
        """Return the order's pack of the SKU as it stands."""
        view = self.live.get("export", f"/orders/{order['order_id']}")
        return next(pack for pack in view["packs"] if pack["sku"] == sku)

    def wait_pack(self, order: Json, sku: str, *states: str) -> Json:
        """Return the pack once it is in one of the states (default: an end); files that qa doubts are accepted."""
        wanted = set(states) or DONE

        def look() -> Json | None:
            pack = self.pack(order, sku)
            if pack["state"] in wanted:
                return pack
            reviewer = self.reviewer(THIRD)
            for line in self.cases(sku=sku, kind="rendition", state="open"):
                reviewer.rendition(reviewer.lease(line["case_id"]))
            return None

        return until(look, f"the pack of {sku} to be {' or '.join(sorted(wanted))}")

    def packed(self, marketplace: str, sku: str) -> Json:
        """Order one SKU's pack and return it ready."""
        self.wait_exportable(sku, marketplace)
        pack = self.wait_pack(self.order(marketplace, sku), sku)
        assert pack["state"] == "ready", pack["reasons"] or pack["sentence"]
        return pack

    def download(self, pack: Json, account: str = UPLOADER) -> bytes:
        with self.live.client("export", "uploader", account) as export:
            response = export.get(f"/packs/{pack['pack_id']}/download")
        if response.is_error:
            raise ApiError(response)
        return response.content

    # What the log says

    def events(self, sku: str, *types: str) -> list[Json]:
        """Return the events of the SKU that the audit log holds, in its order."""
        return [entry["event"] for entry in self.live.trail(sku, *types)]

    def wait_event(self, sku: str, event_type: str, count: int = 1) -> Json:
        """Return the SKU's newest event of the type once the log holds `count` of them."""
        return dict(self.live.wait_trail(sku, event_type, count)[-1]["event"])
