"""The OpenAPI document: the service conforms to it, and it is complete as documentation."""

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
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

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

EXAMPLES = 5
"""How many valid and how many invalid requests are sent to each operation."""

ROOT = "http://testserver"


@pytest.fixture
def ids(
    api: TestClient,
    editor: dict[str, str],
    record: Callable[..., dict[str, Any]],
    key_of: Callable[[Role], dict[str, str]],
) -> dict[str, str]:
    """The id of one object of each noun, for paths that exist."""
    source, document, topic = record("sources"), record("documents"), record("topics")
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 11000}
    claim = record("claims", topic=topic["id"], time="2025-01", quantities=[figure])
    other = record("claims", adverse_to=source["id"])
    attribution = record(
        "attributions", claim=claim["id"], source=source["id"], stance="asserts", document=document["id"]
    )
    evidence = record("evidence", claim=claim["id"], document=document["id"], role="context")
    relation = record("relations", claim=claim["id"], other_claim=other["id"], relation="refines")
    capture = api.post(f"documents/{document['id']}/captures", content=b"<p>Words.</p>", headers=editor).json()
    objects = {"captures": capture, "claims": claim, "sources": source, "documents": document, "topics": topic}
    objects |= {"attributions": attribution, "evidence": evidence, "relations": relation, "queue": claim}
    for noun, fields in (("people", {"byline": "Desk 3"}), ("keys", {"label": "spare"})):
        objects[noun] = api.post(noun, json=fields, headers=key_of(Role.ADMIN)).json()
    return {noun: body["id"] for noun, body in objects.items()}


@pytest.mark.parametrize("role", [None, Role.ADMIN], ids=["without a key", "with a key"])
def test_responses_conform_to_the_openapi_document(
    settings: Settings, key_of: Callable[[Role], dict[str, str]], ids: dict[str, str], role: Role | None
) -> None:
    """No 5xx, no undocumented status or media type, and no response that its schema does not allow."""
    app = create_app(settings)
    headers = {} if role is None else key_of(role)
    tested = 0
    for result in from_asgi(documentation.OPENAPI, app).get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if role is not None or {} in operation.definition.raw["security"]:
            call_operation(operation, GenerationMode.POSITIVE, headers, ids)
            tested += 1
            # Validation depends neither on the key nor on the engine.
            if role is not None and app.state.database.is_sqlite:
                call_operation(operation, GenerationMode.NEGATIVE, headers, ids)
    assert tested > (20 if role is None else 60)
    # schemathesis keeps a reference to the application until the process ends.
    app.state.database.close()


def call_operation(operation: Any, mode: GenerationMode, headers: dict[str, str], ids: dict[str, str]) -> None:
    """Send requests to an operation and check the responses against the document."""
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
    def send_example(case: Any) -> None:
        request_headers = dict(headers)
        if mode is GenerationMode.POSITIVE:
            # Existing objects, because random ids would only give 404.
            existing = {"identifier": ids.get(noun), "version": 1}
            case.path_parameters = {name: existing.get(name, value) for name, value in case.path_parameters.items()}
            request_headers |= {"If-Match": "*"} if operation.method == "patch" else {}
        case.call_and_validate(headers=request_headers, checks=CHECKS)

    # Some routes have no parameters or body that could be invalid.
    with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
        send_example()


def test_every_write_needs_a_key(api: TestClient) -> None:
    for path, method, _operation in operations(api):
        if method != "get":
            response = api.request(method, ROOT + path, json={})
            assert response.status_code == 401, (method, path)
            assert response.headers["content-type"] == "application/problem+json"


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


def test_every_error_response_is_documented_as_a_problem_document(api: TestClient) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, method, operation in operations(api):
        responses = operation["responses"]
        refusals = {status: response for status, response in responses.items() if status >= "400"}
        assert {"401", "422", "503"} <= refusals.keys(), (method, path)
        if "{" in path:
            assert "404" in refusals, (method, path)
        if method != "get":
            assert {"400", "403", "413"} <= refusals.keys(), (method, path)
            assert operation["security"], (method, path)
        if method == "patch":
            assert {"412", "428"} <= refusals.keys(), path
        for status, response in refusals.items():
            assert response["description"], (method, path, status)
            assert response["content"] == problem, (method, path, status)


def test_every_field_is_described(api: TestClient) -> None:
    schemas = api.get("openapi.json").json()["components"]["schemas"]
    undescribed = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, property_ in schema.get("properties", {}).items()
        # Pydantic omits the description of a field if the referenced schema has one.
        if not property_.get("description") and not has_description(schemas, property_)
    ]

    assert undescribed == []
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


def has_description(schemas: dict[str, Any], field: dict[str, Any]) -> bool:
    name = field.get("$ref", "").rpartition("/")[2]
    return bool(schemas.get(name, {}).get("description"))


def test_every_request_body_has_an_example_of_some_field(api: TestClient) -> None:
    """Swagger UI and generated clients show them."""
    schemas = api.get("openapi.json").json()["components"]["schemas"]
    for path, method, operation in operations(api):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
            examples = [field for field, property_ in schema["properties"].items() if property_.get("examples")]
            assert examples, (method, path)


def test_every_example_is_valid() -> None:
    """Each example of a field or of a whole schema is valid."""
    pending, example_count = list(Schema.__subclasses__()), 0
    while pending:
        schema = pending.pop()
        pending += schema.__subclasses__()
        extra = schema.model_config.get("json_schema_extra")
        for example in extra.get("examples", ()) if isinstance(extra, dict) else ():  # type: ignore[union-attr]
            schema.model_validate(example)
        for field in schema.model_fields.values():
            kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            for example in field.examples or ():
                TypeAdapter(kind).validate_python(example)
                example_count += 1
    assert example_count > 20


