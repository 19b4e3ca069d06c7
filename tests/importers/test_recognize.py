"""Which importer a document is for, and what is said of one that there is none for."""

from __future__ import annotations

from typing import Any

import pytest

from restpath.errors import DefinitionError
from restpath.importers.recognize import find_importer, recognize


@pytest.mark.parametrize(
    ("document", "module"),
    [
        ({"openapi": "3.0.3"}, "openapi"),
        ({"openapi": "3.1.0"}, "openapi"),
        ({"openapi": "3.2.0"}, "openapi"),
        ({"openapi": 3.1}, "openapi"),
        ({"swagger": "2.0"}, "swagger"),
        ({"swagger": 2.0}, "swagger"),
        ({"kind": "discovery#restDescription"}, "discovery"),
    ],
)
def test_a_description_is_known_by_what_it_says_that_it_is(document: Any, module: str) -> None:
    found = recognize(document)
    assert found.__module__ == f"restpath.importers.{module}"


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ({"openapi": "4.0.0"}, "no openapi '4.0.0'"),
        ({"openapi": None}, "no openapi None"),
        ({"swagger": "1.2"}, "no swagger '1.2'"),
        ({"asyncapi": "3.0.0"}, "AsyncAPI"),
        ({"paths": {}}, "the key openapi or swagger is missing"),
        ({}, "no format"),
        ([], "a list"),
        ("x", "a text"),
        (None, "null"),
        ({"kind": "discovery#directoryList"}, "list of Discovery"),
        ({"a": 1}, "no format that restpath knows"),
        ({"openapi": True}, "no openapi True"),
    ],
)
def test_what_is_no_description_is_an_error_that_says_what_is_expected(document: Any, part: str) -> None:
    assert find_importer(document) is None
    with pytest.raises(DefinitionError, match="expected a description: OpenAPI") as caught:
        recognize(document, "a.json")
    assert part in str(caught.value)
    assert caught.value.file == "a.json"
