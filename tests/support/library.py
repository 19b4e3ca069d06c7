"""
A service that has a bit of everything, for tests of looking around: its data files.

Takes a folder; writes the files of the service `library` below it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["write_library", "write_service"]

_PERSON = {"username": "{username}", "client_id": "{client_id}"}
SERVICE = {
    "service": "library",
    "title": "The library",
    "documentation": "Books, and who reads them.",
    "base_url": "https://library.example/v1",
    "credentials": {
        "username": {"secret": False, "documentation": "Who reads."},
        "token": {"documentation": "What the library gave out."},
        "password": {},
        "client_id": {"secret": False, "default": "terminal"},
    },
    "auth": {
        "bearer": {
            "bearer": "{token}",
            "token": {
                "credential": "token",
                "url": "/token",
                "grants": {
                    "password": {"grant_type": "password", "password": "{password}", **_PERSON},
                    "authorization_code": {"grant_type": "authorization_code", "code": "{code}", **_PERSON},
                },
                "authorize": {
                    "url": "/authorize",
                    "query": {"response_type": "code", "client_id": "{client_id}", "redirect_uri": "{redirect_uri}"},
                    "pkce": False,
                },
            },
        }
    },
    "path_values": {"username": {"spelling": "credential", "text": ":me", "credential": "username"}},
}
BOOK = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "title": {"type": "string", "description": "What it is called."},
        "pages": {"type": "integer"},
        "lent": {"type": "boolean"},
        "kind": {"enum": ["novel", "atlas"]},
        "author": {"$ref": "#/$defs/author"},
        "tags": {"type": "array"},
    },
    "$defs": {"author": {"type": "object", "properties": {"name": {"type": "string"}, "born": {"type": "integer"}}}},
}
RESOURCES: dict[str, Any] = {
    "/books": {
        "title": "All books",
        "category": "Books",
        "documentation": "The shelves.",
        "methods": {
            "GET": {
                "name": "listBooks",
                "title": "List the books",
                "query": {
                    "limit": {"type": "integer", "documentation": "How many at most."},
                    "sort": {"enum": ["title", "year"], "documentation": "What to sort by."},
                    "old": {"type": "boolean", "deprecated": True},
                },
            },
            "POST": {
                "name": "addBook",
                "title": "Add a book",
                "body": {"media_type": "application/json", "schema": BOOK},
            },
        },
    },
    "/books/{id}": {"title": "A book", "methods": {"GET": {}, "PUT": {}, "DELETE": {"deprecated": True}}},
    "/books/{id}:lend": "POST",
    "/books/{id}/cover": {"methods": {"POST": {"body": {"media_type": "multipart/form-data"}}}},
    "/books/new": {"methods": {"GET": {"title": "The newest book", "auth": []}}},
    "/members/{username}": {"methods": {"GET": {"documentation": "Tells who somebody is.\nNot what they read."}}},
    "/members/{username}/loans": "GET",
    "/files/{+path}": "GET",
    "/users/": "GET",
}
DEFAULTS = {"/books": {"POST": {"kind": "novel"}}}


def write_service(folder: Path, **documents: Any) -> Path:
    """Write documents as the data files of a service."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in documents.items():
        (folder / f"{kind}.json").write_text(json.dumps({"format": 1, **content}), encoding="utf-8")
    return folder


def write_library(parent: Path) -> Path:
    """Write the library's data files into a folder of its name."""
    return write_service(parent / "library", service=SERVICE, resources=RESOURCES, defaults=DEFAULTS)
