"""
The fuzzer: any bytes against whatever reads what others wrote, for as long as it is told.

Takes seconds for each target and names of targets. With atheris (`make fuzz` installs it where it can be had) inputs
grow by the coverage they reach; without it they are made by chance, and that is said. Inputs are bounded in time and
memory. What gave way is written to `.fuzz/`, and ends the run with 1; what reached new code is kept in
`tests/cases/corpus/`, one file a target, an input a line in base64, on which `make test` tries every target again.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import random
import subprocess
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "tests" / "cases" / "corpus"
WORK = ROOT / ".fuzz"
SECONDS_EACH = 10
MEGABYTES = 2048
MOST_KEPT = 150
LONGEST_KEPT = 600

__all__ = ["kept_inputs", "main"]


def kept_inputs(name: str) -> list[bytes]:
    """The inputs that are kept for a target."""
    file = KEPT / f"{name}.txt"
    lines = file.read_text(encoding="ascii").split() if file.is_file() else []
    return [base64.b64decode(line) for line in lines]


def keep(name: str, inputs: list[bytes]) -> None:
    """Keep inputs of all lengths, as many as there is room for."""
    fitting = sorted({each for each in inputs if len(each) <= LONGEST_KEPT}, key=lambda each: (len(each), each))
    step = max(1.0, len(fitting) / MOST_KEPT)
    chosen = [fitting[int(number * step)] for number in range(min(len(fitting), MOST_KEPT))]
    KEPT.mkdir(parents=True, exist_ok=True)
    lines = "".join(base64.b64encode(each).decode() + "\n" for each in chosen)
    (KEPT / f"{name}.txt").write_text(lines, encoding="ascii")


# ---- one target, in a process of its own -------------------------------------------------------------------------


def follow_coverage(name: str, arguments: list[str]) -> None:
    """Run a target under atheris, which ends the process itself."""
    import atheris

    with atheris.instrument_imports(include=["restpath"]):
        from fuzz_targets import run_target

        run_target(name, bytes(range(200)))  # what is imported when it is first used takes its time now
    atheris.Setup([sys.argv[0], *arguments], lambda data: run_target(name, data))
    atheris.Fuzz()


def go_by_chance(name: str, seconds: float, seed: int) -> int:
    """Run a target on inputs made by chance; 1 where one gave way."""
    from fuzz_targets import run_target

    chance, begun, runs = random.Random(seed), time.monotonic(), 0
    seeds = kept_inputs(name) or [b""]
    while time.monotonic() < begun + seconds:
        data = _changed(chance.choice(seeds), chance)
        started = time.monotonic()
        runs += 1
        try:
            run_target(name, data)
            if time.monotonic() - started > SECONDS_EACH:
                raise TimeoutError(f"it took {time.monotonic() - started:.0f} seconds")
        except Exception:
            traceback.print_exc()
            WORK.mkdir(exist_ok=True)
            (WORK / f"{name}-crash").write_bytes(data)
            return 1
    print(f"stat::number_of_executed_units: {runs}")
    return 0


def _changed(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(made) + 1)
        made[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(4))
    return bytes(made)


# ---- all of them -------------------------------------------------------------------------------------------------


def fuzz(name: str, seconds: int, *, by_coverage: bool) -> bool:
    """Fuzz a target in a process of its own, print what came of it, and keep what was new; False where it gave way."""
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(kept_inputs(name)):
        (folder / f"kept-{number}").write_bytes(data)
    command = [sys.executable, str(Path(__file__)), "--one", name, "--seconds", str(seconds)]
    if by_coverage:
        command += [
            "--", str(folder), f"-max_total_time={seconds}", f"-timeout={SECONDS_EACH}", f"-rss_limit_mb={MEGABYTES}",
            f"-artifact_prefix={WORK / name}-", "-print_final_stats=1", "-max_len=4096",
        ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    said = done.stdout + done.stderr
    runs = next((line.split()[-1] for line in said.splitlines() if "number_of_executed_units" in line), "?")
    print(f"{name}: {runs} inputs, {'nothing gave way' if not done.returncode else 'GAVE WAY'}", flush=True)
    if done.returncode:
        print("\n".join(line for line in said.splitlines()[-60:] if not line.startswith("#")))
        return False
    if by_coverage:
        keep(name, [file.read_bytes() for file in folder.iterdir()])
    return True


def main() -> int:
    """Fuzz; 1 where something gave way."""
    sys.path.insert(0, str(Path(__file__).parent))
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("targets", nargs="*", help="which; all unless said")
    words.add_argument("--seconds", type=int, default=20, help="for each target")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--one", help=argparse.SUPPRESS)
    said = words.parse_args()
    by_coverage = importlib.util.find_spec("atheris") is not None
    if said.one:
        if by_coverage:
            follow_coverage(said.one, said.targets)
        return go_by_chance(said.one, said.seconds, said.seed)
    from fuzz_targets import TARGETS

    unknown = [name for name in said.targets if name not in TARGETS]
    if unknown:
        words.error(f"there is no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    print("inputs grow by coverage (atheris)" if by_coverage else "atheris is not installed: inputs are made by chance")
    outcomes = [fuzz(name, said.seconds, by_coverage=by_coverage) for name in said.targets or TARGETS]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
