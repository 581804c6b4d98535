"""Threads that are served in groups."""

from threading import Event, Thread

import pytest

from doorstep.engine.callers import Callers, OverloadedError


class Counter:
    """Serves groups, and stays with each until the gate is open."""

    def __init__(self, group_max: int, waiting_max: int = 100) -> None:
        self.groups: list[list[int]] = []
        self.at_work = Event()
        self.gate = Event()
        self.callers = Callers(self.serve, group_max, waiting_max)

    def serve(self, group: list[int]) -> None:
        """Note the group."""
        self.groups.append(group)
        self.at_work.set()
        assert self.gate.wait(60)
        if -1 in group:
            raise KeyboardInterrupt

    def start(self, *items: int) -> list[Thread]:
        """A thread for each item, in the order in which they wait."""
        threads = []
        for item in items:
            waiting, served = self.callers.waiting, len(self.groups)
            threads.append(Thread(target=self.callers.bring, args=(item,)))
            threads[-1].start()
            while self.callers.waiting == waiting and len(self.groups) == served:
                pass
        return threads


def test_who_waits_is_served_together_in_order() -> None:
    """The first is served at once; those that come meanwhile form groups of at most the bound."""
    counter = Counter(group_max=3)
    threads = counter.start(0)
    assert counter.at_work.wait(60)
    threads += counter.start(1, 2, 3, 4, 5)
    counter.gate.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert counter.groups == [[0], [1, 2, 3], [4, 5]]
    assert counter.callers.waiting == 0


def test_an_interrupt_is_the_leaders_own() -> None:
    """Others of the group, and those behind it, go on; the next caller finds the door open."""
    counter = Counter(group_max=2)
    raised = []

    def bring() -> None:
        try:
            counter.callers.bring(-1)
        except KeyboardInterrupt:
            raised.append(-1)

    leader = Thread(target=bring)
    leader.start()
    assert counter.at_work.wait(60)
    threads = counter.start(1, 2, 3)
    counter.gate.set()
    for thread in (leader, *threads):
        thread.join(60)
        assert not thread.is_alive()
    counter.callers.bring(4)
    assert raised == [-1]
    assert counter.groups == [[-1], [1, 2], [3], [4]]


def test_the_queue_is_bounded() -> None:
    """Who comes when it is full is told at once; who waits is served."""
    counter = Counter(group_max=2, waiting_max=1)
    threads = counter.start(0)
    assert counter.at_work.wait(60)
    threads += counter.start(1)
    with pytest.raises(OverloadedError):
        counter.callers.bring(2)
    counter.gate.set()
    for thread in threads:
        thread.join(60)
    assert counter.groups == [[0], [1]]


def test_many_threads_lose_nobody() -> None:
    """Fifty threads with twenty items each: every item is served once."""
    served: list[int] = []
    callers = Callers(served.extend, 8, 100)

    def bring(start: int) -> None:
        for item in range(start, start + 20):
            callers.bring(item)

    threads = [Thread(target=bring, args=(20 * n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert sorted(served) == list(range(1_000))
