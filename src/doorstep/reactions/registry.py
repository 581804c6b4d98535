"""All reactions, in the order in which they see an event."""

from typing import Final

from doorstep.reactions import (
    action,
    casework,
    cost,
    custody,
    escalation,
    failed_attempt,
    feed,
    freight,
    incident,
    notify,
    outage,
    parcel,
    promise,
    return_,
    roster,
    tendering,
    webhook,
)

REACTIONS: Final = (
    roster.react,
    custody.react,
    failed_attempt.react,
    parcel.react,
    promise.react,
    tendering.react,
    return_.react,
    casework.react,
    action.react,
    outage.react,
    feed.react,
    escalation.react,
    incident.react,
    cost.react,
    freight.react,
    webhook.react,
    notify.react,
)
