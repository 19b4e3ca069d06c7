"""
Device: a login by a code that a person types in elsewhere, for what has no browser.

Takes what a definition says of the grant; gives the request for the codes, reads them, and says how long to wait
between two questions whether the person is done. Pure: waiting and sending are the caller's.
Source: RFC 8628.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Mapping

from restpath.auth.answers import TokenRefused, nonsense, object_in
from restpath.auth.grants import Secrets, request_of
from restpath.auth.schemes import Proof
from restpath.call import Call
from restpath.definition.frozen import frozen_map
from restpath.definition.schemes import Credential, TokenRule
from restpath.errors import AuthError, TransportError
from restpath.masking import Secret, mask_url
from restpath.records import dataclass
from restpath.reply import Reply

__all__ = ["Device", "device_request", "device_waits", "read_device"]

_NONE: Mapping[str, Credential] = frozen_map({})
_LONGEST_SECONDS = 86400.0


@dataclass(frozen=True, eq=False)
class Device:
    """
    A device that waits for a person. Source: RFC 8628 section 3.2.

    Attributes:
        user_code: what the person types in.
        verification_uri: where.
        verification_uri_complete: the same with the code in it, where the service has one.
        device_code: what the device asks with.
        interval: how many seconds to wait between two questions.
        expires_in: after how many seconds the codes end.
    """

    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    device_code: Secret
    interval: float
    expires_in: float

    def exchange_values(self) -> dict[str, Secret]:
        """Give what the token request of the grant `device_code` is filled with, beside credentials."""
        return {"device_code": self.device_code}


def device_request(
    rule: TokenRule, at_hand: Secrets, base_url: str, *, credentials: Mapping[str, Credential] = _NONE
) -> tuple[Call, Proof]:
    """
    Describe the request for a device's codes; see `token_request`.

    Raises:
        AuthError: the service has no such grant, or credentials are missing.
    """
    if rule.device is None:
        raise AuthError("the service has no login for devices: it says nothing of the grant device_code")
    device = rule.device
    return request_of("POST", device.url, device.fields, rule.basic, at_hand, base_url, credentials=credentials)


def read_device(reply: Reply) -> Device:
    """
    Read the answer to a device's request.

    Raises:
        AuthError: it is none.
    """
    content = object_in(reply, reply.hidden)
    uri = content.get("verification_uri", content.get("verification_url"))  # the second is a habit from a draft
    complete = content.get("verification_uri_complete", content.get("verification_url_complete"))
    user_code, device_code = content.get("user_code"), content.get("device_code")
    checks = {
        "verification_uri": _is_link(uri),
        "verification_uri_complete": complete is None or _is_link(complete),
        "user_code": isinstance(user_code, str) and re.fullmatch(r"\S(?:.{0,62}\S)?", user_code) is not None,
        "device_code": isinstance(device_code, str) and re.fullmatch(r"[\x20-\x7e]+", device_code) is not None,
    }
    wrong = [name for name, good in checks.items() if not good]
    if wrong or not str(user_code).isprintable():
        names = ", ".join(wrong) or "user_code"
        raise nonsense(reply, f"{names} is missing or cannot be what it is meant to be", content)
    interval = _seconds(content.get("interval"), 5.0)
    expires_in = _seconds(content.get("expires_in"), 1800.0)
    return Device(str(user_code), str(uri), complete, Secret(str(device_code)), interval, expires_in)


def _is_link(value: object) -> bool:
    """Whether it can be shown to a person, and opened: nothing but http and https ever is."""
    return isinstance(value, str) and re.fullmatch(r"https?://[\x21-\x7e]+", value) is not None


def _seconds(value: object, usual: float) -> float:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = float(value)
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 and math.isfinite(value)
    return min(float(value), _LONGEST_SECONDS) if good else usual  # type: ignore[arg-type]


def device_waits(device: Device) -> Generator[float, TokenRefused | TransportError, None]:
    """
    Say how long to wait before each question, told what came of the last.

    `next(waits)` gives the seconds before the first; `waits.send(error)` those before the next, where the error is a
    `TokenRefused`, or a `TransportError` where no answer came. Source: RFC 8628 section 3.5.

    Raises:
        AuthError: the person said no, or the codes ended; there is no use in asking again.
    """
    interval, waited = device.interval, 0.0
    while waited + interval <= max(device.expires_in, device.interval):
        waited += interval
        error = yield interval
        if isinstance(error, TransportError):
            interval *= 2
        elif error.code == "slow_down":
            interval += 5
        elif error.code != "authorization_pending":
            raise error
    raise TokenRefused(
        f"nobody confirmed {device.user_code} at {mask_url(device.verification_uri)} within "
        f"{device.expires_in:.0f} seconds: log in again",
        code="expired_token",
    )
