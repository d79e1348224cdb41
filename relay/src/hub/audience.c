/* How many viewers follow a match: the own ones, and those of relays below. */
#include "hub/audience.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hub/state.h"
#include "hub/topics.h"
#include "wire/protocol.h"
#include "wire/request.h"

#define RELAY_ID_BYTES 17
#define SUM_EVERY_MS 1000
#define INTERVALS 3
/* A report and the name of its relay are kept for at most so long, whatever its interval is. */
#define INTERVAL_MS_MAX 3600000
#define OWNED_MS_MAX 60000
/* How long the number of viewers from a relay above is used. */
#define TOLD_FOR_MS 60000
/* The largest number that JSON holds exactly. A relay may report more viewers, but has fewer. */
#define VIEWERS_MAX (((int64_t)1 << 53) - 1)

struct audience_report {
    TAILQ_ENTRY(audience_report) link;
    char relay_id[RELAY_ID_BYTES];
    int64_t until_ms;
    const void *via;
    int64_t owned_until_ms;
    bool is_disputed; /* it has been told that another connection uses the name */
    size_t count;
    struct {
        int64_t match_id, viewers;
    } matches[];
};

void audience_init(struct audience *audience)
{
    *audience = (struct audience){0};
    TAILQ_INIT(&audience->reports);
}

static void forget(struct audience *audience, struct audience_report *report)
{
    TAILQ_REMOVE(&audience->reports, report, link);
    audience->count--;
    audience->match_count -= report->count;
    free(report);
}

void audience_free(struct audience *audience)
{
    struct audience_report *report;

    while ((report = TAILQ_FIRST(&audience->reports)))
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow queue.h */
        forget(audience, report);
}

/* Of an array of numbers, which has been checked. */
static size_t count_numbers(const char *array)
{
    size_t count = array[0] == '{' && array[1] != '}';

    for (; *array; array++)
        count += *array == ',';
    return count;
}

static int64_t take_number(const char **array)
{
    char *end;
    int64_t number;

    *array += strspn(*array, "{,");
    number = strtoll(*array, &end, 10);
    *array = end;
    return number;
}

static struct audience_report *report_of(const char *matches, const char *viewers)
{
    size_t count = count_numbers(matches);
    struct audience_report *report = NULL;

    if (count == count_numbers(viewers))
        report = calloc(1, sizeof(*report) + count * sizeof(report->matches[0]));
    for (size_t i = 0; report && i < count; i++) {
        report->matches[i].match_id = take_number(&matches);
        report->matches[i].viewers = take_number(&viewers);
    }
    if (report)
        report->count = count;
    return report;
}

static struct audience_report *find(struct audience *audience, const char *relay_id)
{
    struct audience_report *report;

    TAILQ_FOREACH (report, &audience->reports, link)
        if (strcmp(report->relay_id, relay_id) == 0)
            return report;
    return NULL;
}

bool audience_may_note(struct hub *hub, const char *relay_id, const void *via, bool *is_news)
{
    struct audience_report *report = find(&hub->audience, relay_id);

    *is_news = false;
    if (!report || !report->via || report->via == via || report->owned_until_ms < clock_ms())
        return true;
    *is_news = !report->is_disputed;
    report->is_disputed = true;
    return false;
}

void audience_disown(struct hub *hub, const void *via)
{
    struct audience_report *report;

    TAILQ_FOREACH (report, &hub->audience.reports, link)
        if (report->via == via)
            report->via = NULL;
}

static void make_room(struct audience *audience, size_t match_count)
{
    struct audience_report *oldest;

    while ((oldest = TAILQ_FIRST(&audience->reports)) &&
           (audience->count == AUDIENCE_RELAYS_MAX ||
            audience->match_count + match_count > AUDIENCE_MATCHES_MAX))
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not follow queue.h */
        forget(audience, oldest);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void audience_note(struct hub *hub, const struct audience_told *told)
{
    struct audience *audience = &hub->audience;
    int64_t now_ms = clock_ms(), interval_ms = least(told->interval_ms, INTERVAL_MS_MAX);
    struct audience_report *report;

    if (strlen(told->relay_id) >= RELAY_ID_BYTES)
        return;
    report = find(audience, told->relay_id);
    if (report)
        forget(audience, report);
    report = report_of(told->matches, told->viewers);
    if (!report)
        return;
    memcpy(report->relay_id, told->relay_id, strlen(told->relay_id) + 1);
    report->until_ms = now_ms + INTERVALS * interval_ms;
    report->via = told->via;
    report->owned_until_ms = now_ms + least(3 * interval_ms / 2, OWNED_MS_MAX);
    make_room(audience, report->count);
    TAILQ_INSERT_TAIL(&audience->reports, report, link);
    audience->count++;
    audience->match_count += report->count;
}

static void tell_one(struct hub *hub, int64_t match_id, audience_teller tell, void *context)
{
    struct topic *topic = topics_find(hub, match_id);

    if (topic)
        tell(context, match_id, audience_of(hub, topic));
}

void audience_tell(struct hub *hub, const char *matches, audience_teller tell, void *context)
{
    for (size_t left = count_numbers(matches); left > 0; left--)
        tell_one(hub, take_number(&matches), tell, context);
}

static int64_t at_most(int64_t viewers)
{
    return viewers < VIEWERS_MAX ? viewers : VIEWERS_MAX;
}

void audience_told(struct hub *hub, int64_t match_id, int64_t viewers)
{
    struct topic *topic = topics_find(hub, match_id);

    if (!topic)
        return;
    topic->audience_told = at_most(viewers);
    topic->audience_told_ms = clock_ms();
}

static void add_report(struct hub *hub, const struct audience_report *report)
{
    struct topic *topic;

    for (size_t i = 0; i < report->count; i++) {
        topic = topics_find(hub, report->matches[i].match_id);
        if (topic)
            topic->audience_below += report->matches[i].viewers;
    }
}

/* A match that nobody follows any more is forgotten, or starts with nothing. */
static void sum(struct hub *hub, int64_t now_ms)
{
    struct audience *audience = &hub->audience;
    struct audience_report *report, *next;
    struct topic *topic;

    hub->lobby_topic->audience_below = 0;
    TAILQ_FOREACH (topic, &hub->shelf.followed, shelf_link)
        topic->audience_below = 0;
    for (report = TAILQ_FIRST(&audience->reports); report; report = next) {
        next = TAILQ_NEXT(report, link);
        if (report->until_ms < now_ms)
            forget(audience, report);
        else
            add_report(hub, report);
    }
    audience->summed_ms = now_ms;
}

int64_t audience_of(struct hub *hub, struct topic *topic)
{
    int64_t now_ms = clock_ms();

    if (topic->audience_told_ms && now_ms - topic->audience_told_ms < TOLD_FOR_MS)
        return topic->audience_told;
    if (hub->audience.count > 0 && now_ms - hub->audience.summed_ms >= SUM_EVERY_MS)
        sum(hub, now_ms);
    return topic->audience_below + topic->follow_count - topic->edge_count;
}

void audience_answer(struct hub *hub, struct viewer *viewer, const struct request *request)
{
    struct topic *topic = NULL;

    if (request->asks_viewers && hub->settings.tells_viewers)
        topic = topics_find(hub, request->match_id);
    if (topic && viewer_find(viewer, topic) >= 0)
        protocol_pong_viewers(&hub->scratch, topic->match_id, audience_of(hub, topic));
    else
        protocol_pong(&hub->scratch);
    viewer_say(viewer, frame_end(&hub->scratch));
}
