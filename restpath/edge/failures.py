"""
Foreign errors -> ours: what became of a call that got no answer, or none to its end.

Takes an error of requests, urllib3, http.client or ssl and the call; gives the `TransportError` or `InvalidValue` that
says what happened and whether the service may have carried the call out. Its cause is of the foreign error's class,
with clean words and without the request that it carried: URLs in foreign words hold query secrets.
Source: the exceptions of requests 2.30 to 2.34 over urllib3 1.26 to 2; RFC 9110 section 9.2.2 for what may be repeated.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from typing import Any

import requests
from requests import exceptions as foreign
from urllib3 import exceptions as wire

from restpath.auth.schemes import Proof
from restpath.call import Call
from restpath.errors import BadReply, ConnectionFailed, InvalidValue, RestpathError, TLSError, TransportError
from restpath.errors import Timeout as TimeLimit
from restpath.masking import MASK, Secret, mask_secrets, mask_url
from restpath.regex import pattern

__all__ = [
    "as_reading_says", "as_requests_says", "frames_of", "is_from_callback", "reading_failure", "refused_answer",
    "sending_failure", "was_connecting",
]  # fmt: skip

_QUERY = pattern(r"\?[^\s'\"<>)]*=[^\s'\"<>)]*")
_WHO_SAYS_IT = pattern(r"^(?:<[^<>]* object at 0x[0-9a-f]+>|\w+\(host=.*?\)): ")
_LIMIT = pattern(r"\((connect|read) timeout=([0-9.]+)\)")
# What the other side of TLS says when it turns us down: the handshake is then not over, whatever was sent after it.
_TURNED_DOWN = pattern(r"ALERT|CERTIFICATE|UNKNOWN_CA|HANDSHAKE")
_NO_URL = (
    foreign.InvalidURL, foreign.InvalidSchema, foreign.MissingSchema, wire.LocationValueError,
    http.client.InvalidURL,
)  # fmt: skip
_GARBLED = (http.client.HTTPException, wire.InvalidHeader, foreign.ContentDecodingError)


def sending_failure(error: Exception, call: Call, proof: Proof) -> RestpathError | None:
    """
    Say what became of a call that got no answer, and whether it may have been carried out.

    Returns:
        the error to raise; None for one that is not of the network's making and passes as it is.
    """
    secrets = _secrets(call, proof)
    if isinstance(error, RestpathError):
        return None
    chain = list(_chain(error))
    problem = _unsendable(error, chain, secrets)
    if problem is not None:
        return InvalidValue(f"{call.described()} cannot be sent: {problem}")
    if not isinstance(error, (requests.RequestException, wire.HTTPError, http.client.HTTPException, OSError)):
        return None
    connecting = any(was_connecting(each) for each in chain)
    kind = _kind(chain, connecting)
    happened = not connecting and kind is not TLSError
    fate = "the service may have carried it out" if happened else "nothing was sent"
    words = _words(chain, secrets)
    if any(isinstance(each, (wire.ProxyError, foreign.ProxyError)) for each in chain):
        words = f"no way through the proxy that the environment or the session names: {words}"
    failure = kind(f"{call.described()} got no answer: {words} ({fate})", call=call, may_have_happened=happened)
    failure.__cause__ = _cause(error, secrets)
    return failure


def reading_failure(error: Exception, call: Call, proof: Proof) -> TransportError:
    """Say what became of an answer that did not come to its end, or is not what its header fields say."""
    secrets, chain = _secrets(call, proof), list(_chain(error))
    kind = TimeLimit if _is_timeout(chain) else BadReply
    failure = kind(f"{call.described()} was answered, but not to the end: {_words(chain, secrets)}", call=call)
    failure.__cause__ = _cause(error, secrets)
    return failure


def is_from_callback(error: Exception) -> bool:
    """Tell whether an error was raised by what the user hung into requests (a hook, an `auth=`), and is theirs."""
    if isinstance(error, (requests.RequestException, wire.HTTPError)):
        return False
    return any((module, name) in _CALLBACKS for module, name in frames_of(error))


_CALLBACKS = {("requests.hooks", "dispatch_hook"), ("requests.models", "prepare_auth")}


def refused_answer(error: Exception) -> requests.Response | None:
    """Give the answer that a hook made an error of, for its status; of that we tell ourselves."""
    return error.response if isinstance(error, requests.HTTPError) else None


# ---- urllib3's errors as those of requests -----------------------------------------------------------------------


def as_requests_says(error: Exception) -> Exception | None:
    """Give the error that requests makes of one of urllib3's; None where it lets it pass."""
    reason = getattr(error, "reason", None)
    if isinstance(error, wire.MaxRetryError):
        if isinstance(reason, wire.ConnectTimeoutError) and not isinstance(reason, wire.NewConnectionError):
            return requests.ConnectTimeout(error)
        if isinstance(reason, wire.ResponseError):
            return foreign.RetryError(error)
        theirs = foreign.SSLError if isinstance(reason, wire.SSLError) else requests.ConnectionError
        return theirs(error)
    return next((theirs(error) for kind, theirs in _SENDING if isinstance(error, kind)), None)


_SENDING: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (wire.ProtocolError, requests.ConnectionError),
    (OSError, requests.ConnectionError),
    (wire.SSLError, foreign.SSLError),
    (wire.ReadTimeoutError, requests.ReadTimeout),
    (wire.InvalidHeader, foreign.InvalidHeader),
)


