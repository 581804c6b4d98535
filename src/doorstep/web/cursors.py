"""Cursors: a list in pages, where a page's end stays valid while the list grows."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from doorstep.web.problems import ProblemError

PAGE_ITEMS: Final = 50
"""Items of a page where the caller names no limit."""
PAGE_ITEMS_MAX: Final = 200
"""Items of a page at most."""
CURSOR_CHARS_MAX: Final = 200
"""Characters of a cursor."""

Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_ITEMS_MAX)]
Cursor = Annotated[str, msgspec.Meta(max_length=CURSOR_CHARS_MAX)]
Item = TypeVar("Item")


def written_cursor(last: str) -> str:
    """The cursor of the page after the item whose sort key is `last`."""
    return urlsafe_b64encode(last.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str:
    """The sort key that a page starts after; the empty text for the first page.

    Raises:
        ProblemError: 400 `bad_cursor` where we never wrote it.
    """
    if not cursor:
        return ""
    try:
        last = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as fault:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "bad_cursor", "This cursor is none of ours.") from fault
    if written_cursor(last) != cursor:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "bad_cursor", "This cursor is none of ours.")
    return last


def page_of(
    keyed: Sequence[tuple[str, Item]], cursor: str | None, limit: int
) -> tuple[list[Item], str | None]:
    """The items after the cursor, `limit` at most, and the next page's cursor where more follow.

    `keyed` holds every item under its sort key, ascending.
    """
    after = read_cursor(cursor)
    rest = [pair for pair in keyed if pair[0] > after]
    page = rest[:limit]
    return [item for _, item in page], written_cursor(page[-1][0]) if len(rest) > limit else None


def next_link(path: str, query: dict[str, str], cursor: str | None) -> dict[str, str]:
    """The `Link` header to the next page (RFC 8288), or no header on the last one."""
    if cursor is None:
        return {}
    return {"Link": f'<{path}?{urlencode({**query, "cursor": cursor})}>; rel="next"'}
