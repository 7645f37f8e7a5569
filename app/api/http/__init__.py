"""What every request and every response goes through: access, conditional requests, errors, formats."""
