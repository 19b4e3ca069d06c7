"""
What is killed: each kind of file that restpath writes, with a step that writes it and a look at what is there.

A kind is given a folder (of which the environment makes the user's folders) and the URL of `kill_server`. Its `step` is
one piece of writing, with a number for the writer and a count; its `check` holds what lies on the disk to be whole, by
restpath's own readers, and to have all that a step has reported done. It raises `Fault` where that is not so.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import stat
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from kill_server import CALLS, breaks_off, content_of, is_content

import restpath
from restpath.edge.directories import cache_directory, config_directory, data_directory
from restpath.edge.removed import plan_removal

__all__ = ["KINDS", "Done", "Fault", "Kind"]

POSIX = os.name == "posix"


class Fault(Exception):
    """Something is not as it was promised."""


class Done(NamedTuple):
    """How far a writer came: the last count that it began, the last that it reported done, and what was broken off."""

    began: int
    done: int
    broken: frozenset[int]


def require(holds: bool, problem: str) -> None:
    """Raise a fault unless something holds."""
    if not holds:
        raise Fault(problem)


def files_below(folder: Path) -> list[Path]:
    """All files of a folder."""
    return [Path(place, name) for place, _, names in os.walk(folder) for name in names]


@contextlib.contextmanager
def own_files() -> Iterator[None]:
    """Write what the user writes, for which there is room in any case."""
    if not POSIX:
        yield
        return
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits[1], limits[1]))
    try:
        yield
    except OSError as error:  # but on a disk that is full
        raise restpath.RestpathError(str(error)) from error
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


class Kind:
    """
    One kind of writing.

    Attributes:
        writers: how many processes write at once.
        spare: how many temporary files may be there when another has written behind one that was killed.
        private: whether all of it is for the user's eyes alone.
        round: how many rounds there were before.
        started: the count that each writer had come to before this round.
    """

    writers: ClassVar[int] = 2
    spare: ClassVar[int] = 0
    private: ClassVar[bool] = True

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.round = folder, url, 0
        self.started: list[int] = []

    @property
    def name(self) -> str:
        return type(self).__name__.lower()

    @property
    def place(self) -> Path:
        """The folder in which it writes."""
        return data_directory()

    def prepare(self) -> None:
        """Make what has to be there before."""

    def begin(self) -> None:
        """Begin a round."""

    def step(self, number: int, count: int) -> None:
        """Write once."""
        raise NotImplementedError

    def settle(self, number: int, count: int) -> None:
        """Write once as the next process does, such that what was left behind is swept out."""
        self.step(number, count)

    def check(self, done: list[Done]) -> None:
        """Hold what is there to what was promised."""
        raise NotImplementedError

    def half_written(self) -> list[str]:
        """What shows that somebody was killed in the middle of writing."""
        return [str(place.relative_to(self.place)) for place in self.place.rglob(".*.part")]

    def check_modes(self) -> None:
        """Hold all files to be their owner's alone."""
        if not (POSIX and self.private):
            return
        for place, _, names in os.walk(self.place):
            for each in (place, *(os.path.join(place, name) for name in names)):
                mode = stat.S_IMODE(os.lstat(each).st_mode)
                require(not mode & 0o077, f"others can get at {each}: {mode:04o}")


# ---- tokens ------------------------------------------------------------------------------------------------------


class Tokens(Kind):
    """Several processes save tokens of their own in one file, and forget one that they share."""

    writers = 3

    def _store(self) -> Any:
        from restpath.edge.tokenfiles import FileStore

        return FileStore(data_directory() / "tokens.json")

    def step(self, number: int, count: int) -> None:
        store, text = self._store(), "x" * (count * 7919 % 9000)
        store.save(f"writer {number}", {"count": count, "text": text, "sum": _sum(count, text)})
        if count % 5 == 0:
            store.save("shared", {"count": 0, "text": "", "sum": _sum(0, "")} if count % 2 else None)

    def check(self, done: list[Done]) -> None:
        store = self._store()
        for number, each in enumerate(done):
            token = store.load(f"writer {number}") or {"count": 0, "text": "", "sum": _sum(0, "")}
            require(token["sum"] == _sum(token["count"], token["text"]), "a token is not whole")
            require(each.done <= token["count"] <= each.began, f"token {token['count']} of writer {number}: {each}")
        names = {file.name for file in files_below(data_directory())}
        require(names <= {"tokens.json", "tokens.json.lock", ".tokens.json.part"}, f"also there: {sorted(names)}")


