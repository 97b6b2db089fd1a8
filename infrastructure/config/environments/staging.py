"""What staging ingests and when (§1), out of `Config/staging.yaml`, the file that the engine reads too."""

from config.schema import read

CONFIG = read("staging")
INGESTION_CONFIG = CONFIG.ingestion_config
