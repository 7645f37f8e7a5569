"""Field descriptions from attribute docstrings: the string below a field becomes its description.

Pydantic can do this too (`use_attribute_docstrings`), but it extracts the source of every class separately and searches
in vain for the source of every parametrised `Page[...]`; that took a third of the startup time. Here each module is
parsed once.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.abc import InspectLoader
from inspect import cleandoc
from itertools import pairwise

from pydantic import BaseModel


class Described(BaseModel):
    """A model whose field descriptions are the attribute docstrings below its fields."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Set the descriptions of a new subclass's own fields; inherited fields already have theirs."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, text in _module_docstrings(cls.__module__).get(cls.__qualname__, {}).items():
            field = cls.model_fields.get(name)
            if field is not None and field.description is None:
                field.description = text


@lru_cache
def _module_docstrings(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the attribute docstrings of a module's top-level classes, by class name and attribute name."""
    loader = getattr(sys.modules.get(name), "__loader__", None)
    source = loader.get_source(name) if isinstance(loader, InspectLoader) else None
    classes = [node for node in ast.parse(source or "").body if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_attribute_docstrings(node)) for node in classes}


def _attribute_docstrings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for attribute, next_statement in pairwise(node.body):
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name):
            match next_statement:
                case ast.Expr(value=ast.Constant(value=str() as text)):
                    yield attribute.target.id, cleandoc(text)
