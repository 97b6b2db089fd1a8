"""The folder that all functions are made of: `bootstrap`, and the environment's configuration as `config.json`."""

import json
import shutil
from pathlib import Path

from config.schema import ROOT, Config
from pipelines.customer_data.options import Options

CODE_BYTES_MAX = 250 * 1024 * 1024  # Lambda's limit for an unzipped function.

# By the ELF header's e_machine.
MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}

PLACEHOLDER = """#!/bin/sh
# bellcrank: placeholder. The real bootstrap was not built when this was synthesised: run `make bootstrap-zip`.
exit 1
"""


def is_built(options: Options) -> bool:
    return options.bootstrap.is_file()


def machine(options: Options) -> str | None:
    """What the binary runs on, as its ELF header says: an architecture's name, or None for a script."""
    with options.bootstrap.open("rb") as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF":
        return None
    number = int.from_bytes(header[18:20], "little")
    return MACHINES.get(number, f"machine {number}")


def make(config: Config, options: Options) -> Path:
    """Writes the folder anew and returns it. Equal inputs give equal folders, so nothing is deployed without need."""
    folder = ROOT / ".build/infrastructure/code" / f"{config.environment}-{options.architecture}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bootstrap = folder / "bootstrap"
    if is_built(options):
        shutil.copyfile(options.bootstrap, bootstrap)
    else:
        bootstrap.write_text(PLACEHOLDER)
    if bootstrap.stat().st_size > CODE_BYTES_MAX:
        raise ValueError(f"{options.bootstrap} has more than {CODE_BYTES_MAX} bytes, which Lambda refuses")
    bootstrap.chmod(0o755)
    (folder / "config.json").write_text(json.dumps(config.document, indent=1, ensure_ascii=False) + "\n")
    (folder / "config.json").chmod(0o644)
    return folder
