"""How fast downloads were, over the last minutes."""

from collections import deque

KEPT_SECONDS = 300.0


class SpeedLog:
    """Speeds in bytes a second, as they were told; times are those of one clock, in seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()

    def add(self, now: float, speed: float) -> None:
        """Keep a speed, in bytes a second, at a time of the steady clock."""
        self._samples.append((now, speed))
        while self._samples and self._samples[0][0] < now - KEPT_SECONDS:
            self._samples.popleft()

    def steps(self, now: float, count: int, seconds: float = KEPT_SECONDS) -> list[float]:
        """Return the mean speed in each of `count` steps up to `now`, the oldest first.

        Where nothing was told it is 0.
        """
        step = seconds / count
        sums, numbers = [0.0] * count, [0] * count
        for time, speed in self._samples:
            place = int((time - (now - seconds)) / step)
            if 0 <= place < count:
                sums[place] += speed
                numbers[place] += 1
        return [total / number if number else 0.0 for total, number in zip(sums, numbers, strict=True)]
