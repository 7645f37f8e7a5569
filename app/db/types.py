"""Column types with the same meaning on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine

BigInt = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer. On SQLite it is INTEGER, which has 64 bits and is the only type that makes a rowid alias."""


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware timestamp in UTC. SQLite has no time zones, so it stores UTC without an offset."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A timestamp needs a time zone.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FigureColumn(TypeDecorator[Decimal]):
    """A figure from a source: a decimal with up to 11 digits before the decimal point and 4 after it.

    SQLite has no decimals. Its NUMERIC affinity stores integers exactly, and a binary double distinguishes any two
    decimals of this size, so every value is read back exactly as written.
    """

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Numeric(15, 4, asdecimal=False) if dialect.name == "sqlite" else Numeric(15, 4))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | float | None:
        if value is None or isinstance(value, int):
            return value
        if dialect.name != "sqlite":
            return value.normalize()  # PostgreSQL does not accept a zero written as "0E-99999"
        return int(value) if value == value.to_integral_value() else float(value)

    def process_result_value(self, value: Decimal | float | None, _dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
