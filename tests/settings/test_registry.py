"""The registry's settings, and that a project may have nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_syncguard.settings.model import Settings

Parse = Callable[..., Settings]
FaultsOf = Callable[..., tuple[str, ...]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[registry]", (".",)),
        ('[registry]\nmarketplaces = ["./a/", "b/c"]', ("a", "b/c")),
        ('registry = { marketplaces = ["."] }', (".",)),
    ],
)
def test_a_registry_needs_no_stack(parse: Parse, text: str, expected: tuple[str, ...]) -> None:
    """Folders are relative to the project, by default the project itself."""
    settings = parse(text)

    assert (settings.registry.marketplaces, settings.stack.stages) == (expected, ())


def test_a_stack_beside_it_is_checked(faults_of: FaultsOf) -> None:
    """Whoever writes a stack means one."""
    assert faults_of("[registry]\n[stack]\n") == (
        "syncguard.toml: stack.stage: found no stage, required at least one [[stack.stage]], or a preset",
    )


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("[]", 'registry.marketplaces: found an empty array, required an array of folders, such as ["."]'),
        ('["a", "./a"]', 'registry.marketplaces[#2]: found "a" a second time, required each folder once'),
        (
            '["../a"]',
            'registry.marketplaces[#1]: found "../a", required a path inside the project, relative to its root',
        ),
        ('["/a"]', 'registry.marketplaces[#1]: found "/a", required a path inside the project, relative to its root'),
        ('"a"', 'registry.marketplaces: found "a", required an array; did you mean ["a"]?'),
        ("[3]", 'registry.marketplaces[#1]: found 3, required a string; did you mean "3"?'),
    ],
)
def test_folders_of_no_use(faults_of: FaultsOf, value: str, fault: str) -> None:
    """One line each."""
    assert faults_of(f"[registry]\nmarketplaces = {value}") == (f"syncguard.toml: {fault}",)


def test_an_unknown_key(faults_of: FaultsOf) -> None:
    """The nearest right name is offered."""
    (fault,) = faults_of('[registry]\nmarketplace = ["."]')

    assert fault.endswith('required a key of [registry]; did you mean "marketplaces"?')
