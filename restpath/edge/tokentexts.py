"""
Tokens as text: to the JSON that a store keeps, and back.

Takes a mapping or a text; gives the other, or an error that shows nothing of what is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from restpath.errors import AuthError, InvalidValue

__all__ = ["read_object", "token_text"]


def token_text(token: Mapping[str, Any]) -> str:
    """Write a token as JSON; the error says only what type it cannot be of."""
    if not isinstance(token, Mapping):
        raise InvalidValue(f"a token is a mapping, not a {type(token).__name__}")
    try:
        return json.dumps(dict(token), allow_nan=False)
    except TypeError as error:
        problem = str(error)
    except (ValueError, RecursionError) as error:
        problem = type(error).__name__
    raise InvalidValue(f"this token cannot be kept, for JSON cannot hold it: {problem}")


def read_object(data: str | bytes, what: str, advice: str) -> dict[str, Any]:
    """Read a JSON object. The cause is not chained: json's own error carries all of the text."""
    problem = "it is no JSON object"
    try:
        found = json.loads(data)
        if isinstance(found, dict):
            return found
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno} is no JSON"
    except (ValueError, RecursionError):
        pass
    raise AuthError(f"{what} cannot be used: {problem}. It is left as it is: {advice}")
