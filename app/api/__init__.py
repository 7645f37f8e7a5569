"""The JSON door: thin routes that parse, call a service and return."""
