"""Detection of a file's import format from its beginning and its name."""

import io
import json
from contextlib import suppress

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.exchange import attest_csv, attest_json
from app.formats.parsing.import_rows import RECORD_ADAPTER, ImportRow
from app.formats.readers.import_formats import IMPORT_FORMATS, detect, read

NOTE = {"record": "note", "claim": "c", "note": '"claimReviewed": no'}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("".join(attest_json.write([NOTE])), "attest_json"),
        ('\ufeff[\n  {\n    "key": "x",\n    "record": "topic",', "attest_json"),
        ("".join(attest_csv.write([NOTE])), "attest_csv"),
        ("Statement;Record\nx;claim\n", "attest_csv"),
        ('[{"date": "2022-02-25", "day": 2, "personnel": 2800, "personnel*": "about"}]', "ua_mod_losses"),
        ('[{"date": "2022-02-25", "day": 2, "aircraft": 10, "tank": 80}]', "ua_mod_losses"),
        ('[{"date": "2026-08-22", "sourceUri": "https://x", "personnel": 1}]', "ua_mod_losses"),
        ('[{"equipment_oryx": "Tanks", "model": "T-62", "losses_total": 1}]', "ua_mod_losses"),
        ("country,origin,system,status,url,date_recorded,sysID\n", "oryx_events"),
        ("country,equipment_type,destroyed,abandoned,captured,damaged,type_total,date_recorded", "oryx_events"),
        ('{"@context": "http://schema.org", "@type": "ClaimReview", "url"', "claim_review"),
        ('{"@type": ["Review", "schema:ClaimReview"]', "claim_review"),
        ('[{"fixture": "a", "object": {"claimReviewed": "x"', "claim_review"),
        ('{"text": "x", "claimReview": [', "claim_review"),
        ("% a remark\n\n@article{smith2025,\n", "bibtex"),
        ("@String (jan = 1)\n", "bibtex"),
    ],
)
def test_the_format_is_detected_by_content(head: str, expected: str) -> None:
    assert detect("upload", head.encode()) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("data/russia_losses_personnel.json", "ua_mod_losses"),
        ("russian-losses.json", "ua_mod_losses"),
        ("event_captured.csv", "oryx_events"),
        ("C:\\claimreview-objects.json", "claim_review"),
        ("seed.jsonl", "attest_json"),
        ("refs.BIB", "bibtex"),
    ],
)
@pytest.mark.parametrize("head", [b"", b"[]\n"])
def test_the_format_of_an_empty_file_is_detected_by_name(name: str, head: bytes, expected: str) -> None:
    assert detect(name, head) == expected


@pytest.mark.parametrize("head", [b"", b"hello", b'{"a": 1}', b"a,b\n1,2\n", b"\xff\xfe\x00", b"%PDF-1.7", b'"'])
def test_an_unknown_format_is_refused_with_the_known_ones(head: bytes) -> None:
    with pytest.raises(ValueError, match="attest_json, attest_csv, ua_mod_losses, oryx_events, claim_review, bibtex"):
        detect("upload", head)


@settings(deadline=None)
@given(head=st.binary(max_size=50) | st.text('{}[]":,;\r\n\trecod', max_size=50).map(str.encode))
def test_detection_raises_no_other_error(head: bytes) -> None:
    with suppress(ValueError):
        assert detect("upload", head) in IMPORT_FORMATS


def test_the_format_is_detected_in_the_first_64_kilobytes(api: TestClient, editor: dict[str, str]) -> None:
    remark = b"%" * 60_000 + b"\n"
    report = api.post("imports", content=remark + b"@misc{a, title = {x}}", headers=editor).json()
    assert (report["format"], report["created"]) == ("bibtex", 1)


def test_every_format_has_a_reader() -> None:
    assert [list(read(name, io.BytesIO(b""))) for name in IMPORT_FORMATS] == [[]] * 6
    (row,) = read("attest_json", io.BytesIO(json.dumps(NOTE).encode()))
    assert row == ImportRow(1, (RECORD_ADAPTER.validate_python(NOTE),))
