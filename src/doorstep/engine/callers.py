"""Callers: threads that arrive while a group is served wait together, and are served as the next group.

One of them does the work for all: the first that finds nobody at it, and after each group the caller who has
waited longest. The others sleep until their own turn is over, so that no lock is passed from hand to hand.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import sleep
from typing import Generic, TypeVar

T = TypeVar("T")


class OverloadedError(Exception):
    """More callers wait than are let in."""


class _Caller(Generic[T]):
    """A thread with what it brought; `leads` when it is woken to serve, not because it was served."""

    __slots__ = ("brought", "leads", "sleep")

    def __init__(self, brought: T) -> None:
        self.brought = brought
        self.leads = False
        self.sleep = Lock()
        self.sleep.acquire()


class Callers(Generic[T]):
    """Serves what callers bring, in groups of at most `group_max`, in the order of their coming.

    `serve` gets a group at a time, on the thread of one of its callers. It says on what was brought what came
    of it; what it raises, that one caller sees.
    """

    def __init__(self, serve: Callable[[list[T]], None], group_max: int, waiting_max: int) -> None:
        self._serve = serve
        self._group_max = group_max
        self._waiting_max = waiting_max
        self._door = Lock()
        self._waiting: deque[_Caller[T]] = deque()
        self._is_served = False
        self._is_crowded = False

    @property
    def waiting(self) -> int:
        """How many wait for their group."""
        return len(self._waiting)

    def bring(self, item: T) -> None:
        """Return when a group with `item` in it was served.

        Raises:
            OverloadedError: `waiting_max` callers wait already.
        """
        caller = _Caller(item)
        with self._door:
            if len(self._waiting) >= self._waiting_max:
                raise OverloadedError(f"{self._waiting_max} callers wait already")
            self._waiting.append(caller)
            caller.leads = not self._is_served
            self._is_served = True
        if not caller.leads:
            self._wait(caller)
        if caller.leads:
            self._lead(caller)

    def _wait(self, caller: _Caller[T]) -> None:
        try:
            caller.sleep.acquire()
        except BaseException:
            # An interrupt; whoever leaves must not take the lead along.
            with self._door:
                if caller in self._waiting:
                    self._waiting.remove(caller)
                    if caller.leads:
                        self._pass_on()
            raise

    def _lead(self, leader: _Caller[T]) -> None:
        self._gather()
        with self._door:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._group_max))]
        self._is_crowded = len(group) > 1
        assert group[0] is leader, "who waited longest leads"
        try:
            self._serve([caller.brought for caller in group])
        finally:
            with self._door:
                self._pass_on()
            for caller in group[1:]:
                caller.sleep.release()

    def _gather(self) -> None:
        """Let callers in who are at the door.

        In a crowd, those who were just served come again at once; without a moment's patience the first of
        them would be a group alone, and every second commit would be for one.
        """
        if not self._is_crowded:
            return
        seen = 0
        while seen < (seen := len(self._waiting)) < self._group_max:
            sleep(0)

    def _pass_on(self) -> None:
        """Wake the next to lead; the door is held."""
        self._is_served = bool(self._waiting)
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].sleep.release()
