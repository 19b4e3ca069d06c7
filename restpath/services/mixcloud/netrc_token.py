"""
The token of the netrc: the password of `machine mixcloud-api`.

Takes the file that Python's netrc finds, or that the environment variable NETRC names; gives a token, or None.
"""

from __future__ import annotations

import netrc
import os

from restpath.errors import AuthError

__all__ = ["NETRC_MACHINE", "token_of_netrc"]

NETRC_MACHINE = "mixcloud-api"


def token_of_netrc() -> str | None:
    """
    Find the token in the user's netrc.

    Raises:
        AuthError: there is a netrc that cannot be read, or that others can read.
    """
    try:
        known = netrc.netrc(os.environ["NETRC"]) if os.environ.get("NETRC") else netrc.netrc()
    except FileNotFoundError:
        known = netrc.netrc(os.devnull)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError) as error:
        problem = error.msg if isinstance(error, netrc.NetrcParseError) else type(error).__name__
        raise AuthError(f"the netrc cannot be read for {NETRC_MACHINE}: {problem}") from None
    found = known.authenticators(NETRC_MACHINE)
    return found[2] or None if found else None
