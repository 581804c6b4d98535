"""Sessions: a browser shows its key in a cookie that no script can read and no other site can send."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

COOKIE: Final = "doorstep_key"
PHONE_COOKIE: Final = "doorstep_phone"
"""A driver's key has a cookie of its own: one browser may show the operator's pages and a driver's beside."""
KEPT_S: Final = 12 * 3_600
"""Seconds that a browser stays signed in: a shift."""
_OWN_SITE: Final = frozenset({"same-origin", "none"})


def token_of(headers: Mapping[str, str], *, is_write: bool, name: str = COOKIE) -> str | None:
    """The token in the cookie; for a write only where the browser says that our own page sends it."""
    cookie = headers.get("cookie")
    if not cookie or (is_write and not is_own_page(headers)):
        return None
    try:
        found = SimpleCookie(cookie).get(name)
    except CookieError:
        return None
    return found.value if found else None


def is_own_page(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that a page of ours sends this, and nobody else's.

    Browsers leave `Sec-Fetch-Site` out where the connection is not encrypted, but send `Origin` with each
    write.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITE
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host", "").lower() != ""


def cookie_of(token: str, *, secure: bool, name: str = COOKIE) -> str:
    """The `Set-Cookie` header that signs a browser in; with an empty token, out."""
    kept = KEPT_S if token else 0
    return f"{name}={token}; Path=/; Max-Age={kept}; HttpOnly; SameSite=Strict" + (
        "; Secure" if secure else ""
    )
