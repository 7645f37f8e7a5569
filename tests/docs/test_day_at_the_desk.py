"""The day at the desk that the README tells runs as it is told."""

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
    r"(?P<who>\w+) +(?P<method>[A-Z]+) +(?P<path>\S+)(?: (?P<body>.*))? → (?P<status>\d+)(?: (?P<told>.*))?"
)

ROLES = {"Ed": Role.EDITOR, "Anna": Role.FACT_CHECKER, "Boris": Role.FACT_CHECKER}


class Step(NamedTuple):
    """One line of the day."""

    who: str
    method: str
    path: str
    body: str | None
    status: str
    told: str | None


def steps() -> Iterator[Step]:
    """The lines, in their order."""
    (block,) = re.findall(r"```desk\n(.*?)```", README.read_text(), re.DOTALL)
    for line in block.splitlines():
        found = _LINE.fullmatch(line)
        assert found is not None, line
        yield Step(**found.groupdict())


@pytest.fixture
def headers(database: Database) -> dict[str, dict[str, str]]:
    """What each of them sends."""
    with database.writing() as connection:
        issued = {who: keys.issue(connection, who, role)[1] for who, role in ROLES.items()}
    return {"anyone": {}} | {who: {"Authorization": f"Bearer {key}"} for who, key in issued.items()}


def test_the_day_goes_as_the_readme_tells(api: TestClient, headers: dict[str, dict[str, str]]) -> None:
    known: dict[str, str] = {}

    def filled(text: str) -> str:
        text = re.sub(r"\{(\w+)\}", lambda name: known[name[1]], text)
        return re.sub(r"=@(\w+)", lambda name: f"={known[name[1]]}", text)

    told = list(steps())
    assert len(told) > 15
    for step in told:
        path, sent = filled(step.path), headers[step.who]
        if step.method == "PATCH":
            sent = sent | {"If-Match": api.get(path, headers=sent).headers["ETag"]}
        if step.body is not None and step.body.startswith("{"):
            sent = sent | {"Content-Type": "application/json"}
        body = None if step.body is None else filled(step.body).encode()
        answer = api.request(step.method, path, content=body, headers=sent)

        assert str(answer.status_code) == step.status, (step, answer.text)
        if step.told is None:
            continue
        said, _, moment = step.told.partition(" @")
        if re.fullmatch(r"[a-z]+", said):
            known[said] = answer.json()["id"]
        else:
            assert said in answer.text, (step, answer.text)
        if moment:
            known[moment] = answer.json()["recorded_at"]
