"""
What `--verbose` tells on standard error: what is sent, each try, and what came back, without secrets.

Takes an operation and its call; tells while the call is made.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from restpath.cli.printing import visible
from restpath.errors import RequestError
from restpath.masking import mask_headers

if TYPE_CHECKING:
    from restpath.call import Call
    from restpath.core import Core
    from restpath.operations import Operation
    from restpath.reply import Reply

__all__ = ["tell_reply", "told"]


@contextmanager
def told(operation: Operation, call: Call) -> Iterator[None]:
    """Tell what is sent, each try, and what came back, without secrets."""
    from restpath.cli.rehearsing import request_lines
    from restpath.operations import about
    from restpath.refusals import masked_words

    core: Core = about(operation).root.owner
    for line in request_lines(core, call, colour=False):
        print("\n".join(f"> {part}".rstrip() for part in line.split("\n")), file=sys.stderr)
    logger, handler = logging.getLogger("restpath"), _Tries()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    except RequestError as error:
        tell_reply(error.reply)
        if error.reply.body and not isinstance(error.content, bytes):
            print(f"\n{masked_words(error.reply.text, error.reply)}", file=sys.stderr)
        raise
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Tries(logging.Handler):
    """Writes what the library logs: each try, each redirect."""

    def emit(self, record: logging.LogRecord) -> None:
        print(f"* {record.getMessage()}", file=sys.stderr)


def tell_reply(reply: Reply) -> None:
    from restpath.refusals import masked_words

    print(f"< {reply.status} {visible(reply.reason)}".rstrip(), file=sys.stderr)
    for name, value in mask_headers(reply.headers.lines()):
        print(f"< {visible(name)}: {masked_words(value, reply)}", file=sys.stderr)