def as_reading_says(error: Exception) -> Exception:
    """Give the error that requests makes of one of urllib3's that comes while an answer is read."""
    return next((theirs(error) for kind, theirs in _READING if isinstance(error, kind)), error)


_READING: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (wire.ProtocolError, foreign.ChunkedEncodingError),
    (wire.DecodeError, foreign.ContentDecodingError),
    (wire.ReadTimeoutError, requests.ConnectionError),
    (wire.SSLError, foreign.SSLError),
)


# ---- what kind it is ---------------------------------------------------------------------------------------------


def _unsendable(error: Exception, chain: list[BaseException], secrets: list[Secret]) -> str | None:
    """What is wrong with the call or the session's settings, where it was not the network; None where it was."""
    if isinstance(error, _NO_URL):
        return _clean(str(error), secrets)
    if isinstance(error, UnicodeError) or (isinstance(error, foreign.InvalidHeader) and len(chain) == 1):
        return "a header field holds what none can carry (its value is not shown)"
    if isinstance(error, ValueError) and str(error).startswith("Invalid header "):  # http.client's
        return "a header field has a line break in it (its value is not shown)"
    if isinstance(error, OverflowError):
        return f"its time limits are too long ({error})"
    # requests looks for the files of `verify` and `cert` itself, and raises a plain OSError without a number.
    if type(error) is OSError and error.errno is None:
        return _clean(str(error), secrets)
    return None


def _kind(chain: list[BaseException], connecting: bool) -> type[TransportError]:
    if _is_timeout(chain):
        return TimeLimit
    if any(isinstance(each, (ssl.SSLError, wire.SSLError, foreign.SSLError)) for each in chain):
        return TLSError if connecting or _is_turned_down(chain) else ConnectionFailed
    if any(isinstance(each, _GARBLED) and not isinstance(each, ConnectionError) for each in chain):
        return BadReply
    return ConnectionFailed


def _is_timeout(chain: list[BaseException]) -> bool:
    if any(isinstance(each, wire.NewConnectionError) for each in chain[:-1]):
        chain = chain[-1:]  # which urllib3 calls a time-out of connecting, whatever it was
    return any(
        isinstance(each, (foreign.Timeout, wire.TimeoutError, TimeoutError))
        and not isinstance(each, wire.NewConnectionError)
        for each in chain
    )


def _is_turned_down(chain: list[BaseException]) -> bool:
    return any(
        isinstance(each, ssl.SSLCertVerificationError) or _TURNED_DOWN.search(str(getattr(each, "reason", "") or ""))
        for each in chain
        if isinstance(each, ssl.SSLError)
    )


def was_connecting(error: BaseException) -> bool:
    """Whether urllib3 was still making the connection when it happened, a proxy's tunnel and TLS with it."""
    if isinstance(error, (wire.NewConnectionError, foreign.ConnectTimeout)):
        return True
    return any(name == "connect" and module == "urllib3.connection" for module, name in frames_of(error))


def frames_of(error: BaseException) -> Iterator[tuple[str, str]]:
    """The modules and functions that an error came through."""
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame.f_globals.get("__name__", ""), step.tb_frame.f_code.co_name
        step = step.tb_next


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it wraps, the outermost first."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        yield error
        candidates: list[Any] = [getattr(error, "reason", None), *error.args[::-1], error.__cause__, _context(error)]
        error = next((each for each in candidates if isinstance(each, BaseException)), error)


def _context(error: BaseException) -> BaseException | None:
    """What urllib3 1.26 was handling when it raised an error; not what the caller is, whose affair it may be."""
    context = error.__context__
    if isinstance(context, TypeError):  # it asks `getresponse` for what Python no longer has, and then without that
        return None
    return context if context is not None and next(frames_of(context), ("", ""))[0].startswith("urllib3.") else None


# ---- clean words -------------------------------------------------------------------------------------------------


def _words(chain: list[BaseException], secrets: list[Secret]) -> str:
    """The words of the innermost error that has any."""
    for error in reversed(chain):
        text = (error.strerror if isinstance(error, OSError) else None) or str(error)
        text = _WHO_SAYS_IT.sub("", _clean(text, secrets))
        if text:
            return text + _limit_of(chain) if text == "timed out" else text
    return type(chain[0]).__name__


def _limit_of(chain: list[BaseException]) -> str:
    """Which time limit it was that ran out, as far as urllib3 says so."""
    found = next(filter(None, (_LIMIT.search(str(each)) for each in chain)), None)
    if found is None:
        return ""
    what = "no connection within" if found[1] == "connect" else "nothing came for"
    return f": {what} {found[2].removesuffix('.0')} seconds"


def _secrets(call: Call, proof: Proof) -> list[Secret]:
    return [secret for _, secret in (*proof.headers, *proof.query, *proof.fields, *call.secret_headers)]


def _clean(text: str, secrets: list[Secret]) -> str:
    """Foreign words without user information, queries and secrets."""
    return mask_secrets(_QUERY.sub(f"?{MASK}", mask_url(text)), secrets, longer_than=3)


def _cause(error: BaseException, secrets: list[Secret]) -> BaseException:
    """A foreign error of the same class with clean words, and without the request it carries."""
    clean: BaseException = type(error).__new__(type(error))
    clean.args = (_clean(str(error), secrets),)
    for name in ("request", "response"):
        if hasattr(error, name):
            setattr(clean, name, None)
    try:
        str(clean)
    except Exception:  # one that makes its words of what it carries
        return requests.RequestException(*clean.args)
    return clean