def _sum(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Renewals(Kind):
    """Several processes renew one login, whose refresh token is good once."""

    writers = 3
    DEFINITION: ClassVar[dict[str, Any]] = {
        "service": {
            "format": 1,
            "service": "kill",
            "base_url": "http://127.0.0.1",
            "credentials": {"username": {"secret": False}, "password": {}, "token": {}},
            "auth": {
                "bearer": {
                    "bearer": "{token}",
                    "token": {
                        "credential": "token",
                        "url": "/token",
                        "grants": {
                            "password": {"username": "{username}", "password": "{password}"},
                            "refresh_token": {"refresh_token": "{refresh_token}"},
                        },
                    },
                }
            },
        },
        "resources": {"format": 1, "/things": "GET"},
    }

    def _client(self) -> Any:
        definition = restpath.read(self.DEFINITION)
        return restpath.connect(definition, self.url, store=data_directory() / "tokens.json")

    def prepare(self) -> None:
        with self._client() as client:
            restpath.login(client, username="ann", password="of ann")
            client.things.get()

    def step(self, number: int, count: int) -> None:
        with self._client() as client:
            for _ in range(50):
                with contextlib.suppress(restpath.Unauthorized):  # others have used the new token up meanwhile
                    require(client.things.get() == {"thing": 1}, "another answer")
                    return
        raise Fault("no token is good any more")

    def settle(self, number: int, count: int) -> None:
        for _ in range(CALLS + 1):  # so that it is renewed
            self.step(number, count)
        self._are_good(strictly=True)

    def check(self, done: list[Done]) -> None:
        self._are_good(strictly=False)

    def _are_good(self, *, strictly: bool) -> None:
        """
        Hold one of the two entries of the login, and where it is settled each, to have the server's newest token.

        Or the one before it: of a renewal whose answer was on its way when its process was killed.
        """
        newest = restpath.connect(self.url).newest.get()
        tokens = json.loads((data_directory() / "tokens.json").read_bytes())
        good = {key for key, token in tokens.items() if token["refresh_token"] in newest}
        require(len(tokens) == 2 and len(good) >= (2 if strictly else 1), f"{sorted(good)} of {sorted(tokens)} are new")
        for token in tokens.values():
            require(token["access_token"][1:] == token["refresh_token"][1:], "two halves of two tokens")


# ---- definitions and drafts --------------------------------------------------------------------------------------

_ALWAYS = {"/always": {"get": {"responses": {}}}}
_OLD = {f"/old{number}": {"get": {"responses": {}}} for number in range(40)}
_NEW = {f"/new{number}": {"get": {"responses": {}}} for number in range(40)}


class Definitions(Kind):
    """Two processes import, refresh, undo and remove one service."""

    def prepare(self) -> None:
        for name, paths in (("old", _OLD), ("new", _NEW)):
            head = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}}
            whole = {**head, "servers": [{"url": "https://shop.example"}], "paths": _ALWAYS | paths}
            (self.folder / f"{name}.json").write_text(json.dumps(whole), encoding="utf-8")
        restpath.import_service("shop", self.folder / "old.json", force=True)

    def step(self, number: int, count: int) -> None:
        self._drop_schemas()
        if (number + count) % 3 == 2:
            with contextlib.suppress(restpath.InvalidValue):  # another has undone it
                restpath.undo_refresh("shop")
                return
        if (number + count) % 7 == 3:
            with contextlib.suppress(restpath.RestpathError):  # another has removed or replaced it
                plan_removal("shop").apply()
                return
        work = restpath.refresh_service if (number + count) % 3 else restpath.import_service
        word = {"source": self.folder / ("new.json" if count % 2 else "old.json")}
        try:
            work("shop", force=True, **word)  # type: ignore[operator]
        except restpath.RestpathError as error:
            if "meanwhile" not in str(error) and "there is no service" not in str(error):
                raise

    def _drop_schemas(self) -> None:
        """Remove the schemas, so that they are laid there again."""
        with own_files():
            for file in (data_directory() / "schema").glob("*.json"):
                file.unlink(missing_ok=True)

    def settle(self, number: int, count: int) -> None:
        self._drop_schemas()
        for name in ("old", "new"):  # one of which is not in force
            restpath.import_service("shop", self.folder / f"{name}.json", force=True)

    def check(self, done: list[Done]) -> None:
        if not (data_directory() / "shop").exists():
            return
        with contextlib.suppress(FileNotFoundError):
            said = json.loads((data_directory() / "shop" / "in-force.json").read_bytes())
            for generation in filter(None, (said["in_force"], said.get("before"))):
                require((data_directory() / "shop" / generation).is_dir(), f"{generation} is named and gone")
                for file in (data_directory() / "shop" / generation).iterdir():
                    json.loads(file.read_bytes())
        if restpath_names("shop"):
            found = {text for text, _ in restpath.read("shop").templates()}
            require(found in ({*_ALWAYS, *_OLD}, {*_ALWAYS, *_NEW}), f"half a definition: {sorted(found)}")
        for file in (data_directory() / "schema").glob("*.json"):
            json.loads(file.read_bytes())

    def half_written(self) -> list[str]:
        """Generations that nobody names, too."""
        found = super().half_written()
        pointer = data_directory() / "shop" / "in-force.json"
        said = json.loads(pointer.read_bytes()) if pointer.exists() else {}
        named = {said.get("in_force"), said.get("before")}
        if pointer.parent.exists():
            found += [each.name for each in pointer.parent.iterdir() if each.is_dir() and each.name not in named]
        return found


