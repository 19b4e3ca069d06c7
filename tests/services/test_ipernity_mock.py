"""
Ipernity as the mock serves it, asked over HTTP by a program of a few lines that signs as its documentation says.

What is asserted of codes and shapes is what the service's facts and its published documentation say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests

import restpath
import restpath.mock
from restpath.testing import FakeClock

KEY, SECRET = "6fa87ba500002712bd4eed6020f3bd72", "e9a599f0cf6ce193"
METHODS = {method.name: method.method for method in restpath.read("ipernity").operations}


class Program:
    """Calls methods as any program of old would."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url, self.token = url, token

    def signed(self, method: str, fields: dict[str, str]) -> dict[str, str]:
        text = "".join(name + fields[name] for name in sorted(fields)) + method + SECRET
        return {**fields, "api_sig": hashlib.md5(text.encode()).hexdigest()}

    def __call__(self, method: str, /, files: Any = None, **params: Any) -> Any:
        fields = {"api_key": KEY, **{name: str(value) for name, value in params.items()}}
        if self.token is not None:
            fields["auth_token"] = self.token
        return self.send(method, self.signed(method, fields), files=files)

    def send(self, method: str, fields: dict[str, str], verb: str | None = None, files: Any = None) -> Any:
        verb = verb or METHODS.get(method, "GET")
        how = {"data": fields} if verb == "POST" else {"params": fields}
        answer = requests.request(verb, f"{self.url}/{method}/json", timeout=10, files=files, **how)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
        content = answer.json()
        assert all(isinstance(leaf, str) for leaf in leaves(content)), "numbers arrive as texts"
        return content

    def code(self, method: str, /, **params: Any) -> str | None:
        api = self(method, **params)["api"]
        assert api["status"] == ("error" if "code" in api else "ok")
        return api.get("code")  # type: ignore[no-any-return]

    def log_in(self, **permissions: str) -> Program:
        """Go through the dance; gives a program with the token."""
        frob = self("auth.getFrob")["auth"]["frob"]
        link = self.signed("", {"api_key": KEY, "frob": frob, **{f"perm_{a}": b for a, b in permissions.items()}})
        page = requests.get(f"{self.url}/apps/authorize", params=link, timeout=10)
        assert page.status_code == 200, page.text
        return Program(self.url, self("auth.getToken", frob=frob)["auth"]["token"])


def leaves(value: Any) -> Iterator[Any]:
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from leaves(each) if isinstance(each, (dict, list)) else [each]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Any]:
    with restpath.mock.serve("ipernity", clock=clock.now) as server:
        yield server


@pytest.fixture
def anybody(server: Any) -> Program:
    return Program(server.url)


@pytest.fixture
def ann(anybody: Program) -> Program:
    return anybody.log_in(doc="delete", blog="write", post="write", network="read")


# ---- what is refused ---------------------------------------------------------------------------------------------


def test_a_wrong_signature_is_105(anybody: Program) -> None:
    fields = anybody.signed("user.get", {"api_key": KEY, "user_id": "7"})
    assert anybody.send("user.get", fields)["user"]["username"] == "ann"
    answer = anybody.send("user.get", {**fields, "user_id": "8"})
    assert answer["api"] == {
        "status": "error", "code": "105", "message": "The signature is wrong.", "at": answer["api"]["at"],
    }  # fmt: skip


def test_a_wrong_signature_is_refused_where_none_is_needed(anybody: Program) -> None:
    assert anybody.send("test.hello", {"api_key": KEY})["api"]["status"] == "ok"
    assert anybody.send("test.hello", {"api_key": KEY, "api_sig": "0" * 32})["api"]["code"] == "105"


def test_a_get_where_post_is_due_is_120(ann: Program) -> None:
    fields = ann.signed("album.create", {"api_key": KEY, "auth_token": ann.token or "", "title": "x"})
    assert ann.send("album.create", fields, verb="GET")["api"]["code"] == "120"


def test_a_post_where_get_would_do_is_answered_too(ann: Program) -> None:
    fields = ann.signed("doc.getList", {"api_key": KEY, "user_id": "7", "per_page": "2", "auth_token": str(ann.token)})
    assert ann.send("doc.getList", fields, verb="POST")["docs"]["per_page"] == "2"
    assert ann.send("test.hello", {"api_key": KEY}, verb="POST")["hello"] == "Hello!"


