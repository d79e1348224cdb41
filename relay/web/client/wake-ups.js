/*
 * Events of the browser: the network may have come or gone, or the page is shown again. The client
 * then checks its connection at once, without waiting for a silence. A worker gets only the events of
 * the network; Node has no such events.
 */

/*
 * onLeave is called when the page is left. The page may come back from the back/forward cache. Some
 * browsers keep no page there that has a connection; others keep the connection open for nobody.
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
