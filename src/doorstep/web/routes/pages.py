"""Pages for people: the live board first."""

from typing import Final

from doorstep.web.door import OPERATOR, Call, Door
from doorstep.web.reply import Reply
from doorstep.web.templates import HTML_MEDIA, page


def dispatch_page(call: Call) -> Reply:
    """The live page: what is at risk now, and who has it."""
    return page("dispatch.html", call.app.zone, market=call.app.network.market.name)


DOORS: Final = (Door("GET", "/", dispatch_page, OPERATOR, {200: HTML_MEDIA}),)
