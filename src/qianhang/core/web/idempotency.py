"""Idempotency-Key: a POST that was answered is answered the same way again, and does nothing again.

The record is claimed by the first statement of the transaction and filled by the last, so it exists exactly if what
the request made exists. A concurrent second request waits for the first one's row and then replays its answer; if
the first failed and rolled back, the second runs as if alone. See README.md for what clients see.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from qianhang.core.access import Actor
from qianhang.core.clock import derived_id, now

from .errors import AnswerShownOnce, IdempotencyKeyInvalid, IdempotencyKeyReused
from .models import IdempotencyRecord
from .problems import problem_response

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT = timedelta(hours=48)
_KEY = re.compile(r"[\x20-\x7e]{1,200}")

_CLAIM = """
    INSERT INTO web_idempotencyrecord (owner, key, operation, request_hash, content_type, location, created_at)
    VALUES (%s, %s, %s, %s, '', '', %s) ON CONFLICT (owner, key, operation) DO NOTHING RETURNING id
"""
_FILL = "UPDATE web_idempotencyrecord SET status = %s, body = %s, content_type = %s, location = %s WHERE id = %s"


def answer_once(
    request: HttpRequest, actor: Actor, key: str, operation: str, run: Callable[[], HttpResponse]
) -> HttpResponse:
    """Runs the operation under `key`, or replays what it answered the first time. Call inside a transaction.

    A failing answer (status 400 and above) is not kept: the caller rolls back and the claim goes with it.

    Raises:
        IdempotencyKeyInvalid: the key is empty, too long or not printable ASCII.
        IdempotencyKeyReused: the key belongs to a request with a different body.
    """
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid
    owner = _owner(actor)
    fingerprint = _fingerprint(request)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [owner, key, operation, fingerprint, now()])
        claimed = cursor.fetchone()
    if claimed is None:
        return _replay(request, IdempotencyRecord.objects.get(owner=owner, key=key, operation=operation), fingerprint)
    response = run()
    if response.status_code < 400:
        secret = getattr(request, "answer_is_secret", False)
        body = None if secret else response.content
        facts = [response.status_code, body, response.get("Content-Type", ""), response.get("Location", "")]
        with connection.cursor() as cursor:
            cursor.execute(_FILL, [*facts, claimed[0]])
    return response


def prune(*, before: datetime) -> int:
    """Forgets keys older than that moment. Returns how many went."""
    gone, _by_model = IdempotencyRecord.objects.filter(created_at__lt=before).delete()
    return gone


def _replay(request: HttpRequest, record: IdempotencyRecord, fingerprint: bytes) -> HttpResponse:
    if bytes(record.request_hash) != fingerprint:
        raise IdempotencyKeyReused
    if record.body is None:
        response = problem_response(request, AnswerShownOnce())
    else:
        response = HttpResponse(bytes(record.body), status=record.status, content_type=record.content_type)
        if record.location:
            response["Location"] = record.location
    response[REPLAYED] = "true"
    return response


def _owner(actor: Actor) -> UUID:
    """Keys of different people never meet, nor do those that one person's API keys send for different organisations.

    A browser session's keys are the person's alone: registering an organisation or accepting an invitation changes
    the organisation they act for, and the repeated request must still find the first answer.
    """
    return derived_id("idempotency", actor.user_id, actor.organisation_id if actor.api_key_id else None)


def _fingerprint(request: HttpRequest) -> bytes:
    """What makes two requests the same: method, address with query, content type and body.

    A body too large for memory (an upload) counts by its length alone: its content gets a digest of its own when
    it is stored.
    """
    content_type = request.content_type or ""
    length = int(request.headers.get("Content-Length") or 0)
    large = length > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) or content_type.startswith("multipart/")
    body = str(length).encode() if large else request.body
    digest = hashlib.sha256()
    for part in (request.method or "", request.get_full_path(), content_type):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\x00")
    digest.update(body)
    return digest.digest()
