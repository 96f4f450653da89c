import { theme } from './theme.js';

// <chart-image src="charts/latency.svg?…" alt="…" seconds="15">: asks for a picture of the width and theme it has, and swaps in the
// next one only when it is decoded, so nothing flickers or moves.
class ChartImage extends HTMLElement {
  static observedAttributes = ['src', 'alt', 'seconds'];

  connectedCallback() {
    this.picture ??= this.appendChild(Object.assign(document.createElement('img'), { className: 'chart', decoding: 'async' }));
    this.picture.alt = this.getAttribute('alt') ?? '';
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this);
    this.themed = () => this.load();
    document.addEventListener('themechange', this.themed);
    document.addEventListener('visibilitychange', this.shown = () => { if (!document.hidden && this.late) this.load(); });
    this.restart();
  }

  disconnectedCallback() {
    this.observer.disconnect();
    clearInterval(this.timer);
    document.removeEventListener('themechange', this.themed);
    document.removeEventListener('visibilitychange', this.shown);
  }

  attributeChangedCallback(name, before, after) {
    if (!this.picture || before === after) return;
    if (name === 'alt') this.picture.alt = after ?? '';
    else if (name === 'seconds') this.restart();
    else this.load();
  }

  restart() {
    clearInterval(this.timer);
    const seconds = Number(this.getAttribute('seconds'));
    if (seconds > 0) this.timer = setInterval(() => this.load(), seconds * 1000);
  }

  resized() {
    const width = Math.round(this.clientWidth / 10) * 10;
    if (width < 100 || width === this.width) return;
    this.width = width;
    clearTimeout(this.settle);
    this.settle = setTimeout(() => this.load(), this.picture.src ? 200 : 0);
  }

  async load() {
    if (!this.width) return;
    this.late = document.hidden;
    if (this.late) return;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const url = new URL(this.getAttribute('src'), document.baseURI);
    url.searchParams.set('theme', theme());
    url.searchParams.set('width', this.width);
    try {
      const answer = await fetch(url, { credentials: 'same-origin' });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = `data:image/svg+xml,${encodeURIComponent(await answer.text())}`;
      const trial = new Image();
      trial.src = next;
      await trial.decode();
      if (turn !== this.turn) return;
      this.picture.src = next;
      this.removeAttribute('failed');
    } catch {
      if (turn === this.turn) this.setAttribute('failed', '');
    }
  }
}

customElements.define('chart-image', ChartImage);
