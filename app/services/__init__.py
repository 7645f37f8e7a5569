"""The decisions: plain functions over a connection. They know no HTTP and no command line."""
