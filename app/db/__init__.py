"""What is true of any table: engines, types, identifiers, revisions. Knows no noun of the record."""
