"""Who the people of the desk are is nobody's business: nothing that is open to all tells more than a byline."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.http import permissions
from app.formats.citations.citation_formats import CITATION_FORMATS
from app.formats.exports.export_formats import EXPORT_FORMATS
from app.main import create_app
from app.settings import Settings
from app.vocabulary import Role

Headers = dict[str, str]

ADDRESS = "203.0.113.77"

NAMES = {Role.FACT_CHECKER: "Zebediah Quillfeather", Role.EDITOR: "Xanthippe Übermorgen"}
"""Private names that stand nowhere else."""

EXAMPLE = "per_01jhf3m8w5k6v0x2s9r7q4t1ya"
"""Nobody's id, in the documentation."""

PUBLIC = ("Desk 3", "Ms Editor")


@pytest.fixture
def office(settings: Settings) -> Iterator[TestClient]:
    """The service, asked from an address that stands nowhere else."""
    app = create_app(settings)
    with TestClient(app, base_url="http://testserver/api/v1/", client=(ADDRESS, 4711)) as client:
        yield client


def test_nothing_that_is_open_tells_who_they_are(office: TestClient, key_of: Callable[[Role], Headers]) -> None:
    admin = key_of(Role.ADMIN)
    secrets, headers = [ADDRESS, *NAMES.values()], {}
    for (role, name), byline in zip(NAMES.items(), PUBLIC, strict=True):
        fields = {"byline": byline, "name": name, "role": role, "pseudonym": True}
        person = office.post("people", json=fields, headers=admin).json()
        key = office.post("keys", json={"person": byline, "label": f"label of {role}"}, headers=admin).json()
        headers[role] = {"Authorization": f"Bearer {key['key']}"}
        secrets += [person["id"], key["id"], key["handle"], key["key"].split("_")[2], key["label"]]
    known = a_day_at_the_desk(office, headers[Role.FACT_CHECKER], headers[Role.EDITOR])
    told = {path: office.get(path) for path in open_paths(known)}

    assert {path: one.status_code for path, one in told.items() if one.status_code != 200} == {}
    for path, answer in told.items():
        whole = answer.text + str(answer.headers)
        assert [one for one in secrets if one in whole] == [], path
        assert "per_0" not in whole.replace(EXAMPLE, ""), path
    # The byline is public, so that this test looks where something is told.
    history = told[f"claims/{known['claims']}/history"].text
    assert all(byline in history for byline in PUBLIC)
    # And administrators see it.
    assert all(name in office.get("people", headers=admin).text for name in NAMES.values())


def a_day_at_the_desk(office: TestClient, checker: Headers, editor: Headers) -> dict[str, str]:
    """Everything is done that leaves a trace of who did it; the id of one object of each noun."""

    def post(path: str, headers: Headers, **fields: Any) -> dict[str, Any]:
        answer = office.post(path, json=fields, headers={**headers, "Idempotency-Key": path.replace("/", "-")})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    topic = post("topics", checker, title="How many?", subject="soldiers", metric_family="strength")
    source = post("sources", checker, name="Ministry", kind="government")
    document = post("documents", checker, kind="article", title="Briefing")
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": 5}
    said = {"source": source["id"], "document": document["id"], "stance": "asserts", "lineage": "original"}
    claim = post(
        "claims",
        checker,
        kind="troop_estimate",
        statement="Soldiers are there.",
        topic=topic["id"],
        time="2025-01",
        quantities=[figure],
        attributions=[said],
    )
    rival = office.post("sources", json={"name": "Rival", "kind": "government"}, headers=checker).json()
    attribution = post(
        "attributions", checker, claim=claim["id"], source=rival["id"], stance="asserts", lineage="original"
    )
    evidence = post("evidence", checker, claim=claim["id"], document=document["id"], role="context")
    path = f"claims/{claim['id']}"
    post(
        f"{path}/independence-rulings", editor, sources=[source["id"], rival["id"]], ruling="established", reason="So."
    )
    published = {"stage": "published", "reason": "Ready."}
    assert office.patch(path, json=published, headers={**editor, "If-Match": "*"}).status_code == 200
    other = office.post(
        "claims", json={"kind": "other", "statement": "So.", "stage": "published"}, headers=editor
    ).json()
    relation = post("relations", checker, claim=claim["id"], other_claim=other["id"], relation="refines")
    file = (
        f'{{"record": "claim", "key": "filed", "kind": "other", "statement": "Filed.", "stage": "published", '
        f'"attributions": [{{"source": "{source["id"]}", "stance": "asserts", "lineage": "original"}}], '
        f'"reviews": [{{"status": "unconfirmed", "rationale": "So.", "decided_by": "Ms Editor", '
        f'"decided_on": "2025-01-12"}}]}}'
    )
    report = office.post("imports", content=file.encode(), headers=editor)
    assert report.status_code == 200, report.text
    captured = office.post(f"documents/{document['id']}/captures", content=b"<p>Words.</p>", headers=checker).json()
    rating = post(f"sources/{source['id']}/proposals", checker, reliability="B", rationale="Borne out.")
    post(f"proposals/{rating['id']}/sign-offs", editor, verdict="approve")
    shown = office.get(path).json()
    judgement = {"status": "unconfirmed", "credibility": 3, "standard": "reasonable_grounds", "rationale": "Said."}
    status = post(f"{path}/proposals", editor, claim_version=shown["version"], **judgement)
    asked = post(f"proposals/{status['id']}/sign-offs", checker, verdict="request_more", reason="Of whom?")
    assert asked["state"] == "more_requested"
    post(f"{path}/requests", checker, note="Is it so?")
    assert office.post(f"queue/{claim['id']}/take", json={}, headers=checker).status_code == 200
    made = {"topics": topic, "sources": source, "documents": document, "claims": claim, "captures": captured}
    made |= {"attributions": attribution, "evidence": evidence, "relations": relation}
    return {noun: one["id"] for noun, one in made.items()}


def open_paths(known: dict[str, str]) -> Iterator[str]:
    """Every GET that needs no key, as it is and in each of its forms."""
    for method, whole, policy in permissions.whole():
        if method != "GET" or policy.role is not None:
            continue
        noun = whole.removeprefix("/api/v1/").partition("/")[0]
        path = whole.replace("{identifier}", known.get(noun, "")).replace("{path:path}", "swagger-ui.css")
        if "{version}" in path:
            # The first versions were drafts.
            yield path.replace("{version}", "5").removeprefix("/api/v1/")
            continue
        if noun == "log":
            path += {"inclusion": f"?object=claim/{known['claims']}", "consistency": "?first=1"}.get(
                path.split("/")[-1], ""
            )
        if path.endswith("citations/check"):
            path += f"?cited={known['claims']}@1"
        assert "{" not in path, f"this test does not know what may stand in {path}"
        yield path.removeprefix("/api/v1/") if path.startswith("/api/v1/") else f"http://testserver{path}"
        if noun == "claims" and path.endswith("/claims"):
            yield "claims?facets=status,kind,stage,topic,metric,source&limit=200"
            yield "claims?q=soldiers"
            yield "claims?sort=recorded"
        if noun == "export":
            yield from (f"export?format={name}" for name in EXPORT_FORMATS)
        if noun == "citations":
            yield from (f"citations?format={name}&include=statement,decision" for name in CITATION_FORMATS)
