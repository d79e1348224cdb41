/* Listeners by the type of an event, and promises that wait for an event. */

import { aborted } from './errors.js';

export class Emitter {
    #listeners = new Map();

    /*
     * Vue wraps plain objects in a proxy, through which private members cannot be read. It does not
     * wrap an object with this tag.
     */
    get [Symbol.toStringTag]() {
        return 'Emitter';
    }

    /* Calls listener(event) for each event of that type; returns a function that removes the listener. */
    on(type, listener, { signal } = {}) {
        if (signal?.aborted)
            return () => {};
        if (!this.#listeners.has(type))
            this.#listeners.set(type, new Set());
        const undo = () => this.#listeners.get(type).delete(listener);
        this.#listeners.get(type).add(listener);
        signal?.addEventListener('abort', undo, { once: true });
        return undo;
    }

    /* If a listener throws, the others are still called, and its error becomes an uncaught one. */
    emit(type, event) {
        for (const listener of this.#listeners.get(type) ?? []) {
            try {
                listener(event);
            } catch (error) {
                queueMicrotask(() => {
                    throw error;
                });
            }
        }
    }

    /*
     * Resolves with the first event of that type for which isDone(event) is true; rejects with the
     * error that failure(event) returns, or when the signal aborts. now: an event to look at first.
     */
    until(type, signal, isDone, failure, now) {
        return new Promise((resolve, reject) => {
            let undo = () => {};
            const take = (event) => {
                const error = failure(event);
                if (!error && !isDone(event))
                    return;
                undo();
                signal?.removeEventListener('abort', abort);
                if (error)
                    reject(error);
                else
                    resolve(event);
            };
            const abort = () => {
                undo();
                reject(aborted(signal));
            };
            if (signal?.aborted) {
                reject(aborted(signal));
                return;
            }
            undo = this.on(type, take);
            signal?.addEventListener('abort', abort, { once: true });
            if (now)
                take(now);
        });
    }
}
