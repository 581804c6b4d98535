"""Sessions: a browser shows its key in a cookie that no script can read and no other site can send."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final

COOKIE: Final = "doorstep_key"
KEPT_S: Final = 12 * 3_600
"""Seconds that a browser stays signed in: a shift."""
_OWN_SITE: Final = frozenset({"same-origin", "none"})


def token_of(headers: Mapping[str, str], *, is_write: bool) -> str | None:
    """The token in the cookie; for a write only where the browser says that our own page sends it."""
    cookie = headers.get("cookie")
    if not cookie or (is_write and headers.get("sec-fetch-site") not in _OWN_SITE):
        return None
    try:
        found = SimpleCookie(cookie).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


def cookie_of(token: str, *, secure: bool) -> str:
    """The `Set-Cookie` header that signs a browser in; with an empty token, out."""
    kept = KEPT_S if token else 0
    return f"{COOKIE}={token}; Path=/; Max-Age={kept}; HttpOnly; SameSite=Strict" + (
        "; Secure" if secure else ""
    )
