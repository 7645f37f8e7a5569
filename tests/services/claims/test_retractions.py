"""Retractions and withdrawals of attributions, and what everything that is published says of those who relayed them."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.formats.citations import news_line
from app.formats.citations.citation_note import build_note
from app.formats.exports import claim_atom, claim_csv, claim_json_ld, claim_review_feed
from app.schemas.files.citation import Citation, CitedClaim
from app.schemas.files.edition import Edition
from app.schemas.files.publication import PublishedAttribution, PublishedClaim, Publisher, TakenBackLink
from app.services.policy import origins
from app.vocabulary import Lineage, Role, Stance, UpstreamState
from tests.support.published_claims import attribution, claim, document, source
from tests.support.retractions import RECORDED_WRONGLY, REPORT_RETRACTED, RETRACTED

Record = Callable[..., dict[str, Any]]
Headers = dict[str, str]

STATEMENT = "About 300 soldiers have been killed."
OURS, ORIGIN, PUBLISHER = RECORDED_WRONGLY, RETRACTED, REPORT_RETRACTED


class Case(NamedTuple):
    """A chain, origin first, with what became of each link; the last link has a document."""

    name: str
    taken_back: Sequence[dict[str, Any] | None]
    line: str
    """What the news line says."""
    note: str | None
    """What the note of the citation says of the last link; None if it is not cited."""
    state: str | None
    """The state of the upstream of the last link in a list; None if it is not listed."""


NAMES = ("Ministry", "Agency", "Daily", "Weekly")
CASES = [
    Case(
        "nothing was taken back",
        (None, None),
        "Ministry said that about 300 soldiers have been killed, according to Agency; not assessed",
        "Agency asserts, citing Ministry.",
        "stands",
    ),
    Case(
        "the origin retracted",
        (ORIGIN, None),
        "Ministry said that about 300 soldiers have been killed, according to Agency; "
        "retracted by Ministry on 14 January 2025; not assessed",
        "Agency asserts, citing Ministry (retracted on 2025-01-14).",
        "retracted",
    ),
    Case(
        "we had recorded the origin wrongly",
        (OURS, None),
        "It was reported that about 300 soldiers have been killed, according to Agency, whose source was recorded "
        "wrongly and is not known; not assessed",
        "Agency asserts, citing a source that is not known (it had been recorded wrongly).",
        "withdrawn",
    ),
    Case(
        "the publisher retracted its report of the origin",
        (PUBLISHER, None),
        "; the publisher retracted the report of what Ministry said on 16 January 2025; not assessed",
        "Agency asserts, citing Ministry (report retracted by its publisher on 2025-01-16).",
        "retracted",
    ),
    Case(
        "the relay retracted",
        (None, ORIGIN),
        "Ministry said that about 300 soldiers have been killed, according to Agency; "
        "retracted by Agency on 14 January 2025; not assessed",
        "Agency asserts, citing Ministry (retracted on 2025-01-14).",
        None,
    ),
    Case(
        "we had recorded the relay wrongly",
        (None, OURS),
        "Ministry said that about 300 soldiers have been killed; not assessed",
        None,
        None,
    ),
    Case(
        "the middle of a chain retracted",
        (None, ORIGIN, None),
        "according to Daily, citing Agency; retracted by Agency on 14 January 2025; not assessed",
        "Daily asserts, citing Agency (retracted on 2025-01-14), citing Ministry.",
        "retracted",
    ),
    Case(
        "we had recorded the middle of a chain wrongly",
        (None, OURS, None),
        "Ministry said that about 300 soldiers have been killed; also reported, according to Daily, whose source was "
        "recorded wrongly and is not known; not assessed",
        "Daily asserts, citing a source that is not known (it had been recorded wrongly).",
        "withdrawn",
    ),
    Case(
        "the origin of a long chain retracted",
        (ORIGIN, None, None, None),
        "according to Weekly, citing Daily and Agency; retracted by Ministry on 14 January 2025; not assessed",
        "Weekly asserts, citing Daily, citing Agency, citing Ministry (retracted on 2025-01-14).",
        "retracted",
    ),
    Case(
        "a retracted link relayed what we had recorded wrongly",
        (OURS, ORIGIN, None),
        "It was reported that about 300 soldiers have been killed, according to Agency and Daily, whose sources were "
        "recorded wrongly and are not known; retracted by Agency on 14 January 2025; not assessed",
        "Daily asserts, citing Agency (retracted on 2025-01-14), "
        "citing a source that is not known (it had been recorded wrongly).",
        "retracted",
    ),
]


def record_chain(record: Record, editor: Headers, api: TestClient, case: Case) -> dict[str, Any]:
    """Record the claim of a case, each link relayed from the one before it."""
    ids = [record("sources", name=name, kind="news_organisation")["id"] for name in NAMES[: len(case.taken_back)]]
    article = record("documents", title="Three hundred", kind="report")["id"]
    links: list[dict[str, Any]] = []
    for number, source_id in enumerate(ids):
        chain = {"lineage": "relayed", "upstream": str(number - 1)} if number else {"lineage": "original"}
        links.append({"source": source_id, "stance": "asserts", "key": str(number), **chain})
    links[-1]["document"] = article
    body = record("claims", statement=STATEMENT, attributions=links)
    for attribution_read, retraction in zip(body["attributions"], case.taken_back, strict=True):
        if retraction is not None:
            tag = api.get(f"attributions/{attribution_read['id']}").headers["ETag"]
            change = {"retraction": retraction, "reason": "It was taken back."}
            path = f"attributions/{attribution_read['id']}"
            assert api.patch(path, json=change, headers={**editor, "If-Match": tag}).status_code == 200
    read: dict[str, Any] = api.get(f"claims/{body['id']}").json()
    return read


def test_everything_that_is_published_says_what_was_taken_back(
    api: TestClient, record: Record, editor: Headers, subtests: pytest.Subtests
) -> None:
    for case in CASES:
        with subtests.test(case.name):
            body = record_chain(record, editor, api, case)
            path = f"claims/{body['id']}"
            line = api.get(f"{path}.news.txt").text.splitlines()[0]
            assert case.line in line
            assert not any(f"{name} said" in line for name in NAMES[1:])
            notes = [api.get(f"{path}.csl.json").json()[0]["note"], api.get(f"{path}.ris").text]
            assert all((case.note or "Version") in note for note in notes)
            assert case.note is not None or "Agency" not in notes[0]
            (item,) = [item for item in api.get("claims").json()["items"] if item["id"] == body["id"]]
            speakers = {speaker["name"]: speaker["upstream_state"] for speaker in item["attributed_to"]}
            last = NAMES[len(case.taken_back) - 1]
            assert speakers.get(last) == case.state
            relay = body["attributions"][-1]
            assert relay["upstream_state"] == (case.state or "stands")
            retractions = [link["retraction"] for link in relay["chain"]]
            assert retractions == list(reversed(case.taken_back[:-1]))
            cells = next(csv.DictReader(io.StringIO(api.get(f"{path}.csv").text)))["said_by"]
            lines = json.loads(api.get(f"{path}.jsonl").text)["attributions"][-1]
            assert lines["upstream_state"] == relay["upstream_state"]
            if case.state == "retracted":
                assert "(retracted on" in cells or "report retracted by its publisher on" in cells
            elif case.state == "withdrawn":
                assert "it had been recorded wrongly" in cells


def test_a_request_must_say_who_took_an_attribution_back(
    api: TestClient, record: Record, editor: Headers, subtests: pytest.Subtests
) -> None:
    body = record_chain(record, editor, api, CASES[0])
    path = f"attributions/{body['attributions'][0]['id']}"

    def patch(**fields: Any) -> Any:
        tag = api.get(path).headers["ETag"]
        return api.patch(path, json={**fields, "reason": "Because."}, headers={**editor, "If-Match": tag})

    refused = patch(withdrawn=True)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"] == "withdrawn"
    assert all(f"'{word}'" in error["message"] for word in ("origin", "publisher", "us"))
    for retraction in (ORIGIN, PUBLISHER, OURS):
        with subtests.test(retraction["by"]):
            changed = patch(retraction=retraction)
            assert (changed.status_code, changed.json()["withdrawn"]) == (200, True)
            assert changed.json()["retraction"] == retraction
            # Removing only who took it back would leave that open.
            assert [error["field"] for error in patch(retraction=None).json()["errors"]] == ["withdrawn"]
            assert [error["field"] for error in patch(withdrawn=False).json()["errors"]] == ["retraction"]
            assert patch(note="Seen.").status_code == 200
            assert patch(withdrawn=False, retraction=None).json()["withdrawn"] is False


def test_a_claim_cannot_be_recorded_with_an_attribution_whose_withdrawal_is_open(
    api: TestClient, record: Record, editor: Headers
) -> None:
    record("sources", key="nis")
    open_withdrawal = {"source": "nis", "stance": "asserts", "withdrawn": True}
    fields = {"kind": "other", "statement": STATEMENT, "attributions": [{"source": "nis", "stance": "asserts"}]}
    fields["attributions"] = [*fields["attributions"], open_withdrawal]
    response = api.post("claims", json=fields, headers=editor)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["attributions.1.withdrawn"]


def test_in_a_file_a_withdrawal_without_retraction_is_our_error(api: TestClient, editor: Headers) -> None:
    withdrawn = {"source": "nis", "stance": "asserts", "lineage": "original", "key": "a", "withdrawn": True}
    relay = {"source": "paper", "stance": "asserts", "lineage": "relayed", "upstream": "a", "key": "b"}
    claim_record = {
        "record": "claim",
        "key": "c",
        "kind": "other",
        "statement": STATEMENT,
        "stage": "published",
        "attributions": [withdrawn, relay],
    }
    sources = [{"record": "source", "key": key, "name": key, "kind": "news_organisation"} for key in ("nis", "paper")]
    content = "\n".join(map(json.dumps, [*sources, claim_record]))
    assert api.post("imports", content=content, headers=editor).json()["refused"] == 0
    (item,) = api.get("claims").json()["items"]
    assert [(speaker["name"], speaker["upstream_state"]) for speaker in item["attributed_to"]] == [
        ("paper", "withdrawn")
    ]
    # Other fields of it can still be corrected.
    first = api.get(f"claims/{item['id']}").json()["attributions"][0]["id"]
    tag = api.get(f"attributions/{first}").headers["ETag"]
    change = {"note": "Seen.", "reason": "Because."}
    assert api.patch(f"attributions/{first}", json=change, headers={**editor, "If-Match": tag}).status_code == 200


def test_a_version_before_the_retraction_does_not_mention_it_but_its_notice_does(
    api: TestClient, record: Record, editor: Headers
) -> None:
    body = record_chain(record, editor, api, CASES[1])
    old = api.get(f"citations?claim={body['id']}@1&format=csl_json").json()[0]["note"]
    statement, _, notice = old.partition("Version 1 of")
    assert "Agency asserts, citing Ministry." in statement
    assert "Notice: this claim has been supplemented since" in notice
    assert "Ministry retracted the statement on 2025-01-14: One unit was counted twice." in notice
    line, address = api.get(f"claims/{body['id']}/versions/1.news.txt").text.splitlines()
    assert "retracted" not in line
    assert "Ministry retracted the statement on 2025-01-14" in address
    at_first = api.get(f"claims/{body['id']}/versions/1").json()
    assert {attribution["upstream_state"] for attribution in at_first["attributions"]} == {"stands"}


def test_one_of_several_origins_retracted(api: TestClient, record: Record, editor: Headers) -> None:
    body = record_chain(record, editor, api, CASES[1])
    other = record("sources", name="Pentagon", kind="armed_force")["id"]
    record("attributions", claim=body["id"], source=other, stance="asserts", lineage="original")
    line = api.get(f"claims/{body['id']}.news.txt").text.splitlines()[0]
    assert line.startswith("Ministry and Pentagon said that")
    assert "; retracted by Ministry on 14 January 2025; not assessed" in line
    counts = api.get(f"claims/{body['id']}").json()["counts"]
    assert (counts["identified_origins"], counts["lineage_unknown"]) == (1, 1)


@pytest.mark.parametrize(("retraction", "missing"), [(None, False), (ORIGIN, True), (OURS, True)])
def test_who_relays_a_denial_that_was_taken_back_gives_no_other_account(
    record: Record,
    api: TestClient,
    key_of: Callable[[Role], Headers],
    retraction: dict[str, Any] | None,
    missing: bool,
) -> None:
    sources = [record("sources", name=name, kind="news_organisation")["id"] for name in NAMES[:3]]
    links = [
        {"source": sources[0], "stance": "asserts", "lineage": "original"},
        {"source": sources[1], "stance": "denies", "lineage": "original", "key": "denial"},
        {"source": sources[2], "stance": "denies", "lineage": "relayed", "upstream": "denial"},
    ]
    if retraction is not None:
        links[1]["retraction"] = retraction
    body = record("claims", statement=STATEMENT, attributions=links)
    proposal = {
        "claim_version": body["version"],
        "status": "disputed",
        "credibility": 3,
        "standard": "reasonable_grounds",
        "rationale": "Two accounts.",
        "evidence": [],
    }
    response = api.post(f"claims/{body['id']}/proposals", json=proposal, headers=key_of(Role.FACT_CHECKER))
    assert response.status_code == (422 if missing else 201), response.text
    line = api.get(f"claims/{body['id']}.news.txt").text.splitlines()[0]
    assert "Daily denied" not in line
    assert "denied by Daily" not in line
    if retraction is ORIGIN:
        assert "denied by Agency; the denial was retracted by Agency on 14 January 2025" in line
    if retraction is OURS:
        assert "denied, according to Daily, whose source was recorded wrongly and is not known" in line


# --- random chains ---

PUBLISHED_BY = Publisher(name="Attest", address="https://factcheck.example/api/v1")
EDITION = Edition(publisher=PUBLISHED_BY, address="https://factcheck.example/x", moment="2025-01-12T00:00:00Z")


@st.composite
def forests(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The rows of a claim's attributions: chains and trees with retracted and withdrawn links."""
    rows: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 6))):
        upstream = draw(st.none() | st.integers(0, number - 1)) if number else None
        retraction = draw(st.sampled_from((None, None, None, OURS, ORIGIN, PUBLISHER, "open")))
        rows.append(
            {
                "id": str(number),
                "upstream_id": None if upstream is None else str(upstream),
                "withdrawn": retraction is not None,
                "retracted_by": retraction["by"] if isinstance(retraction, dict) else None,
                "retraction": retraction if isinstance(retraction, dict) else None,
                "stance": draw(st.sampled_from(("asserts", "asserts", "estimates", "denies"))),
                "has_document": draw(st.booleans()),
            }
        )
    return rows


