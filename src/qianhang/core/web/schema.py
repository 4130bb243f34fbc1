"""What the OpenAPI document says about every operation alike: problems, the idempotency key, paging."""

from typing import Any

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "instance", "request_id", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; what a program should look at."},
        "detail": {"type": "string", "description": "For a person, in their language."},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message", "code"],
                "properties": {
                    "path": {"type": "string", "examples": ["resources.gpus"]},
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "The same key and body again gets the same answer, and nothing is done twice. Kept for 48 hours.",
}


def describe(document: Any) -> Any:
    """Adds the Problem answer and the Idempotency-Key header to a generated OpenAPI 3.1 document."""
    document["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    answer = {
        "description": "A refusal",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for methods in document["paths"].values():
        for method, operation in methods.items():
            operation["responses"].setdefault("default", answer)
            if method == "post" and _KEY not in operation["parameters"]:
                operation["parameters"] = [*operation["parameters"], _KEY]
    return document
