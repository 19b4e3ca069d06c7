"""Descriptions: a place, an operation or operations of dotted names, in words."""

from __future__ import annotations

from typing import Any

import pytest

import restpath
from restpath import InvalidValue

DOTTED = restpath.connect(
    restpath.read(
        {
            "service": {
                "format": 1, "service": "shop", "title": "The shop", "base_url": "https://a.example",
                "operation_names": "dotted",
            },
            "resources": {
                "/doc.get/{id}": {
                    "methods": {
                        "GET": {
                            "name": "doc.get", "documentation": "Get one.\nWith all.",
                            "query": {"size": {"type": "integer", "documentation": "How large."}},
                        },
                        "DELETE": {"name": "doc.tags.drop", "title": "Drop all tags", "deprecated": True},
                    }
                },
                "/docs": {"methods": {"GET": {"name": "docs.all"}}},
            },
        }
    )
)  # fmt: skip


def test_an_operation_is_described_with_its_parameters() -> None:
    assert restpath.describe(DOTTED.doc.get).splitlines() == [
        "The shop at https://a.example",
        "",
        "/doc.get/{id}",
        "  GET (doc.get) - Get one.",
        "    ?size: integer How large.",
        "  With all.",
    ]


def test_an_operation_at_a_path_is_described_as_itself_alone() -> None:
    definition = restpath.read({"service": {"base_url": "https://a.example"}, "resources": {"/a/{b}": "GET POST"}})
    client = restpath.connect(definition)
    assert restpath.describe(client.a["c"].post).splitlines()[2:] == ["/a/{b}", "  POST"]


def test_a_namespace_is_described_by_its_operations() -> None:
    assert restpath.describe(DOTTED.doc).splitlines() == [
        "The shop at https://a.example",
        "doc: 2 operations",
        "  GET (doc.get) - Get one.",
        "  DELETE (doc.tags.drop) - Drop all tags (deprecated)",
    ]
    assert "doc.tags: 1 operation\n" in restpath.describe(DOTTED.doc.tags)


@pytest.mark.parametrize("what", [None, 5, "doc.get", restpath])
def test_anything_else_is_no_place(what: Any) -> None:
    with pytest.raises(InvalidValue, match="this takes a client or a path"):
        restpath.describe(what)
