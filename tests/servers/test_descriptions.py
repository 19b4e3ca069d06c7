"""
Descriptions that servers ship, used at once: nothing about these services was written by hand.

Jupyter Server and httpbin describe themselves in Swagger 2. Prism, which comes by `.ci/run`, serves the descriptions in
prism/ and holds every request to them; what it takes and what it refuses is its own judgement. All run on loopback.
"""

from __future__ import annotations

import importlib.util
import pickle
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import restpath
from tests.support.programs import LOOPBACK, run_jupyter, run_program
from tests.support.scripted import closed_port

ROOT = Path(__file__).parents[2]
PRISM = Path(__file__).with_name("prism")


# ---- Jupyter Server ----------------------------------------------------------------------------------------------

needs_jupyter = pytest.mark.skipif(
    importlib.util.find_spec("jupyter_server") is None,
    reason="needs the program itself: python -m pip install 'jupyter-server>=2.0'",
)


@dataclass(frozen=True)
class Jupyter:
    """The running program: its URL, its token, the directory that it serves, and what it says of itself."""

    url: str
    token: str
    root: Path
    definition: restpath.Definition


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    with run_jupyter(tmp_path_factory.mktemp("jupyter")) as (url, token, root):
        yield Jupyter(url, token, root, restpath.read(f"{url}/api/spec.yaml?token={token}"))


@pytest.fixture(scope="module")
def notebooks(jupyter: Jupyter) -> Iterator[restpath.Client]:
    """A client made of the description alone, which does not say how the token is sent: a session does."""
    import requests

    with requests.Session() as session:
        session.headers["Authorization"] = f"token {jupyter.token}"
        with restpath.connect(jupyter.definition, session=session) as made:
            yield made


@needs_jupyter
def test_jupyter_describes_itself_under_a_url_and_says_the_same_in_its_package(jupyter: Jupyter) -> None:
    found = importlib.util.find_spec("jupyter_server")
    assert found is not None
    assert found.origin is not None
    file = Path(found.origin).parent / "services" / "api" / "api.yaml"
    packaged = {(operation.method, operation.template) for operation in restpath.read(file).operations}
    assert {(operation.method, operation.template) for operation in jupyter.definition.operations} == packaged
    assert len(packaged) > 25


@needs_jupyter
def test_nothing_of_jupyters_description_is_left_out(jupyter: Jupyter) -> None:
    assert jupyter.definition.left_out == ()


@needs_jupyter
def test_the_token_in_the_url_of_jupyters_description_is_kept_nowhere(jupyter: Jupyter) -> None:
    data = pickle.dumps(jupyter.definition)
    assert b"/api/contents/{path}" in data
    assert jupyter.token.encode() not in data


@needs_jupyter
def test_jupyter_is_where_its_description_came_from(jupyter: Jupyter, notebooks: restpath.Client) -> None:
    assert restpath.url(notebooks.api.status) == f"{jupyter.url}/api/status"
    assert restpath.expand(notebooks, "/api/").get()["version"] == version("jupyter_server")
    assert notebooks.api.status.get()["kernels"] == 0


@needs_jupyter
@pytest.mark.parametrize("name", ["a.txt", "a b#é.txt", "100%.txt"])
def test_a_file_goes_to_jupyter_and_comes_back(jupyter: Jupyter, notebooks: restpath.Client, name: str) -> None:
    folder = jupyter.root / secrets.token_hex(4)
    folder.mkdir()
    path = notebooks.api.contents[f"{folder.name}/{name}"]
    assert path.put(type="file", format="text", content="Größe")["name"] == name
    assert (folder / name).read_text("utf-8") == "Größe"
    assert path.get(content=1)["content"] == "Größe"
    assert path.patch(path=f"{folder.name}/moved.txt")["name"] == "moved.txt"
    notebooks.api.contents[f"{folder.name}/moved.txt"].delete()
    with pytest.raises(restpath.NotFound):
        path.get()


@needs_jupyter
def test_jupyters_checkpoints_are_made_and_gone_back_to(jupyter: Jupyter, notebooks: restpath.Client) -> None:
    path = notebooks.api.contents["kept.txt"]
    path.put(type="file", format="text", content="first")
    made = restpath.expand(notebooks, "/api/contents/{path}/checkpoints", path="kept.txt").post()
    path.put(type="file", format="text", content="second")
    path.checkpoints[made["id"]].post()
    assert (jupyter.root / "kept.txt").read_text("utf-8") == "first"


