// Reports of views on their way to the server. What ends a view is kept on this device until the server has answered,
// since nobody tells a page that goes away whether its last word arrived: the next page of the same photo says it again.
// Said twice, it counts once.

const PATIENCE = 10_000;
const DAY = 86_400_000;
/** The server takes no more at once, and as much is kept. */
const MOST = 100;

export class Reports {
  #path;
  #place;

  constructor(uniqueId) {
    this.#path = `/ar/${uniqueId}/view`;
    this.#place = `arvlite.reports.${uniqueId}`;
  }

  /** Says one thing, and gives what the server makes of it. Throws when there is no answer. */
  async send(report) {
    const response = await this.#post(report);
    if (!response.ok) throw new Error(`a report was not taken: ${response.status}`);
    return response.json();
  }

  /** Says one thing without waiting, because the page may be put to sleep. */
  tell(report) {
    this.#beacon(report);
  }

  /** Keeps what has to be said, with the time when it was so. */
  keep(...reports) {
    const at = Date.now();
    const kept = reports.map(({ at: when = at, ...report }) => ({ at: when, report }));
    this.#kept = [...this.#kept, ...kept].slice(-MOST);
  }

  /** Says all that is kept, and forgets what was heard. */
  async replay() {
    const kept = this.#kept;
    if (kept.length === 0) return;
    try {
      const response = await this.#post(kept.map(late));
      // What is refused for good would be refused again.
      if (response.status === 429 || response.status >= 500) return;
      const heard = new Set(kept.map((one) => JSON.stringify(one)));
      this.#kept = this.#kept.filter((one) => !heard.has(JSON.stringify(one)));
    } catch {
      // Nobody heard it: it is said again when there is a network, or by the next page.
    }
  }

  /** Says all that is kept while the page goes away. */
  leave() {
    const kept = this.#kept;
    if (kept.length > 0) this.#beacon(kept.map(late));
  }

  #post(said) {
    // A plain text needs no permission to be sent, which would take another request.
    const headers = { "content-type": "text/plain;charset=UTF-8" };
    const signal = AbortSignal.timeout?.(PATIENCE);
    return fetch(this.#path, { method: "POST", headers, body: JSON.stringify(said), credentials: "omit", keepalive: true, signal });
  }

  #beacon(said) {
    if (navigator.sendBeacon?.(this.#path, JSON.stringify(said))) return;
    this.#post(said).catch(() => {});
  }

  // A browser may refuse to keep anything: then only what it sends at once is heard.
  get #kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#place) ?? "[]");
      return kept.filter(({ at }) => Date.now() - at < DAY);
    } catch {
      return [];
    }
  }

  set #kept(kept) {
    try {
      if (kept.length > 0) localStorage.setItem(this.#place, JSON.stringify(kept));
      else localStorage.removeItem(this.#place);
    } catch {
      // Nothing is kept.
    }
  }
}

/** What was so at a time, as it is told now. */
function late({ at, report }) {
  return { ...report, secondsAgo: Math.max(0, (Date.now() - at) / 1000) };
}
