"""Oryx's lists: events with their evidence, daily counts, and the irregularities of the real tables."""

import io
from decimal import Decimal
from typing import Any, TypeGuard

import pytest

from app.formats.parsing.import_rows import ImportRow, RowRefusal
from app.formats.readers.oryx_events import read
from app.schemas.base.edtf import bounds
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, TopicRecord

EVENTS = "country,origin,system,status,url,date_recorded,sysID,imageID,statusID,matID\n"
DAILY = "country,equipment_type,destroyed,abandoned,captured,damaged,type_total,date_recorded,destroyed_diff\n"
PHOTO = "https://i.postimg.cc/nrJ7kC7g/51.png"


def read_items(text: str) -> list[ImportRow | RowRefusal]:
    return list(read(io.BytesIO(text.encode())))


def read_rows(text: str) -> list[ImportRow | RowRefusal]:
    """Read the items of the rows, without the records that introduce the data set."""
    return [item for item in read_items(text) if item.line]


def event(**changes: str) -> list[ImportRow | RowRefusal]:
    row = {"country": "Russia", "system": "T-72B3", "status": "destroyed", "url": PHOTO, "date": "2022-06-26"} | changes
    line = f'{row["country"]},Soviet Union,"{row["system"]}",{row["status"]},{row["url"]},{row["date"]},1,1,1,7-111\n'
    return read_rows(EVENTS + line)


def document_and_claim(items: list[ImportRow | RowRefusal]) -> tuple[DocumentRecord, ClaimRecord]:
    (row,) = items
    assert isinstance(row, ImportRow)
    document, claim = row.records
    assert isinstance(document, DocumentRecord)
    assert isinstance(claim, ClaimRecord)
    return document, claim


def test_an_event_is_a_claim_of_one_lost_item_with_evidence() -> None:
    document, claim = document_and_claim(event())
    assert claim.statement == "One Russian T-72B3 was destroyed; Oryx had listed it by 26 June 2022."
    assert (claim.topic, claim.adverse_to, claim.stage, claim.reviews) == (
        "oryx/russia/destroyed",
        "ru",
        "published",
        [],
    )
    (quantity,) = claim.quantities
    assert (quantity.metric, quantity.best, quantity.population) == ("equipment_destroyed", Decimal(1), "T-72B3")
    assert (quantity.basis, quantity.cumulative) == ("named_count", False)
    (attribution,) = claim.attributions
    assert (attribution.source, attribution.lineage, attribution.said) == ("oryx", "original", "2022-06-26")
    assert attribution.document == "oryx/page/russia"
    (evidence,) = claim.evidence
    assert (evidence.document, evidence.role, evidence.examined_on) == (document.key, "supports", None)
    assert (document.kind, document.url) == ("image", PHOTO)


def test_a_loss_lies_between_the_invasion_and_its_listing() -> None:
    _, claim = document_and_claim(event())
    assert claim.time == "2022-02-24/2022-06-26"
    assert [day.isoformat() for day in bounds(claim.time)] == ["2022-02-24", "2022-06-26"]
    assert document_and_claim(event(date="2022-02-24"))[1].time == "2022-02-24/2022-02-24"


def test_records_of_the_data_set_are_introduced_on_first_use() -> None:
    row = f"{{}},Soviet Union,T-72B3,{{}},{PHOTO},2022-06-26,1,1,1,7-111\n"
    events = [row.format(*values) for values in (("Russia", "destroyed"), ("Russia", "lost"), ("Ukraine", "destroyed"))]
    introductions = [
        [getattr(record, "key", None) for record in item.records]
        for item in read_items(EVENTS + "".join(events))
        if is_introduction(item)
    ]
    assert introductions == [
        ["oryx/russia/destroyed", "ru", "oryx", "oryx/page/russia"],
        ["oryx/ukraine/destroyed", "ua", "oryx/page/ukraine"],
    ]
    assert read_items(EVENTS) == []


def is_introduction(item: ImportRow | RowRefusal) -> TypeGuard[ImportRow]:
    return isinstance(item, ImportRow) and item.line == 0


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://twitter.com/x/status/1", "social_media_post"),
        ("https://postlmg.cc/dhTQRzCD", "image"),
        ("http://example.org/a.JPG", "image"),
        ("https://tass.ru/1", "other"),
    ],
)
def test_the_url_decides_the_kind_of_the_document(url: str, kind: str) -> None:
    document, _ = document_and_claim(event(url=url))
    assert (document.url, document.kind) == (url, kind)


def test_a_document_with_a_long_url_has_its_digest_as_key() -> None:
    longest = PHOTO.ljust(295, "x")  # with the prefix `oryx/`, a key of 300 characters
    assert document_and_claim(event(url=longest))[0].key == f"oryx/{longest}"
    document, claim = document_and_claim(event(url=f"{longest}x"))
    assert (document.key or "").startswith("oryx/sha256:")
    assert claim.evidence[0].document == document.key