def test_another_format_is_102(ann: Program, server: Any) -> None:
    for path, code in (("test.hello/xml", "102"), ("test.hello/php", "102"), ("test.helo/xml", "103")):
        answer = requests.get(f"{server.url}/{path}", timeout=10)
        assert (answer.status_code, answer.json()["api"]["code"]) == (200, code)


def test_an_unknown_method_is_103_whoever_asks(anybody: Program) -> None:
    assert anybody.send("doc.gett", {})["api"]["code"] == "103"


def test_key_signature_and_token_have_their_codes(anybody: Program) -> None:
    assert anybody.send("test.hello", {})["api"]["code"] == "100"
    assert anybody.send("test.hello", {"api_key": "wrong"})["api"]["code"] == "101"
    assert anybody.send("user.get", {"api_key": KEY, "user_id": "7"})["api"]["code"] == "104"
    assert anybody.code("album.create", title="x") == "106"
    assert Program(anybody.url, "wrong").code("album.create", title="x") == "107"


def test_permissions_that_do_not_suffice_are_110(anybody: Program) -> None:
    reader, writer = anybody.log_in(doc="read"), anybody.log_in(doc="write")
    assert reader.code("doc.set", doc_id=3601, title="New") == "110"
    assert writer.code("doc.set", doc_id=3601, title="New") is None
    assert writer.code("doc.delete", doc_id=3601) == "110"
    assert writer.code("post.set", title="New") == "110"
    assert anybody.log_in(doc="delete").code("doc.delete", doc_id=3601) is None


def test_a_method_of_its_own_error_has_its_own_code(ann: Program) -> None:
    assert ann.code("doc.get", doc_id=1) == "1"
    assert ann.code("album.create") == "1"
    assert ann.code("doc.tags.add", doc_id=3601) == "2"


def test_other_credentials_than_the_published_ones_can_be_demanded() -> None:
    with restpath.mock.serve("ipernity", credentials={"api_key": "k", "api_secret": "s", "token": "t"}) as server:
        client = restpath.connect("ipernity", server.url, api_key="k", api_secret="s", token="t")
        assert client.auth.checkToken()["auth"]["permissions"]["doc"] == "delete"
        with pytest.raises(restpath.Unauthorized) as caught:
            restpath.connect("ipernity", server.url, api_key="k", api_secret="wrong", token="t").auth.checkToken()
        assert caught.value.code == "105"
        assert caught.value.status == 200


# ---- authorization -----------------------------------------------------------------------------------------------


def test_a_token_says_whose_it_is_and_what_it_permits(anybody: Program) -> None:
    program = anybody.log_in(doc="write", network="read")
    answer = program("auth.checkToken")["auth"]
    assert answer == {
        "token": program.token, "permissions": {"doc": "write", "network": "read"},
        "user": {"user_id": "7", "username": "ann"},
    }  # fmt: skip


def test_a_frob_gives_one_token_and_only_when_it_was_authorized(anybody: Program) -> None:
    frob = anybody("auth.getFrob")["auth"]["frob"]
    assert anybody.code("auth.getToken", frob=frob) == "2"
    link = anybody.signed("", {"api_key": KEY, "frob": frob, "perm_doc": "read"})
    assert "authorized" in requests.get(f"{anybody.url}/apps/authorize", params=link, timeout=10).text
    assert anybody.code("auth.getToken", frob=frob) is None
    assert anybody.code("auth.getToken", frob=frob) == "1"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"api_sig": "0" * 32}, "signature"),
        ({"perm_doc": "delete"}, "signature"),
        ({"api_key": "other"}, "key"),
    ],
)
def test_a_link_that_is_not_right_authorizes_nothing(anybody: Program, change: dict[str, str], fault: str) -> None:
    link = {**anybody.signed("", {"api_key": KEY, "perm_doc": "read"}), **change}
    page = requests.get(f"{anybody.url}/apps/authorize", params=link, timeout=10)
    assert page.status_code == 400
    assert fault in page.text


def test_a_link_asks_for_a_permission_that_there_is(anybody: Program) -> None:
    for wanted in ({}, {"perm_car": "read"}, {"perm_doc": "own"}, {"perm_doc": "read", "frob": "unknown"}):
        link = anybody.signed("", {"api_key": KEY, **wanted})
        assert requests.get(f"{anybody.url}/apps/authorize", params=link, timeout=10).status_code == 400


# ---- documents ---------------------------------------------------------------------------------------------------


