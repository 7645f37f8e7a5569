"""The rules of fact-checking as pure functions and tables: no database, no HTTP."""
