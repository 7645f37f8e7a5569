"""Whom several readers of losses name, and the war that they count in."""

from datetime import date

from app.schemas.files.exchange_record import SourceRecord
from app.vocabulary import SourceKind

UKRAINE = SourceRecord(key="ua", name="Ukraine", kind=SourceKind.GOVERNMENT, side="Ukraine")
"""Ukraine, as every reader and the seed data describe it."""

RUSSIA = SourceRecord(key="ru", name="Russia", kind=SourceKind.GOVERNMENT, side="Russia", other_names=["Россия"])
"""Russia, as every reader and the seed data describe it."""

ORYX = SourceRecord(key="oryx", name="Oryx", kind=SourceKind.RESEARCH_ORGANISATION, url="https://www.oryxspioenkop.com")
"""Oryx, as every reader describes it."""

INVASION = date(2022, 2, 24)
"""The day on which Russia's full-scale invasion began."""

FULL_SCALE_WAR = f"{INVASION}/.."
"""The period that counts of losses speak of."""
