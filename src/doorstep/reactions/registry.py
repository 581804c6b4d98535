"""All reactions, in the order in which they see an event."""

from typing import Final

from doorstep.reactions import casework, cost, custody, escalation, failed_attempt, promise, roster

REACTIONS: Final = (
    roster.react,
    custody.react,
    failed_attempt.react,
    promise.react,
    casework.react,
    escalation.react,
    cost.react,
)
