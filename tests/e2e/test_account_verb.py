"""`trueshelf account reset-link`: who runs the host helps an owner back in, and the log tells of it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from support.browser import console_url
from support.command import trueshelf
from support.live import LiveStack, until

pytestmark = pytest.mark.e2e


def test_the_host_prints_a_link_and_the_log_says_so(live: LiveStack, tmp_path: Path):
    done = trueshelf(live, "account", "reset-link", "timur", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    link = done.stdout.strip()
    assert link.startswith(f"{console_url(live)}/link?key=")
    page = httpx.get(link)
    assert page.status_code == 200
    assert "timur" in page.text

    def told() -> list[dict[str, Any]]:
        entries = live.get("audit", "/entries", type="ActRecorded", limit=500)["entries"]
        acts = [entry["event"] for entry in entries]
        return [act for act in acts if act["act"] == "console.make_link" and act["details"] == {"how": "on the host"}]

    (act,) = until(told, "the act in the log")
    assert act["actor"] is None
    assert act["drill"] is True, "a practice account's"
    assert link.partition("key=")[2] not in str(act)


def test_a_login_that_nobody_has_is_said(live: LiveStack, tmp_path: Path):
    done = trueshelf(live, "account", "reset-link", "nobody", folder=tmp_path)
    assert done.returncode == 1
    assert "there is no account with the login 'nobody'" in done.stderr
