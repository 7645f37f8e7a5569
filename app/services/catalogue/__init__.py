"""Sources, documents and topics: what claims refer to."""
