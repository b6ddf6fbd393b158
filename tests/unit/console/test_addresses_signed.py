"""Image addresses: nothing without a signature, nothing after minutes, never an original (security.md, rule 5)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf_console.domain.addresses import STEP, BadAddress, Wanted, open_path, path_of

SECRET = b"x" * 32
NOW = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)
WANTED = Wanted("trueshelf-drafts", "ab/abc.png", "a" * 64, 1234, "image/png")


def token(wanted: Wanted = WANTED, secret: bytes = SECRET, now: datetime = NOW) -> str:
    return path_of(wanted, secret, now).removeprefix("/i/")


def test_an_address_opens_to_what_it_was_made_of():
    named = replace(WANTED, name='пакет "1".png')
    wanted, left = open_path(token(named), SECRET, NOW)
    assert wanted == named
    assert STEP < left <= 2 * STEP


def test_an_address_holds_for_minutes_and_never_longer():
    for second in range(0, STEP, 7):
        made = NOW + timedelta(seconds=second)
        address = token(now=made)
        assert open_path(address, SECRET, made + timedelta(seconds=STEP - 1))
        with pytest.raises(BadAddress, match="over"):
            open_path(address, SECRET, made + timedelta(seconds=2 * STEP))


def test_pages_of_one_step_share_addresses_so_that_the_browser_keeps_the_picture():
    start = datetime.fromtimestamp(int(NOW.timestamp()) // STEP * STEP, UTC)
    addresses = {token(now=start + timedelta(seconds=second)) for second in (0, 1, STEP - 1)}
    assert len(addresses) == 1
    assert token(now=start + timedelta(seconds=STEP)) not in addresses


@given(st.data())
def test_one_changed_character_anywhere_is_refused(data: st.DataObject):
    """Also in the last character of the signature, whose spare bits base64 would forgive."""
    address = token()
    place = data.draw(st.integers(0, len(address) - 1))
    other = data.draw(st.sampled_from("ABCDabcd0189-_.~=é").filter(lambda char: char != address[place]))
    with pytest.raises(BadAddress):
        open_path(address[:place] + other + address[place + 1 :], SECRET, NOW)


@pytest.mark.parametrize("cut", range(0, 200, 9))
def test_a_truncated_address_is_refused(cut: int):
    address = token()
    for part in (address[:cut], address[cut + 1 :]):
        with pytest.raises(BadAddress):
            open_path(part, SECRET, NOW)


@given(st.text(max_size=300))
def test_whatever_stands_in_an_address_is_refused_and_nothing_else_happens(text: str):
    with pytest.raises(BadAddress):
        open_path(text, SECRET, NOW)


def test_another_key_signs_nothing_for_us():
    with pytest.raises(BadAddress):
        open_path(token(secret=b"y" * 32), SECRET, NOW)


def test_a_payload_moved_under_another_signature_is_refused():
    mine, other = token(), token(replace(WANTED, key="cd/cde.png"))
    with pytest.raises(BadAddress):
        open_path(f"{other.partition('.')[0]}.{mine.partition('.')[2]}", SECRET, NOW)


def test_a_longer_life_cannot_be_written_into_an_address():
    payload, _, signature = token().partition(".")
    fields = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    fields[-1] += 3600
    longer = urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).rstrip(b"=").decode()
    with pytest.raises(BadAddress):
        open_path(f"{longer}.{signature}", SECRET, NOW)


@pytest.mark.parametrize("bucket", ["trueshelf-originals", "other-originals", "trueshelf-audit"])
def test_originals_and_the_logs_own_files_have_no_address(bucket: str):
    with pytest.raises(ValueError, match="never shown"):
        path_of(replace(WANTED, bucket=bucket), SECRET, NOW)


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/octet-stream", ""])
def test_nothing_that_a_browser_might_run_has_an_address(kind: str):
    with pytest.raises(ValueError, match="never shown"):
        path_of(replace(WANTED, media_type=kind), SECRET, NOW)
