"""The day at the desk in the README: each request gets the documented response."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi.testclient import TestClient

from app.db.engine import Database
from app.services.people import keys
from app.vocabulary import Role

README = Path(__file__).parents[2] / "README.md"

_LINE = re.compile(
    r"(?P<person>\w+) +(?P<method>[A-Z]+) +(?P<path>\S+)(?: (?P<body>.*))? → (?P<status>\d+)(?: (?P<expected>.*))?"
)

ROLES = {"Ed": Role.EDITOR, "Anna": Role.FACT_CHECKER, "Boris": Role.FACT_CHECKER}


class Step(NamedTuple):
    """A line of the example: who sends which request, and the documented response."""

    person: str
    method: str
    path: str
    body: str | None
    status: str
    expected: str | None


def steps() -> Iterator[Step]:
    """The lines of the example, in order."""
    (block,) = re.findall(r"```desk\n(.*?)```", README.read_text(), re.DOTALL)
    for line in block.splitlines():
        match = _LINE.fullmatch(line)
        assert match is not None, line
        yield Step(**match.groupdict())


@pytest.fixture
def headers(database: Database) -> dict[str, dict[str, str]]:
    """Headers with the key of each person."""
    with database.writing() as connection:
        issued = {name: keys.issue(connection, name, role)[1] for name, role in ROLES.items()}
    return {"anyone": {}} | {name: {"Authorization": f"Bearer {key}"} for name, key in issued.items()}


def test_the_day_at_the_desk_in_the_readme_is_correct(api: TestClient, headers: dict[str, dict[str, str]]) -> None:
    values: dict[str, str] = {}

    def with_values(text: str) -> str:
        text = re.sub(r"\{(\w+)\}", lambda match: values[match[1]], text)
        return re.sub(r"=@(\w+)", lambda match: f"={values[match[1]]}", text)

    all_steps = list(steps())
    assert len(all_steps) > 15
    for step in all_steps:
        path, request_headers = with_values(step.path), headers[step.person]
        if step.method == "PATCH":
            request_headers = request_headers | {"If-Match": api.get(path, headers=request_headers).headers["ETag"]}
        if step.body is not None and step.body.startswith("{"):
            request_headers = request_headers | {"Content-Type": "application/json"}
        body = None if step.body is None else with_values(step.body).encode()
        response = api.request(step.method, path, content=body, headers=request_headers)

        assert str(response.status_code) == step.status, (step, response.text)
        if step.expected is None:
            continue
        expected, _, moment = step.expected.partition(" @")
        if re.fullmatch(r"[a-z]+", expected):
            values[expected] = response.json()["id"]
        else:
            assert expected in response.text, (step, response.text)
        if moment:
            values[moment] = response.json()["recorded_at"]
