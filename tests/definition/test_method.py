"""The record of a method: its body's schema, and when it is needed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from restpath.definition.merge import Documents
from restpath.definition.model import Definition

NAMED = {"type": "object", "properties": {"name": {"type": "string"}}}


def body_schema(schema: Any, shared: dict[str, Any]) -> Any:
    """What stands as the body's schema in the record of the only method, whose words say this schema."""
    resources = {"/a": {"methods": {"POST": {"body": {"schema": schema}}}}}
    return Definition(Documents({}, resources, {}, shared)).method("/a", "POST").body_schema


def test_schema_that_is_only_a_reference_is_what_it_refers_to() -> None:
    """At the top of a body the names of the fields are looked for."""
    assert body_schema({"$ref": "#/schemas/Named"}, {"schemas": {"Named": NAMED}}) == NAMED


@pytest.mark.parametrize("schema", [NAMED, {"$ref": "#/schemas/Named"}, {"items": {"$ref": "#/schemas/Named"}}, True])
@pytest.mark.parametrize("shared", [{}, {"format": 1}])
def test_schema_is_as_it_is_written_where_none_are_shared(schema: Any, shared: dict[str, Any]) -> None:
    """Whether the definition has no document of shared schemas, or one with none in it, makes no difference."""
    assert body_schema(schema, shared) == schema


def test_paths_are_made_without_a_record_of_a_method() -> None:
    """Who makes a path does not import what a method is; who asks for an operation's record does."""
    program = (
        "import sys, restpath\n"
        "client = restpath.connect('max', 'http://127.0.0.1:1', username='x', token='t')\n"
        "path = client.people['x'].activities\n"
        "print('restpath.definition.method' in sys.modules)\n"
        "path.get.prepare()\n"
        "print('restpath.definition.method' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
