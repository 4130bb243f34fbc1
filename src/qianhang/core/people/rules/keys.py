"""API key secrets: how they look, and what a key may do."""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from qianhang.core.access.catalogue import Permission

PREFIX = "qh_"
LONGEST_LIFE = timedelta(days=366)
_SECRET = re.compile(r"qh_[A-Za-z0-9_-]{43}")


def looks_like_secret(text: str) -> bool:
    """True for `qh_` and 43 characters of URL-safe base64 (256 bits)."""
    return _SECRET.fullmatch(text) is not None


def hash_secret(secret: str) -> bytes:
    """SHA-256: the secret is 256 random bits, so there is nothing to guess and nothing to slow down."""
    return hashlib.sha256(secret.encode("ascii")).digest()


def cut_to_scopes(held: frozenset[Permission], scopes: Iterable[str]) -> frozenset[Permission]:
    """What a key may do: what its person may do now, as far as the key's scopes go."""
    wanted = set(scopes)
    return frozenset(permission for permission in held if permission.value in wanted)


def key_problems(
    *, name: str, scopes: Iterable[str], held: frozenset[Permission], expires_at: datetime, at: datetime
) -> list[tuple[str, str, str]]:
    """What is wrong with a wish for a key: (path, message, code) each; nothing if it is fine."""
    problems = []
    if not 1 <= len(name.strip()) <= 80:
        problems.append(("name", _("A name has 1 to 80 characters."), "length"))
    wanted, allowed = set(scopes), {permission.value for permission in held}
    if not wanted:
        problems.append(("scopes", _("Choose at least one scope."), "empty"))
    for scope in sorted(wanted - allowed):
        problems.append(("scopes", _("You do not hold {scope} yourself.").format(scope=scope[:60]), "not_held"))
    if expires_at <= at:
        problems.append(("expires_at", _("This moment has passed."), "past"))
    elif expires_at > at + LONGEST_LIFE:
        problems.append(("expires_at", _("A key lives for a year at most."), "too_far"))
    return problems
