"""The screens: a kit of parts (grid, picker, panels, charts, format), the shell and the tabs."""

import inspect
from unittest.mock import patch

# For every component class that has a file, Gradio parses the file and writes a .pyi beside it: half of the time that
# importing Gradio takes. The .pyi of a class of ours would go stale with the next edit and hide it from type checkers.
with patch.object(inspect, "getfile", side_effect=OSError):
    import gradio as gr
    from gradio import component_meta

component_meta.create_or_modify_pyi = lambda *_: None

__all__ = ["gr"]
