// Runs once per basket; PICKER and BUTTON are declared before this script. All texts are written with textContent.
const body = element.querySelector('tbody');
const discount = element.querySelector('.basket-discount input');
const label = element.querySelector('.basket-discount label');
discount.id = element.id + '-discount';
label.htmlFor = discount.id;

const rowOf = (product) => body.querySelector(`tr[data-product="${product}"]`);
const toPicker = () => document.querySelector(`#${PICKER} input`)?.focus();
let shown = 0; // the server's change that is on screen
let priced = ''; // what was typed when the server was last asked

function typed() {
  return {
    lines: [...body.rows].map((row) => ({
      product_id: Number(row.dataset.product),
      quantity: row.querySelector('.quantity').value,
      discount: row.querySelector('.discount').value,
    })),
    discount: discount.value,
  };
}

function keep() {
  props.value = { ...props.value, ...typed() };
}

function ask() {
  const now = JSON.stringify(typed());
  if (now === priced) return;
  priced = now;
  keep();
  trigger('changed', {});
}

function cell(row, className, child) {
  const td = row.insertCell();
  td.className = className;
  if (child) td.append(child);
  return td;
}

function field(className, name, mode) {
  const input = document.createElement('input');
  Object.assign(input, { type: 'text', className, inputMode: mode, autocomplete: 'off' });
  input.dataset.name = name;
  return input;
}

function addRow(line) {
  const row = body.insertRow();
  row.dataset.product = line.product_id;
  const name = document.createElement('bdi');
  const detail = document.createElement('small');
  cell(row, 'basket-product', name).append(detail);
  cell(row, '', field('quantity', 'Quantity', 'numeric'));
  cell(row, 'right wide price');
  cell(row, '', field('discount', 'Discount', 'decimal'));
  cell(row, 'right amount');
  const remove = document.createElement('button');
  Object.assign(remove, { type: 'button', className: 'remove' });
  cell(row, '', remove);
  return row;
}

function fill(input, text) {
  // Not over what is being typed just now.
  if (document.activeElement !== input || input.value === '') input.value = text;
}

function drawLines(lines) {
  const wanted = new Set(lines.map((line) => String(line.product_id)));
  for (const row of [...body.rows]) if (!wanted.has(row.dataset.product)) row.remove();
  for (const line of lines) {
    const row = rowOf(line.product_id) || addRow(line);
    row.querySelector('bdi').textContent = line.name;
    const detail = row.querySelector('small');
    detail.textContent = line.warning || line.detail;
    detail.classList.toggle('warning', Boolean(line.warning));
    row.querySelector('.quantity').setAttribute('aria-label', 'Quantity of ' + line.name);
    row.querySelector('.discount').setAttribute('aria-label', 'Discount on ' + line.name);
    row.querySelector('.remove').setAttribute('aria-label', 'Remove ' + line.name);
    fill(row.querySelector('.quantity'), line.quantity);
    fill(row.querySelector('.discount'), line.discount);
    row.querySelector('.price').textContent = line.price;
    row.querySelector('.amount').textContent = line.amount;
  }
  element.querySelector('.basket').classList.toggle('is-empty', !lines.length);
}

function draw(value) {
  if (value.lines) drawLines(value.lines);
  fill(discount, value.discount);
  element.querySelector('[data-sum=tax]').textContent = value.tax;
  element.querySelector('[data-sum=total]').textContent = value.total;
  element.querySelector('.basket-message').textContent = value.message;
}

body.addEventListener('click', (event) => {
  const button = event.target.closest('.remove');
  if (!button) return;
  button.closest('tr').remove();
  toPicker();
  ask();
});

element.addEventListener('input', keep);
element.addEventListener('change', ask);
element.addEventListener('focusin', (event) => { if (event.target.matches('input')) event.target.select(); });
element.addEventListener('keydown', (event) => {
  if (!event.target.matches('input') || event.isComposing || event.ctrlKey || event.metaKey) return;
  const row = event.target.closest('tr');
  const step = { ArrowUp: 'previousElementSibling', ArrowDown: 'nextElementSibling' }[event.key];
  if (event.key === 'Enter' || event.key === 'Escape') {
    event.preventDefault();
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

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !element.querySelector('.basket').getClientRects().length) return;
  event.preventDefault();
  keep();
  document.getElementById(BUTTON)?.click();
});

function follow(mayFocus) {
  const value = props.value;
  if (!value?.change || value.change === shown) return;
  shown = value.change;
  draw(value);
  priced = JSON.stringify(typed());
  keep();
  if (mayFocus && value.focus) rowOf(value.focus)?.querySelector('.quantity').focus();
}
watch('value', () => follow(true));
element.querySelector('.basket').classList.add('is-empty');
follow(false);
