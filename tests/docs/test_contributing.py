"""The recipes in CONTRIBUTING.md work: each is carried out on a copy of the code, and its check is run."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
COPIED = ("app", "migrations", "docs", "tests/__init__.py", "tests/support", "pyproject.toml", "README.md")

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"(?:New file|In) `([^`]+)`")


class Step(NamedTuple):
    """One code block of a recipe."""

    kind: str
    """new, edit or check."""
    path: str
    text: str


def recipes() -> dict[str, list[Step]]:
    """The steps of each recipe, by its heading."""
    page = (ROOT / "CONTRIBUTING.md").read_text().partition("## Recipes")[2]
    sections = re.split(r"^### (.+)$", page, flags=re.MULTILINE)[1:]
    return {heading: list(steps(text)) for heading, text in zip(sections[::2], sections[1::2], strict=True)}


def steps(section: str) -> Iterator[Step]:
    path, end = "", 0
    for block in _BLOCK.finditer(section):
        prose = section[end : block.start()]
        end = block.end()
        language, text = block.groups()
        if named := _FILE.findall(prose):
            path = named[-1]
        if language == "diff":
            yield Step("edit", path, text)
        else:
            yield Step("check" if "Check:" in prose else "new", path, text)


def edit(path: Path, diff: str) -> None:
    """Apply a diff without line numbers: its old lines must occur exactly once."""
    lines = diff.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] != "+")
    after = "\n".join(line[1:] for line in lines if line[:1] != "-")
    text = path.read_text()
    assert text.count(before) == 1, f"{path.name} has these lines {text.count(before)} times:\n{before}"
    path.write_text(text.replace(before, after))


@pytest.mark.parametrize("recipe", recipes())
def test_the_recipe_works(recipe: str, tmp_path: Path) -> None:
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    kinds = [step.kind for step in recipes()[recipe]]
    assert kinds[-1] == "check"
    assert kinds.count("check") == 1
    for step in recipes()[recipe][:-1]:
        if step.kind == "new":
            (tmp_path / step.path).write_text(step.text)
        else:
            edit(tmp_path / step.path, step.text)
    check = recipes()[recipe][-1].text
    without_steps = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False)
    assert without_steps.returncode != 0, "the check passes without the recipe"
    done = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_there_are_five_recipes() -> None:
    assert len(recipes()) == 5