def restpath_names(name: str) -> bool:
    """Whether there is a service of that name."""
    from restpath.edge.catalog import service_names

    return name in service_names()


def _letters(number: int, count: int) -> str:
    """A name that nobody takes for an id."""
    return "thing" + "".join(chr(ord("a") + int(digit)) for digit in f"{number}{count}")


_SECRETS = (b"t0ps3cret", b"zqvalue")


def _service(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """A service that answers everything with success."""
    start("200 OK", [("Content-Type", "application/json")])
    return [b'{"answer": "zqvalue-answer"}']


class Drafts(Kind):
    """Two processes learn from a service."""

    @property
    def _draft(self) -> str:
        return f"shop{self.round // 20}"

    def step(self, number: int, count: int) -> None:
        client: Any = restpath.connect(
            "http://shop.example", app=_service, token="t0ps3cret-token", learn=self._draft, store=None
        )
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            place = getattr(client, _letters(number, count))["123456789"].parts
            place.post(title="zqvalue-title", many=["zqvalue-item"] * 3, qs={"q": "zqvalue-query"})
        problems = [str(each.message) for each in told if "not learnt" in str(each.message)]
        if problems:
            require("restpath's own" not in problems[0], problems[0])
            raise restpath.RestpathError(problems[0])

    def check(self, done: list[Done]) -> None:
        from restpath.edge.drafts import draft_file, read_draft

        for file in files_below(draft_file("shop").parent):
            data = file.read_bytes()
            require(not any(secret in data for secret in _SECRETS), f"{file.name} holds a value")
        for earlier in range(self.round // 20 + 1):
            read_draft(f"shop{earlier}")


class Taking(Kind):
    """A process takes what was learnt over into the user's files, edits, and forgets, while another learns."""

    @property
    def _shop(self) -> str:
        return f"shop{self.round}"

    @property
    def place(self) -> Path:
        return self.folder / "home"

    def begin(self) -> None:
        shutil.rmtree(config_directory(), ignore_errors=True)

    def step(self, number: int, count: int) -> None:
        from restpath.edge.drafts import add_to_draft
        from restpath.edge.editing import begin_edit, end_edit
        from restpath.edge.taking import forget, take_over

        text = f"/{_letters(number, count)}"
        add_to_draft(self._shop, "https://shop.example", {text: {"methods": {"GET": {}}}})
        if count % 3 == 0:
            take_over(self._shop)
        elif count % 7 == 0:
            with contextlib.suppress(restpath.InvalidValue):  # another has taken all of it, or has ended the edit
                edit = begin_edit(self._shop)
                said = json.loads(edit.text or "{}")
                said.setdefault("resources", {})["/edited"] = {"methods": {"GET": {"title": f"by {number}, {count}"}}}
                with own_files():  # as an editor does that writes whole files
                    own = self.folder / f"edited-{number}"
                    own.write_text(json.dumps(said), encoding="utf-8")
                    own.chmod(0o600)
                    own.replace(edit.file)
                end_edit(edit)
        elif count % 11 == 0:
            with contextlib.suppress(restpath.InvalidValue):  # another has taken it
                forget(self._shop, ["/edited"])

    def settle(self, number: int, count: int) -> None:
        from restpath.edge.taking import take_over

        self.step(number, count)
        take_over(self._shop)

    def check(self, done: list[Done]) -> None:
        from restpath.edge.drafts import read_draft

        folder = config_directory() / self._shop
        require(not folder.exists() or (folder / "service.json").exists(), "words of a service without the service")
        require(
            not folder.exists() or (folder / "resources.json").exists(), "a service is in force without its resources"
        )
        found = set(read_draft(self._shop).resources)
        if folder.exists():
            found |= {text for text, _ in restpath.read(self._shop).templates()}
        texts = {
            f"/{_letters(number, each.done)}" for number, each in enumerate(done) if each.done > self.started[number]
        }
        require(texts <= found, f"learnt, and lost: {sorted(texts - found)}")


# ---- files -------------------------------------------------------------------------------------------------------


def whole_name(name: str) -> str:
    """A name of a file that does not break off, made of another."""
    return next(
        text for text in (f"{letter}-{name}" for letter in "abcdefghijklmnopqrstuvwxyz") if not breaks_off(text)
    )


class Downloads(Kind):
    """Two processes download to one file, and the command line to another; every other download breaks off once."""

    writers = 3
    spare = 2
    private = False

    @property
    def place(self) -> Path:
        return self.folder / "got"

    def prepare(self) -> None:
        self.place.mkdir(exist_ok=True)
        for name in ("both", "saved", "piped"):
            (self.place / name).write_bytes(content_of("before"))
            (self.place / name).chmod(0o600)

    def step(self, number: int, count: int) -> None:
        if number == 2:
            self._at_the_command_line(f"{number}-{count}", "--save" if count % 2 else "--output")
            return
        client: Any = restpath.connect(self.url, store=None)
        with client, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client.files[f"{number}-{count}"].get.save(self.place / "both")

    def _at_the_command_line(self, name: str, way: str) -> None:
        from restpath.cli.main import run

        words = ["get", f"{self.url}/files/{name}", "--save", str(self.place / "saved")]
        if way == "--output":  # written by the command line itself
            words = ["get", f"{self.url}/files/{whole_name(name)}", "--save", str(self.place / "piped"), "--headers"]
        told = io.StringIO()
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
            status = run(words)
        if status != 0:
            raise restpath.RestpathError(told.getvalue())
        require("Traceback" not in told.getvalue(), told.getvalue())

    def check(self, done: list[Done]) -> None:
        for file in files_below(self.place):
            mode = stat.S_IMODE(file.stat().st_mode)
            require(not POSIX or not mode & 0o077, f"{file.name} was for its owner alone, and has the mode {mode:04o}")
            if not file.name.endswith(".part"):
                data = file.read_bytes()
                whole = (
                    data.startswith(b"200 OK") and b"\nContent-Length: " in data and data.endswith(b"\n")
                    if file.name == "piped"
                    else False
                )
                require(whole or is_content(data), f"{file.name} is not whole: {len(data)} bytes, {data[:20]!r}")
        names = {file.name for file in files_below(self.place) if not file.name.endswith(".part")}
        require(names == {"both", "saved", "piped"}, f"there are {sorted(names)}")


class History(Kind):
    """Two shells write their history; it has just as many lines that it is shortened again and again."""

    def _history(self) -> Any:
        from restpath.cli.shell_history import History as Lines
        from restpath.cli.shell_history import history_path

        return Lines(history_path("shop"))

    def step(self, number: int, count: int) -> None:
        history = self._history()
        filler = "x" * (count * 7919 % 9000)  # more than a page now and then, which the system may break off within
        history.add(f"{number} {count} {filler} {_sum(number, count)}")
        if history.problem:
            raise restpath.RestpathError(history.problem)

    def check(self, done: list[Done]) -> None:
        found: dict[str, list[int]] = {}
        for line in self._history().lines():
            number, count, _, digest = line.split(" ")
            require(digest == _sum(int(number), int(count)), "a line is not whole")
            found.setdefault(number, []).append(int(count))
        for number, each in enumerate(done):
            counts = found.get(str(number), [])
            if each.done:
                require(bool(counts), f"all lines of shell {number} are gone")
                wanted = set(range(counts[0], each.done + 1)) - each.broken
                require(wanted <= set(counts), f"lines of shell {number} are lost: {sorted(wanted - set(counts))}")
            require(counts == sorted(set(counts)), f"lines of shell {number} are out of order, or double")

    def half_written(self) -> list[str]:
        """A line that is not whole, too."""
        torn = []
        file = data_directory() / "history.d" / "shop"
        if file.exists() and file.stat().st_size and not file.read_bytes().endswith(b"\n"):
            torn.append("a line")
        return super().half_written() + torn


class Cache(Kind):
    """Two processes read data files that change, and note in the cache what was found good."""

    @property
    def place(self) -> Path:
        return cache_directory()

    def step(self, number: int, count: int) -> None:
        folder = self.folder / f"files{number}"
        folder.mkdir(exist_ok=True)
        resources = {"/things": {"title": f"{number} {count}", "documentation": "x" * 101_000, "methods": {"GET": {}}}}
        with own_files():
            (folder / "service.json").write_text(
                '{"format": 1, "service": "shop", "base_url": "https://shop.example"}', encoding="utf-8"
            )
            (folder / "resources.json").write_text(json.dumps(resources), encoding="utf-8")
        with restpath.connect(restpath.read(folder)) as client:
            require("things" in dir(client), "half a definition")

    def check(self, done: list[Done]) -> None:
        for file in files_below(cache_directory()):
            if not file.name.startswith("."):
                text = file.read_text(encoding="utf-8")
                require(not text or isinstance(json.loads(text), dict), f"{file.name} is half of what it was to be")

    def half_written(self) -> list[str]:
        return [place.name for place in cache_directory().rglob(".part")]


class Scripts(Kind):
    """A shell in a pipe saves what was done as a script."""

    spare = 1
    private = False

    @property
    def place(self) -> Path:
        return self.folder / "scripts"

    def prepare(self) -> None:
        self.place.mkdir(exist_ok=True)

    def step(self, number: int, count: int) -> None:
        from restpath.cli.main import run

        told, before = io.StringIO(), sys.stdin
        lines = "".join(f"get files/{whole_name(f'{number}-{each}-{count}')}\n" for each in range(count % 4 + 1))
        sys.stdin = io.TextIOWrapper(io.BytesIO(f"{lines}save --force {self.place / 'calls.sh'}\n".encode()))
        try:
            with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
                status = run(["shell", self.url])
        finally:
            sys.stdin = before
        if status != 0:
            raise restpath.RestpathError(told.getvalue())

    def check(self, done: list[Done]) -> None:
        file = self.place / "calls.sh"
        if file.exists():
            text = file.read_text(encoding="utf-8")
            last = text.rstrip().rpartition("-")[2].strip("'\"")
            require(text.startswith("#!") and text.endswith("\n"), f"half a script: {text[:60]!r}")
            require(text.count("restpath get") == int(last) % 4 + 1, "a script without some of its calls")


KINDS: tuple[type[Kind], ...] = (
    Tokens, Renewals, Definitions, Drafts, Taking, Downloads, History, Cache, Scripts,
)  # fmt: skip
