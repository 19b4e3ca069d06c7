"""
What is measured: for each row of the table the same work by restpath and by others, a few lines each.

A case takes a `Place` and gives what is to be timed, a function of no arguments; in the rows of fresh processes it
gives the program that such a process runs. Another library is one more function here: `@case("get", "its name")`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

THREADS, GETS_PER_THREAD = 8, 40
BODY = {
    "object": {"objectType": "note", "content": "Hello", "tags": ["a", "b"]},
    "contexts": [{"url": "http://example.org/c", "n": 1}],
    "generator": "bench",
    "flag": True,
}
SCHEMA = {
    "type": "object",
    "required": ["object"],
    "properties": {
        "object": {
            "type": "object",
            "required": ["objectType"],
            "properties": {
                "objectType": {"type": "string", "enum": ["note", "image", "question"]},
                "content": {"type": "string", "maxLength": 10000},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        },
        "contexts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["url"],
                "properties": {"url": {"type": "string"}, "n": {"type": "integer", "minimum": 0}},
            },
        },
        "generator": {"type": "string"},
        "flag": {"type": "boolean"},
    },
}
DOCUMENTS = {
    "service": {
        "format": 1,
        "service": "bench",
        "credentials": {"token": {}},
        "auth": {"bearer": {"headers": {"Authorization": "Bearer {token}"}}},
        "pages": {"by": "page", "parameter": "page", "first": 0, "items": "/items", "total": "/total"},
    },
    "resources": {
        "/people/{username}/activities": "GET POST",
        "/people/{username}/notes": {"methods": {"POST": {"body": {"schema": SCHEMA}}}},
        "/people/{username}/files": "POST",
        "/list": "GET",
    },
}


@dataclass(frozen=True)
class Place:
    """Where a case finds what it needs: the server's URLs, a large file, the certificate to trust."""

    base: str
    file: str = ""
    secure: str = ""
    certificate: str = ""

    @property
    def url(self) -> str:
        return f"{self.base}/people/x/activities"


@dataclass(frozen=True)
class Row:
    """A row of the table: what is done, how it is measured, and what restpath may cost at most, by whom."""

    name: str
    title: str
    kind: (
        str  # wall or cpu: many times in one process; fresh: a process each time; upload: time, and memory at its peak
    )
    goals: dict[str, float]
    twice: str  # the case that is timed twice, as a check on the machine
    per: int = 1  # operations in one go


ROWS = [
    Row("get", "GET, JSON decoded", "wall", {"urllib3": 1.25, "requests": 0.55}, "urllib3"),
    Row("post", "POST of a nested JSON body", "wall", {"urllib3": 1.20, "requests": 0.55}, "urllib3"),
    Row("checked", "the same POST, checked against a schema", "wall", {"urllib3": 1.35, "requests": 0.62}, "urllib3"),
    Row("https", "GET over HTTPS, JSON decoded", "wall", {"urllib3": 1.25, "requests": 0.55}, "urllib3"),
    Row("path", "a path and its URL", "wall", {"hammock": 0.25, "f-string": 7}, "f-string"),
    Row("first", "a fresh process: import, connect, one GET", "fresh", {"requests": 1.15}, "requests"),
    Row("look", "a fresh process: import, connect, URL", "fresh", {"import requests": 0.4}, "import requests"),
    Row("threads", f"GET in {THREADS} threads, CPU", "cpu", {"urllib3": 1.35}, "urllib3", THREADS * GETS_PER_THREAD),
    Row("upload", "upload of 512 MiB", "upload", {"curl": 1.1}, "curl"),
    Row("walk", "10,000 items in 100 pages", "wall", {"requests": 0.6}, "requests"),
]  # fmt: skip

Case = Callable[[Place], Any]
CASES: dict[str, dict[str, Case]] = {row.name: {} for row in ROWS}


def case(row: str, name: str) -> Callable[[Case], Case]:
    """Enter a case under a row and a name."""

    def enter(function: Case) -> Case:
        CASES[row][name] = function
        return function

    return enter


def connect(place: Place, **settings: Any) -> Any:
    import restpath

    return restpath.connect(restpath.read(DOCUMENTS), place.base, token="t", **settings)


def known_service(place: Place) -> Any:
    import restpath

    return restpath.connect("max", place.base, username="x", token="t")


# ---- GET ---------------------------------------------------------------------------------------------------------


@case("get", "restpath")
def _(place: Place) -> Any:
    client = known_service(place)
    return lambda: client.people["x"].activities.get()


@case("get", "urllib3")
def _(place: Place) -> Any:
    import urllib3

    pool = urllib3.PoolManager()
    return lambda: json.loads(pool.request("GET", place.url).data)


@case("get", "requests")
def _(place: Place) -> Any:
    import requests

    session = requests.Session()
    return lambda: session.get(place.url).json()


