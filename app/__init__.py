"""CRPM, a customer relationship and product management system for retailers.

Gradio reads these two variables while it is imported, so they are set here: whatever
imports Gradio within `app` has imported this package first.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

# A name that nobody else can have taken beforehand. Gradio creates the folder when it first needs it.
UPLOAD_FOLDER = Path(tempfile.gettempdir()) / f"crpm-uploads-{secrets.token_hex(8)}"
atexit.register(shutil.rmtree, UPLOAD_FOLDER, ignore_errors=True)

os.environ["GRADIO_TEMP_DIR"] = str(UPLOAD_FOLDER)
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
