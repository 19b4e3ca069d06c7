"""`python -m restpath.services.ipernity`: what it is started with, what it is told, and how it ends."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import restpath.mock
from restpath.services.ipernity import IpernityAPI
from restpath.services.ipernity.__main__ import main
from restpath.services.ipernity.configuration import ConfigurationError, Given, read_arguments
from restpath.services.ipernity.prompt import Prompt, run_prompt

KEY, SECRET = "6fa87ba500002712bd4eed6020f3bd72", "e9a599f0cf6ce193"
ENVIRONMENT = {"IPERNITY_API_KEY": "env-key", "IPERNITY_API_SECRET": "env-secret", "IPERNITY_API_TOKEN": "env-token"}


@pytest.fixture(autouse=True)
def plain_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython, which other tests start, leaves its own behind."""
    for name in ("ps1", "ps2"):
        monkeypatch.delattr(sys, name, raising=False)


@pytest.fixture
def server() -> Iterator[Any]:
    with restpath.mock.serve("ipernity") as server:
        yield server


@pytest.fixture
def api(server: Any) -> IpernityAPI:
    return IpernityAPI(KEY, SECRET, url=server.url, auth_url_base=f"{server.url}/apps/authorize")


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., str]:
    """Writes a configuration file that only its owner can read."""

    def write(text: str, name: str = "ipernity.ini") -> str:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        return str(file)

    return write


def three(given: Given) -> tuple[str | None, ...]:
    return given.key, given.secret, given.token


# ---- what it is started with -------------------------------------------------------------------------------------


def test_command_line_goes_before_file_and_file_before_environment(config: Callable[..., str]) -> None:
    file = config("[ipernity]\napi key = file-key\napi secret = file-secret\n")
    assert three(read_arguments(["-k", "own-key", "-c", file], ENVIRONMENT)) == ("own-key", "file-secret", "env-token")


def test_each_source_alone_will_do(config: Callable[..., str]) -> None:
    arguments = ["-k", "k", "-s", "s", "-t", "t"]
    assert three(read_arguments(arguments, {})) == ("k", "s", "t")
    assert three(read_arguments(["--api-key", "k", "--api-secret=s", "--api-token", "t"], {})) == ("k", "s", "t")
    file = config("[ipernity]\napi key = 1%2\napi secret: #3\nAPI Token = 4;5\n")
    assert three(read_arguments(["--config", file], {})) == ("1%2", "#3", "4;5")
    assert three(read_arguments([], ENVIRONMENT)) == ("env-key", "env-secret", "env-token")


def test_the_file_is_looked_for_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".ipernity.ini").write_text("[ipernity]\napi key = home\n", encoding="utf-8")
    assert three(read_arguments([], {})) == ("home", None, None)


def test_without_a_key_it_says_where_one_may_be_given() -> None:
    with pytest.raises(ConfigurationError, match=r"-k, .*api key.*\.ipernity\.ini.*IPERNITY_API_KEY"):
        read_arguments([], {})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("api key = x\n", "line 1 is not well-formed"),
        ("[ipernity]\nhush-hush\n", "is not well-formed"),
        ("[ipernity]\napi key = a\napi key = b\n", "line 3 is not well-formed"),
    ],
)
def test_a_file_that_is_not_well_formed_is_named_and_not_quoted(
    config: Callable[..., str], text: str, fault: str
) -> None:
    with pytest.raises(ConfigurationError, match=fault) as caught:
        read_arguments(["-c", config(text)], {})
    assert "hush-hush" not in str(caught.value)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no configuration file"):
        read_arguments(["-c", str(tmp_path / "none.ini")], {})
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_arguments(["-c", str(tmp_path)], {})


def test_it_warns_of_what_means_nothing(config: Callable[..., str]) -> None:
    (warning,) = read_arguments(["-c", config("[ipernity]\napi key = k\napi-token = t\n")], {}).warnings
    assert "'api-token' means nothing" in warning
    (warning,) = read_arguments(["-k", "k", "-c", config("[flickr]\n")], {}).warnings
    assert "no section" in warning


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such permissions")
def test_it_warns_of_a_file_with_secrets_that_others_can_read(config: Callable[..., str]) -> None:
    file = config("[ipernity]\napi key = k\napi secret = s\n")
    assert read_arguments(["-c", file], {}).warnings == ()
    Path(file).chmod(0o644)
    (warning,) = read_arguments(["-c", file], {}).warnings
    assert "chmod 600" in warning


def test_nothing_shows_a_secret() -> None:
    assert "env-" not in repr(read_arguments([], ENVIRONMENT))


