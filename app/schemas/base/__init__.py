"""Field types and validation that all schemas share."""
