// "/" or Ctrl K searches; g and then o, m, e, r or n goes to a page.
const places = { o: '', m: 'models', e: 'endpoints', r: 'requests', n: 'nodes' };
let waiting = false;

document.addEventListener('keydown', event => {
  const typing = event.target.closest('input, textarea, select, [contenteditable]');
  if ((event.key === 'k' && (event.ctrlKey || event.metaKey)) || (event.key === '/' && !typing)) {
    const field = document.querySelector('[data-search]');
    if (field?.offsetParent) {
      event.preventDefault();
      field.focus();
      field.select();
    }
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (waiting && event.key in places) {
    document.querySelector(`#rail a[href="${places[event.key]}"], #rail a[href^="${places[event.key]}?"]`)?.click();
  }
  waiting = event.key === 'g';
  if (waiting) setTimeout(() => { waiting = false; }, 1500);
});
