"""Documentation is tested: the README's examples are run, generated pages equal the code."""

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
"""How the README keeps an identifier: `NAME=$(curl -s 'address' | grep -o 'pattern' | head -n 1)`."""


def _examples() -> Iterator[tuple[str, list[str]]]:
    """Commands of the README that read from the service, each with the output that it shows."""
    for block in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *output = part.splitlines()
            if command.startswith("curl -s ") or _CAPTURE.fullmatch(command):
                yield command, output


@pytest.fixture
def seeded(api: TestClient, url: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A service with the seed data, loaded as `make run` does."""
    monkeypatch.setenv("ATTEST_DATABASE_URL", url)
    configuration.load.cache_clear()
    done = CliRunner().invoke(attest, ["import", str(ROOT / "seed_data")])
    configuration.load.cache_clear()
    assert done.exit_code == 0, done.output
    return api


def test_the_examples_of_the_readme_answer_as_it_says(seeded: TestClient) -> None:
    def ask(address: str) -> str:
        answer = seeded.get(address.removeprefix("localhost:8000/api/v1/"))
        assert answer.status_code == 200, (address, answer.text)
        return answer.text

    kept: dict[str, str] = {}
    examples = list(_examples())
    assert len(examples) >= 5
    for command, output in examples:
        if capture := _CAPTURE.fullmatch(command):
            name, address, pattern = capture.groups()
            kept[name] = re.findall(pattern, ask(address))[0]
            continue
        address = Template(shlex.split(command)[2]).substitute(kept)
        lines = json.dumps(json.loads(ask(address)), indent=4).splitlines()
        for block in _blocks(output):
            place = next((at for at in range(len(lines)) if lines[at : at + len(block)] == block), None)
            assert place is not None, f"{command}\nno longer answers\n" + "\n".join(block)
            lines = lines[place + len(block) :]


def _blocks(output: list[str]) -> Iterator[list[str]]:
    """The lines that stand together; what is left out between them is marked with an ellipsis."""
    for block in "\n".join(output).split("…"):
        if lines := block.strip("\n").splitlines():
            yield lines


def test_the_vocabulary_page_is_the_code() -> None:
    assert (ROOT / "docs" / "vocabulary.md").read_text() == vocabulary_page(), (
        "run: attest reference > docs/vocabulary.md"
    )


def test_the_pages_of_citations_are_what_the_code_gives() -> None:
    for name, text in seed_citations.pages():
        kept = (seed_citations.FOLDER / name).read_bytes().decode()  # RIS ends lines with CR LF
        assert kept == text, "run: python -m tests.support.seed_citations"


def test_the_recipe_of_the_content_hash_is_that_of_the_code() -> None:
    recipe = (content_hash.__doc__ or "").partition("\n\n* ")[2]
    assert recipe
    assert recipe.strip() in (ROOT / "docs" / "citations.md").read_text(encoding="utf-8")


def test_every_format_of_citations_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "citations.md").read_text(encoding="utf-8")
    for name, one in CITATION_FORMATS.items():
        assert f"| `{name}` | `.{one.suffix}` | " in page, name
        assert (f"`{one.media_type}`" in page) == one.accepted, name
