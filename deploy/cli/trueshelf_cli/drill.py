"""Practice accounts at work: they decide through the public API only, and all they touch says drill for ever.

The demo, the end-to-end tests and the benchmarks use them; nothing scripted ever passes for a person. Each takes an
`httpx.Client` of the review service that acts as one practice account.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

Json = dict[str, Any]
VIEWPORT = {"width": 1920, "height": 1080, "device_pixel_ratio": 1.0}
_NO_CONTENT = 204


class ApiError(Exception):
    """A service said no; the text is its problem's, with what to do."""

    def __init__(self, response: httpx.Response) -> None:
        try:
            problem: Json = response.json()
        except ValueError:
            problem = {"detail": response.text[:300]}
        self.status = response.status_code
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail", ""))
        fields = "".join(f"; {e['field']}: {e['message']}" for e in problem.get("errors", []))
        advice = f" ({problem['advice']})" if problem.get("advice") else ""
        where = f"{response.request.method} {response.request.url.path}"
        super().__init__(f"{where}: {response.status_code} {problem.get('detail', '')}{fields}{advice}")


def answered(response: httpx.Response) -> Json:
    """Return the answer's JSON object. Raises ApiError."""
    if response.is_error:
        raise ApiError(response)
    body: Json = response.json()
    return body


@dataclass(frozen=True, slots=True)
class DrillReviewer:
    """One practice reviewer."""

    account: str
    client: httpx.Client

    def next_case(self, kinds: Iterable[str] = (), categories: Iterable[str] = ()) -> Json | None:
        """Lease the next case, or None when nothing waits for this account."""
        body = {"kinds": list(kinds), "categories": list(categories)}
        response = self.client.post("/cases/next", json=body)
        return None if response.status_code == _NO_CONTENT else answered(response)

    def lease(self, case_id: str) -> Json:
        """Lease a certain case and return it with what this account may decide."""
        return answered(self.client.post(f"/cases/{case_id}/lease"))

    def approve(self, case: Json, variant_id: str | None = None, reason: str = "") -> Json:
        """Approve one variant: every item of scope variant answered yes, each finding acknowledged."""
        variants = {v["variant_id"]: v for v in case["variants"]}
        variant = variants[variant_id] if variant_id else best(case["variants"])
        findings = [check["check"] for check in variant["checks"] if check["verdict"] != "clear"]
        body = {
            "kind": "approve",
            "variant_id": variant["variant_id"],
            "master_sha256": variant["master_sha256"],
            "answers": [{"item": item["code"], "answer": "yes"} for item in asked(case, "variant")],
            "acknowledged": [{"check": check, "note": "looked at in the drill"} for check in findings],
            "override_reason": reason or ("drill: looked at, harmless" if variant["verdict"] == "stop" else ""),
        }
        return self.decide(case, body)

    def reject(
        self, case: Json, then: Mapping[str, Any], code: str = "colour_changed", item: str = "colour_matches"
    ) -> Json:
        """Reject every variant and say what follows."""
        reasons = [{"code": code, "checklist_item": item, "note": "drill"}]
        variants = [{"variant_id": v["variant_id"], "reasons": reasons} for v in case["variants"]]
        return self.decide(case, {"kind": "reject", "variants": variants, "then": dict(then)})

    def dispute(self, case: Json, variant_id: str | None = None) -> Json:
        """Leave the decision to a senior who is another person (R-67)."""
        variant = variant_id or best(case["variants"])["variant_id"]
        reasons = [{"code": "edges_doubtful", "checklist_item": "edges_clean", "note": "drill"}]
        return self.decide(case, {"kind": "dispute", "variant_id": variant, "reasons": reasons})

    def redirect(self, case: Json, then: Mapping[str, Any]) -> Json:
        """Decide a generation case: regenerate, reshoot, keep the original or abandon."""
        return self.decide(case, dict(then))

    def spot(self, case: Json, *, good: bool = True) -> Json:
        """Look again at a sampled SKU."""
        reasons = {"reasons": [{"code": "colour_changed", "checklist_item": "colour_matches", "note": "drill"}]}
        return self.decide(case, {"kind": "spot_good"} if good else {"kind": "spot_bad", **reasons})

    def rendition(self, case: Json, *, accept: bool = True) -> Json:
        """Decide about a marketplace file that qa did not clear."""
        rendition = case["rendition"]
        findings = [check["check"] for check in rendition["checks"] if check["verdict"] != "clear"]
        body: Json = {"kind": "rendition_accept" if accept else "rendition_reject"}
        body["rendition_sha256"] = rendition["rendition_sha256"]
        if accept:
            body["acknowledged"] = [{"check": check, "note": "drill"} for check in findings]
        else:
            body["reasons"] = [{"code": "compression_artefacts", "note": "drill"}]
        return self.decide(case, body)

    def decide(self, case: Json, body: Mapping[str, Any]) -> Json:
        """Send a decision about the case as this account saw it. Raises ApiError."""
        seen = {"viewport": VIEWPORT, "case_version": case["version"], **body}
        headers = {"Idempotency-Key": f"drill-{uuid4()}"}
        return answered(self.client.post(f"/cases/{case['case_id']}/decisions", json=seen, headers=headers))

    def work(self, case: Json) -> Json:
        """Decide a leased case in the plainest way: approve, keep going, find it good."""
        match case["kind"]:
            case "slot" | "second":
                if any(o["kind"] == "approve" and o["open"] for o in case["decisions_open"]):
                    return self.approve(case)
                return self.reject(case, {"kind": "keep_original"}, "too_few_variants", "shape_unchanged")
            case "generation":
                return self.redirect(case, {"kind": "keep_original"})
            case "spot":
                return self.spot(case)
            case "rendition":
                return self.rendition(case)
            case kind:
                raise ValueError(f"a case of kind {kind!r} is not known here")


def asked(case: Json, scope: str) -> list[Json]:
    """Return the checklist's items of the scope that bear on the case's slot."""
    items: list[Json] = case["checklist"]["items"]
    return [i for i in items if i["scope"] == scope and (not i["slots"] or case["slot"] in i["slots"])]


def best(variants: list[Json]) -> Json:
    """Return the variant with the best verdict, the first among equals."""
    order = {"clear": 0, "unjudged": 1, "flag": 2, "stop": 3}
    return min(variants, key=lambda variant: order[variant["verdict"]])
