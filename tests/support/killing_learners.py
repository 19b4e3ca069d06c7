"""
Kills clients in the middle of learning, many times, and looks at what they leave.

Run as a program with a number. It forks two children that learn from a service without end, kills them at random
moments, and holds the draft to be whole or absent, with no credential and no value in any file beside it. What is wrong
is printed, and the program ends with status 1.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import restpath
from restpath.edge.drafts import draft_file, read_draft
from restpath.errors import RestpathError

SECRETS = (b"t0ps3cret", b"zqvalue")


def service(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    """Answers everything with success."""
    start("200 OK", [("Content-Type", "application/json")])
    return [b'{"answer": "zqvalue-answer"}']


def learn(seed: int) -> None:
    """Learn new places without end."""
    warnings.simplefilter("ignore")
    chance = random.Random(seed)
    client: Any = restpath.connect("http://shop.example", app=service, token="t0ps3cret-token", learn="shop")
    while True:
        name = "".join(chance.choice("abcdefghij") for _ in range(6))
        place = getattr(client, f"{name}s")[str(chance.randrange(10**9))].parts
        place.post(title="zqvalue-title", many=["zqvalue-item"] * 3, qs={"q": "zqvalue-query"})
        place.get(headers={"X-Own": "zqvalue-header"})


def fault() -> str | None:
    """Say what is not whole, or what must not be there; None where all is well."""
    try:
        for file in draft_file("shop").parent.iterdir():
            data = file.read_bytes()
            found = [secret for secret in SECRETS if secret in data]
            if found:
                return f"{file.name} holds {found}"
        read_draft("shop")
    except FileNotFoundError:  # nothing yet; or what a writer has renamed meanwhile
        return None
    except (RestpathError, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def main(kills: int) -> int:
    chance = random.Random()
    first: Any = restpath.connect("http://shop.example", app=service, learn="shop")
    first.first.get()  # what has to be imported is there before the first child is made
    for number in range(kills):
        children = []
        for _ in range(2):
            child = os.fork()
            if child == 0:
                learn(chance.randrange(10**9) + os.getpid())
            children.append(child)
        time.sleep(chance.uniform(0, 0.1))
        for child in children:
            os.kill(child, signal.SIGKILL)
        ended = [os.waitpid(child, 0)[1] for child in children]
        if any(os.WTERMSIG(status) != signal.SIGKILL for status in ended):
            print(f"a child ended by itself: {ended}")
            return 1
        problem = fault()
        if problem is not None:
            print(f"after kill {number}: {problem}")
            return 1
    client: Any = restpath.connect("http://shop.example", app=service, learn="shop")
    client.last.get()  # nothing is left locked
    draft = read_draft("shop")
    if "/last" not in draft.resources:
        print("nothing can be written any more")
        return 1
    print(f"{kills} kills, {len(draft.resources)} paths learnt")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
