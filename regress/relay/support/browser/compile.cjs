/* What a bundler's plugin does for Vue and Svelte: compile.cjs MODULES FILE.vue|FILE.svelte OUT */

const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');

const [modules, file, out] = process.argv.slice(2);
const load = createRequire(`${modules}/`);
const source = readFileSync(file, 'utf8');

function fromVue() {
    const { parse, compileScript } = load('vue/compiler-sfc');
    const { descriptor, errors } = parse(source, { filename: file });
    if (errors.length > 0)
        throw errors[0];
    return compileScript(descriptor, { id: 'match', inlineTemplate: true }).content;
}

function fromSvelte() {
    return load('svelte/compiler').compile(source, { generate: 'client', filename: file }).js.code;
}

writeFileSync(out, file.endsWith('.vue') ? fromVue() : fromSvelte());
