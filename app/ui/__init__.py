"""The screens: a kit of parts (grid, picker, panels, charts, format), the shell and the tabs."""

from gradio import component_meta

# Gradio writes a .pyi beside the source of every component subclass. It goes stale with the next
# edit and then hides the source from type checkers, so it is not written.
component_meta.create_or_modify_pyi = lambda *_: None
