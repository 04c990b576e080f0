// Runs once per picker; PLACEHOLDER is declared before this script. All texts from the server are written with textContent.
const WAIT_MS = 120;
const find = (name) => element.querySelector(name);
const input = find('input');
const clearButton = find('.picker-clear');
const popup = find('.picker-list');
const list = find('ul');
const status = find('.picker-list p');

let options = [];
let active = -1;
let picked = null;
let scope = '';
let asked = 0; // number of the latest question: answers to earlier ones are dropped
let answeredText = null;
let isEnterPending = false;
let held = []; // keys that were pressed behind a pending Enter
let timer = 0;

const listId = element.id + '-list';
find('label').textContent = props.label;
find('label').htmlFor = element.id + '-input';
input.id = element.id + '-input';
input.placeholder = PLACEHOLDER;
input.setAttribute('aria-controls', listId);
list.id = listId;
list.setAttribute('aria-label', props.label);

const isOpen = () => popup.matches(':popover-open');

function place() {
  const field = input.getBoundingClientRect();
  const below = window.innerHeight - field.bottom - 12;
  const above = field.top - 12;
  const isAbove = below < 200 && above > below;
  const width = Math.max(field.width, Math.min(360, window.innerWidth - 24));
  popup.style.width = width + 'px';
  popup.style.left = Math.max(12, Math.min(field.left, window.innerWidth - width - 12)) + 'px';
  popup.style.maxHeight = Math.min(360, isAbove ? above : below) + 'px';
  popup.style.top = isAbove ? 'auto' : field.bottom + 4 + 'px';
  popup.style.bottom = isAbove ? window.innerHeight - field.top + 4 + 'px' : 'auto';
}

function show() {
  place();
  if (!isOpen()) popup.showPopover();
  input.setAttribute('aria-expanded', 'true');
}

function hide() {
  if (isOpen()) popup.hidePopover();
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
  active = -1;
}

function activate(index) {
  active = index;
  [...list.children].forEach((item, place) => item.setAttribute('aria-selected', String(place === index)));
  if (index < 0) {
    input.removeAttribute('aria-activedescendant');
    return;
  }
  input.setAttribute('aria-activedescendant', list.children[index].id);
  list.children[index].scrollIntoView({ block: 'nearest' });
}

function draw() {
  list.replaceChildren(...options.map((option, index) => {
    const item = document.createElement('li');
    item.id = listId + '-' + index;
    item.setAttribute('role', 'option');
    const label = document.createElement('bdi');
    label.textContent = option.label;
    item.append(label);
    if (option.hint) {
      const hint = document.createElement('small');
      hint.textContent = option.hint;
      item.append(hint);
    }
    return item;
  }));
}

function say(text, isFailure = false) {
  status.textContent = text;
  status.classList.toggle('failed', isFailure);
}

async function ask() {
  clearTimeout(timer);
  const text = input.value;
  const number = ++asked;
  let answer;
  try {
    answer = await server.find([text, scope]);
  } catch (error) {
    answer = { failed: true };
  }
  if (number !== asked) return;
  answeredText = text;
  options = answer.options || [];
  draw();
  activate(-1);
  say(answer.failed ? 'Search failed. Try again.' : options.length ? '' : 'Nothing found.', answer.failed);
  if (isEnterPending && options.length) {
    const keys = held;
    pick(0);
    held = keys;
    type();
    return;
  }
  // A code that is not known stops what comes behind it, and is replaced by the next one.
  if (isEnterPending) input.select();
  isEnterPending = false;
  held = [];
  if (document.activeElement === input) {
    show();
    if (options.length && text) activate(0);
  }
}

// Types the keys held back into whatever has the focus now, up to the next Enter that has to wait.
function type() {
  while (held.length && !isEnterPending) {
    const { key, ctrlKey, metaKey } = held.shift();
    const field = document.activeElement;
    if (key.length === 1 && field.setRangeText) {
      field.setRangeText(key, field.selectionStart, field.selectionEnd, 'end');
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    } else if (key.length > 1) {
      field.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey, metaKey, bubbles: true, cancelable: true }));
    }
  }
}

