/* The subscriptions of a client. Those to one match share a SharedMatch; when the last one ends, the match is left. */

import { checkHistory, checkMatch, checkSince } from './arguments.js';
import { SharedMatch } from './shared-match.js';

export class Subscriptions {
    #client;
    #follows;
    #onLeft;
    #matches = new Map();

    /* onLeft(match) is called when the last subscription to that match has ended. */
    constructor(client, follows, onLeft) {
        this.#client = client;
        this.#follows = follows;
        this.#onLeft = onLeft;
        client.on('subscribed', (event) => this.#matches.get(event.match)?.onSubscribed(event));
        client.on('entry', ({ match, entry }) => this.#matches.get(match)?.onEntry(entry));
        client.on('error', (error) => this.#onError(error));
        client.on('state', ({ state }) => state === 'live' && this.#matches.forEach((match) => match.onLive()));
    }

    has(match) {
        return this.#matches.has(match);
    }

    /* Adds a member (see SharedMatch); throws what follow() throws. */
    join(match, { history, since }, member) {
        const wanted = { history: checkHistory(history ?? 0), since: checkSince(since ?? null) };
        Object.assign(member, wanted, { hasBegun: false, isReading: false, from: 0 });
        if (!this.#matches.has(checkMatch(match))) {
            this.#follows.follow(match, wanted.history, wanted.since);
            this.#matches.set(match, new SharedMatch(this.#client, match, wanted));
        } else if (this.#follows.widen(match, wanted.history)) {
            this.#matches.get(match).widen(wanted.history);
        }
        member.shared = this.#matches.get(match);
        member.shared.add(member);
    }

    leave(match, member) {
        const { shared } = member;
        shared.members.delete(member);
        if (shared.members.size > 0 || this.#matches.get(match) !== shared)
            return;
        this.#matches.delete(match);
        this.#onLeft(match);
    }

    /* If the error ends the match, forget it before any subscription hears of it: some will subscribe again at once. */
    #onError(error) {
        const shared = this.#matches.get(error.match);
        if (shared && this.#client.position(error.match) === null)
            this.#matches.delete(error.match);
        shared?.onError(error);
    }

    /* follow() begins the match afresh, also for its subscriptions. */
    onFollow(match, history, since) {
        this.#matches.get(match)?.ask({ history, since });
    }
}
