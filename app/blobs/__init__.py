"""Blob storage for captured bytes, in a folder or in an S3-compatible store."""
