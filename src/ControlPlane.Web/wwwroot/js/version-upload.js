import { start } from './upload.js';

// The element the page has just taken out. When the page comes alive it puts a new one in its place, which takes over what was chosen,
// written and sent so far; where none comes, the person has left.
let left = null;
const longestGap = 2000;

// <version-upload model="fraud">: takes a file, shows how far it is, pauses and cancels, and opens the page of the version.
// It lives in the browser alone, so a lost page connection does not stop the transfer.
class VersionUpload extends HTMLElement {
  connectedCallback() {
    // The page puts the element in before what is inside it.
    setTimeout(() => { if (this.isConnected) this.begin(); });
  }

  disconnectedCallback() {
    left = this;
    setTimeout(() => {
      if (left === this) left = null;
      if (!this.next) this.upload?.cancel();
    }, longestGap);
  }

  begin() {
    this.drop = this.querySelector('.drop');
    this.picker = this.querySelector('input[type=file]');
    this.picker.addEventListener('change', () => this.take(this.picker.files[0]));
    this.drop.addEventListener('dragover', event => { event.preventDefault(); this.drop.classList.add('over'); });
    this.drop.addEventListener('dragleave', () => this.drop.classList.remove('over'));
    this.drop.addEventListener('drop', event => { event.preventDefault(); this.drop.classList.remove('over'); this.take(event.dataTransfer.files[0]); });
    this.button('choose').addEventListener('click', () => this.picker.click());
    this.button('start').addEventListener('click', () => this.start());
    this.button('pause').addEventListener('click', () => this.toggle());
    this.button('cancel').addEventListener('click', () => this.cancel());
    if (left?.getAttribute('model') === this.getAttribute('model')) this.follow(left);
    // Chosen before this script had come.
    this.take(this.picker.files[0]);
  }

  follow(before) {
    left = null;
    before.next = this;
    for (const field of before.querySelectorAll('[name]')) this.querySelector(`[name=${field.name}]`).value ||= field.value;
    this.take(before.file ?? before.querySelector('input[type=file]').files[0]);
    this.upload = before.upload;
    this.isPaused = before.isPaused;
    this.buttons();
  }

  get newest() {
    return this.next?.newest ?? this;
  }

  take(file) {
    if (!file || this.upload) return;
    this.file = file;
    this.querySelector('.transfer').hidden = false;
    this.drop.classList.remove('big');
    this.text('.filename', file.name);
    this.text('.filesize', bytes(file.size));
    this.bar(0);
    this.text('.state', 'Ready to send');
    this.fail(null);
    this.buttons();
  }

  start() {
    if (!this.file || this.upload) return;
    this.fail(null);
    const notes = { text: this.value('notes'), source: this.value('source'), metrics: this.metrics() };
    for (const key of Object.keys(notes)) if (notes[key] === null) delete notes[key];
    this.isPaused = false;
    this.upload = start(this.file, { model: this.getAttribute('model'), notes }, { invokeMethodAsync: async (name, value) => this.newest[name](value) });
    this.buttons();
  }

  toggle() {
    this.isPaused = !this.isPaused;
    if (this.isPaused) this.upload.pause();
    else this.upload.resume();
    this.buttons();
  }

  cancel() {
    if (this.upload) this.upload.cancel();
    else this.clear();
  }

  clear() {
    this.upload = this.file = null;
    this.picker.value = '';
    this.querySelector('.transfer').hidden = true;
    this.drop.classList.add('big');
    this.buttons();
  }

  OnUploadProgress({ state, sent, size, bytesPerSecond, secondsLeft }) {
    this.bar(size ? Math.floor(100 * sent / size) : 0);
    const part = `${bytes(sent)} of ${bytes(size)}`;
    this.text('.state', {
      sending: bytesPerSecond > 0 ? `${part} · ${bytes(bytesPerSecond)}/s · about ${Math.ceil(secondsLeft)} s left` : part,
      waiting: `Connection lost at ${bytes(sent)}. Trying again …`,
      paused: `Paused at ${bytes(sent)}`,
      checking: 'All bytes are here. Reading the file …',
    }[state]);
  }

  OnUploadAccepted({ version }) {
    this.upload = null;
    this.bar(100);
    location.assign(`models/${encodeURIComponent(this.getAttribute('model'))}/versions/${version}`);
  }

  OnUploadRefused(problem) {
    this.upload = null;
    this.text('.state', 'Nothing was kept');
    this.bar(0);
    this.fail(problem);
    this.buttons();
  }

  OnUploadCancelled() {
    this.clear();
  }

  fail(problem) {
    this.querySelector('.uploaderror').hidden = !problem;
    this.text('.uploaderror .why', problem?.detail ?? problem?.title ?? '');
  }

  bar(share) {
    const bar = this.querySelector('.bar');
    bar.setAttribute('aria-valuenow', share);
    bar.firstElementChild.style.width = `${share}%`;
  }

  buttons() {
    this.button('start').disabled = !this.file || Boolean(this.upload);
    this.button('pause').disabled = !this.upload;
    this.button('pause').querySelector('span').textContent = this.upload && this.isPaused ? 'Resume' : 'Pause';
  }

  metrics() {
    const lines = (this.value('metrics') ?? '').split('\n').map(line => line.match(/^\s*(.+?)\s*[:=]\s*(-?[\d.]+(?:e-?\d+)?)\s*$/i)).filter(Boolean);
    return lines.length ? Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)])) : null;
  }

  value(name) {
    return this.querySelector(`[name=${name}]`)?.value.trim() || null;
  }

  button(name) {
    return this.querySelector(`[data-${name}]`);
  }

  text(selector, text) {
    this.querySelector(selector).textContent = text;
  }
}

function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; unit++) count /= 1000;
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)}\u00A0${units[unit]}`;
}

customElements.define('version-upload', VersionUpload);
