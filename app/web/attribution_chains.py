"""Who says so, as it is drawn: from the origins through their relays to the document.

Attributions that lead through the same relays to the same document are one branch, so that two services quoted by one
author are drawn as two origins of one relay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.vocabulary import ASSERTING_STANCES, Lineage, Stance

Row = Mapping[str, Any]


@dataclass
class Node:
    """A source in a chain."""

    source: Row
    stance: str
    attribution_id: str
    is_origin: bool = False
    is_unknown: bool = False
    """True if it is not known from where the source has it."""
    is_gone: bool = False
    """True if the attribution was retracted or withdrawn."""
    retraction: Row | None = None
    quotes: list[Row] = field(default_factory=list)


@dataclass
class Branch:
    """Origins that lead through the same relays to the same document."""

    starts: list[Node]
    """The furthest sources known: origins, or sources of whom it is not known from where they have it."""
    relays: list[Node]
    """The sources that pass it on, nearest to the origin first."""
    document: Row | None
    """The document that it was published in; None if none is on record."""
    said: str | None
    """When it was said (EDTF)."""


@dataclass(frozen=True)
class OtherParty:
    """What somebody says who does not put the claim forward."""

    attribution: Row
    node: Node


def branches(attributions: Sequence[Row]) -> list[Branch]:
    """The branches of the attributions that put the claim forward. Attributions that a longer chain begins with are
    drawn in that chain, unless they have a document of their own."""
    asserting = [row for row in attributions if Stance(row["stance"]) in ASSERTING_STANCES]
    continued = {row["upstream_id"] for row in asserting}
    grouped: dict[tuple[Any, ...], Branch] = {}
    by_id = {row["id"]: row for row in attributions}
    for row in asserting:
        if row["id"] in continued and row["document"] is None:
            continue
        if row["withdrawn"] and row["retraction"] is None:
            continue
        nodes = [_node_of_link(link, by_id) for link in reversed(row["chain"])] + [_node(row)]
        start, relays = nodes[0], nodes[1:]
        lineage = by_id[start.attribution_id]["lineage"] if start.attribution_id in by_id else row["lineage"]
        start.is_origin = lineage == Lineage.ORIGINAL and start.source["anonymity"] in ("named", "described")
        start.is_unknown = lineage == Lineage.UNKNOWN
        document_id = None if row["document"] is None else row["document"]["id"]
        key: tuple[Any, ...] = (
            tuple(node.source["id"] for node in relays),
            document_id,
            start.is_origin,
            row["withdrawn"],
        )
        # Without a common relay or document, two origins have nothing in common that could be drawn.
        if not relays and document_id is None:
            key = (*key, row["id"])
        if key in grouped:
            known = {node.source["id"] for node in grouped[key].starts}
            grouped[key].starts += [start] if start.source["id"] not in known else []
        else:
            grouped[key] = Branch([start], relays, row["document"], row["said"])
    return sorted(grouped.values(), key=lambda branch: not branch.starts[0].is_origin)


def other_parties(attributions: Sequence[Row]) -> list[OtherParty]:
    """The attributions that do not put the claim forward: denials, other figures, searches that found nothing."""
    return [
        OtherParty(row, _node(row))
        for row in attributions
        if Stance(row["stance"]) not in ASSERTING_STANCES and (not row["withdrawn"] or row["retraction"] is not None)
    ]


def _node(row: Row) -> Node:
    return Node(row["source"], row["stance"], row["id"], is_gone=row["withdrawn"], retraction=row["retraction"])


def _node_of_link(link: Row, by_id: Mapping[str, Row]) -> Node:
    attribution = by_id.get(link["attribution_id"])
    node = Node(link["source"], link["stance"], link["attribution_id"])
    node.is_gone = link["withdrawn"]
    node.retraction = link["retraction"] if attribution is None else attribution["retraction"]
    return node
