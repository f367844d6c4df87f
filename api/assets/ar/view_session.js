// One view, as the server counts it: started once, told of every few seconds, ended once.
// Nothing here may disturb the video: a server that does not answer costs a view, not the pleasure.

import { ask, tell, PLAYBACK_FIELDS } from "./graphql.js";

const START = `mutation($input: ViewSessionStartInput!) {
  viewSessionStart(input: $input) { viewToken heartbeatSeconds playback { ${PLAYBACK_FIELDS} } userErrors { code } }
}`;
const HEARTBEAT = `mutation($input: ViewSessionHeartbeatInput!) {
  viewSessionHeartbeat(input: $input) { status userErrors { code } }
}`;
const END = `mutation($input: ViewSessionEndInput!) {
  viewSessionEnd(input: $input) { status userErrors { code } }
}`;
/** Seconds before each further attempt to start. */
const PAUSES = [1, 2, 4, 8, 16, 30];
const DEFAULT_HEARTBEAT = 15;

export class ViewSession {
  /** False once it ended, here or on the server; the next play is another view. */
  open = true;
  #sessionId = randomUuid();
  #token = null;
  #timer = null;
  #playedSeconds = 0;
  #videoPlayed = false;

  /** Starts at once. The server's answer holds what to play by now: `onPlayback` gets it. */
  constructor(uniqueId, onPlayback) {
    this.#start({ uniqueId, sessionId: this.#sessionId, deviceType: deviceType(), trackingQuality: "UNKNOWN" }, onPlayback, 0);
  }

  /** The video really moved on by so much. */
  played(seconds) {
    this.#videoPlayed = true;
    this.#playedSeconds += seconds;
  }

  /** Says where we are, without waiting, because the page may be put to sleep. */
  touch() {
    if (this.open && this.#token) tell(HEARTBEAT, { input: this.#progress() });
  }

  end() {
    if (!this.open) return;
    this.#close();
    if (this.#token) tell(END, { input: this.#progress() });
  }

  /** Every attempt is the same start: the server counts one view, however often it hears of it. */
  async #start(input, onPlayback, attempt) {
    let started;
    try {
      started = await ask("viewSessionStart", START, { input });
    } catch {
      if (attempt < PAUSES.length) {
        setTimeout(() => this.#start(input, onPlayback, attempt + 1), PAUSES[attempt] * 1000);
      }
      return;
    }
    this.#token = started.viewToken;
    if (this.#token && this.open) {
      this.#timer = setInterval(() => this.#beat(), (started.heartbeatSeconds ?? DEFAULT_HEARTBEAT) * 1000);
    } else if (this.#token) {
      tell(END, { input: this.#progress() });
    }
    if (started.playback) onPlayback(started.playback);
  }

  async #beat() {
    try {
      const { status, userErrors } = await ask("viewSessionHeartbeat", HEARTBEAT, { input: this.#progress() });
      if (userErrors.length > 0 || status !== "ACTIVE") this.#close();
    } catch {
      // The next one tells all that this one would have.
    }
  }

  #close() {
    this.open = false;
    clearInterval(this.#timer);
  }

  #progress() {
    return {
      viewToken: this.#token,
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
