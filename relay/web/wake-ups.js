/*
 * When a browser says that the network may be back, or may be gone, or that the page awoke: then
 * the client looks at once, instead of after its silence. A worker hears of the network only.
 * Elsewhere (Node) nothing says so.
 */

export function wakeUps(onWake) {
    const page = globalThis.document;
    const look = () => page?.hidden || onWake();
    const heard = [[globalThis, 'online'], [globalThis, 'offline']];
    if (page)
        heard.push([globalThis, 'pageshow'], [page, 'visibilitychange']);
    for (const [target, type] of heard)
        target.addEventListener?.(type, look);
    return () => {
        for (const [target, type] of heard)
            target.removeEventListener?.(type, look);
    };
}
