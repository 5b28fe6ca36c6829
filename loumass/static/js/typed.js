// What is typed or chosen is never lost by a swap: words that the server does not know yet go along into the field that comes in the
// place of theirs, with the cursor. Where none comes (another person's page), a field that keeps drafts keeps them at once.
const FIELDS = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [type=range], [type=color], [type=submit], [type=button])";
const CHOICES = "input[type=checkbox], select";
// What the server has of a field, as far as it said so; and of each request what it says, and what was known when it was sent.
const known = new WeakMap();
const underWay = new WeakMap();
let kept = [];
let changed = [];

export function startTyped() {
  document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const said = saidBy(detail);
    underWay.set(detail.xhr, { said, before: new Map([...document.querySelectorAll(FIELDS)].map((field) => [field, baseOf(field)])) });
    // An answer is gone once it is sent. A draft that a field keeps of itself may come later than a page that is being drawn.
    if (!said.has(detail.elt)) said.forEach((words, field) => known.set(field, words));
  });
  // What did not arrive, or was refused without a page, is not known.
  document.body.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
    underWay.get(xhr)?.said.forEach((words, field) => (isAnswered(xhr) ? known.set(field, words) : known.delete(field)));
  });
  document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
    kept = detail.shouldSwap ? keep(detail) : [];
  });
  document.body.addEventListener("htmx:afterSwap", () => kept.splice(0).forEach((bring) => bring()));
  // Only now do the new fields hear of their own input.
  document.body.addEventListener("htmx:afterSettle", () => {
    for (const field of changed.splice(0)) field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function isAnswered({ status }) {
  return status === 422 || (status > 0 && status < 400);
}

// Whatever form says it: files take along what stands in the answer.
function saidBy({ requestConfig: { formData } }) {
  return new Map([...document.querySelectorAll(FIELDS)].filter((field) => field.name && formData.get(field.name) === field.value).map((field) => [field, field.value]));
}

function baseOf(field) {
  return known.get(field) ?? field.defaultValue;
}

function keep({ target, xhr, requestConfig: { elt } }) {
  const { said, before } = underWay.get(xhr);
  // A page that was drawn while words were on their way may not have them: it counts what it was told, or could know.
  const base = (field) => said.get(field) ?? before.get(field) ?? baseOf(field);
  const fields = [...target.querySelectorAll(FIELDS)].filter((field) => field.form && field.name).flatMap((field) => keepField(field, elt, base(field)));
  const unfolded = [...target.querySelectorAll("details[open]:not(.menu)")].map(keepOpen);
  return [...unfolded, ...fields, ...choicesIn(target, elt), ...keepLink(target)];
}

// What was ticked or chosen beside what is asked. Menus close with their answer, and boxes of rows are cleared by it.
function choicesIn(target, asking) {
  return choices(target)
    .filter((field) => field.form !== asking.closest("form") && !field.closest("details.menu, [data-live-row]") && !field.matches("[data-check]") && isChosen(field))
    .map((field) => {
      const [key, { value, checked }] = [keyOf(field), field];
      return () => {
        for (const next of choices(document)) if (keyOf(next) === key) choose(next, value, checked);
      };
    });
}

function choices(part) {
  return [...part.querySelectorAll(CHOICES)].filter((field) => field.form && field.name);
}

function isChosen(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  return field.selectedIndex !== Math.max([...field.options].findIndex((one) => one.defaultSelected), 0);
}

function choose(field, value, checked) {
  if (field.type === "checkbox") field.checked = checked;
  else if ([...field.options].some((one) => one.value === value)) field.value = value;
}

function keepField(field, asking, base) {
  const isFocused = document.activeElement === field || Boolean(letterOf(field)?.contains(document.activeElement));
  const isTyped = field.value !== base;
  if (!isTyped && (!isFocused || asking.closest("form") === field.form)) return [];
  const [key, doc, place] = [keyOf(field), field.form.elements.namedItem("doc")?.value, field.selectionEnd];
  return [() => {
    const next = [...document.querySelectorAll(FIELDS)].find((one) => one.form && keyOf(one) === key);
    if (!next) return isTyped && field.hasAttribute("hx-post") ? save(field, base) : undefined;
    const fromEnd = field.value.length - (place ?? field.value.length);
    const words = isTyped ? joined(field.value, base, next.value) : next.value;
    if (words !== next.value) write(next, words, words === field.value ? doc : "");
    if (isFocused) enter(next, fromEnd);
  }];
}

// One field of one form, for one person and one way of answering them.
function keyOf({ form, name }) {
  return `${formKey(form)} ${name}`;
}

function formKey(form) {
  const { pathname } = new URL(form.getAttribute("action") ?? "", location.href);
  return `${pathname} ${form.elements.namedItem("kind")?.value ?? ""}`;
}

// `base` is what the server knew of `mine`; `theirs` is what it has now: what was sent is gone from there, what was taken back is in it,
// and it may have heard more of mine meanwhile.
function joined(mine, base, theirs) {
  if (theirs === base || (mine.startsWith(theirs) && theirs.startsWith(base))) return mine;
  if (mine.startsWith(base)) return theirs ? theirs + mine.slice(base.length) : mine.slice(base.length).trimStart();
  return theirs ? `${theirs}\n\n${mine}` : mine;
}

function write(field, words, doc) {
  field.value = words;
  changed.push(field);
  const letter = letterOf(field);
  if (!letter) return;
  field.form.elements.namedItem("doc").value = doc;
  letter.replaceWith(letter.cloneNode());
}

function enter(field, fromEnd) {
  field.focus({ preventScroll: true });
  const place = field.value.length - fromEnd;
  if (field.selectionEnd !== null) field.setSelectionRange(place, place);
  if (letterOf(field)) enterLetter(field, field.value.length);
}

// The editor is drawn a moment later; until then the plain field below it takes the words.
function enterLetter(field, length) {
  const box = letterOf(field)?.querySelector("[role=textbox]");
  if (!box) return document.activeElement === field ? requestAnimationFrame(() => enterLetter(field, length)) : undefined;
  const late = field.value.slice(length);
  box.focus({ preventScroll: true });
  getSelection().selectAllChildren(box);
  getSelection().collapseToEnd();
  if (late) document.execCommand("insertText", false, late);
}

function letterOf(field) {
  return field.name === "text" ? field.form.querySelector("letter-editor") : null;
}

function save(field, base) {
  const values = Object.fromEntries(new FormData(field.form));
  values[field.name] = joined(field.value, base, "");
  if (base) delete values.doc;
  window.htmx.ajax("POST", field.getAttribute("hx-post"), { values, swap: "none" });
}

// A letter that was unfolded stays unfolded.
function keepOpen(details) {
  const [place, look] = [placeOf(details), details.className];
  return () => {
    for (const next of document.querySelectorAll("details:not(.menu)")) next.open ||= next.className === look && placeOf(next) === place;
  };
}

function placeOf(details) {
  const [message, form] = [details.closest("li[id]"), details.closest("form")];
  return message?.id ?? (form && formKey(form));
}

function keepLink(target) {
  const address = target.contains(document.activeElement) && document.activeElement.getAttribute("href");
  const find = () => [...document.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === address);
  return address ? [() => find()?.focus({ preventScroll: true })] : [];
}