def test_lists_have_pages_and_say_how_many(anybody: Program) -> None:
    first, second = anybody("doc.getList", user_id=7)["docs"], anybody("doc.getList", user_id=7, page=2)["docs"]
    assert {key: first[key] for key in ("total", "per_page", "page", "pages")} == {
        "total": "25", "per_page": "20", "page": "1", "pages": "2",
    }  # fmt: skip
    assert (len(first["doc"]), len(second["doc"])) == (20, 5)
    assert [doc["title"] for doc in second["doc"]][-1] == "Photo 1"
    assert anybody("doc.getList", user_id=7, page=3)["docs"]["doc"] == []
    assert len(anybody("doc.getList", user_id=7, per_page=25)["docs"]["doc"]) == 25


def test_some_lists_leave_the_number_of_pages_out(anybody: Program) -> None:
    albums = anybody("album.getList", user_id=7, per_page=1)["albums"]
    assert (albums["total"], [album["title"] for album in albums["album"]]) == ("2", ["Summer"])
    assert "pages" not in albums


def test_the_documents_of_an_album_are_one_level_deeper(anybody: Program) -> None:
    album = anybody("album.docs.getList", album_id=10460)["album"]
    assert (album["album_id"], album["docs"]["total"], len(album["docs"]["doc"])) == ("10460", "22", 20)
    folder = anybody("folder.albums.getList", folder_id=11252)["folder"]
    assert [each["title"] for each in folder["albums"]["album"]] == ["Summer", "Winter"]
    assert anybody("group.docs.getList", group_id=125)["group"]["docs"]["doc"][0]["title"] == "A red car"


def test_a_document_is_changed_and_found(ann: Program, anybody: Program) -> None:
    ann("doc.set", doc_id=3601, title="A lake", description="in the morning")
    ann("doc.setLicense", doc_id=3601, license=3)
    ann("doc.setSafety", doc_id=3601, safety=1)
    ann("doc.setGeo", doc_id=3601, lat="43.5", lng="6.9")
    doc = anybody("doc.get", doc_id=3601)["doc"]
    assert (doc["title"], doc["description"], doc["license"], doc["safety"]) == ("A lake", "in the morning", "3", "1")
    assert doc["geo"] == {"lat": "43.5", "lng": "6.9"}
    assert [each["doc_id"] for each in anybody("doc.search", text="LAKE morning")["docs"]["doc"]] == ["3601"]


def test_a_private_document_is_its_owners(ann: Program, anybody: Program) -> None:
    ann("doc.setPerms", doc_id=3601, is_public=0, perm_comment=3)
    assert anybody.code("doc.get", doc_id=3601) == "1"
    assert anybody.log_in(network="read").code("doc.get", doc_id=3601) == "1"
    assert ann("doc.getPerms", doc_id=3601)["doc"] == {
        "doc_id": "3601", "visibility": {"ispublic": "0", "isfriend": "0", "isfamily": "0", "share": "0"},
        "permissions": {"comment": "3", "tag": "5", "tagme": "5"},
    }  # fmt: skip
    assert anybody("doc.getList", user_id=7)["docs"]["total"] == "24"


def test_another_users_document_cannot_be_changed(ann: Program) -> None:
    assert ann.code("doc.set", doc_id=394926, title="Mine") == "1"
    assert ann.code("doc.delete", doc_id=394926) == "1"


def test_tags_are_added_listed_replaced_and_removed(ann: Program, anybody: Program) -> None:
    added = ann("doc.tags.add", doc_id=3601, keywords='easy,"blue sky"')["tags"]
    assert (added["added"], [tag["tag"] for tag in added["tag"]]) == ("2", ["easy", "blue sky"])
    assert ann("doc.tags.add", doc_id=3601, keywords="Easy")["tags"]["added"] == "0"
    tag = added["tag"][0]["id"]
    assert anybody("tags.docs.getList", type="keyword", id=tag)["docs"]["doc"][0]["doc_id"] == "3601"
    ann("doc.tags.add", doc_id=3602, keywords="easy")
    popular = anybody("tags.user.getPopular", user_id=7)["tags"]["tag"]
    assert [(each["tag"], each["docs"]) for each in popular] == [("easy", "2"), ("blue sky", "1")]
    assert [each["tag"] for each in anybody("tags.user.getList", user_id=7)["tags"]["tag"]] == ["blue sky", "easy"]
    edited = ann("doc.tags.edit", doc_id=3601, keywords="easy,new")["tags"]
    assert (edited["added"], edited["dropped"]) == ("1", "1")
    ann("doc.tags.remove", doc_id=3601, id=tag)
    assert [each["tag"] for each in anybody("doc.tags.getList", doc_id=3601)["tags"]["tag"]] == ["new"]
    assert [each["doc_id"] for each in anybody("doc.search", tags="new")["docs"]["doc"]] == ["3601"]


