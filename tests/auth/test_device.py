"""Devices: the codes that a person types in elsewhere, and how often a device may ask."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from restpath import AuthError, ConnectionFailed
from restpath.auth.device import Device, device_request, device_waits, read_device
from restpath.auth.grants import TokenRefused, token_request
from restpath.call import Call
from restpath.definition.schemes import Credential, DeviceRule, TokenRule
from restpath.masking import Secret
from restpath.reply import Reply
from restpath.types import Headers

BASE = "https://api.example.com/v1"
RULE = TokenRule(
    credential="token",
    url="/token",
    grants={"device_code": {"device_code": "{device_code}", "client_id": "{client_id}"}},
    device=DeviceRule("/device", {"client_id": "{client_id}", "scope": "{scope}"}),
)
CREDENTIALS = {
    "client_id": Credential("client_id", secret=False), "scope": Credential("scope", secret=False, optional=True)
}  # fmt: skip
HAND = {"client_id": Secret("app & co")}
SAID = {
    "device_code": "dev1ce", "user_code": "WDJB-MJHT", "verification_uri": "https://example.com/device",
    "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT", "expires_in": 900, "interval": 5,
}  # fmt: skip


def device_in(body: Any) -> Device:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_device(Reply(200, Headers(), data, timedelta(0), Call("POST", f"{BASE}/device")))


def test_a_device_asks_for_its_codes() -> None:
    call, proof = device_request(RULE, HAND, BASE, credentials=CREDENTIALS)
    assert (call.method, call.url) == ("POST", f"{BASE}/device")
    assert {name: secret.reveal() for name, secret in proof.fields} == {"client_id": "app & co"}


def test_a_service_without_devices_says_so() -> None:
    with pytest.raises(AuthError, match="no login for devices"):
        device_request(TokenRule("token", "/token"), HAND, BASE)


def test_a_devices_codes_are_read() -> None:
    device = device_in(SAID)
    assert (device.user_code, device.verification_uri) == ("WDJB-MJHT", "https://example.com/device")
    assert device.verification_uri_complete == "https://example.com/device?user_code=WDJB-MJHT"
    assert (device.interval, device.expires_in) == (5.0, 900.0)
    assert device.exchange_values()["device_code"].reveal() == "dev1ce"
    assert "dev1ce" not in repr(device)


def test_what_a_device_is_not_told_is_as_usual() -> None:
    """RFC 8628 section 3.2: five seconds; the name of the page's address is an older draft's with some services."""
    device = device_in({"device_code": "d", "user_code": "u", "verification_url": "http://127.0.0.1/device"})
    assert (device.interval, device.expires_in, device.verification_uri_complete) == (5.0, 1800.0, None)
    assert device.verification_uri == "http://127.0.0.1/device"


@pytest.mark.parametrize(
    "change",
    [{"device_code": ""}, {"device_code": 5}, {"device_code": "a\nb"}, {"user_code": ""}, {"user_code": "a\x1b[2Jb"},
     {"user_code": "a\nb"}, {"user_code": 1234}, {"verification_uri": "javascript:alert(1)"},
     {"verification_uri": "file:///etc/passwd"}, {"verification_uri": None}, {"verification_uri": "https://a b"},
     {"verification_uri_complete": "data:text/html,x"}],
)  # fmt: skip
def test_codes_that_cannot_be_shown_or_opened_are_nonsense(change: dict[str, Any]) -> None:
    with pytest.raises(AuthError, match=f"answered nonsense: {next(iter(change))} is missing or cannot be"):
        device_in({**SAID, **change})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
def test_an_answer_without_codes_is_nonsense(body: bytes) -> None:
    with pytest.raises(AuthError, match="nonsense"):
        device_in(body)


@pytest.mark.parametrize("said", [0, -5, "x", True, None, float("1e300"), []])
def test_waits_are_within_reason(said: object) -> None:
    device = device_in({**SAID, "interval": said, "expires_in": said})
    assert 0 < device.interval <= 86400
    assert 0 < device.expires_in <= 86400


def waiting(**change: Any) -> Any:
    return device_waits(replace(device_in(SAID), **change))


def pending(code: str = "authorization_pending") -> TokenRefused:
    return TokenRefused(code, code=code)


def test_a_device_waits_as_long_as_it_is_told() -> None:
    """RFC 8628 section 3.5: the interval; five seconds more after slow_down, for good; twice as long after silence."""
    waits = waiting()
    assert next(waits) == 5
    assert waits.send(pending()) == 5
    assert waits.send(pending("slow_down")) == 10
    assert waits.send(pending()) == 10
    assert waits.send(ConnectionFailed("no answer")) == 20
    assert waits.send(pending("slow_down")) == 25


@pytest.mark.parametrize("code", ["access_denied", "expired_token", "invalid_grant", ""])
def test_a_device_asks_no_more_when_it_is_refused(code: str) -> None:
    waits = waiting()
    next(waits)
    refusal = pending(code)
    with pytest.raises(TokenRefused) as caught:
        waits.send(refusal)
    assert caught.value is refusal


def test_a_device_asks_no_longer_than_its_codes_are_good_for() -> None:
    waits = waiting(expires_in=17.0)
    waited = [next(waits), waits.send(pending()), waits.send(pending())]
    assert waited == [5, 5, 5]
    with pytest.raises(
        TokenRefused, match=r"nobody confirmed WDJB-MJHT at https://example\.com/device within 17"
    ) as caught:
        waits.send(pending())
    assert caught.value.code == "expired_token"


def test_a_device_asks_at_least_once() -> None:
    assert next(waiting(expires_in=1.0)) == 5


def test_a_device_asks_for_its_token_with_its_code() -> None:
    _, proof = token_request(RULE, "device_code", HAND, BASE, more=device_in(SAID).exchange_values())
    assert {name: secret.reveal() for name, secret in proof.fields} == {
        "device_code": "dev1ce",
        "client_id": "app & co",
    }
