// Light or dark: the system's choice until a person makes one, which a cookie keeps so that the server sends it in the first byte.
const system = matchMedia('(prefers-color-scheme: dark)');

export function theme() {
  return document.documentElement.dataset.theme || (system.matches ? 'dark' : 'light');
}

system.addEventListener('change', announce);

document.addEventListener('click', event => {
  if (!event.target.closest('[data-theme-switch]')) return;
  const next = theme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
  announce();
});

function announce() {
  document.dispatchEvent(new CustomEvent('themechange', { detail: theme() }));
}
