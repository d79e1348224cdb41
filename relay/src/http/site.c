/* The files of the page. */
#include "http/site.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/markup.h"
#include "http/assets.h"

#define FILE_BYTES_MAX ((long)1024 * 1024)
#define IMAGES_SLOT "<meta name=\"images\" content=\""
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

/* Web pages of other sites may import our modules: the code is public, and runs as theirs. */
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

/* Writes the list of origins into the attribute, whose place is `slot`. */
static struct body *fill(const struct answer *page, const char *slot, const char *images)
{
    struct buffer filled = {0};
    const char *bytes = page->bytes;
    struct body *body = NULL;

    buffer_add(&filled, bytes, (size_t)(slot - bytes));
    markup_add_text(&filled, images);
    buffer_add(&filled, slot, page->length - (size_t)(slot - bytes));
    if (!filled.is_broken)
        body = body_new(filled.bytes, filled.length);
    buffer_free(&filled);
    return body;
}

/* If memory runs out, the page is sent without the origins, and shows no images. */
static struct answer with_images(struct answer page, const char *images)
{
    const char *slot = memmem(page.bytes, page.length, IMAGES_SLOT, sizeof(IMAGES_SLOT) - 1);
    struct body *body = slot ? fill(&page, slot + sizeof(IMAGES_SLOT) - 1, images) : NULL;

    if (!body)
        return page;
    body_release(page.body);
    page.body = body;
    page.bytes = body->bytes;
    page.length = body->length;
    page.etag = NULL;
    return page;
}

struct answer site_answer(const struct http_settings *settings, const char *path,
                          struct site_codings codings)
{
    const struct asset *asset = find_asset(file_of(path));
    bool has_images = asset && *settings->images && strcmp(asset->type, ANSWER_HTML) == 0;
    struct answer answer;

    if (!asset)
        return answer_text(404, "nothing here; the page is at /\n");
    if (has_images)
        codings = (struct site_codings){0};
    answer =
        *settings->web ? answer_of_file(settings->web, asset) : answer_of_asset(asset, &codings);
    answer.is_embeddable = is_module(asset);
    return has_images && answer.status == 200 ? with_images(answer, settings->images) : answer;
}
