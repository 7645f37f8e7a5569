"""The Ukrainian General Staff's counts as claims, and the two datasets that relay them, petro and lod."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from app.formats.english.english_dates import format_day
from app.formats.readers.ua_mod_categories import DIRECTION_TOPIC, SHARED_CATEGORIES, Category
from app.formats.readers.war_parties import RUSSIA, UKRAINE
from app.schemas.attribution import ClaimAttributionCreate
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, SourceRecord
from app.schemas.quantity import QuantityCreate
from app.vocabulary import ClaimKind, Directness, DocumentKind, Lineage, Qualifier, SourceKind, Stage, Stance

PETRO_COMMIT = "37655f8bbdd6806d2f94416253116b02a750c97b"
"""The commit of petro's repository that our copy was taken from."""

_PETRO_URL = "https://github.com/PetroIvaniuk/2022-Ukraine-Russia-War-Dataset"

DATASET_PETRO = SourceRecord(
    key="dataset-petro",
    name="2022 Ukraine Russia War Dataset (Petro Ivaniuk)",
    kind=SourceKind.DATASET,
    url=_PETRO_URL,
)
"""Petro's dataset as a source."""

PETRO_DOCUMENT = DocumentRecord(
    key=f"petro/{PETRO_COMMIT}",
    kind=DocumentKind.DATASET,
    title="2022 Ukraine Russia War Dataset",
    publisher="dataset-petro",
    url=f"{_PETRO_URL}/tree/{PETRO_COMMIT}",
    language="en",
    note=f"As of commit {PETRO_COMMIT[:7]}. MIT licence.",
)
"""The document in which petro's figures are relayed."""

SOURCES = (
    UKRAINE,
    SourceRecord(
        key="ua-mod",
        name="Ministry of Defence of Ukraine",
        kind=SourceKind.GOVERNMENT,
        parent="ua",
        side="Ukraine",
        other_names=["Міністерство оборони України"],
        url="https://mod.gov.ua",
    ),
    SourceRecord(
        key="ua-general-staff",
        name="General Staff of the Armed Forces of Ukraine",
        kind=SourceKind.ARMED_FORCE,
        parent="ua-mod",
        side="Ukraine",
        other_names=["Генеральний штаб Збройних Сил України"],
    ),
    RUSSIA,
    DATASET_PETRO,
    SourceRecord(
        key="dataset-lod",
        name="orc-losses (lod-db)",
        kind=SourceKind.DATASET,
        url="https://github.com/lod-db/orc-losses",
    ),
)
"""The sources: who counts, whose losses are counted, and who relays the counts."""


class Relay(NamedTuple):
    """A dataset that relays figures, and the document in which it does so."""

    name: str
    other_name: str
    """Name of the other dataset, whose claims are joined."""
    source: str
    """Key of the source."""
    document: str
    """Key of the document."""


PETRO = Relay("petro", "lod", "dataset-petro", f"petro/{PETRO_COMMIT}")
"""Petro's dataset; all its figures are in one document."""


def lod_relay(day: date) -> Relay:
    """Return lod's dataset for a day; its document is the ministry's report of that day."""
    return Relay("lod", "petro", "dataset-lod", f"lod/{day}")


def claim_key(relay_name: str, category: Category, day: date) -> str:
    """Return the key of the claim of one day's count in a dataset."""
    return f"ua-mod-losses/{relay_name}/{category.slug}/{day}"


def count_claim(category: Category, figure: int, qualifier: Qualifier, day: date, relay: Relay) -> ClaimRecord:
    """Build the claim of one day's count, as a dataset relays it."""
    number = Decimal(figure)
    return ClaimRecord(
        key=claim_key(relay.name, category, day),
        joins=claim_key(relay.other_name, category, day) if category in SHARED_CATEGORIES else None,
        kind=category.kind,
        statement=category.statement(figure, qualifier, day),
        topic=category.key,
        time=day.isoformat(),
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        quantities=[
            QuantityCreate(
                metric=category.metric,
                unit=category.plural,
                qualifier=qualifier,
                low=number if qualifier is Qualifier.MORE_THAN else None,
                best=None if qualifier is Qualifier.MORE_THAN else number,
                cumulative=True,
                basis=category.basis,
            )
        ],
        attributions=list(relayed_attributions(relay, "ua-general-staff", day)),
    )


def direction_claim(places: str, day: date) -> ClaimRecord:
    """Build the claim of where Russia lost most on a day, which only petro relays."""
    return ClaimRecord(
        key=f"ua-mod-losses/petro/greatest-losses-direction/{day}",
        kind=ClaimKind.OTHER,
        statement=(
            f"Russia's greatest losses reported on {format_day(day)} were in the direction of {places}, by "
            "Ukraine's account."
        ),
        topic=DIRECTION_TOPIC.key,
        place=places,
        time=day.isoformat(),
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        attributions=list(relayed_attributions(PETRO, "ua-general-staff", day)),
    )


@lru_cache(maxsize=256)  # all figures of a day have the same attributions
def relayed_attributions(relay: Relay, origin: str, day: date | None) -> tuple[ClaimAttributionCreate, ...]:
    """Return the attribution to the origin, dated if the day is known, and the one to the dataset that relays it."""
    return (
        ClaimAttributionCreate(
            key="origin",
            source=origin,
            stance=Stance.ASSERTS,
            lineage=Lineage.ORIGINAL,
            said=day.isoformat() if day else None,
            directness=Directness.OFFICIAL_RELEASE,
        ),
        ClaimAttributionCreate(
            key=relay.name,
            source=relay.source,
            stance=Stance.ASSERTS,
            lineage=Lineage.RELAYED,
            upstream="origin",
            document=relay.document,
            directness=Directness.PARAPHRASE,
        ),
    )