@needs_jupyter
def test_lists_of_jupyters_are_read(notebooks: restpath.Client) -> None:
    assert notebooks.api.sessions.get() == []
    assert notebooks.api.kernels.get() == []
    assert set(notebooks.api.kernelspecs.get()) == {"default", "kernelspecs"}


@needs_jupyter
def test_what_contradicts_jupyters_schema_is_not_sent(notebooks: restpath.Client) -> None:
    with pytest.raises(restpath.InvalidBody) as caught:
        notebooks.api.contents["a.txt"].put(type="file", format="text", content=3)
    assert [fault.pointer for fault in caught.value.faults] == ["/content"]


@needs_jupyter
def test_without_a_token_jupyter_says_no(jupyter: Jupyter) -> None:
    with restpath.connect(jupyter.definition) as client, pytest.raises(restpath.Forbidden):
        client.api.status.get()


# ---- httpbin -----------------------------------------------------------------------------------------------------

_HTTPBIN = "python -m pip install 'httpbin>=0.10.2' 'flasgger>=0.9.7' 'werkzeug>=3.0'"
needs_httpbin = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("httpbin", "flasgger", "werkzeug")),
    reason=f"needs the program, and what makes it describe itself: {_HTTPBIN}",
)


@pytest.fixture(scope="module")
def httpbin_url() -> Iterator[str]:
    from httpbin.core import app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_: Any) -> None:
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def httpbin(httpbin_url: str) -> Iterator[restpath.Client]:
    """The document names a public host, so that the URL is said; the file, the headers and all else come from it."""
    with restpath.connect(restpath.read(f"{httpbin_url}/spec.json"), httpbin_url, retries=0) as made:
        yield made


@needs_httpbin
def test_httpbin_describes_itself_and_names_its_public_host(httpbin_url: str) -> None:
    definition = restpath.read(f"{httpbin_url}/spec.json")
    assert restpath.url(restpath.connect(definition)["get"]) == "https://httpbin.org/get"
    assert len(definition.operations) > 70
    assert {each.what.partition(":")[0] for each in definition.left_out} == {
        "the object 'freeform' goes as form", "there is no type 'int'",
    }  # fmt: skip


@needs_httpbin
def test_every_operation_of_httpbins_is_reached_by_its_template_and_by_a_chain(httpbin: restpath.Client) -> None:
    for operation in restpath.read(restpath.url(httpbin).rstrip("/") + "/spec.json").operations:
        values = dict.fromkeys(re.findall(r"\{(\w+)\}", operation.template), "7")
        chain = httpbin
        for segment in operation.template.strip("/").split("/"):
            chain = chain[re.sub(r"\{\w+\}", "7", segment)]
        path = restpath.expand(httpbin, operation.template, values)
        assert restpath.url(path) == restpath.url(chain)
        assert getattr(path, operation.method.lower()).prepare().method == operation.method


@needs_httpbin
@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda client: client["get"].get(a="1", b="ä&=")["args"], {"a": "1", "b": "ä&="}),
        (lambda client: client["anything"]["x y/z"].put()["method"], "PUT"),
        (lambda client: client["base64"]["cmVzdHBhdGg="].get(), "restpath"),
        (lambda client: client["uuid"].get().keys(), {"uuid"}),
        (lambda client: client["redirect-to"].get(url="/uuid").keys(), {"uuid"}),
        (lambda client: client["cookies"].set["a"]["b"].get()["cookies"], {"a": "b"}),
        (lambda client: client["image"].png.get()[:4], b"\x89PNG"),
        (lambda client: client["links"]["3"]["1"].get()[:6], "<html>"),
        (lambda client: client["robots.txt"].get()[:10], "User-agent"),
        (lambda client: client["status"]["204"].delete(), None),
    ],
)
def test_httpbin_answers_what_its_description_offers(httpbin: restpath.Client, call: Any, found: Any) -> None:
    assert call(httpbin) == found


