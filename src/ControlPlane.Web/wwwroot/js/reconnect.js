// The circuit is gone: say so, keep trying, and come back by itself, with a fresh page when the server does not know us any more.
const overlay = document.getElementById('components-reconnect-modal');
let since;

overlay?.addEventListener('components-reconnect-state-changed', event => {
  const state = event.detail.state;
  if (state === 'show') {
    since ??= new Date();
    overlay.querySelector('[data-reconnect-since]').textContent = `at ${since.toISOString().slice(11, 19)} UTC`;
    if (!overlay.open) overlay.showModal();
  } else if (state === 'hide') {
    since = undefined;
    overlay.close();
  } else if (state === 'failed') {
    comeBack();
  } else if (state === 'rejected') {
    location.reload();
  }
});

async function comeBack() {
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, 2000));
    try {
      const answer = await fetch('healthz/live', { cache: 'no-store' });
      if (answer.ok) break;
    } catch {
      // still away
    }
  }
  location.reload();
}
