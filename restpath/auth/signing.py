"""
Signatures: what a call says, in one line, and its digest.

Takes what the definition says of a signature, the pairs of a call and the credentials; gives the digest in hex. Pure.
Which text is signed is the definition's word: pairs sorted by name, each name followed at once by its value, the
operation's name and secrets, in UTF-8 and with nothing in between.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from restpath.definition.schemes import Signature
from restpath.errors import AuthError, InvalidValue
from restpath.masking import Secret

__all__ = ["signature_of"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def signature_of(
    signature: Signature, pairs: Iterable[tuple[str, str]], operation_name: str, at_hand: Mapping[str, Secret]
) -> str:
    """
    Sign pairs of query and form, in whatever order they come; several of one name are sorted by their values.

    Args:
        pairs: all that goes with the call but its files; a signature among them is not signed.
        operation_name: the operation's name; "" for a link, which is no operation.
        at_hand: the credentials.
    Returns:
        the digest, in lower-case hex.
    Raises:
        AuthError: a credential is missing that the signature needs.
        InvalidValue: a value has no UTF-8.
    """
    signed = sorted((name, value) for name, value in pairs if name != signature.parameter)
    special = {"pairs": "".join(name + value for name, value in signed), "operation": operation_name}

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        return special[name] if name in special else at_hand[name].reveal()

    missing = [name for name in _PLACEHOLDER.findall(signature.text) if name not in special and name not in at_hand]
    if missing:
        raise AuthError(
            f"{operation_name or 'The link'} has to be signed, and that needs {', '.join(missing)}: "
            f"give {', '.join(f'{name}=...' for name in missing)} to restpath.connect(). Nothing was sent"
        )
    try:
        data = _PLACEHOLDER.sub(fill, signature.text).encode()
    except UnicodeEncodeError:  # which holds the text
        data = None
    if data is None:
        raise InvalidValue(f"{operation_name or 'the link'} cannot be signed: a value holds half a character")
    # No secret depends on the digest alone; and MD5 has to be had where a system allows only newer ones for security.
    return hashlib.new(signature.digest, data, usedforsecurity=False).hexdigest()
