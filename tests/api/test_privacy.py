"""Privacy of the desk: public responses contain bylines, but no other personal data."""

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

PRIVATE_NAMES = {Role.FACT_CHECKER: "Zebediah Quillfeather", Role.EDITOR: "Xanthippe Übermorgen"}
"""Private names that occur nowhere else, by role."""

EXAMPLE_ID = "per_01jhf3m8w5k6v0x2s9r7q4t1ya"
"""A person's id in the examples of the documentation."""

BYLINES = ("Desk 3", "Ms Editor")


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A client of the service, with an IP address that occurs nowhere else."""
    app = create_app(settings)
    with TestClient(app, base_url="http://testserver/api/v1/", client=(ADDRESS, 4711)) as client:
        yield client


def test_public_responses_contain_bylines_but_no_other_personal_data(
    client: TestClient, key_of: Callable[[Role], Headers]
) -> None:
    admin = key_of(Role.ADMIN)
    secrets, headers = [ADDRESS, *PRIVATE_NAMES.values()], {}
    for (role, name), byline in zip(PRIVATE_NAMES.items(), BYLINES, strict=True):
        fields = {"byline": byline, "name": name, "role": role, "pseudonym": True}
        person = client.post("people", json=fields, headers=admin).json()
        key = client.post("keys", json={"person": byline, "label": f"label of {role}"}, headers=admin).json()
        headers[role] = {"Authorization": f"Bearer {key['key']}"}
        secrets += [person["id"], key["id"], key["handle"], key["key"].split("_")[2], key["label"]]
    ids = do_a_days_work(client, headers[Role.FACT_CHECKER], headers[Role.EDITOR])
    responses = {path: client.get(path) for path in public_paths(ids)}
    assert len(responses) > 50

    failures = {path: response.status_code for path, response in responses.items() if response.status_code != 200}
    assert failures == {}
    for path, response in responses.items():
        full_response = response.text + str(response.headers)
        assert [secret for secret in secrets if secret in full_response] == [], path
        assert "per_0" not in full_response.replace(EXAMPLE_ID, ""), path
    # The bylines show that the responses do name people.
    history = responses[f"claims/{ids['claims']}/history"].text
    assert all(byline in history for byline in BYLINES)
    # The names are on record: administrators see them.
    assert all(name in client.get("people", headers=admin).text for name in PRIVATE_NAMES.values())


def do_a_days_work(client: TestClient, checker: Headers, editor: Headers) -> dict[str, str]:
    """Do everything that records who did it, and return the id of one object of each noun."""

    def post(path: str, headers: Headers, **fields: Any) -> dict[str, Any]:
        response = client.post(path, json=fields, headers={**headers, "Idempotency-Key": path.replace("/", "-")})
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    topic = post("topics", checker, title="How many?", subject="soldiers", metric_family="strength")
    source = post("sources", checker, name="Ministry", kind="government")
    document = post("documents", checker, kind="article", title="Briefing")
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "exact", "best": 5}
    fields = {"source": source["id"], "document": document["id"], "stance": "asserts", "lineage": "original"}
    claim = post(
        "claims",
        checker,
        kind="troop_estimate",
        statement="Soldiers are there.",
        topic=topic["id"],
        time="2025-01",
        quantities=[figure],
        attributions=[fields],
    )
    rival = client.post("sources", json={"name": "Rival", "kind": "government"}, headers=checker).json()
    attribution = post(
        "attributions", checker, claim=claim["id"], source=rival["id"], stance="asserts", lineage="original"
    )
    evidence = post("evidence", checker, claim=claim["id"], document=document["id"], role="context")
    path = f"claims/{claim['id']}"
    post(
        f"{path}/independence-rulings", editor, sources=[source["id"], rival["id"]], ruling="established", reason="So."
    )
    published = {"stage": "published", "reason": "Ready."}
    assert client.patch(path, json=published, headers={**editor, "If-Match": "*"}).status_code == 200
    other = client.post(
        "claims", json={"kind": "other", "statement": "So.", "stage": "published"}, headers=editor
    ).json()
    relation = post("relations", checker, claim=claim["id"], other_claim=other["id"], relation="refines")
    file = (
        f'{{"record": "claim", "key": "filed", "kind": "other", "statement": "Filed.", "stage": "published", '
        f'"attributions": [{{"source": "{source["id"]}", "stance": "asserts", "lineage": "original"}}], '
        f'"reviews": [{{"status": "unconfirmed", "rationale": "So.", "decided_by": "Ms Editor", '
        f'"decided_on": "2025-01-12"}}]}}'
    )
    report = client.post("imports", content=file.encode(), headers=editor)
    assert report.status_code == 200, report.text
    captured = client.post(f"documents/{document['id']}/captures", content=b"<p>Words.</p>", headers=checker).json()
    rating = post(f"sources/{source['id']}/proposals", checker, reliability="B", rationale="Borne out.")
    post(f"proposals/{rating['id']}/sign-offs", editor, verdict="approve")
    current = client.get(path).json()
    judgement = {"status": "unconfirmed", "credibility": 3, "standard": "reasonable_grounds", "rationale": "Said."}
    status = post(f"{path}/proposals", editor, claim_version=current["version"], **judgement)
    sign_off = post(f"proposals/{status['id']}/sign-offs", checker, verdict="request_more", reason="Of whom?")
    assert sign_off["state"] == "more_requested"
    post(f"{path}/requests", checker, note="Is it so?")
    assert client.post(f"queue/{claim['id']}/take", json={}, headers=checker).status_code == 200
    objects = {"topics": topic, "sources": source, "documents": document, "claims": claim, "captures": captured}
    objects |= {"attributions": attribution, "evidence": evidence, "relations": relation}
    return {noun: body["id"] for noun, body in objects.items()}


def public_paths(ids: dict[str, str]) -> Iterator[str]:
    """The path of every GET that needs no key, with every format of exports and citations."""
    for method, template, policy in permissions.policies():
        if method != "GET" or policy.role is not None:
            continue
        bare = template.removeprefix("/api/v1").removeprefix("/uk").removeprefix("/embed")
        noun = bare.strip("/").partition("/")[0]
        path = template.replace("{identifier}", ids.get(noun, "")).replace("{path:path}", "swagger-ui.css")
        path = path.replace("{digest}", "0").replace("{name}", "attest.css")
        # The first versions were drafts.
        path = path.replace("{version}", "5")
        if noun == "log":
            path += {"inclusion": f"?object=claim/{ids['claims']}", "consistency": "?first=1"}.get(
                path.split("/")[-1], ""
            )
        if path.endswith("citations/check"):
            path += f"?cited={ids['claims']}@1"
        assert "{" not in path, f"no value for a parameter of {path}"
        yield path.removeprefix("/api/v1/") if path.startswith("/api/v1/") else f"http://testserver{path}"
        if noun == "claims" and path.endswith("/claims"):
            yield "claims?facets=status,kind,stage,topic,metric,source&limit=200"
            yield "claims?q=soldiers"
            yield "claims?sort=recorded"
        if noun == "export":
            yield from (f"export?format={name}" for name in EXPORT_FORMATS)
        if noun == "citations":
            yield from (f"citations?format={name}&include=statement,decision" for name in CITATION_FORMATS)
