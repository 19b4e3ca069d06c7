"""
The demonstration: the main job against the bundled mock of MAX, each call as the Python line that makes it.

Takes a place to print to; runs the lines it shows, so that what is printed is what happened.
"""

from __future__ import annotations

import pprint
import socket
import struct
import traceback
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

__all__ = ["STEPS", "demonstrate"]

# A line of None is a heading; the others are run as they are shown.
STEPS: tuple[tuple[str, str | None], ...] = (
    ("A mock of MAX, a service for activity streams, is listening on this machine. Connect to it:", None),
    ("", 'client = restpath.connect("max", server.url, username="ann", token="any")'),
    ("Two people join. A chain of names is a URL; nothing is sent until a method is called.", None),
    ("", 'restpath.url(client.people["ann"])'),
    ("", 'client.people["ann"].post(displayName="Ann")'),
    ("", 'client.people["ben"].post(displayName="Ben")'),
    ("Ann writes. The definition knows what every note starts from, and object_content means object.content.", None),
    ("", 'client.people["ann"].activities.defaults("post")'),
    ("", 'note = client.people["ann"].activities.post(object_content="Hello", generator="demo")'),
    ("", 'note["object"]'),
    ("The same, with a picture beside the words; it comes back byte for byte.", None),
    ("", 'client.people["ann"].activities.post.prepare(object_content="Look", upload_file=("dot.png", picture))'),
    ("", 'look = client.people["ann"].activities.post(object_content="Look", upload_file=("dot.png", picture))'),
    ("", 'client.activities[look["id"]].image.get() == picture'),
    ("Reading: lists, counts, and who is called :me.", None),
    ("", '[person["username"] for person in client.people.get()]'),
    ("", '[a["object"]["content"] for a in client.people[":me"].activities.get(limit=5)]'),
    ("", 'client.people["ann"].activities.head()'),
    ("What would go over the wire, as a line of curl; secrets are not shown.", None),
    ("", 'print(client.people["ben"].put.curl(displayName="Benjamin"))'),
    ("Errors say what was tried and what to do. A segment that is not there, before anything is sent:", None),
    ("", "client.peple"),
    ("A method that the resource does not accept:", None),
    ("", 'client.people["ann"].patch()'),
    ("A value that would make another path: an empty id never deletes a collection.", None),
    ("", 'client.people[""].delete()'),
    ("Fields that contradict each other:", None),
    ("", 'client.people["ann"].activities.post(object="Hello", object_content="Hello")'),
    ("A body that contradicts its JSON Schema, in a definition made on the spot:", None),
    ("", "shop = restpath.connect(restpath.read(a_shop))"),
    ("", 'shop.orders.post(amount="three")'),
    ("A data file that is wrong:", None),
    ("", 'restpath.read({"service": {"format": 1, "titel": "A shop"}, "resources": {"/orders": "GET"}})'),
    ("No credentials:", None),
    ("", 'restpath.connect("max", server.url).people.get()'),
    ("The service itself says no:", None),
    ("", 'client.people["nobody"].get()'),
    ("No service there at all:", None),
    ("", 'restpath.connect("max", nowhere, username="ann", token="any").people.get()'),
)

_SHOP = {
    "service": {"format": 1, "service": "shop", "base_url": "https://shop.example.com"},
    "resources": {
        "/orders": {
            "methods": {"POST": {"body": {"schema": {"properties": {"amount": {"type": "integer"}}}}}},
        }
    },
}


def demonstrate(write: Callable[[str], None], serve: Callable[[str], AbstractContextManager[Any]]) -> int:
    """
    Run and print every step.

    Args:
        write: takes what is to be printed.
        serve: `restpath.mock.serve`.
    Returns:
        the exit status: 0 if each step did what it is there to show, else 1.
    """
    import restpath

    with serve("max") as server:
        names: dict[str, Any] = {"restpath": restpath, "server": server, "picture": _picture()}
        names.update(nowhere=f"http://127.0.0.1:{_closed_port()}", a_shop=_SHOP, print=lambda text: write(f"{text}\n"))
        before, failed = "", 0
        for heading, line in STEPS:
            if line is None:
                before = heading
                write(f"\n{heading}\n")
                continue
            write(f">>> {line}\n")
            failed += _step(line, names, write, expects_error=before.endswith(_ERROR_ENDINGS))
    return 1 if failed else 0


_ERROR_ENDINGS = (
    "before anything is sent:", "does not accept:", "deletes a collection.", "contradict each other:",
    "made on the spot:", "file that is wrong:", "No credentials:", "itself says no:", "there at all:",
)  # fmt: skip


def _step(line: str, names: dict[str, Any], write: Callable[[str], None], *, expects_error: bool) -> bool:
    """Run a line and print what came of it; True if that was not what it is there to show."""
    from restpath import RestpathError

    assigns = " = " in line.partition("(")[0]
    value = None
    try:
        if assigns:
            exec(line, names)  # the lines above, and no others
        else:
            value = eval(line, names)
    except RestpathError as error:
        write(f"{type(error).__name__}: {error}\n")
        return not expects_error
    except Exception:
        write(traceback.format_exc())
        return True
    if value is not None:
        write(f"{pprint.pformat(value, width=100, compact=True, sort_dicts=False)}\n")
    return expects_error and not assigns


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _picture() -> bytes:
    """A red dot: a PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0\xff\0\0")), (b"IEND", b""))
    )
