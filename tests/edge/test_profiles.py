"""Profiles: what the configuration file says, found out when it is asked for, and shown nowhere."""

from __future__ import annotations

import copy
import os
import shlex
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restpath import AuthError, InvalidValue
from restpath.edge import profiles
from restpath.edge.directories import config_file
from restpath.edge.profiles import Profile, read_profile
from restpath.masking import Secret

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and owners are otherwise elsewhere")
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
KNOWN = ["username", "password", "token"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "restpath").mkdir()
    return config_file()


def write(file: Path, text: str | bytes, mode: int = 0o600) -> None:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)


def read(profile: str | None = None, service: str = "shop") -> Profile:
    return read_profile(service, profile, KNOWN)


def shown(values: Mapping[str, Secret]) -> dict[str, str]:
    return {name: value.reveal() for name, value in values.items()}


def python(code: str) -> str:
    """A command line that runs a little program."""
    words = [sys.executable, "-c", code]
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline(words)
    return shlex.join(words)


def counting(count: Path, answer: str = "sesame") -> str:
    """A command line that prints something, and leaves a trace each time it runs."""
    return python(f"open({str(count)!r}, 'a').write('x'); print({answer!r})")


# ---- what is read


def test_the_file_is_in_the_configuration_directory(file: Path, tmp_path: Path) -> None:
    assert file == tmp_path / "restpath" / "config.ini"


def test_a_section_is_read_with_where_each_value_is_from(file: Path) -> None:
    write(file, "[shop]\nusername = ann\ntoken=a=b\n\n[other]\ntoken = x\n")
    profile = read()
    assert shown(profile.values) == {"username": "ann", "token": "a=b"}
    assert profile.sources == dict.fromkeys(["username", "token"], f"profile [shop] in {file}")
    assert (profile.name, profile.base_url) == ("shop", None)


def test_a_base_url_is_no_credential(file: Path) -> None:
    write(file, "[shop]\nbase_url = https://a.example.com/%7Ea\ntoken = x")
    profile = read()
    assert profile.base_url == "https://a.example.com/%7Ea"
    assert list(profile.values) == list(profile.sources) == ["token"]
    write(file, "[shop]\nbase_url = ftp://a.example.com")
    with pytest.raises(InvalidValue) as caught:
        assert read().base_url
    assert str(caught.value).startswith(f"base_url of profile [shop] in {file}: ")


def test_a_named_profile_stands_alone(file: Path) -> None:
    """Nothing of [shop] gets to the server of [shop:work], and nothing of [DEFAULT] anywhere."""
    write(
        file,
        "[DEFAULT]\ntoken = default\n[shop]\nbase_url = https://a.example\npassword = private\n"
        "[shop:work]\nusername = ann\n",
    )
    profile = read("work")
    assert (shown(profile.values), profile.base_url) == ({"username": "ann"}, None)
    assert profile.sources == {"username": f"profile [shop:work] in {file}"}
    assert shown(read().values) == {"password": "private"}


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "[other]\ntoken = x\n", "[shop:work]\ntoken = x"], ids=repr)
def test_where_nothing_is_said_there_is_nothing(text: str | None, file: Path) -> None:
    if text is not None:
        write(file, text)
    profile = read()
    assert (dict(profile.values), dict(profile.sources), profile.base_url, profile.name) == ({}, {}, None, "")


def test_where_there_is_no_directory_there_is_nothing(file: Path) -> None:
    file.parent.rmdir()
    assert not read().values
    file.parent.write_bytes(b"")
    assert not read().values


def test_a_service_without_a_name_has_no_profiles(file: Path) -> None:
    write(file, "[:work]\ntoken = x\n")
    assert not read(service="").values
    with pytest.raises(InvalidValue, match="has no name"):
        read("work", service="")


def test_comments_signs_and_other_spellings_are_read(file: Path) -> None:
    write(
        file,
        '\ufeff# a comment\r\n[shop]\r\n  username: ann\r\n  password = "a;b" # %(c)s $d \r\n; a comment\r\n  token=é',
    )
    assert shown(read().values) == {"username": "ann", "password": '"a;b" # %(c)s $d', "token": "é"}


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_a_plain_value_is_what_stands_there(text: str) -> None:
    """But for what begins with env: or cmd:, which can only be said through one of these."""
    if text.startswith(("env:", "cmd:")):
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiles, "_read_bytes", lambda file: (f"[shop]\ntoken = {text}\n".encode(), os.stat(__file__)))
        patch.setattr(profiles, "_warn_of_readers", lambda *args: None)
        assert shown(read().values) == {"token": text}


