"""Actions: what a dispatcher would change, what that would do, doing it, and taking it back."""

import re
from http import HTTPStatus
from typing import Final

from doorstep.engine.action_desk import Moved
from doorstep.lifecycle.action import ActionState
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ActionId, DeliveryId
from doorstep.web.board_shapes import driver_names
from doorstep.web.door import OPERATOR, Call, Door
from doorstep.web.instants import moment
from doorstep.web.problems import ProblemError, not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.action_shapes import (
    ActionBody,
    ActionShape,
    EffectShape,
    TargetList,
    TargetsQuery,
    action_shape,
    effect_shape,
    target_shape,
)

IF_MATCH: Final = {
    "If-Match": "The preview's ETag, or * for whatever it does now; 428 without, 412 with who changed what."
}
_TAG: Final = re.compile(r'"(\d{1,18})\.([0-9a-f]{32})"')
_ANY: Final = "*"


def list_targets(call: Call) -> Reply:
    """List the routes that could take a delivery, by the driving that each adds."""
    query = call.ask(TargetsQuery)
    found = call.app.actions.targets(DeliveryId(query.delivery))
    if isinstance(found, Refusal):
        raise refused(found)
    names = driver_names(call.app)
    routes = call.app.planner.routes
    shapes = []
    for target in found:
        state = routes[target.route]
        name = names.get(state.shift.driver, state.shift.driver)
        shapes.append(target_shape(target, state.shift.vehicle, name, state.status.value))
    return reply(TargetList(query.delivery, tuple(shapes)))


def preview_action(call: Call) -> Reply:
    """Ask what an action would do: driving, promises kept and broken, rules hit. Nothing changes."""
    effect = call.app.actions.preview(call.read(ActionBody).proposal())
    if isinstance(effect, Refusal):
        raise refused(effect)
    shape = call.seen(lambda: effect_shape(effect, call.screens.board))
    return reply(shape, headers={"ETag": f'"{effect.position}.{effect.version}"'})


def take_action(call: Call) -> Reply:
    """Carry an action out in one commit, as long as it still does what its preview said."""
    body = call.read(ActionBody)
    position, version = _if_match(call)
    done = call.app.actions.take(body.proposal(), version, position, call.origin())
    if isinstance(done, Moved):
        raise _moved(done)
    if isinstance(done, Refusal):
        raise refused(done)
    return _taken_now(call, done)


def read_action(call: Call) -> Reply:
    """Read an action."""
    return reply(action_shape(_find(call, call.path["action"])))


def undo_action(call: Call) -> Reply:
    """Take an action back, as far as it is still feasible, unless the van went on with it."""
    state = _find(call, call.path["action"])
    refusal = call.app.actions.undo(state.id, call.origin())
    if refusal is not None:
        raise refused(refusal)
    return _undone_now(call, state.id)


def _if_match(call: Call) -> tuple[int, str | None]:
    """How far the log was at the preview, and what it said; nothing of it for `*`."""
    text = call.headers.get("if-match")
    if text is None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED,
            "if_match_required",
            "Say which preview you saw: If-Match: <ETag>.",
        )
    if text.strip() == _ANY:
        return 0, None
    found = _TAG.fullmatch(text.strip())
    if found is None:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "bad_if_match", "If-Match must hold a preview's ETag, or *."
        )
    return int(found[1]), found[2]


def _moved(moved: Moved) -> ProblemError:
    by = ", ".join(dict.fromkeys(change.by for change in moved.changes))
    who = f" by {by}" if by else ""
    return ProblemError(
        HTTPStatus.PRECONDITION_FAILED,
        "plan_moved",
        f"The plan was changed{who} since your preview. Nothing was done; look again.",
        differences={
            route: [
                {"by": one.by, "at": moment(one.at).isoformat().replace("+00:00", "Z"), "what": one.what}
                for one in moved.changes
                if one.route == route
            ]
            for route in moved.effect.routes
        },
    )


def _find(call: Call, name: str) -> ActionState:
    state = call.app.actions.state(ActionId(name))
    if state is None:
        raise not_found("action")
    return state


def _taken_now(call: Call, action: str) -> Reply:
    return reply(action_shape(_find(call, action)), HTTPStatus.CREATED)


def _undone_now(call: Call, action: str) -> Reply:
    return reply(action_shape(_find(call, action)))


DOORS: Final = (
    Door(
        "GET", "/v1/dispatch/targets", list_targets, OPERATOR, {200: TargetList}, asks=TargetsQuery,
        problems=(404, 409),
    ),
    Door(
        "POST", "/v1/dispatch/preview", preview_action, OPERATOR, {200: EffectShape}, reads=ActionBody,
        problems=(404,),
    ),
    Door(
        "POST", "/v1/dispatch/actions", take_action, OPERATOR, {201: ActionShape}, reads=ActionBody,
        problems=(404, 409, 412, 428), headers=IF_MATCH, retell=_taken_now,
    ),
    Door("GET", "/v1/dispatch/actions/{action}", read_action, OPERATOR, {200: ActionShape}),
    Door(
        "POST", "/v1/dispatch/actions/{action}/undo", undo_action, OPERATOR, {200: ActionShape},
        problems=(404, 409), retell=_undone_now,
    ),
)  # fmt: skip