def test_notes_come_and_go(ann: Program) -> None:
    note = ann("doc.notes.add", doc_id=3601, x=1, y=2, w=3, h=4, content="here")["note"]
    assert (note["x"], note["content"], note["user_id"]) == ("1", "here", "7")
    assert ann("doc.notes.edit", doc_id=3601, note_id=note["note_id"], content="there")["note"]["content"] == "there"
    ann("doc.notes.delete", doc_id=3601, note_id=note["note_id"])
    assert ann.code("doc.notes.delete", doc_id=3601, note_id=note["note_id"]) == "2"
    assert ann("doc.get", doc_id=3601)["doc"]["notes"]["total"] == "0"


@pytest.mark.parametrize(("kind", "thing"), [("doc", "3601"), ("post", "12345")])
def test_comments_are_written_answered_changed_and_deleted(ann: Program, kind: str, thing: str) -> None:
    first = ann(f"{kind}.comments.add", **{f"{kind}_id": thing}, content="Nice")["comment"]
    again = ann(f"{kind}.comments.add", **{f"{kind}_id": thing}, content="Nice")["comment"]
    assert again["comment_id"] == first["comment_id"], "the same comment is not added twice"
    answer = ann(f"{kind}.comments.reply", comment_id=first["comment_id"], content="Thanks")["comment"]
    assert answer["parent_id"] == first["comment_id"]
    ann(f"{kind}.comments.edit", comment_id=first["comment_id"], content="Very nice")
    assert ann(f"{kind}.comments.get", comment_id=first["comment_id"])["comment"]["content"] == "Very nice"
    listed = ann(f"{kind}.comments.getList", **{f"{kind}_id": thing})["comments"]
    assert [each["content"] for each in listed["comment"]] == ["Very nice", "Thanks"]
    ann(f"{kind}.comments.delete", comment_id=answer["comment_id"])
    assert ann(f"{kind}.comments.getList", **{f"{kind}_id": thing})["comments"]["total"] == "1"
    assert ann.code(f"{kind}.comments.add", **{f"{kind}_id": thing}, content=" ") == "2"


def test_favorites_are_added_listed_and_removed(ann: Program, anybody: Program) -> None:
    ann("faves.docs.add", doc_id=394926)
    ann("faves.albums.add", album_id=10460)
    assert anybody("faves.docs.getList", user_id=7)["docs"]["doc"][0]["title"] == "A red car"
    assert anybody("faves.albums.getList", user_id=7)["albums"]["album"][0]["title"] == "Summer"
    assert anybody("doc.getFaves", doc_id=394926)["faves"]["fave"][0]["username"] == "ann"
    assert anybody("album.getFaves", album_id=10460)["faves"]["total"] == "1"
    assert anybody("post.getFaves", post_id=12345)["faves"]["total"] == "0"
    ann("faves.docs.remove", doc_id=394926)
    ann("faves.albums.remove", album_id=10460)
    assert ann.code("faves.docs.remove", doc_id=394926) == "2"


def test_what_is_before_and_after_and_around_a_document(ann: Program, anybody: Program) -> None:
    context = anybody("doc.getContext", doc_id=3602)["context"]
    assert [each["doc_id"] for way in ("prev", "next") for each in context[way]["doc"]] == ["3601", "3603"]
    inside = anybody("album.docs.getContext", album_id=10460, doc_id=3622)["album"]["context"]
    assert (inside["prev"]["doc"][0]["doc_id"], inside["next"]["doc"]) == ("3621", [])
    assert anybody("group.docs.getContext", group_id=125, doc_id=394926)["group"]["context"]["next"]["doc"] == []
    assert anybody("doc.getContainers", doc_id=3601)["doc"]["albums"]["album"] == [
        {"album_id": "10460", "title": "Summer"}
    ]
    assert anybody("doc.getMedias", doc_id=3601)["doc"]["thumbs"]["thumb"]
    assert anybody("doc.getExif", doc_id=3601)["doc"]["exif"] == {"tag": []}


# ---- albums, folders, groups, posts ------------------------------------------------------------------------------


