/* The search: its candidates, and the one reason that they give together. */
#include "source/search/search.h"

#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "net/resolve.h"
#include "source/search/candidate.h"
#include "source/search/conninfo.h"
#include "stats/stats.h"

/* A host that serves answers sooner than that, so the hosts after it are not asked. */
#define STAGGER_MS 150
#define LOOK_UP_AGAIN_MS 2000
#define CANDIDATES_MAX 64

/* One element of the connection string. */
struct place {
    struct search *search;
    struct conninfo_host host;
    struct resolve *lookup; /* NULL: none is under way */
    struct event *again;    /* NULL: it is no name */
    const char *error;      /* of the last lookup; NULL: it found something, or there is none yet */
    bool has_hope;          /* its first lookup is under way */
};

TAILQ_HEAD(candidate_queue, candidate);

struct search {
    struct search_settings settings;
    struct candidate_settings candidate_settings;
    struct place places[CONNINFO_HOSTS_MAX];
    size_t place_count;
    struct candidate_queue candidates; /* in the order in which they begin */
    size_t candidate_count;
};

static uint32_t random_below(uint32_t limit)
{
    uint32_t random;

    evutil_secure_rng_get_bytes(&random, sizeof(random));
    return random % limit;
}

/* ---- what they say together ---- */

/* Of all candidates: each has failed at least once. False: there is still hope. */
static bool search_has_failed(const struct search *search)
{
    const struct candidate *candidate;

    for (size_t i = 0; i < search->place_count; i++)
        if (search->places[i].has_hope)
            return false;
    TAILQ_FOREACH (candidate, &search->candidates, link)
        if (!*candidate->reason)
            return false;
    return true;
}

static void add_reason(char reason[DIAGNOSIS_REASON_BYTES], const char *more)
{
    size_t used = strlen(reason), room = DIAGNOSIS_REASON_BYTES - used;

    snprintf(reason + used, room, "%s%.*s", used > 0 ? "; " : "", (int)room, more);
}

static void collect_reasons(const struct search *search, char reason[DIAGNOSIS_REASON_BYTES])
{
    const struct candidate *candidate;

    reason[0] = '\0';
    TAILQ_FOREACH (candidate, &search->candidates, link)
        add_reason(reason, candidate->reason);
    for (size_t i = 0; i < search->place_count; i++) {
        const struct place *place = &search->places[i];
        char text[512];

        if (!place->error)
            continue;
        snprintf(text, sizeof(text), "the host \"%s\" is not found: %s", place->host.host,
                 place->error);
        add_reason(reason, text);
    }
}

/* What a person can mend goes before what passes by itself. */
static const char *search_hint(const struct search *search, bool *is_for_good)
{
    const char *hint = NULL, *passing = NULL;
    const struct candidate *candidate;

    *is_for_good = search->candidate_count > 0;
    TAILQ_FOREACH (candidate, &search->candidates, link) {
        const struct diagnosis *diagnosis = candidate->diagnosis;

        *is_for_good = *is_for_good && diagnosis->is_for_good;
        if (!diagnosis->is_brief && !hint)
            hint = diagnosis->hint;
        if (!passing || candidate->state == CANDIDATE_STANDBY)
            passing = diagnosis->hint;
    }
    for (size_t i = 0; i < search->place_count; i++)
        *is_for_good = *is_for_good && !search->places[i].error;
    if (!hint)
        hint = passing;
    return hint ? hint : "check the host's name in --database or PGHOST, and the name server";
}

static void search_tell(struct search *search)
{
    char reason[DIAGNOSIS_REASON_BYTES];
    bool is_for_good;
    const char *hint;

    if (!search_has_failed(search))
        return;
    collect_reasons(search, reason);
    hint = search_hint(search, &is_for_good);
    search->settings.on_failed(search->settings.context, reason, hint, is_for_good);
}

/* A candidate does not wait for earlier ones that have failed. */
static void hurry_next(struct search *search)
{
    struct candidate *candidate;

    TAILQ_FOREACH (candidate, &search->candidates, link) {
        if (candidate->has_begun)
            continue;
        candidate_hurry(candidate);
        return;
    }
}

static bool standby_serves(const struct search *search)
{
    const struct search_settings *settings = &search->settings;

    if (settings->standby != SEARCH_STANDBY_ALONE)
        return settings->standby == SEARCH_ANY_STANDBY;
    return search->place_count == 1 && search->candidate_count == 1 &&
           !conninfo_wants_primary(settings->conninfo);
}

static void on_found(void *context, struct candidate *candidate)
{
    struct search *search = context;

    search->settings.on_found(search->settings.context, candidate_take(candidate));
}

static void on_failed(void *context, struct candidate *candidate)
{
    struct search *search = context;

    if (candidate->state == CANDIDATE_STANDBY && standby_serves(search)) {
        on_found(context, candidate);
        return;
    }
    relay_stats.feed_losses += candidate->state == CANDIDATE_WAITING;
    hurry_next(search);
    search_tell(search);
}

/* ---- candidates ---- */

static struct candidate *find(const struct search *search, const struct conninfo_host *host,
                              size_t number)
{
    struct candidate *candidate;

    TAILQ_FOREACH (candidate, &search->candidates, link)
        if (candidate->host_number == number &&
            strcmp(candidate->host.hostaddr, host->hostaddr) == 0)
            return candidate;
    return NULL;
}

static int64_t delay_ms(const struct search *search)
{
    const struct candidate *candidate;
    int64_t delay_ms = 0;

    TAILQ_FOREACH (candidate, &search->candidates, link)
        if (!*candidate->reason)
            delay_ms += STAGGER_MS;
    return delay_ms;
}

