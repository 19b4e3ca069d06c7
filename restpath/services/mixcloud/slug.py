"""
Slugs: the name of a thing as it stands in its address.

Takes a name; gives a text in lower case. Accents and ligatures are taken apart (Unicode's NFKD, and the few letters of
Latin alphabets that it knows no parts of); a run of whatever is no letter, digit or `_` becomes one dash.
Letters of other alphabets stay as they are: addresses hold them, percent-encoded.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["slugify"]

_LETTERS = str.maketrans({
    "ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d",
    "ħ": "h", "Ħ": "h", "ı": "i", "ł": "l", "Ł": "l", "ŋ": "ng", "Ŋ": "ng", "þ": "th", "Þ": "th", "ŧ": "t", "Ŧ": "t",
})  # fmt: skip


def slugify(s: str) -> str:
    """Make a slug: `slugify("L'ambiance")` is `l-ambiance`."""
    taken_apart = unicodedata.normalize("NFKD", s.translate(_LETTERS))
    # Accents on Latin letters go; other alphabets have marks that make another letter.
    bare = re.sub(r"(?<=[a-zA-Z])[\u0300-\u036f]+", "", taken_apart)
    return re.sub(r"\W+", "-", unicodedata.normalize("NFC", bare).lower())