# ---- the prompt --------------------------------------------------------------------------------------------------


class Person:
    """Somebody at the prompt: types lines, reads answers, and clicks on yes in the browser."""

    def __init__(self, api: IpernityAPI, *lines: str) -> None:
        self.lines, self.seen, self.links = list(lines), "", list[str]()
        self.prompt = Prompt(api, self._type, lambda text: self._see(f"{text}\n"), self._browse)
        self.prompt.write = self._see  # type: ignore[method-assign]

    def _type(self, prompt: str) -> str:
        self.seen += prompt
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)

    def _see(self, text: str) -> None:
        self.seen += text

    def _browse(self, link: str) -> None:
        self.links.append(requests.get(link, timeout=10).text)

    def talk(self) -> str:
        before, sys.displayhook = sys.displayhook, self.prompt.display
        try:
            self.prompt.interact("", exitmsg="")
        except SystemExit:
            self.seen += "(the end)"
        finally:
            sys.displayhook = before
        return self.seen


def test_answers_are_laid_out_for_reading(api: IpernityAPI) -> None:
    seen = Person(api, "ip.user.get(user_id=4711)", "_['user']['username']", "x = 1", "x").talk()
    assert "\n 'user': {'user_id': '4711'," in seen
    assert "'ben'\n" in seen
    assert seen.rstrip().endswith("1\n>>>")


def test_login_does_the_dance(api: IpernityAPI) -> None:
    person = Person(api, "whoami", "login doc=write network=read", "", "whoami")
    seen = person.talk()
    assert "Nobody is logged in" in seen
    assert f"{api.auth_url_base}?api_key=" in seen
    assert "Press Enter" in seen
    assert seen.count("ann (user_id 7); permitted: doc=write network=read") == 2
    assert "You may close this window" in person.links[0]
    assert api.token
    assert api.token not in seen


def test_login_asks_for_documents_unless_told(api: IpernityAPI) -> None:
    Person(api, "login", "").talk()
    assert api.permissions == {"doc": "write"}


def test_an_error_is_told_in_a_line(api: IpernityAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)  # a replaced one shows errors in its own place
    seen = Person(api, "ip.doc.gett", "ip.doc.get(doc_id=1)", "login cat=read", "1/0", "ip.").talk()
    assert "UnknownMethod: Ipernity has no method doc.gett; did you mean doc.get" in seen
    assert "APIRequestError: doc.get answered with error 1:" in seen
    assert "InvalidValue: there is no permission 'cat'" in seen
    assert "Traceback" in seen, "an error of Python's own is shown as Python does"
    assert "SyntaxError" in seen
    assert seen.count("Traceback") == 1


def test_commands_are_words_and_python_stays_python(api: IpernityAPI) -> None:
    statement = ("for i in (1,):", "    quit = i", "", "print(quit)")
    seen = Person(api, "methods tags.user", "help", "help = 5", "help", *statement, "quit").talk()
    assert "tags.user.getPopular      The tags that a user gives most" in seen
    assert seen.count("login [doc=write ...]") == 2
    assert "... ... >>> " in seen
    assert seen.endswith("(the end)")


def test_a_method_is_also_called_without_parentheses(api: IpernityAPI) -> None:
    seen = Person(api, "user.get user_id=4711", "_['user']['user_id']", "test.echo a='b c' d=e=f", "test.hello").talk()
    answer = json.loads(seen[seen.index("{") : seen.index("}\n>>> '4711'") + 1])
    assert answer["user"]["username"] == "ben"
    assert '"a": "b c"' in seen
    assert '"d": "e=f"' in seen
    assert '"hello": "Hello!"' in seen


def test_a_method_without_parentheses_says_what_is_wrong(api: IpernityAPI) -> None:
    seen = Person(api, "doc.gett doc_id=1", "doc.get 1", "doc.get doc_id='1", "user.get user_id = 7").talk()
    assert "UnknownMethod: Ipernity has no method doc.gett; did you mean doc.get" in seen
    assert "InvalidValue: '1' is no parameter: write name=value" in seen
    assert "a quote that does not end" in seen
    assert "InvalidValue: 'user_id' is no parameter" in seen


def test_a_name_that_python_knows_is_python_s(api: IpernityAPI, capsys: pytest.CaptureFixture[str]) -> None:
    seen = Person(api, "import types", "test = types.SimpleNamespace(hello=5)", "test.hello", "user_info.x y=1").talk()
    assert ">>> 5\n" in seen
    assert "SyntaxError" in seen + capsys.readouterr().err  # where Python 3.10 writes it