function askSoon() {
  asked += 1;
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
}

function display(option) {
  picked = option;
  input.value = option ? option.label : '';
  clearButton.hidden = !option;
  answeredText = null;
}

function stopAsking() {
  asked += 1;
  clearTimeout(timer);
  isEnterPending = false;
  held = [];
}

function pick(index) {
  const option = options[index];
  stopAsking();
  hide();
  const picking = new CustomEvent('crpm-picked', { bubbles: true, cancelable: true, detail: option });
  display(null);
  if (!element.dispatchEvent(picking)) return;
  display(option);
  // What is typed next replaces it.
  if (document.activeElement === input) input.select();
  props.value = { value: option.value, label: option.label, scope };
  trigger('picked', { value: option.value, label: option.label });
}

function clear() {
  stopAsking();
  const hadPicked = picked !== null;
  display(null);
  hide();
  if (!hadPicked) return;
  props.value = { value: '', label: '', scope };
  trigger('cleared', {});
}

input.addEventListener('input', () => {
  isEnterPending = false;
  clearButton.hidden = !input.value;
  askSoon();
});

input.addEventListener('focus', () => input.select());

input.addEventListener('click', () => {
  if (!isOpen() && !picked) ask();
});

input.addEventListener('blur', () => {
  // What was typed but not picked is no choice: go back to the last one.
  stopAsking();
  if (picked && !input.value) clear();
  else display(picked);
  hide();
});

input.addEventListener('keydown', (event) => {
  if (event.isComposing) return;
  const isCharacter = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
  if (isEnterPending && (isCharacter || event.key === 'Enter')) {
    event.preventDefault();
    event.stopPropagation();
    held.push(event);
    return;
  }
  const isCurrent = answeredText === input.value && isOpen();
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    if (!isCurrent) return ask();
    if (!options.length) return;
    const step = event.key === 'ArrowDown' ? 1 : -1;
    activate((active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length);
  } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (isCurrent && options.length) {
      pick(Math.max(active, 0));
    } else if (!isCurrent && input.value && !(picked && input.value === picked.label)) {
      // A barcode scanner sends Enter right behind the digits: pick as soon as the answer is there.
      isEnterPending = true;
      ask();
    }
  } else if (event.key === 'Escape') {
    if (isOpen()) {
      event.preventDefault();
      stopAsking();
      display(picked);
      hide();
    }
  }
});

// Before the field loses the focus, which would close the list under the pointer.
popup.addEventListener('mousedown', (event) => event.preventDefault());
list.addEventListener('mousemove', (event) => {
  const item = event.target.closest('li');
  if (item) activate([...list.children].indexOf(item));
});
list.addEventListener('click', (event) => {
  const item = event.target.closest('li');
  if (item) pick([...list.children].indexOf(item));
});

clearButton.addEventListener('mousedown', (event) => event.preventDefault());
clearButton.addEventListener('click', () => {
  clear();
  input.focus();
});

window.addEventListener('scroll', () => { if (isOpen()) place(); }, { capture: true, passive: true });
window.addEventListener('resize', () => { if (isOpen()) place(); });

function follow(mayFocus) {
  const value = props.value || {};
  if (typeof value.scope === 'string') scope = value.scope;
  if (value.change && !('value' in value)) {
    props.value = { value: picked?.value || '', label: picked?.label || '', scope };
    return;
  }
  // An answer that empties the field takes nothing from who has begun to type the next search.
  const isTyping = document.activeElement === input && input.value && input.value !== picked?.label;
  if (isTyping && !value.value) {
    picked = null;
    return;
  }
  stopAsking();
  hide();
  display(value.value ? { value: value.value, label: value.label } : null);
  if (mayFocus && value.focus) input.focus();
}
watch('value', () => follow(true));
follow(false);