def test_an_album_is_made_filled_changed_ordered_and_deleted(ann: Program) -> None:
    album = ann("album.create", title="Trees", cover_id=3601)["album"]
    assert (album["title"], album["count"]["docs"], album["cover"]["doc_id"]) == ("Trees", "1", "3601")
    name = album["album_id"]
    added = ann("album.docs.add", album_id=name, doc_id="3601,3602")["album"]
    assert (added["total"], added["added"], added["skipped"]) == ("2", "1", "1")
    assert ann.code("album.docs.add", album_id=name, doc_id="394926") == "2"
    ann("album.docs.setList", album_id=name, doc_id="3603,3602")
    ann("doc.albums.add", doc_id=3601, album_id=name)
    docs = ann("album.docs.getList", album_id=name)["album"]["docs"]["doc"]
    assert [each["doc_id"] for each in docs] == ["3603", "3602", "3601"]
    assert ann("album.docs.remove", album_id=name, doc_id=3603)["album"]["removed"] == "1"
    ann("album.edit", album_id=name, title="Old trees")
    ann("album.setPerms", album_id=name, perm_comment=3)
    assert ann("album.get", album_id=name)["album"]["permissions"] == {"comment": "3"}
    ann("album.orderList", album_id=f"{name},10461")
    titles = [each["title"] for each in ann("album.getList")["albums"]["album"]]
    assert titles == ["Old trees", "Winter", "Summer"]
    ann("album.delete", album_id=name)
    assert ann.code("album.get", album_id=name) == "1"
    assert ann("account.getQuota")["quota"]["albums"] == {"max": "2048", "created": "2", "left": "2046"}


def test_a_folder_holds_albums(ann: Program) -> None:
    name = ann("folder.create", title="Best")["folder"]["folder_id"]
    ann("folder.albums.add", folder_id=name, album_id="10461")
    ann("folder.edit", folder_id=name, description="of all")
    ann("folder.orderList", folder_id=name)
    assert ann("folder.get", folder_id=name)["folder"]["count"] == {"albums": "1"}
    assert [each["title"] for each in ann("folder.getList")["folders"]["folder"]] == ["Best", "Seasons"]
    ann("folder.albums.remove", folder_id=name, album_id="10461")
    ann("folder.delete", folder_id=name)
    assert ann.code("folder.get", folder_id=name) == "1"


def test_groups_take_their_members_documents(ann: Program, anybody: Program) -> None:
    assert anybody("group.get", group_id=125)["group"]["title"] == "Car lovers"
    assert anybody("group.search", text="cars")["groups"]["total"] == "1"
    assert anybody.code("group.search") == "1"
    assert ann("group.getList")["groups"]["group"][0]["group_id"] == "125"
    assert anybody("explore.groups.getRandom")["groups"]["count"] == "1"
    ann("group.docs.add", group_id=125, doc_id=3601)
    assert anybody("group.docs.getList", group_id=125)["group"]["docs"]["total"] == "2"
    ann("group.docs.remove", group_id=125, doc_id=3601)
    assert anybody("group.docs.getList", group_id=125)["group"]["docs"]["total"] == "1"


def test_posts_are_written_changed_and_found(ann: Program, anybody: Program) -> None:
    post = ann("post.set", title="Second", content="More words")["post"]
    ann("post.set", post_id=post["post_id"], title="Second post")
    assert anybody("post.get", post_id=post["post_id"])["post"]["content"] == "More words"
    assert [each["title"] for each in anybody("post.getList", user_id=7)["posts"]["post"]] == [
        "First post", "Second post",
    ]  # fmt: skip
    assert anybody("post.search", text="more")["posts"]["total"] == "1"
    assert anybody("post.getContext", post_id=12345)["context"]["next"]["post"][0]["title"] == "Second post"
    assert ann.code("post.set") == "2"


def test_visitors_are_those_who_came_with_a_token(ann: Program) -> None:
    ann("doc.get", doc_id=394926)
    assert ann.code("doc.getVisitors", doc_id=394926) == "1", "whose visitors they are is the owner's to know"
    assert ann("doc.getVisitors", doc_id=3601)["visitors"]["total"] == "0"
    assert ann("album.getVisitors", album_id=10460)["visitors"]["visitor"] == []
    assert ann("post.getVisitors", post_id=12345)["visitors"]["visitor"] == []


def test_people_and_their_networks(ann: Program, anybody: Program) -> None:
    assert anybody("user.get", user_id=4711)["user"]["realname"] == "Ben Example"
    assert anybody("user.get", user_id="ann")["user"]["count"]["docs"] == "25"
    assert anybody.code("user.get", user_id=1) == "1"
    friend = ann("network.getList")["network"]["user"][0]
    assert (friend["username"], friend["relation"]["isfriend"]) == ("ben", "1")
    assert ann("network.autocomplete", text="be")["network"]["count"] == "1"
    assert ann("network.docs.getRecent")["docs"]["doc"][0]["title"] == "A red car"


