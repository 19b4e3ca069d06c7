"""
What a page shows of `restpath shell`, typed again.

A transcript is text: lines behind a prompt (`max> `, `max/people> `, ` ... `) are typed, all others are what is said.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

__all__ = ["is_transcript", "replay"]

_PROMPT = re.compile(r"(?:[a-z]+(?:/\S*)?>| +\.\.\.) (.*)")


def is_transcript(text: str) -> bool:
    """Tell whether a text begins with a prompt of the shell."""
    return _PROMPT.match(text) is not None


def replay(transcript: str, words: list[str], **settings: Any) -> None:
    """Give a shell what was typed, and compare what it says with what stands there. `settings` are subprocess's."""
    typed, said = [], []
    for line in transcript.splitlines():
        prompt = _PROMPT.match(line)
        (typed if prompt else said).append(prompt[1] if prompt else line)
    done = subprocess.run(
        [sys.executable, "-m", "restpath", "shell", *words, "--keep-going"], input="\n".join(typed) + "\n", text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False, **settings,
    )  # fmt: skip
    assert typed
    assert done.stdout.splitlines() == said