def test_nothing_shows_a_value(file: Path) -> None:
    write(file, "[shop]\nbase_url = https://a\npassword = sesame\ntoken = cmd:echo sesame\n")
    profile = read()
    for text in (repr(profile), str(profile), repr(profile.values), f"{profile.values}", repr(dict(profile.values))):
        assert "sesame" not in text
    assert repr(profile) == "<Profile [shop]: base_url, password, token>"
    for attribute in vars(profile).values():
        assert "sesame" not in repr(attribute)


# ---- env: and cmd:


def test_a_value_from_the_environment_is_looked_up_when_it_is_asked_for(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, "[shop]\ntoken = env:SHOP_TOKEN\npassword = env: SHOP_PASSWORD\nbase_url = env:SHOP_URL\n")
    profile = read()
    monkeypatch.setenv("SHOP_PASSWORD", "sesame")
    monkeypatch.setenv("SHOP_URL", "https://a.example")
    assert profile.values["password"].reveal() == "sesame"
    assert profile.base_url == "https://a.example"
    for value in (None, ""):
        if value is not None:
            monkeypatch.setenv("SHOP_TOKEN", value)
        with pytest.raises(AuthError, match=r"token of profile \[shop\] in .*config.ini .*'SHOP_TOKEN'.*not set"):
            profile.values["token"]
    monkeypatch.setenv("SHOP_TOKEN", "late")
    assert profile.values["token"].reveal() == "late"


@pytest.mark.parametrize("said", ["env:", "env:a=b", "env:NO SUCH"], ids=repr)
def test_a_variable_that_cannot_be_is_named(said: str, file: Path) -> None:
    write(file, f"[shop]\ntoken = {said}\n")
    with pytest.raises(AuthError, match="which is not set"):
        read().values["token"]


def test_a_command_runs_only_for_its_own_value_and_once(file: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    write(file, f"[shop]\ntoken = cmd:{counting(count)}\nusername = ann\n")
    profile = read()
    assert "token" in profile.values
    assert "token" in profile.sources
    assert (list(profile.values), len(profile.values), bool(profile.values)) == (["token", "username"], 2, True)
    assert profile.values["username"].reveal() == "ann"
    assert profile.values.get("password") is None
    assert profile.values != {"token": 1}
    assert profile.values == profile.values
    assert hash(profile.values)
    assert repr(profile)
    assert copy.copy(profile).sources == profile.sources
    assert profile.base_url is None
    assert not count.exists()
    assert profile.values["token"].reveal() == profile.values["token"].reveal() == "sesame"
    assert count.read_text() == "x"


def test_a_command_for_the_base_url_runs_only_for_it(file: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    write(file, f"[shop]\ntoken = plain\nbase_url = cmd:{counting(count, 'https://a.example')}\n")
    profile = read()
    assert shown(profile.values) == {"token": "plain"}
    assert not count.exists()
    assert profile.base_url == "https://a.example"


def test_many_threads_run_a_command_once(file: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    write(file, f"[shop]\ntoken = cmd:{counting(count)}\n")
    profile = read()
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(profile.values["token"].reveal())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, count.read_text()) == (["sesame"] * 5, "x")


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        (b"sesame", "sesame"), (b"sesame\n", "sesame"), (b"sesame\r\n", "sesame"), (b" a b \n", " a b "),
        ("é€".encode(), "é€"),
    ],
)  # fmt: skip
def test_what_a_command_prints_is_taken_without_one_line_end(printed: bytes, value: str, file: Path) -> None:
    write(file, f"[shop]\ntoken = cmd: {python(f'import sys; sys.stdout.buffer.write({printed!r})')}\n")
    assert read().values["token"].reveal() == value


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('sesame'); raise SystemExit(3)", "failed with exit status 3"),
        ("pass", "printed nothing"),
        ("print()", "printed nothing"),
        ("print('sesame'); print('sesame')", "printed more than one line"),
        ("print('sesame\\n')", "printed more than one line"),
        ("import sys; sys.stdout.buffer.write(b'sesame\\xff')", "not UTF-8"),
    ],
)
def test_a_command_that_fails_is_said_without_what_it_printed(code: str, words: str, file: Path) -> None:
    write(file, f"[shop]\ntoken = cmd:{python(code)}\n")
    profile = read()
    with pytest.raises(AuthError, match=words) as caught:
        profile.values["token"]
    assert "token of profile [shop] in" in str(caught.value)
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_command_that_failed_is_run_again_when_it_is_asked_for_again(file: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    write(file, f"[shop]\ntoken = cmd:{python(f'print(open({str(there)!r}).read())')}\n")
    profile = read()
    with pytest.raises(AuthError, match="exit status 1"):
        profile.values["token"]
    there.write_text("sesame")
    assert profile.values["token"].reveal() == "sesame"


@POSIX
def test_a_command_that_a_signal_ended_is_said(file: Path) -> None:
    write(file, f"[shop]\ntoken = cmd:{python('import os; os.kill(os.getpid(), 9)')}\n")
    with pytest.raises(AuthError, match="signal 9"):
        read().values["token"]


def test_a_command_that_takes_too_long_is_ended(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert profiles._COMMAND_SECONDS == 60
    monkeypatch.setattr(profiles, "_COMMAND_SECONDS", 0.3)
    code = "import threading; print('sesame', flush=True); threading.Event().wait()"
    write(file, f"[shop]\ntoken = cmd:{python(code)}\n")
    with pytest.raises(AuthError, match=r"longer than 0\.3 seconds, and was ended") as caught:
        read().values["token"]
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("cmd:no-such-program-anywhere sesame", "could not be started"),
        ("cmd:a\0b", "could not be started"),
        ("cmd:", "is no command line"),
        ("cmd:'sesame", "is no command line"),
    ],
)
@POSIX
def test_what_is_no_command_is_said_without_it(said: str, words: str, file: Path) -> None:
    write(file, f"[shop]\ntoken = {said}\n")
    with pytest.raises((AuthError, InvalidValue), match=words) as caught:
        read().values["token"]
    assert "sesame" not in str(caught.value)


