// Runs once per page. LABELS (tab -> label) and EVENTS (tab -> event name) are declared before this script.
const keys = {}; // tab -> record that it shows
const current = () => document.querySelector('#modules [role=tab][aria-selected=true]')?.id.replace(/-button$/, '');

const isTab = (tab) => Object.hasOwn(LABELS, tab);

function read() {
  const address = new URLSearchParams(location.search);
  const tab = address.get('tab');
  return isTab(tab) ? { tab, key: address.get('key') || '' } : { tab: Object.keys(LABELS)[0], key: '' };
}

function write(tab, isNew) {
  const address = new URLSearchParams(location.search);
  address.set('tab', tab);
  if (keys[tab]) address.set('key', keys[tab]);
  else address.delete('key');
  const url = '?' + address;
  if (isNew && url !== location.search) history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  document.title = LABELS[tab] + ' \u00b7 CRPM';
  // On a phone the bar of tabs is wider than the screen.
  document.getElementById(tab + '-button')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

function go(tab, key, isNew) {
  if (!isTab(tab)) return;
  const isOther = key !== (keys[tab] || '') || isNew;
  keys[tab] = key;
  write(tab, isNew);
  // Before the tab comes on screen, which reads what it shows.
  props.value = { tab, key };
  if (current() !== tab) document.getElementById(tab + '-button')?.click();
  if (isOther) trigger(EVENTS[tab], {});
}

// Before Gradio's own listener, for the same reason.
document.addEventListener('click', (event) => {
  const tab = event.target.closest('#modules [role=tab]')?.id.replace(/-button$/, '');
  if (!isTab(tab) || !event.isTrusted) return;
  props.value = { tab, key: keys[tab] || '' };
  write(tab, true);
}, { capture: true });

window.addEventListener('popstate', () => {
  const { tab, key } = read();
  go(tab, key, false);
});

watch('value', () => {
  const value = props.value || {};
  if (value.change) go(value.tab, value.key, true);
});

window.crpm.open = (tab, key = '') => go(tab, key, true);
// After the other components of the page have been mounted.
setTimeout(() => {
  const { tab, key } = read();
  go(tab, key, false);
});
