"""
Scalars of YAML without quotes: what they mean by YAML 1.2's core schema.

Takes the text of one; gives None, a boolean, a number or the text. A number that JSON does not have is a float that is
not finite: what becomes of it, whoever asks decides. Pure.
Source: YAML 1.2.2 section 10.3.
"""

from __future__ import annotations

import math
import re

__all__ = ["meaning_of"]

_MAX_DIGITS = 4000  # Python itself reads and writes no more than 4300
_MAX_HEX_DIGITS = 3000  # about as large a number
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def meaning_of(text: str) -> str | int | float | bool | None:
    """Give the value of a scalar; inf or nan where it is a number, and none of JSON's."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in "-+.0123456789":  # nearly all are texts
        return text
    if _INT.fullmatch(text):
        return _whole(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _NO_NUMBER.fullmatch(text) else text


def _whole(text: str) -> int | float:
    if text.startswith("0x"):
        return int(text, 16) if len(text) < _MAX_HEX_DIGITS else math.inf
    if len(text) >= _MAX_DIGITS:
        return math.inf
    return int(text, 8) if text.startswith("0o") else int(text)
