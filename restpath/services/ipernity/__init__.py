"""
Ipernity as the users of its Python client know it, on restpath's client.

    from restpath.services.ipernity import IpernityAPI

    iper = IpernityAPI(my_key, my_secret, my_token)
    for doc in iper.walk_docs(user_id=7):
        print(doc["title"])

`python -m restpath.services.ipernity` is the same at a prompt; `restpath.connect("ipernity")` has the service with all
that any client brings, and its own errors.
"""

from __future__ import annotations

from restpath.services.ipernity.api import API_URL, IpernityAPI
from restpath.services.ipernity.calling import AUTH_URL
from restpath.services.ipernity.errors import (
    APIRequestError,
    IpernityError,
    NoCredentials,
    UnknownMethod,
    UploadError,
)
from restpath.services.ipernity.permission import AuthHandler, DesktopAuthHandler, WebAuthHandler

__all__ = [
    "API_URL", "AUTH_URL", "APIRequestError", "AuthHandler", "DesktopAuthHandler", "IpernityAPI", "IpernityError",
    "NoCredentials", "UnknownMethod", "UploadError", "WebAuthHandler",
]  # fmt: skip
