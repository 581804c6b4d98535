"""Steps: long work for one caller, cut so that the event loop can serve others in between."""

import asyncio
from collections.abc import Generator
from contextlib import closing

from doorstep.web.reply import Reply, StreamReply

Steps = Generator[None, None, Reply | StreamReply]
"""Work in steps, each as long as others may wait; what it returns is the answer."""


def at_once(steps: Steps) -> Reply | StreamReply:
    """The answer, one step after the other."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: Reply | StreamReply = end.value
            return answer


async def in_turns(steps: Steps) -> Reply | StreamReply:
    """The answer; between two steps others have their turn."""
    with closing(steps):
        while True:
            try:
                next(steps)
            except StopIteration as end:
                answer: Reply | StreamReply = end.value
                return answer
            await asyncio.sleep(0)