def test_what_everybody_shows(anybody: Program) -> None:
    assert anybody("explore.docs.getPopular")["docs"]["total"] == "26"
    assert anybody("explore.docs.getRecent", count=3)["docs"]["count"] == "3"
    assert anybody("explore.docs.homepage")["docs"]["count"] == "10"


def test_the_api_lists_itself(anybody: Program) -> None:
    methods = anybody("api.methods.getList")["methods"]
    assert methods["total"] == "102"
    assert {each["name"] for each in methods["method"]} == set(METHODS)
    method = anybody("api.methods.get", method="doc.tags.add")["method"]
    assert method["authentication"] == {"post": "1", "sign": "1", "token": "1", "permissions": {"doc": "write"}}
    assert anybody("api.methods.get", method="test.echo")["method"]["authentication"]["permissions"] == []
    assert anybody.code("api.methods.get", method="x") == "1"


def test_echo_and_hello(anybody: Program) -> None:
    assert anybody("test.echo", echo="yes, it worked")["echo"] == "yes, it worked"
    assert anybody.code("test.echo") == "1"
    assert anybody.code("test.hello") is None


def test_every_method_is_answered(ann: Program) -> None:
    """No method fails or is unknown to the mock, even where it is called with nothing."""
    answers = {name: ann(name)["api"] for name in METHODS}
    assert {name: api for name, api in answers.items() if api.get("code") in ("103", "500", "102")} == {}
    assert {api.get("code") for api in answers.values()} <= {None, "1", "2", "3", "4"}


# ---- uploads -----------------------------------------------------------------------------------------------------


def test_an_upload_has_a_ticket_that_is_done_after_a_while(ann: Program, clock: FakeClock) -> None:
    file = {"file": ("tree.jpg", b"\xff\xd8tree", "image/jpeg")}
    ticket = ann("upload.file", files=file, title="A tree", keywords="green", album_id=10461)["ticket"]
    waiting = ann("upload.checkTickets", tickets=ticket)["tickets"]
    assert waiting["ticket"] == [{"id": ticket, "done": "0", "invalid": "0", "eta": "3"}]
    clock.sleep(3)
    (done,) = ann("upload.checkTickets", tickets=ticket)["tickets"]["ticket"]
    assert (done["done"], done["eta"]) == ("1", "0")
    doc = ann("doc.get", doc_id=done["doc_id"])["doc"]
    assert (doc["title"], doc["media"], doc["tags"]["tag"][0]["tag"]) == ("A tree", "photo", "green")
    md5 = hashlib.md5(b"\xff\xd8tree").hexdigest()
    assert ann("doc.checkMD5", md5=md5)["docs"]["doc"] == [{"doc_id": done["doc_id"], "md5": md5}]
    assert ann("doc.getContainers", doc_id=done["doc_id"])["doc"]["albums"]["album"][0]["title"] == "Winter"
    assert ann("upload.checkTickets", tickets=ticket)["tickets"]["ticket"] == [done], "one upload is one document"


def test_an_upload_replaces_a_document(ann: Program, clock: FakeClock) -> None:
    ticket = ann("upload.replace", files={"file": ("new.jpg", b"new", "image/jpeg")}, doc_id=3601)["ticket"]
    clock.sleep(3)
    assert ann("upload.checkTickets", tickets=ticket)["tickets"]["ticket"][0]["doc_id"] == "3601"
    assert ann("doc.checkMD5", md5=hashlib.md5(b"new").hexdigest())["docs"]["doc"][0]["doc_id"] == "3601"


def test_a_ticket_may_turn_invalid(ann: Program, clock: FakeClock) -> None:
    ticket = ann("upload.file", files={"file": ("x.broken", b"x")})["ticket"]
    clock.sleep(3)
    assert ann("upload.checkTickets", tickets=ticket)["tickets"]["ticket"][0]["invalid"] == "1"


def test_tickets_are_the_callers_and_not_too_many(ann: Program) -> None:
    assert ann.code("upload.checkTickets", tickets="1") == "1"
    assert ann.code("upload.checkTickets", tickets=",".join(map(str, range(51)))) == "2"
    assert ann.code("upload.file", title="no file") == "1"
