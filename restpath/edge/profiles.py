"""
Profiles: credentials and base URLs in the user's configuration file, `config.ini` in the configuration directory.

Takes a service's name and a profile's; gives what that section says, each value found out only when it is asked for:

    [service]
    token = env:SERVICE_TOKEN               an environment variable

    [service:work]
    base_url = https://work.example.com     a plain value, to the end of the line
    username = ann
    password = cmd:pass show work/service   what a command prints, without a shell

`[service]` is what a client gets unless it asks for another profile. As with the profiles of aws, each section stands
alone: `[service:work]` inherits nothing from `[service]`, whose secrets were not meant for work's server. A service's
name is in small letters. The rest of a line is the value: `%`, `#`, `;` and quotes stay as they are, and no comment can
stand behind it; a line of its own that begins with `#` or `;` is one. `cmd:` is a program and its arguments, quoted as
for a shell, but no shell runs: no `|`, no `$HOME`, no `~` (`cmd:sh -c '...'` has these). `env:` and `cmd:` have this
meaning here only.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import final

from restpath.auth.schemes import credential_text
from restpath.edge.directories import config_file
from restpath.edge.forking import tell_of_forks
from restpath.errors import AuthError, InvalidValue
from restpath.masking import Secret, is_secret_name

__all__ = ["Profile", "profile_names", "read_profile", "read_sections"]

_BASE_URL = "base_url"
_COMMAND_SECONDS = 60.0
_warned: set[str] = set()


@final
class Profile:
    """
    One section of the configuration file.

    Attributes:
        name: the section's, such as `service:work`; "" where there is none.
        values: the credentials by name. To look at the names runs nothing; to take one value finds out that one.
        sources: where each credential is from, in words.
    """

    def __init__(self, name: str = "", file: str = "", said: Mapping[str, Secret] | None = None, *, own: bool = True):
        said = dict(said or {})
        place = f"profile [{name}] in {file}"
        url = said.pop(_BASE_URL, None)
        self.name, self._place = name, place
        self._values = _Values(said, place, own)
        self.values: Mapping[str, Secret] = self._values
        self.sources: Mapping[str, str] = dict.fromkeys(said, place)
        self._url = _Values({} if url is None else {_BASE_URL: url}, place, own)

    @property
    def base_url(self) -> str | None:
        """The base URL that the profile says; None if it does not. Raises InvalidValue: it is no URL."""
        if _BASE_URL not in self._url:
            return None
        from restpath.edge.address import checked_address

        return checked_address(self._url[_BASE_URL].reveal(), f"base_url of {self._place}")

    def plain(self, name: str) -> Secret | None:
        """Give a value that stands in the file as it is, or that the environment has; None if there is none."""
        return self._values.plain(name)

    def __repr__(self) -> str:
        return f"<Profile [{self.name}]: {', '.join([*self._url, *self.values]) or 'nothing'}>"


class _Values(Mapping[str, Secret]):
    """What a section says, found out at the first time and then known: nobody types a passphrase twice."""

    def __init__(self, said: Mapping[str, Secret], place: str, own: bool) -> None:
        self._said, self._place, self._own = dict(said), place, own
        self._known: dict[str, Secret] = {}
        self._lock = threading.Lock()
        tell_of_forks(self)

    def after_fork(self) -> None:
        """Another thread of the parent may have had the lock."""
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Secret:
        said = self._said[name].reveal()
        with self._lock:
            if name not in self._known:
                self._known[name] = _found_out(said, f"{name} of {self._place}", self._own)
            return self._known[name]

    def plain(self, name: str) -> Secret | None:
        """Give a value that no command has to be run for, or whose command was run already."""
        said = self._said.get(name)
        if said is None or (said.reveal().startswith("cmd:") and name not in self._known):
            return None
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._said

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)

    def __repr__(self) -> str:
        return f"<values of {', '.join(self._said) or 'nothing'}>"

    # Mapping would compare values, and so run every command.
    __eq__ = object.__eq__
    __hash__ = object.__hash__


# ---- reading -----------------------------------------------------------------------------------------------------


def read_profile(service: str, profile: str | None, known: Iterable[str], *, secret: Collection[str] = ()) -> Profile:
    """
    Read the section of a service, or of one of its profiles.

    Args:
        service: the service's name; "" where it has none, and then there are no profiles.
        profile: which one was asked for; None for `[service]`, which need not be there.
        known: the names of the service's credentials; `base_url` is known everywhere.
        secret: those of them that are secret, whatever their names sound like.
    Raises:
        InvalidValue: there is no such profile, it has a key that is not known, or the file cannot be read.
    """
    file = config_file()
    sections, info = _read_sections(file) if service else ({}, None)
    name = service if profile is None else f"{service}:{profile}"
    if name not in sections or profile == "":
        if profile is None:
            _warn_of_spelling(service, sections, str(file))
            return Profile()
        raise _no_profile(service, profile, sections, file)
    said = sections[name]
    _check_keys(said, [*known, _BASE_URL], f"section [{name}] of {file}")
    if info is not None:
        _warn_of_readers(said, secret, info, str(file))
    values = {key: Secret(value) for key, value in said.items()}
    return Profile(name, str(file), values, own=info is None or _is_ones_own(info))


def _no_profile(service: str, profile: str, sections: Mapping[str, object], file: FilePath) -> InvalidValue:
    if not service:
        return InvalidValue(f"there is no profile {profile!r}: a service that has no name has no profiles")
    from restpath.definition.wording import did_you_mean

    names = [name.partition(":")[2] for name in sections if name.startswith(f"{service}:")]
    there = f"there are {', '.join(names)}" if names else "there is none"
    other = next((name for name in sections if _is_misspelled(name, service)), None)
    there += f" (but a section [{other}], and a service's name has small letters)" if other is not None else ""
    return InvalidValue(
        f"{service} has no profile {profile!r}{did_you_mean(profile, names) or '.'} In {file} {there}; "
        f"a profile is a section [{service}:{profile or 'name'}]"
    )


def _is_misspelled(section: str, service: str) -> bool:
    """Whether a section would be of a service, but for its capitals."""
    name = section.partition(":")[0].strip()
    return name != service and name.lower() == service.lower()


def _warn_of_spelling(service: str, sections: Iterable[str], file: str) -> None:
    for section in sections:
        if ":" not in section and _is_misspelled(section, service) and (place := f"[{section}] {file}") not in _warned:
            import warnings

            _warned.add(place)
            warnings.warn(
                f"the section [{section}] of {file} is not read: a service's name has small letters, [{service}]",
                stacklevel=3,
            )


def _check_keys(said: Iterable[str], known: list[str], where: str) -> None:
    import re

    for key in said:
        if key in known:
            continue
        from restpath.definition.wording import did_you_mean

        # What looks like no name may be half of a secret.
        shown = f"the key {key!r}" if re.fullmatch(r"[A-Za-z][\w.-]{0,39}", key) else "a key that is no name"
        raise InvalidValue(
            f"{where}: {shown} is not known{did_you_mean(key, known) or '.'} Known are {', '.join(known)}"
        )


def _read_sections(file: FilePath) -> tuple[dict[str, dict[str, str]], os.stat_result | None]:
    """Read the file, if there is one. No cause is chained: configparser quotes lines, which hold secrets."""
    opened = _read_bytes(file)
    if opened is None:
        return {}, None
    data, info = opened
    from configparser import Error, RawConfigParser

    # `[DEFAULT]` is no section that others inherit from: no header can be empty.
    parser = RawConfigParser(default_section="", interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(data.decode("utf-8-sig"))
        return {name: dict(parser.items(name)) for name in parser.sections()}, info
    except UnicodeDecodeError as error:
        problem = f"line {data.count(10, 0, error.start) + 1}: it is not UTF-8"
    except Error as error:
        problem = _problem(error)
    raise InvalidValue(f"{file}, {problem}")


def _read_bytes(file: FilePath) -> tuple[bytes, os.stat_result] | None:
    try:
        # A pipe's other end is not waited for.
        with open(file, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as opened:
            info = os.fstat(opened.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise InvalidValue(f"{file} is no ordinary file")
            return opened.read(), info
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if not os.path.lexists(file):  # a place where one may not look is none of one's own
            return None
        raise InvalidValue(f"{file} cannot be read: {error.strerror or error}") from error


_PROBLEMS = {
    "MissingSectionHeaderError": "something stands before the first [section]",
    "DuplicateSectionError": "this section is in the file twice",
    "DuplicateOptionError": "this key is in its section twice",
}


def _problem(error: Exception) -> str:
    wrong = [(getattr(error, "lineno", None), getattr(error, "line", "")), *getattr(error, "errors", ())]
    line, text = next((each for each in wrong if each[0] is not None), (None, ""))
    words = _PROBLEMS.get(type(error).__name__, "this is neither [section] nor key = value")
    if str(text).lstrip("'\" ").startswith("[") and "]" not in str(text):
        words = "the bracket of a [section] is not closed"
    return f"line {line}: {words}" if line else words


def _is_ones_own(info: os.stat_result) -> bool:
    return sys.platform == "win32" or (info.st_uid in (os.geteuid(), 0) and not info.st_mode & 0o022)


def _warn_of_readers(said: Mapping[str, str], secret: Collection[str], info: os.stat_result, file: str) -> None:
    # Windows has no such modes, and its Python says 0666.
    if os.name != "posix" or not info.st_mode & 0o077 or file in _warned:
        return
    plain = [key for key, value in said.items() if not value.startswith(("env:", "cmd:"))]
    if any(key in secret or is_secret_name(key) for key in plain if key != _BASE_URL):
        import shlex
        import warnings

        _warned.add(file)
        warnings.warn(
            f"others can read the secrets in {file} (its mode is {stat.S_IMODE(info.st_mode):04o}): "
            f"run chmod 600 {shlex.quote(file)}",
            stacklevel=3,
        )


# ---- finding out -------------------------------------------------------------------------------------------------


def _found_out(said: str, what: str, own: bool) -> Secret:
    kind, colon, rest = said.partition(":")
    if colon and kind == "env":
        text = _from_environment(rest.strip(), what)
    elif colon and kind == "cmd":
        if not own:
            raise AuthError(
                f"{what} is a command, and it is not run, as the file is somebody else's or others can write to it: "
                "own it, and run chmod 600 on it"
            )
        text = _from_command(rest.strip(), what)
    else:
        text = said
    return credential_text(what, text)


def _from_environment(variable: str, what: str) -> str:
    text = os.environ.get(variable) if variable and "\0" not in variable else None
    if not text:
        raise AuthError(f"{what} is said to be in the environment variable {variable!r}, which is not set")
    return text


def _from_command(command: str, what: str) -> str:
    """
    Run a command and take what it prints; it may ask on the terminal.

    Nothing that it printed gets into an error, nor does its command line, which may hold a secret itself. The causes
    are not chained for the same reason.
    """
    import subprocess

    words = _words(command, what)
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, timeout=_COMMAND_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        problem = f"ran for longer than {_COMMAND_SECONDS:g} seconds, and was ended"
    except (OSError, ValueError) as error:
        problem = f"could not be started: {getattr(error, 'strerror', None) or type(error).__name__}"
    else:
        if done.returncode == 0:
            return _printed(done.stdout, what)
        ended = f"signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        problem = f"failed with {ended}"
    raise AuthError(f"the command for {what} {problem}")


def _words(command: str, what: str) -> str | list[str]:
    if os.name == "nt":  # there a program takes its command line apart by itself
        return command
    import shlex

    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise InvalidValue(f"{what} is no command line: after cmd: stands a program with its arguments")
    return words


def _printed(data: bytes, what: str) -> str:
    for end in (b"\r\n", b"\n"):
        if data.endswith(end):
            data = data[: -len(end)]
            break
    problem = "printed nothing"
    try:
        text = data.decode("utf-8")
        if text and not any(each in text for each in "\r\n\0"):
            return text
        problem = "printed more than one line" if text else problem
    except UnicodeDecodeError:
        problem = "printed what is not UTF-8"
    raise AuthError(f"the command for {what} {problem}")


def read_sections() -> dict[str, dict[str, str]]:
    """
    Read the sections of the configuration file, as they are written.

    Raises:
        InvalidValue: it cannot be read.
    """
    return _read_sections(config_file())[0]


def profile_names(service: str) -> list[str]:
    """Name the profiles that a service has in the configuration file."""
    return [name.partition(":")[2] for name in read_sections() if name.startswith(f"{service}:")]
