"""When a worker that failed is started again. Pure: the time is an argument."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Seconds, and counts of failures. The defaults bring a worker back within one patient's patience."""

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 10.0
    window_s: float = 120.0
    """Failures older than this are forgotten: a device that works for so long has recovered."""
    permanent_after: int = 6
    """So many failures within the window are no coincidence: a person must look."""
    permanent_s: float = 30.0
    """Pause between tries from then on. A reader that is plugged in again still comes back by itself."""

    def __post_init__(self) -> None:
        if not (0 < self.first_s <= self.longest_s <= self.permanent_s and self.factor >= 1):
            raise ValueError("0 < first_s <= longest_s <= permanent_s and factor >= 1")
        if self.permanent_after < 1 or self.window_s <= 0:
            raise ValueError("permanent_after >= 1 and window_s > 0")


@dataclass(frozen=True, slots=True)
class Pause:
    """Start again after so many seconds; `permanent` as in `messages.WorkerDown`."""

    seconds: float
    permanent: bool


@dataclass(frozen=True, slots=True)
class Backoff:
    """The failures of one worker within the window, oldest first, as monotonic seconds."""

    policy: RestartPolicy
    failures: tuple[float, ...] = ()

    def failed(self, now: float) -> tuple["Backoff", Pause]:
        """Count a failure at `now`; the pause it asks for doubles with every failure in the window."""
        policy = self.policy
        recent = (*(at for at in self.failures if now - at < policy.window_s), now)[-policy.permanent_after :]
        counted = Backoff(policy, recent)
        if len(recent) >= policy.permanent_after:
            return counted, Pause(policy.permanent_s, permanent=True)
        pause = policy.first_s * policy.factor ** (len(recent) - 1)
        return counted, Pause(min(policy.longest_s, pause), permanent=False)
