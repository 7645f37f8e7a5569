"""What stands under the fields of shapes, as their descriptions.

Pydantic can do this too (`use_attribute_docstrings`), but cuts each shape out of its source by itself, and looks for
every page of something in vain: that was a third of all that a start took. Here a module is read once.
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
    """A shape whose fields are described by the strings under them."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        """Describe the fields of a new shape. Those that it inherits have been described."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, text in _of_module(cls.__module__).get(cls.__qualname__, {}).items():
            described = cls.model_fields.get(name)
            if described is not None and described.description is None:
                described.description = text


@lru_cache
def _of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """The strings under the attributes of the classes of a module, by class and attribute."""
    loader = getattr(sys.modules.get(name), "__loader__", None)
    source = loader.get_source(name) if isinstance(loader, InspectLoader) else None
    classes = [node for node in ast.parse(source or "").body if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_under_attributes(node)) for node in classes}


def _under_attributes(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for attribute, below in pairwise(node.body):
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str() as text)):
                    yield attribute.target.id, cleandoc(text)