@case("https", "restpath")
def _(place: Place) -> Any:
    os.environ["REQUESTS_CA_BUNDLE"] = place.certificate
    client = connect(Place(place.secure))
    return lambda: client.people["x"].activities.get()


@case("https", "urllib3")
def _(place: Place) -> Any:
    import urllib3

    pool = urllib3.PoolManager(ca_certs=place.certificate)
    url = Place(place.secure).url
    return lambda: json.loads(pool.request("GET", url).data)


@case("https", "requests")
def _(place: Place) -> Any:
    import requests

    session = requests.Session()
    session.verify = place.certificate
    url = Place(place.secure).url
    return lambda: session.get(url).json()


# ---- POST --------------------------------------------------------------------------------------------------------


@case("post", "restpath")
def _(place: Place) -> Any:
    client = connect(place)
    return lambda: client.people["x"].activities.post(data=BODY)


@case("checked", "restpath")
def _(place: Place) -> Any:
    client = connect(place)
    return lambda: client.people["x"].notes.post(data=BODY)


@case("post", "urllib3")
@case("checked", "urllib3")
def _(place: Place) -> Any:
    import urllib3

    pool = urllib3.PoolManager()
    head = {"Content-Type": "application/json"}
    return lambda: json.loads(pool.request("POST", place.url, body=json.dumps(BODY).encode(), headers=head).data)


@case("post", "requests")
@case("checked", "requests")
def _(place: Place) -> Any:
    import requests

    session = requests.Session()
    return lambda: session.post(place.url, json=BODY).json()


# ---- paths -------------------------------------------------------------------------------------------------------


@case("path", "restpath")
def _(place: Place) -> Any:
    from restpath import url

    client = known_service(place)
    return lambda: url(client.people["x"].activities)


@case("path", "hammock")
def _(place: Place) -> Any:
    from hammock import Hammock

    root = Hammock(place.base)
    return lambda: root.people("x").activities._url()


@case("path", "f-string")
def _(place: Place) -> Any:
    from urllib.parse import quote

    base, name = place.base, "x"
    return lambda: f"{base}/people/{quote(name, safe='')}/activities"


# ---- fresh processes ---------------------------------------------------------------------------------------------


@case("first", "restpath")
def _(place: Place) -> str:
    client = f"restpath.connect('max', {place.base!r}, username='x', token='t')"
    return f"import restpath; {client}.people['x'].activities.get()"


@case("first", "requests")
def _(place: Place) -> str:
    return f"import requests; requests.Session().get({place.url!r}).json()"


@case("look", "restpath")
def _(place: Place) -> str:
    client = f"restpath.connect('max', {place.base!r}, username='x', token='t')"
    return f"import restpath; restpath.url({client}.people['x'].activities)"


@case("look", "import requests")
def _(place: Place) -> str:
    return "import requests"


# ---- threads, uploads, lists -------------------------------------------------------------------------------------


def in_threads(one: Callable[[], Any]) -> Callable[[], None]:
    """What calls a function many times, in a few threads."""

    def several() -> None:
        for _ in range(GETS_PER_THREAD):
            one()

    executor = ThreadPoolExecutor(THREADS)

    def all_of_them() -> None:
        for future in [executor.submit(several) for _ in range(THREADS)]:
            future.result()

    return all_of_them


@case("threads", "restpath")
def _(place: Place) -> Any:
    client = known_service(place)
    return in_threads(lambda: client.people["x"].activities.get())


@case("threads", "urllib3")
def _(place: Place) -> Any:
    import urllib3

    pool = urllib3.PoolManager(maxsize=THREADS)
    return in_threads(lambda: json.loads(pool.request("GET", place.url).data))


@case("upload", "restpath")
def _(place: Place) -> Any:
    client = connect(place)
    return lambda: client.people["x"].files.post(upload_file=place.file)


@case("upload", "curl")
def _(place: Place) -> Any:
    curl = shutil.which("curl")
    if curl is None:
        raise LookupError("curl is not installed")
    command = [curl, "-sS", "-f", "-o", os.devnull, "-F", f"file=@{place.file}", f"{place.base}/people/x/files"]
    return lambda: subprocess.run(command, check=True)


@case("walk", "restpath")
def _(place: Place) -> Any:
    client = connect(place)
    return lambda: sum(item["id"] for item in client.list.walk())


@case("walk", "requests")
def _(place: Place) -> Any:
    import requests

    session = requests.Session()

    def by_hand() -> int:
        page, seen, total = 0, 0, 0
        while True:
            content = session.get(f"{place.base}/list", params={"page": page}).json()
            total += sum(item["id"] for item in content["items"])
            seen, page = seen + len(content["items"]), page + 1
            if not content["items"] or seen >= content["total"]:
                return total

    return by_hand
