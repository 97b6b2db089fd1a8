"""What dev ingests and when (§1), out of `Config/dev.yaml`, the file that the engine reads too."""

from config.schema import read

CONFIG = read("dev")
INGESTION_CONFIG = CONFIG.ingestion_config
