"""The demo's steps. Each looks at what is there first, so that a second run goes on where the first one stopped."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from trueshelf_cli.backing.program import BackingError
from trueshelf_cli.demo.catalogue import Delivery
from trueshelf_cli.drill import ApiError, DrillReviewer, Json, answered
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.client import open_client

Tell = Callable[[str], None]
SENIORS = ("drill-aigerim", "drill-marat", "drill-nadia")
JUNIOR = "drill-timur"
MARKETPLACES = ("wildberries", "ozon")
PATIENCE = 300.0
"""Seconds without any progress after which the demo gives up and says where things stand."""
ON_THE_WAY = frozenset({"not_approved", "no_main", "not_spot_checked"})
"""Export's reasons that a fact of review, which is still on the bus, may end."""
STEP = 0.5
GLANCE = 5.0
"""Seconds between two looks at how far everything is."""


@dataclass(slots=True)
class Story:
    """One run of the demo."""

    delivery: Delivery
    packs: Path
    tell: Tell
    glance: Callable[[], str]
    """How far everything is, in a line."""
    _far: str = ""
    _seen: set[str] = field(default_factory=set)
    _disputed: bool = False
    _rejected: bool = False

    def wait_for_photos(self, intake_id: str) -> None:
        """Wait until every photo is accepted or refused; tell the refusals."""
        with self._client("ingest", "capturer") as ingest:
            view = self._wait(
                lambda: _decided(answered(ingest.get(f"/intakes/{intake_id}"))), "photos to be accepted or refused"
            )
        for capture in view["captures"]:
            if capture["state"] == "refused":
                why = "; ".join(f["message"] for f in capture["findings"] if f["severity"] == "refuse")
                self.tell(f"[yellow]refused[/] {capture['sku']} {capture['shot']}: {why}")
        ready = sorted(sku for sku, state in view["skus"].items() if state == "ready")
        self.tell(f"{len(ready)} of {len(view['skus'])} SKUs are ready")
        if not ready:
            raise BackingError("no SKU is ready: every photo was refused; the reasons stand above")

    def find_batch(self) -> Json:
        """Return the sealed batch of the category that will be decided."""

        def sealed() -> Json | None:
            with self._client("ingest", "operator") as ingest:
                answer = ingest.get("/batches")
                if answer.is_error:
                    raise ApiError(answer)
                mine = [b for b in answer.json() if b["category"] == self.delivery.category and b["state"] == "sealed"]
            return mine[0] if mine else None

        return self._wait(sealed, f"the batch of category {self.delivery.category} to be sealed")

    def decide(self, batch_id: str) -> Json:
        """Let the practice accounts decide the whole batch, spot check included; return it as review sees it."""
        with self._client("review", "reviewer", SENIORS[0]) as client:

            def advanced() -> Json | None:
                response = client.get(f"/batches/{batch_id}")
                if response.status_code == httpx.codes.NOT_FOUND:
                    return None
                batch = answered(response)
                if batch["state"] in {"passed", "released"}:
                    return batch
                waiting = client.get("/cases", params={"batch_id": batch_id, "state": "open"})
                if waiting.is_error:
                    raise ApiError(waiting)
                for case in waiting.json():
                    self._decide_one(case)
                return None

            batch = self._wait(advanced, "the batch to be decided and spot-checked")
        self.tell(
            f"spot check passed: {', '.join(batch['looks']) or 'released'} looked at again (every {batch['rate']}th)"
        )
        return batch

    def _decide_one(self, line: Json) -> None:
        """Decide one open case as the script says: one dispute, one rejection, the rest plainly."""
        name = f"{line['sku']} {line['slot'] or ''}".strip()
        for account in self._accounts(line):
            with self._client("review", "reviewer", account) as client:
                reviewer = DrillReviewer(account, client)
                try:
                    case = reviewer.lease(line["case_id"])
                    did = self._script(reviewer, case)
                except ApiError as refused:
                    if refused.status in {403, 409}:  # this account may not: the next one may
                        self._once(
                            f"{name}: {account} may not: {refused}", f"[dim]{name}: not {account}: {refused.detail}[/]"
                        )
                        continue
                    raise
            self.tell(f"{name}: {did} by {account}")
            return

    def _accounts(self, line: Json) -> tuple[str, ...]:
        if line["kind"] == "slot" and line["slot"] == "main" and not self._disputed and not line["senior_only"]:
            return (JUNIOR, *SENIORS)
        return SENIORS

    def _script(self, reviewer: DrillReviewer, case: Json) -> str:
        main = case["kind"] == "slot" and case["slot"] == "main"
        approvable = any(o["kind"] == "approve" and o["open"] for o in case["decisions_open"])
        if main and reviewer.account == JUNIOR:
            reviewer.dispute(case)
            self._disputed = True
            return "disputed"
        regenerable = any(o["kind"] == "regenerate" and o["open"] for o in case["then_open"])
        if main and not self._rejected and case["round"] == 1 and regenerable:
            self._rejected = True
            reviewer.reject(case, {"kind": "regenerate", "change": {"note": "the shade looks off; again, please"}})
            return "rejected, regeneration asked"
        body = reviewer.work(case)
        if case["kind"] == "generation":
            why = "; ".join(dict.fromkeys(r["message"] for r in case["refusals"])) or "refused"
            return f"not generated ({why}): the original is kept"
        if case["kind"] in {"slot", "second"} and not approvable:
            return "rejected: the original is kept"
        kind = str(body["kind"])
        return {"approve": "approved", "spot_good": "spot check: good"}.get(kind, kind)

    def order(self, batch: Json) -> list[Path]:
        """Order packs for two marketplaces, let a senior decide what qa did not clear, download the packs."""
        skus = sorted({m["sku"] for m in batch["members"] if m["approvals"].get("main")})
        if not skus:
            raise BackingError("nothing of the batch has an approved main picture: no pack can be ordered")
        paths: list[Path] = []
        for marketplace in MARKETPLACES:
            with self._client("export", "uploader", "drill-uploader") as export:
                self._confirm_rules(export, marketplace)
                order = self._place(export, marketplace, skus)
                done = self._wait(partial(self._packed, export, order), f"packs for {marketplace}")
                paths += [path for pack in done["packs"] if (path := self._fetch(export, pack))]
        return paths

    def _confirm_rules(self, export: httpx.Client, marketplace: str) -> None:
        profile = answered(export.get(f"/profiles/{marketplace}"))
        if profile["standing"] == "current":
            return
        body = {
            "source": "drill: the profile as shipped; a real seller reads the marketplace's own help page",
            "checked_on": time.strftime("%Y-%m-%d", time.gmtime()),
            "answers": {item["item"]: "yes" for item in profile["checklist"]},
        }
        headers = {"Idempotency-Key": f"demo-rules-{marketplace}-{body['checked_on']}"}
        answered(export.post(f"/profiles/{marketplace}/confirmations", json=body, headers=headers))
        self.tell(f"rules of {marketplace} confirmed by drill-uploader (they were {profile['standing']})")

    def _place(self, export: httpx.Client, marketplace: str, skus: list[str]) -> Json:
        lists = answered(export.get("/checklists"))
        body = {"marketplace": marketplace, "skus": skus, "answers": {i["item"]: "yes" for i in lists["pack"]}}
        standing = self._wait(
            lambda: self._exportable(export, marketplace, skus), f"export to know what {marketplace} may get"
        )
        key = f"demo-{marketplace}-{'-'.join(standing['approvals'])}"[:200]
        order = answered(export.post("/orders", json=body, headers={"Idempotency-Key": key}))
        self.tell(f"{len(skus)} packs ordered for {marketplace}")
        return order

    def _exportable(self, export: httpx.Client, marketplace: str, skus: list[str]) -> Json | None:
        """Return the approvals of what may be ordered once nothing is on its way any more; None before.

        Review's facts need a moment to arrive at export. A SKU that can never go there (its photos are too small) stays
        in the order: it is refused with its reasons, and holds up nobody else.
        """
        approvals = []
        for sku in skus:
            response = export.get("/exportable", params={"sku": sku, "marketplace": marketplace})
            if response.is_error:
                raise ApiError(response)
            (view,) = response.json()
            if {reason["code"] for reason in view["reasons"]} & ON_THE_WAY:
                return None
            approvals += [place["approval_id"][:8] for place in view["places"]]
        return {"approvals": sorted(approvals)}

    def _packed(self, export: httpx.Client, order: Json) -> Json | None:
        view = answered(export.get(f"/orders/{order['order_id']}"))
        if all(pack["state"] in {"ready", "refused", "withdrawn"} for pack in view["packs"]):
            return view
        self._decide_renditions()
        return None

    def _decide_renditions(self) -> None:
        with self._client("review", "reviewer", SENIORS[1]) as client:
            reviewer = DrillReviewer(SENIORS[1], client)
            while case := reviewer.next_case(kinds=["rendition"]):
                reviewer.work(case)
                self.tell(
                    f"{case['sku']} {case['slot']}: {case['rendition']['marketplace']} file accepted by {SENIORS[1]}"
                )

    def _fetch(self, export: httpx.Client, pack: Json) -> Path | None:
        if pack["state"] != "ready":
            why = "; ".join(r["message"] for r in pack["reasons"]) or pack["sentence"]
            self.tell(f"[yellow]no pack[/] {pack['sku']} for {pack['marketplace']}: {why}")
            return None
        response = export.get(f"/packs/{pack['pack_id']}/download")
        if response.is_error:
            raise ApiError(response)
        self.packs.mkdir(parents=True, exist_ok=True)
        path = self.packs / str(pack["file_name"])
        path.write_bytes(response.content)
        return path

    def _client(self, service: Service, role: Role, account: str | None = None) -> httpx.Client:
        levels: Any = {"*": "junior" if account == JUNIOR else "senior"} if role == "reviewer" else None
        return open_client(service, role, account, levels=levels)

    def _wait(self, look: Callable[[], Json | None], what: str) -> Json:
        """Look again and again until there is something; patience begins anew whenever anything has moved."""
        moved = looked = time.monotonic()
        while (found := look()) is None:
            now = time.monotonic()
            if now - looked > GLANCE:
                looked = now
                if (far := self.glance()) and far != self._far:
                    self._far, moved = far, now
                    self.tell(f"[dim]{far}[/]")
            if now - moved > PATIENCE:
                raise BackingError(
                    f"nothing moved for {PATIENCE:.0f} s, waiting for {what}: `trueshelf status` and `doctor` say more"
                )
            time.sleep(STEP)
        return found

    def _once(self, key: str, text: str) -> None:
        if key not in self._seen:
            self._seen.add(key)
            self.tell(text)


def _decided(view: Json) -> Json | None:
    return view if all(c["state"] != "received" for c in view["captures"]) else None
