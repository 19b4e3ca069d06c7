"""
What is sent: a call's body with what proves who calls, opened once for all tries.

Takes a `Call` and its `Proof`; gives a `Sending`, or says that a file of it cannot be read, before anything is sent.
Source: RFC 7578 for parts; RFC 9110 section 9.2.2 for what can be sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from restpath.auth.schemes import Proof
from restpath.body import encode_form
from restpath.call import Call
from restpath.carried import fields_place
from restpath.definition.mediatypes import FORM
from restpath.records import dataclass, field

if TYPE_CHECKING:
    from restpath.multipart import StreamedBody

__all__ = ["Sending", "open_sending", "renewed_sending"]


@dataclass(frozen=True)
class Sending:
    """A call's body with what proves who calls, opened once for all tries. Close it when the call is done."""

    body: bytes | StreamedBody | None = field(repr=False)
    content_type: str | None = None

    @property
    def repeatable(self) -> bool:
        """Whether the body can be sent again."""
        return self.body is None or isinstance(self.body, bytes) or self.body.rewindable

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.body is not None and not isinstance(self.body, bytes):
            self.body.close()


def open_sending(call: Call, proof: Proof) -> Sending:
    """
    Open what a call names, before anything is sent.

    Raises:
        InvalidValue: a file is missing, closed or unreadable.
    """
    place = fields_place(call)
    added = [(name, secret.reveal()) for name, secret in proof.fields] if place != "query" else []
    if call.files:
        from restpath.multipart import field_part, open_multipart

        names = {part.name for part in call.files}
        body = open_multipart((*(field_part(name, text) for name, text in added if name not in names), *call.files))
        said = call.headers.get("content-type", "")
        # A multipart type without its boundary could not be read by anyone.
        return Sending(body, body.content_type if not said or said.lower().startswith("multipart/") else said)
    if call.body is not None and not isinstance(call.body, bytes):
        from restpath.multipart import open_body

        return Sending(open_body(call.body))
    if added:
        return _form_sending(call.body or b"", added, call.headers.get("content-type", FORM))
    return Sending(call.body)


def _form_sending(form: bytes, added: list[tuple[str, str]], content_type: str) -> Sending:
    taken = {name for name, _ in parse_qsl(form.decode("ascii", "replace"), keep_blank_values=True)}
    more = encode_form([(name, text) for name, text in added if name not in taken])
    return Sending(b"&".join(each for each in (form, more) if each), content_type)


def renewed_sending(call: Call, sending: Sending, before: Proof, proof: Proof) -> Sending | None:
    """Give what is sent when a proof has changed; None where what was opened can neither be used nor opened again."""
    if before.fields == proof.fields or fields_place(call) == "query":
        return sending if sending.repeatable else None
    return open_sending(call, proof) if sending.body is None or isinstance(sending.body, bytes) else None
