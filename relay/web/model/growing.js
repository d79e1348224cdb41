/*
 * What is made of a list of entries that grows at its end: only what is new is walked. A long match has
 * thousands of lines, and each new one is drawn. If an entry before has changed (entries are never changed
 * in place, see Timeline), or the rest of what it depends on, it is made anew.
 */

export class Growing {
    #begin;
    #take;
    #given = [];
    #seen = [];
    #made = null;

    /* begin() makes it of no entries; take(made, entry, …given) adds one. */
    constructor(begin, take) {
        this.#begin = begin;
        this.#take = take;
    }

    /* Of these entries; given: what else it depends on. It is changed by the next call. */
    of(entries, ...given) {
        if (this.#made === null || !isSame(given, this.#given) || !beginsWith(entries, this.#seen)) {
            this.#made = this.#begin();
            this.#seen = [];
        }
        for (let i = this.#seen.length; i < entries.length; i += 1)
            this.#take(this.#made, entries[i], ...given);
        this.#given = given;
        this.#seen = entries.slice();
        return this.#made;
    }
}

function isSame(one, other) {
    return one.length === other.length && beginsWith(one, other);
}

function beginsWith(list, first) {
    return list.length >= first.length && first.every((one, i) => one === list[i]);
}
