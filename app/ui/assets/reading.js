// Runs once. Asks for the next answer of a reading as soon as the one before is shown.
const goOn = () => {
  const shown = element.querySelector('.reading[data-number]');
  if (shown) trigger('continued', { number: shown.dataset.number });
};
watch('value', goOn);
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if ('cancel' in button.dataset) {
    button.disabled = true;
    trigger('cancelled', {});
  } else if ('repeat' in button.dataset) trigger('repeated', {});
});