def publish(rows: list[dict[str, Any]]) -> PublishedClaim:
    """Build the published claim of such rows; each attribution has a source of its own."""
    by_id = {row["id"]: row for row in rows}
    sources = {row["id"]: source(f"Source{row['id']}", number=int(row["id"]) + 1) for row in rows}
    published: list[PublishedAttribution] = []
    for row in rows:
        chain = origins.upstream_chain(row, by_id)
        links = origins.taken_back_links(row, by_id)
        taken_back = [
            TakenBackLink(source=sources[link["id"]], retraction=link["retraction"], step=chain.index(link) + 1)
            for link in links
        ]
        if links and not origins.is_retracted(links[-1]):
            chain = chain[: chain.index(links[-1])]
        published.append(
            attribution(
                sources[row["id"]],
                number=int(row["id"]) + 1,
                stance=Stance(row["stance"]),
                lineage=Lineage.ORIGINAL if row["upstream_id"] is None else Lineage.RELAYED,
                relayed_from=[sources[link["id"]] for link in chain],
                document=document(number=int(row["id"]) + 1) if row["has_document"] else None,
                withdrawn=row["withdrawn"],
                retraction=row["retraction"],
                upstream_state=origins.upstream_state(row, by_id),
                taken_back=taken_back,
            )
        )
    return claim(statement=STATEMENT, attributions=published)


