"""Exports as JSON Lines, JSON-LD and Atom: third-party programs read them, and any recorded text is well-formed."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from app.formats.exports import claim_atom, claim_json_ld, claim_jsonl
from app.formats.exports.xml_text import escape_xml
from app.schemas.files.edition import Edition
from app.vocabulary import Lineage, Stage, Stance, Status
from tests.support.published_claims import (
    EDITION,
    PUBLISHER,
    attribution,
    claim,
    decision,
    document,
    fact_check,
    figure,
    source,
)

SINGLE = Edition(publisher=PUBLISHER, address=EDITION.address, moment=EDITION.moment, single=True)
SCHEMA = "http://schema.org/"
PROV = "http://www.w3.org/ns/prov#"

# The part of schema.org's context that our members need; nothing is fetched.
SCHEMA_ORG = {
    "@context": {
        "type": "@type",
        "id": "@id",
        "@vocab": SCHEMA,
        **{name: {"@type": "@id"} for name in ("url", "sameAs", "archivedAt")},
    }
}

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--",
    "]]>",
    "a & b < c > d",
    "\u2028\u2029",
    "\x00\x08\x0b\x1f\ufffe\uffff",
    "\ud83c\uddf0\ud83c\uddf5".encode("utf-16", "surrogatepass").decode("utf-16"),
    "'\"\\",
    "{last}",
    "line\nbreak\ttab",
    "&amp;&#0;",
    "\u202ereversed",
)


def load_context(url: str, _options: Any = None) -> dict[str, Any]:
    """Load a JSON-LD context: schema.org's from memory, and no other."""
    assert url == "https://schema.org", url
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": SCHEMA_ORG}


def nodes(text: str) -> dict[str, dict[str, Any]]:
    """Flatten a JSON-LD document with a processor and return its nodes by their addresses."""
    flat = jsonld.flatten(json.loads(text), None, {"documentLoader": load_context})
    return {node["@id"]: node for node in flat}


def quads(text: str) -> str:
    text_quads: str = jsonld.normalize(
        json.loads(text),
        {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load_context},
    )
    return text_quads


def complete_claim() -> Any:
    """Build a claim with every field that the JSON-LD mapping covers."""
    state, service = source("South Korea", number=1), source("NIS", number=2)
    paper = source("The Paper", number=3)
    original = attribution(service, number=1, document=document(number=1, published="2025-01-11"))
    relay = attribution(
        paper,
        number=2,
        lineage=Lineage.RELAYED,
        relayed_from=[service],
        document=document("Story", number=2, url="https://news.example/2"),
        quote={"exact": "some 11,000", "language": "en"},
    )
    denial = attribution(state, number=3, stance=Stance.DENIES)
    review = {"@type": "ClaimReview", "@context": "https://evil.example/", "id": 7, "claimReviewed": "x", "url": "u"}
    return claim(
        attributions=[original, relay, denial],
        quantities=[figure(qualifier="between", low=10000, high=12000.5, verbatim="десятки")],
        topic={"id": "top_1", "title": "How many?", "subject": "soldiers"},
        place="Kursk",
        adverse_to=state,
        fact_checks=[
            fact_check({**review, "prov:wasAttributedTo": "x", "reviewRating": {"@id": 5, "a": [{"@type": 3}]}})
        ],
    )


# --- JSON Lines ---


def test_each_line_is_a_complete_claim() -> None:
    lines = "".join(claim_jsonl.write([complete_claim(), claim(number=2)], EDITION)).splitlines()
    first, second = map(json.loads, lines)

    assert list(first)[:5] == ["id", "key", "version", "address", "content_hash"]
    assert {"changed", "logged"} & first.keys() == set()
    assert first["attributions"][1]["relayed_from"][0]["name"] == "NIS"
    assert first["attributions"][0]["document"]["title"] == "Briefing"
    assert (second["statement"], second["status"], len(second["content_hash"])) == (
        "About 11,000 are there.",
        "unconfirmed",
        64,
    )


# --- JSON-LD ---


def test_a_processor_reads_the_mapped_properties() -> None:
    published = complete_claim()
    graph = nodes("".join(claim_json_ld.write([published], SINGLE)))
    claim_node, review = graph[published.address], graph[f"{published.address}#{published.decision['id']}"]

    def ids(node: dict[str, Any], name: str) -> list[str]:
        return [value["@id"].rpartition("/")[2] for value in node[name]]

    assert claim_node["@type"] == [SCHEMA + "Claim", PROV + "Entity"]
    assert ids(claim_node, SCHEMA + "author") == [source(number=2).id, source(number=3).id]
    assert ids(claim_node, SCHEMA + "appearance") == [document(number=1).id, document(number=2).id]
    assert ids(claim_node, SCHEMA + "firstAppearance") == [document(number=1).id]
    assert claim_node[PROV + "wasRevisionOf"] == [{"@id": PUBLISHER.claim(published.id, 1)}]
    assert claim_node[PROV + "specializationOf"] == [{"@id": PUBLISHER.claim(published.id)}]
    assert len(claim_node[PROV + "wasDerivedFrom"]) == 3
    relay = graph[f"{published.address}#{published.attributions[1].id}"]
    assert ids(relay, PROV + "wasInfluencedBy") == [source(number=2).id]
    assert ids(relay, PROV + "wasQuotedFrom") == [document(number=2).id]
    assert review["@type"] == [SCHEMA + "ClaimReview", PROV + "Entity"]
    assert review[SCHEMA + "itemReviewed"] == [{"@id": published.address}]
    rating = graph[review[SCHEMA + "reviewRating"][0]["@id"]]
    assert rating[SCHEMA + "alternateName"] == [{"@value": "Unconfirmed"}]
    assert SCHEMA + "ratingValue" not in rating
    activity = graph[review[PROV + "wasGeneratedBy"][0]["@id"]]
    assert activity["@type"] == [PROV + "Activity"]
    assert published.address in [value["@id"] for value in activity[PROV + "used"]]
    assert not [node for node in graph.values() if SCHEMA + "ratingValue" in node]


