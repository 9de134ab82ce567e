"""Goes through a folder and the folders in it, links included, and never in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_syncguard.registry.discovery.look import Look, join


def markdown_files(look: Look, start: str, outer: str, whole: str = "") -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The Markdown files in a folder: path, names of the folders between, name without its ending.

    ``start`` may be a file itself. A folder that holds a file called ``whole`` is what that file says, and nothing
    else in it counts. What links lead to counts where it lies within ``outer``; a folder that is reached twice counts
    once, where its own path leads first.
    """
    if look.is_folder(start):
        yield from _Walk(look, outer, whole).go(start, ())
    elif (name := start.rpartition("/")[2]).casefold().endswith(".md"):
        yield start, (), name[:-3]
    else:
        look.warn(start, "found no Markdown, required a folder or a file that ends with .md")


class _Walk:
    def __init__(self, look: Look, outer: str, whole: str) -> None:
        self._look, self._outer, self._whole = look, outer, whole
        self._first: dict[str, str] = {}  # by the real path of a folder: the path by which it was reached first

    def go(self, folder: str, above: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], str]]:
        """This folder's files, then those of the folders in it; ``above``: their names, from the start down."""
        self._first[self._look.real(folder)] = folder
        entries = self._look.entries(folder)
        if above and self._whole and any(entry.name == self._whole and not entry.folder for entry in entries):
            yield join(folder, self._whole), above[:-1], above[-1]
            return
        for entry in entries:
            path = join(folder, entry.name)
            if not entry.folder and entry.name.casefold().endswith(".md") and self._counts(path, entry.link):
                yield path, above, entry.name[:-3]
        for entry in sorted(entries, key=lambda entry: entry.link):  # what a folder really holds comes first
            path = join(folder, entry.name)
            if entry.folder and not (entry.link and (self._look.strays(path, self._outer) or self._again(path))):
                yield from self.go(path, (*above, entry.name))

    def _counts(self, path: str, link: bool) -> bool:
        """Whether a link leads to a file of the marketplace; what is no link does."""
        if not link:
            return True
        if not self._look.is_file(path):
            self._look.warn(path, "a link to no file is not read: correct or delete it")
            return False
        return not self._look.strays(path, self._outer)

    def _again(self, path: str) -> bool:
        """Whether a link leads to a folder that counts already."""
        if (first := self._first.get(self._look.real(path))) is None:
            return False
        self._look.warn(path, f"a link to {first}, which counts already, is not followed")
        return True
