"""Database access for any table: engine, types, identifiers, revisions. It knows no noun of the record."""