# --- prefilled requests, as Swagger UI and other tools generate them from the document ---


def prefilled(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """The value that Swagger UI prefills for a schema: its example, its default, or a sample of its type."""
    if "$ref" in schema:
        target = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return prefilled(document, {**target, **{name: schema[name] for name in schema if name != "$ref"}})
    default = [schema["default"]] if "default" in schema else []
    values = [*schema.get("examples", [])[:1], *default, *schema.get("enum", [])]
    if values:
        return values[0]
    if "anyOf" in schema:
        return prefilled(document, schema["anyOf"][0])
    if schema["type"] == "object":
        return {name: prefilled(document, field) for name, field in schema["properties"].items()}
    return {"string": "string", "integer": 0, "number": 0, "boolean": True, "array": []}[schema["type"]]


def test_optional_parameters_without_a_default_have_no_example(api: TestClient) -> None:
    """A prefilled filter would find nothing, and a prefilled cursor or Idempotency-Key would be wrong."""
    for path, method, operation in operations(api):
        for parameter in operation.get("parameters", []):
            if not parameter["required"] and "default" not in parameter["schema"]:
                examples = {"example", "examples"} & (parameter.keys() | parameter["schema"].keys())
                assert not examples, (method, path, parameter["name"])


def test_prefilled_bodies_are_accepted(
    api: TestClient,
    editor: dict[str, str],
    key_of: Callable[[Role], dict[str, str]],
    record: Callable[..., dict[str, Any]],
    ids: dict[str, str],
) -> None:
    """The generated example bodies are valid if only the identifiers are replaced."""
    document = api.get("openapi.json").json()
    identifiers = {
        "clm_01jhf3m8w5k6v0x2s9r7q4t1ya": ids["claims"],
        "clm_01jhf3m8w5k6v0x2s9r7q4t1yb": record("claims")["id"],
        "src_01jhf3m8w5k6v0x2s9r7q4t1ya": ids["sources"],
        "doc_01jhf3m8w5k6v0x2s9r7q4t1ya": ids["documents"],
        '"Desk 3"': '"Desk 7"',  # the fixture uses the byline Desk 3
    }
    # These depend on the state of the record: origins, an open proposal, the current version.
    untestable = ("/independence-rulings", "/sign-offs", "/merge", "/claims/{identifier}/proposals")
    accepted = 0
    for path, method, operation in operations(api):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or path.endswith(untestable):
            continue
        body = json.dumps(prefilled(document, content["schema"]))
        for example, identifier in identifiers.items():
            body = body.replace(example, identifier)
        address = path.replace("{identifier}", ids[path.split("/")[3]])
        is_about_people = path.split("/")[3] in ("people", "keys")
        headers = {**(key_of(Role.ADMIN) if is_about_people else editor), "Content-Type": "application/json"}
        headers |= {"If-Match": "*"} if method == "patch" else {}
        response = api.request(method, ROOT + address, content=body, headers=headers)
        assert response.is_success, (method, path, body, response.text)
        accepted += 1
    assert accepted > 20


def test_figures_may_be_sent_as_decimal_strings(record: Callable[..., dict[str, Any]]) -> None:
    """The document allows strings, because generated clients keep exact decimals as strings."""
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "between", "low": "11000", "high": "12000.5"}

    (quantity,) = record("claims", quantities=[figure])["quantities"]

    assert (quantity["low"], quantity["best"], quantity["high"]) == (11000, None, 12000.5)


def prefilled_requests(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each GET that needs no key, as Swagger UI prefills it: its path and its parameters.

    Operations whose required parameters have no example are left out: there the reader has to fill them in.
    """
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if operation is None or {} not in operation["security"]:
            continue
        values: dict[str, Any] = {}
        for parameter in operation.get("parameters", ()):
            schema = parameter.get("schema", {})
            value = parameter.get("example", next(iter(schema.get("examples", ())), schema.get("default")))
            if value is not None:
                values[parameter["name"]] = value
            elif parameter.get("required"):
                break
        else:
            address = path
            for name in [name for name in values if f"{{{name}}}" in path]:
                address = address.replace(f"{{{name}}}", str(values.pop(name)))
            yield address, values


def test_every_prefilled_read_succeeds(api: TestClient, editor: dict[str, str]) -> None:
    story = (Path(__file__).parents[2] / "seed_data" / "01-story-january-2025.json").read_bytes()
    api.post("imports", content=story, headers=editor).raise_for_status()
    requests = dict(prefilled_requests(api.get("openapi.json").json()))

    claim_reads = [address for address in requests if address.startswith("/api/v1/claims/clm_")]
    assert len(claim_reads) == 5, "one claim, its version, history, reviews and rulings"
    for address, parameters in requests.items():
        response = api.get(f"{ROOT}{address}", params=parameters)
        assert response.status_code == 200, (address, parameters, response.text)
    for plural in ("topics", "sources", "documents", "attributions", "evidence", "relations"):
        assert any(address.startswith(f"/api/v1/{plural}/") for address in requests), plural


def test_examples_follow_the_record(api: TestClient, record: Callable[..., dict[str, Any]]) -> None:
    def example() -> Any:
        operation = api.get("openapi.json").json()["paths"]["/api/v1/claims/{identifier}"]["get"]
        return next(
            parameter.get("example") for parameter in operation["parameters"] if parameter["name"] == "identifier"
        )

    assert example() is None
    draft = record("claims", stage="draft")
    assert example() is None, "a draft is not public"
    published = record("claims")
    assert draft["id"] != example() == published["id"]


def test_an_empty_record_has_no_examples_of_identifiers(api: TestClient) -> None:
    document = api.get("openapi.json").json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in ("identifier", "cited", "object"):
                    assert "example" not in parameter, path
                    assert "examples" not in parameter["schema"], path
