"""Handle: one market in one process. Every change goes through here: decide, append, commit, then tell.

Callers that arrive while a commit is under way wait together and share the next one. Nothing is acknowledged
before the store has confirmed, and a commit that fails changes nothing in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock, RLock, get_ident
from typing import Any, Final, Generic, TypeVar

from doorstep.engine.callers import Callers
from doorstep.engine.idempotency import Once
from doorstep.engine.log import Fold, LogBrokenError, read_record
from doorstep.engine.ports.clock import Clock
from doorstep.engine.ports.store import HeadMovedError, KeptAnswer, Store, StoreUnavailableError
from doorstep.engine.replay import Projection
from doorstep.engine.rules import Outcome, P, Rules
from doorstep.engine.transaction import Given, Transaction, given_by
from doorstep.vocabulary.event import MarketId, StreamId
from doorstep.vocabulary.merkle import Frontier
from doorstep.vocabulary.record import Instruction, Record
from doorstep.vocabulary.timer import Look

SUBMISSIONS_PER_COMMIT_MAX: Final = 64
"""Callers that share one commit."""
SUBMISSIONS_WAITING_MAX: Final = 4_096
"""Callers that may wait for a commit."""
COMMIT_TRIES_MAX: Final = 3
"""Times that a commit is decided anew because someone else appended first."""

T = TypeVar("T")


class KeyTakenError(Exception):
    """The idempotency key was answered before; nothing was done, and `begin` replays the answer."""


class _Submission:
    """One caller's instructions on their way through a shared commit; each root stands or falls by itself."""

    __slots__ = ("error", "expected", "once", "outcomes", "roots")

    def __init__(
        self, roots: list[tuple[Given, ...]], expected: Mapping[StreamId, int] | None, once: Once | None
    ) -> None:
        self.roots = roots
        self.expected = expected
        self.once = once
        self.outcomes: list[Outcome] | None = None
        self.error: BaseException | None = None


class _DefectError(Exception):
    """Deciding one submission raised; the others of its group are decided again without it."""

    def __init__(self, submission: _Submission) -> None:
        super().__init__()
        self.submission = submission


