/*
 * The button for alerts. Once it is pressed, and as long as the page is open, there is a sound when
 * somebody scores, and a notification while the page is not visible. The page asks the browser for
 * permission only when the button is pressed. Without the permission there is only the sound.
 */

import { Gap, alertOf, isWorthAnAlert } from '../page/alerts.js';
import { setAttributes } from './dom.js';

/* Two tones: the frequency in Hz, and when they begin, in seconds. */
const TONES = [[660, 0], [880, 0.16]];
const TONE_S = 0.3;
const LOUDNESS = 0.2;

const { AudioContext, Notification } = globalThis;

export class AlertsView {
    #button;
    #audio = null;
    #isOn = false;
    #gap = new Gap();

    constructor(button) {
        this.#button = button;
        button.hidden = !AudioContext && !Notification;
        button.addEventListener('click', () => this.#toggle());
    }

    /* applied: the result of Timeline.apply() for a new entry. */
    take(applied, state) {
        if (!this.#isOn || !state || !isWorthAnAlert(applied, state.sport)
            || !this.#gap.isOver(performance.now()))
            return;
        this.#sound();
        if (document.hidden)
            notify(alertOf(applied.entry, state), state.match);
    }

    /* It sounds at once, so that people know the sound, and because browsers allow sound only after a click. */
    #toggle() {
        this.#isOn = !this.#isOn;
        setAttributes(this.#button, { 'aria-pressed': String(this.#isOn) });
        if (!this.#isOn)
            return;
        this.#sound();
        if (Notification?.permission === 'default')
            Promise.resolve(Notification.requestPermission()).catch(() => {});      /* no notifications then */
    }

    #sound() {
        if (!AudioContext)
            return;
        try {
            this.#audio ??= new AudioContext();
            this.#audio.resume().catch(() => {});
            for (const [hertz, afterS] of TONES)
                tone(this.#audio, hertz, this.#audio.currentTime + afterS);
        } catch {
            /* there is no audio device */
        }
    }
}

function tone(audio, hertz, atS) {
    const oscillator = new OscillatorNode(audio, { frequency: hertz });
    const gain = new GainNode(audio, { gain: LOUDNESS });
    gain.gain.setValueAtTime(LOUDNESS, atS);
    gain.gain.exponentialRampToValueAtTime(0.001, atS + TONE_S);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(atS);
    oscillator.stop(atS + TONE_S);
}

/* A notification of the same match replaces the one before. */
function notify({ title, body }, match) {
    if (Notification?.permission !== 'granted')
        return;
    try {
        const shown = new Notification(title, { body, tag: `match-${match}` });
        shown.onclick = () => {
            window.focus();
            shown.close();
        };
    } catch {
        /* some phones allow notifications only from service workers */
    }
}
