/*
 * Which rows of a long timeline are in the document: those around the reader's place. Empty boxes
 * above and below have the height of the others, so that the scroll bar is right. Pure: heights
 * and positions are arguments.
 *
 * Rows are [key, row] pairs, the newest first. The height of a row is noted before it leaves the
 * document; a row that was never there counts as high as the average.
 */

/* How many rows on each side of the reader's place; a screen shows about 20. */
export const AROUND = 80;

/* The height of a row as long as no height is known. */
const GUESS_PX = 64;

export class TimelineWindow {
    #heights = new Map();
    #sumPx = 0;

    /* With another width or another match, the heights are not valid any more. */
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

    /* { from, to }: the rows to draw when the row with that index is visible. */
    around(rows, index) {
        return { from: Math.max(0, index - AROUND), to: Math.min(rows.length, index + AROUND) };
    }

    /* The height of the rows from `from` to `to`, without `to`. */
    heightOf(rows, from, to) {
        const average = this.#averagePx;
        let px = 0;
        for (let i = from; i < to; i += 1)
            px += this.#heights.get(rows[i][0]) ?? average;
        return px;
    }

    /* The row at that distance from the top of the first row: { index, topPx }. */
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
