"""Whether a process lives and whether it may be given work, by the names of its parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Probe = Callable[[], str | None]
STARTING = "starting"


@dataclass(slots=True)
class Health:
    """The state of a process's parts: each is well (`None`) or has a reason, in plain words, why it is not."""

    _reasons: dict[str, str | None] = field(default_factory=dict)
    _probes: dict[str, Probe] = field(default_factory=dict)
    _dead: dict[str, str] = field(default_factory=dict)
    _optional: dict[str, Probe] = field(default_factory=dict)

    def starting(self, name: str) -> None:
        """Announce a part that is not ready yet."""
        self._reasons[name] = STARTING

    def well(self, name: str) -> None:
        """The part works."""
        self._reasons[name] = None
        self._dead.pop(name, None)

    def ill(self, name: str, reason: str) -> None:
        """The part does not work now: the process should get no work."""
        self._reasons[name] = reason

    def dead(self, name: str, reason: str) -> None:
        """The part will not work again in this process: it should be restarted."""
        self._reasons[name] = reason
        self._dead[name] = reason

    def watch(self, name: str, probe: Probe) -> None:
        """Ask `probe` at each question; it gives `None` or the reason."""
        self._probes[name] = probe

    def watch_optional(self, name: str, probe: Probe) -> None:
        """The same of a part without which the process still does most of its work."""
        self._optional[name] = probe

    def forget(self, name: str) -> None:
        """A part that is gone on purpose."""
        self._reasons.pop(name, None)
        self._probes.pop(name, None)
        self._dead.pop(name, None)
        self._optional.pop(name, None)

    def not_live(self) -> Mapping[str, str]:
        """Reasons to restart the process; empty is live."""
        return dict(self._dead)

    def not_ready(self) -> Mapping[str, str]:
        """Reasons to give the process no work; empty is ready."""
        return {name: reason for name, reason in self._reasons.items() if reason is not None} | _asked(self._probes)

    def impaired(self) -> Mapping[str, str]:
        """What does not work now although the process may be given work."""
        return _asked(self._optional)


def _asked(probes: Mapping[str, Probe]) -> dict[str, str]:
    answers = {name: probe() for name, probe in probes.items()}
    return {name: reason for name, reason in answers.items() if reason is not None}