/* A known candidate goes on as it is. Beyond the bound, an address is not tried. */
static void name_candidate(struct search *search, const struct conninfo_host *host, size_t number)
{
    struct candidate *candidate = find(search, host, number);

    if (!candidate && search->candidate_count < CANDIDATES_MAX) {
        candidate = candidate_new(&search->candidate_settings, host, delay_ms(search));
        if (!candidate)
            return;
        candidate->host_number = number;
        TAILQ_INSERT_TAIL(&search->candidates, candidate, link);
        search->candidate_count++;
    }
    if (candidate)
        candidate->is_named = true;
}

static void drop_candidate(struct search *search, struct candidate *candidate)
{
    TAILQ_REMOVE(&search->candidates, candidate, link);
    search->candidate_count--;
    candidate_free(candidate);
}

static void unname_all(struct search *search, size_t number)
{
    struct candidate *candidate;

    TAILQ_FOREACH (candidate, &search->candidates, link)
        if (candidate->host_number == number)
            candidate->is_named = false;
}

static void drop_unnamed(struct search *search, size_t number)
{
    struct candidate *candidate, *next;

    for (candidate = TAILQ_FIRST(&search->candidates); candidate; candidate = next) {
        next = TAILQ_NEXT(candidate, link);
        if (candidate->host_number == number && !candidate->is_named)
            drop_candidate(search, candidate);
    }
}

/* ---- names ---- */

static void arm(const struct place *place, int64_t delay_ms)
{
    const struct timeval delay = {delay_ms / 1000, (delay_ms % 1000) * 1000};

    event_add(place->again, &delay);
}

static void take_addresses(struct place *place, const struct resolved *resolved)
{
    struct search *search = place->search;
    size_t number = (size_t)(place - search->places);
    size_t first = conninfo_is_shuffled(search->settings.conninfo)
                       ? random_below((uint32_t)resolved->count)
                       : 0;

    unname_all(search, number);
    for (size_t i = 0; i < resolved->count; i++) {
        struct conninfo_host host = place->host;

        snprintf(host.hostaddr, sizeof(host.hostaddr), "%s",
                 resolved->addresses[(first + i) % resolved->count]);
        name_candidate(search, &host, number);
    }
    drop_unnamed(search, number);
}

/* A name server that fails now does not unmake the addresses that it gave before. */
static void on_looked_up(void *context, const struct resolved *resolved)
{
    struct place *place = context;

    place->error = resolved->count > 0 ? NULL : resolved->error;
    if (resolved->count > 0)
        take_addresses(place, resolved);
    resolve_free(place->lookup);
    place->lookup = NULL;
    place->has_hope = false;
    arm(place, LOOK_UP_AGAIN_MS);
    search_tell(place->search);
}

static void look_up(struct place *place)
{
    place->lookup =
        resolve_new(place->search->settings.base, place->host.host, on_looked_up, place);
    if (!place->lookup)
        place->error = "out of memory or threads";
    arm(place, place->search->candidate_settings.patience_ms);
}

/* The next lookup is due, or the one under way has been silent for too long: it goes on. */
static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct place *place = context;

    (void)fd;
    (void)what;
    if (!place->lookup) {
        look_up(place);
        return;
    }
    place->error = "the name server does not answer";
    place->has_hope = false;
    arm(place, place->search->candidate_settings.patience_ms);
    search_tell(place->search);
}

/* ---- from outside ---- */

/* False: memory ran out. */
static bool begin_place(struct search *search, struct place *place)
{
    size_t number = (size_t)(place - search->places);

    place->search = search;
    if (!conninfo_host_is_name(&place->host)) {
        name_candidate(search, &place->host, number);
        return find(search, &place->host, number) != NULL;
    }
    place->again = evtimer_new(search->settings.base, on_timer, place);
    if (!place->again)
        return false;
    place->has_hope = true;
    look_up(place);
    return true;
}

static void shuffle(struct search *search)
{
    for (size_t i = search->place_count; i-- > 1;) {
        size_t other = random_below((uint32_t)i + 1);
        struct place place = search->places[i];

        search->places[i] = search->places[other];
        search->places[other] = place;
    }
}

struct search *search_new(const struct search_settings *settings)
{
    struct search *search = calloc(1, sizeof(*search));
    struct conninfo_host hosts[CONNINFO_HOSTS_MAX];

    if (!search)
        return NULL;
    TAILQ_INIT(&search->candidates);
    search->settings = *settings;
    search->candidate_settings = (struct candidate_settings){
        .base = settings->base,
        .conninfo = settings->conninfo,
        .patience_ms = conninfo_patience_ms(settings->conninfo),
        .needs_read_write = conninfo_needs_read_write(settings->conninfo),
        .on_found = on_found,
        .on_failed = on_failed,
        .context = search,
    };
    search->place_count = conninfo_hosts(settings->conninfo, hosts);
    for (size_t i = 0; i < search->place_count; i++)
        search->places[i].host = hosts[i];
    if (conninfo_is_shuffled(settings->conninfo))
        shuffle(search);
    for (size_t i = 0; i < search->place_count; i++) {
        if (!begin_place(search, &search->places[i])) {
            search_free(search);
            return NULL;
        }
    }
    return search;
}

void search_free(struct search *search)
{
    struct candidate *candidate;

    if (!search)
        return;
    while ((candidate = TAILQ_FIRST(&search->candidates)))
        drop_candidate(search, candidate);
    for (size_t i = 0; i < search->place_count; i++) {
        resolve_free(search->places[i].lookup);
        if (search->places[i].again)
            event_free(search->places[i].again);
    }
    free(search);
}
