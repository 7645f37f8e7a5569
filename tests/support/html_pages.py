"""Reading of HTML pages in tests: tags must nest, nothing is inline, and the texts are those that readers see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "circle", "path"})


@dataclass
class Element:
    """An element of a page."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its text as a reader sees it, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()

    def all(self, tag: str, matches: "Callable[[Element], bool]" = lambda _element: True) -> "list[Element]":
        """The elements within it with this tag, in the order of the page."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and matches(child):
                    found.append(child)
                found += child.all(tag, matches)
        return found

    def one(self, tag: str, **attributes: str) -> "Element":
        """The only element within it with this tag and these attributes (`class_` for `class`)."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        (element,) = self.all(tag, lambda element: wanted.items() <= element.attributes.items())
        return element


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse_page(text: str) -> Element:
    """The page with this HTML. Tags must nest, ids must be unique, and nothing may be inline."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert len(parser.open) == 1, [element.tag for element in parser.open]
    (root,) = (child for child in parser.root.children if isinstance(child, Element))
    elements = _elements(root)
    ids = [element.attributes["id"] for element in elements if "id" in element.attributes]
    assert len(ids) == len(set(ids)), f"an id occurs twice: {sorted(ids)}"
    for element in elements:
        inline = [name for name in element.attributes if name == "style" or name.startswith("on")]
        assert not inline, f"<{element.tag}> has {inline}"
        assert element.tag != "style"
        assert element.tag != "script" or element.attributes["src"].startswith("/static/")
        for name in ("for", "form", "aria-labelledby", "aria-describedby"):
            for reference in element.attributes.get(name, "").split():
                assert reference in ids, f"<{element.tag} {name}={reference}>: no such id"
    return root


def _elements(element: Element) -> list[Element]:
    children = [child for child in element.children if isinstance(child, Element)]
    return [element, *(found for child in children for found in _elements(child))]
