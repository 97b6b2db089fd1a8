"""What prod ingests and when (§1), out of `Config/prod.yaml`, the file that the engine reads too."""

from config.schema import read

CONFIG = read("prod")
INGESTION_CONFIG = CONFIG.ingestion_config
