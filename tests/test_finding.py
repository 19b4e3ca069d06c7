"""Paths by text: `url`, `parse`, `parse_all` and `expand`, for any templates and any values."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import restpath
from restpath.phrasing import chain
from restpath.template import TemplateError, Variable, parse_template
from tests.support.measuring import lines_run

BASE = "https://odd.example/v1"


def connect(*templates: str, url: str = BASE, **settings: Any) -> restpath.Client:
    words = {"format": 1, "service": "odd", "base_url": url}
    resources = dict.fromkeys(templates, "GET POST")
    return restpath.connect(restpath.read({"service": words, "resources": resources}), **settings)


@pytest.fixture(scope="module")
def client() -> restpath.Client:
    return connect(
        "/", "/people", "/people/", "/people/me", "/people/{name}", "/people/{name}/mail", "/jobs/{id}",
        "/jobs/{id}:go",
        "/f/{id}", "/f/{+path}", "/f/{+path}/raw", "/r?beta=true", "/r?x=1", "/q/{id}?a=1", "/only/", "/{any}",
        "/tw/{id}/x/{id}", "/c/{a}...{b}", "/s/{+a}/and/{+b}",
    )  # fmt: skip


# ---- url ---------------------------------------------------------------------------------------------------------


def test_a_url_has_the_templates_own_query_and_no_fragment_and_no_credentials() -> None:
    definition = connect("/r?beta=true", "/t#x", "/find?path={path}")._root.definition
    client = restpath.connect(definition, "https://ann:secret@odd.example/v1/")
    assert restpath.url(client.r) == "https://odd.example/v1/r?beta=true"
    assert restpath.url(client.t) == "https://odd.example/v1/t"
    assert restpath.url(client.find) == "https://odd.example/v1/find"
    assert restpath.url(client) == "https://odd.example/v1/"


def test_a_variable_with_two_values_has_no_url(client: restpath.Client) -> None:
    with pytest.raises(restpath.InvalidValue, match="one variable"):
        restpath.url(client.tw[1].x[2])


# ---- parse -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("/", "client"),
        (BASE, "client"),
        (BASE + "/", "client"),
        ("/people", "client.people"),
        ("/people/", "client['people/']"),
        ("/people/me", "client.people['me']"),
        ("/people/ann", "client.people['ann']"),
        ("/people/a%2fb", "client.people['a/b']"),
        ("/people/%61nn", "client.people['ann']"),
        ("/people/é", "client.people['é']"),
        ("HTTPS://ODD.example:443/v1/people/ann", "client.people['ann']"),
        ("https://x:y@odd.example/v1/people/ann", "client.people['ann']"),
        ("/jobs/7", "client.jobs['7']"),
        ("/jobs/7:go", "client.jobs['7'][':go']"),
        ("/jobs/7%3Ago", "client.jobs['7:go']"),
        ("/jobs/7%3Ago:go", "client.jobs['7:go'][':go']"),
        ("/f/a%2Fb", "client.f['a/b']"),
        ("/f/a/b", "client.f[{'path': 'a/b'}]"),
        ("/f/a/b/raw", "client.f[{'path': 'a/b'}].raw"),
        ("/f/raw/raw", "client.f[{'path': 'raw'}].raw"),
        ("/r?beta=true", "client.r"),
        ("/r?x=1", "client['r?x=1']"),
        ("/q/7?a=1", "client.q['7']"),
        ("/only/", "client.only"),
        ("/only", "client[{'any': 'only'}]"),
        ("/anything", "client['anything']"),
        ("/tw/1/x/1", "client.tw['1'].x['1']"),
        ("/c/a...b", "client.c['a...b']"),
        ("/c/a...b...c", "client.c['{a}...{b}', {'a': 'a', 'b': 'b...c'}]"),
        ("/s/x/and/y/z", "client.s['x']['and']['y/z']"),
    ],
)
def test_a_path_or_url_becomes_the_most_literal_path(client: restpath.Client, text: str, expression: str) -> None:
    assert restpath.parse(client, text) == eval(expression)


def test_parse_all_gives_every_template_the_most_literal_first(client: restpath.Client) -> None:
    found = restpath.parse_all(client, "/people/me")
    assert found == [client.people.me, client.people[{"name": "me"}]]
    assert restpath.parse_all(client, "/f/7") == [client.f["7"], client.f[{"path": "7"}]]
    assert restpath.parse_all(client, "/no/such/place") == []


def test_the_case_of_a_path_counts() -> None:
    assert restpath.parse_all(connect("/people"), "/People") == []


@pytest.mark.parametrize(
    "text",
    [
        "https://odd.example/v2/people", "https://odd.example/v10", "http://odd.example/v1/people", "people", "",
        "https://odd.example.evil.example/v1/people", "https://odd.example:444/v1/people", "//odd.example/v1/people",
        "https://[::1", "https://odd.example:x/v1", "ftp://odd.example/v1/people", "?x", "#x", "\ud800",
        None, 7, b"/people", ["/people"],
    ],
)  # fmt: skip
def test_what_is_not_the_services_own_is_refused(client: restpath.Client, text: Any) -> None:
    for function in (restpath.parse, restpath.parse_all):
        with pytest.raises(restpath.InvalidValue):
            function(client, text)


@pytest.mark.parametrize("text", ["/people?limit=1", "/people/ann?x", "/r?beta=false", "/q/7?a=2"])
def test_a_query_that_is_the_calls_is_refused_with_the_way(client: restpath.Client, text: str) -> None:
    with pytest.raises(restpath.InvalidValue, match="qs="):
        restpath.parse(client, text)


@pytest.mark.parametrize("text", ["/people/..", "/people/%2e%2E", "/people/.", "/f/a/../b", "/f/a//b", "/tw/1/x/2"])
def test_what_no_value_can_say_is_no_path(client: restpath.Client, text: str) -> None:
    assert restpath.parse_all(client, text) == []
    with pytest.raises(restpath.UnknownResource):
        restpath.parse(client, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/people/ann/mial", r"client.people\['ann'\].mail"),
        ("/peple/ann/mail", "in /peple"),
        ("/jobs/7/x", "Nothing follows"),
        ("https://odd.example/v1/people/ann/mial?token=hush", "mail"),
    ],
)
def test_what_is_not_there_names_the_last_place_that_is(client: restpath.Client, text: str, says: str) -> None:
    with pytest.raises(restpath.UnknownResource, match=says) as caught:
        restpath.parse(client, text)
    assert "hush" not in str(caught.value)


def test_the_base_url_may_have_a_path_or_none() -> None:
    for url in ("https://odd.example", "https://odd.example/a/b/", "http://127.0.0.1:8080/%7Ex"):
        client = connect("/people/{name}", url=url)
        path = client.people["ann"]
        assert restpath.parse(client, restpath.url(path)) == path


def test_without_a_definition_any_path_of_the_origin_is_one() -> None:
    free = restpath.connect("https://api.example.com/v1")
    for text in ("/", "/a//b", "/a/", "/{x}", "/a%2Fb", "/é", "/a:b", "/50%25"):
        path = restpath.parse(free, text)
        assert restpath.url(restpath.parse(free, restpath.url(path))) == restpath.url(path)
        assert eval(chain(path), {"client": free, "restpath": restpath}) == path
        assert restpath.parse_all(free, text) == [path]
    for text in ("/a?b=1", "/a/../b", "https://elsewhere.example/v1/a"):
        with pytest.raises(restpath.InvalidValue):
            restpath.parse(free, text)


def test_not_strict_lets_an_unknown_path_through() -> None:
    loose = connect("/people", strict=False)
    assert restpath.url(restpath.parse(loose, "/zoo/7")) == f"{BASE}/zoo/7"
    assert restpath.parse(loose, "/people") == loose.people


# ---- expand ------------------------------------------------------------------------------------------------------


def test_expand_gives_the_path_of_any_template_by_its_text(client: restpath.Client) -> None:
    assert restpath.expand(client, "/people/{name}", name="me") == client.people[{"name": "me"}]
    assert restpath.expand(client, "/people/{name}", {"name": 7}) == client.people[7]
    assert restpath.expand(client, "people") == client.people
    assert restpath.expand(client, "/f/{+path}/raw", path="a/b") == client.f[{"path": "a/b"}].raw


@pytest.mark.parametrize(
    ("template", "values", "kind", "says"),
    [
        ("/peple", {}, restpath.UnknownResource, "/people"),
        ("/people/{id}", {"id": 1}, restpath.UnknownResource, "/people/{name}"),
        ("/people/{name}", {}, restpath.InvalidValue, "needs a value for name"),
        ("/people/{name}", {"name": 1, "nmae": 2}, restpath.InvalidValue, "no variable nmae"),
        ("/people/{name}", {"name": ""}, restpath.InvalidValue, "''"),
        ("/f/{+path}", {"path": "a/../b"}, restpath.InvalidValue, "dot segment"),
        (None, {}, restpath.InvalidValue, "None"),
        (7, {}, restpath.InvalidValue, "7"),
    ],
)
def test_expand_says_what_is_missing_or_too_much(
    client: restpath.Client, template: Any, values: dict[str, Any], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=re.escape(says)):
        restpath.expand(client, template, values)


# ---- for any templates and any values ----------------------------------------------------------------------------

literals = st.text(st.sampled_from("ab-_.:é~!$"), min_size=1, max_size=3)
names = st.sampled_from(["a", "b", "id", "user-id", "metadata.name"])
simple = names.map("{{{}}}".format)
reserved = names.map("{{+{}}}".format)
segments = st.one_of(
    literals, simple, reserved, st.just(""),
    st.sampled_from(["a", "b", "me", "x%2Fy", "%C3%A9", "%FF", "get", "walk", "a-b"]),
    st.builds("{}{}".format, simple, literals), st.builds("{}{}".format, reserved, literals),
    st.builds("{}{}{}".format, simple, literals, simple), st.builds("{}{}".format, simple, simple),
    st.builds("{}{}{}".format, literals, reserved, simple), st.builds("{}{}".format, reserved, reserved),
)  # fmt: skip
suffixes = st.sampled_from(["", "", "", "/", "#x", "?a=1", "?a", "?b={q}", "/?a=1", "?a=1&b={q}#y"])


def is_template(text: str) -> bool:
    try:
        parse_template(text)
    except TemplateError:
        return False
    return True


templates = st.builds(
    lambda parts, suffix: "/" + "/".join(parts) + suffix, st.lists(segments, max_size=4), suffixes
).filter(is_template)
values = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=5),
    st.text(st.sampled_from("ab./:%2EF-_é?#{}me"), min_size=1, max_size=6),
    st.integers(),
    st.sampled_from(["me", "a", "b", ":cancel", "a-b", "%2E%2E", "...", "a/b", "%C3%A9", "%FF"]),
)


@given(st.lists(templates, min_size=1, max_size=6, unique=True), st.data())
def test_every_path_comes_back_by_its_url_and_by_its_expression(texts: list[str], data: st.DataObject) -> None:
    client = connect(*texts)
    text = data.draw(st.sampled_from(texts))
    given_values = {name: data.draw(values) for name in parse_template(text).variables}
    try:
        path = restpath.expand(client, text, given_values)
        url = restpath.url(path)
    except restpath.InvalidValue:
        return
    assert restpath.url(restpath.parse(client, url)) == url
    assert eval(chain(path), {"client": client, "restpath": restpath}) == path
    keeps_its_segments(text, given_values, url)


def keeps_its_segments(text: str, given_values: dict[str, Any], url: str) -> None:
    """A value never changes the number of segments, but for the slashes in a reserved one; and none ends the path."""
    template = parse_template(text)
    pieces = [piece for segment in template.segments for piece in segment.pieces]
    more = sum(
        str(given_values[piece.name]).count("/") for piece in pieces if isinstance(piece, Variable) and piece.reserved
    )
    parts = urlsplit(url)
    below = parts.path.removeprefix("/v1")
    assert below.count("/") == max(1, len(template.segments) + template.slash) + more
    assert parts.fragment == ""
    assert bool(parts.query) == any(not isinstance(pair.value, Variable) for pair in template.query)
    assert not {".", ".."}.intersection(below.split("/"))


@given(st.lists(templates, min_size=1, max_size=6, unique=True), st.lists(values, min_size=1, max_size=5))
def test_every_chain_of_items_comes_back_by_its_url_and_by_its_expression(texts: list[str], items: list[Any]) -> None:
    path: Any = connect(*texts)
    client = path
    for item in items:
        node = path._node
        choices = [*node.literals, *(dict.fromkeys(names, item) for names in node.texts.values()), item]
        try:
            path = path[choices[len(repr(item)) % len(choices)]]
            url = restpath.url(path)
        except restpath.RestpathError:
            continue
        assert restpath.url(restpath.parse(client, url)) == url
        assert eval(chain(path), {"client": client, "restpath": restpath}) == path


@given(st.lists(templates, min_size=1, max_size=4, unique=True), st.text(max_size=20), st.booleans())
def test_any_text_is_parsed_or_refused_by_an_error_of_ours(texts: list[str], text: str, slash: bool) -> None:
    client = connect(*texts)
    text = "/" + text if slash else text
    try:
        path = restpath.parse(client, text)
    except restpath.RestpathError as error:
        str(error).encode()
    else:
        url = restpath.url(path)
        assert restpath.url(restpath.parse(client, url)) == url


@given(st.text(st.sampled_from("ab/:%2Fé.{}"), max_size=12))
def test_without_a_definition_every_url_comes_back(text: str) -> None:
    free = restpath.connect("https://api.example.com")
    try:
        path = restpath.parse(free, "/" + text)
    except restpath.InvalidValue:
        assume(False)
        return
    url = restpath.url(path)
    assert restpath.url(restpath.parse(free, url)) == url
    assert eval(chain(path), {"client": free, "restpath": restpath}) == path


# ---- cost --------------------------------------------------------------------------------------------------------

DEEP = ["/" + "/x/".join(f"{{+v{i}}}" for i in range(8)), "/" + "/".join(f"{{+v{i}}}" for i in range(8))]
MIXED = ["/" + "/".join(f"{{+v{i}}}:x" for i in range(6)), "/" + "/".join(f"{{a{i}}}-{{b{i}}}" for i in range(6))]


@pytest.mark.parametrize("template", [*DEEP, *MIXED])
@pytest.mark.parametrize("unit", ["/x", "/a-b", "/:x", "/a:x"])
def test_the_work_of_parsing_grows_with_the_url_and_not_with_its_readings(template: str, unit: str) -> None:
    client = connect(template, "/{+z}:y", "/{+z}/y/{+w}")
    few, many = (lines_run(lambda n=n: restpath.parse_all(client, unit * n)) for n in (25, 100))
    assert many < 5 * few + 1000


def test_a_template_is_given_once_however_often_it_can_be_filled() -> None:
    client = connect(DEEP[0])
    found = restpath.parse_all(client, "/x" * 40)
    assert len([path for path in found if path._node.ends]) == 1


def test_a_variable_that_stands_twice_is_found_among_many_ways(client: restpath.Client) -> None:
    odd = connect("/{+a}/x/{+a}")
    path = restpath.expand(odd, "/{+a}/x/{+a}", a="p/x/q")
    assert restpath.parse(odd, restpath.url(path)) == path
