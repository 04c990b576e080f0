// Beside the editor: a click on a name writes it where the cursor is, and Ctrl+Enter runs what is typed.
const editor = () => document.querySelector('#console-editor .cm-content');

// Where the cursor was: the editor forgets it when something else takes the focus.
let cursor = null;
document.addEventListener('selectionchange', () => {
  const selection = window.getSelection();
  if (selection.rangeCount && editor()?.contains(selection.anchorNode)) cursor = selection.getRangeAt(0).cloneRange();
});

element.addEventListener('click', (event) => {
  const name = event.target.closest('button[data-insert]')?.dataset.insert;
  const target = editor();
  if (!name || !target) return;
  const at = cursor;
  target.focus();
  if (at?.startContainer.isConnected && target.contains(at.startContainer)) {
    window.getSelection().removeAllRanges();
    window.getSelection().addRange(at);
  }
  document.execCommand('insertText', false, name);
});

// Before the editor's own keys, of which this one would begin a line.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !event.target.closest?.('#console-editor')) return;
  event.preventDefault();
  event.stopPropagation();
  document.querySelector('#console-run')?.click();
}, { capture: true });
