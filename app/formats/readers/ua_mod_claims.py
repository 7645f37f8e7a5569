"""The Ukrainian General Staff's counts as claims, and the two collections that relay them."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from app.formats.english.wording import in_words
from app.formats.readers.ua_mod_categories import DIRECTION_TOPIC, IN_BOTH, Category
from app.formats.readers.war_parties import RUSSIA, UKRAINE
from app.schemas.attribution import ClaimAttributionCreate
from app.schemas.files.exchange_record import ClaimRecord, DocumentRecord, SourceRecord
from app.schemas.quantity import QuantityCreate
from app.vocabulary import ClaimKind, Directness, DocumentKind, Lineage, Qualifier, SourceKind, Stage, Stance

PETRO_COMMIT = "37655f8bbdd6806d2f94416253116b02a750c97b"
"""State of petro's repository that our copy was taken from."""

_PETRO_URL = "https://github.com/PetroIvaniuk/2022-Ukraine-Russia-War-Dataset"

DATASET_PETRO = SourceRecord(
    key="dataset-petro",
    name="2022 Ukraine Russia War Dataset (Petro Ivaniuk)",
    kind=SourceKind.DATASET,
    url=_PETRO_URL,
)
"""Petro's collection."""

PETRO_DOCUMENT = DocumentRecord(
    key=f"petro/{PETRO_COMMIT}",
    kind=DocumentKind.DATASET,
    title="2022 Ukraine Russia War Dataset",
    publisher="dataset-petro",
    url=f"{_PETRO_URL}/tree/{PETRO_COMMIT}",
    language="en",
    note=f"As of commit {PETRO_COMMIT[:7]}. MIT licence.",
)
"""The document that petro's figures are relayed in."""

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
"""Who counts, whose losses they are, and who relays the counts."""


class Relay(NamedTuple):
    """A collection that hands figures on, and the document that it does so in."""

    name: str
    other: str
    source: str
    document: str


PETRO = Relay("petro", "lod", "dataset-petro", f"petro/{PETRO_COMMIT}")
"""Petro's collection, all of it in one document."""


def lod(day: date) -> Relay:
    """Lod's collection, where each day has the ministry's own report as its document."""
    return Relay("lod", "petro", "dataset-lod", f"lod/{day}")


def claim_key(relay: str, category: Category, day: date) -> str:
    """The key of a collection's claim of one day's count."""
    return f"ua-mod-losses/{relay}/{category.slug}/{day}"


def count(category: Category, figure: int, limit: Qualifier, day: date, relay: Relay) -> ClaimRecord:
    """One day's count, as a collection relays it."""
    number = Decimal(figure)
    return ClaimRecord(
        key=claim_key(relay.name, category, day),
        joins=claim_key(relay.other, category, day) if category in IN_BOTH else None,
        kind=category.kind,
        statement=category.statement(figure, limit, day),
        topic=category.key,
        time=day.isoformat(),
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        quantities=[
            QuantityCreate(
                metric=category.metric,
                unit=category.many,
                qualifier=limit,
                low=number if limit is Qualifier.MORE_THAN else None,
                best=None if limit is Qualifier.MORE_THAN else number,
                cumulative=True,
                basis=category.basis,
            )
        ],
        attributions=list(relayed(relay, "ua-general-staff", day)),
    )


def direction(places: str, day: date) -> ClaimRecord:
    """Where Russia lost most on a day, which petro alone relays."""
    return ClaimRecord(
        key=f"ua-mod-losses/petro/greatest-losses-direction/{day}",
        kind=ClaimKind.OTHER,
        statement=(
            f"Russia's greatest losses reported on {in_words(day)} were in the direction of {places}, by "
            "Ukraine's account."
        ),
        topic=DIRECTION_TOPIC.key,
        place=places,
        time=day.isoformat(),
        adverse_to="ru",
        stage=Stage.PUBLISHED,
        attributions=list(relayed(PETRO, "ua-general-staff", day)),
    )


@lru_cache(maxsize=256)  # the figures of a day are relayed alike
def relayed(relay: Relay, origin: str, day: date | None) -> tuple[ClaimAttributionCreate, ...]:
    """What an origin said, on a day if that is known, and the collection that hands it on."""
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
