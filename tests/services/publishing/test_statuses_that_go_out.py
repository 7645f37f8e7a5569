"""Every sentence and status that goes out, after random histories, compared with a plain model of the rules.

The model is `tests/support/plain_statuses.py`. It knows nothing of the reads: it is given all versions of all rows. The
sentences that must be printed are written out here.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import ENGINES
from tests.support.deciding_desk import DECISIONS, STALE_DECISIONS, DecidingDesk, action_strategy
from tests.support.desk import EVERY_ACTION, INITIAL_ACTIONS, MERGING_ACTIONS, Action, open_desk_of
from tests.support.plain_statuses import Decided, PlainHistory, PlainMoment, Row, is_our_error
from tests.support.status_sentences import (
    DESK,
    IMPORTER,
    decision_in_words,
    file_of,
    note_in_words,
    one_line,
    retraction_in_words,
    status_in_words,
)

STATUSES = (
    "unassessed", "unconfirmed", "corroborated", "conceded", "confirmed", "disputed", "unlikely", "refuted",
    "unverifiable", "stale",
)  # fmt: skip
STAGES = ("draft", "in_review", "published", "withdrawn")
PUBLIC = ("published", "withdrawn")

CITATION_FORMATS = (
    "csl_json", "bibtex", "biblatex", "ris", "wikipedia", "markdown", "quick_statements", "bibliography", "news",
)  # fmt: skip
"""The formats that are read as text below."""


# --- JSON ---


class Comparison:
    """Compares what goes out at some moment with the model."""

    def __init__(self, desk: DecidingDesk, history: PlainHistory, seq: int | None) -> None:
        self.desk = desk
        self.moment = history.at(history.last_seq if seq is None else seq)
        self.params: dict[str, Any] = {} if seq is None else {"as_of": history.changes[seq]["at"].isoformat()}
        self.is_present = seq is None

    def get(self, path: str, *, key: bool = True, **params: Any) -> Any:
        headers = self.desk.headers if key else {}
        response = self.desk.api.get(path, params={**self.params, **params}, headers=headers, follow_redirects=False)
        assert response.status_code in (200, 307), (path, response.text)
        return response

    def compare(self) -> None:
        self.compare_lists()
        self.compare_claims()
        self.compare_exports()
        self.compare_citations()

    def claims_in(self, *stages: str) -> list[Row]:
        return [claim for claim in self.moment.claims.values() if claim["stage"] in stages]

    def compare_lists(self) -> None:
        """Items, facets and filters by status, with and without a key."""
        for key, stages in ((True, STAGES), (False, ("published",))):
            expected = {claim["id"]: self.moment.decided(claim["id"]).shown for claim in self.claims_in(*stages)}
            chosen = {"stage": stages, "limit": 200, "sort": "id"} if key else {"limit": 200, "sort": "id"}
            page = self.get("claims", key=key, facets="status,kind", **chosen).json()
            assert {item["id"]: item["status"] for item in page["items"]} == expected
            counts = {status: count for status, count in page["facets"]["status"].items() if count}
            assert counts == Counter(expected.values())
            self.compare_briefs(page)
            for item in page["items"]:
                self.compare_speakers(item)
            for status in STATUSES:
                page = self.get("claims", key=key, status=status, **chosen).json()
                assert {item["id"] for item in page["items"]} == {
                    claim_id for claim_id, shown in expected.items() if shown == status
                }, status
        if self.is_present:
            self.compare_briefs(self.get("queue", limit=200, stage=["draft", "in_review", "published"]).json())
            progress = self.get("progress").json()
            shown = Counter(self.moment.decided(claim["id"]).shown for claim in self.claims_in("published"))
            assert {status: count for status, count in progress["by_status"].items() if count} == shown
        for topic_id in self.desk.ids["topics"]:
            page = self.desk.api.get(
                f"topics/{topic_id}/estimates", params=self.params, headers=self.desk.headers, follow_redirects=False
            )
            if page.status_code == 200:
                self.compare_briefs(page.json())
                for estimate in page.json()["items"]:
                    self.compare_estimate(estimate)

    def compare_claims(self) -> None:
        """Each claim as a whole, and its decisions."""
        self.compare_briefs(self.get("relations", limit=200).json())
        for claim in self.moment.claims.values():
            body = self.get(f"claims/{claim['id']}").json()
            self.compare_claim(body, self.moment)
            reviews = self.get(f"claims/{claim['id']}/reviews").json()["items"]
            assert reviews[:1] == [body["review"]] * bool(reviews)
            for review in reviews:
                stored = next(row for row in self.moment.history.reviews if row["id"] == review["id"])
                assert (review["origin"] is None) is (stored["sign_off_id"] is not None)
        for row in self.get("attributions", limit=200).json()["items"]:
            assert row["upstream_state"] == self.moment.upstream_state(self.moment.attributions[row["id"]])

    def compare_claim(self, body: Mapping[str, Any], moment: PlainMoment) -> None:
        decided = moment.decided(body["id"])
        assert body["status"] == decided.shown
        assert body["statement"] == moment.claims[body["id"]]["statement"]
        review = body["review"]
        assert (review is None) is (decided.decision is None)
        if decided.decision is not None:
            assert review["id"] == decided.decision["id"]
            assert (review["status"], review["stale"]) == (decided.decision["status"], decided.shown == "stale")
            assert review["stale_because"] == list(decided.reasons)
            self.compare_origin(review, decided)
        for attribution in body["attributions"]:
            assert attribution["upstream_state"] == moment.upstream_state(moment.attributions[attribution["id"]])

    def compare_origin(self, review: Mapping[str, Any], decided: Decided) -> None:
        """A decision from a file is never one of people here."""
        if not decided.is_from_a_file:
            assert (review["origin"], review["proposed_by"] is None) == (None, False)
            return
        assert decided.decision is not None
        assert review["origin"]["file"] == (decided.decision["origin_file"] or "unnamed file")
        assert review["origin"]["imported_by"] == IMPORTER
        assert (review["proposed_by"], review["approved_by"]) == (None, None)

    def compare_briefs(self, value: Any) -> None:
        """Every summary of a claim inside a response."""
        if isinstance(value, list):
            for item in value:
                self.compare_briefs(item)
        elif isinstance(value, dict):
            if str(value.get("id", "")).startswith("clm_") and "status" in value:
                assert value["status"] == self.moment.decided(value["id"]).shown
                assert value["statement"] == self.moment.claims[value["id"]]["statement"]
            for item in value.values():
                self.compare_briefs(item)

    def compare_speakers(self, item: Mapping[str, Any]) -> None:
        speakers = {
            (speaker["source_id"], speaker["stance"], speaker["upstream_state"]) for speaker in item["attributed_to"]
        }
        live = [row for row in self.moment.attributions_of(item["id"]) if not row["withdrawn"]]
        expected = {(row["source_id"], row["stance"], self.moment.upstream_state(row)) for row in live}
        assert speakers <= expected
        assert speakers == expected or len(item["attributed_to"]) == 10

    def compare_estimate(self, estimate: Mapping[str, Any]) -> None:
        """A source relays what was taken back only if it has not put the claim forward otherwise."""
        states: dict[str, set[str]] = {}
        for row in self.moment.attributions_of(estimate["claim"]["id"]):
            if not row["withdrawn"]:
                states.setdefault(row["source_id"], set()).add(self.moment.upstream_state(row))
        for speaker in estimate["said_by"]:
            expected = states[speaker["id"]]
            assert speaker["upstream_state"] in expected
            if "stands" not in expected:
                assert speaker["upstream_state"] != "stands"

    # --- exports and feeds ---

    def export(self, name: str) -> str:
        return str(self.get("export", key=False, format=name, stage=list(PUBLIC)).text)

    def compare_exports(self) -> None:
        claims = {claim["id"]: claim for claim in self.claims_in(*PUBLIC)}
        rows = list(csv.DictReader(io.StringIO(self.export("csv"))))
        assert {row["claim_id"] for row in rows} == claims.keys()
        for row in rows:
            self.compare_csv(row)
        lines = [json.loads(line) for line in self.export("jsonl").splitlines()]
        assert {line["id"] for line in lines} == claims.keys()
        for line in lines:
            self.compare_claim({**line, "review": line["decision"]}, self.moment)
        self.compare_json_ld(json.loads(self.export("json_ld")))
        self.compare_claim_reviews(json.loads(self.export("claim_review")))
        self.compare_atom(ElementTree.fromstring(self.export("atom")))  # noqa: S314 - our own feed

    def compare_csv(self, row: Mapping[str, str]) -> None:
        decided = self.moment.decided(row["claim_id"])
        decision = decided.decision
        assert row["status"] == decided.shown
        assert row["decision_stale"] == ("" if decision is None else str(decided.shown == "stale").lower())
        assert row["decided_on"] == ("" if decision is None else str(decision["decided_on"]))
        assert row["decision_origin"] == (file_of(decided) or "")
        self.compare_relays(row["claim_id"], row["said_by"])

    def compare_relays(self, claim_id: str, text: str, *, with_documents_only: bool = False) -> None:
        """A text that names the sources of a claim says of each relay what became of its source."""
        for relay in self.moment.attributions_of(claim_id):
            if relay["withdrawn"] or (with_documents_only and relay["document_id"] is None):
                continue
            for link in self.moment.taken_back(relay):
                assert retraction_in_words(link) in text, (retraction_in_words(link), text)

    def compare_json_ld(self, graph: Mapping[str, Any]) -> None:
        nodes = {node["@id"]: node for node in nodes_in(graph) if "attest:status" in node}
        for claim in self.claims_in(*PUBLIC):
            decided = self.moment.decided(claim["id"])
            (node,) = [node for address, node in nodes.items() if f"/{claim['id']}/" in address]
            assert node["attest:status"] == decided.shown
            broken = {
                row["source_id"]
                for row in self.moment.attributions_of(claim["id"])
                if not row["withdrawn"] and self.moment.upstream_state(row) != "stands"
            }
            standing = {
                row["source_id"]
                for row in self.moment.attributions_of(claim["id"])
                if not row["withdrawn"] and self.moment.upstream_state(row) == "stands"
            }
            authors = {author["@id"].rpartition("/")[2] for author in node.get("author", ())}
            assert not authors & (broken - standing)
        for node in nodes_in(graph):
            part_id = node["@id"].rpartition("#")[2]
            if part_id in self.moment.attributions and "attest:stance" in node:
                state = self.moment.upstream_state(self.moment.attributions[part_id])
                assert node.get("attest:upstreamState", "stands") == state
            if "attest:stale" in node:
                claim_id = node["url"].split("/claims/")[1].partition("/")[0]
                decided = self.moment.decided(claim_id)
                assert node["attest:stale"] is (decided.shown == "stale")
                assert node.get("attest:decisionOrigin") == file_of(decided)
                assert ("author" in node) is not decided.is_from_a_file
            if node.get("attest:stale") is True:
                assert "claimReviewed" not in node
                assert "ClaimReview" not in node["@type"]

    def compare_claim_reviews(self, feed: Mapping[str, Any]) -> None:
        """Only decisions of this desk that apply are reviews of ours."""
        reviews = [item["item"] for item in feed["dataFeedElement"]]
        ours = {
            review["url"].split("/claims/")[1].split("/")[0]: review
            for review in reviews
            if "url" in review and "/claims/" in review["url"]
        }
        expected = {
            claim["id"]
            for claim in self.claims_in("published")
            if (decided := self.moment.decided(claim["id"])).decision is not None
            and decided.shown != "stale"
            and not decided.is_from_a_file
        }
        assert ours.keys() == expected
        for claim_id, review in ours.items():
            assert review["claimReviewed"] == self.moment.claims[claim_id]["statement"]

    def compare_atom(self, feed: ElementTree.Element) -> None:
        atom = {"": "http://www.w3.org/2005/Atom"}
        entries = {text_of(entry, "id").rpartition("/")[2]: entry for entry in feed.findall("entry", atom)}
        assert entries.keys() == {claim["id"] for claim in self.claims_in(*PUBLIC)}
        for claim_id, entry in entries.items():
            claim, decided = self.moment.claims[claim_id], self.moment.decided(claim_id)
            terms = {category.get("scheme"): category.get("term") for category in entry.findall("category", atom)}
            assert terms["urn:attest:status"] == decided.shown
            words = status_in_words(decided, claim["stage"])
            assert text_of(entry, "title") == f"{one_line(claim['statement']).rstrip('. ')}: {words}"
            summary = text_of(entry, "summary")
            assert ("Decided on" in summary) is (decided.shown not in ("stale", "unassessed"))
            assert ("imported by" in summary) is (decided.shown != "stale" and decided.is_from_a_file)
            self.compare_relays(claim_id, summary)

    # --- citations ---

    def compare_citations(self) -> None:
        claims = self.claims_in(*PUBLIC)
        if not claims:
            return
        chosen = {"stage": list(PUBLIC), "include": "statement,decision"}
        texts = {name: self.get("citations", key=False, format=name, **chosen).text for name in CITATION_FORMATS}
        items = json.loads(texts["csl_json"])
        for claim in claims:
            decided = self.moment.decided(claim["id"])
            cited = [item for item in items if f"{claim['id']}-v" in item["id"]]
            for item in cited:
                assert f": {note_in_words(decided)}. http" in item["note"], item["note"]
                self.compare_no_other_status(item["note"].partition(" Notice: ")[0], note_in_words(decided))
            (own,) = [item for item in cited if "doc_" not in item["id"]]
            statement = claim["statement"].rstrip(". ")
            assert own["title"] == f"{statement}: {status_in_words(decided, claim['stage'])}"
            self.compare_relays(claim["id"], own["note"])
            self.compare_relays(claim["id"], " ".join(item["note"] for item in cited), with_documents_only=True)
            for name in ("bibtex", "biblatex", "ris", "wikipedia", "markdown"):
                assert one_line(note_in_words(decided)) in one_line(texts[name]), name
            (line,) = self.news_lines(texts["news"], claim)
            self.compare_news_line(line, claim, decided)

    def news_lines(self, news: str, claim: Row) -> list[str]:
        paragraphs = [paragraph.splitlines() for paragraph in news.strip().split("\n\n")]
        return [line for line, address in paragraphs if f"/claims/{claim['id']}/" in address]

    def compare_news_line(self, line: str, claim: Row, decided: Decided) -> None:
        if claim["stage"] == "withdrawn":
            assert line.startswith(f"Withdrawn by {DESK}: ")
            assert all(status not in line for status in STATUSES)
            return
        adverse = "the party that it speaks against"
        if claim["adverse_to_id"] is not None and "acknowledged by " in line:
            adverse = line.rpartition("acknowledged by ")[2].partition(" (")[0]
            assert one_line(self.moment.sources[claim["adverse_to_id"]]["name"]) in one_line(adverse)
        words = decision_in_words(decided, adverse)
        assert line.endswith(f"; {words}."), (line, words)
        self.compare_no_other_status(line, words)
        live = [row for row in self.moment.attributions_of(claim["id"]) if not row["withdrawn"]]
        broken = [row for row in live if self.moment.upstream_state(row) != "stands"]
        standing = {
            self.moment.sources[row["source_id"]]["name"]
            for row in self.moment.attributions_of(claim["id"])
            if not is_our_error(row) and self.moment.upstream_state(row) == "stands"
        }
        for relay in broken:
            name = self.moment.sources[relay["source_id"]]["name"]
            if name not in standing and relay["stance"] in ("asserts", "estimates", "denies", "confirms"):
                assert not re.search(
                    rf"^(.* and )?{re.escape(one_line(name))} (said|estimates?|denied|confirmed)", line
                ), line
                if one_line(name) in line:
                    assert "retracted" in line or "recorded wrongly" in line, line

    def compare_no_other_status(self, text: str, words: str) -> None:
        """Apart from these words, a text states no decision."""
        rest = text.replace(words, "", 1)
        assert DESK not in rest, text
        assert "imported by" not in rest, text


def nodes_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield all objects of a JSON document that have an id."""
    if isinstance(value, list):
        for item in value:
            yield from nodes_in(item)
    elif isinstance(value, dict):
        if "@id" in value and len(value) > 1:
            yield value
        for item in value.values():
            yield from nodes_in(item)


