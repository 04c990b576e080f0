// Runs once for each note of a reading. Asks for its first answer when the note comes on screen or what is there is to be read
// anew, and for each other as soon as the one before is shown.
const notes = (window.crpm.readings ??= new Map());
let soon;
// Once for all that asks for it at the same time: a tab that is drawn, and those around it that are chosen.
window.crpm.readOnScreen ??= () => {
  clearTimeout(soon);
  soon = setTimeout(() => {
    for (const [note, read] of notes) if (note.checkVisibility()) read();
  });
};
notes.set(element, () => trigger('wanted', {}));
window.crpm.readOnScreen();

watch('value', () => {
  const shown = element.querySelector('.reading[data-number]');
  if (shown) trigger('continued', { number: shown.dataset.number });
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if ('cancel' in button.dataset) {
    button.disabled = true;
    trigger('cancelled', {});
  } else if ('again' in button.dataset) window.crpm.readOnScreen();
});
