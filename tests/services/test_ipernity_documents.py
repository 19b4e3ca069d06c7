"""
The examples of the original client's document run as they are printed, but for the import and the errata.

They talk to the mock over HTTP; the browser and the keyboard are played by the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

import restpath.mock
from restpath.services.ipernity import IpernityAPI
from restpath.testing import FakeClock

KEY, SECRET = "6fa87ba500002712bd4eed6020f3bd72", "e9a599f0cf6ce193"

DESKTOP = """
iper = IpernityAPI(my_key, my_secret)
frob = iper.auth.getFrob()['auth']['frob']
url = iper.auth.auth_url({'doc': 'write'}, frob)

print('Starting web browser for authorization...')
webbrowser.open_new(url)
input('Press <Enter> after authorizing access in browser... ')

# Get access token and store it in API object
iper.auth.getToken(frob)
print('Token retrieved, you can close the browser now.')
"""

WITH_TOKEN = """
iper = IpernityAPI(my_key, my_secret, my_token)
"""

# Corrected as the errata say: Flask(__name__), the import of request, request.args, and a text that is returned.
FLASK = """
from flask import Flask, redirect, request, session

app = Flask(__name__)

# Application should redirect here when authorization is required
@app.route('/login')
def login():
    iper = IpernityAPI(my_key, my_secret, auth='web')
    return redirect(iper.auth.auth_url({'doc': 'write'}))

# Ipernity will redirect here on successful authorization
@app.route('/callback')
def callback():
    frob = request.args['frob']
    iper = IpernityAPI(my_key, my_secret, auth='web')
    token = iper.auth.getToken(frob)['auth']
    session['token'] = token
    return 'Authorized.'
"""

CALLING = """
ip = IpernityAPI(key, secret)

# These two calls are equivalent
user_info = ip.call('user.get', userid = 4711)
user_info = ip.user.get(userid = 4711)
"""


@pytest.fixture
def server() -> Iterator[Any]:
    with restpath.mock.serve("ipernity", clock=FakeClock().now) as server:
        yield server


class Browser:
    """Opens links, as the webbrowser module does."""

    def __init__(self) -> None:
        self.pages: list[str] = []

    def open_new(self, url: str) -> bool:
        self.pages.append(requests.get(url, timeout=10).text)
        return True


@pytest.fixture
def names(server: Any) -> dict[str, Any]:
    """What the examples take for granted, with the service where the mock is."""

    class AtMock(IpernityAPI):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, url=server.url, auth_url_base=f"{server.url}/apps/authorize", **more)

    said: list[str] = []
    return {
        "__name__": "example", "IpernityAPI": AtMock, "my_key": KEY, "my_secret": SECRET, "key": KEY, "secret": SECRET,
        "webbrowser": Browser(), "input": said.append, "print": said.append, "said": said,
    }  # fmt: skip


def test_desktop_authentication(names: dict[str, Any]) -> None:
    exec(DESKTOP, names)
    assert names["said"] == [
        "Starting web browser for authorization...",
        "Press <Enter> after authorizing access in browser... ",
        "Token retrieved, you can close the browser now.",
    ]
    assert "authorized" in names["webbrowser"].pages[0]
    assert names["iper"].has_permissions({"doc": "write"})
    exec(WITH_TOKEN, names | {"my_token": names["iper"].token})


def test_a_token_makes_a_pre_authorized_object(names: dict[str, Any]) -> None:
    exec(DESKTOP, names)
    names["my_token"] = names["iper"].token
    exec(WITH_TOKEN, names)
    assert names["iper"].user_info["username"] == "ann"


def test_web_authentication_with_flask(names: dict[str, Any], server: Any) -> None:
    pytest.importorskip("flask", reason="needs Flask: pip install 'restpath[test]'")
    exec(FLASK, names)
    app = names["app"]
    app.secret_key = "what Flask signs its cookies with"
    server.mock.state.notes["callback"] = "http://localhost/callback"
    with app.test_client() as browser:
        to_service = browser.get("/login")
        assert (to_service.status_code, urlsplit(to_service.location).path) == (302, "/apps/authorize")
        back = requests.get(to_service.location, allow_redirects=False, timeout=10)
        assert re.fullmatch(r"http://localhost/callback\?frob=[0-9a-f]+", back.headers["Location"])
        assert browser.get(back.headers["Location"]).text == "Authorized."
        with browser.session_transaction() as session:
            token = session["token"]
    assert (token["user"]["username"], token["permissions"]) == ("ann", {"doc": "write"})
    assert names["IpernityAPI"](KEY, SECRET, token).album.create(title="Mine")["album"]["title"] == "Mine"


def test_the_two_ways_of_calling(names: dict[str, Any]) -> None:
    exec(CALLING, names)
    assert names["user_info"]["user"]["user_id"] == "4711"


def test_the_walks_that_it_names(names: dict[str, Any]) -> None:
    ip = names["IpernityAPI"](KEY, SECRET)
    for walk in (
        ip.walk_albums(user_id=7), ip.walk_album_docs(10460), ip.walk_doc_search(text="photo"), ip.walk_docs(user_id=7),
        ip.walk_data("doc.getList", user_id=7),
    ):  # fmt: skip
        assert next(walk)["title"]
