"""What builds and processes do in the property test, and which of them may ever be called synced."""

from __future__ import annotations

from pathlib import Path

from pytest_syncguard.testing.tilt import Build, Journal, Resource, Serve, content_of, hang, kill_tilt, say, sleep

LATEST = 1.5  # seconds after which nobody panics any more
PANIC = "thread 'main' panicked at src/main.rs:1\n"
ERROR = "error[E0308]: mismatched types\n"
BUILDS = {
    "good": Build((say("Compiling thiserror v1.0.40\n"), sleep(0.3), say("Finished\n"))),
    "quick": Build((say("Finished\n"),)),
    "slow": Build((sleep(1.0), say("0 errors\nFinished\n"))),
    "fails": Build((say("working\n"), sleep(0.2), say(ERROR)), exit=101),
    "fails silently": Build(exit=1),
    "fails after its sign": Build((say("Finished\nlistening, fatal: no"),), exit=1),
    "hangs": Build((say("working\n"), hang())),
    "unsigned": Build((say("did something\n"), sleep(0.1))),
    "passes with an error": Build((say("error: oh\n"), say("Finished\n"))),
    "errs after its sign": Build((say("Finished\n"), sleep(0.05), say("error: oh\n"))),
    "errs in pieces": Build(
        (say("src/main.rs:1: err"), sleep(0.2), say("or: oh\n"), say("note\n", 150), say("Finished\n"))
    ),
    "signs in pieces": Build((say("Fini"), sleep(0.2), say("shed\n"))),
    "innocent in pieces": Build(
        (say("0 "), sleep(0.2), say("errors\nerror"), sleep(0.2), say("_handler.rs\nFinished\n"))
    ),
    "kills Tilt": Build((say("working\n"), sleep(0.2), kill_tilt())),
}
SERVES = {
    "up": Serve((say("listening\n"),)),
    "slowly up": Serve((sleep(0.5), say("listening\n"))),
    "up in pieces": Serve((say("listen"), sleep(0.3), say("ing\n"))),
    "complains in pieces": Serve((say("err"), sleep(0.2), say("or: address in use\n"), say("listening\n"))),
    "up unnoticed": Serve((say("listening\n"),), unnoticed=True),
    "panics unnoticed": Serve((say("listening\n"), sleep(0.05), say(PANIC)), exit=101, unnoticed=True),
    "unsigned": Serve((say("hello\n"),)),
    "complains": Serve((say("error: address in use\n"), say("listening\n"))),
    "panics": Serve((say("listening\n"), sleep(0.05), say(PANIC)), exit=101),
    "exits": Serve((say("listening\n"), sleep(0.05)), exit=0),
    "panics soon and stays": Serve((say("listening\n"), sleep(0.25), say(PANIC))),
    "panics late": Serve((say("listening\n"), sleep(LATEST - 0.1), say(PANIC)), exit=101),
    "panics late and stays": Serve((say("listening\n"), sleep(LATEST - 0.1), say(PANIC))),
}
HEALTHY_BUILDS = {"good", "quick", "slow", "signs in pieces", "innocent in pieces"}
HEALTHY_SERVES = {"up", "slowly up", "up in pieces", "up unnoticed"}
LATE = {"panics soon and stays", "panics late", "panics late and stays"}  # healthy for as long as they do not panic


class ScriptJournal(Journal):
    """Hands out the scripts that the test asked for, healthy ones after that; knows what runs is worth.

    A build of ``bundle`` that passes leaves an artefact, which others may have among their inputs.
    """

    def __init__(self, bundle: str, artefact: Path) -> None:
        super().__init__()
        self.next_builds: dict[str, list[str]] = {}
        self.next_serves: dict[str, list[str]] = {}
        self.played: dict[str, str] = {}
        self._building: set[str] = set()
        self._tainted: set[str] = set()
        self.served: dict[str, str] = {}
        self._bundle, self._artefact = bundle, artefact

    def start_build(self, resource: Resource, content: str) -> Build:
        super().start_build(resource, content)
        self._building.add(resource.name)
        self._tainted.discard(resource.name)
        self.played[resource.name] = _next(self.next_builds.get(resource.name), "good")
        return BUILDS[self.played[resource.name]]

    def start_process(self, resource: Resource, content: str, pid: int) -> Serve:
        super().start_process(resource, content, pid)
        self.served[resource.name] = _next(self.next_serves.get(resource.name), "up")
        return SERVES[self.served[resource.name]]

    def note_passed(self, resource: str, content: str) -> None:
        super().note_passed(resource, content)
        self._building.discard(resource)
        if resource == self._bundle:
            self.taint("ui")
            self._artefact.write_text(content)

    def taint(self, resource: str) -> None:
        """Its inputs are written: a build under way has read who knows what of them, even if they are put back."""
        if resource in self._building:
            self._tainted.add(resource)

    def heal(self) -> None:
        """From now on everything is healthy."""
        self.next_builds.clear()
        self.next_serves.clear()

    def acceptable(self, resource: Resource) -> bool:
        """Whether its last build, and the process that it brought up, may be called a success at all."""
        if resource.name in self._tainted:
            return False
        fine = HEALTHY_BUILDS | ({"unsigned"} if resource.serve else set())  # the process gives the sign
        if self.played.get(resource.name) not in fine:
            return False
        return not resource.serve or self.served.get(resource.name) in HEALTHY_SERVES | LATE


def _next(scripts: list[str] | None, otherwise: str) -> str:
    return scripts.pop(0) if scripts else otherwise


def truth(root: Path, resource: Resource, running: str | None) -> bool:
    """Whether what runs was built from the inputs as they are."""
    return running is not None and running == content_of(root, resource.input)
