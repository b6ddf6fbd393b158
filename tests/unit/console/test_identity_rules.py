"""Rights, deputies, logins, passwords, waits: the rules without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from trueshelf_console.domain.agents import browser_of
from trueshelf_console.domain.credentials import (
    LIMITS,
    WINDOW,
    Limit,
    blocked_until,
    login_fault,
    name_fault,
    neighbourhood,
    password_fault,
    plain_login,
)
from trueshelf_console.domain.flow import new_flow, opened, sealed
from trueshelf_console.domain.people import ALL_ROLES
from trueshelf_console.domain.rights import BadRights, Rights, checked
from trueshelf_console.settings import Settings
from trueshelf_console.web.addresses import safe_next
from trueshelf_console.web.typed import Typed, typed_from

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CATEGORIES = ("*", "ring", "jewelry", "shoes")
RIGHTS = st.builds(
    Rights,
    st.lists(st.sampled_from(ALL_ROLES), unique=True).map(tuple),
    st.dictionaries(st.sampled_from(CATEGORIES), st.sampled_from(("junior", "senior"))),
)
RANK = {None: 0, "junior": 1, "senior": 2}


@given(RIGHTS, RIGHTS)
def test_a_deputy_holds_what_both_hold_and_nothing_more_r72(own: Rights, lent: Rights):
    both = own.joined(lent)
    assert set(both.roles) == {*own.roles, *lent.roles}
    for category in (*CATEGORIES, "never named"):
        expected = max(RANK[own.level(category)], RANK[lent.level(category)])
        assert RANK[both.level(category)] == expected
    assert not both.lacks(own)
    assert not both.lacks(lent)


@given(RIGHTS, RIGHTS)
def test_something_is_gone_exactly_when_a_role_or_a_level_is(before: Rights, after: Rights):
    lost = bool(set(before.roles) - set(after.roles)) or any(
        RANK[after.level(category)] < RANK[before.level(category)] for category in (*CATEGORIES, "never named")
    )
    assert after.lacks(before) == lost


def test_the_administrators_role_gives_no_reviewers_level_r60():
    assert checked(["admin"], [("*", "senior")]) == Rights(("admin",), {})
    assert Rights(("admin",), {"*": "senior"}).level("ring") is None


@pytest.mark.parametrize(
    ("roles", "levels", "code"),
    [
        (["reviewer"], [], "level_missing"),
        (["reviewer"], [("ring", "")], "level_missing"),
        (["reviewer"], [("ring", "king")], "level_unknown"),
        (["reviewer"], [("Ring", "junior"), ("ring ", "senior")], "category_twice"),
        (["reviewer"], [("кольца", "junior")], "category_malformed"),
        (["reviewer"], [("-ring", "junior")], "category_malformed"),
        (["reviewer"], [(f"c{n}", "junior") for n in range(51)], "categories_too_many"),
        (["root"], [], "role_unknown"),
    ],
)
def test_rights_that_cannot_be_given(roles: list[str], levels: list[tuple[str, str]], code: str):
    with pytest.raises(BadRights) as bad:
        checked(roles, levels)
    assert bad.value.code == code


@given(st.lists(st.integers(0, 900), max_size=30).map(sorted), st.integers(1, 10))
def test_after_so_many_tries_one_waits_until_fewer_lie_within_the_window(seconds: list[int], tries: int):
    failures = [NOW + timedelta(seconds=each) for each in seconds]
    until = blocked_until(failures, Limit(tries, "pair"))
    if len(failures) < tries:
        assert until is None
    else:
        assert until is not None
        assert sum(each > until - WINDOW for each in failures) < tries, "then there is room for a try"
        assert sum(each >= until - WINDOW for each in failures) >= tries, "and not a moment before"


def test_the_pair_is_blocked_first_and_an_office_last():
    assert [limit.tries for limit in LIMITS] == sorted(limit.tries for limit in LIMITS)


def test_logins_that_look_alike_are_one():
    assert plain_login("  ＡＤＭＩＮ ") == plain_login("admin") == "admin"
    assert login_fault("two words") == login_fault("a\u200bb") == "login_characters"
    assert login_fault("") == login_fault("x" * 201) == "login_length"
    assert login_fault("сауле@мысал.kz") == ""


def test_names_of_any_script_but_no_signs_that_turn_them_around():
    for name in ("Әйгерім Құдайбергенқызы", "O'Hara", "الفا", "می\u200cخواهم", "<b>"):
        assert name_fault(name) == "", name
    for name in ("a\u202egpj.exe", "a\u2066b", "a\x00b", "a\nb"):
        assert name_fault(name) == "name_characters", name


def test_length_makes_a_password_and_not_a_mix_of_signs():
    assert password_fault("correct horse battery", "saule") == ""
    assert password_fault("P@ss1!", "saule") == "password_short"
    assert password_fault("x" * 201, "saule") == "password_long"
    assert password_fault("abababababab", "saule") == "password_easy"
    assert password_fault("Saule.K-2026-11", "saule.k") == "password_easy"


def test_an_attempt_at_the_company_is_opened_by_its_browser_and_in_time_only():
    secret, flow = b"s" * 32, new_flow("/review", "key")
    text = sealed(flow, secret, NOW)
    assert opened(text, flow.state, secret, NOW) == flow
    assert opened(text, "another", secret, NOW) is None
    assert opened(text, flow.state, b"t" * 32, NOW) is None
    assert opened(text, flow.state, secret, NOW + timedelta(minutes=10)) is None
    assert opened("A" + text[1:], flow.state, secret, NOW) is None
    for nonsense in ("", ".", "a.b", "é.é", text * 5):
        assert opened(nonsense, "", secret, NOW) is None


@given(st.text(max_size=80))
def test_only_paths_of_ours_are_followed(address: str):
    path = safe_next(address)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert "\\" not in path
    assert path.isprintable()


@given(st.lists(st.tuples(st.text(), st.text())), st.booleans())
def test_what_was_typed_comes_back_as_it_was(fields: list[tuple[str, str]], files: bool):
    typed = Typed("/accounts/acc_1/name", tuple(fields), files)
    assert typed_from(typed.text()) == typed


def test_a_browser_is_named_in_two_words():
    chrome = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"
    )
    assert browser_of(chrome) == "Chrome, Windows"
    assert browser_of(chrome + " Edg/150.0") == "Edge, Windows"
    assert (
        browser_of("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1")
        == "Safari, iPhone"
    )
    assert browser_of("curl/8") == ""


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"local_accounts": False}, "nobody could log in"),
        ({"oidc_issuer": "http://login.corp.kz", "oidc_client_id": "c"}, "https address"),
        ({"oidc_issuer": "https://login.corp.kz"}, "oidc_client_id is missing"),
        ({"oidc_issuer": "https://login.corp.kz", "oidc_client_id": "c", "local_accounts": False}, ""),
        ({"oidc_issuer": "http://127.0.0.1:8080", "oidc_client_id": "c"}, ""),
        ({}, ""),
    ],
)
def test_settings_with_which_nobody_could_log_in_are_refused(settings: dict[str, object], says: str):
    values: dict[str, Any] = {
        "pg_dsn": "postgresql://x",
        "token_key_file": "t.jwk",
        "image_key_file": "i.key",
        **settings,
    }
    if not says:
        assert Settings(**values).local_accounts == settings.get("local_accounts", True)
        return
    with pytest.raises(ValidationError, match=says):
        Settings(**values)


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.10", "192.0.2.10"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.10", "192.0.2.10"),
        ("", ""),
        ("unix:/run/console.sock", "unix:/run/console.sock"),
    ],
)
def test_what_counts_as_one_address(address: str, counts_as: str):
    assert neighbourhood(address) == counts_as
