// Runs once per page, before the components are created.
(() => {
  // An address names its tab: start there instead of switching after the first one has been shown.
  const wanted = new URLSearchParams(location.search).get('tab');
  const components = window.gradio_config?.components ?? [];
  if (components.some((component) => component.type === 'tabitem' && component.props.id === wanted)) {
    components.find((component) => component.props.elem_id === 'modules').props.selected = wanted;
  }

  // A session that has ended answers 401: the page is asked for again, and the server shows its login.
  const ask = window.fetch;
  let isLeaving = false;
  window.fetch = async (...request) => {
    const response = await ask(...request);
    if (response.status === 401 && !isLeaving) {
      isLeaving = true;
      location.reload();
    }
    return response;
  };

  window.crpm = {};
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[data-tab]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.crpm.open(link.dataset.tab, link.dataset.key || '');
  });
})();
