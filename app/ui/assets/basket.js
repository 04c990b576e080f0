// Runs once per basket; PICKER and BUTTON are declared before this script. All texts are written with textContent.
// The rows and what is typed in them belong to the browser; the server's answers only price them. They are kept with
// the id of their request until they are recorded: a lost connection or a reload costs no line and records none twice.
const KEPT = 'crpm-basket';
const frame = element.querySelector('.basket');
const body = element.querySelector('tbody');
const discount = element.querySelector('.basket-discount input');
const label = element.querySelector('.basket-discount label');
discount.id = element.id + '-discount';
label.htmlFor = discount.id;

const rowOf = (product) => body.querySelector(`tr[data-product="${product}"]`);
const toPicker = () => document.querySelector(`#${PICKER} input`)?.focus();
const button = () => document.getElementById(BUTTON);
let requestId = newId();
let shown = 0; // the server's change that is on screen
let priced = JSON.stringify(typed()); // what was typed when the server was last asked
let isSaving = false; // an answer is under way that replaces the basket
let news = ''; // said beside what the server says, until the next change
let waiting = []; // picked for the next basket while this one is being recorded or parked

// Names this tab of the browser for as long as it is open.
const TILL = 'crpm-till';
if (!sessionStorage.getItem(TILL)) sessionStorage.setItem(TILL, newId());

function typed() {
  return {
    lines: [...body.rows].map((row) => ({
      product_id: Number(row.dataset.product),
      quantity: row.querySelector('.quantity').value.trim(),
      discount: row.querySelector('.discount').value.trim(),
      price: row.querySelector('.own-price').value.trim(),
      reason: row.querySelector('.reason').value.trim(),
    })),
    discount: discount.value.trim(),
  };
}

// crypto.randomUUID exists on encrypted pages only.
function newId() {
  const digits = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0'));
  return digits.join('');
}

function keep() {
  const now = typed();
  const titles = [...body.rows].map((row) => row.querySelector('bdi').textContent);
  const lines = now.lines.map((line, place) => ({ ...line, title: titles[place] }));
  props.value = { ...props.value, typed: now, request_id: requestId, till_id: sessionStorage.getItem(TILL) };
  sessionStorage.setItem(KEPT, JSON.stringify({ ...now, lines, requestId }));
  frame.classList.toggle('is-empty', !body.rows.length);
}

function takeUp(kept) {
  requestId = kept.requestId;
  discount.value = kept.discount;
  for (const line of kept.lines) {
    const row = addRow(line.product_id, line.title, '');
    row.querySelector('.quantity').value = line.quantity;
    row.querySelector('.discount').value = line.discount;
    row.querySelector('.own-price').value = line.price;
    row.querySelector('.reason').value = line.reason;
    row.classList.toggle('has-own-price', Boolean(line.price || line.reason));
  }
}

function takeUpAgain() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || 'null');
  if (!kept?.lines?.length) return;
  takeUp(kept);
  // After the other parts of the page have been mounted.
  setTimeout(() => {
    ask();
    news = 'These lines are still to be recorded. Choose the customer and the payment again.';
  });
}

// A part that the page has replaced hears no more.
function onDocument(name, react, options) {
  document.addEventListener(name, (event) => { if (element.isConnected) react(event); }, options);
}

function ask() {
  keep();
  const now = JSON.stringify(typed());
  // Asked again where an answer has not come: it may have got lost.
  if (now === priced && !frame.classList.contains('is-pricing')) return;
  priced = now;
  news = '';
  frame.classList.add('is-pricing');
  trigger('changed', {});
}

function cell(row, className, child) {
  const td = row.insertCell();
  td.className = className;
  if (child) td.append(child);
  return td;
}

function field(className, name, mode, maxLength = 20) {
  const input = document.createElement('input');
  Object.assign(input, { type: 'text', className, inputMode: mode, maxLength, autocomplete: 'off' });
  input.setAttribute('aria-label', name);
  return input;
}

function addRow(product, title, hint) {
  const row = body.insertRow();
  row.dataset.product = product;
  const name = document.createElement('bdi');
  name.textContent = title;
  const detail = document.createElement('small');
  detail.textContent = hint;
  const reprice = document.createElement('button');
  Object.assign(reprice, { type: 'button', className: 'reprice link', textContent: 'Change price' });
  reprice.setAttribute('aria-label', 'Change price of ' + title);
  const own = document.createElement('div');
  own.className = 'basket-own-price';
  own.append(field('own-price', 'Price of ' + title, 'decimal'), field('reason', 'Why ' + title + ' has another price', 'text', 200));
  own.firstChild.placeholder = 'New price';
  own.lastChild.placeholder = 'Why?';
  cell(row, 'basket-product', name).append(detail, ' ', reprice, own);
  cell(row, '', field('quantity', 'Quantity of ' + title, 'numeric')).firstChild.value = '1';
  cell(row, 'right wide price');
  cell(row, '', field('discount', 'Discount on ' + title, 'decimal'));
  cell(row, 'right amount');
  const remove = document.createElement('button');
  Object.assign(remove, { type: 'button', className: 'remove' });
  remove.setAttribute('aria-label', 'Remove ' + title);
  cell(row, '', remove);
  return row;
}

