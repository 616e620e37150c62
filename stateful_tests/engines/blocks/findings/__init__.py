"""What was found in hosted engines with hashed blocks: minimal traces, and what mends each."""
