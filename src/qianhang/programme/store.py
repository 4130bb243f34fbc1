"""Where the room keeps files: the documents of plans and the evidence of reports, named by their content."""

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def keep(folder: str, data: bytes) -> tuple[str, str]:
    """Stores a file once however often it comes. Returns the name it is kept under and its SHA-256."""
    digest = hashlib.sha256(data).hexdigest()
    name = f"programme/{folder}/{digest[:2]}/{digest}"
    if default_storage.exists(name):
        return name, digest
    return default_storage.save(name, ContentFile(data)), digest


def load(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())


def plain_name(name: str, *, otherwise: str) -> str:
    """The last part of whatever path a client sent, without control characters, at most 200 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(one for one in last if unicodedata.category(one) not in {"Cc", "Cf", "Cs"})[:200] or otherwise


def storable(text: str) -> str:
    """What PostgreSQL can keep: NUL and halves of surrogate pairs become U+FFFD, one for one, so offsets stay."""
    return _UNSTORABLE.sub("\ufffd", text)
