"""
What a text looks like: a word of an interface, or somebody's value.

Takes a text that stands in a path, or names a parameter or a property; tells whether it reads like an id, a hash, a
key, an address, or like a name that the service itself gave. Nothing here is sure: what decides over it says so, and
leans towards a value, for a value must not be taken for a name and written down.
Source: RFC 9562 for UUIDs, RFC 7519 for what begins with `eyJ`; the rest is the package's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["is_id", "is_plain_word", "is_plural", "is_service_name", "looks_secret", "singular", "variable_for"]

_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{7,}", re.IGNORECASE)
# `v1`, `v2.1`, `v1beta2`, `2.0`; `oauth2`, `ipv4`, `s3`, `sha256`, `mp3-files`: names that have digits.
_VERSION = re.compile(r"v\d{1,3}(?:\.\d{1,3}){0,2}(?:(?:alpha|beta|rc)\d{0,2})?|\d\.\d", re.IGNORECASE)
_WORD_WITH_DIGITS = re.compile(r"[a-z]{1,12}\d{1,3}(?:[-_][a-z]{2,20})*", re.IGNORECASE)
_ODD = re.compile(r"[^A-Za-z0-9._:$@!*()'+,-]|%")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST_WORD = 24
_LONGEST = 60


def is_id(text: str) -> bool:
    """Tell whether a segment looks like somebody's id, hash, key or address rather than a word of the interface."""
    if len(text) > _LONGEST or _ODD.search(text) or "@" in text.lstrip("@"):
        return True
    if not any(char.isdigit() for char in text):
        return _is_random(text)
    if _VERSION.fullmatch(text):
        return False
    if _UUID.fullmatch(text) or (_HEX.fullmatch(text) and not text.isalpha()) or text.startswith("eyJ"):
        return True
    words = re.split(r"[._:$-]", text)
    return not all(_is_name(word) for word in words if word)


def _is_name(word: str) -> bool:
    """Whether a word that may have digits is a name all the same; digits alone are none, and `u17` may be one's id."""
    if not any(char.isdigit() for char in word):
        return not _is_random(word)
    return _VERSION.fullmatch(word) is not None or (
        _WORD_WITH_DIGITS.fullmatch(word) is not None
        and (sum(map(str.isdigit, word)) == 1 or word.lower() in _NAMES_WITH_DIGITS)
    )


_NAMES_WITH_DIGITS = frozenset({"sha256", "sha512", "sha384", "base64", "base32", "utf16", "utf32", "oauth10", "x509"})


def _is_random(text: str) -> bool:
    """Whether letters alone are a key: no separators, and no words to be seen in them."""
    longest = max((len(part) for part in re.split(r"[^A-Za-z]+", text)), default=0)
    if longest < 12:
        return False
    humps = _HUMP.findall(text)
    if len(humps) > 1:  # camelCase has words of some length between its capitals
        return len(humps) * 3 > longest
    return longest > _LONGEST_WORD or re.search(r"[bcdfghjklmnpqrstvwxz]{6,}", text, re.IGNORECASE) is not None


def looks_secret(text: str, secrets: Collection[str]) -> bool:
    """Tell whether one of some secrets stands in a text."""
    return any(len(secret) > 3 and secret in text for secret in secrets)


def is_plain_word(text: str) -> bool:
    """Tell whether a text is a word of letters, perhaps with dashes: what names a collection as well as a value."""
    return re.fullmatch(r"[A-Za-z]+(?:[-_][A-Za-z]+)*", text) is not None and not is_id(text)


def is_service_name(name: str) -> bool:
    """
    Tell whether the name of a parameter or a property is one that the service gave.

    Objects are used as maps, too: then their keys are ids, addresses, words that somebody typed.
    """
    if not re.fullmatch(r"[@$_]?[A-Za-z][A-Za-z0-9_.\[\]:$-]{0,60}", name):
        return False
    return not any(is_id(word) for word in re.split(r"[._:\[\]$-]+", name.lstrip("@$_")) if word)


# ---- names -------------------------------------------------------------------------------------------------------

_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse", "indices": "index",
    "vertices": "vertex", "matrices": "matrix", "data": "datum", "media": "medium", "criteria": "criterion",
    "analyses": "analysis", "statuses": "status", "aliases": "alias", "buses": "bus", "movies": "movie",
    "cookies": "cookie", "caches": "cache",
}  # fmt: skip
_NO_PLURAL = frozenset({"news", "series", "species", "status", "settings", "sms", "dns", "https", "address", "access"})


def is_plural(word: str) -> bool:
    """Tell whether a word is plainly a plural."""
    return singular(word) != word


def singular(word: str) -> str:
    """Give the singular of an English word where that is plain; else the word as it is."""
    small = word.lower()
    if small in _IRREGULAR:
        return _IRREGULAR[small]
    if small in _NO_PLURAL or len(small) < 4 or not small.endswith("s") or small.endswith(("ss", "us", "is")):
        return word
    if small.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if small.endswith(("sses", "xes", "ches", "shes", "zzes")) else word[:-1]


def variable_for(literal: str | None, taken: Collection[str]) -> str:
    """
    Name a variable after the literal before it: `widget_id` after `widgets`.

    Args:
        literal: the nearest one before it; None where there is none.
        taken: the names that its template has already.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", literal or "")
    words = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()
    head, _, last = words.rpartition("_")
    base = "_".join(part for part in (head, singular(last), "id") if part)
    base = base if base[0].isalpha() else f"item_{base}"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name
