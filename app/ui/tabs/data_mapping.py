"""What was understood of the files chosen, before they are loaded, and the mapping to change it by."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.ui import panels, shell, uploads
from app.ui.failures import explained
from loader.errors import LoadError
from loader.mapping import Mapping, read_mapping, understand_mapping
from loader.proposal_text import as_toml, gaps_of
from loader.proposing import is_understood_already, propose
from loader.understanding import UnderstoodFile, understand

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_LONGEST_SAMPLE = 60


@dataclass(frozen=True, slots=True)
class MappingForm:
    """What was understood, and the mapping's text: empty where the mapping that comes along serves."""

    column: gr.Column
    understood: gr.HTML
    text: gr.Textbox

    @property
    def outputs(self) -> list[Any]:
        return [self.column, self.understood, self.text]


def place() -> MappingForm:
    """Create the components, hidden until files are chosen."""
    with gr.Column(visible=False, elem_id="data-mapping") as column:
        understood = panels.view(elem_id="data-understood")
        text = gr.Textbox(
            "",
            label="Mapping",
            info="Says what these files mean. Leave the field to see what becomes of a change.",
            lines=14,
            max_lines=30,
            visible=False,
            elem_id="data-mapping-text",
        )
    return MappingForm(column, understood, text)


def wire(form: MappingForm, chosen: gr.File) -> None:
    """Connect the components: chosen files are looked into, and again when the mapping has been changed."""
    chosen.change(look_into, chosen, form.outputs, **shell.READ)
    form.text.blur(look_again, [chosen, form.text], form.understood, **shell.READ)


def mapping_of(text: str) -> Mapping | None:
    """The mapping that was typed, None for the one that comes along. Raises LoadError."""
    return understand_mapping(text, "The mapping", is_own=True) if text.strip() else None


def look_into(files: Sequence[str | Path] | None) -> list[Any]:
    """New values for the form: what is understood of the files, by a proposed mapping where that is needed."""
    if not files:
        return [gr.update(visible=False), "", gr.update(value="", visible=False)]
    try:
        with uploads.gathered(files) as folder:
            proposal = propose(folder)
            if is_understood_already(proposal):
                text = ""
                shown = _understood(folder, read_mapping())
            else:
                text = as_toml(proposal)
                shown = _proposed(folder, text, gaps_of(proposal))
    except Exception as error:
        text, shown = "", panels.notice(explained(error), "bad")
    return [gr.update(visible=True), shown, gr.update(value=text, visible=bool(text))]


def look_again(files: Sequence[str | Path] | None, text: str) -> Markup:
    """What is understood of the files by the mapping as it was changed."""
    try:
        with uploads.gathered(files or ()) as folder:
            return _understood(folder, mapping_of(text) or read_mapping())
    except Exception as error:
        return panels.notice(explained(error), "bad")


def _proposed(folder: Path, text: str, gaps: Sequence[str]) -> Markup:
    if gaps:
        told = f"These files are of another form. Say in the mapping below what feeds {', '.join(gaps)}."
        return panels.notice(told, "warn")
    told = "These files are of another form. This is what they seem to mean: look at the guesses in the mapping below."
    try:
        return panels.stack(
            panels.notice(told, "warn"), _understood(folder, understand_mapping(text, "It", is_own=True))
        )
    except LoadError as error:
        return panels.stack(panels.notice(told, "warn"), panels.notice(explained(error), "bad"))


def _understood(folder: Path, mapping: Mapping) -> Markup:
    files, ignored = understand(folder, mapping)
    return panels.stack(
        *(_file(file) for file in files),
        *([panels.notice(f"Left alone: {', '.join(ignored)}.")] if ignored else []),
    )


def _file(file: UnderstoodFile) -> Markup:
    form = f"{file.target}, {file.encoding}, {_DELIMITERS.get(file.delimiter, file.delimiter)}"
    facts = [
        (_title(field.field, field.fed_by), " \N{MIDDLE DOT} ".join(map(_sample, field.values)))
        for field in file.fields
    ]
    if file.unread:
        facts.append(("Not used", ", ".join(file.unread)))
    return panels.section(file.name, panels.definition_list(facts), hint=form)


def _title(field: str, fed_by: str) -> str:
    return f"{field.replace('_', ' ').capitalize()} \N{LEFTWARDS ARROW} {fed_by}"


def _sample(value: str) -> str:
    if not value:
        return "(empty)"
    return value if len(value) <= _LONGEST_SAMPLE else f"{value[:_LONGEST_SAMPLE]}\N{HORIZONTAL ELLIPSIS}"
