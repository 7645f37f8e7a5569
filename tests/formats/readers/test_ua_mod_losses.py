"""The Ukrainian General Staff's counts from two data sets, with the irregularities of the real files."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest

from app.formats.parsing.import_rows import ImportRow, RowRefusal
from app.formats.readers.ua_mod_claims import PETRO_COMMIT
from app.formats.readers.ua_mod_losses import read
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, NoteRecord, Record, SourceRecord, TopicRecord

URL = "https://www.mil.gov.ua/news/2022/02/27/vtrati-za-tri-dobi-(24-26-lyutogo)-v-ukraini/"
PERSONNEL = {"date": "2022-03-07", "day": 12, "personnel": 11000, "personnel*": "more", "POW": 200}
EQUIPMENT = {
    "date": "2024-11-03",
    "day": 984,
    "tank": 9182,
    "APC": 0,
    "special equipment": 3584,
    "submarines": 1,
    "vehicles and fuel tanks": 28160,
}
LOSSES = {"date": "2024-11-03", "sourceUri": URL, "personnel": 697680, "tanks": 9182, "submarines": None}


def read_rows(*rows: dict[str, Any]) -> list[ImportRow | RowRefusal]:
    return list(read(io.BytesIO(json.dumps(rows, indent=1).encode())))


def records(*rows: dict[str, Any]) -> list[Record]:
    return [record for item in read_rows(*rows) if isinstance(item, ImportRow) for record in item.records]


def claims(*rows: dict[str, Any]) -> dict[str, ClaimRecord]:
    return {record.key or "": record for record in records(*rows) if isinstance(record, ClaimRecord)}


def refused_fields(*rows: dict[str, Any]) -> list[str]:
    return [item.field for item in read_rows(*rows) if isinstance(item, RowRefusal)]


def test_personnel_is_an_estimate_and_prisoners_are_a_count() -> None:
    records_by_key = claims(PERSONNEL)
    soldiers = records_by_key["ua-mod-losses/petro/personnel/2022-03-07"]
    assert soldiers.statement == (
        "Russia had lost more than 11,000 soldiers in the full-scale war by 7 March 2022, by Ukraine's count."
    )
    (figure,) = soldiers.quantities
    assert (figure.metric, figure.qualifier, figure.low, figure.best) == (
        "casualties_unspecified",
        "more_than",
        Decimal(11000),
        None,
    )
    assert (figure.basis, figure.cumulative, figure.unit) == ("estimate", True, "soldiers")
    prisoners = records_by_key["ua-mod-losses/petro/prisoners/2022-03-07"]
    assert prisoners.statement == (
        "Ukraine had taken 200 Russian soldiers prisoner in the full-scale war by 7 March 2022, by its own count."
    )
    assert (prisoners.kind, prisoners.quantities[0].metric, prisoners.joins) == ("capture_report", "captured", None)


def test_equipment_is_exact_and_zero_is_a_figure() -> None:
    records_by_key = claims(EQUIPMENT)
    assert len(records_by_key) == 5
    assert records_by_key["ua-mod-losses/petro/apc/2024-11-03"].quantities[0].best == 0
    submarine = records_by_key["ua-mod-losses/petro/submarines/2024-11-03"]
    assert "lost 1 submarine in" in submarine.statement
    assert (submarine.kind, submarine.time, submarine.adverse_to, submarine.stage) == (
        "equipment_loss",
        "2024-11-03",
        "ru",
        "published",
    )


def test_the_general_staff_is_the_origin_and_the_data_set_relays_it() -> None:
    for claim, relay, document in (
        (claims(EQUIPMENT)["ua-mod-losses/petro/tank/2024-11-03"], "petro", f"petro/{PETRO_COMMIT}"),
        (claims(LOSSES)["ua-mod-losses/lod/tank/2024-11-03"], "lod", "lod/2024-11-03"),
    ):
        origin, relayed = claim.attributions
        assert (origin.key, origin.source, origin.lineage, origin.said, origin.document) == (
            "origin",
            "ua-general-staff",
            "original",
            "2024-11-03",
            None,
        )
        assert (relayed.key, relayed.source, relayed.lineage, relayed.upstream, relayed.document) == (
            relay,
            f"dataset-{relay}",
            "relayed",
            "origin",
            document,
        )
        assert not claim.reviews  # a file contains no decisions


def test_equal_figures_of_both_data_sets_are_the_same_claim() -> None:
    petro = claims(EQUIPMENT)["ua-mod-losses/petro/tank/2024-11-03"]
    lod = claims(LOSSES)["ua-mod-losses/lod/tank/2024-11-03"]
    assert (petro.joins, lod.joins) == (lod.key, petro.key)
    own_fields = {"key", "joins", "attributions"}
    assert petro.model_dump(exclude=own_fields) == lod.model_dump(exclude=own_fields)
    about = claims({"date": "2024-11-03", "personnel": 697680, "personnel*": "about"})
    assert about["ua-mod-losses/petro/personnel/2024-11-03"].model_dump(exclude=own_fields) == claims(LOSSES)[
        "ua-mod-losses/lod/personnel/2024-11-03"
    ].model_dump(exclude=own_fields)


def test_lod_counts_motor_vehicles_alone_until_they_were_merged() -> None:
    before = LOSSES | {"date": "2022-04-30", "unarmoredVehicles": 1701}
    after = LOSSES | {"date": "2022-05-01", "unarmoredVehicles": 1796}
    keys = [key for key in claims(before, after) if "auto" in key or "vehicles" in key]
    assert keys == [
        "ua-mod-losses/lod/military-auto/2022-04-30",
        "ua-mod-losses/lod/vehicles-and-fuel-tanks/2022-05-01",
    ]
    topics = {record.key for record in records(before, after) if isinstance(record, TopicRecord)}
    assert {claim.topic for claim in claims(before, after).values()} <= topics


def test_each_report_is_a_document_published_by_the_ministry() -> None:
    (document,) = [record for record in records(LOSSES) if isinstance(record, DocumentRecord)]
    assert (document.key, document.kind, document.publisher, document.url, document.published) == (
        "lod/2024-11-03",
        "official_release",
        "ua-mod",
        URL,
        "2024-11-03",
    )


def test_records_come_before_the_records_that_refer_to_them() -> None:
    models = {"equipment_oryx": "Tanks", "model": "T-62M", "manufacturer": "the Soviet Union", "losses_total": 50}
    for rows in ([PERSONNEL], [EQUIPMENT | {"greatest losses direction": "Bakhmut"}], [LOSSES], [models]):
        keys: set[str | None] = {None}
        imported = records(*rows)
        assert {type(record) for record in imported} >= {SourceRecord, DocumentRecord, TopicRecord, ClaimRecord}
        for record in imported:
            if isinstance(record, SourceRecord):
                assert record.parent in keys
            elif isinstance(record, DocumentRecord):
                assert record.publisher in keys
            elif isinstance(record, ClaimRecord):
                assert {record.topic, record.adverse_to} <= keys
                assert {
                    name for attribution in record.attributions for name in (attribution.source, attribution.document)
                } <= keys
            keys.add(getattr(record, "key", None))


def test_only_referenced_records_are_introduced() -> None:
    def introduced_before(line: int, *rows: dict[str, Any]) -> list[str | None]:
        items = [item for item in read_rows(*rows) if isinstance(item, ImportRow)]
        position = next(position for position, item in enumerate(items) if item.line == line)
        return [getattr(record, "key", None) for item in items[:position] if not item.line for record in item.records]

    tank, drone = {"date": "2024-11-03", "tank": 1, "submarines": None}, {"date": "2024-11-04", "tank": 1, "drone": 2}
    assert introduced_before(2, tank) == [
        "ua-mod-losses/tank",
        "ru",
        *("ua", "ua-mod", "ua-general-staff"),
        *("dataset-petro", f"petro/{PETRO_COMMIT}"),
    ]
    assert introduced_before(7, tank, drone)[7:] == ["ua-mod-losses/drone"]
    assert [item.line for item in read_rows(tank | {"date": "soon"})] == [2]


def test_a_direction_is_a_claim_without_figures() -> None:
    claim = claims({"date": "2022-11-03", "tank": 1, "greatest losses direction": "Bakhmut and Lyman"})[
        "ua-mod-losses/petro/greatest-losses-direction/2022-11-03"
    ]
    assert (claim.kind, claim.quantities, claim.place) == ("other", [], "Bakhmut and Lyman")
    assert claim.statement == (
        "Russia's greatest losses reported on 3 November 2022 were in the direction of Bakhmut and Lyman, by "
        "Ukraine's account."
    )


def test_corrections_become_notes_on_the_claims_of_the_day() -> None:
    row = {"date": "2024-11-30", "day": 1011, "tank": 0, "special equipment": -85, "drone": 1200, "personnel": 1650}
    notes = [record for record in records(row) if isinstance(record, NoteRecord)]
    assert {note.claim: note.note.split("correction of ")[1].split(" to ")[0] for note in notes} == {
        "ua-mod-losses/petro/special-equipment/2024-11-30": "−85",
        "ua-mod-losses/petro/drone/2024-11-30": "+1,200",
        "ua-mod-losses/petro/personnel/2024-11-30": "+1,650",
    }


def test_oryx_counts_by_model_are_read() -> None:
    row = {"equipment_oryx": "Towed Artillery", "model": "2A65", "manufacturer": "the Soviet Union", "losses_total": 50}
    (claim,) = claims(row).values()
    assert claim.statement == "Russia had lost 50 of the model 2A65, made in the Soviet Union, by Oryx's count."
    assert (claim.topic, claim.time, claim.quantities[0].basis) == ("oryx-models/towed-artillery", None, "named_count")
    assert [attribution.source for attribution in claim.attributions] == ["oryx", "dataset-petro"]


@pytest.mark.parametrize("value", [-1, "12", 1.5, True, [], 10**11])
def test_an_invalid_figure_is_refused_and_the_others_imported(value: object) -> None:
    items = read_rows(EQUIPMENT | {"tank": value})
    (refusal,) = [item for item in items if isinstance(item, RowRefusal)]
    assert (refusal.line, refusal.field) == (2, "tank")
    assert len(claims(EQUIPMENT | {"tank": value})) == 4


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (EQUIPMENT | {"date": "2024-02-30"}, ["date"]),
        (EQUIPMENT | {"date": 20240203}, ["date"]),
        (EQUIPMENT | {"date": None}, ["date"]),
        (EQUIPMENT | {"laser": 3}, ["laser"]),
        (EQUIPMENT | {"greatest losses direction": 5}, ["greatest losses direction"]),
        (EQUIPMENT | {"greatest losses direction": "x" * 501}, ["greatest losses direction"]),
        (EQUIPMENT | {"greatest losses direction": "x" * 500}, []),
        (PERSONNEL | {"personnel*": "roughly"}, ["personnel*"]),
        (PERSONNEL | {"personnel*": None}, ["personnel*"]),
        (PERSONNEL | {"personnel*": ["about"]}, ["personnel*"]),
        (LOSSES | {"sourceUri": "mod.gov.ua"}, ["sourceUri"]),
        (LOSSES | {"sourceUri": None}, ["sourceUri"]),
        (LOSSES | {"tanks": -5}, ["tanks"]),
        ({"date": "2024-11-30", "personnel": 0, "tank": "-5"}, ["tank"]),
        ({"equipment_oryx": "Tanks", "model": " ", "manufacturer": "x", "losses_total": -1}, ["model", "losses_total"]),
        ({"title": "something else"}, [""]),
    ],
)
def test_refusals_name_their_field(row: dict[str, Any], expected: list[str]) -> None:
    assert refused_fields(row) == expected


def test_a_second_row_for_a_day_is_refused() -> None:
    items = read_rows(EQUIPMENT, EQUIPMENT | {"tank": 1})
    assert [(item.field, item.line > 2) for item in items if isinstance(item, RowRefusal)] == [("date", True)]
    assert len(claims(EQUIPMENT, EQUIPMENT | {"tank": 1})) == 5


def test_a_second_row_for_a_model_is_refused() -> None:
    row = {"equipment_oryx": "Tanks", "model": "T-62M", "manufacturer": "the Soviet Union", "losses_total": 50}
    assert refused_fields(row, row | {"losses_total": 51}) == ["model"]
    assert refused_fields(row, row | {"model": "T-62"}) == []


def test_malformed_json_is_refused() -> None:
    (refusal,) = list(read(io.BytesIO(b"not json")))
    assert isinstance(refusal, RowRefusal)
