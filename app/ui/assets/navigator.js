// Runs once per page. LABELS (tab -> label) and EVENTS (tab -> event name) are declared before this script.
const keys = {}; // tab -> record that it shows
const current = () => document.querySelector('#modules [role=tab][aria-selected=true]')?.id.replace(/-button$/, '');

const isTab = (tab) => Object.hasOwn(LABELS, tab);

const isList = (key) => !key || key.startsWith('?');
const lists = {}; // tab -> its list as it was last

// As the browser writes it; "?" alone is the list as it is at first.
function plain(key) {
  if (!key.startsWith('?')) return key;
  const filters = String(new URLSearchParams(key));
  return filters && '?' + filters;
}

function read() {
  const address = new URLSearchParams(location.search);
  const tab = address.get('tab');
  if (!isTab(tab)) return { tab: Object.keys(LABELS)[0], key: '' };
  const filters = [...address].filter(([name]) => name !== 'tab' && name !== 'key' && !name.startsWith('__'));
  return { tab, key: address.get('key') || plain('?' + new URLSearchParams(filters)) };
}

function write(tab, isNew) {
  const kept = [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith('__'));
  const key = keys[tab] || '';
  const shown = key.startsWith('?') ? [...new URLSearchParams(key)] : key ? [['key', key]] : [];
  const url = '?' + new URLSearchParams([...kept, ['tab', tab], ...shown]);
  if (isNew && url !== location.search) history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  document.title = LABELS[tab] + ' \u00b7 CRPM';
  // On a phone the bar of tabs is wider than the screen.
  const button = document.getElementById(tab + '-button');
  const bar = button?.parentElement;
  if (bar) {
    const [own, all] = [button.getBoundingClientRect(), bar.getBoundingClientRect()];
    bar.scrollLeft += own.left - all.left - (all.width - own.width) / 2;
  }
}

function remember(tab, key) {
  keys[tab] = key;
  if (isList(key)) lists[tab] = key;
}

function go(tab, key, isNew) {
  if (!isTab(tab)) return;
  const isOther = key !== (keys[tab] || '') || isNew;
  remember(tab, key);
  write(tab, isNew);
  // Before the tab comes on screen, which reads what it shows.
  props.value = { tab, key };
  if (current() !== tab) document.getElementById(tab + '-button')?.click();
  if (isOther) trigger(EVENTS[tab], {});
}

// What a list shows by now, unless something else has come on screen meanwhile.
function note(tab, key, isNew) {
  const shown = current();
  if (isTab(tab) && isList(keys[tab] || '')) {
    remember(tab, key);
    if (shown === tab) write(tab, isNew);
  }
  // Whatever is read next is that of what is on screen.
  props.value = { tab: shown, key: keys[shown] || '' };
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

let answered = 0; // an answer that comes late is given the value of the last one again
watch('value', () => {
  const value = props.value || {};
  if (!value.change || value.change === answered) return;
  answered = value.change;
  if (value.is_note) note(value.tab, plain(value.key), value.is_new);
  else go(value.tab, plain(value.key || lists[value.tab] || ''), true);
});

window.crpm.open = (tab, key = '') => go(tab, plain(key || lists[tab] || ''), true);
// After the other components of the page have been mounted.
setTimeout(() => {
  const { tab, key } = read();
  go(tab, key, false);
});
