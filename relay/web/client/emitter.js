/* Listeners by the type of an event, and waiting for one. */

import { aborted } from './errors.js';

export class Emitter {
    #listeners = new Map();

    /* Vue makes a proxy of what calls itself an object, and no private member is reached through one. */
    get [Symbol.toStringTag]() {
        return 'Emitter';
    }

    /* Calls listener(event) for each event of that type; returns what undoes it. */
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

    /* A listener that throws does not disturb the others: its error surfaces as an uncaught one. */
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
     * Resolves with the first event of that type that isDone; rejects with the error that
     * failure(event) gives, or when the signal aborts. now: the event to begin with.
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
