"""
The server of the kills: files that break off in the middle, and refresh tokens that are good once.

Run as a program it prints its URL and serves until its standard input ends. `/files/NAME` gives the content of that
name; of every other name it breaks off, and goes on where a range is asked for. `/token` gives a new refresh token each
time; the one before it is good as long as no new one has been seen, for whoever was killed between the answer and the
writing. `/newest` says which tokens are good.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

__all__ = ["CALLS", "breaks_off", "content_of", "is_content", "main"]

CALLS = 2  # how many calls an access token is good for


def content_of(name: str) -> bytes:
    """The bytes of a file: the same for a name at any time, its name in the first line."""
    digest = hashlib.sha256(name.encode()).digest()
    return name.encode() + b"\n" + digest * (6500 + 40 * digest[0])


def breaks_off(name: str) -> bool:
    """Tell whether a file breaks off in the middle the first time."""
    return hashlib.sha256(name.encode()).digest()[1] % 2 == 1


def is_content(data: bytes) -> bool:
    """Tell whether these are all the bytes of a file."""
    return data == content_of(data.partition(b"\n")[0].decode("ascii", "replace"))


class Tokens:
    """The tokens of one login."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._good: dict[str, int] = {}
        self.refresh = [""]  # the last one that was used, and those that were given for it

    def given(self, fields: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Answer a request for a token."""
        with self._lock:
            said = fields.get("refresh_token", "")
            if fields.get("grant_type") == "refresh_token" and (not said or said not in self.refresh):
                return 400, {"error": "invalid_grant"}
            self._count += 1
            # The first use of one that was given makes the one that it was given for void, and the others.
            self.refresh = [*(self.refresh if said == self.refresh[0] else [said]), f"r{self._count}"]
            self._good[f"a{self._count}"] = CALLS
            token = {"access_token": f"a{self._count}", "refresh_token": f"r{self._count}", "token_type": "bearer"}
            return 200, token | {"filler": "x" * (self._count * 997 % 9000)}

    def takes(self, proof: str) -> bool:
        """Tell whether an access token is good, once more."""
        with self._lock:
            name = proof.removeprefix("Bearer ")
            self._good[name] = self._good.get(name, 0) - 1
            return self._good[name] >= 0


TOKENS = Tokens()


class Answers(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # whoever asked was killed while asking
            self.close_connection = True
            return
        fields = dict(parse_qsl(body.decode()))
        status, found = TOKENS.given(fields)
        self._say(status, found)

    def do_GET(self) -> None:
        if self.path == "/newest":
            self._say(200, TOKENS.refresh)
        elif self.path.startswith("/files/"):
            self._file(self.path.removeprefix("/files/"))
        elif TOKENS.takes(self.headers.get("Authorization", "")):
            self._say(200, {"thing": 1})
        else:
            self._say(401, {"message": "the token has ended"})

    def _file(self, name: str) -> None:
        content = content_of(name)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{hashlib.sha256(name.encode()).hexdigest()[:16]}"')
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(content) - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        whole = wanted is not None or not breaks_off(name)
        self.wfile.write(content[start:] if whole else content[: len(content) // 2])
        self.close_connection = self.close_connection or not whole

    def _say(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:  # whoever asked was killed
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    """Print the URL, and serve until standard input ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
