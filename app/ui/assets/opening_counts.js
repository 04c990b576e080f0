// Runs once. One field a store; all texts are written with textContent.
const list = element.querySelector('.facts');
let shown = 0; // the server's change that is on screen

function keep() {
  const counts = [...list.querySelectorAll('input')].map((input) => [input.dataset.store, input.value]);
  props.value = { ...props.value, counts: Object.fromEntries(counts) };
}

function draw(stores) {
  list.replaceChildren();
  for (const store of stores) {
    const field = document.createElement('div');
    const label = document.createElement('label');
    const input = document.createElement('input');
    field.className = 'picker';
    label.textContent = store.name;
    label.htmlFor = input.id = 'opening-count-' + store.store_id;
    Object.assign(input, { type: 'text', inputMode: 'numeric', autocomplete: 'off', placeholder: '0' });
    input.dataset.store = store.store_id;
    field.append(label, input);
    list.append(field);
  }
}

function follow() {
  const value = props.value;
  if (!value?.change) return;
  if (value.change === shown) {
    // Given again, in place of an earlier answer that came late: without what has been typed since.
    if (!value.counts) keep();
    return;
  }
  shown = value.change;
  draw(value.stores);
  keep();
}

element.addEventListener('input', keep);
watch('value', follow);
follow();
