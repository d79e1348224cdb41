/*
 * The page of a match: whatever the document about it holds, the page has the elements of
 * its writer and no others, and what stands in a script cannot end it.
 */
#include "fuzz.h"
#include "http/content/page.h"

static const char *const tags[] = {
    "<title>",
    "</title>",
    "<meta name=\"description\" content=\"",
    "<meta name=\"twitter:card\" content=\"summary\">",
    "<meta property=\"og:",
    "<link rel=\"canonical\" href=\"",
    "<script type=\"application/ld+json\">",
    "<script type=\"application/json\" id=\"first-entries\">",
    "</script>",
    "<div class=\"first\" id=\"first\">",
    "</div>",
    "<h2 dir=\"auto\">",
    "</h2>",
    "<p dir=\"auto\">",
    "</p>",
    "<ol>",
    "</ol>",
    "<li id=\"seq-",
    "</li>",
    "<time datetime=\"",
    "</time>",
    "<b dir=\"auto\">",
    "</b>",
    "<span dir=\"auto\">",
    "</span>",
};

static bool is_ours(const char *tag)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (strncmp(tag, tags[i], strlen(tags[i])) == 0)
            return true;
    return false;
}

static unsigned count(const char *page, const char *text)
{
    unsigned found = 0;

    for (; (page = strstr(page, text)); page++)
        found++;
    return found;
}

static void check(const char *page)
{
    for (const char *tag = page; (tag = strchr(tag, '<')); tag++)
        fuzz_expect(is_ours(tag));
    fuzz_expect(count(page, "<script") == count(page, "</script>"));
    fuzz_expect(count(page, "<script") <= 2 && count(page, "<title>") <= 1);
    fuzz_expect(count(page, "<li ") <= PAGE_LINES);
}

/* The whole input is the document. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = "<!--about--><!--/about--><!--first-->";
    const struct page_template template = {text, sizeof(text) - 1};
    char *document = fuzz_text(data, size);
    struct buffer page = {0};

    page_write(&page, &template, document, size);
    buffer_add(&page, "", 1);
    fuzz_expect(!page.is_broken);
    if (strncmp((const char *)page.bytes, "<!--about-->", 12) != 0)
        check((const char *)page.bytes);
    buffer_free(&page);
    free(document);
    return 0;
}