def text_of(entry: ElementTree.Element, name: str) -> str:
    return entry.findtext(f"{{http://www.w3.org/2005/Atom}}{name}") or ""


# --- versions ---


def compare_versions(desk: DecidingDesk, history: PlainHistory) -> None:
    """Permanent addresses state what held when the version was recorded, and a notice says what has changed."""
    comparison = Comparison(desk, history, None)
    now = history.at(history.last_seq)
    for version in history.claims:
        then = history.at(version["change_seq"])
        if then.claims[version["id"]]["version"] != version["version"]:
            continue  # a later version in the same change
        path = f"claims/{version['id']}/versions/{version['version']}"
        comparison.compare_claim(comparison.get(path).json(), then)
        if version["stage"] not in PUBLIC or now.claims[version["id"]]["stage"] not in PUBLIC:
            continue
        ref = f"{version['id']}@{version['version']}"
        (item,) = comparison.get("citations", claim=ref, include="decision", format="csl_json").json()
        decided, decided_now = then.decided(version["id"]), now.decided(version["id"])
        assert f": {note_in_words(decided)}. http" in item["note"]
        notice = item["note"].partition("Notice: ")[2]
        stage_now = now.claims[version["id"]]["stage"]
        if stage_now == "withdrawn":
            assert "Withdrawn" in item["note"]
            continue
        is_current = version["version"] == now.claims[version["id"]]["version"]
        if is_current and decided.shown == decided_now.shown:
            assert not notice
        else:
            assert notice.startswith(f"{what_changed(history, version, decided, decided_now)} since ("), item["note"]
        words, words_now = status_in_words(decided, version["stage"]), status_in_words(decided_now, stage_now)
        if words != words_now:
            lead = "" if decided_now.shown == "stale" else "now "
            assert f"{lead}{words_now})." in notice, item["note"]
        (check,) = comparison.get("citations/check", cited=ref).json()["items"]
        assert (check["status_then"], check["status_now"]) == (decided.shown, decided_now.shown)
        if check["state"] == "status_changed":
            assert check["says"].startswith(f"Its status has changed from {words} to {words_now}.")
        if check["state"] == "unchanged":
            assert f"its status is still {words}." in check["says"]
            assert words == words_now


