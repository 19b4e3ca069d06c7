"""
Reply: the answer to a call, and its content or the error it stands for.

Takes status, header fields and bytes; gives a `Reply`, whose `content` is parsed when first asked for. Pure.
What an answer says that is no success, is read in `refusals`.
Source: RFC 9110 for status and media types, RFC 8259 for JSON.
"""

from __future__ import annotations

import codecs
import datetime
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from restpath.call import Call
from restpath.content import is_surely_no_text, is_text, parse_json
from restpath.definition.mediatypes import essence_of, is_json
from restpath.errors import BadReply, RequestError
from restpath.masking import Secret
from restpath.records import dataclass, field
from restpath.types import Headers, Json

__all__ = ["Reply", "result_of"]


@dataclass(frozen=True)
class Reply:
    """
    The answer to a call.

    Attributes:
        status: the HTTP status code.
        headers: the header fields.
        body: the bytes of the content, decompressed.
        elapsed: the time from the first byte sent to the last one received.
        call: what was answered, without credentials.
        reason: the words beside the status.
        received: when the header fields arrived.
        tries: how often the call was sent.
        hidden: the secrets that went with the call, which no message may say; lost in a pickle.
        saved: how many bytes `.save` wrote; None where the content is in `body`.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    elapsed: datetime.timedelta
    call: Call
    reason: str = ""
    received: datetime.datetime | None = field(default=None, repr=False)
    tries: int = 1
    hidden: tuple[Secret, ...] = field(default=(), repr=False, compare=False)
    saved: int | None = None

    @property
    def url(self) -> str:
        """The URL that answered: the last one where there were redirects."""
        return self.call.url

    @property
    def media_type(self) -> str | None:
        """The media type without its parameters, in lower case; None if the answer names none."""
        return essence_of(self.headers.get("content-type", "")) or None

    @property
    def content(self) -> Json:
        """
        The content: JSON parsed, text as str, anything else as bytes; None if there is none.

        Raises:
            BadReply: it is not of the media type it claims.
        """
        # Kept as `cached_property` does it, but for its lock, which is one for all replies before Python 3.12.
        own = self.__dict__
        if "_content" not in own:
            own["_content"] = self._parsed()
        return own["_content"]

    def _parsed(self) -> Json:
        if not self.body or self.status in (204, 304):
            return None
        media_type = self.media_type
        if media_type is None:
            try:
                return parse_json(self.body, None)
            except (ValueError, RecursionError):
                return self._text_or_bytes()
        if not is_json(media_type):
            return self._json_or(media_type)
        try:
            return parse_json(self.body, self._charset)
        except (ValueError, RecursionError) as error:
            problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        from restpath.refusals import masked_words

        # Raised outside the handler: json's own error carries all of the content with it.
        raise BadReply(
            f"{self.call.described()} answered {self.status} with {media_type} that is not: {problem}; "
            f"it begins {masked_words(self.excerpt, self)!r}. .reply(...).body has its bytes",
            call=self.call,
        ) from ValueError(problem)

    def _json_or(self, media_type: str) -> Json:
        """The content under a media type that is none of JSON's: JSON where the definition says so and it is some."""
        if media_type in (self.call.operation.rules.json_types if self.call.operation else ()):
            try:
                return parse_json(self.body, self._charset)
            except (ValueError, RecursionError):
                pass
        return self._text_or_bytes()

    @property
    def lenient_content(self) -> Json:
        """The content, or its text or bytes where it is not of the media type it claims: what an error shows."""
        try:
            return self.content
        except BadReply:
            return self._text_or_bytes()

    @property
    def text(self) -> str:
        """The content as text: by the character set it names, else UTF-8, else ISO-8859-1, which loses nothing."""
        charset = self._charset
        if charset is not None and charset not in ("utf-8", "utf8", "us-ascii"):
            try:
                return self.body.decode(charset, "replace")
            except (LookupError, ValueError):  # no such set, or no set at all
                pass
        try:
            return self.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self.body.decode("utf-8-sig", "replace") if charset else self.body.decode("latin-1")

    @property
    def _charset(self) -> str | None:
        """The character set that the answer names, in lower case."""
        return _charset_of(self.headers.get("content-type", "text/plain")[:_LONGEST_TYPE])

    @property
    def excerpt(self) -> str:
        """The beginning of the content, for messages."""
        from restpath.refusals import beginning

        return beginning(self.text)

    @property
    def retry_after(self) -> float | None:
        """Seconds that the service asks to wait; None if it does not. Source: RFC 9110 section 10.2.3."""
        from restpath.refusals import wanted_wait

        return wanted_wait(self)

    def _text_or_bytes(self) -> str | bytes:
        media_type, body = self.media_type, self.body
        if media_type is None:
            try:
                return body.decode()
            except UnicodeDecodeError:
                return body
        return self.text if is_text(media_type) or self._says_it_is_text(media_type) else body

    def _says_it_is_text(self, media_type: str) -> bool:
        """Whether a type that need not be text names a character set, and holds to it."""
        if self._charset in (None, "binary") or is_surely_no_text(media_type):
            return False
        try:
            self.body.decode(self._charset or "utf-8")
        except (LookupError, ValueError):
            return False
        return True

    def __repr__(self) -> str:
        size = f"{len(self.body)} bytes" if self.saved is None else f"{self.saved} bytes saved"
        return f"<Reply {self.status} to {self.call.described()}: {size}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Reply, (
            self.status, self.headers, self.body, self.elapsed, self.call, self.reason, self.received, self.tries,
            self.hidden, self.saved,
        )  # fmt: skip


# What grows with the square of its length: the time to read a Content-Type, and to decode what no document is in.
_LONGEST_TYPE = 1000
_FOR_HOST_NAMES = ("punycode", "idna")
_NO_CHARSET = "unknown"  # which Python knows as little as any that is made up


@lru_cache(maxsize=128)
def _charset_of(content_type: str) -> str | None:
    from email.message import Message

    message = Message()
    message["Content-Type"] = content_type
    try:
        charset = message.get_content_charset()
    except (LookupError, ValueError):
        return None
    return charset if charset is None or _may_be_in(charset) else _NO_CHARSET


def _may_be_in(charset: str) -> bool:
    """Whether a document may be in a character set; one that nobody knows is looked for when it is decoded."""
    try:
        return codecs.lookup(charset).name not in _FOR_HOST_NAMES
    except (LookupError, ValueError):
        return True


def result_of(reply: Reply) -> Any:
    """
    What a call gives its caller: the content; for HEAD the count that a header carries, else the header fields.

    Raises:
        RequestError: the status says that the call failed.
        BadReply: the answer is not what it says it is.
    """
    operation = reply.call.operation
    if not 200 <= reply.status < 300 or (operation is not None and operation.rules.errors.when):
        error = _error_rules()(reply)
        if error is not None:
            raise error
    if reply.call.method != "HEAD":
        return reply.content
    name = operation.rules.count_header if operation is not None else None
    if name is None:
        return reply.headers
    text = reply.headers.get(name)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,99}", text.strip()):
        raise BadReply(
            f"{reply.call.described()} answered {name}: {text[:300]!r}, which is no number of items",
            call=reply.call,
        )
    return int(text)


@cache
def _error_rules() -> Callable[[Reply], RequestError | None]:
    from restpath.refusals import error_of

    return error_of
