/* Options that change while the relay runs. */
#include "main/reload.h"

#include "base/log.h"
#include "config/config.h"
#include "hub/hub.h"
#include "main/check.h"
#include "main/settings.h"
#include "net/certificate.h"
#include "token/auth.h"
#include "ws/server.h"

static void on_stays(const char *name)
{
    log_warn("an option has changed that needs a restart", LOG_TEXT("option", name));
}

/* If something is wrong with its files, the one in force stays. */
static void reload_certificate(const struct reload *reload)
{
    struct certificate *certificate;
    char error[CHECK_ERROR_BYTES], date[CERTIFICATE_DATE_BYTES];

    if (!check_certificate(reload->config, &certificate, error)) {
        log_error("the certificate stays as it was", LOG_TEXT("error", error),
                  LOG_TEXT("hint", "mend it, then send SIGHUP again"));
        return;
    }
    certificate_free(*reload->certificate);
    *reload->certificate = certificate;
    if (!certificate)
        return;
    certificate_print_expiry(certificate, date);
    log_info("new connections get this certificate", LOG_TEXT("expires", date));
}

static void reload_tokens(const struct reload *reload)
{
    char error[KEY_ERROR_BYTES];

    if (reload->auth && !auth_reload(reload->auth, error))
        log_error("the keys of tokens stay as they were", LOG_TEXT("error", error),
                  LOG_TEXT("hint", "mend it, then send SIGHUP again"));
}

static void tell_hub(struct hub *hub, const struct config *config)
{
    const struct hub_settings settings = settings_of_hub(config);

    hub->settings.max_viewers = settings.max_viewers;
    hub->settings.cache_bytes = settings.cache_bytes;
    hub->settings.ping_interval_ms = settings.ping_interval_ms;
}

static void tell_server(struct server *server, const struct config *config,
                        const struct certificate *certificate)
{
    const struct server_settings settings = settings_of_server(config, certificate);

    if (!server_change(server, &settings))
        log_error("cannot change the server: out of memory");
}

static void tell_everybody(const struct reload *reload)
{
    log_set_level((enum log_level)reload->config->log_level);
    log_set_format((enum log_format)reload->config->log_format);
    reload_certificate(reload);
    reload_tokens(reload);
    if (!reload->server)
        return;
    tell_hub(reload->hub, reload->config);
    tell_server(reload->server, reload->config, *reload->certificate);
}

static bool read_again(const struct reload *reload, struct config *fresh,
                       char error[CHECK_ERROR_BYTES])
{
    _Static_assert(OPTION_ERROR_BYTES <= CHECK_ERROR_BYTES, "one buffer for both");

    return config_read(fresh, reload->argc, reload->argv, error) == CONFIG_RUN &&
           check_config(fresh, error);
}

void reload_config(const struct reload *reload)
{
    struct config fresh;
    char error[CHECK_ERROR_BYTES];

    if (read_again(reload, &fresh, error)) {
        config_take(reload->config, &fresh, on_stays);
        tell_everybody(reload);
        log_info("the options have been read again");
    } else {
        log_error("the options are wrong, and all stay as they were", LOG_TEXT("error", error),
                  LOG_TEXT("hint", "mend it, try it with --check-config, then send SIGHUP again"));
    }
    config_free(&fresh);
}
