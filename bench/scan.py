"""How fast logs are scanned, beside `grep -icE` with the same expressions on the same file.

`python -m bench.scan` makes the logs, runs both several times in turn and prints the best of each. A process of
this program has one core; `grep` too. The default set is given to grep twice: as its words alone (-E, the
least that grep could look for) and as its full expressions, which need look-behind (-P; those of the
words of error alone).
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pytest_syncguard.stack.watch import Judge, Patterns
from pytest_syncguard.stack.watch.signs import ERRORS, SIGNS, STRICT

CHUNK = 1 << 16
CORPUS = Path(__file__).parents[1] / "tests" / "corpus"
CRATES = ("serde", "tokio", "hyper", "proc-macro2", "unicode-ident", "syn", "quote", "memchr", "cfg-if", "bytes")
HEALTHY = (
    "   Compiling {name} v{a}.{b}.{c}",
    "   Compiling {name} v{a}.{b}.{c} (/home/dev/project/crates/{name})",
    "test {name}::tests::keeps_order_{n} ... ok",
    "tests/test_{name}.py::test_round_trip[{n}] PASSED                                    [ {b}%]",
    "gcc -O2 -Wall -Wextra -c src/{name}_{n}.c -o build/{name}_{n}.o",
    "[{b}%] Building CXX object src/CMakeFiles/{name}.dir/part_{n}.cpp.o",
    "dist/assets/{name}-{n:x}.js   {b}.31 kB | gzip: {c}.42 kB",
    "npm http fetch GET 200 https://packages.example/{name} {n}ms (cache hit)",
    "  Downloading {name}-{a}.{b}.{c}-py3-none-any.whl ({n} kB)",
    "2026-11-21T09:30:{c:02}.{n:06}Z  INFO server::http: GET /api/v1/{name}/{n} 200 in {b} ms",
    "#12 {a}.{b} Selecting previously unselected package lib{name}{a}:amd64.",
    "adding '{name}/part_{n}.py'",
    "Step {b}/60 : COPY --from=build /out/{name} /usr/local/bin/{name}",
)
INNOCENT = (
    "   Compiling thiserror v1.0.{n}",
    "gcc -Wall -Werror -c src/error_handler_{n}.c -o build/error_handler_{n}.o",
    "test {name}::error::tests::reports_position_{n} ... ok",
    "dist/assets/errors-{n:x}.js   {b}.31 kB",
    "Found 0 errors. Watching for file changes.",
    "npm warn optional error-ex@{a}.{b}.{c} was not installed",
    "rustc --crate-name {name} --error-format=json --json=diagnostic-rendered-ansi",
    "2026-11-21T09:30:{c:02}.{n:06}Z  INFO server: errors=0 served={n}",
)


def lines(count: int, innocent_every: int = 0) -> Iterator[str]:
    """`count` lines of a healthy log; every `innocent_every`-th has the word error in it and means none."""
    chance = random.Random(20261121)
    for number in range(count):
        pool = INNOCENT if innocent_every and number % innocent_every == 0 else HEALTHY
        yield chance.choice(pool).format(
            name=chance.choice(CRATES),
            n=chance.randrange(100_000),
            a=chance.randrange(9),
            b=chance.randrange(99),
            c=chance.randrange(60),
        )


def corpus(count: int) -> Iterator[bytes]:
    """`count` lines of the healthy logs of the corpus, over and over: chosen to cry wolf, so the worst case."""
    told = tomllib.loads((CORPUS / "verdicts.toml").read_text())
    healthy = [name for name, each in told.items() if each["verdict"] == "healthy"]
    text = b"".join((CORPUS / name).read_bytes().rstrip(b"\r\n") + b"\n" for name in sorted(healthy))
    return itertools.islice(itertools.cycle(text.splitlines(keepends=True)), count)


def judged(path: Path, patterns: Patterns) -> int:
    """How many error lines the judge finds in the file."""
    judge = Judge(patterns)
    with path.open("rb") as stream:
        while data := stream.read(CHUNK):
            judge.feed(data)
    judge.close()
    return judge.errors


def grepped(path: Path, flags: str, expressions: Sequence[str]) -> int:
    """How many lines grep counts."""
    argv = ["grep", flags, "|".join(expressions), str(path)]
    return int(subprocess.run(argv, stdout=subprocess.PIPE, text=True).stdout)


def literal(words: Sequence[str]) -> list[str]:
    """`words` as extended regular expressions that mean just them."""
    return ["".join(f"\\{char}" if char in r".[]*+?(){}|^$\\" else char for char in word) for word in words]


def best(measures: Sequence[Callable[[], int]], rounds: int) -> list[tuple[float, int]]:
    """For each of `measures`, run in turn, its best time in CPU-seconds and what it returned."""
    times = [float("inf")] * len(measures)
    results = [0] * len(measures)
    for _ in range(rounds):
        for index, measure in enumerate(measures):
            start = _cpu()
            results[index] = measure()
            times[index] = min(times[index], _cpu() - start)
    return list(zip(times, results, strict=True))


def _cpu() -> float:
    """CPU seconds of this process and of the children it has waited for; the load of others counts little."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def report(path: Path, title: str, count: int, rounds: int) -> None:
    default, strict = Patterns.builtin(), Patterns.builtin("strict")
    named: list[tuple[str, Callable[[], int]]] = [
        ("syncguard, default set", lambda: judged(path, default)),
        ("syncguard, strict set", lambda: judged(path, strict)),
    ]
    if shutil.which("grep"):
        full = [expression for expressions in ERRORS.values() for expression in expressions]
        named += [
            ("grep -icE, words of the default set", lambda: grepped(path, "-icE", literal(list(SIGNS)))),
            ("grep -icP, signs of error in full", lambda: grepped(path, "-icP", full)),
            ("grep -icE, strict set", lambda: grepped(path, "-icE", literal(STRICT))),
        ]
    print(f"{title}: {count:,} lines, {path.stat().st_size / count:.0f} bytes a line")
    for (name, _), (seconds, found) in zip(named, best([run for _, run in named], rounds), strict=True):
        print(f"  {name:38} {seconds:7.3f} s  {count / seconds / 1e6:6.2f} M lines/s  {found:7,} lines found")


def main(argv: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--lines", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args(argv)
    print(f"Python {sys.version.split()[0]}; CPU time, best of {chosen.rounds} rounds run in turn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "build.log"
        for title, every in (("healthy build log", 0), ("every 10th line with an innocent error", 10)):
            path.write_text("\n".join(lines(chosen.lines, every)) + "\n")
            report(path, title, chosen.lines, chosen.rounds)
        with path.open("wb") as stream:
            stream.writelines(corpus(chosen.lines))
        report(path, "healthy logs of the corpus, the worst case", chosen.lines, chosen.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
