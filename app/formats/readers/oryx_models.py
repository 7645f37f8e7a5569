"""Oryx's losses by model, as petro's collection relays them (`russia_losses_equipment_oryx`, MIT)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.formats.english.wording import slug
from app.formats.parsing.import_rows import Reading, Refused, Row
from app.formats.parsing.lenient_values import is_count
from app.formats.readers.ua_mod_claims import PETRO, relayed
from app.formats.readers.war_parties import FULL_SCALE_WAR
from app.schemas.files.exchange_record import ClaimRecord, TopicRecord
from app.schemas.quantity import QuantityCreate
from app.vocabulary import Basis, ClaimKind, Metric, MetricFamily, Qualifier, Stage

_MODEL = ("equipment_oryx", "model", "manufacturer")


def models() -> Callable[[int, dict[str, Any]], Reading]:
    """Reads losses by model; the topic of a type of equipment comes before the first claim of it."""
    topics: set[str] = set()
    known: set[tuple[str, ...]] = set()

    def read_row(line: int, row: dict[str, Any]) -> Reading:
        names = [row.get(name) for name in _MODEL]
        texts = tuple(name.strip() for name in names if isinstance(name, str) and name.strip())
        faults = [
            Refused(line, column, "must be text")
            for column, name in zip(_MODEL, names, strict=True)
            if not isinstance(name, str) or not name.strip()
        ]
        if not is_count(row.get("losses_total")):
            faults.append(Refused(line, "losses_total", "must be a whole number from 0 up"))
        if texts in known:
            faults.append(Refused(line, "model", "stands in an earlier row, with this maker and type"))
        if faults:
            yield from faults
            return
        known.add(texts)
        topic, claim = _topic(texts[0]), _claim(*texts, figure=row["losses_total"])
        new = topic.key not in topics
        topics.add(topic.key or "")
        yield Row(line, (topic, claim) if new else (claim,))

    return read_row


def _topic(type_: str) -> TopicRecord:
    return TopicRecord(
        key=f"oryx-models/{slug(type_)}",
        title=f"How many Russian losses of each model are documented under “{type_}”?",
        subject=f"Russian equipment by model: {type_}",
        metric_family=MetricFamily.EQUIPMENT,
        period=FULL_SCALE_WAR,
        note=(
            "Oryx's counts by model as a dataset relays them, without a date: those of the day on which it was "
            "last brought up to date."
        ),
    )


def _claim(type_: str, model: str, maker: str, *, figure: int) -> ClaimRecord:
    return ClaimRecord(
        key=f"oryx-models/{slug(type_)}/{model}/{maker}",
        kind=ClaimKind.EQUIPMENT_LOSS,
        statement=f"Russia had lost {figure:,} of the model {model}, made in {maker}, by Oryx's count.",
        topic=f"oryx-models/{slug(type_)}",
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        quantities=[
            QuantityCreate(
                metric=Metric.EQUIPMENT_LOST,
                unit="items",
                population=f"{model}, made in {maker}",
                qualifier=Qualifier.EXACT,
                best=Decimal(figure),
                cumulative=True,
                basis=Basis.NAMED_COUNT,
            )
        ],
        attributions=list(relayed(PETRO, "oryx", None)),
    )
