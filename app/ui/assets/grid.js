// What a grid does on the page, called once for each. The table below `element` is replaced by every render, so all listeners
// are delegated.
window.crpm.grid = (element, trigger, watch) => {
  const INTERACTIVE = 'a, button, input, select, textarea, label';
  let focusedRow = -1;

  const rows = () => [...element.querySelectorAll('tr[data-key]')];

  function focusRow(index) {
    const all = rows();
    if (!all.length) return;
    const row = all[Math.max(0, Math.min(index, all.length - 1))];
    for (const other of all) other.tabIndex = other === row ? 0 : -1;
    row.focus();
  }

  function open(row) {
    const tab = element.querySelector('.grid').dataset.opens;
    if (tab) window.crpm.open(tab, row.dataset.key);
    else trigger('opened', { key: row.dataset.key });
  }

  function turn(button) {
    if (!button || button.disabled) return;
    const { page, anchor, backward } = button.dataset;
    trigger('paged', {
      page: Number(page),
      anchor: anchor ? Number(anchor) : null,
      is_backward: backward !== undefined,
    });
  }

  element.addEventListener('click', (event) => {
    const header = event.target.closest('button[data-column]');
    if (header) {
      trigger('sorted', { column: header.dataset.column, is_descending: header.dataset.descending === 'yes' });
      return;
    }
    const page = event.target.closest('button[data-page]');
    if (page) return turn(page);
    const row = event.target.closest('tr[data-key]');
    if (!row || event.target.closest(INTERACTIVE) || String(window.getSelection())) return;
    open(row);
  });

  element.addEventListener('focusin', (event) => {
    setTimeout(() => { focusedRow = rows().indexOf(document.activeElement); });
  });

  element.addEventListener('focusout', (event) => {
    // Later, because a row that a render takes away also loses the focus: that one is to be given back.
    setTimeout(() => {
      if (event.target.isConnected && document.activeElement !== event.target) focusedRow = -1;
    });
  });

  element.addEventListener('keydown', (event) => {
    const row = event.target.closest('tr[data-key]');
    if (!row || event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = rows().indexOf(row);
    const actions = {
      ArrowDown: () => focusRow(index + 1),
      ArrowUp: () => focusRow(index - 1),
      Home: () => focusRow(0),
      End: () => focusRow(Infinity),
      PageDown: () => turn(element.querySelector('button[aria-label="Next page"]')),
      PageUp: () => turn(element.querySelector('button[aria-label="Previous page"]')),
      Enter: () => open(row),
      ' ': () => open(row),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });

  // A table that is cut off can be scrolled by keyboard, also where nothing in it takes the focus.
  function offerScrolling() {
    const cut = element.querySelector('.grid-scroll');
    if (!cut) return;
    const isCut = cut.scrollWidth > cut.clientWidth || cut.scrollHeight > cut.clientHeight;
    if (isCut && !cut.querySelector('a, button, input, [tabindex="0"]')) cut.tabIndex = 0;
    else cut.removeAttribute('tabindex');
  }
  new ResizeObserver(offerScrolling).observe(element);
  new MutationObserver(offerScrolling).observe(element, { childList: true, subtree: true });

  watch('value', () => {
    // Rendering a shorter page drops the focused row: the keyboard must not be left nowhere.
    if (focusedRow >= 0 && document.activeElement === document.body) focusRow(focusedRow);
    element.querySelector('.grid-scroll')?.scrollTo({ left: 0 });
  });
};