@needs_httpbin
def test_a_form_of_httpbins_goes_as_one(httpbin: restpath.Client) -> None:
    put = httpbin["redirect-to"].put
    assert put.prepare(url="/put").body == b"url=%2Fput"
    # The program reads the query, where its description says that it reads the form: both are sent, and sent on.
    answer = put(url="/put", qs={"url": "/put", "status_code": 307})
    assert answer["form"] == {"url": "/put"}


# ---- Prism -------------------------------------------------------------------------------------------------------

NODE = shutil.which("node")
PROGRAM = ROOT / ".node" / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
needs_prism = pytest.mark.skipif(
    NODE is None or not PROGRAM.is_file(), reason="needs Node.js and Prism: .ci/run installs them"
)
SHOP = restpath.read(PRISM / "shop.yaml")
OLDER = restpath.read(PRISM / "older.yaml")
CREDENTIALS = {"shop_key": "k", "username": "ann", "password": "é b", "token": "t", "shop_session": "s"}
ARTICLE = {"name": "Tea", "price": 3}


@contextmanager
def prism(file: str) -> Iterator[str]:
    command = [NODE or "node", str(PROGRAM), "mock", "--errors", "--host=127.0.0.1", f"--port={closed_port()}"]
    with run_program([*command, str(PRISM / file)], f"listening on ({LOOPBACK})", folder=PRISM) as url:
        yield url


@pytest.fixture(scope="module")
def shop_url() -> Iterator[str]:
    with prism("shop.yaml") as url:
        yield url


@pytest.fixture(scope="module")
def shop(shop_url: str) -> Iterator[restpath.Client]:
    with restpath.connect(SHOP, shop_url, retries=0, credentials=CREDENTIALS) as made:
        yield made


@pytest.fixture(scope="module")
def older() -> Iterator[restpath.Client]:
    with prism("older.yaml") as url, restpath.connect(OLDER, url, retries=0, api_key="k&") as made:
        yield made


def call(client: restpath.Client, name: str, fields: Mapping[str, Any], **options: Any) -> Any:
    """Call an operation by its name: the path's variables are among the fields, as in a call of any kind."""
    found = restpath.operation(client, name)
    return (found.options(**options) if options else found)(**fields)


LIST = {
    "limit": 3, "tags": ["a,b", "c d"], "sizes": [1, 2], "colours": ["red", "blue"], "places": ["a", "b"],
    "filter[name]": "T&a", "filter[cheaper_than]": 9, "sort": "price", "sold-out": False,
}  # fmt: skip
GET = {"article-id": 7, "X-Request-Id": "abcd", "If-Newer-Than": 3, "currency": "EUR"}
ACCEPTED: list[tuple[str, Mapping[str, Any], Any]] = [
    ("listArticles", LIST, [{"id": 7, **ARTICLE}]),
    ("addArticle", {**ARTICLE, "parts": [ARTICLE], "note": None}, {"id": 7, **ARTICLE}),
    ("getArticle", GET, {"id": 7, **ARTICLE}),
    ("changeArticle", {"article-id": 7, "price": 2.5}, {"id": 7, **ARTICLE}),
    ("removeArticle", {"article-id": 7}, None),
    ("sell article", {"article-id": 7}, None),
    ("putPicture", {"article-id": 7, "format": "png", "data": b"\x89PNG\r\n"}, None),
    ("pay", {"kind": "card", "number": "1234567890123456"}, None),
    ("pay", {"kind": "bank", "iban": "CH9300762011623852957"}, None),
    ("order", {"article": 7, "amount": 2, "remark": "é&=\r\n"}, None),
    ("sendPaper", {"title": "Tea", "upload_file": ("a.txt", b"on tea", "text/plain")}, None),
    ("countTill", {}, 12),
    ("getTurnover", {}, 12),
    ("openDrawer", {}, None),
    ("getReport", {}, 12),
    ("getHours", {}, 12),
]
# What contradicts a schema of a body: restpath says so before it sends, and Prism says so as well.
REFUSED_BY_BOTH: list[tuple[str, Mapping[str, Any], str]] = [
    ("addArticle", {"name": "Tea"}, ""),
    ("addArticle", {"name": "", "price": 3}, "/name"),
    ("addArticle", {"name": "Tea", "price": 0}, "/price"),
    ("addArticle", {**ARTICLE, "note": 3}, "/note"),
    ("addArticle", {**ARTICLE, "parts": [{"name": "Leaf"}]}, "/parts/0"),
    ("changeArticle", {"article-id": 7, "data": {}}, ""),
    ("changeArticle", {"article-id": 7, "price": 0}, "/price"),
    ("pay", {"kind": "card", "number": "12"}, ""),
    ("pay", {"kind": "card", "number": "1234567890123456", "iban": "CH9300762011623852957"}, ""),
    ("pay", {"kind": "cash"}, ""),
    ("order", {"amount": 2}, ""),
    ("order", {"article": "tea"}, "/article"),
    ("order", {"article": 7, "amount": 0}, "/amount"),
    ("sendPaper", {"title": "A title of more than twenty letters", "upload_file": ("a.txt", b"on tea")}, "/title"),
]
# What only the service judges. That Prism refuses it shows that it sees each of these where restpath puts it.
REFUSED_BY_PRISM: list[tuple[str, Mapping[str, Any], str]] = [
    ("listArticles", {**LIST, "limit": 101}, "limit"),
    ("listArticles", {"sort": "name"}, "limit"),
    ("listArticles", {**LIST, "sizes": [1, "two"]}, "sizes"),
    ("listArticles", {**LIST, "filter[cheaper_than]": "much"}, "cheaper_than"),
    ("listArticles", {**LIST, "sort": "colour"}, "sort"),
    ("listArticles", {**LIST, "sold-out": "perhaps"}, "sold-out"),
    ("getArticle", {**GET, "article-id": "seven"}, "article-id"),
    ("getArticle", {**GET, "X-Request-Id": "abc"}, "x-request-id"),
    ("getArticle", {**GET, "If-Newer-Than": "never"}, "if-newer-than"),
    ("putPicture", {"article-id": 7, "format": "gif", "data": b"GIF8"}, "format"),
]


