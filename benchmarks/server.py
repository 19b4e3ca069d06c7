"""
The server that the clients are measured against: one that none of them keeps busy.

Takes a folder; starts nginx there if the machine has it, else the small server below, in a process of its own; gives
the URLs. Both answer everything with the same 309 bytes of JSON, `/list?page=N` with a page of a hundred items, and
drop what is uploaded. HTTPS is there where nginx and openssl are. Run as a program, it is the small server.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ANSWER = (
    b'{"totalItems":3,"items":[{"id":"5f2c","objectType":"note","author":{"username":"x","displayName":"Xavier Example"'
    b'},"published":"2026-01-02T03:04:05Z","likes":[1,2,3],"content":"Hello, this is a small activity."},{"id":"5f2d",'
    b'"objectType":"image","likes":[],"content":null}],"next":null,"ok":true,"score":3.25}'
)
PAGES, ITEMS = 100, 100

_NGINX = """
daemon off;
{user}
pid nginx.pid;
error_log stderr error;
worker_processes 1;
{affinity}
events {{ worker_connections 1024; multi_accept on; }}
http {{
    access_log off;
    default_type application/json;
    tcp_nodelay on; tcp_nopush on; sendfile on;
    open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h; open_file_cache_min_uses 1;
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_buffer_size 1m;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
    lingering_time 600s; lingering_timeout 60s;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        {tls}
        location / {{ return 200 '{answer}'; }}
        location = /list {{ root pages; try_files /$arg_page.json /0.json =404; }}
    }}
}}
"""
_TLS = "listen 127.0.0.1:{port} ssl backlog=1024; ssl_certificate cert.pem; ssl_certificate_key key.pem;"


@dataclass(frozen=True)
class Running:
    """A server that runs: what it is, where it is, and where it speaks TLS, with the certificate to trust."""

    name: str
    url: str
    secure_url: str | None = None
    certificate: str | None = None


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Run a server until the block is left."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    process, found = _start_nginx(nginx, folder) if nginx else _start_bundled()
    try:
        _wait(found.url)
        yield found
    finally:
        process.terminate()
        process.wait()


def page(number: int) -> bytes:
    """Give a page of the list: a hundred items, and how many there are in all."""
    items = [
        {"id": number * ITEMS + i, "title": f"Item {i} of page {number}", "tags": ["a", "b"], "author": {"name": "Ann"}}
        for i in range(ITEMS)
    ]
    return json.dumps({"total": PAGES * ITEMS, "items": items}).encode()


def _start_nginx(nginx: str, folder: Path) -> tuple[subprocess.Popen[bytes], Running]:
    port, secure = _free_port(), _free_port()
    for name in ("tmp", "pages"):
        (folder / name).mkdir()
    for number in range(PAGES):
        (folder / "pages" / f"{number}.json").write_bytes(page(number))
    certificate = folder / "cert.pem"
    tls = _TLS.format(port=secure) if _made_certificate(folder) else ""
    cores = os.cpu_count() or 1
    # The clients are held to the first core, the server to the last.
    affinity = f"worker_cpu_affinity {1 << (cores - 1):b};" if cores > 1 and sys.platform == "linux" else ""
    user = "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""  # or it could not read the folder
    text = _NGINX.format(port=port, tls=tls, answer=ANSWER.decode(), affinity=affinity, user=user)
    (folder / "nginx.conf").write_text(text)
    process = subprocess.Popen([nginx, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"])
    version = (
        subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr.strip().rpartition(": ")[2]
    )
    url = f"http://127.0.0.1:{port}"
    return process, Running(
        version.rpartition(": ")[2],
        url,
        f"https://localhost:{secure}" if tls else None,
        str(certificate) if tls else None,
    )


def _made_certificate(folder: Path) -> bool:
    openssl = shutil.which("openssl")
    if openssl is None:
        return False
    command = [
        openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem",
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def _start_bundled() -> tuple[subprocess.Popen[bytes], Running]:
    port = _free_port()
    process = subprocess.Popen([sys.executable, __file__, str(port)])
    return process, Running("the bundled server (nginx is not installed)", f"http://127.0.0.1:{port}")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _wait(url: str) -> None:
    host, _, port = url.partition("//")[2].partition(":")
    for _ in range(500):
        try:
            socket.create_connection((host, int(port))).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"no server came up at {url}")


# ---- the small server ----------------------------------------------------------------------------------------------


def _serve(port: int) -> None:
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    pages: dict[bytes, bytes] = {}
    plain, buffer, block = _whole(ANSWER), b"", bytearray(1 << 20)
    while True:
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            more = connection.recv(1 << 16)
            if not more:
                connection.close()
                return
            buffer += more
        head, buffer = buffer[:end], buffer[end + 4 :]
        if b"100-continue" in head:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        buffer = _drop(connection, buffer, _length(head), block)
        target = head.split(b" ", 2)[1]
        if target.startswith(b"/list"):
            if target not in pages:
                pages[target] = _whole(page(int(target.partition(b"page=")[2] or 0)))
            connection.sendall(pages[target])
        else:
            connection.sendall(plain)


def _whole(body: bytes) -> bytes:
    lines = b"Server: bundled\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n"
    return b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n" % len(body) + body


def _length(head: bytes) -> int:
    place = head.lower().find(b"\r\ncontent-length:")
    return int(head[place + 17 :].split(b"\r\n", 1)[0]) if place >= 0 else 0


def _drop(connection: socket.socket, buffer: bytes, left: int, block: bytearray) -> bytes:
    """Read a body of that length and give what comes behind it."""
    if left <= len(buffer):
        return buffer[left:]
    left -= len(buffer)
    while left:
        left -= connection.recv_into(block, min(left, len(block))) or left
    return b""


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
