"""Who may ask what: no token, a stranger's token, the wrong role, a machine where a person is needed."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import OKPKey

from support.live import until
from support.shelf import Shelf
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.keys import load_key, mint

pytestmark = pytest.mark.e2e

NOBODY = "00000000-0000-0000-0000-000000000000"
DOORS: dict[Service, tuple[str, str, Role]] = {
    "ingest": ("POST", "/intakes", "auditor"),
    "generate": ("GET", "/plans?sku=A", "capturer"),
    "qa": ("GET", f"/reports/{NOBODY}", "capturer"),
    "review": ("POST", "/cases/next", "capturer"),
    "export": ("POST", "/orders", "reviewer"),
    "audit": ("GET", "/entries", "uploader"),
}
"""One door of each service, and a role that it is not for."""


@pytest.mark.parametrize("service", DOORS)
def test_every_service_checks_who_asks(shelf: Shelf, service: Service):
    """R-65, R-66: 401 without a good token, 403 with the wrong role; refusals for lack of right are on record."""
    method, path, wrong = DOORS[service]
    url = shelf.live.written["services"][service]["url"]
    own = load_key(Path(shelf.live.written["keys"]))
    stranger = OKPKey.generate_key("Ed25519", {"kid": own.kid, "use": "sig"})
    who = f"drill-wrong-{service}-{shelf.run}"
    outdated = mint(own, who, "auditor", kind="drill", lifetime=timedelta(minutes=-10))
    with httpx.Client(base_url=url, timeout=30) as client:

        def ask(token: str | None) -> httpx.Response:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return client.request(method, path, headers=headers, json={} if method == "POST" else None)

        assert ask(None).status_code == 401
        assert ask("not.a.token").status_code == 401
        assert ask(mint(stranger, who, "admin", kind="drill")).status_code == 401
        assert ask(outdated).status_code == 401
        assert ask(mint(own, who, wrong, kind="drill")).status_code == 403
        machine = ask(mint(own, "machine-pim", "auditor", kind="machine", roles=("auditor", "reviewer")))
    assert machine.status_code == 403
    assert machine.headers["content-type"].startswith("application/problem+json")
    assert machine.json()["code"] == "machine_reviewer"

    def recorded() -> bool:
        entries = shelf.live.get("audit", "/entries", actor=who, type="ActRecorded")["entries"]
        return any(e["event"]["outcome"] == "refused" for e in entries)

    until(recorded, f"the refusal of {who} by {service} to be on record", step=0.3)


def test_a_machine_never_decides_nor_orders(shelf: Shelf):
    """R-60, R-66: a token of kind machine may deliver photos; files are ordered by a named person."""
    own = load_key(Path(shelf.live.written["keys"]))
    token = mint(own, "machine-pim", "uploader", kind="machine")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"machine-{shelf.run}"}
    body = {"marketplace": "wildberries", "skus": [shelf.name("studio")]}
    with httpx.Client(base_url=shelf.live.written["services"]["export"]["url"], timeout=30) as client:
        answer = client.post("/orders", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "machine_orders")


def test_only_health_metrics_and_public_keys_are_open(shelf: Shelf):
    for service in DOORS:
        url = shelf.live.written["services"][service]["url"]
        with httpx.Client(base_url=url, timeout=30) as client:
            assert client.get("/livez").status_code == 200
            assert client.get("/readyz").status_code == 200
            described = client.get("/openapi.json").json()
        for path, methods in described["paths"].items():
            for method, route in methods.items():
                if path not in {"/keys", "/livez", "/readyz", "/metrics", "/openapi.json"}:
                    assert route.get("security"), f"{service} {method} {path} asks for no token"


def test_a_batch_of_more_than_thirty_is_no_setting(tmp_path: Path):
    """R-27: 30 is the hard limit, whatever an operator writes."""
    environ = {**os.environ, "TRUESHELF_INGEST_BATCH_SIZE": "31"}
    command = [sys.executable, "-c", "from trueshelf_ingest.settings import Settings; Settings()"]
    refused = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "batch_size" in refused.stderr
    assert "30" in refused.stderr


def test_no_batch_is_larger_than_its_limit(shelf: Shelf):
    """R-27."""
    batches = shelf.live.get("ingest", "/batches", limit=500)
    assert batches
    assert all(batch["count"] <= batch["size_limit"] <= 30 for batch in batches), json.dumps(batches)