def test_the_calls_are_of_all_operations() -> None:
    assert {name for name, _, _ in ACCEPTED} == set(SHOP.named)
    assert len(SHOP.named) == len(SHOP.operations)


def test_of_the_shops_description_only_the_cookie_is_told() -> None:
    assert [each.place for each in SHOP.left_out] == ["/components/securitySchemes/session"]
    assert OLDER.left_out == ()


def test_a_cookie_goes_in_its_place_which_prism_does_not_look_at() -> None:
    seen: list[str] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        seen.append(environ["HTTP_COOKIE"])
        start("204 No Content", [])
        return []

    call(restpath.connect(SHOP, app=app, credentials=CREDENTIALS), "getArticle", GET)
    assert seen == ["currency=EUR"]


@needs_prism
@pytest.mark.parametrize(("name", "fields", "answer"), ACCEPTED)
def test_prism_takes_each_operation(shop: restpath.Client, name: str, fields: Any, answer: Any) -> None:
    assert call(shop, name, fields) == answer


@needs_prism
@pytest.mark.parametrize(("name", "fields", "pointer"), REFUSED_BY_BOTH)
def test_prism_refuses_what_restpath_refuses(shop: restpath.Client, name: str, fields: Any, pointer: str) -> None:
    with pytest.raises(restpath.InvalidBody) as own:
        call(shop, name, fields)
    assert pointer in [fault.pointer for fault in own.value.faults]
    with pytest.raises(restpath.RequestError) as its:
        call(shop, name, fields, validate=False)
    assert its.value.status == 422
    assert {each["location"][0] for each in its.value.content["validation"]} == {"body"}


@needs_prism
@pytest.mark.parametrize(("name", "fields", "part"), REFUSED_BY_PRISM)
def test_prism_sees_each_parameter_in_its_place(shop: restpath.Client, name: str, fields: Any, part: str) -> None:
    with pytest.raises(restpath.RequestError) as caught:
        call(shop, name, fields)
    assert caught.value.status == 422
    assert part in str(caught.value.content["validation"])


