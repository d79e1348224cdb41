/*
 * An edge asks for a list of matches. It waits for the listing as a document does, and all who
 * ask for the same one share it: a page of at most 1 MiB, in pieces.
 */
#include <string.h>

#include "hub/hub.h"
#include "ws/edge_state.h"
#include "ws/state.h"

static bool key_is(struct span key, const char *text)
{
    return key.length == strlen(text) && memcmp(key.bytes, text, key.length) == 0;
}

/* A key that is not known would be a wish that is not fulfilled. */
static bool read_wish(struct listing_wish *wish, struct link_message *message)
{
    int64_t rows = message->numbers[2];
    struct link_line line;

    if (rows < 1 || rows > LISTING_ROWS_MAX)
        return false;
    *wish = (struct listing_wish){.before = message->numbers[1], .rows = (int)rows};
    while (link_next(message, &line)) {
        const char *text = (const char *)line.text.bytes;

        if (!(key_is(line.key, "status")
                  ? listing_take_statuses(wish, text, line.text.length)
                  : key_is(line.key, "competition") &&
                        listing_take_competition(wish, text, line.text.length)))
            return false;
    }
    return true;
}

/* ---- the answer ---- */

static struct buffer *begin_piece(struct edge *edge, const struct listing *listing)
{
    struct buffer *out = edge_question_begin(edge, LINK_MATCHES);

    link_add_number(out, listing->next);
    return out;
}

/* One piece at least: it says where the next page begins. */
static void send_pieces(struct edge *edge, const struct listing *listing)
{
    struct buffer *out = begin_piece(edge, listing);
    const uint8_t *state = listing->states.bytes;

    for (int i = 0; i < listing->count; i++) {
        const struct listing_row *row = &listing->rows[i];

        if (out->length >= LINK_PIECE_BYTES) {
            if (edge_send(edge, out) == WIRE_BROKEN)
                return;
            out = begin_piece(edge, listing);
        }
        link_add_row(out, row->match_id, (struct span){state, row->length});
        state += row->length;
    }
    (void)edge_send(edge, out);
}

static void on_listed(void *context, const struct listing *listing)
{
    static const enum link_outcome outcomes[] = {[LISTING_WHOLE] = LINK_WHOLE,
                                                 [LISTING_UNKNOWN] = LINK_ABSENT,
                                                 [LISTING_BROKEN] = LINK_BROKEN};
    struct edge *edge = context;

    edge->question.outcome = outcomes[listing->outcome];
    if (listing->outcome == LISTING_WHOLE)
        send_pieces(edge, listing);
    edge_question_finish(edge);
}

bool edge_list_hear(struct edge *edge, struct link_message *message)
{
    struct listing_wish wish;

    if (!read_wish(&wish, message))
        return false;
    edge->question = (struct edge_question){.number = message->numbers[0],
                                            .kind = LINK_LIST,
                                            .is_open = true,
                                            .list = {.on_done = on_listed, .context = edge}};
    listing_ask(&edge->server->hub->listings, &edge->question.list, &wish, edge->lane);
    return true;
}
