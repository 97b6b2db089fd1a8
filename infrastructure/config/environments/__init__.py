"""One module an environment; each gives `INGESTION_CONFIG`."""
