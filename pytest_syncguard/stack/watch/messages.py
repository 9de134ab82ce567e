"""Lines that belong to a message whose first line told its level.

.NET's console writes ``warn: Category[0]`` and, on the lines after it, the text, indented by six. What a warning
or a piece of information says there is no error, as it is none on one line.
"""

from __future__ import annotations

import re
from typing import Final

from pytest_syncguard.stack.watch.innocent import SERVICE

_HEAD: Final = re.compile((f"(?>{SERVICE})" + r"(?:warn|info|dbug|trce): \S+\[-?\d+\]\s*$").encode("latin-1"))
_TEXT: Final = re.compile((f"(?>{SERVICE})" + r" {6}").encode("latin-1"))


class Messages:
    r"""The messages of one block in lower case, in which every line ends with ``\n``.

    `inside`: whether the block begins within a message that is no error.
    """

    def __init__(self, lower: bytes, *, inside: bool) -> None:
        self._lower = lower
        self._inside = inside
        self._asked = -1  # the line asked about last, and what came of it, so that none is looked at twice
        self._answer = False

    def harmless(self, start: int) -> bool:
        """Whether the line that begins at `start` is text of such a message. Ask from top to bottom."""
        self._answer = self._is_text(start) and self._begun_before(start)
        self._asked = start
        return self._answer

    def go_on(self) -> bool:
        """Whether a line of text after the block would be in such a message."""
        last = self._lower.rfind(b"\n", 0, len(self._lower) - 1) + 1
        return self._is_head(last) or self.harmless(last)

    def _begun_before(self, start: int) -> bool:
        while start > 0:
            start = self._lower.rfind(b"\n", 0, start - 1) + 1
            if start == self._asked and self._is_text(start):
                return self._answer
            if not self._is_text(start):
                return self._is_head(start)
        return self._inside

    def _is_text(self, start: int) -> bool:
        return _TEXT.match(self._lower, start, self._lower.find(b"\n", start)) is not None

    def _is_head(self, start: int) -> bool:
        return _HEAD.match(self._lower, start, self._lower.find(b"\n", start)) is not None
