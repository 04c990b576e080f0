// Runs once. The list below `element` is replaced by every render, so all listeners are delegated.
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-action]');
  if (!button) return;
  const { action, request } = button.dataset;
  if (action === 'refresh') trigger('refreshed', {});
  else if (action === 'take-up') trigger('taken', { request, is_taken_over: false });
  else if (action === 'take-over') trigger('taken', { request, is_taken_over: true });
  else if (button.dataset.sure) trigger('discarded', { request });
  else {
    // What is thrown away is gone: the first click only asks.
    button.dataset.sure = 'yes';
    button.textContent = 'Discard for good';
    button.setAttribute('aria-label', button.textContent);
  }
});
