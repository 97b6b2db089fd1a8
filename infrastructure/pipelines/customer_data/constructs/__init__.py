"""What the ingestion stack is composed of."""
