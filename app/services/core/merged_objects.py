"""Sources, topics and documents that were merged into others: what refers to one counts for the other.

A merge moves every reference that can be moved. Rows that are never altered (captures, ratings, rulings, proposals)
keep the id of the duplicate, and reads resolve it with the functions below. `merged_into_id` always names the object
that is in use: if that one is merged in turn, its duplicates are pointed to the new one. So one step is enough.
"""

from sqlalchemy import ColumnElement, FromClause, Select, func, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect


def current_id(table: FromClause, column: ColumnElement[str]) -> ColumnElement[str]:
    """SQL: the id in a column that refers to `table`; of a merged object, the id of the one that it was merged into."""
    duplicate = table.alias()
    target = select(duplicate.c.merged_into_id).where(duplicate.c.id == column).scalar_subquery()
    return func.coalesce(target, column).label(column.name)


def with_duplicates(table: FromClause, identifiers: Select[str]) -> CompoundSelect[str]:
    """SQL: these ids of `table`, and the ids of everything that was merged into them."""
    duplicate = table.alias()
    return union_all(identifiers, select(duplicate.c.id).where(duplicate.c.merged_into_id.in_(identifiers)))


def is_in_use(table: FromClause) -> ColumnElement[bool]:
    """SQL: whether an object of the outer statement was not merged into another one."""
    return table.c.merged_into_id.is_(None)
