"""The studio kit (`lib.py` of the shared material: meshes, materials, stages, light, camera, by Blender's `bpy`).

The kit is not part of this repository. One unit is a centimetre, z is up, the front looks to -y.
"""

import hashlib
import importlib
import os
import sys
from pathlib import Path
from typing import Any

KIT_SHA256 = "e1c7565226014fd3b9e8e27c108efe844f0768e5c53f9056b974254b4200af86"
"""Of the `lib.py` with which the pictures were rendered."""


def enter(folder: Path, scratch: Path) -> Any:
    """Return the kit's module from `folder`; it writes its passes to `scratch`.

    Raises SystemExit where `lib.py` is missing or not the one used: another kit draws other pictures.
    """
    library = folder / "lib.py"
    if not library.is_file():
        raise SystemExit(f"{library} is missing; --studio names the folder of the studio kit (README.md)")
    found = hashlib.sha256(library.read_bytes()).hexdigest()
    if found != KIT_SHA256:
        raise SystemExit(f"{library} has SHA-256 {found}, the judge's pictures were made with {KIT_SHA256}")
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ["RENDER_TMP"] = str(scratch)
    sys.path.insert(0, str(folder))
    return importlib.import_module("lib")