def what_changed(history: PlainHistory, version: Row, decided: Decided, decided_now: Decided) -> str:
    """What the notice says of a cited version: the most important of what has changed since."""
    later = [row for row in history.claims if row["id"] == version["id"] and row["version"] >= version["version"]]
    if any(
        history.proposition(row) != history.proposition(before) and not history.is_merge(row)
        for before, row in pairwise(later)
    ):
        return "this claim has been changed"
    if decided.decision != decided_now.decision:
        return f"this claim has been decided on{'' if decided.decision is None else ' anew'}"
    if decided.shown != decided_now.shown:
        return "what its status rests on has changed"
    return "this claim has been supplemented"


def compare_imports(history: PlainHistory) -> None:
    """An import never changes what this desk decided."""
    for seq, change in history.changes.items():
        if change["action"] == "import":
            before, after = history.at(seq - 1), history.at(seq)
            for claim_id in before.claims:
                decided = before.decided(claim_id)
                if decided.decision is not None and not decided.is_from_a_file:
                    assert after.decided(claim_id) == decided


# --- the property ---


@pytest.mark.parametrize("engine", ENGINES)
@given(history=st.lists(action_strategy, min_size=3, max_size=25), moments=st.lists(st.integers(0, 40), max_size=2))
@example(history=STALE_DECISIONS, moments=[0, 4])
@example(history=[*EVERY_ACTION, *STALE_DECISIONS, *MERGING_ACTIONS], moments=[3])
@example(history=[*MERGING_ACTIONS, *EVERY_ACTION], moments=[3])
@example(history=[("withdraw", 1, 0, 0)], moments=[])  # its new stage gives claim 2 another status, but no new version
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_everything_that_goes_out_says_what_the_rules_say(
    engine: str, request: pytest.FixtureRequest, history: list[Action], moments: list[int]
) -> None:
    with open_desk_of(DecidingDesk, engine, request) as desk:
        for action in [*INITIAL_ACTIONS, *DECISIONS, *history]:
            desk.perform(*action)
        with desk.database.reading() as connection:
            record = PlainHistory(connection)
        Comparison(desk, record, None).compare()
        for number in moments:
            if number < record.last_seq:
                Comparison(desk, record, record.last_seq - number).compare()
        compare_versions(desk, record)
        compare_imports(record)
        reached = {reason for seq in record.changes for reason in reasons_at(record.at(seq))}
        if history == STALE_DECISIONS:
            assert reached == {"wording", "evidence", "attributions", "grounds"}, (
                "this example must reach these reasons"
            )


def reasons_at(moment: PlainMoment) -> set[str]:
    return {reason for claim_id in moment.claims for reason in moment.decided(claim_id).reasons}