MENTIONS = ("retracted", "recorded wrongly")


@given(forests())
def test_a_relay_of_what_was_taken_back_never_speaks_for_itself(rows: list[dict[str, Any]]) -> None:
    by_id = {row["id"]: row for row in rows}
    published = publish(rows)
    line = news_line.attribution_line(published, "Attest")
    broken = {row["id"] for row in rows if any(link["withdrawn"] for link in origins.upstream_chain(row, by_id))}
    atom = "".join(claim_atom.write([published], EDITION))
    cells = next(csv.DictReader(io.StringIO("".join(claim_csv.write([published], EDITION)))))["said_by"].split(" | ")
    graph = json.loads("".join(claim_json_ld.write([published], EDITION)))["dataFeedElement"][0]
    authors = {author["@id"].rpartition("/")[2] for author in graph["item"].get("author", ())}
    item = claim_review_feed.item_reviewed(published)
    for part in published.attributions:
        number = rows[published.attributions.index(part)]["id"]
        is_broken = number in broken
        assert (part.upstream_state is not UpstreamState.STANDS) is is_broken
        if not is_broken:
            continue
        name = part.source.name
        # As the first speaker of a sentence, with any verb, or among the first speakers.
        # Without a speaker, the statement comes first and what is known of it follows in brackets.
        head = line.partition(" that ")[0] if " that " in line else line.partition(" (")[0]
        assert name not in head, line
        assert f"denied by {name}" not in line
        assert part.source.id not in authors
        assert item.get("author", {}).get("name") != name
        note = build_note(
            Citation(key="k", type="webpage", title=None, cited_for=(CitedClaim(published, [part]),), address="a")
        )
        assert any(mention in note.partition("Version")[0] for mention in MENTIONS), note
        if not part.withdrawn:
            (cell,) = {cell for cell in cells if cell.startswith(f"{name}: ")}
            assert any(mention in cell for mention in MENTIONS), cell
            assert any(mention in atom.partition(f"{name} (")[2].partition(", Source")[0] for mention in MENTIONS)
        if name in line:
            assert any(mention in line for mention in MENTIONS), line
