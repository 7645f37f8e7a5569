"""File formats and published standards, one per module. They know no database and no HTTP."""
