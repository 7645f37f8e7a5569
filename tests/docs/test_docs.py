"""The documentation: the examples in the README are correct, and generated pages are up to date."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app import settings as configuration
from app.cli.main import app as attest
from app.cli.reference import vocabulary_page
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.proofs import content_hash
from tests.support import seed_citations

ROOT = Path(__file__).parents[2]

_CAPTURE = re.compile(r"(\w+)=\$\(curl -s '([^']+)' \| grep -o '([^']+)' \| head -n 1\)")
"""How the README stores an identifier: `NAME=$(curl -s 'address' | grep -o 'pattern' | head -n 1)`."""


def _examples() -> Iterator[tuple[str, list[str]]]:
    """The commands in the README that read from the service, each with the documented output."""
    for block in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *output = part.splitlines()
            if command.startswith("curl -s ") or _CAPTURE.fullmatch(command):
                yield command, output


@pytest.fixture
def seeded(api: TestClient, url: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A service with the seed data, imported as by `make run`."""
    monkeypatch.setenv("ATTEST_DATABASE_URL", url)
    configuration.load.cache_clear()
    result = CliRunner().invoke(attest, ["import", str(ROOT / "seed_data")])
    configuration.load.cache_clear()
    assert result.exit_code == 0, result.output
    return api


def test_the_examples_in_the_readme_are_correct(seeded: TestClient) -> None:
    def fetch(address: str) -> str:
        response = seeded.get(address.removeprefix("localhost:8000/api/v1/"))
        assert response.status_code == 200, (address, response.text)
        return response.text

    variables: dict[str, str] = {}
    examples = list(_examples())
    assert len(examples) >= 5
    for command, output in examples:
        if capture := _CAPTURE.fullmatch(command):
            name, address, pattern = capture.groups()
            variables[name] = re.findall(pattern, fetch(address))[0]
            continue
        address = Template(shlex.split(command)[2]).substitute(variables)
        lines = json.dumps(json.loads(fetch(address)), indent=4).splitlines()
        for block in _blocks(output):
            start = next((index for index in range(len(lines)) if lines[index : index + len(block)] == block), None)
            assert start is not None, f"{command}\nno longer answers\n" + "\n".join(block)
            lines = lines[start + len(block) :]


def _blocks(output: list[str]) -> Iterator[list[str]]:
    """The groups of consecutive lines. An ellipsis marks the lines that are left out between them."""
    for block in "\n".join(output).split("…"):
        if lines := block.strip("\n").splitlines():
            yield lines


def test_the_vocabulary_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "vocabulary.md").read_text() == vocabulary_page(), (
        "run: attest reference > docs/vocabulary.md"
    )


def test_the_pages_of_citations_are_up_to_date() -> None:
    for name, text in seed_citations.pages():
        page = (seed_citations.FOLDER / name).read_bytes().decode()  # RIS ends lines with CR LF
        assert page == text, "run: python -m tests.support.seed_citations"


def test_the_recipe_of_the_content_hash_equals_the_docstring() -> None:
    recipe = (content_hash.__doc__ or "").partition("\n\n* ")[2]
    assert recipe
    assert recipe.strip() in (ROOT / "docs" / "citations.md").read_text(encoding="utf-8")


def test_every_citation_format_is_documented() -> None:
    page = (ROOT / "docs" / "citations.md").read_text(encoding="utf-8")
    for name, citation_format in CITATION_FORMATS.items():
        assert f"| `{name}` | `.{citation_format.suffix}` | " in page, name
        assert (f"`{citation_format.media_type}`" in page) == citation_format.accepted, name
