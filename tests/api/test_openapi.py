"""The OpenAPI document: the service does what it says, and it reads like documentation."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Annotated, Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as configured
from hypothesis.errors import Unsatisfiable
from pydantic import TypeAdapter
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.openapi import from_asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.api import documentation
from app.main import create_app
from app.schemas.base.fields import Schema
from app.settings import Settings
from app.vocabulary import Role

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

EXAMPLES = 5
"""Requests to each operation, of each kind: as documented, and not as documented."""

ROOT = "http://testserver"


@pytest.fixture
def known(
    api: TestClient,
    editor: dict[str, str],
    record: Callable[..., dict[str, Any]],
    key_of: Callable[[Role], dict[str, str]],
) -> dict[str, str]:
    """The id of one object of each noun, so that paths also lead somewhere."""
    source, document, topic = record("sources"), record("documents"), record("topics")
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 11000}
    claim = record("claims", topic=topic["id"], time="2025-01", quantities=[figure])
    other = record("claims", adverse_to=source["id"])
    said = record("attributions", claim=claim["id"], source=source["id"], stance="asserts", document=document["id"])
    shown = record("evidence", claim=claim["id"], document=document["id"], role="context")
    related = record("relations", claim=claim["id"], other_claim=other["id"], relation="refines")
    captured = api.post(f"documents/{document['id']}/captures", content=b"<p>Words.</p>", headers=editor).json()
    made = {"captures": captured, "claims": claim, "sources": source, "documents": document, "topics": topic}
    made |= {"attributions": said, "evidence": shown, "relations": related, "queue": claim}
    for noun, fields in (("people", {"byline": "Desk 3"}), ("keys", {"label": "spare"})):
        made[noun] = api.post(noun, json=fields, headers=key_of(Role.ADMIN)).json()
    return {noun: one["id"] for noun, one in made.items()}


@pytest.mark.parametrize("role", [None, Role.ADMIN], ids=["without a key", "with a key"])
def test_the_service_does_what_its_document_says(
    settings: Settings, key_of: Callable[[Role], dict[str, str]], known: dict[str, str], role: Role | None
) -> None:
    """No 5xx, no status and no media type that is not documented, no answer that is not as its schema says."""
    app = create_app(settings)
    headers = {} if role is None else key_of(role)
    for result in from_asgi(documentation.OPENAPI, app).get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if role is not None or {} in operation.definition.raw["security"]:
            ask(operation, GenerationMode.POSITIVE, headers, known)
            # Neither a key nor the engine makes a difference to what is refused for its form.
            if role is not None and app.state.database.is_sqlite:
                ask(operation, GenerationMode.NEGATIVE, headers, known)
    # schemathesis keeps the service until the end of the process.
    app.state.database.close()


def ask(operation: Any, mode: GenerationMode, headers: dict[str, str], known: dict[str, str]) -> None:
    """Make so many requests to an operation and check the answers."""
    noun = operation.path.split("/")[3]

    @configured(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def each(case: Any) -> None:
        sent = dict(headers)
        if mode is GenerationMode.POSITIVE:
            # As documented, and of something that is there.
            real = {"identifier": known.get(noun), "version": 1}
            case.path_parameters = {name: real.get(name, value) for name, value in case.path_parameters.items()}
            sent |= {"If-Match": "*"} if operation.method == "patch" else {}
        case.call_and_validate(headers=sent, checks=CHECKS)

    # Some routes take nothing that could be wrong.
    with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
        each()


def test_whoever_has_no_key_writes_nothing(api: TestClient) -> None:
    for path, method, _operation in operations(api):
        if method != "get":
            answer = api.request(method, ROOT + path, json={})
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"


# --- as documentation ---


def operations(api: TestClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation with its path and method."""
    for path, methods in api.get("openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_operation_is_described(api: TestClient) -> None:
    names = []
    for path, method, operation in operations(api):
        assert operation["summary"], (method, path)
        assert operation["description"].endswith((".", ":")), (method, path)
        assert operation["tags"], (method, path)
        names.append(operation["operationId"])
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (method, path, parameter["name"])
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and "api_v1" not in name for name in names)


def test_every_way_to_fail_is_documented_as_a_problem(api: TestClient) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, method, operation in operations(api):
        answers = operation["responses"]
        refusals = {status: answer for status, answer in answers.items() if status >= "400"}
        assert {"401", "422", "503"} <= refusals.keys(), (method, path)
        if "{" in path:
            assert "404" in refusals, (method, path)
        if method != "get":
            assert {"400", "403", "413"} <= refusals.keys(), (method, path)
            assert operation["security"], (method, path)
        if method == "patch":
            assert {"412", "428"} <= refusals.keys(), path
        for status, answer in refusals.items():
            assert answer["description"], (method, path, status)
            assert answer["content"] == problem, (method, path, status)


def test_every_field_is_described(api: TestClient) -> None:
    shapes = api.get("openapi.json").json()["components"]["schemas"]
    undescribed = [
        f"{name}.{field}"
        for name, shape in shapes.items()
        for field, value in shape.get("properties", {}).items()
        # Pydantic leaves out a description that the list of words behind the field has too.
        if not value.get("description") and not described(shapes, value)
    ]

    assert undescribed == []
    assert [name for name, shape in shapes.items() if not shape.get("description")] == []


def described(shapes: dict[str, Any], value: dict[str, Any]) -> bool:
    name = value.get("$ref", "").rpartition("/")[2]
    return bool(shapes.get(name, {}).get("description"))


def test_whoever_writes_finds_examples(api: TestClient) -> None:
    """Of every shape that is sent, some field shows what it looks like."""
    shapes = api.get("openapi.json").json()["components"]["schemas"]
    for path, method, operation in operations(api):
        sent = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if sent is not None:
            shape = shapes[sent["schema"]["$ref"].rpartition("/")[2]]
            examples = [field for field, value in shape["properties"].items() if value.get("examples")]
            assert examples, (method, path)


def test_examples_are_good() -> None:
    """Each example of a field is something that the field takes."""
    waiting, seen = list(Schema.__subclasses__()), 0
    while waiting:
        shape = waiting.pop()
        waiting += shape.__subclasses__()
        for field in shape.model_fields.values():
            kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            for example in field.examples or ():
                TypeAdapter(kind).validate_python(example)
                seen += 1
    assert seen > 20
