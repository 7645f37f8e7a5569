"""Column types that mean the same on SQLite and on PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine

BigInt = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit integer. SQLite's own INTEGER is 64 bits wide, and only that name makes a rowid alias."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite has no time zones: it stores the UTC wall time."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Figure(TypeDecorator[Decimal]):
    """A number as a source gives it: up to 11 digits before the point and 4 behind it.

    SQLite has no decimals. Its NUMERIC affinity keeps integers exact, and at this size a binary double tells any two
    decimals apart, so that each is read back as it was written.
    """

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Numeric(15, 4, asdecimal=False) if dialect.name == "sqlite" else Numeric(15, 4))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | float | None:
        if value is None or isinstance(value, int):
            return value
        if dialect.name != "sqlite":
            return value.normalize()  # PostgreSQL takes no "0E-99999", which is a zero all the same
        return int(value) if value == value.to_integral_value() else float(value)

    def process_result_value(self, value: Decimal | float | None, _dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
