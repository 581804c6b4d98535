"""Cursors: a list in pages, where a page's end stays valid while the list grows."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import islice
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


def page_of(items: Iterable[tuple[str, Item]], limit: int) -> tuple[list[Item], str | None]:
    """The first `limit` items, and the next page's cursor where more follow.

    `items` come after the cursor already, each under its sort key, ascending; no more are drawn than needed.
    """
    page = list(islice(items, limit + 1))
    if len(page) <= limit:
        return [item for _, item in page], None
    return [item for _, item in page[:limit]], written_cursor(page[limit - 1][0])


def next_link(path: str, query: Mapping[str, str], cursor: str | None) -> dict[str, str]:
    """The `Link` header to the next page (RFC 8288), or no header on the last one."""
    if cursor is None:
        return {}
    return {"Link": f'<{path}?{urlencode({**query, "cursor": cursor})}>; rel="next"'}
