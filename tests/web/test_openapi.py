"""OpenAPI: the document says what the code does."""

import re
from typing import Any

from tests.web.town import Town

from doorstep.web.routes import DOORS


def walk(node: Any, found: set[str]) -> set[str]:  # noqa: ANN401 - any piece of a document
    """Every reference below a node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            found.add(node["$ref"])
        for value in node.values():
            walk(value, found)
    elif isinstance(node, list):
        for value in node:
            walk(value, found)
    return found


def test_every_door_is_in_the_document(town: Town) -> None:
    """Each route stands in it with its method, an id of its own, answers and refusals."""
    paths = town.api.openapi()["paths"]
    ids = set()
    for door in DOORS:
        operation = paths[re.sub(r":path", "", door.path)][door.method.lower()]
        ids.add(operation["operationId"])
        assert operation["summary"]
        assert {str(status) for status in door.answers} <= operation["responses"].keys()
        if door.roles:
            assert ("303" if door.is_page else "401") in operation["responses"]
            assert operation["security"]
        if "{" in door.path:
            assert "404" in operation["responses"]
            names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
            assert names == set(re.findall(r"{(\w+)", door.path))
        if door.reads is not None:
            assert operation["requestBody"]["content"]
    assert len(ids) == len(DOORS)


def test_every_reference_leads_somewhere(town: Town) -> None:
    """No schema is named that the document does not hold."""
    document = town.api.openapi()
    schemas = document["components"]["schemas"]
    for reference in walk(document, set()):
        assert reference.removeprefix("#/components/schemas/") in schemas


def test_refusals_are_documented_as_problems(town: Town) -> None:
    """Every status from 400 on has the problem's schema."""
    for methods in town.api.openapi()["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                # A wrong key at the sign-in is said on its own page.
                if int(status) >= 400 and operation["operationId"] != "sign_in":
                    content = response["content"]["application/problem+json"]
                    assert content["schema"]["$ref"].endswith("/Problem")


def test_a_door_without_its_body_says_what_is_missing(town: Town) -> None:
    """Each documented body's required fields are what the door asks for, field by field."""
    document = town.api.openapi()
    seen = 0
    for door in DOORS:
        if door.reads is None or not door.path.startswith("/v1/driver/positions"):
            continue
        schema = document["components"]["schemas"][door.reads.__name__]
        driver = town.app.network.shifts[0].driver
        answer = town.json(driver, door.method, door.path, {}, 422)
        assert {error["field"] for error in answer["errors"]} == set(schema["required"])
        seen += 1
    assert seen
