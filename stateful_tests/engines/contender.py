"""A contender: an engine by name, how it gets beside the spec, and the worlds it is tried in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stateful_tests.engines.engine import MakeEngine
from stateful_tests.engines.plain import PLAIN
from stateful_tests.fuzz import Drawn
from stateful_tests.lockstep import Avoid, Lockstep
from stateful_tests.setting import Setting


class UnknownEngineError(ValueError):
    """No engine has such a name: what is wrong with it, and what would be right."""


class NotInstalledError(UnknownEngineError):
    """The engine could be there, and is not: which command installs it."""


@dataclass(frozen=True)
class Contender:
    """An engine that the spec is to judge. With `overlap` it always overlaps, or never does."""

    name: str
    make: MakeEngine
    drawn: Drawn = PLAIN
    overlap: int | None = None  # None: as the setting says
    known: Avoid | None = None  # what leads to findings that it is known to have

    @property
    def beyond_known(self) -> Contender:
        """The same engine, not asked for what leads to findings that are known."""
        return replace(self, drawn=replace(self.drawn, avoided=self.known))

    def lockstep(self, setting: Setting) -> Lockstep:
        """Put the engine beside the spec. Raises ValueError for a setting that cannot work."""
        lockstep = Lockstep(self.own(setting), self.make)
        lockstep.avoided = self.drawn.avoided
        return lockstep

    def own(self, setting: Setting) -> Setting:
        """Return the setting as this engine takes it. Raises ValueError."""
        if self.overlap is None:
            return setting
        if self.overlap > setting.size.lookahead:
            raise ValueError(f"{self.name} overlaps, and that takes a lookahead of 1")
        return replace(setting, overlap=self.overlap)
