"""The case page: one case with everything that was done about it, open or closed."""

from collections import defaultdict
from typing import cast

import msgspec

from doorstep.lifecycle import case as case_life
from doorstep.lifecycle.case import CaseState
from doorstep.views.order_page import events_of
from doorstep.views.order_view import EventLine
from doorstep.vocabulary.case import AnyCaseEvent, CaseEvent, CaseOpened, StepRun
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.record import Record


class CaseStory(msgspec.Struct, frozen=True):
    """A case: its state, the steps that were run, and its events, newest first."""

    state: CaseState
    steps_run: tuple[StepRun, ...]
    events: tuple[EventLine, ...]


class CasePages:
    """Sorts a market's records by case; a page is folded when it is asked for."""

    def __init__(self) -> None:
        self._records: defaultdict[CaseId, list[Record]] = defaultdict(list)

    def apply(self, record: Record) -> None:
        """Take the log's next record."""
        if isinstance(record.data, CaseEvent):
            self._records[record.data.case].append(record)

    def story(self, case: CaseId) -> CaseStory | None:
        """The page, or None where there is no such case."""
        records = self._records.get(case)
        if not records or not isinstance(records[0].data, CaseOpened):
            return None
        state: CaseState | None = None
        for record in records:
            state = case_life.evolve(state, cast("AnyCaseEvent", record.data))
        assert state is not None
        steps = tuple(record.data for record in records if isinstance(record.data, StepRun))
        return CaseStory(state, steps, events_of(records))

    def states(self) -> tuple[CaseState, ...]:
        """Every case, open and closed, by when it was opened."""
        stories = (self.story(case) for case in self._records)
        states = [story.state for story in stories if story is not None]
        return tuple(sorted(states, key=lambda state: (state.opened_at, state.id)))
