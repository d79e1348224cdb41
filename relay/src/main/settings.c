/* From options to settings. */
#include "main/settings.h"

#define AUTH_WITHIN_MS 10000
#define IDLE_ADDRESSES_MAX 16384 /* remembered, beside those of viewers */

struct hub_settings settings_of_hub(const struct config *config)
{
    return (struct hub_settings){
        .max_viewers = (size_t)config->max_viewers,
        .topic_bytes = (size_t)config->topic_bytes,
        .cache_bytes = (size_t)config->cache_bytes,
        .ping_interval_ms = config->ping_interval_ms,
        .auth_within_ms = AUTH_WITHIN_MS,
        .tells_viewers = config->show_viewers,
    };
}

struct server_settings settings_of_server(const struct config *config,
                                          const struct certificate *certificate)
{
    return (struct server_settings){
        .http = {.web = config->web,
                 .origins = config->origins,
                 .images = config->images,
                 .ping_interval_ms = config->ping_interval_ms},
        .origins = config->origins,
        .certificate = certificate,
        .has_upstream = *config->upstream != 0,
        .edges = config->edges,
        .clients = {.trusted_proxies = config->trusted_proxies,
                    .limits = {config->max_viewers_per_address, config->connects_per_address,
                               (size_t)config->max_viewers + IDLE_ADDRESSES_MAX}},
        .messages_per_viewer = config->messages_per_viewer,
        .ping_interval_ms = config->ping_interval_ms,
    };
}
