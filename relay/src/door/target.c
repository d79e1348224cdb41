/* Taking a target apart, in place. */
#include "door/target.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/percent.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define UNRESERVED LETTERS DIGITS "-._~"
#define SUB_DELIMS "!$&'()*+,;="
#define HOST_LETTERS UNRESERVED SUB_DELIMS "%"
#define PATH_LETTERS UNRESERVED SUB_DELIMS ":@/%"
#define QUERY_LETTERS PATH_LETTERS "?" BROWSER_LETTERS
#define BROWSER_LETTERS "\\^`{|}[]"
#define PORT_MAX 65535
#define PORT_DIGITS_MAX 16 /* "00080" is a port, and 80 digits are a joke */

static const char bad_path[] = "the path has a character that must be escaped";
static const char bad_query[] = "the query has a character that must be escaped";
static const char bad_escape[] = "the target has a percent sign that is no escape, or escapes NUL";
static const char bad_authority[] = "the target has no host, or one that is wrong";
static const char bad_form[] = "the target is neither a path nor an http or https URI";

/* ---- authority ---- */

static bool escapes_are_right(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '%' && percent_byte(text + i, length - i) <= 0)
            return false;
    return true;
}

/* Nothing, or ":" and perhaps digits. */
static bool port_is_right(const char *text, size_t length)
{
    unsigned port = 0;

    if (length == 0)
        return true;
    if (*text != ':' || length > 1 + PORT_DIGITS_MAX)
        return false;
    for (size_t i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
        if (port > PORT_MAX)
            return false;
    }
    return true;
}

/* What stands in brackets: an address of IPv6. Addresses of the future have no meaning yet. */
static bool address_is_right(const char *text, size_t length)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;

    if (length >= sizeof(address))
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1;
}

bool target_is_authority(const char *text, size_t length)
{
    const char *end;
    size_t host = 0;

    if (length > 0 && *text == '[') {
        end = memchr(text, ']', length);
        return end && address_is_right(text + 1, (size_t)(end - text) - 1) &&
               port_is_right(end + 1, length - (size_t)(end - text) - 1);
    }
    while (host < length && text[host] && strchr(HOST_LETTERS, text[host]))
        host++;
    return host > 0 && escapes_are_right(text, host) && port_is_right(text + host, length - host);
}

/* ---- path and query ---- */

/* Escapes of these stay, so that the path cannot be read in another way than it was sent. */
static bool stays_escaped(int byte)
{
    return byte < ' ' || byte == 0x7f || byte == '/' || byte == '%';
}

static char upper_hex(char letter)
{
    return letter >= 'a' ? (char)(letter - 'a' + 'A') : letter;
}

static void decode_path(char *path)
{
    size_t length = strlen(path), out = 0;

    for (size_t in = 0; in < length; in++) {
        int byte = path[in] == '%' ? percent_byte(path + in, length - in) : -1;

        if (byte < 0) {
            path[out++] = path[in];
            continue;
        }
        if (stays_escaped(byte)) {
            path[out++] = '%';
            path[out++] = upper_hex(path[in + 1]);
            path[out++] = upper_hex(path[in + 2]);
        } else {
            path[out++] = (char)byte;
        }
        in += 2;
    }
    path[out] = '\0';
}

static bool is_dots(const char *segment, size_t length, size_t dots)
{
    return length == dots && memcmp(segment, "..", dots) == 0;
}

/* The path begins with "/"; so does what is left of it. */
static void remove_dot_segments(char *path)
{
    char *out = path;

    for (const char *in = path; *in;) {
        const char *segment = in + 1;
        size_t length = strcspn(segment, "/");
        bool is_up = is_dots(segment, length, 2), is_here = is_dots(segment, length, 1);

        if (is_up)
            while (out > path && *--out != '/')
                ;
        if (!is_up && !is_here) {
            memmove(out, in, length + 1);
            out += length + 1;
        } else if (!segment[length]) {
            *out++ = '/';
        }
        in = segment + length;
    }
    *out = '\0';
}

/* `text` is what begins with the path; parts are counted from `base`. */
static const char *parse_path(struct target *target, const char *base, char *text)
{
    size_t path = strspn(text, PATH_LETTERS);
    size_t query = text[path] == '?' ? strspn(text + path + 1, QUERY_LETTERS) : 0;
    bool has_query = text[path] == '?';

    if (text[path] && !has_query)
        return bad_path;
    if (has_query && text[path + 1 + query])
        return bad_query;
    if (!escapes_are_right(text, path) || !escapes_are_right(text + path, query + has_query))
        return bad_escape;
    target->path = (size_t)(text - base);
    target->query = target->path + path + has_query;
    text[path] = '\0';
    decode_path(text);
    remove_dot_segments(text);
    return NULL;
}

/* ---- forms ---- */

static size_t scheme_length(const char *text)
{
    if (strncasecmp(text, "http://", 7) == 0)
        return 7;
    return strncasecmp(text, "https://", 8) == 0 ? 8 : 0;
}

/*
 * The host moves one to the left, over the second slash of "//", so that there is room for
 * its NUL. A URI without a path has that of the root; and with OPTIONS it asks about the
 * server as a whole (RFC 9112 section 3.2.4).
 */
static const char *parse_absolute(struct target *target, char *text, enum head_method method)
{
    size_t scheme = scheme_length(text);
    char *host = text + scheme;
    size_t length = strcspn(host, "/?");
    char first = host[length];

    if (!target_is_authority(host, length))
        return bad_authority;
    memmove(host - 1, host, length);
    host[length - 1] = '\0';
    target->host = scheme - 1;
    target->has_host = true;
    if (first == '/')
        return parse_path(target, text, host + length);
    text[0] = method == METHOD_OPTIONS && !first ? '*' : '/';
    text[1] = '\0';
    target->path = 0;
    target->query = 1;
    if (!first)
        return NULL;
    target->query = (size_t)(host - text) + length + 1;
    if (strspn(text + target->query, QUERY_LETTERS) != strlen(text + target->query))
        return bad_query;
    return escapes_are_right(text + target->query, strlen(text + target->query)) ? NULL
                                                                                 : bad_escape;
}

static const char *parse_authority(struct target *target, char *text)
{
    size_t length = strlen(text);
    const char *colon = strrchr(text, ':');

    if (!target_is_authority(text, length) || !colon || !colon[1] || strchr(colon, ']'))
        return "the target of CONNECT must be a host and a port";
    *target = (struct target){.path = length, .query = length, .host = 0, .has_host = true};
    return NULL;
}

const char *target_parse(struct target *target, char *text, enum head_method method)
{
    *target = (struct target){0};
    if (method == METHOD_CONNECT)
        return parse_authority(target, text);
    if (*text == '/')
        return parse_path(target, text, text);
    if (strcmp(text, "*") == 0) {
        target->query = 1;
        return method == METHOD_OPTIONS ? NULL : "only OPTIONS may ask for *";
    }
    return scheme_length(text) > 0 ? parse_absolute(target, text, method) : bad_form;
}