class Market(Generic[P]):
    """Owns a market: its log's end, its streams' states and its views.

    It may be called from any thread. It is built by folding the stored log, which must hash to its head.

    Raises:
        LogBrokenError: where the stored log is not what was written.
    """

    def __init__(
        self,
        market: MarketId,
        rules: Rules[P],
        store: Store,
        clock: Clock,
        projections: Sequence[Projection] = (),
    ) -> None:
        self.id = market
        self.store = store
        self.clock = clock
        self._rules = rules
        self._fold = Fold(market, rules.machines)
        self._projections = list(projections)
        self._callers = Callers(self._serve, SUBMISSIONS_PER_COMMIT_MAX, SUBMISSIONS_WAITING_MAX)
        self._committing = Lock()
        # Held while a commit becomes visible; a view or reader that holds it may read on.
        self._reading = RLock()
        self._committer: int | None = None
        self._is_doubtful = False
        self.commits = 0
        """How often this process changed the store; what it read before stands until the next."""
        self._catch_up()

    def handle(
        self,
        instructions: Sequence[Instruction],
        *,
        expected: Mapping[StreamId, int] | None = None,
        once: Once | None = None,
    ) -> list[Outcome]:
        """Carry out instructions in one commit, each by itself; an outcome for each, once it is durable.

        With `expected`, each is refused as `version_conflict` unless the streams stand at these versions.
        With `once`, the answer to the key is part of the commit.

        Raises:
            KeyTakenError: the key of `once` was answered before.
            OverloadedError: 4,096 callers wait already.
            StoreUnavailableError: the store did not confirm; nothing changed here.
            HeadMovedError: another process kept appending to this market.
        """
        return self._submit(_Submission([(given_by(one),) for one in instructions], expected, once))

    def handle_together(
        self,
        instructions: Sequence[Instruction],
        *,
        expected: Mapping[StreamId, int] | None = None,
        once: Once | None = None,
    ) -> Outcome:
        """Carry out instructions as one: all are accepted, or the first refusal is the outcome of all.

        Reactions see the state after all of them. Raises as `handle` does.
        """
        root = tuple(given_by(one) for one in instructions)
        return self._submit(_Submission([root], expected, once))[0]

    def transact(self, work: Callable[[Transaction[P]], T]) -> T:
        """Do `work` on a transaction and commit what it drafted; for timers and the outbox.

        `work` may be called again where someone else appended first, so it must only read and draft.
        """
        assert self._committer != get_ident(), "a transaction must not open another"
        with self._committing:
            return self._commit(work)

    def state(self, stream: StreamId) -> Any:  # noqa: ANN401 - each noun has its own type of state
        """A stream's durable state; its noun's initial state where nothing happened yet."""
        states = self._fold.states
        return states[stream] if stream in states else self._rules.machine_of(stream).initial

    def version(self, stream: StreamId) -> int:
        """How many durable events a stream has: what `expected` is compared with."""
        return self._fold.versions.get(stream, 0)

    def all_of(self, noun: str) -> dict[StreamId, Any]:
        """The states of all streams of a noun. It walks over every stream of the market."""
        start = f"{noun}/"
        with self._reading:
            return {stream: state for stream, state in self._fold.states.items() if stream.startswith(start)}

    def consistent(self, read: Callable[[Look], T]) -> T:
        """What `read` finds while no commit becomes visible: states and views then belong together."""
        with self._reading:
            return read(self.state)

    @property
    def head(self) -> Frontier:
        """The log's size and its tree's peaks."""
        return self._fold.frontier

    def subscribe(self, projection: Projection) -> None:
        """Bring a view up to date and keep it so; it sees each record once, in order."""
        with self._committing, self._reading:
            for event in self.store.events(self.id):
                if event.position > self._fold.frontier.size:
                    break
                projection.apply(read_record(event.text))
            self._projections.append(projection)

    def adopt(self, rules: Rules[P]) -> None:
        """Decide by other rules or policies from the next commit on; the machines' states stay."""
        with self._committing:
            self._rules = rules
            self._fold.machines = rules.machines

    def _submit(self, submission: _Submission) -> list[Outcome]:
        assert self._committer != get_ident(), "a view, rule or answer must not give commands"
        self._callers.bring(submission)
        if submission.error is not None:
            raise submission.error
        assert submission.outcomes is not None
        return submission.outcomes

    def _serve(self, group: list[_Submission]) -> None:
        """Commit a group of submissions, and tell each what came of it."""
        try:
            while group:
                try:
                    with self._committing:
                        outcomes = self._commit(lambda transaction: self._run_all(transaction, group))
                except _DefectError as defect:
                    defect.submission.error = defect.__cause__
                    group.remove(defect.submission)
                else:
                    for submission, outcome in zip(group, outcomes, strict=True):
                        submission.outcomes = outcome
                    return
        except BaseException as error:
            for submission in group:
                submission.error = error
            if not isinstance(error, Exception):
                raise

    def _run_all(self, transaction: Transaction[P], group: Sequence[_Submission]) -> list[list[Outcome]]:
        outcomes = []
        for submission in group:
            try:
                outcomes.append(self._run(transaction, submission))
            except StoreUnavailableError:
                raise
            except Exception as fault:
                raise _DefectError(submission) from fault
        return outcomes

    def _run(self, transaction: Transaction[P], submission: _Submission) -> list[Outcome]:
        once = submission.once
        if once:
            answers = transaction.draft.answers
            known = self.store.answer(self.id, once.scope, once.key)
            if known or any((kept.scope, kept.key) == (once.scope, once.key) for kept in answers):
                raise KeyTakenError(f"the key {once.key} was answered before")
        if submission.expected and (conflict := transaction.conflict(submission.expected)):
            outcomes: list[Outcome] = [conflict] * len(submission.roots)
        else:
            outcomes = [transaction.run(root) for root in submission.roots]
        if once:
            answer = once.answer(outcomes)
            if answer is not None:
                kept = KeptAnswer(once.scope, once.key, once.request_hash, answer, self.clock.now())
                transaction.draft.answers.append(kept)
        return outcomes

    def _commit(self, work: Callable[[Transaction[P]], T]) -> T:
        """Run `work`, make its draft durable, then visible. The caller holds the lock for committing."""
        self._committer = get_ident()
        try:
            for _ in range(COMMIT_TRIES_MAX):
                if self._is_doubtful:
                    self._catch_up()
                transaction = Transaction(self._fold, self._rules, self.clock.now())
                result = work(transaction)
                if transaction.draft.is_empty():
                    return result
                batch = transaction.batch()
                # Until the store has answered, what it holds is not known: if it never does, we look again.
                self._is_doubtful = True
                try:
                    self.store.commit(batch)
                except HeadMovedError:
                    continue
                finally:
                    self.commits += 1
                self._is_doubtful = False
                self._show(transaction, batch.head)
                return result
            raise HeadMovedError(f"another process appends to market {self.id}")
        finally:
            self._committer = None

    def _show(self, transaction: Transaction[P], head: Frontier) -> None:
        """Make a durable commit visible: states first, then the views, in order of position."""
        draft, fold = transaction.draft, self._fold
        with self._reading:
            fold.states.update(draft.states)
            fold.versions.update(draft.versions)
            fold.frontier = head
            if draft.records:
                fold.recorded_at = draft.records[-1].recorded_at
                self._project(draft.records)

    def _catch_up(self) -> None:
        """Take in what the store holds and we do not: everything at the start, others' commits later."""
        head = self.store.head(self.id)
        fold = self._fold
        with self._reading:
            for event in self.store.events(self.id, fold.frontier.size):
                if fold.frontier.size == head.size:
                    break
                self._project((fold.apply(event.text),))
            if fold.frontier != head:
                raise LogBrokenError(f"the log of {self.id} does not hash to what was signed off with it")
            self._is_doubtful = False

    def _project(self, records: Sequence[Record]) -> None:
        """Give the records to every view; one that fails does not keep them from the others."""
        faults: list[Exception] = []
        for projection in self._projections:
            try:
                for record in records:
                    projection.apply(record)
            except Exception as fault:  # noqa: BLE001 - raised below, after the other views have been served
                faults.append(fault)
        if faults:
            raise ExceptionGroup(f"views of market {self.id} failed", faults)
