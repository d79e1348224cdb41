/* Types of <live-commentary>. */

export const NAME: 'live-commentary';

export class LiveCommentary extends HTMLElement {
    set token(token: string | (() => string | Promise<string>) | null);
    readonly hasToken: boolean;
}

export function socketAddress(src: string | null): string;

declare global {
    interface HTMLElementTagNameMap {
        'live-commentary': LiveCommentary;
    }
}
