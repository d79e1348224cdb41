/*
 * What each part takes from the options: at the start, and when they have changed.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "config/config.h"
#include "hub/hub.h"
#include "ws/server.h"

struct hub_settings settings_of_hub(const struct config *config);

/* The caller keeps the certificate. The base and the feed of http are left out. */
struct server_settings settings_of_server(const struct config *config,
                                          const struct certificate *certificate);

#endif
