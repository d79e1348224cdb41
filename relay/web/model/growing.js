/*
 * A value that is computed from a list of entries which grows at its end. A long match has thousands of
 * lines, and the page draws after each new one, so each call looks only at the new entries. The value is
 * computed again from the first entry when an earlier entry is another object (entries are never changed
 * in place, see Timeline), or when something else has changed that the value depends on.
 */

export class Growing {
    #begin;
    #take;
    #given = [];
    #seen = [];
    #made = null;

    /* begin() returns the value of an empty list; take(made, entry, …given) adds an entry to it. */
    constructor(begin, take) {
        this.#begin = begin;
        this.#take = take;
    }

    /* The value of these entries; given: what else it depends on. The next call changes the value in place. */
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