@pytest.mark.parametrize(
    ("system", "item"),
    [
        ("273 T-80BV", "T-80BV"),
        ("1 152mm 2A36 Giatsint-B:", "152mm 2A36 Giatsint-B"),
        ("152mm 2S5 Giatsint-S", "152mm 2S5 Giatsint-S"),
        ("9K310 Igla-1", "9K310 Igla-1"),
        ("'Orlan-20' reconnaissance UAV", "'Orlan-20' reconnaissance UAV"),
    ],
)
def test_running_totals_are_removed_from_names(system: str, item: str) -> None:
    _, claim = document_and_claim(event(system=system))
    assert claim.quantities[0].population == item
    assert claim.key == document_and_claim(event(system=item))[1].key


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"country": "Atlantis"}, "country"),
        ({"status": "lost"}, "status"),
        ({"system": " "}, "system"),
        ({"system": "x" * 501}, "population"),
        ({"date": "2022-02-30"}, "date_recorded"),
        ({"date": "20220226"}, "date_recorded"),
        ({"date": "2022-02-23"}, "date_recorded"),
        ({"url": ""}, "url"),
        ({"url": "https://u@example.org/"}, "url"),
        ({"url": "https://x/" + "y" * 2000}, "url"),
    ],
)
def test_refusals_name_their_column(changes: dict[str, str], field: str) -> None:
    (refusal,) = event(**changes)
    assert isinstance(refusal, RowRefusal)
    assert (refusal.line, refusal.field) == (2, field)


@pytest.mark.parametrize(
    "text",
    [
        "pending",
        f"{PHOTO}{PHOTO}",
        "ttps://i.postimg.cc/a/b.jpg",
        "2x KamAZ 6x6 https://i.postimg.cc/a/b.jpg",
        "https://i.postihttps://i.postimg.cc/a/b.jpgmg.cc/c/d.jpg",
    ],
)
def test_a_loss_with_a_malformed_url_is_imported_without_a_link(text: str) -> None:
    document, claim = document_and_claim(event(url=text))

    assert (document.url, document.kind) == (None, "other")
    assert (document.note or "").endswith(text)
    assert claim.evidence[0].document == document.key
    assert claim.key != document_and_claim(event())[1].key


def test_every_invalid_field_of_a_row_is_reported() -> None:
    assert [item.field for item in event(country="", status="", url="") if isinstance(item, RowRefusal)] == [
        "country",
        "status",
        "url",
    ]


def test_one_url_under_two_statuses_is_one_document() -> None:
    destroyed, captured = document_and_claim(event()), document_and_claim(event(status="captured"))
    assert destroyed[0] == captured[0]
    assert destroyed[1].key != captured[1].key


def test_the_numbers_of_the_data_set_are_ignored() -> None:
    row = f"Russia,Russia,T-72B3,destroyed,{PHOTO},2022-06-26,"
    first, second = read_rows(f"{EVENTS}{row}1,1,1,7-111\n"), read_rows(f"{EVENTS}{row}2,9,1,7-291\n")
    assert first == second


def daily(**changes: Any) -> list[ImportRow | RowRefusal]:
    row = {"country": "Ukraine", "type": "Tanks", "destroyed": 5, "date": "2022-03-19"} | changes
    return read_rows(f'{DAILY}{row["country"]},"{row["type"]}",{row["destroyed"]},1,2,1000,1008,{row["date"]},-4\n')


def test_a_daily_count_is_one_claim() -> None:
    (row,) = daily()
    assert isinstance(row, ImportRow)
    topic, claim = row.records
    assert isinstance(topic, TopicRecord)
    assert isinstance(claim, ClaimRecord)
    assert claim.topic == topic.key == "oryx-count/ukraine/tanks"
    assert (claim.time, claim.adverse_to) == ("2022-03-19", "ua")
    assert {quantity.metric.value: int(quantity.best or 0) for quantity in claim.quantities} == {
        "equipment_destroyed": 5,
        "equipment_damaged": 1000,
        "equipment_abandoned": 1,
        "equipment_captured": 2,
        "equipment_lost": 1008,
    }
    assert all(quantity.cumulative for quantity in claim.quantities)
    assert claim.statement == (
        "Oryx had documented 1,008 Ukrainian losses under “Tanks” by 19 March 2022: 5 destroyed, 1,000 damaged, "
        "1 abandoned and 2 captured."
    )


def test_a_topic_is_introduced_once() -> None:
    row = "Russia,Tanks,1,0,0,0,1,2022-03-{},1\n"
    rows = [item for item in read_rows(DAILY + row.format(19) + row.format(20)) if isinstance(item, ImportRow)]
    assert [len(item.records) for item in rows] == [2, 1]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "Losses excluding Recon Drones and Trucks - 17594, of which: destroyed: 13425"}, "equipment_type"),
        ({"destroyed": -1}, "destroyed"),
        ({"destroyed": ""}, "destroyed"),
        ({"destroyed": "1.5"}, "destroyed"),
        ({"destroyed": "٥"}, "destroyed"),
        ({"date": "soon"}, "date_recorded"),
    ],
)
def test_refusals_of_daily_counts_name_their_column(changes: dict[str, Any], field: str) -> None:
    (refusal,) = daily(**changes)
    assert isinstance(refusal, RowRefusal)
    assert (refusal.line, refusal.field) == (2, field)


@pytest.mark.parametrize("text", ["country,system\nRussia,T-72\n", "a,b\n", "\n"])
def test_another_table_is_refused(text: str) -> None:
    (refusal,) = read_items(text)
    assert isinstance(refusal, RowRefusal)
    assert "date_recorded" in refusal.reason


def test_a_short_row_is_refused_and_the_next_one_read() -> None:
    items = read_items(f"{EVENTS}Russia,Russia\nRussia,Russia,T-72B3,destroyed,{PHOTO},2022-06-26,1,1,1,1\n")
    assert [(type(item), item.line) for item in items] == [(RowRefusal, 2), (ImportRow, 0), (ImportRow, 3)]


def test_an_empty_file_has_no_items() -> None:
    assert read_items("") == []
