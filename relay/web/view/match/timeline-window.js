/*
 * Which rows of a long timeline are in the document: those around the place where somebody
 * reads. An empty box above and one below them stand for the others, so that the scroll bar
 * tells the truth. Pure: heights and places are handed in.
 *
 * Rows are [key, row] pairs, the newest first. What a row was high is remembered when it leaves;
 * one that was never there is taken to be as high as the average.
 */

/* Rows on each side of the place; a screen shows 20 or so. */
export const AROUND = 80;

/* Of a row that nobody has seen yet, before there is an average. */
const GUESS_PX = 64;

export class TimelineWindow {
    #heights = new Map();
    #sumPx = 0;

    /* Another width, another match: what was measured is worth nothing. */
    clear() {
        this.#heights.clear();
        this.#sumPx = 0;
    }

    note(key, px) {
        if (!(px > 0))
            return;
        this.#sumPx += px - (this.#heights.get(key) ?? 0);
        this.#heights.set(key, px);
    }

    /* { from, to }: the rows to draw when that one is in sight. */
    around(rows, index) {
        return { from: Math.max(0, index - AROUND), to: Math.min(rows.length, index + AROUND) };
    }

    /* The height of the rows from one to another, the latter not included. */
    heightOf(rows, from, to) {
        const average = this.#averagePx;
        let px = 0;
        for (let i = from; i < to; i += 1)
            px += this.#heights.get(rows[i][0]) ?? average;
        return px;
    }

    /* Which row stands so far below the first: { index, topPx }. */
    rowAt(rows, px) {
        const average = this.#averagePx;
        let topPx = 0, index = 0;
        for (; index < rows.length - 1; index += 1) {
            const height = this.#heights.get(rows[index][0]) ?? average;
            if (topPx + height > px)
                break;
            topPx += height;
        }
        return { index, topPx };
    }

    get #averagePx() {
        return this.#heights.size > 0 ? this.#sumPx / this.#heights.size : GUESS_PX;
    }
}
