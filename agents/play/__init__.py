"""Play: how a conversation is put to strategies, at once, exactly, or over and over; no clock."""

from __future__ import annotations

from mechanisms._exports import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "agents.play.exact": ("ExpectedOutcome", "TooLargeError", "expected_outcome"),
        "agents.play.instant": ("play_many", "play_once"),
    },
)
