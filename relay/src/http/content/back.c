/* Reading backwards: which pieces are read, and which of their entries are written. */
#include "http/content/back.h"

#include "wire/message.h"

/* In most matches, at least four of five entries are lines. */
#define FIRST_GUESS(lines) ((lines) + (lines) / 4 + 16)
/* Entries of each piece after the first. */
#define STEP 512

static void back_set_piece(struct back *back, int64_t to, int64_t entries)
{
    back->to = to;
    back->from = to - entries + 1 > 1 ? to - entries + 1 : 1;
    run_free(&back->piece);
    run_init(&back->piece, back->limit_bytes);
}

void back_begin(struct back *back, int64_t before_seq, int64_t lines, size_t limit_bytes)
{
    back_free(back);
    *back = (struct back){.lines = lines, .limit_bytes = limit_bytes};
    run_init(&back->later, limit_bytes);
    back_set_piece(back, before_seq - 1, FIRST_GUESS(lines));
}

/* A run drops its oldest entries when it is full. */
static bool has_dropped(const struct run *run)
{
    return run->tail > 0;
}

bool back_add(struct back *back, struct span text, int64_t seq)
{
    int64_t kept;

    if (!run_append(&back->piece, (const char *)text.bytes, text.length))
        return false;
    kept = back->piece.next_seq - back->piece.first_seq;
    if (has_dropped(&back->piece) && back->to - seq > kept) {
        back->is_full = true;
        back_set_piece(back, back->to, kept);
    }
    return true;
}

static struct span frames_of(const struct run *run)
{
    return (struct span){run->bytes, (size_t)(run->head - run->tail)};
}

static int64_t count_lines(const struct run *run)
{
    struct span frames = frames_of(run), text;
    int64_t count = 0;

    while (frame_take(&frames, &text))
        count += message_is_line(text);
    return count;
}

/*
 * Appends the entries that were read earlier to the piece. If all do not fit, the oldest are
 * dropped.
 */
static bool back_join(struct back *back)
{
    struct span frames = frames_of(&back->later), text;
    struct run piece;

    while (frame_take(&frames, &text))
        if (!run_append(&back->piece, (const char *)text.bytes, text.length))
            return false;
    piece = back->piece;
    run_free(&back->later);
    back->later = piece;
    run_init(&back->piece, back->limit_bytes);
    return true;
}

bool back_end_piece(struct back *back, bool *is_done)
{
    if (!back_join(back))
        return false;
    back->is_full |= has_dropped(&back->later);
    *is_done = back->is_full || back->from <= 1 || count_lines(&back->later) >= back->lines;
    if (!*is_done)
        back_set_piece(back, back->from - 1, STEP);
    return true;
}

void back_write(const struct back *back, struct buffer *out)
{
    struct span frames = frames_of(&back->later), text;
    int64_t lines = count_lines(&back->later);
    bool is_begun = lines < back->lines, is_first = true;

    while (frame_take(&frames, &text)) {
        bool is_line = message_is_line(text);

        is_begun |= is_line && lines == back->lines;
        lines -= is_line;
        if (!is_begun)
            continue;
        if (!is_first)
            buffer_add(out, ",", 1);
        buffer_add(out, text.bytes, text.length);
        is_first = false;
    }
}

size_t back_memory(const struct back *back)
{
    return run_memory(&back->piece) + run_memory(&back->later);
}

void back_free(struct back *back)
{
    run_free(&back->piece);
    run_free(&back->later);
}
