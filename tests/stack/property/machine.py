"""Anything may happen to the sources, to Tilt, to the ledger and to the syncs, in any order."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pytest_syncguard.verdict import GuardFinished, Status, Target
from tests.stack.lab import NAMES
from tests.stack.property.client import Lags
from tests.stack.property.scripts import BUILDS, HEALTHY_BUILDS, HEALTHY_SERVES, SERVES
from tests.stack.property.syncs import Sync, dead, run_together
from tests.stack.property.world import CONTENTS, FILES, Happening, Interrupted, Weather, World

MEMORY = Path("/dev/shm")  # every write to the ledger is synced to the disk: in memory that costs nothing

names = st.sampled_from(NAMES)
servers = st.sampled_from(NAMES[1:])
subsets = st.lists(names, unique=True, max_size=2).map(tuple)
jobs = st.integers(1, 3)
edits = st.tuples(names, st.sampled_from(FILES), st.sampled_from(CONTENTS))
saves = st.tuples(names, st.sampled_from(CONTENTS))
builds = st.tuples(names, st.sampled_from(sorted(BUILDS)))
serves = st.tuples(servers, st.sampled_from(sorted(SERVES)))
damages = st.tuples(st.floats(0, 0.999), st.binary(max_size=4))
moments = st.floats(0, 4).map(lambda seconds: round(seconds, 2))
happenings = st.one_of(
    *(
        st.builds(Happening, moments, st.just(what), args)
        for what, args in {
            "edit": edits,
            "save": saves,
            "slip": st.tuples(names, st.sampled_from(CONTENTS), moments),
            "script": builds,
            "serve": serves,
            "trigger": st.tuples(names),
            "crash": st.tuples(servers),
            "disable": st.tuples(names),
            "enable": st.tuples(names),
            "kill_tilt": st.just(()),
            "restart_tilt": st.just(()),
            "interrupt": st.just(()),
            "lose_ledger": st.just(()),
            "damage_ledger": damages,
            "copy_ledger": st.just(()),
            "restore_ledger": st.tuples(st.integers(0, 5)),
        }.items()
    )
)
weathers = st.just(Weather()) | st.builds(
    Weather,
    st.builds(Lags, st.sampled_from([0, 0.2]), st.sampled_from([0, 0.2]), st.sampled_from([0, 0.07])),
    st.sampled_from([0, 0.1, 0.3]),
    st.sampled_from([0, 0.1]),
    st.sampled_from([0.01, 0.05]),
    st.sampled_from([0, 0.01, 0.04]),
)


class StackMachine(RuleBasedStateMachine):
    """The invariant: never synced when the running build is not of the current sources."""

    with_git: ClassVar[bool] = False
    counts: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="syncguard-property-", dir=MEMORY if MEMORY.is_dir() else None))

    @initialize(weather=weathers)
    def begin(self, weather: Weather) -> None:
        self.world = World(self._folder / "project", weather, with_git=self.with_git)

    def teardown(self) -> None:
        dead.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- what happens between syncs

    @rule(happens=st.lists(happenings, min_size=1, max_size=4))
    def something_happens(self, happens: list[Happening]) -> None:
        """Edits, builds by somebody else, crashes, the end of Tilt, a ledger that is lost or restored, …"""
        for each in sorted(happens, key=lambda each: each.after):
            if each.what not in ("interrupt", "slip"):
                self.world.happen(each)

    @rule(seconds=moments)
    def time_passes(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(name=names, word=st.sampled_from(["x", "y"]))
    def settings_change(self, name: str, word: str) -> None:
        """Other settings than those it was built with: not synced any more."""
        before = self.world.stage(name).env
        synced = self._synced()
        self.world.configure(name, word)
        if before != (("MODE", word),) and name in synced:
            assert name not in self._synced()

    # --- syncs

    @rule(
        prepared=st.lists(
            builds.map(lambda args: ("script", args)) | serves.map(lambda args: ("serve", args)), max_size=3
        ),
        mended=st.booleans(),
        wanted=subsets,
        force=st.booleans(),
        jobs=jobs,
        happens=st.lists(happenings, max_size=6),
    )
    def sync(
        self,
        prepared: list[tuple[str, tuple[str, str]]],
        mended: bool,
        wanted: tuple[str, ...],
        force: bool,
        jobs: int,
        happens: list[Happening],
    ) -> None:
        """A sync in which builds and processes do as prepared, while things happen; Ctrl-C is among them."""
        if mended:
            self.world.calm()
        for what, args in prepared:
            self.world.happen(Happening(0.0, what, args))
        sync = Sync(self.world, wanted, force=force, jobs=jobs)
        self.world.expect(happens)
        try:
            sync.run()
        except Interrupted:
            sync.close()
            self._count("interrupted")
            self._require_unfinished(sync, happens)
        else:
            sync.check()
            self._count("succeeded" if sync.result.synced else "failed")
        self._leave()

    @rule(
        name=names,
        content=st.sampled_from(CONTENTS),
        at=moments.map(lambda at: at / 2),
        seconds=st.sampled_from([0.05, 0.2, 0.5]),
        jobs=jobs,
    )
    def sync_while_somebody_slips(self, name: str, content: str, at: float, seconds: float, jobs: int) -> None:
        """An edit that is taken back: whatever was built meanwhile, what counts as synced is of what is there."""
        self.world.calm()
        sync = Sync(self.world, [name], force=True, jobs=jobs)
        self.world.expect([Happening(at, "slip", (name, content, seconds))])
        sync.run()
        sync.check()
        assert sync.result.synced, sync.result.unsynced[0].reason
        self._count("slips")
        self._leave()

    @rule(
        name=names,
        slips=st.lists(
            st.tuples(moments.map(lambda at: at / 2), st.sampled_from(CONTENTS), st.sampled_from([0.05, 0.2])),
            min_size=2,
            max_size=4,
        ),
        jobs=jobs,
    )
    def sync_while_somebody_slips_again_and_again(
        self, name: str, slips: list[tuple[float, str, float]], jobs: int
    ) -> None:
        """The same in one build after the other, three at the most: then it fails, and says that it is restless."""
        self.world.calm()
        sync = Sync(self.world, [name], force=True, jobs=jobs)
        self.world.expect([Happening(at, "slip", (name, content, seconds)) for at, content, seconds in slips])
        before = self.world.builds()[name]
        sync.run()
        sync.check()
        if not sync.result.synced:
            assert "under each of 3 builds" in sync.result.unsynced[0].reason
            assert self.world.builds()[name] - before >= 3  # more if it was planned again in the end
        self._count("slips again")
        self._leave()

    @rule(
        name=names,
        scripts=st.lists(st.sampled_from([*BUILDS, *["good", "unsigned"] * 4]), min_size=1, max_size=3),
        process=st.lists(st.sampled_from(sorted(SERVES)), max_size=3),
        triggers=st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.4, 0.5, 0.6, 0.8]), max_size=2),
    )
    def sync_of_one_while_others_build(
        self, name: str, scripts: list[str], process: list[str], triggers: list[float]
    ) -> None:
        """What another's build of the same stage says is not what ours says, before and after it."""
        self.world.calm()
        Sync(self.world, self.world.stage(name).needs).run()
        for build in scripts:
            self.world.script(name, build)
        for serve in process:
            self.world.serve(name, serve)
        sync = Sync(self.world, [name], force=True)
        self.world.expect([Happening(at, "trigger", (name,)) for at in triggers])
        sync.run()
        sync.check()
        if HEALTHY_BUILDS.issuperset(scripts) and HEALTHY_SERVES.issuperset(process):
            assert sync.result.synced, sync.result.unsynced[0].reason
        self._count("others build")
        self._leave()

    @rule(name=names, content=st.sampled_from(CONTENTS))
    def somebody_tries_something_else(self, name: str, content: str) -> None:
        """Another build runs, of other sources, and the sources are put back: what was synced is no longer."""
        self.world.calm()
        Sync(self.world, [name]).run()
        before = self.world.builds()[name]
        self.world.expect([])
        self.world.slip(name, content, 1.0)
        self.world.trigger(name)
        self.world.sleep(2.0)
        assert self.world.builds()[name] == before + 1
        assert name not in self._synced()
        self._leave()

    @rule(edited=names, content=st.sampled_from(CONTENTS), wanted=names)
    def sync_of_a_part(self, edited: str, content: str, wanted: str) -> None:
        """Everything is synced, one stage is edited, one is synced: the others are what they are."""
        self.world.calm()
        Sync(self.world).run()
        self.world.edit(edited, FILES[0], content)
        sync = Sync(self.world, [wanted])
        sync.run()
        sync.check()
        assert sync.result.synced, sync.result.unsynced[0].reason
        self._count("parts")

    @rule(jobs=jobs, events=st.integers(0, 20), killed=st.booleans(), happens=st.lists(happenings, max_size=3))
    def sync_that_ends_early(self, jobs: int, events: int, killed: bool, happens: list[Happening]) -> None:
        """A sync that is given up, or killed, at any event."""
        sync = Sync(self.world, jobs=jobs)
        self.world.expect([each for each in happens if each.what != "interrupt"])
        sync.run(events)
        if not sync.ended:
            sync.die() if killed else sync.close()
            self._count("killed" if killed else "given up")
            self._require_unfinished(sync, happens)
        self._leave()

    @rule(
        wanted=st.tuples(subsets, subsets),
        force=st.tuples(st.booleans(), st.booleans()),
        order=st.lists(st.integers(0, 1), min_size=1, max_size=30),
        happens=st.lists(happenings, max_size=3),
    )
    def two_syncs(
        self,
        wanted: tuple[tuple[str, ...], tuple[str, ...]],
        force: tuple[bool, bool],
        order: list[int],
        happens: list[Happening],
    ) -> None:
        """Two at once: each one's result is true when it is given."""
        syncs = [Sync(self.world, names, force=forced) for names, forced in zip(wanted, force, strict=True)]
        self.world.expect([each for each in happens if each.what != "interrupt"])
        run_together(self.world, syncs, order)
        syncs[0].check_failure()
        syncs[1].check_failure()
        self._count("together")
        self._leave()

    @rule(wanted=subsets, jobs=jobs, edited=st.none() | saves)
    def somebody_syncs_another_checkout(
        self, wanted: tuple[str, ...], jobs: int, edited: tuple[str, str] | None
    ) -> None:
        """A copy of the project, ledger and all, and the same Tilt: there nothing is known, here nothing changes."""
        other = self._folder / "another checkout"
        self.world.check_out(other)
        if edited is not None:
            (other / edited[0] / FILES[0]).write_text(edited[1])
        before, builds = self._synced(), self.world.builds()
        guard = self.world.guard(jobs, other)
        plan = guard.plan([Target("stack", name) for name in wanted])
        *_, finished = guard.apply(plan)
        guard.close()
        assert isinstance(finished, GuardFinished)
        assert {verdict.status for verdict in (*plan.verdicts, *finished.verdicts)} == {Status.UNKNOWN}
        assert (self._synced(), self.world.builds()) == (before, builds)
        self._count("elsewhere")

    @rule(wanted=subsets, jobs=jobs)
    def sync_when_all_is_well(self, wanted: tuple[str, ...], jobs: int) -> None:
        """Nothing is broken: it succeeds, and builds what is stale once and nothing else."""
        self.world.calm()
        before = self.world.builds()
        began = self.world.now
        sync = Sync(self.world, wanted, jobs=jobs)
        sync.run()
        sync.check()
        assert sync.result.synced, sync.result.unsynced[0].reason
        after = self.world.builds()
        built = {name: after[name] - before[name] for name in NAMES}
        assert built == {name: int(name in sync.planned) for name in NAMES}
        assert self.world.now - began <= 3.5 * len(sync.planned)
        assert set(wanted or NAMES) <= self._synced()
        self._count("calm")
        self._count("nothing to do" if not sync.planned else "rebuilt")

    @rule(order=st.lists(st.integers(0, 1), min_size=1, max_size=30))
    def two_syncs_when_all_is_well(self, order: list[int]) -> None:
        """One syncs, the other finds it done: nothing is built twice."""
        self.world.calm()
        before = self.world.builds()
        syncs = [Sync(self.world), Sync(self.world)]
        run_together(self.world, syncs, order)
        for sync in syncs:
            sync.check()
            assert sync.result.synced, sync.result.unsynced[0].reason
        after = self.world.builds()
        built = {name: after[name] - before[name] for name in NAMES}
        assert built == {name: int(name in syncs[0].planned) for name in NAMES}, f"planned: {syncs[0].planned}"
        self._count("calm together")

    def _require_unfinished(self, sync: Sync, happens: list[Happening]) -> None:
        """Whatever was triggered and not finished is not believed."""
        if not any("ledger" in each.what for each in happens):
            assert not sync.under_way & self._synced()

    def _leave(self) -> None:
        """A sync has ended, one way or another: what was to happen later does not."""
        self.world.expect([])
        self.world.require_free_lock()

    # --- the invariant

    @invariant()
    def never_synced_when_it_is_not(self) -> None:
        if not hasattr(self, "world"):
            return
        self._count("steps")
        for name in self._synced():
            why = self.world.why_not_synced(name)
            assert not why, f"{name} counts as synced, but {why}"

    def _synced(self) -> set[str]:
        found = {verdict.target.name for verdict in self.world.plan().verdicts if verdict.synced}
        self._count("synced", len(found))
        return found

    def _count(self, what: str, number: int = 1) -> None:
        self.counts[what] += number


class GitMachine(StackMachine):
    """The same in a git repository, with commits."""

    with_git = True

    @rule()
    def commit(self) -> None:
        """What is synced stays so: content counts, not where git keeps it."""
        before = self._synced()
        self.world.commit()
        assert before <= self._synced()
