"""The JSON API: thin routes that parse a request, call a service and return a response."""
