"""
`python -m restpath.services.ipernity`: Ipernity's API at a prompt.

Takes the command line, a configuration file and the environment; gives an exit status: 0; 1 where a line came to an
error and there was no terminal; 2 where the command line or the configuration is wrong; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

__all__ = ["main"]


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None, stdin: TextIO | None = None
) -> int:
    """Run the prompt; gives the exit status."""
    from restpath.errors import RestpathError
    from restpath.services.ipernity.api import IpernityAPI
    from restpath.services.ipernity.configuration import ConfigurationError, read_arguments
    from restpath.services.ipernity.prompt import run_prompt

    try:
        given = read_arguments(
            sys.argv[1:] if arguments is None else arguments, os.environ if environment is None else environment
        )
        for warning in given.warnings:
            sys.stderr.write(f"warning: {warning}\n")
        api = IpernityAPI(given.key, given.secret, given.token, url=given.url, auth_url_base=given.auth_url_base)
    except (ConfigurationError, RestpathError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    try:
        with api:
            return run_prompt(api, stdin)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
