"""What a load has measured."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figures:
    """So many jobs in so many seconds, and what took part: a number is 0 for what did not."""

    jobs: int
    seconds: float
    connections: int = 0
    workers: int = 0
    window: int = 0
    latencies: list[float] = field(default_factory=list)
    """Seconds from a submission to the end of its job, sorted; empty where nobody waited for it."""

    @property
    def per_second(self) -> float:
        """Jobs in a second."""
        return self.jobs / self.seconds

    def percentile(self, permille: int) -> float | None:
        """The seconds within which so many of a thousand jobs ended; None where nobody waited."""
        if not self.latencies:
            return None
        return self.latencies[max(0, -(-permille * len(self.latencies) // 1000) - 1)]
