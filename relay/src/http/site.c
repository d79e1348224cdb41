/* The files of the page. */
#include "http/site.h"

#include <stdio.h>
#include <string.h>

#include "http/assets.h"

#define FILE_BYTES_MAX ((long)1024 * 1024)
#define FOR_EVER "public, max-age=31536000, immutable"

static const struct asset *find_asset(const char *name)
{
    for (size_t i = 0; i < asset_count; i++)
        if (strcmp(assets[i].name, name) == 0)
            return &assets[i];
    return NULL;
}

static struct body *read_file(FILE *file)
{
    struct buffer content = {0};
    struct body *body = NULL;
    char piece[4096];
    size_t length;

    while ((length = fread(piece, 1, sizeof(piece), file)) > 0 && content.length <= FILE_BYTES_MAX)
        buffer_add(&content, piece, length);
    if (!ferror(file) && !content.is_broken && content.length <= FILE_BYTES_MAX)
        body = body_new(content.bytes, content.length);
    buffer_free(&content);
    return body;
}

/*
 * Reads from the folder of --web. Only names that are also in the program are looked up, so
 * that no request can name another file.
 */
static struct answer answer_of_file(const char *folder, const struct asset *asset)
{
    char path[4096];
    struct body *body;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, asset->name);
    file = fopen(path, "rb");
    if (!file)
        return answer_text(404, "no such file in the folder of --web\n");
    body = read_file(file);
    fclose(file);
    if (!body)
        return answer_text(500, "cannot read the file\n");
    return (struct answer){.status = 200,
                           .type = asset->type,
                           .bytes = body->bytes,
                           .length = body->length,
                           .body = body,
                           .is_page = true};
}

static void set_content(struct answer *answer, const char *encoding, const unsigned char *bytes,
                        const unsigned char *end)
{
    answer->encoding = encoding;
    answer->bytes = bytes;
    answer->length = (size_t)(end - bytes);
}

static struct answer answer_of_asset(const struct asset *asset, const struct site_codings *codings)
{
    struct answer answer = {.status = 200,
                            .type = asset->type,
                            .etag = asset->etag,
                            .caching = asset->is_hashed ? FOR_EVER : NULL,
                            .is_by_encoding = asset->gzip || asset->brotli,
                            .is_page = true};

    if (asset->brotli && codings->brotli)
        set_content(&answer, "br", asset->brotli, asset->brotli_end);
    else if (asset->gzip && codings->gzip)
        set_content(&answer, "gzip", asset->gzip, asset->gzip_end);
    else
        set_content(&answer, NULL, asset->bytes, asset->end);
    return answer;
}

/* Pages of other sites import modules: code is no secret, and they run it as their own. */
static bool is_module(const struct asset *asset)
{
    return strncmp(asset->type, "text/javascript", 15) == 0;
}

static const char *file_of(const char *path)
{
    if (strcmp(path, "/") == 0)
        return "index.html";
    return strcmp(path, "/dev") == 0 ? "dev.html" : path + 1;
}

struct answer site_answer(const char *folder, const char *path, struct site_codings codings)
{
    const struct asset *asset = find_asset(file_of(path));
    struct answer answer;

    if (!asset)
        return answer_text(404, "nothing here; the page is at /\n");
    answer = *folder ? answer_of_file(folder, asset) : answer_of_asset(asset, &codings);
    answer.is_embeddable = is_module(asset);
    return answer;
}
