// One view, as the server counts it: started once, told of every few seconds, ended once.
// Nothing here may disturb the video: a server that does not answer costs a view, not the pleasure.

import { ask, PLAYBACK_FIELDS } from "./graphql.js";

const START = `mutation($input: ViewSessionStartInput!) {
  viewSessionStart(input: $input) { viewToken heartbeatSeconds playback { ${PLAYBACK_FIELDS} } userErrors { code } }
}`;
/** Seconds before each further attempt to start. */
const PAUSES = [1, 2, 4, 8, 16, 30];
const DEFAULT_HEARTBEAT = 15;

export class ViewSession {
  /** False once it ended, here or on the server; the next play is another view. */
  open = true;
  #reports;
  #start;
  #startedAt = Date.now();
  #token = null;
  #timer = null;
  #playedSeconds = 0;
  #videoPlayed = false;

  /** Starts at once. The server's answer holds what to play by now: `onPlayback` gets it. */
  constructor(uniqueId, reports, onPlayback) {
    this.#reports = reports;
    this.#start = { sessionId: randomUuid(), deviceType: deviceType(), trackingQuality: "UNKNOWN" };
    this.#begin({ uniqueId, ...this.#start }, onPlayback, 0);
  }

  /** The video really moved on by so much. */
  played(seconds) {
    this.#videoPlayed = true;
    this.#playedSeconds += seconds;
  }

  /** Says where we are, without waiting, because the page may be put to sleep. */
  touch() {
    if (this.open && this.#token) this.#reports.tell(this.#progress("heartbeat"));
  }

  /** Keeps what is to be said last, and of a view that the server may not know yet how it began. */
  end() {
    if (!this.open) return;
    this.#close();
    if (!this.#token) this.#reports.keep({ type: "start", at: this.#startedAt, ...this.#start });
    this.#reports.keep(this.#progress("end"));
  }

  /** Every attempt is the same start: the server counts one view, however often it hears of it. */
  async #begin(input, onPlayback, attempt) {
    let started;
    try {
      started = await ask("viewSessionStart", START, { input });
    } catch {
      if (attempt < PAUSES.length && this.open) {
        setTimeout(() => this.#begin(input, onPlayback, attempt + 1), PAUSES[attempt] * 1000);
      }
      return;
    }
    if (this.open) {
      this.#token = started.viewToken;
      if (!this.#token) this.#close();
      else this.#timer = setInterval(() => this.#beat(), (started.heartbeatSeconds ?? DEFAULT_HEARTBEAT) * 1000);
    }
    if (started.playback) onPlayback(started.playback);
  }

  async #beat() {
    if (document.hidden) return;
    try {
      const { status, userErrors } = await this.#reports.send(this.#progress("heartbeat"));
      if (userErrors.length > 0 || status !== "ACTIVE") this.#close();
    } catch {
      // The next one tells all that this one would have.
    }
  }

  #close() {
    this.open = false;
    clearInterval(this.#timer);
  }

  #progress(type) {
    return {
      type,
      sessionId: this.#start.sessionId,
      ...(this.#token && { viewToken: this.#token }),
      playedSeconds: Math.round(this.#playedSeconds),
      trackingQuality: "UNKNOWN",
      videoPlayed: this.#videoPlayed,
    };
  }
}

/** crypto.randomUUID exists only in secure contexts; a studio may try its page over plain HTTP. */
function randomUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function deviceType() {
  if (!matchMedia("(pointer: coarse)").matches) return matchMedia("(pointer: fine)").matches ? "DESKTOP" : "UNKNOWN";
  return Math.min(screen.width, screen.height) >= 600 ? "TABLET" : "MOBILE";
}
