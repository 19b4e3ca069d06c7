"""Which resource a path means: what restpath writes for any template, the mock reads with the same values."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath.mock.matching import find_resources
from restpath.tree import Tree

TEMPLATES = [
    "/", "/a//b", "/users", "/users/", "/users/me", "/users/{id}", "/users/{id}/repos", "/pets/{id}",
    "/pets/{petId}/toys", "/jobs/{id}", "/jobs/{id}:cancel", "/badges/{id}.json", "/compare/{base}...{head}",
    "/files/{+path}", "/f/{id}", "/f/{+path}", "/docs", "/docs/delete", "/responses?beta=true", "/find?path={path}",
    "/tw/{id}/x/{id}", "/v1/{+name}:go", "/Case", "/case", "/caf\u00e9", "/a b",
]  # fmt: skip
ODD = restpath.read(
    {
        "service": {"service": "odd", "base_url": "https://odd.example/v1"},
        "resources": dict.fromkeys(TEMPLATES, "GET POST"),
    }
)
CLIENT = restpath.connect(ODD)
TREE = ODD.tree(Tree)


def found(path: str, query: dict[str, list[str]] | None = None) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.end.template.text, one.values) for one in find_resources(TREE, path, query or {})]


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/", "/", ()),
        ("/a//b", "/a//b", ()),
        ("/users", "/users", ()),
        ("/users/", "/users/", ()),
        ("/users/me", "/users/me", ()),
        ("/users/m%65", "/users/me", ()),
        ("/users/you/repos", "/users/{id}/repos", ("you",)),
        ("/users/a%2Fb", "/users/{id}", ("a/b",)),
        ("/pets/7/toys", "/pets/{petId}/toys", ("7",)),
        ("/jobs/7:cancel", "/jobs/{id}:cancel", ("7",)),
        ("/jobs/7%3Acancel", "/jobs/{id}", ("7:cancel",)),
        ("/badges/5.json", "/badges/{id}.json", ("5",)),
        ("/compare/main...dev%2Fx", "/compare/{base}...{head}", ("main", "dev/x")),
        ("/files/a/b%20c", "/files/{+path}", ("a/b c",)),
        ("/f/a", "/f/{id}", ("a",)),
        ("/f/a/b", "/f/{+path}", ("a/b",)),
        ("/docs/delete", "/docs/delete", ()),
        ("/tw/1/x/1", "/tw/{id}/x/{id}", ("1", "1")),
        ("/v1/a/b:go", "/v1/{+name}:go", ("a/b",)),
        ("/case", "/case", ()),
        ("/caf%C3%A9", "/caf\u00e9", ()),
        ("/a%20b", "/a b", ()),
    ],
)
def test_the_most_literal_resource_comes_first(path: str, template: str, values: tuple[str, ...]) -> None:
    assert found(path)[0] == (template, values)


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/users/me/repos/x", "/jobs", "/a/b", "/tw/1/x/2", "/users/..", "/users/%FF", "/CASE", "/docs/"],
)
def test_a_path_that_no_template_has_means_nothing(path: str) -> None:
    assert found(path) == []


def test_a_query_that_a_template_fixes_must_be_there() -> None:
    assert found("/responses") == found("/responses", {"beta": ["false"]}) == []
    assert found("/responses", {"beta": ["true"], "more": ["x"]}) == [("/responses?beta=true", ())]
    assert found("/find", {"path": ["x"]}) == [("/find?path={path}", ())]


VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda t: t not in (".", "..")
)
PLAIN = [text for text in TEMPLATES if "{" in text and not any(mark in text for mark in ("+", "?", "..."))]


@pytest.mark.parametrize("template", PLAIN)
@given(value=VALUES)
def test_what_a_client_writes_is_read_with_the_same_values(template: str, value: str) -> None:
    variables = ODD.resource(template).template.variables
    url = restpath.url(restpath.expand(CLIENT, template, dict.fromkeys(variables, value)))
    assert (template, (value,) * len(variables)) in found(urlsplit(url).path.removeprefix("/v1"))
