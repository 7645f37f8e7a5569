"""The command line, for administrators of an installation. It uses the same services as the API."""