// A code in full adds a piece and stays in the product field for the next scan; a name leads on to its quantity.
function add(option) {
  let row = rowOf(option.value);
  const isNew = !row;
  row ??= addRow(option.value, option.label, option.hint);
  const quantity = row.querySelector('.quantity');
  const isNumber = /^\d+$/.test(quantity.value.trim());
  if (!isNew && isNumber) quantity.value = String(Number(quantity.value) + 1);
  ask(); // shows the table, which an empty basket hides
  if (!option.is_exact || !isNumber) quantity.focus();
}

function draw(value) {
  for (const line of value.lines) {
    const row = rowOf(line.product_id);
    if (!row) continue; // removed while it was being priced
    const detail = row.querySelector('small');
    row.querySelector('bdi').textContent = line.name;
    detail.textContent = line.warning || line.detail;
    detail.classList.toggle('warning', Boolean(line.warning));
    row.querySelector('.price').textContent = line.price;
    row.querySelector('.amount').textContent = line.amount;
  }
  frame.classList.toggle('has-own-prices', value.has_own_prices);
  element.querySelector('[data-sum=tax]').textContent = value.tax;
  element.querySelector('[data-sum=total]').textContent = value.total;
  element.querySelector('.basket-message').textContent = [news, value.message].filter(Boolean).join(' ');
}

function empty() {
  body.replaceChildren();
  discount.value = '';
  requestId = newId();
  priced = JSON.stringify(typed());
}

onDocument('crpm-picked', (event) => {
  if (!event.target.closest(`#${PICKER}`)) return;
  event.preventDefault();
  if (isSaving) waiting.push(event.detail);
  else add(event.detail);
});

body.addEventListener('click', (event) => {
  const row = event.target.closest('tr');
  if (event.target.closest('.remove')) {
    row.remove();
    toPicker();
    ask();
  } else if (event.target.closest('.reprice')) {
    row.classList.add('has-own-price');
    row.querySelector('.own-price').focus();
  }
});

element.addEventListener('input', keep);
element.addEventListener('change', ask);
element.addEventListener('focusin', (event) => { if (event.target.matches('input')) event.target.select(); });
element.addEventListener('keydown', (event) => {
  if (!event.target.matches('input') || event.isComposing || event.ctrlKey || event.metaKey) return;
  const row = event.target.closest('tr');
  const step = { ArrowUp: 'previousElementSibling', ArrowDown: 'nextElementSibling' }[event.key];
  if (event.key === 'Enter' && event.target.matches('.own-price') && event.target.value.trim()) {
    event.preventDefault();
    row.querySelector('.reason').focus();
  } else if (event.key === 'Enter' || event.key === 'Escape') {
    event.preventDefault();
    row?.classList.toggle('has-own-price', [...row.querySelectorAll('.own-price, .reason')].some((input) => input.value.trim()));
    ask();
    toPicker();
  } else if (step && row?.[step]) {
    event.preventDefault();
    row[step].querySelector('.' + event.target.className).focus();
  } else if (event.key === 'Delete' && event.shiftKey && row) {
    event.preventDefault();
    row.querySelector('.remove').click();
  }
});

onDocument('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !frame.getClientRects().length) return;
  // In a form of its own the clerk is not done with the purchase yet.
  if (event.target.closest('.keeps-enter')) return;
  event.preventDefault();
  button()?.click();
});

// Before Gradio reads what is to be recorded or parked; a second click until it is answered goes nowhere.
onDocument('click', (event) => {
  const taker = event.target.closest('.takes-basket');
  if (!taker) return;
  if (isSaving) return event.stopPropagation();
  ask();
  isSaving = true;
  taker.setAttribute('aria-busy', 'true');
}, { capture: true });

// Later, because the basket of the answer is drawn after this.
onDocument('crpm-answered', () => setTimeout(() => {
  isSaving = false;
  document.querySelectorAll('.takes-basket[aria-busy]').forEach((taker) => taker.removeAttribute('aria-busy'));
  waiting.splice(0).forEach(add);
}));

function follow() {
  const value = props.value;
  if (!value?.change) return;
  if (value.change === shown) {
    // Given again, in place of an earlier answer that came late: without what has been typed since.
    if (!value.typed) keep();
    return;
  }
  shown = value.change;
  if (value.is_new) {
    empty();
    if (value.taken) {
      takeUp(value.taken);
      // Later, once the rest of the answer (store, currency, customer) has arrived too.
      setTimeout(ask);
    }
    toPicker();
  }
  // An answer to what is no longer there says nothing: the one that counts is under way.
  if (JSON.stringify(value.priced) === JSON.stringify(typed())) {
    draw(value);
    frame.classList.remove('is-pricing');
  }
  keep();
}
watch('value', follow);
takeUpAgain();
keep();
follow();