def chains(client: restpath.Client) -> list[Callable[[], Any]]:
    article = client.articles["7"]
    return [
        lambda: client.articles.get(**LIST),
        lambda: client.articles.post(**ARTICLE),
        lambda: article.get(**{key: value for key, value in GET.items() if key != "article-id"}),
        lambda: article.patch(price=2.5),
        lambda: article.delete(),
        lambda: article[":sell"].post(),
        lambda: article["picture.png"].put(b"\x89PNG\r\n"),
        lambda: client.payments.post(kind="bank", iban="CH9300762011623852957"),
        lambda: client.orders.post(article=7),
        lambda: client.papers.post(title="Tea", upload_file=("a.txt", b"on tea")),
        lambda: client.till.get(),
        lambda: client.till.turnover.get(),
        lambda: client.till.drawer.post(),
        lambda: client.till.report.get(),
        lambda: client.hours.get(),
    ]


@needs_prism
def test_prism_takes_each_operation_by_its_chain(shop: restpath.Client) -> None:
    calls = chains(shop)
    assert len(calls) == len(SHOP.operations)
    for each in calls:
        each()


@needs_prism
@pytest.mark.parametrize(("name", "fields", "lacking"), [
    ("addArticle", ARTICLE, "shop_key"), ("countTill", {}, "password"), ("getTurnover", {}, "token"),
    ("openDrawer", {}, "shop_key"), ("openDrawer", {}, "password"),
])  # fmt: skip
def test_what_lacks_a_credential_is_not_sent_and_prism_would_refuse_it(
    shop_url: str, name: str, fields: Any, lacking: str
) -> None:
    given = {key: value for key, value in CREDENTIALS.items() if key != lacking}
    with (
        restpath.connect(SHOP, shop_url, credentials=given) as client,
        pytest.raises(restpath.AuthError, match=lacking),
    ):
        call(client, name, fields)
    # The same call, vouched for by an auth= that adds nothing.
    nobody = restpath.connect(SHOP, shop_url, auth=lambda request: request)
    with nobody as client, pytest.raises(restpath.Unauthorized):
        call(client, name, fields)


@needs_prism
@pytest.mark.parametrize("given", [{"token": "t"}, {"shop_session": "s"}])
def test_either_of_two_credentials_will_do(shop_url: str, given: dict[str, str]) -> None:
    with restpath.connect(SHOP, shop_url, credentials=given) as client:
        assert client.till.report.get() == 12


@needs_prism
def test_what_needs_no_credentials_goes_without(shop_url: str) -> None:
    with restpath.connect(SHOP, shop_url) as client:
        assert client.hours.get() == 12


@needs_prism
@pytest.mark.parametrize(("name", "fields", "answer"), [
    ("list_articles", {"ids": [1, 2], "tags": ["a", "b"], "X-Trace": "t"}, ["Tea"]),
    ("add_article", {"name": "Tea", "price": 0.5}, None),
    ("add_picture", {"id": 7, "title": "Tea", "upload_file": ("tea.png", b"\x89PNG", "image/png")}, None),
    ("order", {"article": 7, "gift": True}, None),
])  # fmt: skip
def test_prism_takes_each_operation_of_an_older_description(
    older: restpath.Client, name: str, fields: Any, answer: Any
) -> None:
    assert call(older, name, fields) == answer


@needs_prism
@pytest.mark.parametrize(("name", "fields"), [
    ("add_article", {"price": 1}), ("add_article", {"name": "Tea", "price": 0}), ("order", {"gift": True}),
    ("order", {"article": "tea"}),
])  # fmt: skip
def test_prism_refuses_what_restpath_refuses_of_an_older_description(
    older: restpath.Client, name: str, fields: Any
) -> None:
    with pytest.raises(restpath.InvalidBody):
        call(older, name, fields)
    with pytest.raises(restpath.RequestError) as caught:
        call(older, name, fields, validate=False)
    assert caught.value.status == 422


@needs_prism
@pytest.mark.parametrize(("fields", "part"), [
    ({"tags": ["a"]}, "x-trace"), ({"X-Trace": "t"}, "tags"), ({"tags": ["a"], "X-Trace": "t", "ids": ["b"]}, "ids"),
])  # fmt: skip
def test_prism_sees_each_parameter_of_an_older_description(older: restpath.Client, fields: Any, part: str) -> None:
    with pytest.raises(restpath.RequestError) as caught:
        call(older, "list_articles", fields)
    assert part in str(caught.value.content["validation"])