@POSIX
def test_no_shell_sees_a_command(file: Path, tmp_path: Path) -> None:
    write(file, f"[shop]\ntoken = cmd:echo $HOME ~ `id` > {tmp_path / 'out'} ; 'a  b' | cat\n")
    assert read().values["token"].reveal() == f"$HOME ~ `id` > {tmp_path / 'out'} ; a  b | cat"
    assert not (tmp_path / "out").exists()


def test_on_windows_a_command_line_goes_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:  # pathlib would not bear it any longer
        patch.setattr(os, "name", "nt")
        words = profiles._words(r'C:\bin\pass.exe "a b" \c', "token")
    assert words == r'C:\bin\pass.exe "a b" \c'


@FORKS
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_finds_a_value_out_although_another_thread_was_about_it(file: Path) -> None:
    write(file, "[shop]\ntoken = plain\n")
    profile = read()
    with profile.values._lock:  # type: ignore[attr-defined]
        child = os.fork()
        if not child:
            os._exit(0 if profile.values["token"].reveal() == "plain" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ---- what is wrong


def test_a_profile_that_is_not_there_is_refused_with_those_that_are(file: Path) -> None:
    write(file, "[shop]\ntoken = x\n[shop:work]\ntoken = x\n[shop:home]\ntoken = x\n[other:else]\n")
    with pytest.raises(InvalidValue, match="no profile 'wrk'; did you mean 'work'") as caught:
        read("wrk")
    assert "there are work, home" in str(caught.value)
    assert "else" not in str(caught.value)
    for profile in ("", "shop", "Work"):
        with pytest.raises(InvalidValue, match=r"shop has no profile .* there are work, home"):
            read(profile)


def test_a_section_in_capitals_gets_a_hint(file: Path) -> None:
    write(file, "[Shop]\ntoken = x\n[SHOP:Work]\ntoken = x\n")
    with pytest.warns(UserWarning, match=r"the section \[Shop\] of .* is not read: .* small letters, \[shop\]"):
        assert not read().values
    with pytest.raises(InvalidValue, match=r"there is none \(but a section \[Shop\], and a service's name has small"):
        read("work")


@pytest.mark.parametrize("text", [None, "[shop]\ntoken = x\n"], ids=repr)
def test_where_there_are_no_profiles_it_is_said_how_to_make_one(text: str | None, file: Path) -> None:
    if text is not None:
        write(file, text)
    with pytest.raises(InvalidValue, match=r"there is none; a profile is a section \[shop:work\]") as caught:
        read("work")
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("pasword", "the key 'pasword' is not known; did you mean 'password'?"),
        ("Token", "the key 'Token' is not known; did you mean 'token'?"),
        ("base-url", "did you mean 'base_url'?"),
        ("zzz", "the key 'zzz' is not known. Known are username, password, token, base_url"),
        ("c2VzYW1l+/", "a key that is no name is not known"),
    ],
)
def test_a_key_that_is_not_known_is_refused_with_the_nearest(key: str, words: str, file: Path) -> None:
    write(file, f"[shop:work]\n{key} = sesame\n[shop]\ntoken = x\n")
    with pytest.raises(InvalidValue) as caught:
        read("work")
    assert words in str(caught.value)
    assert f"section [shop:work] of {file}" in str(caught.value)
    assert "sesame" not in str(caught.value)
    assert shown(read().values) == {"token": "x"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sesame\n[shop]\n", "line 1: something stands before the first [section]"),
        ("[shop\ntoken = sesame\n", "line 1: the bracket of a [section] is not closed"),
        ("[shop]\n[sesame\n", "line 2: the bracket of a [section] is not closed"),
        ("[shop]\ntoken = x\nsesame\n", "line 3: this is neither [section] nor key = value"),
        ("[shop]\n= sesame\n", "line 2: this is neither [section] nor key = value"),
        ("[shop]\ntoken = sesame\n\ntoken = sesame2\n", "line 4: this key is in its section twice"),
        ("[shop]\ntoken = x\n[shop]\nusername = sesame\n", "line 3: this section is in the file twice"),
        (b"[shop]\ntoken = sesame\xff\n", "line 2: it is not UTF-8"),
        (b"\xff\xfe[\0s\0", "line 1: it is not UTF-8"),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_no_value(text: str | bytes, words: str, file: Path) -> None:
    write(file, text)
    with pytest.raises(InvalidValue) as caught:
        read()
    error = caught.value
    assert str(error) == f"{file}, {words}"
    assert error.__cause__ is error.__context__ is None


@pytest.mark.parametrize(
    ("said", "words"),
    [("", "needs a text, and this one is empty"), ("sesame\n  sesame", "has a line break"), ("sesame\0", "line break")],
)
def test_a_value_that_cannot_be_sent_is_refused_when_it_is_asked_for(said: str, words: str, file: Path) -> None:
    write(file, f"[shop]\ntoken = {said}\nusername = ann\n")
    profile = read()
    assert profile.values["username"].reveal() == "ann"
    with pytest.raises(InvalidValue, match=words) as caught:
        profile.values["token"]
    assert "token of profile [shop]" in str(caught.value)
    assert "sesame" not in str(caught.value)


@POSIX
def test_a_folder_or_a_pipe_in_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(InvalidValue, match="cannot be read: Is a directory"):
        read()
    file.rmdir()
    os.mkfifo(file)
    with pytest.raises(InvalidValue, match="no ordinary file"):
        read()


def test_a_file_that_one_may_not_read_is_refused_where_it_can_be_seen(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kinds: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(profiles, "open", refuse, raising=False)
    assert not read().values
    write(file, "[shop]\n")
    with pytest.raises(InvalidValue, match="cannot be read: Permission denied"):
        read()


# ---- who else can read or write the file


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[warnings.WarningMessage]]:
    monkeypatch.setattr(profiles, "_warned", set())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


@POSIX
def test_of_plain_secrets_that_others_can_read_one_is_warned_once(
    file: Path, fresh: list[warnings.WarningMessage]
) -> None:
    write(file, "[shop]\nusername = ann\npassword = sesame\n", 0o644)
    for _ in range(2):
        assert shown(read().values) == {"username": "ann", "password": "sesame"}
    assert len(fresh) == 1
    assert f"{file} (its mode is 0644): run chmod 600" in str(fresh[0].message)
    assert "sesame" not in str(fresh[0].message)


@POSIX
@pytest.mark.parametrize(
    ("text", "mode", "warned"),
    [
        ("password = sesame", 0o600, False),
        ("password = sesame", 0o640, True),
        ("password = env:SESAME", 0o644, False),
        ("password = cmd:sesame", 0o644, False),
        ("username = ann\nbase_url = https://a", 0o644, False),
        ("pin = 1234", 0o644, True),
    ],
)
def test_what_is_no_plain_secret_may_be_read(
    text: str, mode: int, warned: bool, file: Path, fresh: list[warnings.WarningMessage]
) -> None:
    write(file, f"[shop]\n{text}\n", mode)
    read_profile("shop", None, [*KNOWN, "pin"], secret=["pin", "password"])
    assert bool(fresh) == warned


@POSIX
@pytest.mark.parametrize("mode", [0o660, 0o606, 0o622], ids=oct)
def test_a_command_is_not_run_where_others_can_write_to_the_file(mode: int, file: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    write(file, f"[shop]\ntoken = cmd:{counting(count)}\nusername = ann\n", mode)
    profile = read()
    assert profile.values["username"].reveal() == "ann"
    with pytest.raises(AuthError, match=r"is not run.*chmod 600"):
        profile.values["token"]
    assert not count.exists()


@POSIX
def test_a_command_is_not_run_where_the_file_is_somebody_elses(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(file, "[shop]\ntoken = cmd:echo x\n", 0o644)
    if os.geteuid() == 0:
        os.chown(file, 12345, 12345)
    else:
        stranger = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: stranger)
    with pytest.raises(AuthError, match="is not run"):
        read().values["token"]


@POSIX
def test_a_file_that_is_a_link_is_read(file: Path, tmp_path: Path) -> None:
    """Many keep their configuration elsewhere and link it."""
    write(tmp_path / "real.ini", "[shop]\ntoken = cmd:echo x\n")
    file.symlink_to(tmp_path / "real.ini")
    assert shown(read().values) == {"token": "x"}
