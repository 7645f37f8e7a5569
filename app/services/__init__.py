"""What Attest does: plain functions over a database connection. They know no HTTP and no command line."""
