"""Sources that several readers of losses share, and the dates of the war."""

from datetime import date

from app.schemas.files.exchange_record import SourceRecord
from app.vocabulary import SourceKind

UKRAINE = SourceRecord(key="ua", name="Ukraine", kind=SourceKind.GOVERNMENT, side="Ukraine")
"""The record of Ukraine in every reader and in the seed data."""

RUSSIA = SourceRecord(key="ru", name="Russia", kind=SourceKind.GOVERNMENT, side="Russia", other_names=["Россия"])
"""The record of Russia in every reader and in the seed data."""

ORYX = SourceRecord(key="oryx", name="Oryx", kind=SourceKind.RESEARCH_ORGANISATION, url="https://www.oryxspioenkop.com")
"""The record of Oryx in every reader."""

INVASION = date(2022, 2, 24)
"""The day on which Russia's full-scale invasion began."""

FULL_SCALE_WAR = f"{INVASION}/.."
"""The EDTF period that counts of losses cover."""