def test_names_are_completed_without_asking_the_service(api: IpernityAPI) -> None:
    completer = pytest.importorskip("rlcompleter").Completer(Person(api).prompt.locals)
    found = [
        completer.complete("ip.doc.getL", 0),
        completer.complete("ip.user_i", 0),
        completer.complete("ip.walk_a", 0),
    ]
    assert [text.rstrip("(") for text in found] == ["ip.doc.getList", "ip.user_info", "ip.walk_album_docs"]
    assert api._own_core.identity is None


# ---- from a pipe -------------------------------------------------------------------------------------------------


def piped(api: IpernityAPI, text: str) -> int:
    return run_prompt(api, io.StringIO(text), browse=lambda link: requests.get(link, timeout=10))


def test_lines_from_a_pipe_are_run_in_silence(api: IpernityAPI, capsys: pytest.CaptureFixture[str]) -> None:
    text = "title = ip.doc.get(doc_id=3601)['doc']['title']\ntitle\nfor i in range(2):\n    print(i)\n"
    assert piped(api, text) == 0
    assert capsys.readouterr() == ("'Photo 1'\n0\n1\n", "")


def test_a_pipe_is_read_on_behind_an_error_and_ends_with_1(
    api: IpernityAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    assert piped(api, "1\nip.doc.get(doc_id=1)\n2\n") == 1
    out, err = capsys.readouterr()
    assert out == "1\n2\n"
    assert err.startswith("APIRequestError: doc.get answered with error 1:")
    assert piped(api, "if True\n") == 1
    assert piped(api, "login cat=1\nexit\n") == 1
    assert piped(api, "login cat=1\nexit(0)\n") == 0


def test_without_a_terminal_lines_come_by_input(
    server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = iter(["test.hello", "ip.nope", "login perm_doc=write", "", "whoami", "exit"])
    monkeypatch.setattr("builtins.input", lambda prompt="": next(lines))
    monkeypatch.setattr("webbrowser.open_new", lambda link: requests.get(link, timeout=10))
    base = ("--auth-url-base", f"{server.url}/apps/authorize")
    monkeypatch.setattr(sys, "argv", ["ipernity", "-k", KEY, "-s", SECRET, "--url", server.url, *base])
    monkeypatch.delitem(sys.modules, "restpath.services.ipernity.__main__", raising=False)
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("restpath.services.ipernity", run_name="__main__")
    out, err = capsys.readouterr()
    assert caught.value.code == 1
    assert '"hello": "Hello!"' in out
    assert "ann (user_id 7); permitted: doc=write" in out
    assert "UnknownMethod: Ipernity has no method nope" in err


def test_a_pipe_can_log_in_and_say_how_to_end(api: IpernityAPI) -> None:
    assert piped(api, "login\n\nip.album.create(title='x')\nexit(3)\n") == 3
    assert piped(api, "quit\nnonsense\n") == 0
    assert api.has_permissions({"doc": "write"})


def test_the_display_is_python_s_again_afterwards(api: IpernityAPI) -> None:
    before = sys.displayhook
    piped(api, "1\n")
    assert sys.displayhook is before


# ---- as a program ------------------------------------------------------------------------------------------------


def test_main_ends_with_2_where_it_cannot_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {}) == 2
    assert capsys.readouterr().err.startswith("error: there is no API key")
    assert main(["-k", "k", "--url", "nowhere"], {}) == 2
    with pytest.raises(SystemExit) as caught:
        main(["--no-such-option"], {})
    assert caught.value.code == 2


def test_main_warns_and_goes_on(server: Any, config: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    file = config(f"[ipernity]\napi key = {KEY}\napi secret = {SECRET}\napi tokn = x\n")
    assert main(["-c", file, "--url", server.url], {}, io.StringIO("ip.test.hello()['hello']\n")) == 0
    out, err = capsys.readouterr()
    assert (out, err.split(":")[0]) == ("'Hello!'\n", "warning")


def run(*arguments: str, lines: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "restpath.services.ipernity", *arguments]
    return subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}, check=False
    )


def test_the_program_runs_what_is_piped_into_it(server: Any) -> None:
    """The third of the document's ways: the environment, and nothing on the command line but where the mock is."""
    done = run(
        "--url", server.url, lines="ip.user.get(user_id=7)['user']['username']\n",
        IPERNITY_API_KEY=KEY, IPERNITY_API_SECRET=SECRET,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "'ann'\n", "")


def test_the_program_explains_itself() -> None:
    done = run("-h")
    assert done.returncode == 0
    for text in ("-k KEY", "-s SECRET", "-t TOKEN", "-c FILE", "IPERNITY_API_TOKEN", "login"):
        assert text in done.stdout
