"""No wrong token passes (security.md, Review UI/API): algorithm, key, issuer, audience, times, kind and role."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from trueshelf_runtime.clock import SettableClock, SystemClock
from trueshelf_runtime.errors import Outage
from trueshelf_runtime.identity import KeySource, Principal, TokenChecker, unverified_claims
from trueshelf_runtime.keys import ensure_keys, jwks_of, load_key, make_key, mint
from trueshelf_runtime.problem import Problem

KEY = make_key()


def checker(*, drill: bool = True, document: dict[str, Any] | None = None) -> TokenChecker:
    async def load() -> dict[str, Any]:
        return document or jwks_of(KEY)

    return TokenChecker(KeySource(load, SystemClock()), "trueshelf-local", "trueshelf", drill=drill)


def token(**more: Any) -> str:
    return mint(KEY, "anna", "reviewer", **({"kind": "person", "levels": {"bags": "senior", "*": "junior"}} | more))


def raw(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None = None) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    body = b".".join(parts)
    signature = b"" if secret is None else base64.urlsafe_b64encode(hmac.digest(secret, body, "sha256")).rstrip(b"=")
    return (body + b"." + signature).decode()


def claims(**more: Any) -> dict[str, Any]:
    return unverified_claims(token()) | more


async def refused(text: str, status: int, code: str, *, drill: bool = True) -> None:
    with pytest.raises(Problem) as caught:
        await checker(drill=drill).check(text)
    assert (caught.value.status, caught.value.code) == (status, code)


async def test_a_good_token_says_who_and_in_which_role() -> None:
    who = await checker(drill=False).check(token(roles=("reviewer", "operator"), session="s1"))
    assert (who.id, who.kind, who.role, who.session, who.drill) == ("anna", "person", "reviewer", "s1", False)
    assert who.actor("bags").level == "senior"
    assert who.actor("rings").level == "junior"
    assert who.actor().level is None


async def test_the_times_hold_with_half_a_minute_of_leeway() -> None:
    await checker().check(token(lifetime=timedelta(seconds=-20)))
    await refused(token(lifetime=timedelta(seconds=-40)), 401, "token_invalid")
    ahead = SettableClock(SystemClock().now() + timedelta(minutes=2))
    await refused(token(clock=ahead), 401, "token_invalid")


async def test_another_issuer_or_audience_is_refused() -> None:
    await refused(token(issuer="somebody"), 401, "token_invalid")
    await refused(token(audience="another-product"), 401, "token_invalid")


@pytest.mark.parametrize("missing", ["iss", "aud", "exp", "sub"])
async def test_a_claim_that_must_be_there(missing: str) -> None:
    left = {name: value for name, value in claims().items() if name != missing}
    text = jwt.encode({"alg": "Ed25519", "kid": KEY.kid}, left, KEY, algorithms=["Ed25519"])
    await refused(text, 401, "token_invalid")


@pytest.mark.parametrize("missing", ["kind", "role", "sid"])
async def test_a_claim_of_ours_that_must_be_there(missing: str) -> None:
    left = {name: value for name, value in claims().items() if name != missing}
    text = jwt.encode({"alg": "Ed25519", "kid": KEY.kid}, left, KEY, algorithms=["Ed25519"])
    await refused(text, 401, "token_claims")


async def test_none_and_hmac_with_the_public_key_are_refused() -> None:
    public = KEY.as_dict(private=False)["x"]
    assert isinstance(public, str)
    await refused(raw({"alg": "none", "kid": KEY.kid}, claims()), 401, "token_algorithm")
    await refused(raw({"alg": "None", "kid": KEY.kid}, claims()), 401, "token_algorithm")
    for secret in (public.encode(), json.dumps(jwks_of(KEY)).encode(), base64.urlsafe_b64decode(public + "=")):
        await refused(raw({"alg": "HS256", "kid": KEY.kid}, claims(), secret), 401, "token_algorithm")
        await refused(raw({"alg": "Ed25519", "kid": KEY.kid}, claims(), secret), 401, "token_invalid")


async def test_a_stranger_key_is_refused_by_whatever_name() -> None:
    stranger = make_key()
    await refused(mint(stranger, "eve", "reviewer", kind="person"), 401, "token_key")
    # the known id, another key; and the key offered in the header itself
    for header in ({"kid": KEY.kid}, {"kid": KEY.kid, "jwk": stranger.as_dict(private=False)}):
        text = jwt.encode({"alg": "Ed25519"} | header, claims(), stranger, algorithms=["Ed25519"])
        await refused(text, 401, "token_invalid")
    text = jwt.encode({"alg": "Ed25519"}, claims(), KEY, algorithms=["Ed25519"])
    await refused(text, 401, "token_key")


async def test_a_changed_token_is_refused() -> None:
    head, body, signature = token().split(".")
    changed = base64.urlsafe_b64encode(json.dumps(claims(role="admin")).encode()).rstrip(b"=").decode()
    await refused(f"{head}.{changed}.{signature}", 401, "token_invalid")
    await refused(f"{head}.{body}.", 401, "token_invalid")


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "." * 5, "ä.ö.ü", "e30.e30.e30", "x" * 9000])
async def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(Problem) as caught:
        await checker().check(text)
    assert caught.value.status == 401


async def test_a_practice_account_passes_only_in_a_practice_stack() -> None:
    assert (await checker(drill=True).check(token(kind="drill"))).drill
    await refused(token(kind="drill"), 403, "drill_account", drill=False)


async def test_a_machine_never_holds_the_reviewers_role() -> None:
    """R-60: only a named person decides."""
    with pytest.raises(ValueError, match="R-60"):
        mint(KEY, "pim", "reviewer", kind="machine")
    for role, roles in (("reviewer", ["reviewer"]), ("operator", ["operator", "reviewer"])):
        forged = claims(kind="machine", role=role, roles=roles)
        text = jwt.encode({"alg": "Ed25519", "kid": KEY.kid}, forged, KEY, algorithms=["Ed25519"])
        await refused(text, 403, "machine_reviewer")


async def test_the_role_in_use_is_one_that_the_account_holds() -> None:
    await refused(token(roles=("operator",)), 403, "role_not_held")


async def test_a_companys_rsa_and_ec_keys_work_and_a_symmetric_key_in_the_set_does_not() -> None:
    rsa, ec = RSAKey.generate_key(2048, auto_kid=True), ECKey.generate_key("P-256", auto_kid=True)
    okp = OKPKey.generate_key("Ed25519", auto_kid=True)
    document: dict[str, Any] = {"keys": [dict(key.as_dict(private=False)) | {"kid": key.kid} for key in (rsa, ec, okp)]}
    secret = hashlib.sha256(b"s").digest()
    document["keys"].append(
        {"kty": "oct", "k": base64.urlsafe_b64encode(secret).rstrip(b"=").decode(), "kid": "shared"}
    )
    check = checker(document=document).check
    for key, algorithm in ((rsa, "RS256"), (ec, "ES256"), (okp, "EdDSA")):
        with pytest.warns() if algorithm == "EdDSA" else _nothing():
            text = jwt.encode({"alg": algorithm, "kid": key.kid}, claims(), key, algorithms=[algorithm])
        assert (await check(text)).id == "anna"
    with pytest.raises(Problem):
        await check(raw({"alg": "HS256", "kid": "shared"}, claims(), secret))


def _nothing() -> Any:
    import contextlib  # noqa: PLC0415

    return contextlib.nullcontext()


async def test_unknown_key_ids_do_not_hammer_the_issuer_and_new_keys_are_found() -> None:
    clock, looks, new = SettableClock(), 0, make_key()

    async def load() -> dict[str, Any]:
        nonlocal looks
        looks += 1
        return jwks_of(KEY) if looks == 1 else jwks_of(KEY, new)

    source = KeySource(load, clock)
    assert await source.with_key(str(KEY.kid))
    for number in range(50):
        assert await source.with_key(f"made-up-{number}") is None
    assert looks == 1
    clock.advance(31)
    assert await source.with_key(str(new.kid))
    assert looks == 2


async def test_an_issuer_that_is_away_is_an_outage_first_and_no_matter_later() -> None:
    clock, away = SettableClock(), True

    async def load() -> dict[str, Any]:
        if away:
            raise OSError("connection refused")
        return jwks_of(KEY)

    source = KeySource(load, clock)
    with pytest.raises(Outage, match="issuer"):
        await source.with_key(str(KEY.kid))
    away = False
    assert await source.with_key(str(KEY.kid))
    away = True
    clock.advance(4000)
    assert await source.with_key(str(KEY.kid)), "the cached keys go on"


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    private, public = tmp_path / "keys" / "k.json", tmp_path / "keys" / "jwks.json"
    first = ensure_keys(private, public)
    assert ensure_keys(private, public).kid == first.kid == load_key(private).kid
    assert private.stat().st_mode & 0o077 == 0
    assert "d" not in json.loads(public.read_text())["keys"][0]
    private.write_text('{"kty": "oct", "k": "x"}')
    with pytest.raises(ValueError, match="no private Ed25519 key"):
        load_key(private)


def test_a_token_lives_five_minutes() -> None:
    told = unverified_claims(token())
    assert told["exp"] - told["nbf"] == 300
    assert abs(told["nbf"] - time.time()) < 5


def test_levels_fall_back_to_the_star() -> None:
    who = Principal("a", "person", "reviewer", "s", levels={"*": "junior"})
    assert who.level("anything") == "junior"
    assert Principal("a", "person", "reviewer", "s").level("anything") is None
