"""The pipelines that are deployed from here."""
