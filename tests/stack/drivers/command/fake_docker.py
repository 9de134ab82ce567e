"""A `docker` with `compose up`, `ps` and `stop`, `inspect` and `logs`, driven by world.json beside the compose file.

A service of world.json says what its next build prints and how it ends, and what its container prints when
(seconds since its start) and whether it exits. Containers are entries of state.json; nothing really runs.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WORLD, STATE = Path("world.json"), Path("state.json")


def main(argv: list[str]) -> int:
    if Path("engine.down").exists():
        print(
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            file=sys.stderr,
        )
        return 1
    if argv[0] == "inspect":
        return inspect(argv[1:])
    if argv[0] == "logs":
        return logs(argv[-1], argv[1:-1])
    assert argv[0] == "compose", argv
    command, rest = argv[1], argv[2:]
    options = {"up": up, "ps": ps, "stop": stop}
    service = rest[-1]
    if service not in load(WORLD)["services"]:
        print(f"no such service: {service}", file=sys.stderr)
        return 1
    return options[command](service, rest[:-1])


def up(service: str, options: list[str]) -> int:
    known = {"--build", "--detach", "--no-deps", "--force-recreate"}
    assert set(options) == known, options
    spec = load(WORLD)["services"][service]
    for line in spec.get("build", []):
        print(line, flush=True)
    if spec.get("hang"):
        # As docker does: a helper of its own, and a parent that does not listen to SIGTERM.
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        helper = subprocess.Popen(["sleep", "1000"])
        Path("hanging.json").write_text(json.dumps([os.getpid(), helper.pid]))
        helper.wait()
    if spec.get("code"):
        print(f"target {service}: failed to solve: exit code: {spec['code']}", file=sys.stderr)
        return 1
    state = load(STATE)
    old = state.get(service)
    if old:
        print(f" Container app-{service}-1  Recreate", file=sys.stderr)
    state[service] = {
        "id": secrets.token_hex(6),
        "at": time.time(),
        "lines": spec.get("lines", []),
        "flood": spec.get("flood", 0),
        "exit": spec.get("ends"),
        "health": spec.get("health", ""),
    }
    save(STATE, state)
    print(f" Container app-{service}-1  Started", file=sys.stderr)
    return 0


def ps(service: str, options: list[str]) -> int:
    assert options == ["--all", "--format", "json"], options
    rows = []
    for name, box in load(STATE).items():
        if name.partition("~")[0] != service:
            continue
        state, code = condition(box)
        oneoff = "True" if name.endswith("~run") else "False"
        rows.append(
            {
                "Command": '"/run \\"State\\":\\"dead\\""',
                "ExitCode": code,
                "Health": box["health"] if state == "running" else "",
                "ID": box["id"],
                "Image": "app",
                "Labels": f'com.docker.compose.oneoff={oneoff},mine="State":"dead"',
                "Name": f"app-{name}-1",
                "Project": "app",
                "Publishers": [{"URL": "", "TargetPort": 80}],
                "Service": service,
                "State": state,
                "Status": "Up 1 second" if state == "running" else f"Exited ({code}) 1 second ago",
            }
        )
    if load(WORLD).get("shape") == "array":
        order = ["ID", "Name", "Command", "Project", "Service", "State", "Health", "ExitCode", "Publishers"]
        print(json.dumps([{key: row[key] for key in order} for row in rows], separators=(",", ":")))
    else:
        for row in rows:
            print(json.dumps(row, separators=(",", ":")))
    return 0


def logs(identity: str, options: list[str]) -> int:
    assert options[:1] in (["--follow"], ["--tail"]), options
    tail = int(options[1]) if "--tail" in options else None
    shown = 0
    while True:
        box = next((box for box in load(STATE).values() if box["id"] == identity), None)
        if box is None:
            print(f"Error response from daemon: No such container: {identity}", file=sys.stderr)
            return 1
        state, _ = condition(box)
        due = [text for after, text in box["lines"] if box["at"] + after <= time.time()]
        due += [f"line {number} of a flood" for number in range(box["flood"])]
        fresh = due[shown:] if tail is None else due[-tail:]
        sys.stdout.write("".join(f"{text}\n" for text in fresh))
        sys.stdout.flush()
        shown = len(due)
        if "--follow" not in options or state != "running":
            return 0
        time.sleep(0.02)


def inspect(words: list[str]) -> int:
    assert words[:4] == ["--type", "container", "--format", "{{.State.StartedAt}}"], words
    starts = {box["id"]: box["at"] for box in load(STATE).values()}
    for identity in words[4:]:
        if identity not in starts:
            print(f"Error response from daemon: No such container: {identity}", file=sys.stderr)
            return 1
        print(datetime.fromtimestamp(starts[identity], UTC).isoformat())
    return 0


def stop(service: str, options: list[str]) -> int:
    state = load(STATE)
    if service in state:
        state[service]["exit"] = [time.time() - state[service]["at"], 137]
        save(STATE, state)
    return 0


def condition(box: Any) -> tuple[str, int]:
    if box["exit"] and time.time() >= box["at"] + box["exit"][0]:
        return "exited", box["exit"][1]
    return "running", 0


def load(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else {}


def save(path: Path, value: Any) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(value))
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
