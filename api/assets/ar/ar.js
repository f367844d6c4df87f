// The page: a photo that comes alive. The server said what to play (the element #data); here it plays, changes when its
// time is over, and says kindly when there is nothing to play.

import { ask, PLAYBACK_FIELDS } from "./graphql.js";
import { Reports } from "./reports.js";
import { ViewSession } from "./view_session.js";

const ASK = `query($uniqueId: UUID!) { arPlayback(uniqueId: $uniqueId) { ${PLAYBACK_FIELDS} } }`;
const DAY = 86_400_000;
/** Enough to be surely past an instant whose microseconds a browser cuts off. */
const MARGIN = 20;

const element = (id) => document.getElementById(id);
const [picture, photo, video, playButton, soundButton] = ["picture", "photo", "video", "play", "sound"].map(element);

const data = JSON.parse(element("data").textContent);
const texts = data.texts[language()];
let playback = data.playback;
const reports = new Reports(playback.uniqueId);
let view = null;

/** The language of the browser, by the rule of the server, which may not have been told. */
function language() {
  const known = (navigator.languages ?? [navigator.language]).map((tag) => tag.split("-")[0].toLowerCase());
  return known.find((tag) => tag in data.texts) ?? "en";
}

// ---------------------------------------------------------------- what is shown

function setState(state) {
  document.body.dataset.state = state;
  const said = state === "unavailable" ? reasonText() : texts[state];
  if (said) {
    element("headline").textContent = said.headline;
    element("detail").textContent = said.detail;
  }
  document.title = state === "unavailable" ? said.headline : texts.title;
  playButton.setAttribute("aria-label", state === "playing" ? texts.pause : texts.play);
}

function reasonText() {
  return texts.reasons[playback.reason] ?? texts.reasons.NO_PLAYABLE_VIDEO;
}

function state() {
  return document.body.dataset.state;
}

/** The video plays, or would if its bytes were here. */
function isGoing() {
  return ["loading", "playing", "stalled"].includes(state());
}

function showSound() {
  soundButton.classList.toggle("muted", video.muted);
  const label = video.muted ? texts.soundOn : texts.soundOff;
  soundButton.setAttribute("aria-label", label);
  element("sound-label").textContent = label;
}

function showPhoto({ url, width, height }) {
  if (photo.getAttribute("src") !== url) photo.src = url;
  photo.hidden = false;
  if (width && height) picture.style.setProperty("--ratio", width / height);
}

/** A video of nearly the photo's shape covers it; another shape is shown whole. */
function fitVideo() {
  const shape = video.videoWidth / video.videoHeight;
  const difference = Math.abs(Math.log(shape / (picture.clientWidth / picture.clientHeight)));
  video.classList.toggle("whole", difference > 0.2);
}

// ---------------------------------------------------------------- what plays

let changeTimer = null;
/** The server's clock less ours, once an answer has told it; a cached page cannot. */
let clockOffset = 0;

function learn(next) {
  if (Date.parse(next.at) < Date.parse(playback.at)) return;
  clockOffset = Date.parse(next.at) - Date.now();
  playback = next;
  show();
}

function show() {
  awaitChange();
  if (playback.photo) showPhoto(playback.photo);
  if (!playback.available || !playback.video) {
    stop();
    setState("unavailable");
  } else if (isLoaded() && video.getAttribute("src") !== playback.video.url) {
    if (isGoing()) play();
    else unload();
  } else if (state() === "unavailable") {
    setState("ready");
  }
}

function awaitChange() {
  clearTimeout(changeTimer);
  if (!playback.validUntil) return;
  const wait = Date.parse(playback.validUntil) - (Date.now() + clockOffset) + MARGIN;
  changeTimer = setTimeout(refresh, Math.min(Math.max(wait, 1000), DAY), 1000);
}

/** Asks what plays now; as long as nobody answers, what played goes on. */
async function refresh(pause) {
  clearTimeout(changeTimer);
  try {
    learn(await ask("arPlayback", ASK, { uniqueId: playback.uniqueId }));
  } catch {
    changeTimer = setTimeout(refresh, pause, Math.min(pause * 2, 60_000));
  }
}

function isLoaded() {
  return video.hasAttribute("src");
}

function unload() {
  video.removeAttribute("src");
  video.load();
  setState("ready");
}

function endView() {
  view?.end();
  reports.replay();
}

function stop() {
  endView();
  if (isLoaded()) unload();
}

async function play() {
  setState(state() === "paused" ? "stalled" : "loading");
  if (video.getAttribute("src") !== playback.video.url) video.src = playback.video.url;
  if (!view?.open) view = new ViewSession(playback.uniqueId, reports, learn);
  showSound();
  try {
    await video.play();
  } catch (error) {
    // Not allowed without a tap: then the photo waits for one. What fails otherwise comes as an event.
    if (error.name === "NotAllowedError") setState("ready");
  }
}

// ---------------------------------------------------------------- the video's own events

/** Up to here the playing time is counted. */
let countedTo = 0;

function countPlayed() {
  const step = video.currentTime - countedTo;
  countedTo = video.currentTime;
  if (step > 0) view?.played(step);
  element("progress").style.transform = `scaleX(${video.currentTime / video.duration || 0})`;
}

video.addEventListener("loadedmetadata", fitVideo);
video.addEventListener("emptied", () => { countedTo = 0; });
video.addEventListener("seeking", () => { countedTo = video.currentTime; });
video.addEventListener("timeupdate", countPlayed);
video.addEventListener("playing", () => setState("playing"));
video.addEventListener("waiting", () => {
  if (state() === "playing") setState("stalled");
});
video.addEventListener("pause", () => {
  if (!video.ended && isGoing()) setState("paused");
});
video.addEventListener("ended", () => {
  countPlayed();
  endView();
  setState("ended");
});
video.addEventListener("error", () => {
  if (!isLoaded()) return;
  unload();
  setState("failed");
});

// ---------------------------------------------------------------- the visitor

/** The first tap on a video that started by itself asks for its sound. */
let startedItself = false;

playButton.addEventListener("click", () => {
  if (state() === "playing" && startedItself && video.muted) {
    video.muted = false;
    showSound();
  } else if (["playing", "stalled"].includes(state())) {
    video.pause();
  } else if (state() !== "unavailable") {
    if (state() !== "paused") video.muted = false;
    play();
  }
  startedItself = false;
});

soundButton.addEventListener("click", () => {
  video.muted = !video.muted;
  startedItself = false;
  showSound();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) view?.touch();
  else refresh(1000);
});

addEventListener("pagehide", () => {
  video.pause();
  countPlayed();
  view?.end();
  reports.leave();
});

// What earlier pages could not say.
addEventListener("online", () => reports.replay());

function startByItself() {
  if (document.hidden || !playback.available || isLoaded()) return;
  document.removeEventListener("visibilitychange", startByItself);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || navigator.connection?.saveData) return;
  startedItself = true;
  video.muted = true;
  play();
}

document.documentElement.lang = language();
setState(state());
show();
document.addEventListener("visibilitychange", startByItself);
startByItself();
reports.replay();
