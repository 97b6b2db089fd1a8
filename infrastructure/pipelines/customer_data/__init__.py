"""The ingestion of customer data."""
