"""The line that says how far something is."""
from __future__ import annotations

import io
import sys

import pytest

from labeler_client.progress import ProgressLine, Reporter


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_line_has_share_rate_and_time_left() -> None:
    times = iter([0.0, 2.0, 2.05, 4.0])
    terminal = Terminal()
    line = ProgressLine("annotations", terminal, lambda: next(times))
    line(5_000, 20_000)
    line(5_100, 20_000)  # too soon after the last
    line(20_000, 20_000)
    line.close()
    first, second = "annotations: 5,000 of 20,000 (25 %), 2,500/s, 6 s left", "annotations: 20,000 of 20,000 (100 %), 5,000/s"
    assert terminal.getvalue() == f"\r{first}\r{second.ljust(len(first))}\n"


@pytest.mark.parametrize(("seconds", "text"), [(59.0, "59 s left"), (150.0, "2 min 30 s left"), (7_300.0, "2 h 1 min left")])
def test_time_left_is_in_units_for_people(seconds: float, text: str) -> None:
    line = ProgressLine("x", Terminal(), lambda: 0.0)
    assert line.text(1, 2, seconds).endswith(text)
    assert line.text(7, None, 2.0) == "x: 7, 4/s"


def test_the_line_is_for_terminals_only_and_ended_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, progress, shown in ((Terminal(), None, True), (io.StringIO(), None, False), (io.StringIO(), True, True), (Terminal(), False, False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with pytest.raises(KeyError), Reporter(progress, "items") as report:
            report(3, 3)
            raise KeyError
        assert stream.getvalue().endswith("\n") is shown and ("items: 3 of 3" in stream.getvalue()) is shown
