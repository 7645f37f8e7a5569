"""Names in the code: one public class of each name, and locals that say what they hold."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

APP = Path(__file__).parents[1] / "app"

EMPTY_NAMES = frozenset({"one", "said", "told", "held", "asked"})
"""Names that say nothing about what they hold. The record has a field `said`, which is not a local."""


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(APP.rglob("*.py")):
        yield path.relative_to(APP.parent), ast.parse(path.read_text())


def locals_and_parameters(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Every name that a function or a comprehension binds, with its line."""
    fields = {
        statement
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign | ast.Assign)
    }
    names_of_fields = {id(name) for statement in fields for name in ast.walk(statement)}
    for node in ast.walk(module):
        if isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in names_of_fields:
            yield node.id, node.lineno


def test_no_two_public_classes_have_the_same_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path, module in modules():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_locals_and_parameters_say_what_they_hold() -> None:
    empty = [
        f"{path}:{line} {name}"
        for path, module in modules()
        for name, line in locals_and_parameters(module)
        if name.strip("_") in EMPTY_NAMES
    ]
    assert empty == []
