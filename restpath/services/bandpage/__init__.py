"""
BandPage as the users of its Python client know it, on restpath's client.

    import restpath.services.bandpage as bandpage

    bandpage.conf.CLIENT_ID, bandpage.conf.SECRET_KEY = "...", "..."
    token = bandpage.get_access_token()
    bandpage.get("123/events", access_token=token)

Takes ids and tokens; gives the service's JSON as it came, or raises `BandpageError`. `restpath.connect("bandpage")` has
the same service with all that paths bring.
"""

from __future__ import annotations

from restpath.services.bandpage import conf
from restpath.services.bandpage.asking import Bandpage, get, get_access_token, search
from restpath.services.bandpage.errors import BandpageError, BandpageNotFound, BandpageUnauthorized

__all__ = [
    "Bandpage", "BandpageError", "BandpageNotFound", "BandpageUnauthorized", "conf", "get", "get_access_token",
    "search",
]  # fmt: skip
