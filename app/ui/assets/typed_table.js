// Runs once. A table with one field a row; all texts are written with textContent. What is typed outlives a redraw of
// the same table, such as one with another column.
const place = element.querySelector('.typed-table');
let shown = 0; // the server's change that is on screen
let name = null; // the table that is on screen
let typed = {};

const AMOUNT = /^-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/;

// In whole minor units, as a BigInt: no amount ever passes through a floating-point number.
function minor(text, decimals) {
  const plain = text.trim();
  if (!AMOUNT.test(plain)) return null;
  const [whole, part = ''] = plain.replaceAll(',', '').split('.');
  return part.length > decimals ? null : BigInt(whole + part.padEnd(decimals, '0'));
}

function written(amount, decimals) {
  const digits = String(amount < 0n ? -amount : amount).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  return (amount < 0n ? '-' : amount > 0n ? '+' : '') + whole + (decimals ? '.' + digits.slice(-decimals) : '');
}

function keep() {
  props.value = { ...props.value, typed };
}

function cell(row, tag, text, style) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = style;
  row.append(made);
  return made;
}

function tell(row, difference, text) {
  const expected = minor(row.expected, row.decimals);
  const counted = minor(text, row.decimals);
  difference.textContent = text.trim() === '' ? '' : counted === null ? '?' : written(counted - expected, row.decimals);
  difference.classList.toggle('off', counted !== null && counted !== expected);
}

function draw(value) {
  const inUse = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const table = document.createElement('table');
  table.setAttribute('aria-label', value.label);
  const head = table.createTHead().insertRow();
  for (const column of value.columns) cell(head, 'th', column.label, column.style);
  cell(head, 'th', value.field, 'right');
  if (value.difference) cell(head, 'th', value.difference, 'right');
  const body = table.createTBody();
  for (const row of value.rows) {
    const line = body.insertRow();
    row.cells.forEach((text, index) => cell(line, 'td', text, value.columns[index].style));
    const input = document.createElement('input');
    Object.assign(input, { type: 'text', inputMode: 'decimal', autocomplete: 'off', value: typed[row.key] ?? row.typed ?? '' });
    input.dataset.key = row.key;
    input.setAttribute('aria-label', value.field + ': ' + row.name);
    cell(line, 'td', '', 'right').append(input);
    typed[row.key] = input.value;
    const difference = value.difference ? cell(line, 'td', '', 'right') : null;
    if (difference) tell(row, difference, input.value);
    input.addEventListener('input', () => {
      typed[row.key] = input.value;
      if (difference) tell(row, difference, input.value);
      keep();
    });
  }
  place.replaceChildren(table);
  // An answer that comes while somebody types takes the field away from under the hands.
  const again = [...table.querySelectorAll('input')].find((input) => input.dataset.key === inUse);
  again?.focus();
  again?.setSelectionRange(again.value.length, again.value.length);
}

// Enter goes to the next field, as on a till.
element.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.target.tagName !== 'INPUT') return;
  event.preventDefault();
  const fields = [...place.querySelectorAll('input')];
  fields[fields.indexOf(event.target) + 1]?.focus();
});

function follow() {
  const value = props.value;
  if (!value?.change) return;
  if (value.change === shown) {
    // Given again, in place of an earlier answer that came late: without what has been typed since.
    if (!value.typed) keep();
    return;
  }
  shown = value.change;
  if (value.name !== name) typed = {};
  name = value.name;
  draw(value);
  keep();
}

watch('value', follow);
follow();
