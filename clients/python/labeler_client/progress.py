"""How far something is, on terminals."""
from __future__ import annotations

import sys
import time
from typing import Callable, Protocol, TextIO, Union


class ProgressCallback(Protocol):
    """Told how many are done, and of how many (None where that is not known)."""

    def __call__(self, done: int, total: int | None) -> None: ...


Progress = Union[bool, ProgressCallback, None]
"""None: a line on standard error if that is a terminal. True: the line in any case. False: nothing. Else a function that is told."""


class ProgressLine:
    """A line that is written over: how many, which share, how fast, how long still."""

    def __init__(self, what: str, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._stream, self._clock = what, stream, clock
        self._started, self._shown, self._width = clock(), float("-inf"), 0

    def __call__(self, done: int, total: int | None) -> None:
        now = self._clock()
        if now - self._shown < 0.1 and done != total:
            return
        self._shown = now
        text = self.text(done, total, now - self._started)
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)

    def text(self, done: int, total: int | None, seconds: float) -> str:
        """The line, after so many seconds."""
        text = f"{self._what}: {done:,}"
        if total:
            text += f" of {total:,} ({done * 100 // total} %)"
        if done and seconds > 0:
            rate = done / seconds
            text += f", {rate:,.0f}/s"
            if total and done < total:
                text += f", {_duration((total - done) / rate)} left"
        return text

    def close(self) -> None:
        """Ends the line."""
        if self._width:
            self._stream.write("\n")
            self._stream.flush()
            self._width = 0


class Reporter:
    """Tells whoever wants to know; a context, so that a line is ended whatever happens."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._line: ProgressLine | None = None
        self._tell: ProgressCallback | None = None
        if progress is True or (progress is None and sys.stderr is not None and sys.stderr.isatty()):
            self._tell = self._line = ProgressLine(what, sys.stderr)
        elif callable(progress):
            self._tell = progress

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line:
            self._line.close()

    def __call__(self, done: int, total: int | None) -> None:
        if self._tell:
            self._tell(done, total)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