def test_members_of_imported_reviews_are_not_mapped() -> None:
    published = complete_claim()
    review = nodes("".join(claim_json_ld.write([published], SINGLE)))[
        f"{published.address}#{published.fact_checks[0].id}"
    ]

    assert review[SCHEMA + "claimReviewed"] == [{"@value": "x"}]
    assert review[PROV + "wasAttributedTo"] == [{"@id": f"{PUBLISHER.address}/sources/{source(number=90).id}"}]
    assert SCHEMA + "id" not in review


@pytest.mark.parametrize(
    "status", [Status.UNASSESSED, *(status for status in Status if status is not Status.UNASSESSED)]
)
def test_only_decided_claims_have_a_review(status: Status) -> None:
    decision_fields = None if status is Status.UNASSESSED else decision(status=status)
    text = "".join(claim_json_ld.write([claim(status=status, decision=decision_fields)], SINGLE))
    assert ('"ClaimReview"' in text) is (status is not Status.UNASSESSED)


def test_a_list_is_a_data_feed() -> None:
    claims = [complete_claim(), claim(number=2)]
    text = "".join(claim_json_ld.write(claims, EDITION))
    graph = nodes(text)

    feed = graph[EDITION.address]
    assert feed["@type"] == [SCHEMA + "DataFeed"]
    assert len(feed[SCHEMA + "dataFeedElement"]) == 2
    assert {item.address for item in claims} <= graph.keys()
    assert quads(text).count("<http://schema.org/Claim>") == 2
    assert quads("".join(claim_json_ld.write([], EDITION)))


class Scripts(HTMLParser):
    """Collects the scripts of a page and all other text, as a browser would parse them."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.others = ""
        self.inside = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag == "script"
        self.inside = True
        self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts[-1] += data
        else:
            self.others += data


texts = st.text(max_size=20) | st.sampled_from(HOSTILE) | st.text(st.sampled_from("</script>!-]& \u2028"), max_size=20)


@settings(deadline=None)
@given(texts, texts, texts)
def test_json_ld_can_be_embedded_in_html(statement: str, name: str, text: str) -> None:
    published = claim(
        statement=statement,
        attributions=[attribution(source(name), document=document(text))],
        fact_checks=[fact_check({"claimReviewed": text, name: {"x": statement}})],
    )
    json_ld = "".join(claim_json_ld.write([published], SINGLE))
    page = Scripts()
    page.feed(f'<script type="application/ld+json">{json_ld}</script>')
    page.close()

    assert (page.scripts, page.others) == ([json_ld], "")
    assert "<" not in json_ld
    assert json.loads(json_ld)["@graph"][1]["text"] == statement


# --- Atom ---


@settings(deadline=None)
@given(texts, texts, texts)
def test_atom_is_well_formed_for_any_recorded_text(statement: str, name: str, text: str) -> None:
    published = claim(
        statement=statement,
        attributions=[attribution(source(name))],
        decision=decision(rationale=text),
        notice=statement,
    )
    atom_feed = "".join(claim_atom.write([published], EDITION))

    feed = ElementTree.fromstring(atom_feed)  # noqa: S314 - our own
    assert "]]>" not in atom_feed
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = feed.findall(f"{atom}entry")
    assert [len(entry.findall(atom + name)) for name in ("id", "title", "updated", "link")] == [1, 1, 1, 1]
    title, summary = entry.findtext(f"{atom}title") or "", entry.findtext(f"{atom}summary") or ""
    assert title == f"{as_one_line(statement).rstrip('. ')}: unconfirmed"
    assert summary == (
        f"{as_one_line(statement)} Decided on 2025-01-12: {as_one_line(text)} On record: {as_one_line(name)} (asserts)."
    )


def as_one_line(text: str) -> str:
    """The text on one line, with U+FFFD in place of the characters that are invalid in XML."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", " ".join(text.split()))


