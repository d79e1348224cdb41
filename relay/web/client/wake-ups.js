/*
 * When a browser says that the network may be back, or may be gone, or that the page awoke: then
 * the client looks at once, instead of after its silence. A worker hears of the network only.
 * Elsewhere (Node) nothing says so.
 */

/*
 * onLeave: the page is left. It may come back as it is (from the back/forward cache): browsers keep no
 * page there that holds a connection, or hold that open without anybody who looks.
 */
export function wakeUps(onWake, onLeave) {
    const page = globalThis.document;
    const look = () => page?.hidden || onWake();
    const heard = [[globalThis, 'online', look], [globalThis, 'offline', look]];
    if (page)
        heard.push([globalThis, 'pageshow', look], [page, 'visibilitychange', look], [globalThis, 'pagehide', onLeave]);
    for (const [target, type, hear] of heard)
        target.addEventListener?.(type, hear);
    return () => {
        for (const [target, type, hear] of heard)
            target.removeEventListener?.(type, hear);
    };
}
