"""The command line: the same services as the API, for whoever runs Attest."""
