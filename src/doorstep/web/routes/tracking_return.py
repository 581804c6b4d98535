"""Returns from the tracking page: asked for, by van or by the counter, or kept after all; plain forms."""

from typing import Final

from doorstep.engine.desk import Origin
from doorstep.engine.tracking_desk import SHOPPER
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.return_ import ReturnState
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.return_ import ReturnReason
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window
from doorstep.web.door import ANYONE, Call, Door
from doorstep.web.reply import Reply
from doorstep.web.routes.sessions import FORM_MEDIA
from doorstep.web.routes.tracking import FORM_BYTES_MAX
from doorstep.web.routes.tracking_page import one_of, order_page, sent_form

WHAT: Final = "return"
IN_RETURN: Final = "parcel_in_return"


def ask_to_return(call: Call) -> Reply:
    """Ask to send the order back."""
    order, form = sent_form(call)
    reason = one_of(ReturnReason, form.get("reason", ""))
    if reason is None:
        return order_page(call, order, opened=WHAT, refused="Choose a reason.")
    asked = call.app.returns.request(order, (), reason, SHOPPER, _origin(call))
    # Sent twice, it was asked for once.
    done = not isinstance(asked, Refusal) or asked.code == IN_RETURN
    return _answered(call, order, None if done else asked, "return")


def choose_collection(call: Call) -> Reply:
    """Let a van fetch it in one of the windows that were offered."""
    order, form = sent_form(call)
    state = _return(call, order, form)
    start, _, end = form.get("window", "").partition("-")
    if state is None or not (start.isdecimal() and end.isdecimal()) or len(start + end) > 40:
        return order_page(call, order, opened=WHAT, refused="Choose one of the times.")
    if int(start) >= int(end):
        return order_page(call, order, opened=WHAT, refused="Choose one of the times.")
    window = Window(Instant(int(start)), Instant(int(end)))
    told = call.app.collections.book(state, window, SHOPPER, _origin(call))
    return _answered(call, order, told, "collection")


def bring_instead(call: Call) -> Reply:
    """Bring it to a hub: no van comes."""
    order, form = sent_form(call)
    state = _return(call, order, form)
    if state is None:
        return order_page(call, order, opened=WHAT, refused="There is nothing to bring.")
    if state.collection is None:
        return _answered(call, order, None, "counter")
    why = "the shopper brings it"
    return _answered(call, order, call.app.collections.release(state, why, SHOPPER, _origin(call)), "counter")


def keep_goods(call: Call) -> Reply:
    """Keep it after all."""
    order, form = sent_form(call)
    state = _return(call, order, form)
    if state is None:
        return order_page(call, order, opened=WHAT, refused="There is nothing to keep.")
    told = call.app.returns.cancel(state, "the shopper keeps it", SHOPPER, _origin(call))
    return _answered(call, order, told, "kept")


def _return(call: Call, order: OrderState, form: dict[str, str]) -> ReturnState | None:
    """The return that a form names, where it is one of this order's."""
    return next((one for one in call.app.returns.of(order.id) if one.id == form.get("return", "")), None)


def _origin(call: Call) -> Origin:
    return call.app.desk.origin(SHOPPER)


def _answered(call: Call, order: OrderState, refusal: object, done: str) -> Reply:
    if isinstance(refusal, Refusal):
        return order_page(call, order, opened=WHAT, refused=f"Not done: {refusal.detail}.")
    return Reply(303, headers={"Location": f"/t/{call.path['token']}?done={done}"})


DOORS: Final = tuple(
    Door(
        "POST", f"/t/{{token}}/{path}", handle, ANYONE, {303: None}, problems=(403, 404, 410),
        media=(FORM_MEDIA,), bytes_max=FORM_BYTES_MAX,
    )
    for path, handle in (
        ("return", ask_to_return),
        ("collection", choose_collection),
        ("counter", bring_instead),
        ("keep", keep_goods),
    )
)  # fmt: skip
