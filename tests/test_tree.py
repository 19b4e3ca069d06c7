"""
The resource tree, by the table of odd templates: what each chain sends, or which error names the way.

The table is `cases/odd_templates.json`; what is sent is what an adapter of `requests` is given.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path as File
from typing import Any

import pytest
import requests
import urllib3

import restpath
from restpath.template import parse_template
from restpath.tree import Node, Tree

BASE = "https://odd.example"
TABLE = json.loads(File(__file__).with_name("cases").joinpath("odd_templates.json").read_text("utf-8"))["groups"]
CASES = [
    pytest.param(group["resources"], chain, *([expected, said]), id=f"{group['title']}: {chain}")
    for group in TABLE
    for chain, expected, *said in group["cases"]
]


class Recorder(requests.adapters.BaseAdapter):
    """An adapter that answers 204, and remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        assert request.url is not None
        self.sent.append(f"{request.method} {request.url.removeprefix(BASE)}")
        response = requests.Response()
        response.status_code, response.request, response.url = 204, request, request.url
        response.raw = urllib3.HTTPResponse(io.BytesIO(), status=204, preload_content=False)
        return response

    def close(self) -> None:
        pass


def definition(resources: dict[str, Any], **service: Any) -> restpath.Definition:
    return restpath.read(
        {"service": {"format": 1, "service": "odd", "base_url": BASE, **service}, "resources": resources}
    )


def connect(resources: dict[str, Any]) -> tuple[restpath.Client, list[str]]:
    recorder = Recorder()
    session = requests.Session()
    session.mount("https://", recorder)
    return restpath.connect(definition(resources), session=session), recorder.sent


@pytest.mark.parametrize(("resources", "chain", "expected", "said"), CASES)
def test_each_chain_of_the_table_sends_what_it_says_or_names_the_way(
    resources: dict[str, Any], chain: str, expected: str, said: list[str]
) -> None:
    client, sent = connect(resources)
    names = {"client": client, "restpath": restpath}
    if " " in expected:
        eval(chain, names)
        assert sent == [expected]
    else:
        kind = AttributeError if expected == "AttributeError" else getattr(restpath, expected)
        with pytest.raises(kind) as caught:
            eval(chain, names)
        assert sent == []
        assert [text for text in said if text not in str(caught.value)] == []


@pytest.mark.parametrize("group", TABLE, ids=lambda group: group["title"])
def test_every_template_of_the_table_comes_back_by_expand_chain_and_url(group: dict[str, Any]) -> None:
    client, _ = connect(group["resources"])
    for text, words in group["resources"].items():
        template = parse_template(text, literal=isinstance(words, dict))
        path = restpath.expand(client, text, {name: f"v{i}" for i, name in enumerate(template.variables)})
        assert eval(chain_of(path), {"client": client, "restpath": restpath}) == path
        assert restpath.url(restpath.parse(client, restpath.url(path))) == restpath.url(path)


def chain_of(path: restpath.Path) -> str:
    from restpath.phrasing import chain

    return chain(path)


# ---- nodes -------------------------------------------------------------------------------------------------------


def tree(*templates: str) -> Tree:
    return Tree(definition(dict.fromkeys(templates, "GET")))


def test_variables_of_one_shape_share_a_node_whatever_they_are_called() -> None:
    root = tree("/pets/{id}", "/pets/{petId}/toys").root
    node = root.literals["pets"].variable
    assert node is not None
    assert list(node.names) == [("id",), ("petId",)]
    assert [end.template.text for end in node.ends] == ["/pets/{id}"]


def test_one_segment_and_several_segments_are_two_nodes() -> None:
    node = tree("/f/{id}", "/f/{+path}").root.literals["f"]
    assert node.variable is not node.reserved
    assert node.plain is node.variable


def test_literals_that_decode_to_one_text_are_one_node() -> None:
    assert list(tree("/a%2Db/x", "/a-b/y").root.literals) == ["a-b"]


def test_literals_that_are_no_utf8_are_told_apart() -> None:
    assert list(tree("/%FF", "/%fe").root.literals) == ["%FF", "%FE"]


def test_a_brace_of_a_literal_is_no_variable_of_a_shape() -> None:
    odd = definition({"/{a}{}x": {"methods": "GET", "literal": True}, "/{a}{b}x": "GET"})
    assert len(Tree(odd).root.composites) == 2


def test_an_implied_node_has_no_text_of_its_own() -> None:
    node = tree("/jobs/{id}:cancel").root.literals["jobs"].variable
    assert node is not None
    assert (node.implied, node.texts) == (True, {})


def test_a_template_of_thousands_of_segments_is_no_trouble() -> None:
    depth = 3 * sys.getrecursionlimit()
    text = "/a" * depth
    client, sent = connect({text: "GET", text + "/{id}": "GET"})
    path = restpath.expand(client, text)
    path.get()
    assert sent == [f"GET {text}"]
    assert restpath.parse(client, text) == path
    assert repr(path["x"]).endswith("/a/x: GET>")


def test_looking_for_a_custom_method_never_finds_a_segment_with_more_variables() -> None:
    root = tree("/x/{a}", "/x/{a}:{b}", "/x/{a}:go").root
    node = root.literals["x"].variable
    assert isinstance(node, Node)
    assert node.custom(":{}") is None
    assert node.custom(":go") is not None


@pytest.mark.parametrize("username", ["..", ".", ""])
def test_a_credential_that_stands_in_a_path_cannot_climb_out_of_it(username: str) -> None:
    rules = {
        "credentials": {"username": {"secret": False}},
        "path_values": {"username": {"spelling": "credential", "text": ":me", "credential": "username"}},
    }
    try:
        client = restpath.connect(definition({"/people/{username}": "GET"}, **rules), username=username)
    except restpath.InvalidValue:
        return
    with pytest.raises((restpath.InvalidValue, restpath.AuthError)):
        restpath.url(client.people[":me"])
