"""Reader of Oryx's losses by model, relayed by petro's dataset (`russia_losses_equipment_oryx`, MIT)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.formats.parsing.import_rows import ImportRow, RowRefusal, RowStream
from app.formats.parsing.lenient_values import is_count
from app.formats.readers.slugs import slugify
from app.formats.readers.ua_mod_claims import PETRO, relayed_attributions
from app.formats.readers.war_parties import FULL_SCALE_WAR
from app.schemas.files.exchange_record import ClaimRecord, TopicRecord
from app.schemas.quantity import QuantityCreate
from app.vocabulary import Basis, ClaimKind, Metric, MetricFamily, Qualifier, Stage

_KEY_COLUMNS = ("equipment_oryx", "model", "manufacturer")


def model_row_reader() -> Callable[[int, dict[str, Any]], RowStream]:
    """Build a reader of rows; the topic of a type of equipment comes before the first claim about it."""
    introduced_topics: set[str] = set()
    seen_models: set[tuple[str, ...]] = set()

    def read_row(line: int, row: dict[str, Any]) -> RowStream:
        values = [row.get(column) for column in _KEY_COLUMNS]
        texts = tuple(value.strip() for value in values if isinstance(value, str) and value.strip())
        refusals = [
            RowRefusal(line, column, "must be text")
            for column, value in zip(_KEY_COLUMNS, values, strict=True)
            if not isinstance(value, str) or not value.strip()
        ]
        if not is_count(row.get("losses_total")):
            refusals.append(RowRefusal(line, "losses_total", "must be a whole number, 0 or greater"))
        if texts in seen_models:
            reason = "repeats an earlier row with the same model, manufacturer and type; give one row for each"
            refusals.append(RowRefusal(line, "model", reason))
        if refusals:
            yield from refusals
            return
        seen_models.add(texts)
        topic, claim = _type_topic(texts[0]), _model_claim(*texts, figure=row["losses_total"])
        is_new_topic = topic.key not in introduced_topics
        introduced_topics.add(topic.key or "")
        yield ImportRow(line, (topic, claim) if is_new_topic else (claim,))

    return read_row


def _type_topic(type_: str) -> TopicRecord:
    return TopicRecord(
        key=f"oryx-models/{slugify(type_)}",
        title=f"How many Russian losses of each model are documented under “{type_}”?",
        subject=f"Russian equipment by model: {type_}",
        metric_family=MetricFamily.EQUIPMENT,
        period=FULL_SCALE_WAR,
        note=(
            "Oryx's counts by model as a dataset relays them, without a date: those of the day on which it was "
            "last brought up to date."
        ),
    )


def _model_claim(type_: str, model: str, manufacturer: str, *, figure: int) -> ClaimRecord:
    return ClaimRecord(
        key=f"oryx-models/{slugify(type_)}/{model}/{manufacturer}",
        kind=ClaimKind.EQUIPMENT_LOSS,
        statement=f"Russia had lost {figure:,} of the model {model}, made in {manufacturer}, by Oryx's count.",
        topic=f"oryx-models/{slugify(type_)}",
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        quantities=[
            QuantityCreate(
                metric=Metric.EQUIPMENT_LOST,
                unit="items",
                population=f"{model}, made in {manufacturer}",
                qualifier=Qualifier.EXACT,
                best=Decimal(figure),
                cumulative=True,
                basis=Basis.NAMED_COUNT,
            )
        ],
        attributions=list(relayed_attributions(PETRO, "oryx", None)),
    )
