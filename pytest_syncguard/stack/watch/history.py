"""The last lines of a log, in bounded memory."""

from __future__ import annotations

from collections import deque
from typing import Final

from pytest_syncguard.stack.watch.lines import shown

KEPT: Final = 200  # lines that are always at hand


class History:
    """Keeps whole blocks of lines, and lets go of a block when those after it hold `KEPT` lines."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[bytes, int]] = deque()
        self._lines = 0

    def add(self, block: bytes, lines: int) -> None:
        r"""Add `lines` plain lines, each ended by ``\n``."""
        self._blocks.append((block, lines))
        self._lines += lines
        while self._lines - self._blocks[0][1] >= KEPT:
            self._lines -= self._blocks.popleft()[1]

    def last(self, n: int) -> list[str]:
        """The last `n` lines (at most `KEPT`) as they may be shown, the oldest first."""
        lines: list[bytes] = []
        for block, _ in reversed(self._blocks):
            if len(lines) >= n:
                break
            lines[:0] = block.split(b"\n")[:-1][-n:]
        return [shown(line) for line in lines[-n:]] if n > 0 else []

    @property
    def last_visible(self) -> str:
        """The last line that is not blank."""
        for block, _ in reversed(self._blocks):
            text = block.rstrip()
            if text:
                return shown(text[text.rfind(b"\n") + 1 :])
        return ""
