"""Secrets at rest: AES-256-GCM, bound to where they belong, under keys that can be rotated.

    sealed = seal("s3cr3t", context=f"job:{job.id}:environment")
    open_sealed(sealed, context=f"job:{job.id}:environment")

A sealed value copied to another row does not open there: the context is authenticated with it (GCM's associated
data). Keys come from settings.VAULT_KEYS: the first seals, all of them open, so a new key is put in front and the old
one taken out once `reseal` has gone over what is stored. Without any, one is derived from SECRET_KEY; that one keeps
opening what it sealed after VAULT_KEYS are set.
"""

import hashlib
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION = b"\x01"
NONCE, KEY_ID = 12, 4
SHORTEST_KEY = 32


class CannotOpen(Exception):
    """The value was sealed for another context or under a key that is gone, or it was changed."""


def seal(secret: bytes | str, *, context: str) -> bytes:
    """Encrypts `secret` for one place. Layout: version (1), key id (4), nonce (12), ciphertext with its 16-byte tag."""
    key_id, key = _keys()[0]
    nonce = os.urandom(NONCE)
    plain = secret.encode() if isinstance(secret, str) else secret
    return VERSION + key_id + nonce + AESGCM(key).encrypt(nonce, plain, _bound(key_id, context))


def open_sealed(sealed: bytes, *, context: str) -> bytes:
    """The secret that was sealed for `context`. Raises CannotOpen, never a hint of the content."""
    sealed = bytes(sealed)
    head, body = sealed[: 1 + KEY_ID + NONCE], sealed[1 + KEY_ID + NONCE :]
    if len(head) < 1 + KEY_ID + NONCE or head[:1] != VERSION:
        raise CannotOpen("not a sealed value of this version")
    key_id, nonce = head[1 : 1 + KEY_ID], head[1 + KEY_ID :]
    for known, key in _keys():
        if known == key_id:
            try:
                return AESGCM(key).decrypt(nonce, body, _bound(key_id, context))
            except InvalidTag as error:
                raise CannotOpen("sealed for another context, or changed") from error
    raise CannotOpen("sealed under a key that is not configured any more")


def reseal(sealed: bytes, *, context: str) -> bytes:
    """The same secret under the newest key; unchanged if it is under that already."""
    newest = _keys()[0][0]
    if bytes(sealed[1 : 1 + KEY_ID]) == newest:
        return bytes(sealed)
    return seal(open_sealed(sealed, context=context), context=context)


def _bound(key_id: bytes, context: str) -> bytes:
    return VERSION + key_id + context.encode()


def _keys() -> tuple[tuple[bytes, bytes], ...]:
    return _derive((*settings.VAULT_KEYS, settings.SECRET_KEY))


@lru_cache(maxsize=4)
def _derive(texts: tuple[str, ...]) -> tuple[tuple[bytes, bytes], ...]:
    """(key id, 256-bit key) of each configured text, by HKDF (RFC 5869). Configured texts are long random strings."""
    *configured, _fallback = texts
    if any(len(text) < SHORTEST_KEY for text in configured):
        raise ValueError(f"each of QIANHANG_VAULT_KEYS needs at least {SHORTEST_KEY} characters")
    keys = [HKDF(SHA256(), length=32, salt=None, info=b"qianhang vault").derive(text.encode()) for text in texts]
    return tuple((hashlib.sha256(b"id" + key).digest()[:KEY_ID], key) for key in keys)