@settings(deadline=None)
@given(st.text())
def test_escaped_text_is_read_back_except_for_characters_invalid_in_xml(text: str) -> None:
    element = ElementTree.fromstring(f'<a b="{escape_xml(text)}">{escape_xml(text)}</a>')  # noqa: S314 - our own
    expected = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    assert (element.text or "") == expected
    # Parsers normalize unescaped tabs and line feeds in attributes to spaces (XML 1.0, section 3.3.3).
    assert element.get("b") == re.sub("[\t\n]", " ", expected)


def test_a_feed_reader_reads_the_atom_export() -> None:
    withdrawn = claim(number=2, stage=Stage.WITHDRAWN, notice="It was <b>counted</b> twice.")
    feed = feedparser.parse("".join(claim_atom.write([complete_claim(), withdrawn], EDITION)))

    assert (feed.bozo, feed.version, feed.feed.title) == (False, "atom10", "The Desk: claims and decisions")
    assert (feed.feed.updated, feed.feed.author) == (EDITION.moment, "The Desk")
    first, second = feed.entries
    assert (first.id, first.links[0].href) == (PUBLISHER.claim(first.id.rpartition("/")[2]), complete_claim().address)
    assert first.title == "About 11,000 are there: unconfirmed"
    assert {tag.term for tag in first.tags} == {"troop_estimate", "unconfirmed", "published"}
    assert "NIS (asserts)" in first.summary
    assert second.title.endswith(": withdrawn")
    # The summary is plain text, not markup.
    assert (second.summary_detail.type, "It was <b>counted</b> twice." in second.summary) == ("text/plain", True)


# --- over the API ---


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("claims.csv", None, ("text/csv; charset=utf-8", "claim_id,")),
        ("claims.csv?kind=other", None, ("text/csv; charset=utf-8", "claim_id,")),
        ("claims", "text/csv", ("text/csv; charset=utf-8", "claim_id,")),
        ("claims.jsonl", None, ("application/x-ndjson", '{"id"')),
        ("claims.attest.jsonl", None, ("application/x-ndjson", '{"record"')),
        ("claims.attest.csv", None, ("text/csv; charset=utf-8", "record,")),
        ("claims.parquet", None, ("application/vnd.apache.parquet", "PAR1")),
        ("claims.jsonld", None, ("application/ld+json", '{"@context"')),
        ("claims.claimreview.json", None, ("application/ld+json", '{"@context":"https://schema.org"')),
        ("claims.atom", None, ("application/atom+xml", "<?xml")),
        ("claims", "application/atom+xml", ("application/atom+xml", "<?xml")),
        ("claims", "text/csv;q=0", ("application/json", '{"items"')),
        ("claims", "text/csv; q=0.0, application/atom+xml;q=0.1", ("application/atom+xml", "<?xml")),
        ("claims/{claim}.jsonld", None, ("application/ld+json", '{"@context"')),
        ("claims/{claim}", "application/ld+json", ("application/ld+json", '{"@context"')),
        ("claims/{claim}/versions/1.jsonld", None, ("application/ld+json", '{"@context"')),
        ("claims/{claim}/versions/1.attest.jsonl", None, ("application/x-ndjson", '{"record"')),
        ("topics/{topic}.csv", None, ("text/csv; charset=utf-8", "claim_id,")),
        ("export?format=csv&claim={claim}&claim={claim}@1", None, ("text/csv; charset=utf-8", "claim_id,")),
    ],
)
def test_formats_are_chosen_by_suffix_and_by_accept(
    api: TestClient, record: Callable[..., Any], path: str, accept: str | None, expected: tuple[str, str]
) -> None:
    media_type, beginning = expected
    topic = record("topics")["id"]
    recorded = record("claims", topic=topic)
    response = api.get(path.format(claim=recorded["id"], topic=topic), headers={"Accept": accept} if accept else {})

    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == media_type
    assert response.content.startswith(beginning.encode())
    assert "Accept" in response.headers["Vary"]
    # Parquet is compressed, and the feed of ClaimReview contains only decided claims.
    if not media_type.endswith("parquet") and "claimreview" not in path:
        assert (recorded["id"].encode() in response.content) is ("kind=other" not in path)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("export?format=nonsense", 422),
        ("export?format=csv&claim=clm_01jhf3m8w5k6v0x2s9r7q4t1ya", 404),
        ("export?format=csv&claim={claim}@9", 404),
        ("export?format=csv&claim={claim}@x", 422),
        ("export?format=csv&claim={claim}&kind=other", 422),
        ("export?format=csv&after=x", 422),
        ("export?format=csv&topic=nope", 422),
        ("export?format=csv&style=apa", 422),
        ("documents/doc_01jhf3m8w5k6v0x2s9r7q4t1ya.csv", 404),
        ("claims/{draft}.csv", 404),
        ("claims/{draft}/versions/1.jsonld", 404),
        ("export?format=attest_json&claim={draft}", 404),
    ],
)
def test_invalid_requests_and_missing_objects_are_refused(
    api: TestClient, record: Callable[..., Any], path: str, status: int
) -> None:
    published, draft = record("claims")["id"], record("claims", stage="draft")["id"]
    assert api.get(path.format(claim=published, draft=draft)).status_code == status
