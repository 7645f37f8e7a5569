"""One published standard per file; no storage and no HTTP."""
