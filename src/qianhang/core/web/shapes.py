"""The base of every API input and output."""

from ninja import Schema
from pydantic import ConfigDict


class Strict(Schema):
    """An input: an unknown field is refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)
