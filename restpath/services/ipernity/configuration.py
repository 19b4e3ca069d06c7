"""
Key, secret and token for the prompt: from the command line, a configuration file and the environment, in this order.

Takes the arguments and the environment; gives `Given`. The file is an INI file (`~/.ipernity.ini`):

    [ipernity]
    api key = ...
    api secret = ...
    api token = ...
"""

from __future__ import annotations

import argparse
import configparser
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from restpath.records import dataclass, field
from restpath.services.ipernity.api import API_URL
from restpath.services.ipernity.calling import AUTH_URL

__all__ = ["ConfigurationError", "Given", "read_arguments"]

_SECTION = "ipernity"
# What is looked for, as option, as key of the file and as variable of the environment.
_NAMES = {name: (f"api {name}", f"IPERNITY_API_{name.upper()}") for name in ("key", "secret", "token")}

_EPILOG = """\
What the command line does not say is looked for in the section [ipernity] of the configuration file
(api key, api secret, api token), then in the environment: IPERNITY_API_KEY, IPERNITY_API_SECRET,
IPERNITY_API_TOKEN. The token is optional; the command `login` gets one.

Other programs on this machine can see a command line: secrets are better kept in the file.
"""


class ConfigurationError(ValueError):
    """The configuration file cannot be used, or the key is missing; the message says how."""


@dataclass(frozen=True)
class Given:
    """
    What the prompt was started with.

    Attributes:
        secret: None where there is none: then only what needs no signature can be called.
        warnings: what is wrong and does not keep it from working.
    """

    key: str = field(repr=False)
    secret: str | None = field(repr=False)
    token: str | None = field(repr=False)
    url: str = API_URL
    auth_url_base: str = AUTH_URL
    file: str = ""
    warnings: tuple[str, ...] = ()


def read_arguments(arguments: Sequence[str], environment: Mapping[str, str]) -> Given:
    """
    Find key, secret and token.

    Raises:
        ConfigurationError: the file that was named cannot be read, or there is no key anywhere.
        SystemExit: help was asked for, or the arguments are wrong.
    """
    said = _parser().parse_args(arguments)
    file = said.config if said.config is not None else os.path.join(os.path.expanduser("~"), ".ipernity.ini")
    in_file, warnings = _read_file(file, must_exist=said.config is not None)
    found: dict[str, str | None] = {}
    for name, (key, variable) in _NAMES.items():
        found[name] = getattr(said, f"api_{name}") or in_file.get(key) or environment.get(variable) or None
    if found["key"] is None:
        raise ConfigurationError(
            f"there is no API key: give -k, write `api key = ...` under [{_SECTION}] in {file}, or set IPERNITY_API_KEY"
        )
    return Given(
        found["key"], found["secret"], found["token"], said.url, said.auth_url_base, file, warnings
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m restpath.services.ipernity",
        description="Call the methods of Ipernity's API at a prompt.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-k", "--api-key", metavar="KEY", help="the application's key")
    parser.add_argument("-s", "--api-secret", metavar="SECRET", help="the application's secret")
    parser.add_argument("-t", "--api-token", metavar="TOKEN", help="the user's token")
    parser.add_argument("-c", "--config", metavar="FILE", help="the configuration file (~/.ipernity.ini)")
    parser.add_argument("--url", default=API_URL, help="where the API is (%(default)s)")
    parser.add_argument(
        "--auth-url-base", metavar="URL", default=AUTH_URL, help="where users grant permissions (%(default)s)"
    )
    return parser


def _read_file(file: str, *, must_exist: bool) -> tuple[Mapping[str, str], tuple[str, ...]]:
    # Secrets may hold any character: nothing in them is interpolated, and a comment has a line of its own.
    parser = configparser.ConfigParser(interpolation=None)
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
        parser.read_string(text, source=file)
    except FileNotFoundError:
        if must_exist:
            raise ConfigurationError(f"there is no configuration file {file}") from None
        return {}, ()
    except OSError as error:
        raise ConfigurationError(f"the configuration file {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"the configuration file {file} is not in UTF-8") from None
    except configparser.Error as error:
        # Without the parser's own words, which quote the line.
        lines = [f", line {number}" for number in (getattr(error, "lineno", None),) if number]
        raise ConfigurationError(
            f"the configuration file {file}{''.join(lines)} is not well-formed: "
            f"it needs a section [{_SECTION}] with lines such as `api key = ...`"
        ) from None
    found = dict(parser[_SECTION]) if parser.has_section(_SECTION) else {}
    return found, tuple(_warnings(file, found))


def _warnings(file: str, found: Mapping[str, str]) -> list[str]:
    known = [key for key, _ in _NAMES.values()]
    said = [f"{file} has no section [{_SECTION}]"] if not found else []
    said += [f"{file}: {key!r} means nothing here; there are {', '.join(known)}" for key in found if key not in known]
    if os.name == "posix" and os.stat(file).st_mode & 0o077 and any(found.get(key) for key in known[1:]):
        said.append(f"{file} holds secrets, and others can read it: chmod 600 {file}")
    return said
