// "3 s ago" goes on counting here, also when the connection to the server is gone: old data must look old.
const thin = '\u00A0';

function duration(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)}${thin}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${thin}min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)}${thin}h`;
  return `${Math.floor(seconds / 86400)}${thin}d`;
}

let offset = 0;

// The server's clock counts, not the reader's.
export function setServerTime(date) {
  const server = Date.parse(date);
  if (Number.isFinite(server)) offset = server - Date.now();
}

function tick() {
  const now = Date.now() + offset;
  for (const time of document.querySelectorAll('time[data-ago=ago]')) {
    const age = Math.max(0, (now - Date.parse(time.dateTime)) / 1000);
    const text = age < 1 ? 'now' : `${duration(age)} ago`;
    // The node itself is kept: the server's renderer knows it.
    const node = time.firstChild;
    if (node && node.data !== text) node.data = text;
    const holder = time.closest('[data-stale-after]');
    holder?.classList.toggle('is-stale', age > Number(holder.dataset.staleAfter));
  }
}

fetch('healthz/live', { cache: 'no-store' }).then(answer => setServerTime(answer.headers.get('date'))).catch(() => {});
setInterval(tick, 1000);
document.addEventListener('visibilitychange', tick);
