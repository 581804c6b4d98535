"""The OpenAPI 3.1 document, written from the doors, so that it cannot say what the code does not do."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from doorstep.web.door import Door
from doorstep.web.problems import PROBLEM_MEDIA, Problem
from doorstep.web.reply import JSON_MEDIA

VERSION: Final = "3.1.0"
_PARAMETER: Final = re.compile(r"{(\w+)(?::path)?}")
_REF: Final = "#/components/schemas/{name}"
_KEY_HEADER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A structured-field string, quoted or bare; the same request under the same key is done"
    " once, and its answer is said again for at least 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 257},
}

Json = dict[str, Any]


def document(doors: Sequence[Door], title: str, version: str) -> Json:
    """The document over these doors."""
    shapes = [Problem, *(shape for door in doors for shape in _shapes(door))]
    unique = list(dict.fromkeys(shapes))
    schemas, components = msgspec.json.schema_components(unique, ref_template=_REF)
    schema_of = dict(zip(unique, schemas, strict=True))
    paths: Json = {}
    for door in doors:
        paths.setdefault(_PARAMETER.sub(r"{\1}", door.path), {})[door.method.lower()] = _operation(
            door, schema_of, components
        )
    return {
        "openapi": VERSION,
        "info": {
            "title": title,
            "version": version,
            "description": "Instants are RFC 3339 in UTC. Money is whole minor units with a currency."
            " Refusals are RFC 9457 problems with a stable `code`.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _shapes(door: Door) -> list[Any]:
    shapes = [shape for shape in door.answers.values() if shape is not None and not isinstance(shape, str)]
    if door.reads is not None:
        shapes.append(door.reads)
    if door.asks is not None:
        shapes.append(door.asks)
    return shapes


def _operation(door: Door, schema_of: dict[Any, Json], components: Json) -> Json:
    summary, _, rest = (door.handle.__doc__ or "").strip().partition("\n")
    operation: Json = {
        "operationId": door.handle.__name__,
        "tags": [door.tag],
        "summary": summary.rstrip("."),
        "parameters": _parameters(door, components),
        "responses": _responses(door, schema_of),
    }
    if rest.strip():
        operation["description"] = re.sub(r"\s+", " ", rest).strip()
    if door.roles:
        operation["security"] = [{"key": sorted(role.value for role in door.roles)}]
    if door.reads is not None or (door.is_write and door.media):
        schema = schema_of[door.reads] if door.reads is not None else {"type": "string", "format": "binary"}
        operation["requestBody"] = {
            "required": True,
            "content": {
                media: {"schema": schema if media == JSON_MEDIA else {"type": "string", "format": "binary"}}
                for media in door.media
            },
        }
    return operation


def _parameters(door: Door, components: Json) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(door.path)
    ]
    if door.asks is not None:
        shape = components[door.asks.__name__]
        found += [
            {"name": name, "in": "query", "required": name in shape.get("required", ()), "schema": field}
            for name, field in shape["properties"].items()
        ]
    found += [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": meaning,
            "schema": {"type": "string"},
        }
        for name, meaning in door.headers.items()
    ]
    if door.is_write:
        found.append(_KEY_HEADER)
    return found


def _responses(door: Door, schema_of: dict[Any, Json]) -> Json:
    responses: Json = {}
    for status, shape in door.answers.items():
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if isinstance(shape, str):
            # Of JSON without a struct, only its media type is said.
            schema: Json = {} if shape == JSON_MEDIA else {"type": "string"}
            responses[str(status)]["content"] = {shape: {"schema": schema}}
        elif shape is not None:
            responses[str(status)]["content"] = {door.answer_media: {"schema": schema_of[shape]}}
    for status, media in door.also.items():
        responses[str(status)]["content"][media] = {"schema": {"type": "string"}}
    if door.roles and door.is_page:
        responses.setdefault("303", {"description": "See Other; without a key, the page that asks for one"})
    for status in sorted(_problems(door)):
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_MEDIA: {"schema": schema_of[Problem]}},
        }
    return responses


def _problems(door: Door) -> set[int]:
    """The refusals of a door: its own, and those that all doors of its kind share."""
    found = set(door.problems)
    if door.roles:
        # Who comes to a page without a key is sent to where they can give one.
        found |= {403} if door.is_page else {401, 403}
    if _PARAMETER.search(door.path):
        found.add(404)
    if door.asks is not None:
        found |= {400, 422}
    if door.is_write:
        found |= {400, 409, 413, 415, 422, 503}
    return found - set(door.answers)
