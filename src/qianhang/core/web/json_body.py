"""Reading a JSON request body: strictly, so that what passes here can be stored."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from .errors import MalformedBody, UnsupportedMediaType


class StrictParser(Parser):
    """JSON without NaN, duplicate keys, NUL or broken surrogates: PostgreSQL could not keep them."""

    def parse_body(self, request: HttpRequest) -> Any:
        media_type = request.content_type or ""
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise UnsupportedMediaType(expected="application/json", given=media_type or "no content type")
        return read_json(request.body)


def read_json(raw: bytes) -> Any:
    """The value of a JSON text. Raises MalformedBody saying what is wrong and where."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError as error:
        raise MalformedBody(why=f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise MalformedBody(why=f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise MalformedBody(why="nested too deeply") from error
    except ValueError as error:
        raise MalformedBody(why=str(error)) from error
    if "\\u" in text:
        _refuse_unstorable(value)
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _value in pairs:
            if name in seen:
                raise ValueError(f"the key {name[:80]!r} appears twice")
            seen.add(name)
    return found


def _refuse_unstorable(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise MalformedBody(why="a NUL character")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise MalformedBody(why="half of a surrogate pair")
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item)
