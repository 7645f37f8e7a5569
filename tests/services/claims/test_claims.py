"""Claims over the API: recording, reading, correcting, and reading as of a moment."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

Record = Callable[..., dict[str, Any]]


def test_a_claim_is_returned_with_all_its_parts(api: TestClient, record: Record) -> None:
    nis = record(
        "sources", name="National Intelligence Service", kind="intelligence_service", other_names=["국가정보원"]
    )
    korea = record("sources", name="North Korea", kind="government", side="Russia")
    topic = record("topics", title="Losses?", subject="North Korean soldiers", metric_family="casualties")
    document = record("documents", title="Briefing", published="2025-01-13", publisher=nis["id"])
    claim = record(
        "claims",
        kind="casualty_figure",
        statement="Around 300 were killed and 2,700 wounded.",
        topic=topic["id"],
        place="Kursk Oblast, Russia",
        time="2025-01~",
        adverse_to=korea["id"],
        quantities=[
            {"metric": "killed", "unit": "soldiers", "qualifier": "about", "best": 300, "verbatim": "300여 명"},
            {"metric": "wounded", "unit": "soldiers", "qualifier": "about", "best": 2700},
        ],
        attributions=[
            {"source": nis["id"], "stance": "estimates", "lineage": "original", "document": document["id"]},
            {
                "source": korea["id"],
                "stance": "no_statement_found",
                "search": {"on": "2025-01-14", "where": "kcna.kp", "by": "Desk"},
            },
        ],
        evidence=[{"document": document["id"], "role": "context"}],
    )

    response = api.get(f"claims/{claim['id']}")

    assert response.status_code == 200
    body = response.json()
    assert [
        (figure["metric"], figure["qualifier"], figure["low"], figure["best"], figure["high"])
        for figure in body["quantities"]
    ] == [
        ("killed", "about", None, 300, None),
        ("wounded", "about", None, 2700, None),
    ]
    assert body["quantities"][0]["verbatim"] == "300여 명"
    assert (body["status"], body["stage"], body["version"]) == ("unassessed", "published", 1)
    assert (body["time"], body["place"]) == ("2025-01~", "Kursk Oblast, Russia")
    assert body["adverse_to"]["name"] == "North Korea"
    assert body["topic"] == {"id": topic["id"], "title": "Losses?"}
    assert [attribution["stance"] for attribution in body["attributions"]] == ["estimates", "no_statement_found"]
    assert body["attributions"][0]["origin_id"] == nis["id"]
    assert body["attributions"][0]["document"]["publisher"]["name"] == "National Intelligence Service"
    assert body["counts"] == {
        "attributions": 1,
        "publishers": 1,
        "identified_origins": 1,
        "independent_origins": 0,
        "lineage_unknown": 0,
    }
    assert body["evidence"][0]["role"] == "context"
    assert response.headers["ETag"]
    again = api.get(f"claims/{claim['id']}", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_correction_makes_a_new_version_and_keeps_the_old_one(
    api: TestClient, record: Record, correct: Callable[..., dict[str, Any]]
) -> None:
    figure = {"metric": "present", "unit": "soldiers", "qualifier": "about", "best": 11000}
    claim = record("claims", quantities=[figure])
    moment = api.get(f"claims/{claim['id']}").json()["recorded_at"]

    after = correct("claims", claim["id"], quantities=[{**figure, "best": 12000}], reason="Misread.")

    assert (after["version"], after["content_version"]) == (2, 2)
    assert after["quantities"][0]["best"] == 12000
    assert api.get(f"claims/{claim['id']}", params={"as_of": moment}).json()["quantities"][0]["best"] == 11000
    assert api.get(f"claims/{claim['id']}/versions/1").json()["quantities"][0]["best"] == 11000
    entries = api.get(f"claims/{claim['id']}/history").json()["items"]
    assert (entries[-1]["reason"], entries[-1]["by"]) == ("Misread.", "Test editor")
    assert entries[-1]["changes"] == [{"field": "quantities.0.best", "before": 11000, "after": 12000}]
