"""Exports as JSON Lines, JSON-LD and Atom: read back by others' programs, well-formed whatever was recorded."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
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

# What schema.org's context says of the members that we use, and of those that trap others: nothing is fetched.
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


def loaded(url: str, _options: Any = None) -> dict[str, Any]:
    """What a processor gets for a context: ours from memory, and nothing else at all."""
    assert url == "https://schema.org", url
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": SCHEMA_ORG}


def nodes(text: str) -> dict[str, dict[str, Any]]:
    """The nodes of a JSON-LD document by their addresses, as a processor understands them."""
    flat = jsonld.flatten(json.loads(text), None, {"documentLoader": loaded})
    return {node["@id"]: node for node in flat}


def quads(text: str) -> str:
    found: str = jsonld.normalize(
        json.loads(text),
        {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": loaded},
    )
    return found


def whole() -> Any:
    """A claim with everything that the mapping speaks of."""
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


def test_a_line_is_a_claim_whole() -> None:
    lines = "".join(claim_jsonl.write([whole(), claim(number=2)], EDITION)).splitlines()
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


def test_the_mapping_is_what_a_processor_understands() -> None:
    made = whole()
    graph = nodes("".join(claim_json_ld.write([made], SINGLE)))
    here, review = graph[made.address], graph[f"{made.address}#{made.decision['id']}"]

    def ids(node: dict[str, Any], name: str) -> list[str]:
        return [one["@id"].rpartition("/")[2] for one in node[name]]

    assert here["@type"] == [SCHEMA + "Claim", PROV + "Entity"]
    assert ids(here, SCHEMA + "author") == [source(number=2).id, source(number=3).id]
    assert ids(here, SCHEMA + "appearance") == [document(number=1).id, document(number=2).id]
    assert ids(here, SCHEMA + "firstAppearance") == [document(number=1).id]
    assert here[PROV + "wasRevisionOf"] == [{"@id": PUBLISHER.claim(made.id, 1)}]
    assert here[PROV + "specializationOf"] == [{"@id": PUBLISHER.claim(made.id)}]
    assert len(here[PROV + "wasDerivedFrom"]) == 3
    relay = graph[f"{made.address}#{made.attributions[1].id}"]
    assert ids(relay, PROV + "wasInfluencedBy") == [source(number=2).id]
    assert ids(relay, PROV + "wasQuotedFrom") == [document(number=2).id]
    assert review["@type"] == [SCHEMA + "ClaimReview", PROV + "Entity"]
    assert review[SCHEMA + "itemReviewed"] == [{"@id": made.address}]
    rating = graph[review[SCHEMA + "reviewRating"][0]["@id"]]
    assert rating[SCHEMA + "alternateName"] == [{"@value": "Unconfirmed"}]
    assert SCHEMA + "ratingValue" not in rating
    deciding = graph[review[PROV + "wasGeneratedBy"][0]["@id"]]
    assert deciding["@type"] == [PROV + "Activity"]
    assert made.address in [one["@id"] for one in deciding[PROV + "used"]]
    assert not [node for node in graph.values() if SCHEMA + "ratingValue" in node]


def test_what_others_wrote_says_nothing_of_ours() -> None:
    made = whole()
    theirs = nodes("".join(claim_json_ld.write([made], SINGLE)))[f"{made.address}#{made.fact_checks[0].id}"]

    assert theirs[SCHEMA + "claimReviewed"] == [{"@value": "x"}]
    assert theirs[PROV + "wasAttributedTo"] == [{"@id": f"{PUBLISHER.address}/sources/{source(number=90).id}"}]
    assert SCHEMA + "id" not in theirs


@pytest.mark.parametrize("status", [Status.UNASSESSED, *(one for one in Status if one is not Status.UNASSESSED)])
def test_claims_on_which_nothing_was_decided_have_no_review(status: Status) -> None:
    decided = None if status is Status.UNASSESSED else decision(status=status)
    text = "".join(claim_json_ld.write([claim(status=status, decision=decided)], SINGLE))
    assert ('"ClaimReview"' in text) is (status is not Status.UNASSESSED)


def test_a_list_is_a_feed() -> None:
    made = [whole(), claim(number=2)]
    text = "".join(claim_json_ld.write(made, EDITION))
    graph = nodes(text)

    feed = graph[EDITION.address]
    assert feed["@type"] == [SCHEMA + "DataFeed"]
    assert len(feed[SCHEMA + "dataFeedElement"]) == 2
    assert {one.address for one in made} <= graph.keys()
    assert quads(text).count("<http://schema.org/Claim>") == 2
    assert quads("".join(claim_json_ld.write([], EDITION)))


class Scripts(HTMLParser):
    """Collects what a browser would take for scripts, and for anything else."""

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


@given(texts, texts, texts)
def test_json_ld_stands_inside_html(one: str, two: str, three: str) -> None:
    made = claim(
        statement=one,
        attributions=[attribution(source(two), document=document(three))],
        fact_checks=[fact_check({"claimReviewed": three, two: {"x": one}})],
    )
    text = "".join(claim_json_ld.write([made], SINGLE))
    page = Scripts()
    page.feed(f'<script type="application/ld+json">{text}</script>')
    page.close()

    assert (page.scripts, page.others) == ([text], "")
    assert "<" not in text
    assert json.loads(text)["@graph"][1]["text"] == one


# --- Atom ---


@given(texts, texts, texts)
def test_atom_is_well_formed_whatever_was_recorded(one: str, two: str, three: str) -> None:
    made = claim(statement=one, attributions=[attribution(source(two))], decision=decision(rationale=three), notice=one)
    text = "".join(claim_atom.write([made], EDITION))

    feed = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert "]]>" not in text
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = feed.findall(f"{atom}entry")
    assert [len(entry.findall(atom + name)) for name in ("id", "title", "updated", "link")] == [1, 1, 1, 1]
    title = entry.findtext(f"{atom}title") or ""
    assert title == re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", title)


@given(st.text())
def test_a_text_comes_back_but_for_what_xml_cannot_hold(text: str) -> None:
    read = ElementTree.fromstring(f'<a b="{escape_xml(text)}">{escape_xml(text)}</a>')  # noqa: S314 - our own
    expected = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    assert (read.text or "") == expected


def test_a_reader_of_feeds_reads_it() -> None:
    withdrawn = claim(number=2, stage=Stage.WITHDRAWN, notice="It was <b>counted</b> twice.")
    feed = feedparser.parse("".join(claim_atom.write([whole(), withdrawn], EDITION)))

    assert (feed.bozo, feed.version, feed.feed.title) == (False, "atom10", "The Desk: claims and decisions")
    assert (feed.feed.updated, feed.feed.author) == (EDITION.moment, "The Desk")
    first, second = feed.entries
    assert (first.id, first.links[0].href) == (PUBLISHER.claim(first.id.rpartition("/")[2]), whole().address)
    assert first.title == "About 11,000 are there: unconfirmed"
    assert {tag.term for tag in first.tags} == {"troop_estimate", "unconfirmed", "published"}
    assert "NIS (asserts)" in first.summary
    assert second.title.endswith(": withdrawn")
    # As text, not as markup: whoever shows it has to escape it.
    assert (second.summary_detail.type, "It was <b>counted</b> twice." in second.summary) == ("text/plain", True)


# --- over the API ---


@pytest.mark.parametrize(
    ("path", "accept", "answered"),
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
def test_formats_are_had_by_suffix_and_by_accept(
    api: TestClient, record: Callable[..., Any], path: str, accept: str | None, answered: tuple[str, str]
) -> None:
    media_type, begins = answered
    topic = record("topics")["id"]
    made = record("claims", topic=topic)
    answer = api.get(path.format(claim=made["id"], topic=topic), headers={"Accept": accept} if accept else {})

    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == media_type
    assert answer.content.startswith(begins.encode())
    assert "Accept" in answer.headers["Vary"]
    if "kind=other" not in path and not media_type.endswith("parquet") and "claimreview" not in path:
        assert made["id"].encode() in answer.content


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
def test_what_is_not_there_is_refused(api: TestClient, record: Callable[..., Any], path: str, status: int) -> None:
    made, draft = record("claims")["id"], record("claims", stage="draft")["id"]
    assert api.get(path.format(claim=made, draft=draft)).status_code == status
