/*
 * The style of <live-commentary>. A page changes it by custom properties and ::part(): both work
 * through the shadow root, and need no 'unsafe-inline' in the policy of the page.
 */

export const STYLE = `
:host {
    --_ink: var(--commentary-color, CanvasText);
    --_paper: var(--commentary-background, Canvas);
    --_line: var(--commentary-border, color-mix(in srgb, var(--_ink) 18%, transparent));
    --_faint: var(--commentary-muted, color-mix(in srgb, var(--_ink) 70%, transparent));
    --_accent: var(--commentary-accent, #0a7d3b);
    display: block;
    max-height: var(--commentary-height, none);
    overflow: auto;
    overflow-wrap: anywhere;
    font: var(--commentary-font, 16px/1.45 system-ui, sans-serif);
    color: var(--_ink);
    background: var(--_paper);
    border: 1px solid var(--_line);
    border-radius: var(--commentary-radius, 8px);
}
:host([hidden]) { display: none; }
[hidden] { display: none !important; }
header { padding: 0.75em 1em; border-bottom: 1px solid var(--_line); }
.board { display: flex; flex-wrap: wrap; gap: 0.1em 0.75em; align-items: baseline; font-weight: 600; margin: 0; }
.score { font-variant-numeric: tabular-nums; color: var(--_accent); }
.clock, .connection, .note { margin: 0; color: var(--_faint); font-size: 0.875em; }
.note { padding: 0.75em 1em; }
ol { list-style: none; margin: 0; padding: 0; }
li { display: grid; grid-template-columns: minmax(3.25em, max-content) 1fr; gap: 0 0.5em; padding: 0.6em 1em; }
li + li { border-top: 1px solid var(--_line); }
li.scoring { border-inline-start: 4px solid var(--_accent); padding-inline-start: calc(1em - 4px); }
.minute { color: var(--_faint); font-variant-numeric: tabular-nums; }
.kind { font-weight: 600; display: block; }
.message { margin: 0; white-space: pre-line; }
.picture { display: block; width: min(100%, 28em); height: auto; aspect-ratio: 16 / 9; margin-block: 0.4em; object-fit: contain; }
.linked { display: block; max-width: 28em; margin-block: 0.4em; padding: 0.5em; border: 1px solid var(--_line); color: inherit; text-decoration: none; }
.linked .about > * { display: block; }
.corrected { color: var(--_faint); font-size: 0.875em; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

/* Gives the style to a shadow root, where possible as a style sheet that no Content-Security-Policy blocks. */
export function dress(root) {
    try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
        root.adoptedStyleSheets = [sheet];
    } catch {
        const style = document.createElement('style');
        style.textContent = STYLE;
        root.prepend(style);
    }
}
