"""Routes through which files and proofs go in and out, and those about the service itself."""
