import './theme.js';
import './keys.js';
import './clocks.js';
import './charts.js';
import './reconnect.js';
import './version-upload.js';

// Copying: a button with data-copy copies that text, or the address of the page when it is empty.
document.addEventListener('click', async event => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const text = button.dataset.copy || location.href;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement('textarea'), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  const before = button.title;
  button.title = 'Copied';
  button.classList.add('copied');
  say('Copied');
  setTimeout(() => { button.title = before; button.classList.remove('copied'); }, 1500);
});

// The drawer of narrow screens.
document.addEventListener('click', event => {
  const opener = event.target.closest('[data-drawer]');
  const isOpen = document.documentElement.classList.contains('drawer');
  const open = opener ? !isOpen : isOpen && event.target.closest('#rail') && !event.target.closest('#rail a');
  document.documentElement.classList.toggle('drawer', Boolean(open));
  document.querySelector('[data-drawer]')?.setAttribute('aria-expanded', String(Boolean(open)));
});

// A menu closes when something in it was chosen.
document.addEventListener('click', event => event.target.closest('[popover] a')?.closest('[popover]').hidePopover());

document.addEventListener('click', event => {
  if (event.target.closest('[data-reload]')) location.reload();
});

// Password fields show what is in them on request.
document.addEventListener('click', event => {
  const button = event.target.closest('[data-reveal]');
  const field = button && document.getElementById(button.dataset.reveal);
  if (!field) return;
  field.type = field.type === 'password' ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(field.type === 'text'));
});

function say(text) {
  let region = document.getElementById('said');
  if (!region) {
    region = Object.assign(document.createElement('div'), { id: 'said', className: 'sr' });
    region.setAttribute('role', 'status');
    document.body.append(region);
  }
  region.textContent = '';
  requestAnimationFrame(() => { region.textContent = text; });
}
