"""Passwords, how long a wrong one locks an account, where signing in leads to, and names."""

import pytest

from kb import passwords
from kb.accounts import Profile, checked_name, folded
from kb.errors import Refused, SettingError
from kb.settings import load_settings
from kb.signing_in import lock_minutes
from web.auth import safe_target
from web.oidc import granted, role_mapping
from web.proxies import Networks


def test_a_hash_opens_with_its_password_only():
    hashed = passwords.hash_password("correct horse battery")
    assert hashed.startswith("$argon2id$")
    assert passwords.matches(hashed, "correct horse battery")
    assert not passwords.matches(hashed, "correct horse batterY")
    assert not passwords.matches("", "nobody has this password")
    assert not passwords.matches("not a hash", "anything")


def test_a_weaker_hash_is_made_anew():
    from argon2 import PasswordHasher

    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=1024).hash("x"))
    assert not passwords.is_outdated(passwords.hash_password("x"))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "至少"),
        ("x" * 129, "最多"),
        ("aaaaaaaaaaaa", "太容易"),
        ("Password1234", "太容易"),
        ("zhangsan-2026!", "登录名"),
    ],
)
def test_weak_passwords_say_why(password, why):
    assert why in passwords.weakness(password, "zhangsan")


@pytest.mark.parametrize("password", ["correct horse battery", "雨天记得带伞出门去上班啊", "Tr0ub4dor&3-and-more"])
def test_good_passwords_are_taken(password):
    assert passwords.weakness(password, "zhangsan") is None


def test_an_account_is_locked_longer_each_time_up_to_a_quarter_of_an_hour():
    assert [lock_minutes(n) for n in (1, 4, 5, 6, 7, 8, 9, 50, 10_000)] == [0, 0, 1, 2, 4, 8, 15, 15, 15]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil", "",
        "/\t/evil.example", "/\n//evil.example", "///evil.example", "http:evil", "/sign-in?to=/edit/", "/sign-out",
    ],
)  # fmt: skip
def test_signing_in_never_leads_elsewhere(target):  # W7
    assert safe_target(target) == "/"


@pytest.mark.parametrize("target", ["/", "/edit/?show=mine", "/articles/replace-card?at=2026-12-01", "/people/3"])
def test_signing_in_leads_back(target):
    assert safe_target(target) == target


def test_width_and_case_make_no_second_person():
    assert folded(" ＺｈａｎｇＳan ") == "zhangsan" == checked_name("ZhangSan")


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a" * 65, "张 三", "<script>", "a\x00b", "=cmd", "\ud800", "a\nb", "a/b"]
)
def test_names_that_cannot_be_are_refused(name):
    with pytest.raises(Refused):
        checked_name(name)


@pytest.mark.parametrize("name", ["zhang.san", "zhang@bank.example", "张三", "e-1_2+x"])
def test_usual_names_are_taken(name):
    assert checked_name(name) == name


def test_a_profile_needs_roles_that_exist():
    with pytest.raises(Refused, match="没有“boss”这个角色"):
        Profile("张三", frozenset({"boss"})).checked()
    with pytest.raises(Refused, match="至少要选一个角色"):
        Profile("张三", frozenset()).checked()
    with pytest.raises(Refused, match="姓名最多"):
        Profile("张" * 65, frozenset({"agent"})).checked()
    kept = Profile(" 张\t三\u202e ", frozenset({"agent"}), frozenset({" 信用卡 ", ""})).checked()
    assert (kept.display, kept.queues) == ("张 三", frozenset({"信用卡"}))


def test_roles_of_the_provider_are_mapped():
    mapping = role_mapping("kb-editors=editor, kb leads=lead")
    assert mapping == {"kb-editors": "editor", "kb leads": "lead"}
    assert granted({"roles": ["kb-editors", "other"]}, "roles", mapping) == {"editor"}
    assert granted({"roles": "kb-editors other"}, "roles", mapping) == {"editor"}
    assert granted({"realm_access": {"roles": ["kb leads"]}}, "realm_access.roles", mapping) == {"lead"}
    assert granted({"https://bank.example/roles": ["kb leads"]}, "https://bank.example/roles", mapping) == {"lead"}
    for odd in ({}, {"roles": None}, {"roles": 7}, {"roles": {"a": 1}}, {"roles": [["kb-editors"]]}, {"roles": ["no"]}):
        assert granted(odd, "roles", mapping) == {"agent"}


@pytest.mark.parametrize("written", ["kb-editors", "=editor", "kb-editors=boss"])
def test_a_mapping_that_makes_no_sense_names_itself(written):
    with pytest.raises(SettingError, match="KB_OIDC_ROLES"):
        role_mapping(written)


def test_only_the_named_networks_are_trusted():
    trusted = Networks("127.0.0.1/32, 10.1.0.0/16,fd00::/8")
    for address in ("127.0.0.1", "10.1.2.3", "fd00::1", "::ffff:10.1.2.3"):
        assert address in trusted, address
    for address in ("10.2.0.1", "127.0.0.2", "", "unix:", "10.1.2.3, 8.8.8.8", "::1"):
        assert address not in trusted, address


def reading(tmp_path, **env):
    return load_settings(env, tmp_path / "none.toml").anonymous_reading


def test_reading_without_signing_in_is_for_this_machine_only(tmp_path):
    assert reading(tmp_path)
    assert not reading(tmp_path, KB_HOST="0.0.0.0")
    assert not reading(tmp_path, KB_HOST="10.0.0.5")
    assert reading(tmp_path, KB_HOST="10.0.0.5", KB_ANONYMOUS="yes")
    assert not reading(tmp_path, KB_ANONYMOUS="no")
    # a proxy in front listens elsewhere
    assert not reading(tmp_path, KB_TLS="yes")
    assert not reading(tmp_path, KB_PUBLIC_URL="https://kb.bank.example")
    assert not reading(tmp_path, KB_PROXY_HEADER="X-Remote-User")


def test_a_short_secret_is_refused_and_not_shown(tmp_path):  # W6
    with pytest.raises(SettingError) as refused:
        load_settings({"KB_SECRET_KEY": "hunter2"}, tmp_path / "none.toml")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["kb.bank.example", "https://kb.bank.example/kb", "ftp://kb", "https://", "javascript:x"]
)
def test_an_address_that_is_no_origin_is_refused(tmp_path, url):
    with pytest.raises(SettingError, match="KB_PUBLIC_URL"):
        load_settings({"KB_PUBLIC_URL": url}, tmp_path / "none.toml")


def test_links_say_how_people_reach_the_service(tmp_path):
    none = tmp_path / "none.toml"
    assert load_settings({}, none).address == "http://127.0.0.1:8000"
    assert load_settings({"KB_HOST": "::1"}, none).address == "http://[::1]:8000"
    assert load_settings({"KB_PUBLIC_URL": "https://kb.bank.example/"}, none).address == "https://kb.bank.example"
