// Runs once per page, before the components are created.
(() => {
  // An address names its tab: start there instead of switching after the first one has been shown.
  const wanted = new URLSearchParams(location.search).get('tab');
  const components = window.gradio_config?.components ?? [];
  if (components.some((component) => component.type === 'tabitem' && component.props.id === wanted)) {
    components.find((component) => component.props.elem_id === 'modules').props.selected = wanted;
  }

  const ask = window.fetch;
  let isLeaving = false;
  window.fetch = async (...request) => {
    const isRead = String(request[0]).includes('/gradio_api/run/') && typeof request[1]?.body === 'string';
    const number = isRead ? ++reads : 0;
    const response = await ask(...request);
    // A session that has ended answers 401: the page is asked for again, and the server shows its login.
    if (response.status === 401 && !isLeaving) {
      isLeaving = true;
      location.reload();
    }
    return isRead && response.ok ? newest(number, JSON.parse(request[1].body).fn_index, response) : response;
  };

  // Reads are sent side by side and may be answered out of order: where a later one has answered, its value stands.
  // It is given again, since Gradio forgets the values of what was not on the page yet.
  let reads = 0;
  const shown = new Map(); // output -> { number, value }
  // gr.skip(), which arrives in two forms.
  const isUnchanged = (value) =>
    value?.__type__ === 'update' &&
    Object.entries(value).every(([name, part]) => name === '__type__' || (name === 'props' && isUnchanged(part)));
  async function newest(number, handler, response) {
    const answer = await response.json();
    const outputs = window.gradio_config.dependencies.find((dependency) => dependency.id === handler).outputs;
    answer.data = answer.data.map((value, place) => {
      const last = shown.get(outputs[place]);
      if (number < last?.number) return last.value;
      if (!isUnchanged(value)) shown.set(outputs[place], { number, value });
      return value;
    });
    return new Response(JSON.stringify(answer), { status: response.status, headers: response.headers });
  }

  window.crpm = {};
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[data-tab]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.crpm.open(link.dataset.tab, link.dataset.key || '');
  });

  // The button beside a shown statement copies it. Where the browser keeps the clipboard to itself (a page that is
  // neither local nor encrypted), the text is selected instead, ready to be copied by hand.
  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('button[data-copy]');
    if (!button) return;
    const text = button.parentElement.querySelector('pre');
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = 'Copied';
    } catch {
      window.getSelection().selectAllChildren(text);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });

  // What leads to a tab that is not there for who reads is text.
  new MutationObserver(() => {
    for (const tab of document.querySelector('.headline')?.dataset.hidden.match(/\w+/g) ?? []) {
      for (const link of document.querySelectorAll(`a[data-tab="${tab}"]`)) {
        for (const name of ['href', 'class', 'data-tab', 'data-key']) link.removeAttribute(name);
      }
      for (const row of document.querySelectorAll(`.grid[data-opens="${tab}"] tr[data-key]`)) {
        for (const name of ['tabindex', 'data-key']) row.removeAttribute(name);
      }
    }
  }).observe(document, { childList: true, subtree: true });

  // "/" goes to the search on screen; Escape closes a question, or leaves a card for its list. A form keeps what was typed.
  const onScreen = (selector) => [...document.querySelectorAll(selector)].findLast((one) => one.checkVisibility());
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable=true]')) return;
    if (event.key === '/') {
      const field = onScreen('[id$="-search"] :is(input, textarea), #till-product input');
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === 'Escape') {
      onScreen(':is(.closes, .heading .back):not([id$="-form"] *)')?.click();
    }
  });
})();
